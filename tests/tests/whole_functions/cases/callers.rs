//! Spellings of callers that mean the same, and errors in the words of their own parameters.

use serde_json::{Value, json};
use simulator::{Fleet, Simulator};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::cells::actions;
use crate::setup::{
    TENCENT_INSTANCE, cas, cas_certificates, pair, problem, tencent, tencent_certificates,
};

const BOM: &str = "\u{feff}";

async fn describe() -> (Simulator, Runtime) {
    pair("describe", tencent(tencent_certificates(3))).await
}

fn get(query: &[(&str, &str)]) -> HttpRequest {
    query
        .iter()
        .fold(HttpRequest::get("/"), |request, (name, value)| {
            request.query(name, value)
        })
}

async fn answered(function: &mut Runtime, trigger: HttpTrigger, event: Value) -> HttpAnswer {
    HttpAnswer::read(trigger, &function.invoke(event).await)
}

#[tokio::test]
async fn an_integer_may_be_written_in_every_way_of_json_schema() {
    let (_simulator, mut function) = describe().await;
    for number in ["2", "2.0", "2.000", "2e0", "0.2e1", "20e-1", "2E+0"] {
        for member in [
            format!(r#""limit": {number}"#),
            format!(r#""filter": {{"expires_within_days": {number}}}"#),
        ] {
            let request = format!(r#"{{"instance_id": "{TENCENT_INSTANCE}", {member}}}"#);
            let answer = function.invoke(request.as_str()).await.json();
            assert_eq!(answer["operation"], "describe", "{request}");
            let post = HttpRequest::post("/", &request).event(HttpTrigger::RestApi);
            assert_eq!(
                answered(&mut function, HttpTrigger::RestApi, post)
                    .await
                    .status,
                200,
                "{request}"
            );
        }
        for trigger in HttpTrigger::ALL {
            let query = [("instance_id", TENCENT_INSTANCE), ("limit", number)];
            let answer = answered(&mut function, trigger, get(&query).event(trigger)).await;
            assert_eq!(
                answer.json()["certificates"].as_array().map(Vec::len),
                Some(2),
                "{trigger:?} {number}: {}",
                answer.json()
            );
        }
    }
}

#[tokio::test]
async fn the_largest_and_usual_integers_may_have_a_fraction_of_zero() {
    let (_simulator, mut function) = describe().await;
    for members in [
        r#""limit": 100.0"#,
        r#""filter": {"expires_within_days": 30.0}"#,
        r#""limit": 10000.0, "filter": {"expires_within_days": 3650.0}"#,
        r#""limit": 1e4, "filter": {"expires_within_days": 1.0}"#,
    ] {
        let request = format!(r#"{{"instance_id": "{TENCENT_INSTANCE}", {members}}}"#);
        let answer = function.invoke(request.as_str()).await.json();
        assert!(answer["certificates"].is_array(), "{request}: {answer}");
    }
}

#[tokio::test]
async fn a_number_out_of_range_is_refused_with_the_range_in_json_and_in_a_query() {
    let (simulator, mut function) = describe().await;
    for (written, told) in [
        ("70000", "70000"),
        ("4294967296", "4294967296"),
        ("99999999999999999999", "99999999999999999999"),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("1e400", "1e400"),
    ] {
        let request = format!(r#"{{"limit": {written}}}"#);
        let answer = function.invoke(request.as_str()).await;
        let direct = problem(&answer);
        let expected = format!("limit must be a whole number from 0 to 10000, not {told}");
        assert_eq!(
            (&direct["field"], &direct["detail"]),
            (&json!("limit"), &json!(expected))
        );
        for trigger in HttpTrigger::ALL {
            let answer = answered(
                &mut function,
                trigger,
                get(&[("limit", written)]).event(trigger),
            )
            .await
            .json();
            assert_eq!(answer["field"], "limit", "{trigger:?} {written}");
            let detail = answer["detail"].as_str().unwrap().replace('"', "");
            assert_eq!(detail, expected, "{trigger:?}");
        }
    }
    let answer = answered(
        &mut function,
        HttpTrigger::HttpApi,
        get(&[("expires_within_days", "3651")]).event(HttpTrigger::HttpApi),
    )
    .await
    .json();
    assert_eq!(
        (&answer["field"], &answer["detail"]),
        (
            &json!("expires_within_days"),
            &json!("expires_within_days must be a whole number from 1 to 3650, not 3651")
        )
    );
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn a_byte_order_mark_before_a_request_is_skipped_on_every_way_in() {
    let (_simulator, mut function) = describe().await;
    for text in [
        format!(r#"{BOM}{{"instance_id": "{TENCENT_INSTANCE}"}}"#),
        format!("{BOM} \n{{\"instance_id\": \"{TENCENT_INSTANCE}\"}}\n"),
    ] {
        assert_eq!(
            function.invoke(text.as_str()).await.json()["operation"],
            "describe",
            "direct"
        );
        for trigger in HttpTrigger::ALL {
            for request in [
                HttpRequest::post("/describe", &text),
                HttpRequest::post("/describe", "").base64_body(text.as_bytes()),
            ] {
                let answer = answered(&mut function, trigger, request.event(trigger)).await;
                assert_eq!(answer.status, 200, "{trigger:?}: {}", answer.json());
            }
        }
        let answer = function.invoke(events::sqs(&[&text])).await;
        assert_eq!(answer.batch_item_failures(), [""; 0]);
        let enveloped = format!("{BOM}{}", events::sns_envelope(&text));
        let answer = function.invoke(events::sqs(&[&enveloped])).await;
        assert_eq!(answer.batch_item_failures(), [""; 0]);
        let answer = function.invoke(events::sns(&[&text])).await.json();
        assert_eq!(answer[0]["operation"], "describe");
        let answer = function.invoke(events::pipes(&[&text])).await.json();
        assert_eq!(answer[0]["operation"], "describe");
    }
    let event = HttpRequest::get("/describe")
        .query("instance_id", TENCENT_INSTANCE)
        .event(HttpTrigger::FunctionUrl);
    let event = format!("{BOM}{event}");
    let answer = HttpAnswer::read(
        HttpTrigger::FunctionUrl,
        &function.invoke(event.as_str()).await,
    );
    assert_eq!(answer.status, 200, "before the event itself");
    let answer = function.invoke(events::sqs(&[BOM])).await;
    assert_eq!(answer.batch_item_failures(), [message_id(0)]);
    let event = HttpRequest::post("/", BOM).event(HttpTrigger::HttpApi);
    let answer = answered(&mut function, HttpTrigger::HttpApi, event)
        .await
        .json();
    assert!(
        answer["detail"]
            .as_str()
            .unwrap()
            .contains("the body is empty"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused_by_its_kind() {
    let (simulator, mut function) = describe().await;
    for (body, kind) in [
        (json!({ "instance_id": TENCENT_INSTANCE }), "an object"),
        (json!([1]), "a list"),
        (json!(7), "7"),
        (json!(true), "true"),
    ] {
        for trigger in HttpTrigger::ALL {
            let mut event = HttpRequest::post("/", "").event(trigger);
            event["body"] = body.clone();
            let answer = answered(&mut function, trigger, event).await;
            let problem = answer.json();
            assert_eq!((answer.status, &problem["field"]), (400, &json!("body")));
            assert_eq!(
                problem["detail"],
                format!("the gateway must pass the body as a string, not as {kind}"),
                "{trigger:?}"
            );
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

#[tokio::test]
async fn the_error_of_a_get_names_the_query_parameter() {
    let fleet = tencent(tencent_certificates(1)).with(cas_certificates(1));
    let simulator = simulator_of(fleet).await;
    for (name, query, field, detail) in [
        (
            "status",
            &[][..],
            "serial_number",
            "serial_number, provider_serial_number or fingerprint_sha256 is required",
        ),
        ("status", &[("serial_number", "0a,0g")], "serial_number", ""),
        (
            "status",
            &[
                ("fingerprint_sha256", &"ab".repeat(32)),
                ("serial_number", "0a, xyz"),
            ],
            "serial_number",
            "",
        ),
        (
            "status",
            &[("serial_number", "0a"), ("ca_serial_number", "x")],
            "ca_serial_number",
            "",
        ),
        (
            "status",
            &[("serial_number", "0a"), ("cross_check", "google")],
            "cross_check",
            "",
        ),
        (
            "describe",
            &[("client_ids", &"x".repeat(257))],
            "client_ids",
            "value 1 of client_ids must have 1 to 256 characters and no control character",
        ),
        (
            "describe",
            &[("common_names", "a,b\u{1}")],
            "common_names",
            "value 2 of common_names must have 1 to 256 characters and no control character",
        ),
        (
            "describe",
            &[("statuses", "active,nonsense")],
            "statuses",
            "",
        ),
        (
            "describe",
            &[
                ("not_after_from", "2026-02-01T00:00:00Z"),
                ("not_after_to", "2026-01-01T00:00:00Z"),
            ],
            "not_after_to",
            "not_after_to must not be before not_after_from",
        ),
        (
            "describe",
            &[
                ("instance_id", TENCENT_INSTANCE),
                ("ca_fingerprints_sha256", &"ab".repeat(32)),
            ],
            "ca_fingerprints_sha256",
            "",
        ),
    ] {
        let mut function = crate::setup::function(name, &simulator).await;
        for trigger in HttpTrigger::ALL {
            let answer = answered(&mut function, trigger, get(query).event(trigger)).await;
            let problem = answer.json();
            assert_eq!(problem["field"], field, "{trigger:?} {query:?}: {problem}");
            let told = problem["detail"].as_str().unwrap();
            assert!(
                !told.contains("filter.") && !told.contains("certificates["),
                "{told}"
            );
            assert!(detail.is_empty() || told == detail, "{told}");
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
}

async fn simulator_of(fleet: Fleet) -> Simulator {
    crate::setup::simulator(fleet).await
}

#[tokio::test]
async fn blanks_around_the_commas_of_a_query_are_ignored() {
    let (_simulator, mut function) = describe().await;
    for trigger in HttpTrigger::ALL {
        for (name, value, count) in [
            ("statuses", "active, inactive", 3),
            ("statuses", " active ,\tinactive ", 3),
            ("client_ids", "truck-0 , truck-1", 2),
            ("serial_numbers", "0a, 0b", 0),
        ] {
            let query = [("instance_id", TENCENT_INSTANCE), (name, value)];
            let answer = answered(&mut function, trigger, get(&query).event(trigger)).await;
            assert_eq!(
                answer.json()["certificates"].as_array().map(Vec::len),
                Some(count),
                "{trigger:?} {value}: {}",
                answer.json()
            );
        }
        for (value, position) in [
            ("active,,inactive", 2),
            (",active", 1),
            ("active,", 2),
            (" ", 1),
        ] {
            let query = [("instance_id", TENCENT_INSTANCE), ("statuses", value)];
            let problem = answered(&mut function, trigger, get(&query).event(trigger))
                .await
                .json();
            assert_eq!(
                (&problem["field"], &problem["detail"]),
                (
                    &json!("statuses"),
                    &json!(format!("value {position} of statuses must not be empty"))
                ),
                "{trigger:?} {value}"
            );
        }
    }
    let (_simulator, mut function) = pair("status", cas(cas_certificates(1))).await;
    let event = get(&[("serial_number", "0a , 0b")]).event(HttpTrigger::HttpApi);
    let answer = answered(&mut function, HttpTrigger::HttpApi, event)
        .await
        .json();
    assert_eq!(
        answer["results"].as_array().map(Vec::len),
        Some(2),
        "{answer}"
    );
}

#[tokio::test]
async fn a_percent_sign_without_two_hexadecimal_digits_is_refused_with_its_parameter() {
    let (simulator, mut function) = describe().await;
    for value in [
        "%ZZ",
        "%",
        "%4",
        "a%",
        "a%2",
        "%%41",
        "%4g",
        "%C3%9",
        "truck-0,%",
    ] {
        for trigger in HttpTrigger::ALL {
            let mut event = get(&[("instance_id", TENCENT_INSTANCE)]).event(trigger);
            match trigger {
                HttpTrigger::HttpApi | HttpTrigger::FunctionUrl => {
                    event["rawQueryString"] =
                        json!(format!("instance_id={TENCENT_INSTANCE}&client_ids={value}"));
                }
                HttpTrigger::LoadBalancer => {
                    event["queryStringParameters"]["client_ids"] = json!(value);
                }
                HttpTrigger::LoadBalancerMultiValue => {
                    event["multiValueQueryStringParameters"]["client_ids"] = json!([value]);
                }
                // The gateway has decoded it, so that a percent sign is one.
                HttpTrigger::RestApi => continue,
            }
            let answer = answered(&mut function, trigger, event).await;
            assert_eq!(
                (answer.status, &answer.json()["field"]),
                (400, &json!("client_ids")),
                "{trigger:?} {value}: {}",
                answer.json()
            );
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
    let mut event = get(&[("instance_id", TENCENT_INSTANCE)]).event(HttpTrigger::RestApi);
    event["multiValueQueryStringParameters"]["client_ids"] = json!(["%ZZ"]);
    let answer = answered(&mut function, HttpTrigger::RestApi, event).await;
    assert_eq!(answer.json()["certificates"], json!([]));
}
