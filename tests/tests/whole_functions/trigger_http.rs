//! Functions behind every kind of HTTP front.

use serde_json::{Value, json};
use simulator::{
    AlibabaInstance, CasCertificate, Fault, FaultRule, Fleet, Simulator, TencentInstance, Vendor,
};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Invocation};

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba_certificates, at_once, function, pair, simulator,
    tencent, tencent_certificates, texts,
};

/// A few certificates at every vendor.
pub(crate) async fn vendors() -> Simulator {
    let tencent = TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: tencent_certificates(3),
        ..TencentInstance::default()
    };
    let alibaba = AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates: alibaba_certificates(1),
    };
    simulator(
        Fleet::of([tencent])
            .with([alibaba])
            .with([CasCertificate::default()]),
    )
    .await
}

/// Names and values of a query.
pub(crate) type Query = &'static [(&'static str, &'static str)];

/// Each function with a request that it can answer, and with the same as the query of a GET where
/// it takes one.
pub(crate) fn requests() -> [(&'static str, Value, Query); 3] {
    let describe = json!({
        "instance_id": TENCENT_INSTANCE, "order_by": "created_asc", "limit": 2, "include_pem": false,
        "filter": { "client_ids": ["truck-0", "truck-1", "truck 2,3"], "statuses": ["active"], "not_after_from": "2026-01-01T00:00:00+08:00" }
    });
    let inactivate = json!({
        "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
    });
    let status = json!({ "certificates": [{ "serial_number": "b6:7e:53:eb:ce:a9:b7:7d:65:b0:c3:23:66:46:d7:15" }, { "serial_number": "0A" }] });
    [
        (
            "describe",
            describe,
            &[
                ("instance_id", TENCENT_INSTANCE),
                ("order_by", "created_asc"),
                ("limit", "2"),
                ("include_pem", "false"),
                ("client_ids", "truck-0,truck-1"),
                ("statuses", "active"),
                ("not_after_from", "2026-01-01T00:00:00+08:00"),
            ],
        ),
        ("inactivate", inactivate, &[]),
        (
            "status",
            status,
            &[(
                "serial_number",
                "b6:7e:53:eb:ce:a9:b7:7d:65:b0:c3:23:66:46:d7:15,0A",
            )],
        ),
    ]
}

fn get(query: &[(&str, &str)]) -> HttpRequest {
    query
        .iter()
        .fold(HttpRequest::get("/"), |request, (name, value)| {
            request.query(name, value)
        })
}

/// Takes out the members that differ from answer to answer.
pub(crate) fn comparable(mut answer: Value) -> Value {
    for member in ["provider_request_ids", "next_cursor", "order_id"] {
        answer.as_object_mut().unwrap().remove(member);
    }
    for result in answer["results"].as_array_mut().into_iter().flatten() {
        result
            .as_object_mut()
            .unwrap()
            .remove("provider_request_id");
    }
    answer
}

/// Checks that an order's id is that of the invocation, message or webhook that began it.
#[track_caller]
pub(crate) fn assert_order_id(answer: &Value, expected: &str) {
    let expected = if answer["operation"] == "inactivate" {
        json!(expected)
    } else {
        Value::Null
    };
    assert_eq!(answer["order_id"], expected, "{answer}");
}

#[tokio::test]
async fn every_http_trigger_and_method_gives_the_direct_answer() {
    at_once(requests(), |(name, body, query)| async move {
        let simulator = vendors().await;
        let mut function = function(name, &simulator).await;
        let direct = comparable(function.invoke(&body).await.json());
        for trigger in HttpTrigger::ALL {
            let text = body.to_string();
            let mut forms = vec![
                HttpRequest::post("/", &text),
                HttpRequest::post("/", "").base64_body(text.as_bytes()),
                HttpRequest::post("/", &text).header("content-type", "text/plain"),
            ];
            forms.extend((!query.is_empty()).then(|| get(query)));
            for form in forms {
                simulator.reset();
                let invocation = Invocation::new(form.event(trigger));
                let request_id = invocation.request_id.clone();
                let answer = HttpAnswer::read(trigger, &function.invoke_with(invocation).await);
                assert_eq!(
                    answer.status,
                    200,
                    "{trigger:?} {form:?}: {}",
                    answer.json()
                );
                assert_order_id(&answer.json(), &request_id);
                assert_eq!(answer.headers["content-type"], "application/json");
                assert_eq!(comparable(answer.json()), direct, "{trigger:?} {form:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_is_a_problem_document_with_its_own_status() {
    let (simulator, mut function) = pair("describe", tencent(tencent_certificates(1))).await;
    let good = json!({ "instance_id": TENCENT_INSTANCE });
    for (request, fault, status, code) in [
        (
            json!({ "instance_id": TENCENT_INSTANCE, "colour": 1 }),
            None,
            400,
            "invalid_request",
        ),
        (
            json!({ "instance_id": "mqtt-nowhere" }),
            None,
            404,
            "not_found",
        ),
        (
            json!({ "instance_id": TENCENT_INSTANCE, "filter": { "ca_fingerprints_sha256": ["ab".repeat(32)] } }),
            None,
            422,
            "unsupported",
        ),
        (
            good.clone(),
            Some(Fault::code("AuthFailure.UnauthorizedOperation", 200)),
            502,
            "provider_rejected",
        ),
        (
            good.clone(),
            Some(Fault::body(200, "text/html", "<html>")),
            502,
            "provider_invalid_response",
        ),
        (
            good.clone(),
            Some(Fault::CutBefore),
            503,
            "provider_unavailable",
        ),
        (good, Some(Fault::Throttle), 429, "throttled"),
    ] {
        if let Some(fault) = fault {
            simulator.fail(Vendor::TencentMqtt, FaultRule::times(fault, 3));
        }
        // The faults of the last case are used up by the first front that asks.
        let trigger = HttpTrigger::ALL[usize::from(status) % 5];
        let answer = HttpAnswer::read(
            trigger,
            &function
                .invoke(HttpRequest::post("/", &request).event(trigger))
                .await,
        );
        simulator.reset();
        let problem = answer.json();
        assert_eq!(
            (
                answer.status,
                problem["status"].as_u64(),
                problem["code"].as_str()
            ),
            (status, Some(status.into()), Some(code))
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let members: Vec<&str> = problem
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "type",
            "title",
            "status",
            "code",
            "retryable",
            "detail",
            "field",
            "provider_error",
        ];
        expected.sort_unstable();
        assert_eq!(members, expected);
        assert_eq!(
            answer.headers.contains_key("retry-after"),
            status == 429,
            "{code}"
        );
    }
}

#[tokio::test]
async fn characters_of_a_query_arrive_as_they_were_meant() {
    let mut certificates = tencent_certificates(2);
    certificates[0].client_id = "Ünit 7+&=%/车#".to_owned();
    let (_simulator, mut function) = pair("describe", tencent(certificates)).await;
    for trigger in HttpTrigger::ALL {
        let event = get(&[
            ("instance_id", TENCENT_INSTANCE),
            ("client_ids", "Ünit 7+&=%/车#"),
        ])
        .event(trigger);
        let answer = HttpAnswer::read(trigger, &function.invoke(event).await).json();
        assert_eq!(
            texts(&answer["certificates"], "client_id"),
            ["Ünit 7+&=%/车#"],
            "{trigger:?}"
        );
    }
}
