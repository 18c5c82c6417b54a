//! Requests with something wrong in them: the contract's error names the member, before any call, on every trigger.

use serde_json::{Value, json};
use simulator::Simulator;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba, alibaba_certificates, function, function_with, problem, simulator};

/// A request that would be carried out if nothing were wrong with it.
fn base(function: &str) -> Value {
    match function {
        "describe" => json!({ "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": TENCENT_INSTANCE }),
        "inactivate" => json!({
            "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": ALIBABA_INSTANCE,
            "certificates": [{ "serial_number": "500000000000", "ca_serial_number": "007269004887" }]
        }),
        _ => json!({ "provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{ "serial_number": "0a01" }] }),
    }
}

/// Sets the member at this JSON pointer, or takes it out. A member of a list must be there already.
fn changed(mut request: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if request.pointer(parent).is_none() {
        request = changed(request, parent, Some(json!({})));
    }
    match (request.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.remove(name)),
        (list, value) => list[name.parse::<usize>().unwrap()] = value.unwrap(),
    }
    request
}

fn certificates(count: usize) -> Value {
    let one = |number: usize| json!({ "serial_number": format!("5{number:07x}"), "ca_serial_number": "0c" });
    (0..count).map(one).collect()
}

/// What is wrong as the member's place and value (`None`: left out), and the field that the error names.
fn of_all() -> Vec<(&'static str, Option<Value>, String)> {
    let mut cases = Vec::new();
    let mut add = |pointer: &'static str, values: Vec<Value>, field: &str| {
        cases.extend(values.into_iter().map(|value| (pointer, Some(value), field.to_owned())));
    };
    let not_texts = || vec![json!(7), json!(true), json!([]), json!(["x"]), json!({}), json!(1.5)];
    add("/colour", vec![json!(1), json!(null)], "colour");
    add("/Region", vec![json!("cn-hangzhou")], "Region");
    add("/provider", not_texts(), "provider");
    add("/provider", ["", "azure", "Tencent-MQTT", "tencent-mqtt ", "tencent-mqtt\0", "alibaba"].map(Value::from).to_vec(), "provider");
    add("/region", not_texts(), "region");
    let regions = [
        "", "nowhere", "xx-nowhere", "CN-hangzhou", "cn-hangzhou\r\nx: y", "cn-hangzhou.example.test", "cn-hangzhou/", "x@example.test/#",
        "cn-hangzhou\0", "../..", "ｃｎ-hangzhou", "eu-west-1:443",
    ];
    add("/region", regions.map(Value::from).to_vec(), "region");
    add("/region", vec![json!("cn-".repeat(40_000))], "region");
    add("/instance_id", not_texts(), "instance_id");
    let instances = ["", " ", "a b", "a\r\nb", "a/b", "a@b", "a#b", "a?b", "a\0b", "../a", "%2e", "é", "a,b", "*", "a;b", "{}", "\u{feff}a"];
    add("/instance_id", instances.map(Value::from).to_vec(), "instance_id");
    add("/instance_id", vec![json!("a".repeat(100_000)), json!("a".repeat(65))], "instance_id");
    cases
}

fn of_describe() -> Vec<(&'static str, Option<Value>, String)> {
    let mut cases = of_all();
    cases.push(("/instance_id", None, "instance_id".to_owned()));
    let mut add = |pointer: &'static str, values: Vec<Value>, field: &str| {
        cases.extend(values.into_iter().map(|value| (pointer, Some(value), field.to_owned())));
    };
    add("/limit", vec![json!(0), json!(-1), json!(10_001), json!(65_536), json!(u64::MAX), json!(1.5), json!("10"), json!([1])], "limit");
    add("/order_by", vec![json!("name"), json!("CREATED_DESC"), json!(""), json!(1), json!({ "created_desc": null })], "order_by");
    add("/include_pem", vec![json!("true"), json!(1), json!([])], "include_pem");
    add("/cursor", vec![json!(7), json!("next"), json!(""), json!({})], "cursor");
    add("/filter", vec![json!("x"), json!(7), json!([]), json!([["client-1"]])], "filter");
    add("/filter/client_id", vec![json!(["x"])], "filter.client_id");
    add("/filter/client_ids", vec![json!("x"), json!(7), json!({})], "filter.client_ids");
    add("/filter/client_ids", vec![json!(["x", 7])], "filter.client_ids[1]");
    add("/filter/client_ids", vec![json!(["x", ""]), json!(["x", "a\nb"]), json!(["x", "a".repeat(257)])], "filter.client_ids[1]");
    add("/filter/client_ids", vec![vec!["x"; 101].into()], "filter.client_ids");
    add("/filter/common_names", vec![json!([""])], "filter.common_names[0]");
    add("/filter/organizational_units", vec![json!(["\0"])], "filter.organizational_units[0]");
    add("/filter/serial_numbers", vec![json!(["0a", "xyz"]), json!(["0a", ""]), json!(["0a", 7])], "filter.serial_numbers[1]");
    add("/filter/ca_serial_numbers", vec![json!(["12-34"])], "filter.ca_serial_numbers[0]");
    add("/filter/statuses", vec![json!(["lost"]), json!([""]), json!(["ACTIVE"]), json!([{ "active": null }])], "filter.statuses[0]");
    let no_times = ["", "tomorrow", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T25:00:00Z", "1767225600000"];
    for member in ["/filter/not_after_from", "/filter/not_after_to"] {
        let mut values = no_times.map(Value::from).to_vec();
        values.extend([json!(1_767_225_600_000_i64), json!({})]);
        add(member, values, &member[1..].replace('/', "."));
    }
    add("/filter", vec![json!({ "not_after_from": "2026-02-01T00:00:00Z", "not_after_to": "2026-01-01T00:00:00Z" })], "filter.not_after_to");
    add("/filter/expires_within_days", vec![json!(0), json!(-1), json!(3_651), json!(70_000), json!("30"), json!(1.5)], "filter.expires_within_days");
    cases
}

/// Of both functions that take certificates.
fn of_certificates(most: usize) -> Vec<(&'static str, Option<Value>, String)> {
    let mut cases = of_all();
    cases.push(("/certificates", None, "certificates".to_owned()));
    cases.push(("/certificates/0", Some(json!({})), "certificates[0].serial_number".to_owned()));
    let mut add = |pointer: &'static str, values: Vec<Value>, field: &str| {
        cases.extend(values.into_iter().map(|value| (pointer, Some(value), field.to_owned())));
    };
    add("/certificates", vec![json!([]), json!(null), json!("0a"), json!({}), certificates(most + 1)], "certificates");
    add("/certificates/0", vec![json!("0a01"), json!(null), json!(7), json!(["0a01", "0c"]), json!([])], "certificates[0]");
    add("/certificates/0/colour", vec![json!(1)], "certificates[0].colour");
    let serials = ["", " ", ":", "0x", "xyz", "12-34", "0x0x12", "12\n", "１２", "12\0", "1.5", "0a,0b", "0a&x=1", "%30"];
    for member in ["/certificates/0/serial_number", "/certificates/0/ca_serial_number"] {
        let mut values = serials.map(Value::from).to_vec();
        values.extend([json!(7), json!(["0a"]), json!({}), json!("a".repeat(129)), json!("a".repeat(100_000))]);
        add(member, values, &member[1..].replace("/0/", "[0]."));
    }
    add("/certificates/0/serial_number", vec![json!(null)], "certificates[0].serial_number");
    cases
}

fn of_inactivate() -> Vec<(&'static str, Option<Value>, String)> {
    let mut cases = of_certificates(100);
    cases.push(("/instance_id", None, "instance_id".to_owned()));
    cases.push(("/certificates/0/ca_serial_number", None, "certificates[0].ca_serial_number".to_owned()));
    let mut add = |pointer: &'static str, values: Vec<Value>, field: &str| {
        cases.extend(values.into_iter().map(|value| (pointer, Some(value), field.to_owned())));
    };
    add("/certificates/0/ca_serial_number", vec![json!(null)], "certificates[0].ca_serial_number");
    add("/reason", vec![json!(""), json!("a".repeat(257)), json!("车".repeat(257)), json!(7), json!(["stolen"])], "reason");
    add("/dry_run", vec![json!("true"), json!(1), json!("false"), json!([])], "dry_run");
    cases
}

/// Requests that are wrong as a text.
fn texts(function: &str) -> Vec<(String, &'static str)> {
    let good = base(function).to_string();
    let twice = |member: &str| format!("{{{member},{}", &good[1..]);
    let mut texts = vec![
        (twice(r#""region":"cn-hangzhou""#), "region"),
        (twice(r#""provider":"aws-iot""#), "provider"),
        (good[..good.len() - 1].to_owned(), "body"),
        (format!("{good}{good}"), "body"),
        (format!("{good},"), "body"),
        (good.replace('"', "'"), "body"),
        (good.replace('{', "{//\n"), "body"),
        (format!("\u{feff}{good}"), "body"),
        ("null".to_owned(), "body"),
        ("7".to_owned(), "body"),
        ("\"request\"".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        (format!("[{good}]"), "body"),
        // The members' values in their order: no object, and yet enough to be misread as one.
        (json!(["tencent-mqtt", "ap-guangzhou", TENCENT_INSTANCE, null, null, null, null, false]).to_string(), "body"),
        (json!(["alibaba-mqtt", "cn-hangzhou", ALIBABA_INSTANCE, [["500000000000", "007269004887"]], null, false]).to_string(), "body"),
        (json!(["alibaba-pca", "cn-hangzhou", null, [["0a01", null]]]).to_string(), "body"),
        (json!(["alibaba-pca", "cn-hangzhou", null, [{ "serial_number": "0a01" }]]).to_string(), "body"),
    ];
    match function {
        // Reading the last of the two would make an order of a dry run.
        "inactivate" => texts.push((twice(r#""dry_run":true,"dry_run":false"#), "dry_run")),
        "status" => texts.push((good.replace("{\"serial", "{\"serial_number\":\"0b\",\"serial"), "certificates[0].serial_number")),
        _ => texts.push((twice(r#""limit":1,"limit":1"#), "limit")),
    }
    texts
}

/// Gives a request to the function on every trigger, and tells where it was not refused as it should be. Direct
/// invocations know a JSON array as another kind of event, and cannot be given what is no JSON.
async fn wrong(function: &mut Runtime, simulator: &Simulator, request: &str, code: &str, field: Option<&str>) -> Vec<String> {
    let shown: String = request.chars().take(300).collect();
    let mut wrong = Vec::new();
    let mut check = |problem: &Value, trigger: &str| {
        let told = (problem["code"].as_str(), problem["field"].as_str());
        let is_short = problem["detail"].as_str().is_some_and(|detail| detail.len() < 1_200);
        if told != (Some(code), field) || !is_short {
            wrong.push(format!("{trigger}, {shown}: expected {code} of {field:?}, not {problem}"));
        }
    };
    for trigger in HttpTrigger::ALL {
        let answer = HttpAnswer::read(trigger, &function.invoke(HttpRequest::post("/", request).event(trigger)).await);
        check(&answer.json(), &format!("{trigger:?}"));
    }
    if serde_json::from_str::<Value>(request).is_ok() {
        let answer = function.invoke(request).await;
        check(&if matches!(answer, Answer::Error(_)) { problem(&answer) } else { answer.json() }, "direct");
    }
    if function.invoke(events::sqs(&[request])).await.batch_item_failures() != [message_id(0)] {
        wrong.push(format!("queue, {shown}: the record does not come back"));
    }
    let calls = simulator.calls().len();
    if calls > 0 {
        wrong.push(format!("{shown}: {calls} calls"));
        simulator.reset_numbers();
    }
    wrong
}

async fn assert_refused(function: &mut Runtime, simulator: &Simulator, request: &str, code: &str, field: Option<&str>) {
    let wrong = wrong(function, simulator, request, code, field).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every text is refused as invalid and its member named.
async fn assert_all_refused(name: &str, cases: impl IntoIterator<Item = (String, String)>) {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function(name, &simulator).await;
    let mut all_wrong = Vec::new();
    for (request, field) in cases {
        all_wrong.extend(wrong(&mut function, &simulator, &request, "invalid_request", Some(&field)).await);
    }
    assert!(all_wrong.is_empty(), "{name}:\n{}", all_wrong.join("\n"));
}

fn requests(name: &str, cases: Vec<(&'static str, Option<Value>, String)>) -> impl Iterator<Item = (String, String)> {
    cases.into_iter().map(move |(pointer, value, field)| (changed(base(name), pointer, value).to_string(), field))
}

#[tokio::test]
async fn describe_names_the_member_at_fault() {
    assert_all_refused("describe", requests("describe", of_describe())).await;
}

#[tokio::test]
async fn inactivate_names_the_member_at_fault() {
    assert_all_refused("inactivate", requests("inactivate", of_inactivate())).await;
}

#[tokio::test]
async fn status_names_the_member_at_fault() {
    assert_all_refused("status", requests("status", of_certificates(1_000))).await;
}

#[tokio::test]
async fn a_text_that_is_not_one_object_with_each_member_once_is_refused() {
    for name in ["describe", "inactivate", "status"] {
        assert_all_refused(name, texts(name).into_iter().map(|(text, field)| (text, field.to_owned()))).await;
    }
}

#[tokio::test]
async fn what_a_provider_cannot_do_says_who_can() {
    for (name, able, unable) in [
        ("describe", "tencent-mqtt", ["alibaba-mqtt", "alibaba-pca", "aws-iot"]),
        ("inactivate", "alibaba-mqtt", ["tencent-mqtt", "alibaba-pca", "aws-iot"]),
        ("status", "alibaba-pca", ["tencent-mqtt", "alibaba-mqtt", "aws-iot"]),
    ] {
        let simulator = simulator(alibaba(alibaba_certificates(1))).await;
        let mut function = function(name, &simulator).await;
        for provider in unable {
            let request = changed(base(name), "/provider", Some(json!(provider)));
            assert_refused(&mut function, &simulator, &request.to_string(), "unsupported", Some("provider")).await;
            let detail = problem(&function.invoke(request).await)["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(able), "{detail}");
        }
    }
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function("describe", &simulator).await;
    let request = changed(base("describe"), "/filter/statuses", Some(json!(["good"])));
    assert_refused(&mut function, &simulator, &request.to_string(), "unsupported", Some("filter.statuses")).await;
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
        assert_refused(&mut function, &simulator, &request.to_string(), "invalid_request", Some(member)).await;
        let detail = problem(&function.invoke(request).await)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(variables[0]), "{detail}");
    }
}

#[tokio::test]
async fn a_private_ca_has_no_instances() {
    let simulator = simulator(alibaba(vec![])).await;
    let mut function = function("status", &simulator).await;
    let request = changed(base("status"), "/instance_id", Some(json!(ALIBABA_INSTANCE)));
    assert_refused(&mut function, &simulator, &request.to_string(), "invalid_request", Some("instance_id")).await;
}
