//! Messages that are delivered together and asked as one.

use super::*;
use crate::testing::network::{Answer, ok, parameter, recorded};

/// An authority that says `good` of each number, panics at `dead`, and refuses a question with `aa`
/// in it.
fn authority(request: &HttpRequest) -> Answer {
    let asked = parameter(request, "SerialNumber").unwrap();
    assert!(
        !asked.contains("dead"),
        "a defect in the way to secret-4711"
    );
    if asked.split(',').any(|text| text == "aa") {
        return recorded("alibaba-common/Any.error-missing-parameter");
    }
    let row = |text: &str| json!({"SerialNumber": text, "Status": "good"});
    ok(
        &json!({"RequestId": "id-1", "CertificateStatus": asked.split(',').map(row).collect::<Vec<_>>()}),
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

/// As a pipe, which tells what became of each; and the questions that were asked.
fn told<O: Operation>(network: &Network, bodies: &[String]) -> (Vec<Value>, Vec<String>) {
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
fn a_hundred_questions_of_ten_are_a_handful_of_calls_and_have_each_their_own_answer() {
    let serial = |number: usize| format!("a{number:07x}");
    let bodies: Vec<String> = (0..100)
        .map(|record| {
            let serials: Vec<String> = (0..10).map(|number| serial(record * 10 + number)).collect();
            ask(&serials.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    let (answers, asked) = told::<Status>(&Network::new(authority), &bodies);
    assert_eq!((answers.len(), asked.len()), (100, 5));
    for (record, answer) in answers.iter().enumerate() {
        let expected: Vec<String> = (0..10)
            .map(|number| format!("{}=good", serial(record * 10 + number)))
            .collect();
        assert_eq!(statuses(answer), expected.join(" "));
    }
}

#[test]
fn numbers_that_several_messages_name_are_asked_once_and_answered_each_time() {
    let bodies = [
        ask(&["a1", "a2"]),
        ask(&["a2", "a1"]),
        ask(&["a1"]),
        ask(&["a1", "a2"]),
    ];
    let (answers, asked) = told::<Status>(&Network::new(authority), &bodies);
    assert_eq!(asked, ["a1,a2"]);
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
fn different_sources_are_asked_for_themselves() {
    let bodies = [
        ask(&["a1"]),
        ask(&["a2"]).replace("cn-hangzhou", "ap-southeast-1"),
        ask(&["a3"]),
    ];
    let (answers, asked) = told::<Status>(&Network::new(authority), &bodies);
    assert_eq!(asked, ["a1,a3", "a2"]);
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
fn what_is_wrong_with_one_message_is_not_told_to_the_others() {
    let nameless = json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{"serial_number": "a9"}, {"fingerprint_sha256": "ab".repeat(32)}]});
    let bodies = [
        ask(&["a1"]),
        nameless.to_string(),
        ask(&["a2", "aa"]),
        BAD.to_owned(),
        ask(&["aa"]),
        ask(&["a3"]),
    ];
    let (answers, _) = told::<Status>(&Network::new(authority), &bodies);
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
fn of_a_queue_only_the_message_comes_back_that_failed() {
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
fn a_panic_at_a_question_stays_with_the_message_that_asked_it() {
    let bodies = [
        ask(&["a1"]),
        ask(&["a2", "dead"]),
        ask(&["a3"]),
        ask(&["a1"]),
    ];
    let (answers, asked) = told::<Status>(&Network::new(authority), &bodies);
    assert_eq!(
        answers.iter().map(statuses).collect::<Vec<_>>(),
        ["a1=good", "internal", "a3=good", "a1=good"]
    );
    assert!(!json!(answers).to_string().contains("4711"));
    assert_eq!(
        asked,
        ["a1", "a3"],
        "the common question and the panicking one never got out"
    );
}

#[test]
fn a_list_that_is_asked_for_twice_is_read_once() {
    let network = Network::new(|_| {
        ok(&json!({"Response": {"TotalCount": 0, "Data": [], "RequestId": "id-1"}}))
    });
    let list = |instance: &str| {
        json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": instance})
            .to_string()
    };
    let (answers, asked) =
        told::<Describe>(&network, &[list("a"), list("b"), list("a"), list("a")]);
    assert_eq!(asked.len(), 2);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer["instance_id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["a", "b", "a", "a"]
    );
}

#[test]
fn an_order_that_is_given_twice_is_looked_at_twice() {
    let network = Network::new(|request| {
        let asked = |name| parameter(request, name).unwrap();
        ok(
            &json!({"Data": {"DeviceSn": asked("DeviceSn"), "CaSn": asked("CaSn"), "Status": "0"}, "RequestId": "id-1"}),
        )
    });
    let order = json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1",
        "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]
    })
    .to_string();
    let (answers, asked) = told::<Inactivate>(&network, &[order.clone(), order]);
    assert_eq!((answers.len(), asked.len()), (2, 2));
    assert!(
        answers
            .iter()
            .all(|answer| answer["summary"]["already_inactive"] == 1)
    );
}
