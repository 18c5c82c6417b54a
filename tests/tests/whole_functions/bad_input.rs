//! Requests with something wrong in them: the contract's error names the member, before any call,
//! on every trigger.

use serde_json::{Value, json};
use simulator::Simulator;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::bad_requests::{self, base, changed};
use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, function, function_with, problem, simulator,
};

/// Gives a request to the function on every trigger, and tells where it was not refused as it
/// should be. Direct invocations know a JSON array as another kind of event, and neither they nor a
/// bus can carry what is no JSON.
async fn wrong(
    function: &mut Runtime,
    simulator: &Simulator,
    request: &str,
    code: &str,
    field: Option<&str>,
) -> Vec<String> {
    let shown: String = request.chars().take(300).collect();
    let mut wrong = Vec::new();
    let shown_error = |answer: &Answer| {
        if matches!(answer, Answer::Error(_)) {
            problem(answer)
        } else {
            answer.json()
        }
    };
    let mut check = |problem: &Value, trigger: &str| {
        let told = (problem["code"].as_str(), problem["field"].as_str());
        let is_short = problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.len() < 1_200);
        if told != (Some(code), field) || !is_short {
            wrong.push(format!(
                "{trigger}, {shown}: expected {code} of {field:?}, not {problem}"
            ));
        }
    };
    for trigger in HttpTrigger::ALL {
        let answer = HttpAnswer::read(
            trigger,
            &function
                .invoke(HttpRequest::post("/", request).event(trigger))
                .await,
        );
        check(&answer.json(), &format!("{trigger:?}"));
    }
    if serde_json::from_str::<Value>(request).is_ok() {
        let answer = function.invoke(request).await;
        check(&shown_error(&answer), "direct");
    }
    check(
        &shown_error(&function.invoke(events::sns(&[request])).await),
        "topic",
    );
    check(
        &function.invoke(events::pipes(&[request])).await.json()[0],
        "pipe",
    );
    if serde_json::from_str::<Value>(request).is_ok_and(|detail| !detail.is_null()) {
        // As it is: a JSON value has each member once.
        let event = events::eventbridge_rule(json!("DETAIL"))
            .to_string()
            .replace("\"DETAIL\"", request);
        check(&shown_error(&function.invoke(event.as_str()).await), "bus");
    }
    if function
        .invoke(events::sqs(&[request]))
        .await
        .batch_item_failures()
        != [message_id(0)]
    {
        wrong.push(format!("queue, {shown}: the record does not come back"));
    }
    let calls = simulator.calls().len();
    if calls > 0 {
        wrong.push(format!("{shown}: {calls} calls"));
        simulator.reset_numbers();
    }
    wrong
}

pub(crate) async fn assert_refused(
    function: &mut Runtime,
    simulator: &Simulator,
    request: &str,
    code: &str,
    field: Option<&str>,
) {
    let wrong = wrong(function, simulator, request, code, field).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every text is refused as invalid and its member named.
async fn assert_all_refused(name: &str, cases: impl IntoIterator<Item = (String, String)>) {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function(name, &simulator).await;
    let mut all_wrong = Vec::new();
    for (request, field) in cases {
        all_wrong.extend(
            wrong(
                &mut function,
                &simulator,
                &request,
                "invalid_request",
                Some(&field),
            )
            .await,
        );
    }
    assert!(all_wrong.is_empty(), "{name}:\n{}", all_wrong.join("\n"));
}

#[tokio::test]
async fn describe_names_the_member_at_fault() {
    assert_all_refused("describe", bad_requests::of_describe().texts()).await;
}

#[tokio::test]
async fn inactivate_names_the_member_at_fault() {
    assert_all_refused("inactivate", bad_requests::of_inactivate().texts()).await;
}

#[tokio::test]
async fn status_names_the_member_at_fault() {
    assert_all_refused("status", bad_requests::of_status().texts()).await;
}

#[tokio::test]
async fn a_text_that_is_not_one_object_with_each_member_once_is_refused() {
    for name in ["describe", "inactivate", "status"] {
        assert_all_refused(
            name,
            bad_requests::texts(name)
                .into_iter()
                .map(|(text, field)| (text, field.to_owned())),
        )
        .await;
    }
}

#[tokio::test]
async fn a_ca_that_only_revokes_for_good_refuses_to_inactivate_and_says_what_can_be_done() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function("inactivate", &simulator).await;
    for instance in [None, Some(json!(ALIBABA_INSTANCE))] {
        for dry_run in [false, true] {
            let request = changed(base("inactivate"), "/provider", Some(json!("alibaba-pca")));
            let request = changed(
                changed(request, "/instance_id", instance.clone()),
                "/dry_run",
                Some(json!(dry_run)),
            );
            assert_refused(
                &mut function,
                &simulator,
                &request.to_string(),
                "unsupported",
                Some("provider"),
            )
            .await;
            let detail = problem(&function.invoke(request).await)["detail"]
                .as_str()
                .unwrap()
                .to_owned();
            for word in [
                "only revoke",
                "for good",
                "tencent-mqtt",
                "alibaba-mqtt",
                "aws-iot",
                "CreateRevokeClientCertificate",
            ] {
                assert!(detail.contains(word), "{word} is not in {detail}");
            }
        }
    }
}

/// Provider, member, a value that its records cannot answer, and something that they can.
fn unanswerable() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let fingerprint = json!(["ab".repeat(32)]);
    let orders = ["created_desc", "created_asc", "updated_desc", "updated_asc"];
    let mut all = vec![
        (
            "tencent-mqtt",
            "/filter/statuses",
            json!(["good"]),
            "pending_activation",
        ),
        (
            "tencent-mqtt",
            "/filter/ca_fingerprints_sha256",
            fingerprint.clone(),
            "ca_serial_numbers",
        ),
        (
            "alibaba-mqtt",
            "/filter/statuses",
            json!(["revoked", "good"]),
            "inactive",
        ),
        (
            "alibaba-mqtt",
            "/filter/client_ids",
            json!(["a"]),
            "common_names",
        ),
        (
            "alibaba-mqtt",
            "/filter/ca_fingerprints_sha256",
            fingerprint.clone(),
            "ca_serial_numbers",
        ),
        (
            "alibaba-pca",
            "/filter/statuses",
            json!(["active", "inactive"]),
            "revoked",
        ),
        (
            "alibaba-pca",
            "/filter/client_ids",
            json!(["a"]),
            "common_names",
        ),
        (
            "alibaba-pca",
            "/filter/ca_serial_numbers",
            json!(["0a"]),
            "serial_numbers",
        ),
        (
            "alibaba-pca",
            "/filter/ca_fingerprints_sha256",
            fingerprint,
            "fingerprints_sha256",
        ),
        (
            "aws-iot",
            "/filter/statuses",
            json!(["good"]),
            "pending_activation",
        ),
        (
            "aws-iot",
            "/filter/client_ids",
            json!(["a"]),
            "common_names",
        ),
        (
            "aws-iot",
            "/filter/ca_serial_numbers",
            json!(["0a"]),
            "ca_fingerprints_sha256",
        ),
        (
            "aws-iot",
            "/order_by",
            json!("updated_desc"),
            "created_desc",
        ),
        ("aws-iot", "/order_by", json!("updated_asc"), "created_asc"),
    ];
    for provider in ["alibaba-mqtt", "alibaba-pca"] {
        all.extend(orders.map(|order| (provider, "/order_by", json!(order), "leave order_by out")));
    }
    all
}

#[tokio::test]
async fn what_a_providers_records_cannot_answer_names_the_member_and_what_they_can() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function("describe", &simulator).await;
    for (provider, pointer, value, able) in unanswerable() {
        let region = if provider == "aws-iot" {
            "eu-west-1"
        } else {
            "cn-hangzhou"
        };
        let mut request = changed(base("describe"), pointer, Some(value));
        if provider != "tencent-mqtt" {
            request = changed(
                changed(request, "/provider", Some(json!(provider))),
                "/region",
                Some(json!(region)),
            );
        }
        if ["alibaba-pca", "aws-iot"].contains(&provider) {
            request = changed(request, "/instance_id", None);
        }
        let field = pointer[1..].replace('/', ".");
        assert_refused(
            &mut function,
            &simulator,
            &request.to_string(),
            "unsupported",
            Some(&field),
        )
        .await;
        let detail = problem(&function.invoke(request).await)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(detail.contains(able), "{detail}");
    }
}

#[tokio::test]
async fn what_neither_request_nor_configuration_name_is_missing() {
    for (name, member, variables) in [
        ("describe", "provider", &["DEFAULT_PROVIDER"][..]),
        ("describe", "region", &["TENCENTCLOUD_REGION"]),
        ("inactivate", "provider", &["DEFAULT_PROVIDER"]),
        ("inactivate", "region", &["ALIBABA_CLOUD_REGION_ID"]),
        ("status", "provider", &["DEFAULT_PROVIDER"]),
        ("status", "region", &["ALIBABA_CLOUD_REGION_ID"]),
    ] {
        let simulator = simulator(alibaba(alibaba_certificates(1))).await;
        let unset: Vec<(&str, &str)> = variables.iter().map(|variable| (*variable, "")).collect();
        let mut function = function_with(name, &simulator, &unset).await;
        let request = changed(base(name), &format!("/{member}"), None);
        assert_refused(
            &mut function,
            &simulator,
            &request.to_string(),
            "invalid_request",
            Some(member),
        )
        .await;
        let detail = problem(&function.invoke(request).await)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(detail.contains(variables[0]), "{detail}");
    }
}

#[tokio::test]
async fn some_providers_have_no_instances_and_the_others_need_one() {
    for name in ["describe", "inactivate", "status"] {
        let simulator = simulator(alibaba(vec![])).await;
        let mut function = function(name, &simulator).await;
        for (provider, region, instance) in [
            ("alibaba-pca", "cn-hangzhou", Some(json!(ALIBABA_INSTANCE))),
            ("aws-iot", "eu-west-1", Some(json!(ALIBABA_INSTANCE))),
            ("tencent-mqtt", "ap-guangzhou", None),
            ("alibaba-mqtt", "cn-hangzhou", None),
        ] {
            if (name, provider) == ("inactivate", "alibaba-pca") {
                continue;
            }
            let request = changed(
                changed(base(name), "/provider", Some(json!(provider))),
                "/region",
                Some(json!(region)),
            );
            let request = changed(request, "/instance_id", instance).to_string();
            assert_refused(
                &mut function,
                &simulator,
                &request,
                "invalid_request",
                Some("instance_id"),
            )
            .await;
        }
    }
}
