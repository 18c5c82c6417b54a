//! Messages to the results queue: their batches, the calls, and the errors of unsent messages.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::model::Timestamp;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, answer, header, ok, with_header};
use crate::transport::HttpRequest;

const QUEUE: [(&str, &str); 2] = [
    (
        "RESULTS_QUEUE_URL",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/results",
    ),
    ("AWS_REGION", "eu-west-1"),
];

async fn send(network: &Network, messages: &[String]) -> Vec<Option<Error>> {
    let bench = Bench::with(network, &QUEUE);
    let queue = Queue::of_results(&bench.config, &bench.transport).unwrap();
    queue
        .send(
            Deadline::after(Duration::from_secs(60)),
            bench.limiter.unlimited(),
            messages,
        )
        .await
}

/// Accepts every entry except those that the texts name.
fn taking(refused: &'static [&'static str]) -> impl FnMut(&HttpRequest) -> Answer {
    move |request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in body["Entries"].as_array().unwrap() {
            if refused.contains(&entry["MessageBody"].as_str().unwrap()) {
                failed.push(json!({"Id": entry["Id"], "SenderFault": false, "Code": "InternalError", "Message": "no"}));
            } else {
                successful
                    .push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d"}));
            }
        }
        ok(&json!({"Successful": successful, "Failed": failed}))
    }
}

fn messages(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("message {number}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn messages_go_out_in_batches_of_ten_and_each_has_its_own_outcome() {
    let network = Network::new(taking(&["message 3", "message 24"]));
    let errors = send(&network, &messages(25)).await;
    let unsent: Vec<usize> = errors
        .iter()
        .enumerate()
        .filter_map(|(index, error)| error.as_ref().map(|_| index))
        .collect();
    assert_eq!(unsent, [3, 24]);
    let sizes = network.each(|sent| sent.body()["Entries"].as_array().unwrap().len());
    assert_eq!(sizes, [10, 10, 5]);
    assert!(
        errors[3].as_ref().unwrap().detail.contains("InternalError"),
        "{:?}",
        errors[3]
    );
    let sent = network.sent();
    assert_eq!(sent[0].url(), "https://sqs.eu-west-1.amazonaws.com/");
    assert_eq!(sent[0].body()["QueueUrl"], QUEUE[0].1);
    assert_eq!(
        header(&sent[0].request, "x-amz-target"),
        Some("AmazonSQS.SendMessageBatch")
    );
    assert!(
        header(&sent[0].request, "authorization")
            .unwrap()
            .contains("/eu-west-1/sqs/aws4_request")
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_a_mebibyte_at_most_and_so_has_a_message() {
    let long = |bytes: usize| "x".repeat(bytes);
    let network = Network::new(taking(&[]));
    let errors = send(
        &network,
        &[
            long(600_000),
            long(MOST_BYTES),
            long(MOST_BYTES + 1),
            long(500_000),
            long(500_000),
            long(100_000),
        ],
    )
    .await;
    assert_eq!(
        network.each(|sent| sent.body()["Entries"].as_array().unwrap().len()),
        [1, 1, 2, 1]
    );
    let codes: Vec<Option<ErrorCode>> = errors
        .iter()
        .map(|error| error.as_ref().map(|error| error.code))
        .collect();
    assert_eq!(
        codes,
        [
            None,
            None,
            Some(ErrorCode::PayloadTooLarge),
            None,
            None,
            None
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_sqs_does_not_accept_counts_as_not_sent() {
    let refused = |status, body: Value| move || answer(status, body.to_string());
    let denied = refused(
        400,
        json!({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}),
    );
    let missing = refused(
        400,
        json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist"}),
    );
    let throttled = refused(400, json!({"__type": "com.amazonaws.sqs#RequestThrottled"}));
    let throttled_by_header = || {
        let refusal = answer(400, json!({"message": "no"}).to_string());
        let name = "com.amazonaws.sqs#RequestThrottled:http://internal.amazon.com/coral/";
        with_header(refusal, "x-amzn-errortype", name)
    };
    let down = refused(503, json!({}));
    let odd = refused(200, json!([]));
    let silent = refused(200, json!({}));
    let answers: [(&dyn Fn() -> Answer, ErrorCode, usize); 7] = [
        (&denied, ErrorCode::ProviderRejected, 1),
        (&missing, ErrorCode::ProviderRejected, 1),
        (&throttled, ErrorCode::Throttled, 3),
        (&throttled_by_header, ErrorCode::Throttled, 3),
        (&down, ErrorCode::ProviderUnavailable, 3),
        (&odd, ErrorCode::ProviderInvalidResponse, 3),
        (&silent, ErrorCode::ProviderUnavailable, 1),
    ];
    for (made, code, calls) in answers {
        let network = Network::queue((0..calls).map(|_| made()));
        let errors = send(&network, &messages(2)).await;
        assert!(
            errors
                .iter()
                .all(|error| error.as_ref().is_some_and(|error| error.code == code)),
            "{code:?}: {errors:?}"
        );
        assert_eq!(network.sent().len(), calls, "{code:?}");
    }
}

#[test]
fn an_event_has_the_attributes_of_its_specification() {
    let data = RawValue::from_string(r#"{"operation":"status"}"#.to_owned()).unwrap();
    let time = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let event = |page, data| {
        serde_json::to_value(CloudEvent::new(
            "status",
            ("m-1", page),
            "arn:aws:lambda:eu-west-1:1:function:s",
            Some("p/r"),
            time,
            data,
        ))
        .unwrap()
    };
    let expected = json!({
        "specversion": "1.0", "id": "m-1", "source": "arn:aws:lambda:eu-west-1:1:function:s",
        "type": "device-certificates.status.answer", "subject": "p/r", "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json", "data": {"operation": "status"}
    });
    assert_eq!(event(1, Ok(Cow::Borrowed(&*data))), expected);
    let second = event(2, Err(Cow::Borrowed(&*data)));
    assert_eq!(
        (&second["id"], &second["type"]),
        (&json!("m-1.2"), &json!("device-certificates.status.error"))
    );
}
