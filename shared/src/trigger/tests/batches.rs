//! Messages of one batch that are carried out together.

use super::*;
use crate::testing::network::{Answer, ok, parameter, recorded};

/// An authority that answers `good` for each number, panics at `dead`, and refuses a call with `aa`
/// in it.
fn authority(request: &HttpRequest) -> Answer {
    let serial_numbers = parameter(request, "SerialNumber").unwrap();
    assert!(
        !serial_numbers.contains("dead"),
        "a bug that shows secret-4711"
    );
    if serial_numbers.split(',').any(|text| text == "aa") {
        return recorded("alibaba-common/Any.error-missing-parameter");
    }
    let row = |text: &str| json!({"SerialNumber": text, "Status": "good"});
    ok(
        &json!({"RequestId": "id-1", "CertificateStatus": serial_numbers.split(',').map(row).collect::<Vec<_>>()}),
    )
}

fn ask(serials: &[&str]) -> String {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({"serial_number": serial}))
        .collect();
    json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": certificates})
        .to_string()
}

/// The answers to a pipe, and the serial numbers in each call to the provider.
fn answers_and_calls<O: Operation>(
    network: &Network,
    bodies: &[String],
) -> (Vec<Value>, Vec<String>) {
    let event = json!(queue_records(
        bodies.iter().map(|body| ("1", body.as_str()))
    ));
    let answer = send_over::<O>(network, &event).unwrap();
    (
        answer.as_array().unwrap().clone(),
        network.each(|sent| sent.parameter("SerialNumber").unwrap_or_default()),
    )
}

fn statuses(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    match answer["results"].as_array() {
        Some(results) => results
            .iter()
            .map(|result| {
                format!(
                    "{}={}",
                    text(&result["serial_number"]),
                    text(&result["status"])
                )
            })
            .collect::<Vec<_>>()
            .join(" "),
        None => text(&answer["code"]),
    }
}

#[test]
fn a_hundred_messages_of_ten_numbers_take_five_calls_and_each_has_its_own_answer() {
    let serial = |number: usize| format!("a{number:07x}");
    let bodies: Vec<String> = (0..100)
        .map(|record| {
            let serials: Vec<String> = (0..10).map(|number| serial(record * 10 + number)).collect();
            ask(&serials.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    let (answers, calls) = answers_and_calls::<Status>(&Network::new(authority), &bodies);
    assert_eq!((answers.len(), calls.len()), (100, 5));
    for (record, answer) in answers.iter().enumerate() {
        let expected: Vec<String> = (0..10)
            .map(|number| format!("{}=good", serial(record * 10 + number)))
            .collect();
        assert_eq!(statuses(answer), expected.join(" "));
    }
}

#[test]
fn serial_numbers_that_several_messages_name_are_in_one_call_and_in_each_answer() {
    let bodies = [
        ask(&["a1", "a2"]),
        ask(&["a2", "a1"]),
        ask(&["a1"]),
        ask(&["a1", "a2"]),
    ];
    let (answers, calls) = answers_and_calls::<Status>(&Network::new(authority), &bodies);
    assert_eq!(calls, ["a1,a2"]);
    let answers: Vec<String> = answers.iter().map(statuses).collect();
    assert_eq!(
        answers,
        [
            "a1=good a2=good",
            "a2=good a1=good",
            "a1=good",
            "a1=good a2=good"
        ]
    );
}

#[test]
fn each_source_has_its_own_calls() {
    let bodies = [
        ask(&["a1"]),
        ask(&["a2"]).replace("cn-hangzhou", "ap-southeast-1"),
        ask(&["a3"]),
    ];
    let (answers, calls) = answers_and_calls::<Status>(&Network::new(authority), &bodies);
    assert_eq!(calls, ["a1,a3", "a2"]);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer["region"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["cn-hangzhou", "ap-southeast-1", "cn-hangzhou"]
    );
    assert_eq!(
        answers.iter().map(statuses).collect::<Vec<_>>(),
        ["a1=good", "a2=good", "a3=good"]
    );
}

#[test]
fn the_error_of_one_message_is_not_in_the_answers_to_others() {
    let nameless = json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{"serial_number": "a9"}, {"fingerprint_sha256": "ab".repeat(32)}]});
    let bodies = [
        ask(&["a1"]),
        nameless.to_string(),
        ask(&["a2", "aa"]),
        BAD.to_owned(),
        ask(&["aa"]),
        ask(&["a3"]),
    ];
    let (answers, _) = answers_and_calls::<Status>(&Network::new(authority), &bodies);
    let short: Vec<String> = answers.iter().map(statuses).collect();
    assert_eq!(
        short[..4],
        [
            "a1=good",
            "invalid_request",
            "a2=good aa=unknown",
            "invalid_request"
        ]
    );
    assert_eq!(short[5], "a3=good");
    assert_eq!(answers[1]["field"], "certificates[1].serial_number");
    assert_eq!(
        answers[2]["results"][1]["error"]["code"],
        "provider_rejected"
    );
    assert_eq!(
        answers[4]["results"][0]["error"]["code"],
        "provider_rejected"
    );
}

#[test]
fn only_a_failed_message_is_a_batch_item_failure() {
    let bodies = [
        ask(&["a1"]),
        ask(&["aa", "a2"]),
        BAD.to_owned(),
        ask(&["a3"]),
    ];
    let records = ["good", "refused", "bad", "good too"]
        .into_iter()
        .zip(bodies.iter().map(String::as_str));
    let answer = send_over::<Status>(&Network::new(authority), &queue_batch(records)).unwrap();
    assert_eq!(
        ids(&answer),
        ["bad"],
        "a certificate that the provider does not take is an outcome"
    );
}

#[test]
fn a_panic_fails_only_the_message_that_causes_it() {
    let bodies = [
        ask(&["a1"]),
        ask(&["a2", "dead"]),
        ask(&["a3"]),
        ask(&["a1"]),
    ];
    let (answers, calls) = answers_and_calls::<Status>(&Network::new(authority), &bodies);
    assert_eq!(
        answers.iter().map(statuses).collect::<Vec<_>>(),
        ["a1=good", "internal", "a3=good", "a1=good"]
    );
    assert!(!json!(answers).to_string().contains("4711"));
    assert_eq!(
        calls,
        ["a1", "a3"],
        "the common call and the panicking one were not sent"
    );
}

#[test]
fn two_messages_with_the_same_list_request_share_one_call() {
    let network = Network::new(|_| {
        ok(&json!({"Response": {"TotalCount": 0, "Data": [], "RequestId": "id-1"}}))
    });
    let list = |instance: &str| {
        json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": instance})
            .to_string()
    };
    let (answers, calls) =
        answers_and_calls::<Describe>(&network, &[list("a"), list("b"), list("a"), list("a")]);
    assert_eq!(calls.len(), 2);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer["instance_id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["a", "b", "a", "a"]
    );
}

#[test]
fn an_order_that_is_given_twice_is_carried_out_twice() {
    let network = Network::new(|request| {
        let member = |name| parameter(request, name).unwrap();
        ok(
            &json!({"Data": {"DeviceSn": member("DeviceSn"), "CaSn": member("CaSn"), "Status": "0"}, "RequestId": "id-1"}),
        )
    });
    let order = json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1",
        "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]
    })
    .to_string();
    let (answers, calls) = answers_and_calls::<Inactivate>(&network, &[order.clone(), order]);
    assert_eq!((answers.len(), calls.len()), (2, 2));
    assert!(
        answers
            .iter()
            .all(|answer| answer["summary"]["already_inactive"] == 1)
    );
}
