//! Selections: the certificates that match, and those of them that are changed.

mod bounds;
mod pages;
mod places;
mod plans;
mod protected;
mod signed_orders;
mod sizes;
mod things;

use serde_json::{Value, json};

use super::super::*;
use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AwsIot, TencentMqtt};
use crate::operation::Answer;
use crate::operation::change::answer::{InactivateResult, Outcome};
use crate::request::{self, MessageIdentity};
use crate::testing::Bench;
use crate::testing::clouds::{Clouds, Device, Trouble, source};
use crate::testing::network::{Network, header, path_and_query};

const BUDGET: AnswerBudget = AnswerBudget {
    bytes: 1_000_000,
    escaped: false,
};

/// The identity of a message that continues an order.
fn identity() -> MessageIdentity {
    MessageIdentity {
        origin: "origin".to_owned(),
        id: "random".to_owned(),
    }
}

/// Clouds and the function around them.
struct Stage {
    clouds: Clouds,
    network: Network,
    bench: Bench,
    /// Whether a message of the function itself continues its orders.
    continues: bool,
}

impl Stage {
    fn new(devices: impl IntoIterator<Item = Device>) -> Self {
        Self::with(Clouds::of(devices), &[])
    }

    fn with(clouds: Clouds, variables: &[(&str, &str)]) -> Self {
        let network = clouds.network();
        let bench = Bench::with(&network, variables);
        Self {
            clouds,
            network,
            bench,
            continues: false,
        }
    }

    fn context(&self) -> CallContext<'_> {
        let mut context = self.bench.context();
        context.request.continues = self.continues;
        context
    }

    async fn perform(&self, request: &Value) -> Result<InactivateAnswer, Error> {
        self.carry_out(request::parse(&request.to_string())?).await
    }

    async fn carry_out(&self, request: InactivateRequest) -> Result<InactivateAnswer, Error> {
        Inactivate::perform(&self.context(), request, BUDGET).await
    }

    /// Numbers of the calls that write.
    fn writes(&self) -> usize {
        let is_write = |action: &str| action.contains("activate") || action.contains("newStatus");
        let actions = self.network.each(|sent| {
            let named = ["x-tc-action", "x-acs-action"];
            let action = named.iter().find_map(|name| header(&sent.request, name));
            action
                .unwrap_or_else(|| path_and_query(&sent.request))
                .to_owned()
        });
        actions.iter().filter(|action| is_write(action)).count()
    }

    fn calls(&self) -> usize {
        self.network.sent().len()
    }

    /// Changes the device with this serial number.
    fn change(&self, serial: &str, change: impl Fn(&mut Device)) {
        let mut devices = self.clouds.devices.borrow_mut();
        let changed = devices.iter_mut().filter(|device| device.serial == serial);
        assert!(changed.map(change).count() > 0, "{serial}");
    }

    fn in_use(&self) -> usize {
        let devices = self.clouds.devices.borrow();
        devices.iter().filter(|device| device.is_in_use()).count()
    }
}

/// A device at Tencent with this client id.
fn tencent(number: usize, client_id: &'static str) -> Device {
    Device {
        client_id: Some(client_id),
        ..Device::new(TencentMqtt, "mqtt-1", format!("{number:04x}"), 100)
    }
}

/// This many devices at Tencent, all of one CA.
fn fleet(count: usize) -> Vec<Device> {
    (1..=count).map(|number| tencent(number, "")).collect()
}

/// A request for Tencent's instance with these members.
fn order(members: Value) -> Value {
    let mut request = source(TencentMqtt, "mqtt-1");
    let members = members.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(members);
    request
}

/// All devices of the fleet.
fn of_the_ca(members: Value) -> Value {
    let mut request = order(members);
    request["select"] = json!({"ca_serial_numbers": ["0b"]});
    request
}

fn outcomes(answer: &InactivateAnswer) -> Vec<(&str, Outcome)> {
    let outcome = |result: &&InactivateResult| result.outcome;
    let results = answer.results();
    let name = |result: &InactivateResult| result.provider_serial_number.clone();
    let names: Vec<&'static str> = results
        .iter()
        .map(|result| &*name(result).unwrap_or_default().leak())
        .collect();
    names.into_iter().zip(results.iter().map(outcome)).collect()
}

fn in_short(error: &Error) -> (ErrorCode, Option<&str>) {
    (error.code, error.field.as_deref())
}

#[tokio::test(start_paused = true)]
async fn the_certificate_of_a_client_id_is_read_again_and_changed() {
    let stage = Stage::new([
        tencent(1, "truck-1"),
        tencent(2, "truck-10"),
        tencent(3, ""),
    ]);
    let request = order(json!({"select": {"client_ids": ["truck-1"]}}));
    let answer = stage.perform(&request).await.unwrap();
    assert_eq!(outcomes(&answer), [("0001", Outcome::Inactivated)]);
    assert_eq!(
        (answer.order().undecided_count, stage.writes()),
        (Some(0), 1)
    );
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(
        (
            &json["plan"],
            &json["rest"],
            &json["provider"],
            &json["last"]
        ),
        (
            &Value::Null,
            &Value::Null,
            &json!("tencent-mqtt"),
            &json!(true)
        )
    );
    // The same order again finds inactive certificates, which have results: the selection is not empty.
    let answer = stage.perform(&request).await.unwrap();
    assert_eq!(outcomes(&answer), [("0001", Outcome::AlreadyInactive)]);
    assert_eq!((stage.writes(), stage.in_use()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_selection_that_finds_nothing_is_no_success() {
    let stage = Stage::new([tencent(1, "truck-1")]);
    for dry_run in [false, true] {
        let request = order(json!({"select": {"client_ids": ["truck"]}, "dry_run": dry_run}));
        let error = stage.perform(&request).await.unwrap_err();
        assert_eq!(in_short(&error), (ErrorCode::NotFound, Some("select")));
    }
    assert_eq!(stage.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_whose_facts_are_not_known_is_counted_and_never_touched() {
    let without_end = |number| tencent(number, "");
    let with_end = |number| Device {
        not_after: Some(1_770_000_000),
        ..tencent(number, "")
    };
    let stage = Stage::new([without_end(1), with_end(2), without_end(3)]);
    let request = order(json!({"select": {"not_after_to": "2027-01-01T00:00:00Z"}}));
    let answer = stage.perform(&request).await.unwrap();
    assert_eq!(outcomes(&answer), [("0002", Outcome::Inactivated)]);
    assert_eq!(answer.order().undecided_count, Some(2));
    let stage = Stage::new([without_end(1)]);
    let error = stage.perform(&request).await.unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::NotFound, Some("select")));
    assert!(error.detail.contains("1 could not be judged"), "{error}");
    assert_eq!(stage.in_use(), 1);
}

#[tokio::test(start_paused = true)]
async fn revoked_certificates_are_refused_and_count_as_no_change() {
    let revoked = Device {
        status: "REVOKED",
        ..tencent(1, "truck-1")
    };
    let stage = Stage::new([revoked, tencent(2, "truck-1")]);
    for force in [false, true] {
        let request = order(json!({"select": {"client_ids": ["truck-1"]}, "force": force}));
        let answer = stage.perform(&request).await.unwrap();
        let of = |serial| {
            let outcomes = outcomes(&answer);
            outcomes.iter().find(|one| one.0 == serial).unwrap().1
        };
        assert_eq!(
            (of("0001"), of("0002")),
            (Outcome::Refused, Outcome::Inactivated),
            "{force}"
        );
    }
    assert_eq!(stage.writes(), 2, "force writes on the one that is off");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_not_shown_to_be_whole_is_not_acted_on() {
    // The total says that there are more certificates than the pages hold.
    let network = Network::new(|request| {
        let query: Value = serde_json::from_slice(request.body()).unwrap();
        let offset = query["Offset"].as_u64().unwrap();
        let rows: Vec<Value> = (offset..(offset + 2).min(3))
            .map(|number| json!({"DeviceCertificateSn": format!("{number:04x}"), "CaSn": "0b", "Status": "ACTIVE"}))
            .collect();
        crate::testing::network::ok(
            &json!({"Response": {"TotalCount": 5 - offset, "Data": rows, "RequestId": "id-1"}}),
        )
    });
    let bench = Bench::new(&network);
    let request = of_the_ca(json!({"max_certificates": 10}));
    let request: InactivateRequest = request::parse(&request.to_string()).unwrap();
    let error = Inactivate::perform(&bench.context(), request, BUDGET)
        .await
        .unwrap_err();
    assert!(
        error.code.retryable() && error.detail.contains("whole"),
        "{error}"
    );
    let is_list = |action: &String| action == "DescribeDeviceCertificates";
    let actions = network.each(|sent| sent.header("x-tc-action").unwrap().to_owned());
    assert!(actions.iter().all(is_list), "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_name_of_its_own_is_told_and_not_guessed() {
    let nameless = Device {
        serial: String::new(),
        ..tencent(1, "truck-1")
    };
    let stage = Stage::new([nameless, tencent(2, "truck-1")]);
    let request = order(json!({"select": {"client_ids": ["truck-1"]}}));
    let answer = stage.perform(&request).await.unwrap();
    assert_eq!(
        outcomes(&answer),
        [("0002", Outcome::Inactivated), ("", Outcome::Refused)]
    );
    assert_eq!(stage.writes(), 1);
}
