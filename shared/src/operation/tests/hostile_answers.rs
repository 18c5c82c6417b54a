//! Whole operations against vendors that return arbitrary answers: they never panic, and never
//! claim anything without evidence.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::operation::{
    AnswerBudget, Describe, DescribeAnswer, Inactivate, Operation, Outcome, Status,
};
use crate::request;
use crate::testing::Bench;
use crate::testing::clouds::source;
use crate::testing::network::{Network, answer};

const BUDGET: AnswerBudget = AnswerBudget {
    bytes: 1_000_000,
    escaped: true,
};

/// AWS's name for the requested certificate.
pub(super) const ID: &str = "abababababababababababababababababababababababababababababababab";

/// Carries out one request against a vendor that returns these answers and repeats the last one.
/// Waiting takes no time.
pub(super) fn perform<O: Operation>(
    request: &Value,
    answers: Vec<(u16, String)>,
) -> Result<O::Answer, crate::error::Error> {
    let next = Rc::new(RefCell::new(0_usize));
    let network = Network::new(move |_| {
        let index = (*next.borrow()).min(answers.len() - 1);
        *next.borrow_mut() += 1;
        assert!(*next.borrow() < 1_000, "the requests do not end");
        answer(answers[index].0, answers[index].1.clone())
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::new(&network);
        O::perform(
            &bench.context(),
            request::parse(&request.to_string()).unwrap(),
            BUDGET,
        )
        .await
    })
}

/// A request to this provider with one more member.
pub(super) fn request_to(provider: ProviderName, member: &str, value: Value) -> Value {
    let mut request = source(provider, "i");
    request[member] = value;
    request
}

/// All names of the certificate of these tests.
pub(super) fn reference() -> Value {
    json!({"serial_number": "0a", "ca_serial_number": "0b", "fingerprint_sha256": ID})
}

/// The names by which each provider's write finds the certificate.
pub(super) fn reference_for(provider: ProviderName) -> Value {
    match provider {
        AwsIot => json!({"fingerprint_sha256": ID}),
        _ => json!({"serial_number": "0a", "ca_serial_number": "0b"}),
    }
}

/// Any JSON, mostly with the members and values of the vendors.
fn any_json() -> impl Strategy<Value = Value> {
    let spellings = [
        "0a",
        "0A",
        "0b",
        "0",
        "1",
        "2",
        "good",
        "revoked",
        "unknown",
        "ISSUE",
        "REVOKE",
        "ACTIVE",
        "INACTIVE",
        "",
        ID,
        "Throttling",
        "InternalError",
        "ResourceNotFoundException",
        "2021-01-01T00:00Z",
    ];
    let names = [
        "Response",
        "Error",
        "Code",
        "Message",
        "RequestId",
        "TotalCount",
        "Data",
        "DeviceCertificateSn",
        "Status",
        "NotAfterTime",
        "CreatedTime",
        "DeviceCertificate",
        "DeviceSn",
        "CaSn",
        "DeviceCertificateVOS",
        "Total",
        "CertificateStatus",
        "CertificateList",
        "ShowSize",
        "SerialNumber",
        "RevokeTime",
        "code",
        "certificates",
        "certificateId",
        "nextMarker",
        "certificateDescription",
        "status",
        "creationDate",
        "__type",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![0_i64, 1, 3, 1_766_073_600_000]).prop_map(Value::from),
        prop::sample::select(spellings.to_vec()).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 6, move |inner| {
        let members =
            prop::collection::vec((prop::sample::select(names.to_vec()), inner.clone()), 0..7);
        let object = |members: Vec<(&str, Value)>| {
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
        };
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(move |members| Value::Object(object(members)))
        ]
    })
}

/// An answer in the vendor's own form with anything for its values.
fn shaped(provider: ProviderName) -> BoxedStrategy<Value> {
    let spelling = prop::sample::select(vec![
        "ACTIVE", "INACTIVE", "1", "0", "good", "revoked", "ISSUE", "REVOKE", "2", "odd", "",
    ]);
    let status = prop_oneof![5 => spelling.prop_map(Value::from), 1 => any_json()];
    let serial = prop_oneof![3 => Just(json!("0a")), 1 => Just(json!("0A")), 1 => Just(json!("0c")), 1 => any_json()];
    let id = prop_oneof![4 => Just(json!(ID)), 1 => Just(json!("cd".repeat(32))), 1 => any_json()];
    let number = prop_oneof![3 => (0_u64..300).prop_map(Value::from), 1 => any_json()];
    let row = (serial, status, id, number.clone());
    let record = move |(serial, status, id, number): (Value, Value, Value, Value)| match provider {
        TencentMqtt => {
            json!({"DeviceCertificateSn": serial, "Status": status, "CaSn": "0b", "CreatedTime": number})
        }
        AlibabaMqtt => {
            json!({"DeviceSn": serial, "CaSn": "0b", "Status": status, "ValidEnd": number})
        }
        AlibabaPca => {
            json!({"SerialNumber": serial, "Status": status, "RevokeTime": number, "Sha2": id})
        }
        AwsIot => json!({"certificateId": id, "status": status, "creationDate": number}),
    };
    let marker = prop_oneof![2 => Just(Value::Null), 1 => Just(json!("m")), 1 => any_json()];
    (prop::collection::vec(row.prop_map(record), 0..4), number, marker, any::<bool>())
        .prop_map(move |(rows, number, marker, is_list)| {
            let first = rows.first().cloned().unwrap_or(Value::Null);
            match (provider, is_list) {
                (TencentMqtt, true) => json!({"Response": {"TotalCount": number, "Data": rows, "RequestId": "id"}}),
                (TencentMqtt, false) => {
                    let mut response = first.as_object().cloned().unwrap_or_default();
                    response.insert("RequestId".to_owned(), json!("id"));
                    json!({ "Response": response })
                }
                (AlibabaMqtt, true) => json!({"RequestId": "id", "Data": {"DeviceCertificateVOS": rows, "Total": number}}),
                (AlibabaMqtt, false) => json!({"RequestId": "id", "Data": first}),
                (AlibabaPca, true) => json!({"RequestId": "id", "CertificateList": rows, "TotalCount": number, "ShowSize": number}),
                (AlibabaPca, false) => json!({"RequestId": "id", "CertificateStatus": rows}),
                (AwsIot, true) => json!({"certificates": rows, "nextMarker": marker}),
                (AwsIot, false) => json!({"certificateDescription": first}),
            }
        })
        .boxed()
}

fn any_answers(provider: ProviderName) -> impl Strategy<Value = Vec<(u16, String)>> {
    let status = prop::sample::select(vec![
        200_u16, 200, 200, 200, 200, 400, 403, 404, 414, 429, 500, 503,
    ]);
    let body = prop_oneof![4 => shaped(provider).prop_map(|json| json.to_string()), 3 => any_json().prop_map(|json| json.to_string()), 1 => "\\PC{0,40}"];
    prop::collection::vec((status, body), 1..6)
}

fn any_case() -> impl Strategy<Value = (ProviderName, Vec<(u16, String)>)> {
    prop::sample::select(ProviderName::ALL.to_vec())
        .prop_flat_map(|provider| (Just(provider), any_answers(provider)))
}

/// Whether one of these answers holds one of these values.
fn reported(answers: &[(u16, String)], spellings: &[&str]) -> bool {
    answers
        .iter()
        .filter(|(status, _)| *status == 200)
        .any(|(_, body)| {
            // A number means the same as the text of its digits.
            let is_in = |spelling: &&str| {
                let forms = [
                    format!("\"{spelling}\""),
                    format!(":{spelling},"),
                    format!(":{spelling}}}"),
                    format!(":{spelling}.0"),
                ];
                forms.iter().any(|form| body.contains(form))
            };
            spellings.iter().any(is_in)
        })
}

/// A status and the vendors' spellings of it.
const WORDS: [(&str, &[&str]); 4] = [
    ("active", &["ACTIVE", "1"]),
    ("inactive", &["INACTIVE", "0"]),
    ("good", &["good", "ISSUE"]),
    ("revoked", &["revoked", "REVOKE", "REVOKED"]),
];

/// Checks that the vendor reported every status in an answer, and that a usable certificate is
/// active.
fn claims_nothing(records: &Value, answers: &[(u16, String)]) -> Result<(), TestCaseError> {
    for record in records.as_array().into_iter().flatten() {
        for (status, spellings) in WORDS {
            prop_assert!(
                record["status"] != status || reported(answers, spellings),
                "{record}"
            );
        }
        prop_assert!(
            record["usable"] != true || record["status"] == "active",
            "{record}"
        );
        prop_assert!(
            record["found"] != false
                || (record["status"] == "unknown" && record["usable"].is_null()),
            "{record}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn describe_lists_nothing_that_was_not_reported((provider, answers) in any_case(), limit in prop::sample::select(vec![0, 1, 2, 100])) {
        let mut request = request_to(provider, "limit", json!(limit));
        request["summary"] = json!(true);
        request["include_pem"] = json!(limit > 1);
        request["details"] = json!(limit > 1);
        if let Ok(DescribeAnswer::One(answer)) = perform::<Describe>(&request, answers.clone()) {
            let answer = serde_json::to_value(answer).unwrap();
            prop_assert!(answer["certificates"].as_array().is_none_or(|list| list.len() <= limit));
            claims_nothing(&answer["certificates"], &answers)?;
            let counts = &answer["counts"]["by_effective_status"];
            for (status, spellings) in WORDS {
                prop_assert!(counts[status] == 0 || reported(&answers, spellings), "{answer}");
            }
        }
    }

    #[test]
    fn describe_survives_filters_as_well((provider, answers) in any_case()) {
        let filter = match provider {
            TencentMqtt => json!({"client_ids": ["a", "b"], "statuses": ["active", "inactive"]}),
            AlibabaMqtt => json!({"ca_serial_numbers": ["0b"]}),
            AlibabaPca => json!({"serial_numbers": ["0a"], "expires_within_days": 30}),
            AwsIot => json!({"fingerprints_sha256": [ID, "cd".repeat(32)]}),
        };
        if let Ok(DescribeAnswer::One(answer)) = perform::<Describe>(&request_to(provider, "filter", filter), answers.clone()) {
            claims_nothing(&serde_json::to_value(answer).unwrap()["certificates"], &answers)?;
        }
    }

    #[test]
    fn status_reports_nothing_that_was_not_reported((provider, answers) in any_case()) {
        let other = json!({"serial_number": "0e", "ca_serial_number": "0b", "fingerprint_sha256": "ef".repeat(32)});
        let request = request_to(provider, "certificates", json!([reference(), other]));
        if let Ok(answer) = perform::<Status>(&request, answers.clone()) {
            let answer = serde_json::to_value(answer).unwrap();
            prop_assert_eq!(answer["results"].as_array().unwrap().len(), 2);
            claims_nothing(&answer["results"], &answers)?;
            for (result, names) in answer["results"].as_array().unwrap().iter().zip([["0a", "0A", ID], ["0e", "0E", "ef"]]) {
                prop_assert!(result["found"] == false || answers.iter().any(|(_, body)| names.iter().any(|name| body.contains(name))), "{}", result);
            }
        }
    }

    #[test]
    fn inactivate_acts_on_no_certificate_that_was_not_shown((provider, answers) in any_case()) {
        let request = request_to(provider, "certificates", json!([reference_for(provider)]));
        if let Ok(answer) = perform::<Inactivate>(&request, answers.clone()) {
            let results = answer.results();
            let is_shown = reported(&answers, &["0a", "0A", ID]);
            let claimed = match results[0].outcome {
                Outcome::Inactivated => is_shown,
                Outcome::AlreadyInactive => is_shown && reported(&answers, &["INACTIVE", "0"]),
                _ => true,
            };
            prop_assert!(claimed, "{:?}", results[0]);
        }
    }

    #[test]
    fn inactivate_claims_no_success_without_evidence((provider, answers) in any_case()) {
        // A read finds the certificate active; the answers after that are arbitrary.
        let found = match provider {
            TencentMqtt => json!({"Response": {"DeviceCertificateSn": "0a", "CaSn": "0b", "Status": "ACTIVE", "RequestId": "id"}}),
            AlibabaMqtt => json!({"Data": {"DeviceSn": "0a", "CaSn": "0b", "Status": "1"}}),
            AlibabaPca => return Ok(()),
            AwsIot => json!({"certificateDescription": {"certificateId": ID, "status": "ACTIVE"}}),
        };
        let order = request_to(provider, "certificates", json!([reference_for(provider)]));
        let after: Vec<_> = std::iter::once((200, found.to_string())).chain(answers.clone()).collect();
        if let Ok(answer) = perform::<Inactivate>(&order, after)
            && answer.results()[0].outcome == Outcome::Inactivated
        {
            let confirms = |body: &Value| match provider {
                TencentMqtt => {
                    let response = &body["Response"];
                    response["Error"].is_null() && (response["RequestId"].is_string() || response["Status"] == "INACTIVE")
                }
                AlibabaMqtt | AlibabaPca => {
                    body["DeviceSn"].is_string() || matches!(body["Data"]["Status"].to_string().as_str(), "0" | "0.0" | "-0.0" | "\"0\"")
                }
                AwsIot => *body == json!({}) || body["certificateDescription"]["status"] == "INACTIVE",
            };
            let evidence = answers.iter().any(|(status, body)| {
                let is_empty = provider == AwsIot && body.trim_ascii().is_empty();
                *status == 200 && (is_empty || serde_json::from_str(body).is_ok_and(|body| confirms(&body)))
            });
            prop_assert!(evidence, "{:?}", answer.results()[0]);
        }
    }
}
