//! Vendors that send as much as they can: a function keeps its memory and its answer small, and
//! says what was wrong.

mod vendor;

use std::time::Duration;

use serde_json::{Value, json};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{Answer, Runtime};

use self::vendor::{Call, Reply};
use crate::setup::{TENCENT_INSTANCE, invoke_within};

const MIB: usize = 1024 * 1024;
/// The most memory that a function may hold, whatever a vendor sends.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;
/// The size of the answers: a little less than a function reads, and much more.
const SIZE: usize = 2 * MIB - 64 * 1024;
const TOO_LARGE: usize = 8 * MIB - 4096;
/// Maximum size of a synchronous answer, in bytes.
const MOST_ANSWER: usize = 6_291_556;

/// The time of a function. Lists without an end take all of it.
const TIME: Duration = Duration::from_secs(10);

/// The contents of the parts of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Rows of a serial number alone.
    SmallRows,
    /// Rows of one digit.
    Digits,
    /// Hundred rows with a text each that fills the page.
    Texts,
    /// The same with a PEM each.
    Pems,
    /// A single row.
    OneRow,
    /// Control characters, which take six bytes in JSON.
    Controls,
    /// An object of many members beside the rows.
    Members,
    Nested,
    /// Bytes that are not UTF-8.
    Damaged,
    RequestId,
    Error,
    Headers,
    ManyHeaders,
    Pieces,
}

/// Answers with many or large rows, or with members beside the rows.
const ROWS: [(Kind, usize); 9] = [
    (Kind::SmallRows, SIZE),
    (Kind::SmallRows, TOO_LARGE),
    (Kind::Digits, SIZE),
    (Kind::Texts, SIZE),
    (Kind::Texts, TOO_LARGE),
    (Kind::Pems, SIZE),
    (Kind::OneRow, SIZE),
    (Kind::Controls, SIZE),
    (Kind::Members, SIZE),
];

/// Answers that are odd in other ways.
const OTHERS: [(Kind, usize); 7] = [
    (Kind::Nested, SIZE),
    (Kind::Damaged, SIZE),
    (Kind::RequestId, SIZE),
    (Kind::Error, SIZE),
    (Kind::Headers, SIZE),
    (Kind::ManyHeaders, SIZE),
    (Kind::Pieces, SIZE),
];

/// The answer of Tencent to this call.
fn reply(kind: Kind, size: usize, call: &Call) -> Reply {
    let offset = call.number("\"Offset\":");
    let named = call.text("\"DeviceCertificateSn\":\"");
    let fill = |bytes: usize| "a".repeat(bytes);
    let serial = |row: usize| format!("5{:039x}", offset + row);
    let pem = |bytes: usize| {
        let lines = format!("{}\\n", "A".repeat(64)).repeat(bytes / 66);
        format!("-----BEGIN CERTIFICATE-----\\n{lines}-----END CERTIFICATE-----\\n")
    };
    let rows = |count: usize, member: &dyn Fn(usize) -> String| -> String {
        let row = |row| {
            format!(
                r#"{{"DeviceCertificateSn":"{}"{}}}"#,
                serial(row),
                member(row)
            )
        };
        (0..count).map(row).collect::<Vec<_>>().join(",")
    };
    let each = size / 100 - 80;
    let text = |name: &str, text: String| format!(r#","{name}":"{text}""#);
    let (rows, beside) = match kind {
        Kind::SmallRows => (rows(size / 70, &|_| String::new()), String::new()),
        Kind::Digits => ("1,".repeat(size / 2 - 200) + "1", String::new()),
        Kind::Texts => (rows(100, &|_| text("ClientId", fill(each))), String::new()),
        Kind::Pems | Kind::Pieces => (
            rows(100, &|_| text("DeviceCertificate", pem(each))),
            text("DeviceCertificate", pem(size / 100)),
        ),
        Kind::OneRow => (
            rows(1, &|_| text("ClientId", fill(size - 400))),
            text("ClientId", fill(size - 400)),
        ),
        Kind::Controls => (
            rows(100, &|_| text("ClientId", "\\u0001".repeat(each / 6))),
            text("ClientId", "\\u0001".repeat(size / 600)),
        ),
        Kind::Members => (
            rows(1, &|_| String::new()),
            format!("{},\"x\":1", ",\"\":1".repeat(size / 5 - 100)),
        ),
        Kind::Nested => (
            rows(1, &|_| String::new()),
            format!(
                r#","x":{}{}"#,
                "[".repeat(size / 2 - 200),
                "]".repeat(size / 2 - 200)
            ),
        ),
        Kind::Damaged => (
            rows(1, &|_| text("ClientId", "§".repeat(size / 2))),
            String::new(),
        ),
        Kind::Headers | Kind::ManyHeaders | Kind::Error | Kind::RequestId => {
            (rows(100, &|_| String::new()), String::new())
        }
    };
    let request_id = match kind {
        Kind::RequestId => fill(size - 10_000),
        _ => "id".to_owned(),
    };
    let total = 1_000_000;
    let body = match kind {
        Kind::Error => format!(
            r#"{{"Response":{{"Error":{{"Code":"{0}","Message":"{0}"}},"RequestId":"{0}"}}}}"#,
            fill(size / 3 - 100)
        ),
        _ if named.is_empty() => format!(
            r#"{{"Response":{{"TotalCount":{total},"Data":[{rows}]{beside},"RequestId":"{request_id}"}}}}"#
        ),
        _ => format!(
            r#"{{"Response":{{"DeviceCertificateSn":"{named}","Status":"ACTIVE"{beside},"RequestId":"{request_id}"}}}}"#
        ),
    };
    let mut reply = Reply::of(body);
    match kind {
        Kind::Damaged => reply
            .body
            .iter_mut()
            .filter(|byte| **byte > 127)
            .for_each(|byte| *byte = 0xff),
        Kind::Headers => reply.headers = format!("x-long: {}\r\n", fill(size)),
        Kind::ManyHeaders => reply.headers = format!("x-h: {}\r\n", fill(1000)).repeat(5_000),
        Kind::Pieces => reply.is_in_pieces = true,
        _ => {}
    }
    reply
}

async fn function(name: &str, endpoint: &str, own: &[(&str, &str)]) -> Runtime {
    let mut variables = vec![
        ("TENCENT_MQTT_ENDPOINT", endpoint),
        ("TENCENTCLOUD_SECRET_ID", "AKIDEXAMPLE"),
        ("TENCENTCLOUD_SECRET_KEY", "secret-of-tencent"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("ALIBABA_MQTT_ENDPOINT", endpoint),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIEXAMPLE"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret-of-alibaba"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        ("INACTIVATE_ALLOWED_INSTANCES", TENCENT_INSTANCE),
        ("DEFAULT_PROVIDER", "tencent-mqtt"),
    ];
    variables.extend_from_slice(own);
    Runtime::start(name, &variables).await
}

fn request(function: &str) -> Value {
    let serials = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({ "serial_number": format!("6{number:039x}") }))
            .collect()
    };
    match function {
        "describe" => {
            json!({ "instance_id": TENCENT_INSTANCE, "limit": 300, "include_pem": true })
        }
        "inactivate" => json!({ "instance_id": TENCENT_INSTANCE, "certificates": serials(100) }),
        _ => json!({ "instance_id": TENCENT_INSTANCE, "certificates": serials(100) }),
    }
}

/// Invokes the function, and checks its memory and the size of its answer.
async fn invoke(mut function: Runtime, request: &Value, case: &str) {
    let event = HttpRequest::post("/", request).event(HttpTrigger::FunctionUrl);
    let answer = invoke_within(&mut function, TIME, event).await;
    let bytes = match &answer {
        Answer::Response(bytes) => bytes.len(),
        other => panic!("{case}: {other}"),
    };
    let memory = function.peak_memory().unwrap_or(u64::MAX);
    assert!(bytes <= MOST_ANSWER, "{case}: an answer of {bytes} bytes");
    assert!(memory < MOST_MEMORY, "{case}: {memory} bytes");
}

async fn meets(name: &str, answers: &[(Kind, usize)]) {
    for (kind, size) in answers.iter().copied() {
        let url = vendor::start(move |call| reply(kind, size, call));
        let case = format!("{name}, {kind:?} of {size} bytes");
        invoke(function(name, &url, &[]).await, &request(name), &case).await;
    }
}

/// Twenty sources side by side, with prefetched pages and without, each of which sends as much as
/// it can.
#[tokio::test]
async fn describe_stays_small_with_many_sources() {
    let sources: Vec<Value> = (0..20)
        .map(
            |number| json!({ "provider": "tencent-mqtt", "instance_id": format!("mqtt-{number}") }),
        )
        .collect();
    let request = json!({ "sources": sources, "limit": 100, "include_pem": true });
    let limits = [
        (
            "CALLS_PER_SECOND",
            "tencent-mqtt:DescribeDeviceCertificates=500+500",
        ),
        ("RESERVED_CONCURRENCY", "3"),
        ("QUEUE_CONCURRENCY", "1"),
    ];
    for kind in [Kind::Texts, Kind::Pems, Kind::SmallRows] {
        for own in [&[][..], &limits] {
            let url = vendor::start(move |call| reply(kind, SIZE, call));
            let case = format!("{kind:?} with {own:?}");
            invoke(function("describe", &url, own).await, &request, &case).await;
        }
    }
}

#[tokio::test]
async fn describe_stays_small() {
    meets("describe", &ROWS).await;
    meets("describe", &OTHERS).await;
}

#[tokio::test]
async fn status_stays_small() {
    meets("status", &ROWS).await;
    meets("status", &OTHERS).await;
}

// Inactivate makes the most calls, so that its test is two, which run side by side.

#[tokio::test]
async fn inactivate_stays_small_with_rows() {
    meets("inactivate", &ROWS).await;
}

#[tokio::test]
async fn inactivate_stays_small_with_other_answers() {
    meets("inactivate", &OTHERS).await;
}
