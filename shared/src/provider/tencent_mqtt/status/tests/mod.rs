//! Looking many certificates up: groups, what counts as not known, and failures of a part.

mod alternatives;
mod failures;
mod pages;

use serde_json::{Value, json};

use super::super::NAME;
use super::super::tests::{named, refused};
use super::*;
use crate::testing::network::{Answer, Network, answer, header, ok, recorded};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

/// The behavior of a vendor.
#[derive(Clone, Default)]
pub(in crate::provider::tencent_mqtt) struct Vendor {
    /// Its certificates: serial number and the CA's.
    pub(in crate::provider::tencent_mqtt) known: Vec<(String, &'static str)>,
    /// Whether it wants all the values of one filter to match.
    pub(in crate::provider::tencent_mqtt) wants_all_values: bool,
    /// Whether it uses only the first value of a filter.
    pub(in crate::provider::tencent_mqtt) uses_only_the_first: bool,
    /// Whether it compares texts in part.
    pub(in crate::provider::tencent_mqtt) matches_in_part: bool,
    /// Most values that one filter may have.
    pub(in crate::provider::tencent_mqtt) most_values: Option<usize>,
}

impl Vendor {
    pub(in crate::provider::tencent_mqtt) fn of(known: &[&str]) -> Self {
        Self {
            known: known
                .iter()
                .map(|text| ((*text).to_owned(), "0b"))
                .collect(),
            ..Self::default()
        }
    }

    pub(in crate::provider::tencent_mqtt) fn network(self) -> Network {
        Network::new(move |request| self.answer(request))
    }

    fn answer(&self, request: &HttpRequest) -> Answer {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        if header(request, "x-tc-action") == Some("DescribeDeviceCertificate") {
            return match self
                .known
                .iter()
                .find(|(serial, _)| *serial == requested["DeviceCertificateSn"])
            {
                Some(known) => {
                    let mut answer = row(known);
                    answer["RequestId"] = json!("id-one");
                    ok(&json!({"Response": answer}))
                }
                None => refused("ResourceNotFound.Certificate"),
            };
        }
        let filter = requested["Filters"]
            .as_array()
            .and_then(|filters| filters.first())
            .cloned()
            .unwrap_or_default();
        let values: Vec<&str> = filter["Values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if self.most_values.is_some_and(|most| values.len() > most) {
            return refused("InvalidParameterValue");
        }
        let values = if self.uses_only_the_first {
            values[..values.len().min(1)].to_vec()
        } else {
            values
        };
        let matches = |serial: &str, value: &str| match filter["Name"].as_str() {
            Some("Status") => value == "ACTIVE",
            _ if self.matches_in_part => serial.contains(value),
            _ => serial == value,
        };
        let is_listed = |serial: &str| match self.wants_all_values {
            _ if values.is_empty() => true,
            true => values.iter().all(|value| matches(serial, value)),
            false => values.iter().any(|value| matches(serial, value)),
        };
        let listed: Vec<_> = self
            .known
            .iter()
            .filter(|(serial, _)| is_listed(serial))
            .collect();
        let number = |name: &str| usize::try_from(requested[name].as_u64().unwrap()).unwrap();
        let rows: Vec<Value> = listed
            .iter()
            .skip(number("Offset"))
            .take(number("Limit"))
            .map(|known| row(known))
            .collect();
        ok(&json!({"Response": {"TotalCount": listed.len(), "Data": rows, "RequestId": "id-list"}}))
    }
}

fn row((serial, ca): &(String, &str)) -> Value {
    json!({"DeviceCertificateSn": serial, "CaSn": ca, "Status": "ACTIVE"})
}

/// So many serial numbers with two spellings each: `1001`, `1002`, ...
pub(in crate::provider::tencent_mqtt) fn numbered(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("{}", 1000 + number))
        .collect()
}

pub(in crate::provider::tencent_mqtt) fn references(
    serials: &[impl AsRef<str>],
) -> Vec<CertificateReference> {
    serials
        .iter()
        .map(|serial| named(serial.as_ref()))
        .collect()
}

fn with_ca(serial: &str, ca: &str) -> CertificateReference {
    CertificateReference {
        ca_serial_number: SerialNumber::parse(ca).ok(),
        ..named(serial)
    }
}

async fn look_up(network: &Network, certificates: &[CertificateReference]) -> Lookups {
    let bench = Bench::new(network);
    let context = bench.context();
    TencentMqtt::new(&context, target(NAME))
        .unwrap()
        .look_up(certificates, false)
        .await
}

/// The result for each: its status, `-` when the provider does not know it, or the code of the
/// error.
fn results_of(look_up: &Lookups) -> Vec<&'static str> {
    let word = |record: &Result<Option<Certificate>, Error>| match record {
        Ok(record) => record
            .as_ref()
            .map_or("-", |certificate| certificate.status.as_str()),
        Err(error) => error.code.as_str(),
    };
    look_up.records.iter().map(word).collect()
}

/// The subject of each call: `Name=value|value` of a list, or the text of a single read.
pub(in crate::provider::tencent_mqtt) fn calls(network: &Network) -> Vec<String> {
    network.each(|sent| {
        let body = sent.body();
        let Some(filter) = body["Filters"]
            .as_array()
            .and_then(|filters| filters.first())
        else {
            return body["DeviceCertificateSn"]
                .as_str()
                .unwrap_or("everything")
                .to_owned();
        };
        let values: Vec<&str> = filter["Values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_str().unwrap())
            .collect();
        format!("{}={}", filter["Name"].as_str().unwrap(), values.join("|"))
    })
}

/// The number of values in each call.
pub(in crate::provider::tencent_mqtt) fn sizes(network: &Network) -> Vec<usize> {
    calls(network)
        .iter()
        .map(|call| call.split('|').count())
        .collect()
}

const EVERY_STATUS: &str = "Status=ACTIVE|INACTIVE|REVOKED|PENDING_ACTIVATION";

const BACKWARDS: &str = "Status=PENDING_ACTIVATION|REVOKED|INACTIVE|ACTIVE";

#[tokio::test(start_paused = true)]
async fn one_call_has_at_most_a_hundred_values() {
    for (count, expected) in [
        (1, vec![2]),
        (50, vec![100]),
        (51, vec![100, 2]),
        (120, vec![100, 100, 40]),
    ] {
        let serials = numbered(count);
        let known: Vec<&str> = serials.iter().map(String::as_str).collect();
        let network = Vendor::of(&known).network();
        let answer = look_up(&network, &references(&serials)).await;
        assert_eq!(sizes(&network), expected, "{count}");
        assert_eq!(
            (answer.records.len(), answer.request_ids.len()),
            (count, expected.len())
        );
        assert!(results_of(&answer).iter().all(|word| *word == "active"));
    }
    let many_spellings: Vec<String> = (0..20).map(|number| format!("0A{number:02}")).collect();
    let network = Vendor {
        most_values: Some(100),
        ..Vendor::of(&["0a00", "A19"])
    }
    .network();
    look_up(&network, &references(&many_spellings)).await;
    let groups: Vec<String> = calls(&network)
        .into_iter()
        .filter(|call| call.starts_with("DeviceCertificateSn="))
        .collect();
    let sizes: Vec<usize> = groups.iter().map(|call| call.split('|').count()).collect();
    assert_eq!(
        sizes,
        [16 * 6, 4 * 6],
        "a number stays in one group with all of its spellings"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_list_of_every_spelling_in_a_steady_order() {
    let network = Vendor::of(&["ab"]).network();
    look_up(&network, &references(&["ab"])).await;
    assert_eq!(
        network.sent()[0].body(),
        json!({
            "InstanceId": "mqtt-1", "Limit": 100, "Offset": 0, "OrderBy": "CREATE_TIME_ASC",
            "Filters": [{"Name": "DeviceCertificateSn", "Values": ["ab", "AB", "00ab", "00AB"]}]
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_group_is_halved_until_the_vendor_takes_it() {
    let serials = numbered(50);
    let known: Vec<&str> = serials.iter().map(String::as_str).collect();
    let network = Vendor {
        most_values: Some(30),
        ..Vendor::of(&known)
    }
    .network();
    let answer = look_up(&network, &references(&serials)).await;
    assert!(results_of(&answer).iter().all(|word| *word == "active"));
    assert_eq!(sizes(&network), [100, 50, 24, 26, 50, 24, 26]);
    let taken: Vec<String> = calls(&network)
        .into_iter()
        .filter(|call| call.split('|').count() <= 30)
        .collect();
    assert!(
        taken[0].starts_with("DeviceCertificateSn=1001|")
            && taken[3].starts_with("DeviceCertificateSn=1038|"),
        "in their order"
    );
}

#[tokio::test(start_paused = true)]
async fn a_partial_match_is_another_certificate() {
    let network = Vendor {
        matches_in_part: true,
        ..Vendor::of(&["0a11", "110a", "11ff"])
    }
    .network();
    let answer = look_up(&network, &references(&["11", "0a11"])).await;
    assert_eq!(results_of(&answer), ["-", "active"]);
}

#[tokio::test(start_paused = true)]
async fn of_two_certificates_with_one_number_the_ca_says_which_is_meant() {
    let known = vec![("11".to_owned(), "0b"), ("0011".to_owned(), "0c")];
    let network = Vendor {
        known,
        ..Vendor::default()
    }
    .network();
    let certificates = [
        with_ca("11", "0C"),
        with_ca("11", "0b"),
        with_ca("11", "0d"),
        named("11"),
    ];
    let answer = look_up(&network, &certificates).await;
    assert_eq!(
        results_of(&answer),
        ["active", "active", "-", "invalid_request"]
    );
    let spelling = |index: usize| {
        answer.records[index]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .provider_serial_number
            .as_deref()
            .unwrap()
    };
    assert_eq!((spelling(0), spelling(1)), ("0011", "11"));
    assert_eq!(
        answer.records[3].as_ref().unwrap_err().field.as_deref(),
        Some("ca_serial_number")
    );
    assert_eq!(
        calls(&network),
        ["DeviceCertificateSn=11|0011"],
        "one number is requested for once"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ca_that_the_vendor_does_not_tell_rules_nothing_out() {
    let network = Vendor {
        known: vec![("11".to_owned(), "")],
        ..Vendor::default()
    }
    .network();
    assert_eq!(
        results_of(&look_up(&network, &[with_ca("11", "0c")]).await),
        ["active"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_by_its_serial_number_only() {
    let network = Vendor::of(&["11"]).network();
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let nameless = CertificateReference {
        serial_number: None,
        ..named("11")
    };
    assert_eq!(
        StatusReader::check(&provider, &nameless)
            .unwrap_err()
            .field
            .as_deref(),
        Some("serial_number")
    );
    StatusReader::check(&provider, &named("11")).unwrap();
    assert_eq!(
        results_of(&provider.look_up(&[nameless, named("11")], false).await),
        ["invalid_request", "active"]
    );
}
