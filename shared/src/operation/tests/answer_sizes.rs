//! Answers whose texts are as long as a provider can make them: none passes the limit of its
//! trigger, and no certificate is lost.

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::hostile_answers::request_to;
use crate::error::Error;
use crate::model::ProviderName::TencentMqtt;
use crate::operation::{AnswerBudget, Describe, Inactivate, Operation, Status};
use crate::request;
use crate::testing::Bench;
use crate::testing::clouds::source;
use crate::testing::network::{Network, ok};

/// A load balancer, a gateway, a queue and a direct invocation.
const BUDGETS: [AnswerBudget; 4] = [
    budget(980_000, true),
    budget(6_200_000, true),
    budget(1_000_000, true),
    budget(6_200_000, false),
];

const fn budget(bytes: usize, escaped: bool) -> AnswerBudget {
    AnswerBudget { bytes, escaped }
}

async fn perform<O: Operation>(
    network: &Network,
    request: &Value,
    budget: AnswerBudget,
) -> Result<O::Answer, Error> {
    let instance = "INACTIVATE_ALLOWED_INSTANCES";
    let bench = Bench::with(network, &[(instance, "i")]);
    let request = request::parse(&request.to_string()).unwrap();
    O::perform(&bench.context(), request, budget).await
}

/// The answer, which has to fit.
fn checked(answer: &impl Serialize, AnswerBudget { bytes, escaped }: AnswerBudget) -> Value {
    let json = serde_json::to_string(answer).unwrap();
    let sent = match escaped {
        true => serde_json::to_string(&json).unwrap().len(),
        false => json.len(),
    };
    assert!(sent <= bytes, "{sent} bytes of {bytes}, escaped: {escaped}");
    serde_json::from_str(&json).unwrap()
}

/// An instance with this many certificates, in which each text is this one, and a PEM of this many
/// bytes.
fn vendor(count: usize, text: String, pem: usize) -> Network {
    let line = format!("{}\n", "A".repeat(64)).repeat(pem / 65);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{line}-----END CERTIFICATE-----\n");
    let record = move |serial: &str| {
        json!({
            "DeviceCertificateSn": serial, "CaSn": text, "ClientId": text, "DeviceCertificateCn": text,
            "OrganizationalUnit": text, "CertificateSource": text, "Status": "ACTIVE",
            "DeviceCertificate": pem, "RequestId": text,
        })
    };
    Network::new(move |request| {
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        let response = match parameters["DeviceCertificateSn"].as_str() {
            Some(serial) => record(serial),
            None => {
                let wanted = parameters["Filters"][0]["Values"].as_array();
                let serials: Vec<String> = match wanted {
                    Some(wanted) => wanted
                        .iter()
                        .map(|serial| serial.as_str().unwrap().to_owned())
                        // The vendor knows each number under one text.
                        .filter(|serial| {
                            !serial.starts_with('0') && *serial == serial.to_lowercase()
                        })
                        .collect(),
                    None => (1..=count).map(|number| format!("{number:x}")).collect(),
                };
                let begin = usize::try_from(parameters["Offset"].as_u64().unwrap()).unwrap();
                let rows: Vec<Value> = serials
                    .iter()
                    .skip(begin)
                    .take(100)
                    .map(|serial| record(serial))
                    .collect();
                let count = serials.len();
                json!({ "TotalCount": count, "Data": rows, "RequestId": record("1")["ClientId"] })
            }
        };
        ok(&json!({ "Response": response }))
    })
}

fn text() -> impl Strategy<Value = String> {
    let letter = prop::sample::select(vec!["\u{1}", "\"", "\\", "é", "\u{1f600}", "\u{2028}", "a"]);
    let length = prop::sample::select(vec![1_usize, 255, 256, 257, 2_000]);
    (letter, length).prop_map(|(letter, length)| letter.repeat(length))
}

fn serials(count: usize) -> Vec<Value> {
    (1..=count)
        .map(|number| json!({ "serial_number": format!("{number:x}") }))
        .collect()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn lists_of_several_sources_fit_and_are_read_to_their_ends(
        text in text(), pem in prop::sample::select(vec![0_usize, 40_000, 64_000, 70_000]), sources in 1..=20_usize, budget in prop::sample::select(BUDGETS.to_vec()),
    ) {
        let network = vendor(3, text, pem);
        let instances: Vec<Value> = (0..sources).map(|number| source(TencentMqtt, &format!("i-{number}"))).collect();
        let mut request = json!({"sources": instances, "include_pem": true, "limit": 100});
        let mut listed = 0;
        for _ in 0..200 {
            let answer = checked(&wait(perform::<Describe>(&network, &request, budget)).unwrap(), budget);
            let certificates = answer["certificates"].as_array().unwrap();
            prop_assert!(!certificates.is_empty());
            listed += certificates.len();
            request["cursor"] = answer["next_cursor"].clone();
            if request["cursor"].is_null() {
                break;
            }
        }
        prop_assert_eq!(listed, 3 * sources);
    }

    #[test]
    fn statuses_fit_and_stay_readable(text in text(), count in 1..=1_000_usize, budget in prop::sample::select(BUDGETS.to_vec())) {
        let request = request_to(TencentMqtt, "certificates", json!(serials(count)));
        match wait(perform::<Status>(&vendor(0, text, 0), &request, budget)) {
            Ok(answer) => {
                let answer = checked(&answer, budget);
                for result in answer["results"].as_array().unwrap() {
                    let is_short = result["provider_serial_number"].is_null();
                    prop_assert_eq!(&result["status"], &json!("active"));
                    prop_assert_eq!(is_short, result["error"]["code"] == "provider_invalid_response");
                }
            }
            Err(error) => prop_assert!(count > 500 && error.detail.contains("ask for fewer"), "{count}: {error}"),
        }
    }

    #[test]
    fn results_of_orders_fit(text in text(), budget in prop::sample::select(BUDGETS.to_vec())) {
        let fails = text.clone();
        let network = Network::new(move |request| {
            let parameters: Value = serde_json::from_slice(request.body()).unwrap();
            let read = request.headers()["x-tc-action"] == "DescribeDeviceCertificate";
            let response = match read {
                true => json!({"DeviceCertificateSn": parameters["DeviceCertificateSn"], "CaSn": text, "Status": "ACTIVE", "RequestId": text}),
                false => json!({"Error": {"Code": format!("FailedOperation.{fails}"), "Message": fails}, "RequestId": fails}),
            };
            ok(&json!({ "Response": response }))
        });
        let request = request_to(TencentMqtt, "certificates", json!(serials(100)));
        let answer = wait(perform::<Inactivate>(&network, &request, budget));
        if let Ok(answer) = answer {
            let answer = checked(&answer, budget);
            prop_assert_eq!(answer["results"].as_array().unwrap().len(), 100);
        }
    }
}

#[test]
fn a_text_that_no_answer_can_hold_is_left_out_and_the_record_says_so() {
    let network = vendor(1, "x".repeat(257), 70_000);
    let request = request_to(TencentMqtt, "include_pem", json!(true));
    let answer = checked(
        &wait(perform::<Describe>(&network, &request, BUDGETS[0])).unwrap(),
        BUDGETS[0],
    );
    let certificate = &answer["certificates"][0];
    assert_eq!(
        (
            &certificate["client_id"],
            &certificate["pem"],
            &certificate["status"]
        ),
        (&json!(null), &json!(null), &json!("active"))
    );
    let detail = certificate["error"]["detail"].as_str().unwrap();
    let left_out = "provider_ca_serial_number, source, client_id, subject.common_name, subject.organizational_unit, pem";
    assert!(detail.ends_with(left_out), "{detail}");
    assert_eq!(answer["provider_request_ids"], json!(["x".repeat(128)]));
}
