//! The answers to topics, buses and pipes.

use super::*;
use crate::testing::log::written;
use crate::testing::network::{answer, ok, parameter};

/// The PEM text that the broker returns, and its base64, which no line of the log may hold.
const PEM: &str = "-----BEGIN CERTIFICATE-----\nTheCertificateItself\n-----END CERTIFICATE-----\n";
const BASE64: &str = "TheCertificateItself";

/// A broker of one certificate, which throttles calls for the instance `busy`.
fn broker() -> Network {
    Network::new(|request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        if body["InstanceId"] == "busy" {
            return ok(
                &json!({"Response": {"Error": {"Code": "RequestLimitExceeded", "Message": "less"}, "RequestId": "id-1"}}),
            );
        }
        let item =
            json!({"DeviceCertificateSn": "0a", "Status": "ACTIVE", "DeviceCertificate": PEM});
        ok(&json!({"Response": {"TotalCount": 1, "Data": [item], "RequestId": "id-1"}}))
    })
}

fn list(instance: &str) -> String {
    json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": instance, "include_pem": true}).to_string()
}

/// Fails with a code, without a call.
const WRONG: &str = r#"{"provider": "tencent-mqtt", "region": "ap-guangzhou", "colour": 1}"#;

fn in_short(answer: &Value) -> String {
    let pem = &answer["certificates"][0]["pem"];
    if answer["operation"] == "describe" && pem == PEM {
        "answer".to_owned()
    } else {
        answer["code"].as_str().unwrap().to_owned()
    }
}

fn all_in_short(answer: &Value) -> Vec<String> {
    answer.as_array().unwrap().iter().map(in_short).collect()
}

#[test]
fn a_pipe_gets_an_answer_or_an_error_for_each_record_in_their_order() {
    let (good, busy) = (list("mqtt-1"), list("busy"));
    for (bodies, expected) in [
        (&[good.as_str()][..], &["answer"][..]),
        (
            &[&good, BAD, &busy, &good, WRONG],
            &[
                "answer",
                "invalid_request",
                "throttled",
                "answer",
                "invalid_request",
            ],
        ),
        (&[BAD], &["invalid_request"]),
    ] {
        let event = json!(queue_records(bodies.iter().map(|body| ("1", *body))));
        assert_eq!(
            all_in_short(&send_over::<Describe>(&broker(), &event).unwrap()),
            expected,
            "{bodies:?}"
        );
    }
}

#[test]
fn a_record_of_a_pipe_needs_no_id_and_nothing_holds_it_up() {
    let mut event = json!(queue_records([
        ("1", BAD),
        ("1", FORBIDDEN),
        ("1", FORBIDDEN)
    ]));
    for record in event.as_array_mut().unwrap() {
        record.as_object_mut().unwrap().remove("messageId");
        record["eventSourceARN"] = json!("arn:aws:sqs:eu-west-1:1:orders.fifo");
        record["attributes"]["MessageGroupId"] = json!("a");
    }
    let answer = send::<Inactivate>(&event.to_string()).unwrap();
    assert_eq!(
        all_in_short(&answer),
        ["invalid_request", "forbidden", "forbidden"]
    );
}

#[test]
fn a_panic_in_a_pipe_is_the_answer_to_its_own_record() {
    let event = json!(queue_records([
        ("1", UNSUPPORTED),
        ("2", PANICS),
        ("3", BAD)
    ]));
    let answer = send::<Status>(&event.to_string()).unwrap();
    assert_eq!(
        all_in_short(&answer),
        ["invalid_request", "internal", "invalid_request"]
    );
    assert!(!answer.to_string().contains("4711"), "{answer}");
}

#[test]
fn in_a_list_for_a_pipe_that_is_too_long_the_fewest_possible_answers_are_replaced() {
    let network = Network::new(|request| {
        let serial_numbers = parameter(request, "SerialNumber").unwrap();
        let row = |text: &str| json!({"SerialNumber": text, "Status": "good"});
        ok(
            &json!({"RequestId": "id-1", "CertificateStatus": serial_numbers.split(',').map(row).collect::<Vec<_>>()}),
        )
    });
    let ask = |serial: &str, count: usize| {
        json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": vec![json!({"serial_number": serial}); count]})
            .to_string()
    };
    let tell = |count: usize| {
        let mut bodies: Vec<String> = (0..20)
            .map(|record| ask(&format!("a{record:03x}"), count))
            .collect();
        bodies.push(ask("b0", 1));
        let event = json!(queue_records(
            bodies.iter().map(|body| ("1", body.as_str()))
        ));
        send_over::<Status>(&network, &event).unwrap()
    };
    let answer = tell(1000);
    let length = answer.to_string().len();
    assert!((5_700_000..6_200_000).contains(&length), "{length}");
    let outcomes = answer.as_array().unwrap();
    let replaced = outcomes
        .iter()
        .filter(|outcome| outcome["code"] == "payload_too_large")
        .count();
    assert!((1..10).contains(&replaced), "{replaced}");
    assert_eq!(
        (outcomes.len(), &outcomes[20]["operation"]),
        (21, &json!("status")),
        "a short one is never replaced"
    );
    assert!(
        tell(500)
            .as_array()
            .unwrap()
            .iter()
            .all(|outcome| outcome["operation"] == "status"),
        "this list fits"
    );
}

#[test]
fn a_topic_gets_the_list_of_answers_or_the_failure_that_is_needs_redelivery() {
    let (good, busy) = (list("mqtt-1"), list("busy"));
    for (messages, expected) in [
        (&[good.as_str()][..], Ok(&["answer"][..])),
        (&[&good, &good], Ok(&["answer", "answer"])),
        (&[&busy], Err("throttled")),
        (&[&good, &busy, &good], Err("throttled")),
        (&[&good, BAD], Err("invalid_request")),
        (&[WRONG, &good], Err("invalid_request")),
    ] {
        let result = send_over::<Describe>(&broker(), &topic(messages));
        let outcome = result
            .map(|answer| all_in_short(&answer))
            .map_err(|error| error.0.code.as_str());
        assert_eq!(
            outcome,
            expected.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
            "{messages:?}"
        );
    }
    // A final decision needs no redelivery.
    let answer = send::<Inactivate>(&topic(&[FORBIDDEN, FORBIDDEN]).to_string()).unwrap();
    assert_eq!(all_in_short(&answer), ["forbidden", "forbidden"]);
}

#[test]
fn a_bus_gets_the_answer_or_the_error() {
    for (detail, expected) in [
        (list("mqtt-1"), Ok("answer")),
        (list("busy"), Err("throttled")),
        (WRONG.to_owned(), Err("invalid_request")),
    ] {
        let result = send_over::<Describe>(&broker(), &bus(&detail));
        let outcome = result
            .map(|answer| in_short(&answer))
            .map_err(|error| error.0.code.as_str());
        assert_eq!(outcome, expected.map(str::to_owned), "{detail}");
    }
    assert_eq!(
        send::<Inactivate>(&bus(FORBIDDEN).to_string())
            .unwrap_err()
            .0
            .code
            .as_str(),
        "forbidden"
    );
    assert_eq!(
        send::<Status>(&bus(PANICS).to_string())
            .unwrap_err()
            .0
            .code
            .as_str(),
        "internal"
    );
}

#[test]
fn a_part_that_may_succeed_later_fails_a_buss_event_and_a_topics() {
    // The first certificate is off, the second cannot be read now.
    let network = || {
        Network::new(|request| {
            let member = |name| parameter(request, name).unwrap();
            match member("DeviceSn").as_str() {
                "0A" => ok(
                    &json!({"Data": {"DeviceSn": "0A", "CaSn": member("CaSn"), "Status": "0"}, "RequestId": "id-1"}),
                ),
                _ => answer(503, ""),
            }
        })
    };
    let order = json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1",
        "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}, {"serial_number": "0B", "ca_serial_number": "0b"}]
    })
    .to_string();
    for event in [bus(&order), topic(&[&order])] {
        let error = send_over::<Inactivate>(&network(), &event).unwrap_err();
        assert_eq!(error.0.code.as_str(), "provider_unavailable", "{event}");
    }
    let answer =
        send_over::<Inactivate>(&network(), &json!(queue_records([("1", order.as_str())])))
            .unwrap();
    assert_eq!(
        answer[0]["summary"]["failed"], 1,
        "the answer to a pipe has both: {answer}"
    );
}

#[test]
fn each_message_has_its_line_in_the_log_and_certificates_themselves_have_none() {
    let good = list("mqtt-1");
    let records = || queue_records([("1", good.as_str()), ("2", BAD), ("3", good.as_str())]);
    for (event, lines) in [
        (
            json!({"Records": records()}),
            ["answer true", "answer false", "answer false"].as_slice(),
        ),
        (
            json!(records()),
            &["answer false", "answer false", "answer false"],
        ),
        (topic(&[&good, &good]), &["answer false", "answer false"]),
        (bus(&good), &["answer false"]),
    ] {
        let log = written("info", true, || {
            assert!(send_over::<Describe>(&broker(), &event).is_ok())
        });
        assert!(!log.contains(BASE64) && log.contains("mqtt-1"), "{log}");
        let written: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let answers = written.iter().filter(|line| line["message"] == "answer");
        let outcome: Vec<String> = answers
            .map(|line| format!("answer {}", line["needs_redelivery"]))
            .collect();
        assert_eq!(outcome, lines, "{log}");
    }
}
