//! The process is a shell that sleeps, dies or writes, and the test itself plays the function's
//! calls.

mod idle;
mod process;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use super::*;
use crate::Deadline;
use crate::runtime_api::RESPONSE_LIMIT;

const SLEEP: &str = "exec sleep 60";

async fn runtime(script: &str) -> Runtime {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    Runtime::launch(
        command,
        "describe",
        &[("AWS_REGION", "us-east-1"), ("OWN", "own")],
    )
    .await
    .unwrap()
}

/// One call of the function to the Runtime API.
async fn call(
    address: &str,
    method: Method,
    path: &str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let uri = format!("/2018-06-01/runtime/{path}");
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", address);
    let response = sender
        .send_request(request.body(Full::new(body.into())).unwrap())
        .await
        .unwrap();
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

async fn next(address: &str) -> Response<Bytes> {
    call(address, Method::GET, "invocation/next", "").await
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// Takes one event and posts `body` to `outcome` (`response` or `error`) of its request.
async fn take_and_post(address: &str, outcome: &str, body: impl Into<Bytes>) -> StatusCode {
    let taken = next(address).await;
    let path = format!(
        "invocation/{}/{outcome}",
        header(&taken, "lambda-runtime-aws-request-id")
    );
    call(address, Method::POST, &path, body).await.status()
}

#[tokio::test]
async fn the_function_gets_the_event_with_its_headers_and_its_response_is_returned() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let mut invocation = Invocation::new(json!({ "limit": 1 }));
    invocation.deadline = Deadline::Past;
    invocation.request_id = "one".to_owned();
    invocation.trace_id = Some("Root=1-2-3".to_owned());
    let function = async {
        let taken = next(&address).await;
        assert_eq!(taken.body(), "{\"limit\":1}");
        assert_eq!(header(&taken, "lambda-runtime-aws-request-id"), "one");
        assert_eq!(header(&taken, "lambda-runtime-deadline-ms"), "600000");
        assert_eq!(header(&taken, "lambda-runtime-trace-id"), "Root=1-2-3");
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:describe";
        assert_eq!(header(&taken, "lambda-runtime-invoked-function-arn"), arn);
        call(
            &address,
            Method::POST,
            "invocation/one/response",
            "{\"total_count\":0}",
        )
        .await
        .status()
    };
    let (answer, status) = tokio::join!(runtime.invoke_with(invocation), function);
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({ "total_count": 0 }));
    assert!(runtime.is_alive());
}

#[tokio::test]
async fn a_deadline_lies_as_far_ahead_as_requested() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let mut invocation = Invocation::new("{}");
    invocation.deadline = Deadline::In(Duration::from_secs(3));
    let earliest = Deadline::In(Duration::from_secs(3)).milliseconds();
    let function = async {
        let taken = next(&address).await;
        let path = format!(
            "invocation/{}/response",
            header(&taken, "lambda-runtime-aws-request-id")
        );
        call(&address, Method::POST, &path, "{}").await;
        header(&taken, "lambda-runtime-deadline-ms")
            .parse::<u128>()
            .unwrap()
    };
    let (_, deadline) = tokio::join!(runtime.invoke_with(invocation), function);
    let later = deadline.checked_sub(earliest).unwrap();
    assert!(later < 1000, "the deadline lies {later} ms too far ahead");
}

#[tokio::test]
async fn one_process_takes_one_event_after_another() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    for number in ["1", "2", "3"] {
        let (answer, _) = tokio::join!(
            runtime.invoke("{}"),
            take_and_post(&address, "response", number)
        );
        assert_eq!(answer.json().to_string(), number);
    }
}

#[tokio::test]
async fn an_error_is_returned_with_its_type_and_message() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let body = json!({ "errorType": "throttled", "errorMessage": "wait" }).to_string();
    let (answer, _) = tokio::join!(runtime.invoke("{}"), take_and_post(&address, "error", body));
    assert_eq!(
        (
            answer.error().error_type.as_str(),
            answer.error().message.as_str()
        ),
        ("throttled", "wait")
    );
}

#[tokio::test]
async fn a_response_over_the_limit_is_refused_and_fails() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let largest = vec![b'1'; RESPONSE_LIMIT];
    let (answer, status) = tokio::join!(
        runtime.invoke("{}"),
        take_and_post(&address, "response", largest)
    );
    assert!(matches!(answer, Answer::Response(body) if body.len() == RESPONSE_LIMIT));
    assert_eq!(status, StatusCode::ACCEPTED);

    let larger = vec![b'1'; RESPONSE_LIMIT + 1];
    let (answer, status) = tokio::join!(
        runtime.invoke("{}"),
        take_and_post(&address, "response", larger)
    );
    assert_eq!(answer.error().error_type, "Function.ResponseSizeTooLarge");
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_answer_to_no_invocation_is_refused() {
    let runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let status = call(&address, Method::POST, "invocation/other/response", "{}")
        .await
        .status();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        call(&address, Method::GET, "other", "").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_function_that_requests_the_next_event_without_answering_is_reported() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let function = tokio::spawn(async move {
        next(&address).await;
        take_and_post(&address, "response", "2").await
    });
    assert!(matches!(runtime.invoke("{}").await, Answer::Unanswered));
    assert_eq!(runtime.invoke("{}").await.json(), json!(2));
    assert_eq!(function.await.unwrap(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let body = json!({ "errorType": "invalid_request", "errorMessage": "no endpoint" }).to_string();
    call(&address, Method::POST, "init/error", body).await;
    let Answer::InitError(error) = runtime.invoke("{}").await else {
        panic!("expected the error of the start")
    };
    assert_eq!(error.message, "no endpoint");
}
