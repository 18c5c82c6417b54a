//! HTTP events with odd members, of health checks, and for paths that are not the function's own.

use serde_json::{Value, json};
use simulator::Simulator;
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::cells::actions;
use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba, alibaba_certificates, function, function_with,
    pair, simulator, tencent, tencent_certificates,
};

const SECRETS: (&str, &str) = ("WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

async fn describe() -> (Simulator, Runtime) {
    pair("describe", tencent(tencent_certificates(2))).await
}

fn list() -> HttpRequest {
    HttpRequest::get("/describe").query("instance_id", TENCENT_INSTANCE)
}

/// Stands in an event for a value that `serde_json` cannot hold.
const ODD: &str = "the odd value";

/// The values that no reader of whole events reads, and a member that contradicts itself.
fn odd_values() -> Vec<String> {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        r#""\ud83d""#.to_owned(),
        r#"["dev-\udc00", "b"]"#.to_owned(),
        r#"{"name": "\ud83d\ud83d"}"#.to_owned(),
        "1e400".to_owned(),
        "-1e999".to_owned(),
        deep(130),
        deep(2_000),
        format!("{}1{}", r#"{"a":"#.repeat(130), "}".repeat(130)),
        r#""a", "odd": "b""#.to_owned(),
    ]
}

/// The event as text, with `value` as the member `odd` of the object at `path`, which is made
/// where it is missing.
fn with_odd(event: &Value, path: &[&str], value: &str) -> String {
    let mut event = event.clone();
    let mut object = &mut event;
    for name in path {
        object = &mut object[*name];
    }
    object["odd"] = json!(ODD);
    event.to_string().replace(&format!("\"{ODD}\""), value)
}

async fn answered(function: &mut Runtime, trigger: HttpTrigger, event: &str) -> HttpAnswer {
    HttpAnswer::read(trigger, &function.invoke(event).await)
}

fn certificates(answer: &HttpAnswer) -> usize {
    answer.json()["certificates"]
        .as_array()
        .unwrap_or_else(|| panic!("no list: {}", answer.json()))
        .len()
}

#[tokio::test]
async fn an_odd_member_costs_no_other_member_of_an_event() {
    let (_simulator, mut function) = describe().await;
    for trigger in HttpTrigger::ALL {
        let event = list().event(trigger);
        let headers = match trigger {
            HttpTrigger::LoadBalancerMultiValue => "multiValueHeaders",
            _ => "headers",
        };
        let mut places: Vec<&[&str]> = vec![
            &[],
            &["requestContext"],
            &["requestContext", "authorizer"],
            &["requestContext", "authorizer", "claims"],
            &["requestContext", "identity"],
        ];
        let of_headers = [headers];
        places.push(&of_headers);
        if matches!(trigger, HttpTrigger::HttpApi | HttpTrigger::FunctionUrl) {
            places.push(&["requestContext", "http"]);
        }
        for place in places {
            for value in odd_values() {
                let event = with_odd(&event, place, &value);
                let answer = answered(&mut function, trigger, &event).await;
                assert_eq!(answer.status, 200, "{trigger:?} {place:?} {value:.40}");
                assert_eq!(
                    certificates(&answer),
                    2,
                    "{trigger:?} {place:?} {value:.40}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_method_a_path_or_a_query_that_cannot_be_read_is_an_event_that_cannot_be_read() {
    let (simulator, mut function) = describe().await;
    for trigger in HttpTrigger::ALL {
        let payload_2_0 = matches!(trigger, HttpTrigger::HttpApi | HttpTrigger::FunctionUrl);
        let members: &[&[&str]] = if payload_2_0 {
            &[
                &["requestContext", "http", "method"],
                &["rawPath"],
                &["rawQueryString"],
            ]
        } else {
            &[&["httpMethod"], &["path"]]
        };
        for member in members {
            for value in [r#""\ud83d""#, "1e400", "[[]]", r#"{"a": "\udc00"}"#] {
                let mut event = list().event(trigger);
                let mut place = &mut event;
                for name in *member {
                    place = &mut place[*name];
                }
                *place = json!(ODD);
                let event = event.to_string().replace(&format!("\"{ODD}\""), value);
                let answer = answered(&mut function, trigger, &event).await;
                let problem = answer.json();
                assert_eq!(
                    answer.status, 400,
                    "{trigger:?} {member:?} {value}: {problem}"
                );
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains("the event cannot be read"), "{detail}");
            }
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn a_query_parameter_that_cannot_be_read_is_refused_and_never_left_out() {
    let (simulator, mut function) = describe().await;
    for (trigger, member, wrap) in [
        (
            HttpTrigger::RestApi,
            "multiValueQueryStringParameters",
            true,
        ),
        (HttpTrigger::LoadBalancer, "queryStringParameters", false),
        (
            HttpTrigger::LoadBalancerMultiValue,
            "multiValueQueryStringParameters",
            true,
        ),
    ] {
        for value in [r#""\ud83d""#, "1e400", "{}"] {
            let mut event = list().event(trigger);
            event[member]["client_ids"] = if wrap { json!([ODD]) } else { json!(ODD) };
            let event = event.to_string().replace(&format!("\"{ODD}\""), value);
            let answer = answered(&mut function, trigger, &event).await;
            assert_eq!(
                (answer.status, &answer.json()["field"]),
                (400, &json!("client_ids")),
                "{trigger:?} {value}"
            );
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn an_authorizer_of_which_nothing_can_be_read_is_no_caller() {
    let simulator = simulator(tencent(tencent_certificates(2))).await;
    let mut function = function_with("describe", &simulator, &[SECRETS]).await;
    for (authorizer, status) in [
        (r#"{"iam": null}"#, 401),
        ("{}", 401),
        (r#"{"iam": {}}"#, 401),
        (r#"{"iam": {"userArn": "\ud83d"}}"#, 401),
        (r#"{"jwt": {"claims": {"sub": ""}}}"#, 401),
        (r#"{"jwt": {"claims": {"sub": 1e400}}}"#, 401),
        (r#"{"principalId": "\udc00", "integrationLatency": 5}"#, 401),
        (r#"{"principalId": "a", "principalId": "b"}"#, 401),
        (r#"{"iam": {"userArn": "a"}, "iam": {"userArn": "b"}}"#, 401),
        (r#""\ud83d""#, 401),
        ("1e400", 401),
        (r#"{"iam": {"userArn": "arn:aws:iam::1:user/a"}}"#, 200),
        (r#"{"odd": "\ud83d", "principalId": "a"}"#, 200),
        (r#"{"jwt": {"odd": 1e400, "claims": {"sub": "a"}}}"#, 200),
        (r#"{"lambda": {"tenant": 7, "odd": "\udc00"}}"#, 200),
    ] {
        let trigger = HttpTrigger::HttpApi;
        let mut event = list().event(trigger);
        event["requestContext"]["authorizer"] = json!(ODD);
        let event = event.to_string().replace(&format!("\"{ODD}\""), authorizer);
        let answer = answered(&mut function, trigger, &event).await;
        assert_eq!(answer.status, status, "{authorizer}: {}", answer.json());
    }
}

/// The event as a gateway sends it for a route that is open to anyone.
fn open(request: &HttpRequest, trigger: HttpTrigger) -> String {
    let mut event = request.event(trigger);
    for member in ["authorizer", "identity"] {
        event["requestContext"]
            .as_object_mut()
            .unwrap()
            .remove(member);
    }
    event.to_string()
}

#[tokio::test]
async fn a_health_check_gets_a_cheap_answer_on_any_path_and_carries_out_nothing() {
    let fleet =
        tencent(tencent_certificates(2)).with([whole_function_tests::providers::alibaba_instance(
            alibaba_certificates(1),
        )]);
    let simulator = simulator(fleet).await;
    let order = json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }] });
    for name in ["describe", "inactivate", "status"] {
        let mut function = function_with(name, &simulator, &[SECRETS]).await;
        for trigger in HttpTrigger::ALL {
            for (method, path, agent) in [
                ("GET", "/".to_owned(), "ELB-HealthChecker/2.0"),
                ("HEAD", "/".to_owned(), "ELB-HealthChecker/1.0"),
                ("GET", format!("/{name}"), "ELB-HealthChecker/2.0"),
                ("GET", "/health".to_owned(), "ELB-HealthChecker/2.0"),
                (
                    "GET",
                    "/ready".to_owned(),
                    "Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)",
                ),
            ] {
                let request = HttpRequest::new(method, &path)
                    .header("user-agent", agent)
                    .body(&order.to_string());
                let answer = answered(&mut function, trigger, &open(&request, trigger)).await;
                assert_eq!(
                    (answer.status, answer.json()),
                    (200, json!({ "status": "ok" })),
                    "{name} {trigger:?} {method} {path}"
                );
            }
            // Neither a POST nor another client is a health check.
            for (method, agent) in [
                ("POST", "ELB-HealthChecker/2.0"),
                ("GET", "curl/8 ELB-HealthChecker/2.0"),
                ("GET", "ELB-HealthCheckerX/2.0"),
            ] {
                let request = HttpRequest::new(method, "/")
                    .header("user-agent", agent)
                    .body(&order.to_string());
                let answer = answered(&mut function, trigger, &open(&request, trigger)).await;
                assert_eq!(answer.status, 401, "{name} {trigger:?} {method} {agent}");
            }
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn another_path_than_the_functions_own_is_not_found_and_makes_no_call() {
    let simulator = simulator(tencent(tencent_certificates(2))).await;
    for name in ["describe", "inactivate", "status"] {
        let mut function = function(name, &simulator).await;
        let others = ["describe", "inactivate", "status"]
            .into_iter()
            .filter(|other| *other != name);
        let paths = [
            "/favicon.ico",
            "/robots.txt",
            "/.env",
            "/certificates",
            "/Describe",
            "/describes",
            "//x",
        ]
        .into_iter()
        .map(str::to_owned)
        .chain(others.flat_map(|other| {
            [
                format!("/{other}"),
                format!("/webhooks/{other}"),
                format!("/{name}/{other}"),
            ]
        }));
        for path in paths {
            for trigger in HttpTrigger::ALL {
                for method in ["GET", "POST", "PUT"] {
                    let request = HttpRequest::new(method, &path)
                        .body(&json!({ "instance_id": TENCENT_INSTANCE }).to_string());
                    let event = request.event(trigger).to_string();
                    let answer = answered(&mut function, trigger, &event).await;
                    let problem = answer.json();
                    assert_eq!(
                        (answer.status, &problem["code"], &problem["field"]),
                        (404, &json!("not_found"), &Value::Null),
                        "{name} {trigger:?} {method} {path}"
                    );
                    let detail = problem["detail"].as_str().unwrap();
                    assert!(detail.contains(&format!("/{name}")), "{detail}");
                }
            }
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn the_functions_own_path_may_have_a_stage_and_a_prefix() {
    let (_simulator, mut function) = describe().await;
    for path in [
        "/",
        "/describe",
        "/describe/",
        "/webhooks/describe",
        "/prod/describe",
        "/certificates/v1/describe",
        "/prod",
        "/prod/",
    ] {
        for trigger in HttpTrigger::ALL {
            let mut event = HttpRequest::get(path)
                .query("instance_id", TENCENT_INSTANCE)
                .event(trigger);
            let has_stage = event["requestContext"].get("stage").is_some();
            if has_stage {
                event["requestContext"]["stage"] = json!("prod");
            }
            let answer = answered(&mut function, trigger, &event.to_string()).await;
            let is_own = has_stage || !["/prod", "/prod/"].contains(&path);
            assert_eq!(
                answer.status,
                if is_own { 200 } else { 404 },
                "{trigger:?} {path}: {}",
                answer.json()
            );
        }
    }
    let mut pathless = list().event(HttpTrigger::FunctionUrl);
    pathless.as_object_mut().unwrap().remove("rawPath");
    let answer = answered(
        &mut function,
        HttpTrigger::FunctionUrl,
        &pathless.to_string(),
    )
    .await;
    assert_eq!(certificates(&answer), 2, "emulators leave the path out");
}

#[tokio::test]
async fn a_twin_of_a_header_is_left_out_and_no_other() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function("inactivate", &simulator).await;
    let order = json!({ "instance_id": ALIBABA_INSTANCE, "dry_run": true, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }] });
    for (prefer, status) in [
        // Refused because the function has no queue.
        (r#""respond-async""#, 422),
        (r#""respond-async", "prefer": "respond-async""#, 422),
        (r#""respond-async", "prefer": "wait=5""#, 200),
        (r#""respond-async", "Prefer": "wait=5""#, 422),
        (r#""\ud83d", "Prefer": "respond-async""#, 422),
    ] {
        let trigger = HttpTrigger::HttpApi;
        let event = HttpRequest::post("/inactivate", &order)
            .header("prefer", ODD)
            .event(trigger)
            .to_string()
            .replace(&format!("\"{ODD}\""), prefer);
        let answer = answered(&mut function, trigger, &event).await;
        assert_eq!(answer.status, status, "{prefer}: {}", answer.json());
    }
}
