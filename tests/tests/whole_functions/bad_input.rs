//! A request with something wrong in it is refused on every trigger, before any call, and the error
//! names the member. Which values are wrong is proven beside the parser.

use serde_json::{Value, json};
use simulator::{Simulator, Vendor};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::cells::{request, with};
use crate::setup::{function, function_with, problem, simulator, tencent};

/// A request that would be carried out.
fn good(function: &str) -> Value {
    match function {
        "describe" => request(Vendor::TencentMqtt, &json!({})),
        "inactivate" => {
            let certificate = json!({ "serial_number": "d00000000000", "ca_serial_number": "0c" });
            request(
                Vendor::AlibabaMqtt,
                &json!({ "certificates": [certificate] }),
            )
        }
        _ => {
            let certificate = json!({ "serial_number": "0a01" });
            request(
                Vendor::AlibabaCas,
                &json!({ "certificates": [certificate] }),
            )
        }
    }
}

/// Gives a text to the function on every trigger that can carry it. Direct invocations know a JSON
/// array as another kind of event, and neither they nor a bus can carry a text that is no JSON.
async fn assert_refused(
    function: &mut Runtime,
    simulator: &Simulator,
    request: &str,
    (code, field): (&str, &str),
) {
    let check = |problem: &Value, trigger: &str| {
        assert_eq!(
            (&problem["code"], &problem["field"]),
            (&json!(code), &json!(field)),
            "{trigger}, {request}: {problem}"
        );
    };
    let of_answer = |answer: &Answer| match answer {
        Answer::Error(_) => problem(answer),
        _ => answer.json(),
    };
    for trigger in HttpTrigger::ALL {
        let event = HttpRequest::post("/", request).event(trigger);
        let answer = HttpAnswer::read(trigger, &function.invoke(event).await);
        check(&answer.json(), &format!("{trigger:?}"));
    }
    if let Ok(value) = serde_json::from_str::<Value>(request) {
        check(&of_answer(&function.invoke(request).await), "direct");
        let event = events::eventbridge_rule(json!("DETAIL")).to_string();
        // The text itself, since a JSON value has each member once.
        let event = event.replace("\"DETAIL\"", request);
        assert!(value.is_object(), "a bus carries objects");
        check(&of_answer(&function.invoke(event.as_str()).await), "bus");
    }
    let answer = function.invoke(events::sns(&[request])).await;
    check(&of_answer(&answer), "topic");
    let answer = function.invoke(events::pipes(&[request])).await;
    check(&answer.json()[0], "pipe");
    let answer = function.invoke(events::sqs(&[request])).await;
    assert_eq!(answer.batch_item_failures(), [message_id(0)], "{request}");
    assert_eq!(simulator.calls(), [], "{request}");
}

#[tokio::test]
async fn a_request_with_something_wrong_is_refused_on_every_trigger_and_the_member_is_named() {
    let invalid = |field: &'static str| ("invalid_request", field);
    for (name, own, error) in [
        (
            "describe",
            json!({ "filter": { "client_ids": [""] } }),
            invalid("filter.client_ids[0]"),
        ),
        (
            "describe",
            json!({ "cursor": "made up" }),
            invalid("cursor"),
        ),
        (
            "describe",
            json!({ "filter": { "statuses": ["good"] } }),
            ("unsupported", "filter.statuses"),
        ),
        (
            "inactivate",
            json!({ "region": "x@example.test/#" }),
            invalid("region"),
        ),
        (
            "inactivate",
            json!({ "provider": "alibaba-pca" }),
            ("unsupported", "provider"),
        ),
        (
            "inactivate",
            json!({ "sources": "all" }),
            invalid("sources"),
        ),
        (
            "status",
            json!({ "certificates": [{ "serial_number": "0g" }] }),
            invalid("certificates[0].serial_number"),
        ),
        (
            "status",
            json!({ "instance_id": "mqtt-1" }),
            invalid("instance_id"),
        ),
    ] {
        let simulator = simulator(tencent(vec![])).await;
        let mut function = function(name, &simulator).await;
        let request = with(good(name), &own).to_string();
        assert_refused(&mut function, &simulator, &request, error).await;
    }
}

#[tokio::test]
async fn a_text_that_is_not_one_object_with_each_member_once_is_refused() {
    for name in ["describe", "inactivate", "status"] {
        let simulator = simulator(tencent(vec![])).await;
        let mut function = function(name, &simulator).await;
        let twice = good(name)
            .to_string()
            .replacen('{', r#"{"provider":"aws-iot","#, 1);
        for (request, field) in [("not JSON", "body"), (&twice, "provider")] {
            let error = ("invalid_request", field);
            assert_refused(&mut function, &simulator, request, error).await;
        }
    }
}

#[tokio::test]
async fn a_member_that_neither_request_nor_configuration_has_is_named_with_the_variable() {
    for (name, member, variable) in [
        ("describe", "provider", "DEFAULT_PROVIDER"),
        ("status", "region", "ALIBABA_CLOUD_REGION_ID"),
    ] {
        let simulator = simulator(tencent(vec![])).await;
        let mut function = function_with(name, &simulator, &[(variable, "")]).await;
        let mut request = good(name);
        request.as_object_mut().unwrap().remove(member);
        let error = ("invalid_request", member);
        assert_refused(&mut function, &simulator, &request.to_string(), error).await;
        let problem = problem(&function.invoke(request).await);
        assert!(
            problem["detail"].as_str().unwrap().contains(variable),
            "{problem}"
        );
    }
}
