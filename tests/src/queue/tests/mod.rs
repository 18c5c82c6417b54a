mod state;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::*;

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0";

async fn call_with(queue: &Queue, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let address = queue
        .url()
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let stream = TcpStream::connect(&address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::builder()
        .method("POST")
        .uri("/")
        .header("host", address);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let response = sender
        .send_request(
            request
                .body(Full::new(Bytes::from(body.to_owned())))
                .unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/x-amz-json-1.0"
    );
    let status = response.status();
    (
        status,
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap(),
    )
}

/// A signed call of this action with these parameters and the queue's URL.
async fn call(queue: &Queue, action: &str, mut parameters: Value) -> (StatusCode, Value) {
    let target = format!("AmazonSQS.{action}");
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", target.as_str()),
        ("authorization", SIGNED),
    ];
    parameters["QueueUrl"] = json!(queue.url());
    call_with(queue, &headers, &parameters.to_string()).await
}

async fn one() -> (Queues, Queue) {
    let queues = Queues::start().await;
    let queue = queues.create("orders", QueueSettings::default());
    (queues, queue)
}

/// The part of the error's type behind the namespace.
fn code(answer: &Value) -> &str {
    answer["__type"]
        .as_str()
        .unwrap()
        .rsplit('#')
        .next()
        .unwrap()
}

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let (_queues, queue) = one().await;
    assert!(
        queue.url().starts_with("http://127.0.0.1:")
            && queue.url().ends_with("/123456789012/orders")
    );
    assert_eq!(queue.arn(), "arn:aws:sqs:eu-west-1:123456789012:orders");
    let attributes = json!({ "a": { "DataType": "String", "StringValue": "b" } });
    let (status, answer) = call(
        &queue,
        "SendMessage",
        json!({ "MessageBody": "{\"ü\":1}", "MessageAttributes": attributes }),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    let received = queue.receive(10);
    let [message] = received.as_slice() else {
        panic!("one message: {received:?}")
    };
    assert_eq!(
        (
            message.id.as_str(),
            message.body.as_str(),
            message.receive_count
        ),
        (answer["MessageId"].as_str().unwrap(), "{\"ü\":1}", 1)
    );
    assert!(message.sent_at > 1_700_000_000_000 && message.first_received_at >= message.sent_at);
    assert_eq!(
        message.id.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    assert!(queue.receive(10).is_empty(), "hidden");
    assert_eq!((queue.len(), queue.send_calls()), (1, 1));
    assert!(queue.delete(message) && queue.is_empty() && !queue.delete(message));
}

#[tokio::test]
async fn a_batch_is_sent_entry_by_entry() {
    let (_queues, queue) = one().await;
    let entry = |id: &str, body: &str| json!({ "Id": id, "MessageBody": body });
    let entries = [
        entry("a", "1"),
        entry("b", ""),
        entry("c", "\u{0}"),
        json!({ "Id": "d", "MessageBody": "2", "DelaySeconds": 901 }),
        entry("e", "3"),
    ];
    let (status, answer) = call(&queue, "SendMessageBatch", json!({ "Entries": entries })).await;
    assert_eq!(status, StatusCode::OK);
    let of = |list: &str, member: &str| {
        answer[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry[member].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("Successful", "Id"), ["a", "e"]);
    assert_eq!(
        of("Successful", "MessageId"),
        queue
            .messages()
            .into_iter()
            .map(|message| message.id)
            .collect::<Vec<_>>()
    );
    assert_eq!(of("Failed", "Id"), ["b", "c", "d"]);
    assert_eq!(
        of("Failed", "Code"),
        [
            "MissingParameter",
            "InvalidMessageContents",
            "InvalidParameterValue"
        ]
    );
    assert_eq!(queue.bodies(), ["1", "3"]);
}

#[tokio::test]
async fn a_call_that_sqs_would_refuse_is_refused_whole() {
    let (_queues, queue) = one().await;
    let entries = |count: usize, body: &str| {
        (0..count)
            .map(|id| json!({ "Id": id.to_string(), "MessageBody": body }))
            .collect::<Vec<_>>()
    };
    let half = "x".repeat(524_289);
    for (expected, action, parameters) in [
        (
            "EmptyBatchRequest",
            "SendMessageBatch",
            json!({ "Entries": [] }),
        ),
        ("EmptyBatchRequest", "SendMessageBatch", json!({})),
        (
            "TooManyEntriesInBatchRequest",
            "SendMessageBatch",
            json!({ "Entries": entries(11, "1") }),
        ),
        (
            "BatchRequestTooLong",
            "SendMessageBatch",
            json!({ "Entries": entries(2, &half) }),
        ),
        (
            "BatchEntryIdsNotDistinct",
            "SendMessageBatch",
            json!({ "Entries": ([entries(1, "1"), entries(1, "2")].concat()) }),
        ),
        (
            "InvalidBatchEntryId",
            "SendMessageBatch",
            json!({ "Entries": [{ "Id": "a b", "MessageBody": "1" }] }),
        ),
        (
            "InvalidBatchEntryId",
            "SendMessageBatch",
            json!({ "Entries": [{ "MessageBody": "1" }] }),
        ),
        (
            "MissingRequiredParameterException",
            "SendMessage",
            json!({}),
        ),
        (
            "InvalidParameterValueException",
            "SendMessage",
            json!({ "MessageBody": "1", "DelaySeconds": -1 }),
        ),
        (
            "InvalidParameterValueException",
            "SendMessage",
            json!({ "MessageBody": half.repeat(2) }),
        ),
        (
            "InvalidMessageContents",
            "SendMessage",
            json!({ "MessageBody": "\u{ffff}" }),
        ),
        ("UnknownOperationException", "DeleteMessage", json!({})),
    ] {
        let (status, answer) = call(&queue, action, parameters).await;
        assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, expected));
    }
    assert!(queue.is_empty());
    let (status, _) = call(
        &queue,
        "SendMessageBatch",
        json!({ "Entries": entries(10, &"x".repeat(104_857)) }),
    )
    .await;
    assert_eq!((status, queue.len()), (StatusCode::OK, 10));
}

#[tokio::test]
async fn a_call_has_to_be_signed_and_to_name_a_queue() {
    let (_queues, queue) = one().await;
    let json_type = ("content-type", "application/x-amz-json-1.0");
    let target = ("x-amz-target", "AmazonSQS.SendMessage");
    let body = |url: &str| json!({ "QueueUrl": url, "MessageBody": "1" }).to_string();
    let elsewhere = SIGNED.replace("/sqs/", "/iot/");
    for (headers, body, expected) in [
        (
            vec![json_type, target],
            body(queue.url()),
            "MissingAuthenticationTokenException",
        ),
        (
            vec![json_type, target, ("authorization", elsewhere.as_str())],
            body(queue.url()),
            "MissingAuthenticationTokenException",
        ),
        (
            vec![
                ("content-type", "application/json"),
                target,
                ("authorization", SIGNED),
            ],
            body(queue.url()),
            "UnknownOperationException",
        ),
        (
            vec![json_type, target, ("authorization", SIGNED)],
            body(&queue.url().replace("orders", "order")),
            "QueueDoesNotExist",
        ),
        (
            vec![json_type, target, ("authorization", SIGNED)],
            body("http://127.0.0.1:1/123456789012/orders"),
            "QueueDoesNotExist",
        ),
        (
            vec![json_type, target, ("authorization", SIGNED)],
            "{}".to_owned(),
            "MissingRequiredParameterException",
        ),
        (
            vec![json_type, target, ("authorization", SIGNED)],
            "[".to_owned(),
            "SerializationException",
        ),
    ] {
        let (_, answer) = call_with(&queue, &headers, &body).await;
        assert_eq!(code(&answer), expected);
    }
    assert!(queue.is_empty());
}

#[tokio::test]
async fn sends_fail_as_often_as_requested_and_only_to_their_queue() {
    let (queues, queue) = one().await;
    let other = queues.create("results", QueueSettings::default());
    queue.fail_sends(2, SendFailure::InternalError);
    queue.fail_sends(1, SendFailure::AccessDenied);
    let message = || json!({ "MessageBody": "1", "Entries": [{ "Id": "0", "MessageBody": "1" }] });
    assert_eq!(
        call(&other, "SendMessage", message()).await.0,
        StatusCode::OK
    );
    let mut statuses = Vec::new();
    for action in [
        "SendMessage",
        "SendMessageBatch",
        "SendMessage",
        "SendMessageBatch",
    ] {
        statuses.push(call(&queue, action, message()).await.0.as_u16());
    }
    assert_eq!(statuses, [500, 500, 403, 200]);
    assert_eq!((queue.len(), other.len(), queue.send_calls()), (1, 1, 4));
}

/// A queue with a visibility timeout of 30 seconds whose messages may be received twice, as state
/// alone.
#[tokio::test]
async fn an_answer_is_held_back_while_its_message_is_there_and_only_once() {
    let (_queues, queue) = one().await;
    let mut held = queue.hold_answer();
    queue.fail_sends(1, SendFailure::InternalError);
    let message = || json!({ "MessageBody": "1" });
    assert_eq!(
        call(&queue, "SendMessage", message()).await.0,
        StatusCode::INTERNAL_SERVER_ERROR,
        "a failed call is not held back"
    );
    let caller = tokio::spawn({
        let queue = queue.clone();
        async move { call(&queue, "SendMessage", message()).await.0 }
    });
    held.sent().await;
    assert_eq!(queue.len(), 1);
    assert_eq!(
        call(&queue, "SendMessage", message()).await.0,
        StatusCode::OK
    );
    assert!(!caller.is_finished());
    drop(held);
    assert_eq!(caller.await.unwrap(), StatusCode::OK);
}
