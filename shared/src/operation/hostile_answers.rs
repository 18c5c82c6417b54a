//! Whole operations against vendors that answer anything at all: never a panic, and never a success without evidence.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{AnswerBudget, Describe, Inactivate, Operation, Outcome, Status};
use crate::provider::fixture::Bench;
use crate::request;
use crate::transport::fake::{Network, answer};

const BUDGET: AnswerBudget = AnswerBudget { bytes: 1_000_000, escaped: true };

/// Runs one request against a vendor that gives these answers, the last one for ever. Waiting costs no time.
fn perform<O: Operation>(request: &Value, answers: Vec<(u16, String)>) -> Result<O::Answer, crate::error::Error> {
    let next = Rc::new(RefCell::new(0_usize));
    let network = Network::new(move |_| {
        let index = (*next.borrow()).min(answers.len() - 1);
        *next.borrow_mut() += 1;
        answer(answers[index].0, answers[index].1.clone())
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new(&network);
        O::perform(&bench.session(), request::parse(&request.to_string()).unwrap(), BUDGET).await
    })
}

/// Any JSON, with the members and words of the vendors more often than not.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "0a",
        "0A",
        "0b",
        "0",
        "1",
        "2",
        "good",
        "revoked",
        "unknown",
        "ACTIVE",
        "INACTIVE",
        "",
        "Throttling",
        "InternalError",
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
        "CertificateStatus",
        "SerialNumber",
        "RevokeTime",
        "code",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![0_i64, 1, 3, 1_766_073_600_000]).prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 6, move |inner| {
        let members = prop::collection::vec((prop::sample::select(names.to_vec()), inner.clone()), 0..7);
        let object = |members: Vec<(&str, Value)>| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>();
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(move |members| Value::Object(object(members)))
        ]
    })
}

fn any_answers() -> impl Strategy<Value = Vec<(u16, String)>> {
    let status = prop::sample::select(vec![200_u16, 200, 200, 400, 403, 404, 414, 429, 500, 503]);
    let body = prop_oneof![4 => any_json().prop_map(|json| json.to_string()), 1 => "\\PC{0,40}"];
    prop::collection::vec((status, body), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn describe_and_status_answer_or_fail(answers in any_answers()) {
        let describe = json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "i", "filter": {"client_ids": ["a", "b"]}, "include_pem": true});
        let _ = perform::<Describe>(&describe, answers.clone());
        let status = json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{"serial_number": "0a"}, {"serial_number": "0b"}]});
        if let Ok(told) = perform::<Status>(&status, answers.clone()) {
            prop_assert_eq!(told.results.len(), 2);
            let good_was_said = answers.iter().any(|(_, body)| body.contains("good"));
            prop_assert!(good_was_said || told.results.iter().all(|result| serde_json::to_value(result.status).unwrap() != "good"));
        }
    }

    #[test]
    fn inactivate_claims_nothing_that_was_not_said(answers in any_answers()) {
        let order = json!({"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "i", "certificates": [{"serial_number": "0a", "ca_serial_number": "0b"}]});
        // A read finds the certificate switched on; everything after that is anybody's guess.
        let found = json!({"Data": {"DeviceSn": "0a", "CaSn": "0b", "Status": "1"}}).to_string();
        let after: Vec<_> = std::iter::once((200, found)).chain(answers.clone()).collect();
        if let Ok(told) = perform::<Inactivate>(&order, after)
            && told.results[0].outcome == Outcome::Inactivated
        {
            let confirmed = |body: &Value| body["DeviceSn"].is_string() || body["Data"]["Status"] == "0";
            let evidence = answers.iter().any(|(status, body)| *status == 200 && serde_json::from_str(body).is_ok_and(|body| confirmed(&body)));
            prop_assert!(evidence, "{:?}", told.results[0]);
        }
    }
}
