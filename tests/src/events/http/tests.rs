use serde_json::json;

use super::*;

fn twice() -> HttpRequest {
    HttpRequest::get("/describe")
        .query("client_ids", "a b")
        .query("client_ids", "c")
        .query("limit", "1")
}

#[test]
fn payload_2_0_joins_the_values_of_a_parameter() {
    for trigger in [HttpTrigger::HttpApi, HttpTrigger::FunctionUrl] {
        let event = twice().event(trigger);
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["requestContext"]["http"]["method"], "GET");
        assert_eq!(
            event["rawQueryString"],
            "client_ids=a%20b&client_ids=c&limit=1"
        );
        assert_eq!(
            event["queryStringParameters"],
            json!({ "client_ids": "a b,c", "limit": "1" })
        );
        assert_eq!(event.get("body"), None);
    }
}

#[test]
fn payload_1_0_keeps_the_last_value_and_all_of_them() {
    let event = twice().event(HttpTrigger::RestApi);
    assert_eq!(event["httpMethod"], "GET");
    assert_eq!(
        event["queryStringParameters"],
        json!({ "client_ids": "c", "limit": "1" })
    );
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({ "client_ids": ["a b", "c"], "limit": ["1"] })
    );
    assert_eq!(event["body"], Value::Null);
    assert_eq!(
        HttpRequest::get("/describe").event(HttpTrigger::RestApi)["queryStringParameters"],
        Value::Null
    );
}

#[test]
fn a_load_balancer_leaves_the_query_encoded() {
    let single = twice().event(HttpTrigger::LoadBalancer);
    assert_eq!(
        single["queryStringParameters"],
        json!({ "client_ids": "c", "limit": "1" })
    );
    assert_eq!(single.get("multiValueHeaders"), None);

    let multiple = twice().event(HttpTrigger::LoadBalancerMultiValue);
    assert_eq!(
        multiple["multiValueQueryStringParameters"],
        json!({ "client_ids": ["a%20b", "c"], "limit": ["1"] })
    );
    assert_eq!(multiple.get("headers"), None);
}

#[test]
fn every_trigger_carries_the_body_and_its_type() {
    for trigger in HttpTrigger::ALL {
        let event = HttpRequest::post("/status", json!({ "limit": 1 })).event(trigger);
        assert_eq!(event["body"], "{\"limit\":1}", "{trigger:?}");
        assert_eq!(event["isBase64Encoded"], false, "{trigger:?}");
        let headers = if trigger == HttpTrigger::LoadBalancerMultiValue {
            "multiValueHeaders"
        } else {
            "headers"
        };
        let content_type = &event[headers]["content-type"];
        assert!(
            content_type == "application/json" || content_type == &json!(["application/json"]),
            "{trigger:?}"
        );
    }
}

#[test]
fn every_trigger_marks_a_base64_body() {
    for trigger in HttpTrigger::ALL {
        let event = HttpRequest::new("POST", "/status")
            .base64_body(b"{}")
            .event(trigger);
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("e30="), &json!(true)),
            "{trigger:?}"
        );
    }
}
