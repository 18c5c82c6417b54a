//! Secrets show nowhere: in no answer, error or line of the log, at any level.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Event;
use whole_function_tests::canary::{Output, Secrets, outputs_at_every_log_level};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba, alibaba_certificates, at_once, simulator, tencent_certificates, variables,
};

const FUNCTIONS: [(&str, Vendor); 3] =
    [("describe", Vendor::TencentMqtt), ("inactivate", Vendor::AlibabaMqtt), ("status", Vendor::AlibabaCas)];

/// Values that no vendor knows.
const CANARY_SECRET: &str = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=";
const CANARY_TOKEN: &str = "canary+Jt5wQ1sLp8Ue3Gx0Rn7Vb2Ya4Ck6/=";

/// What Lambda itself gives to a function of these tests.
const LAMBDAS_OWN: [(&str, &str); 2] = [
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW"),
];

const SECRET_VARIABLES: [&str; 6] = [
    "TENCENTCLOUD_SECRET_ID",
    "TENCENTCLOUD_SECRET_KEY",
    "TENCENTCLOUD_TOKEN",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
];

async fn vendors() -> Simulator {
    let mut fleet = crate::setup::tencent(tencent_certificates(2));
    fleet.alibaba_mqtt = alibaba(alibaba_certificates(2)).alibaba_mqtt;
    simulator(fleet).await
}

fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE, "include_pem": true, "filter": { "statuses": ["active"] } }),
        "inactivate" => json!({
            "instance_id": ALIBABA_INSTANCE, "reason": "stolen\nor lost",
            "certificates": [{ "serial_number": "500000000001", "ca_serial_number": "007269004887" }]
        }),
        _ => json!({ "certificates": [{ "serial_number": "0a01" }] }),
    }
}

/// The request on each kind of trigger, one that is wrong, and one of no known kind.
fn events(function: &str) -> Vec<Event> {
    let request = request(function);
    vec![
        Event::from(&request),
        HttpRequest::post("/", &request).header("authorization", "Bearer abc").event(HttpTrigger::HttpApi).into(),
        events::sqs(&[request.to_string(), "not JSON".to_owned()]).into(),
        json!({ "colour": "red" }).into(),
        events::sns(&["{}"]).into(),
        "not JSON".into(),
    ]
}

/// Variables that replace those of a wired function.
fn replaced(mut wired: Vec<(&'static str, String)>, own: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    wired.retain(|(name, _)| own.iter().all(|(replaced, _)| replaced != name));
    wired.extend_from_slice(own);
    wired
}

fn temporary(simulator: &Simulator) -> Vec<(&'static str, String)> {
    let tencent = simulator.temporary_credentials(Vendor::TencentMqtt);
    let alibaba = simulator.temporary_credentials(Vendor::AlibabaMqtt);
    let values = [tencent.id, tencent.secret, tencent.token, alibaba.id, alibaba.secret, alibaba.token];
    SECRET_VARIABLES.into_iter().zip(values).collect()
}

/// Everything that the function gives out with these variables holds none of their secrets.
async fn assert_kept(function: &str, variables: &[(&str, String)], events: &[Event]) -> Vec<Output> {
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let outputs = outputs_at_every_log_level(function, &variables, events).await;
    let set = variables.iter().copied().filter(|(name, value)| SECRET_VARIABLES.contains(name) && !value.is_empty());
    Secrets::new(&set.chain(LAMBDAS_OWN).collect::<Vec<_>>()).assert_absent(&outputs);
    outputs
}

fn some_output_holds(outputs: &[Output], text: &str) -> bool {
    outputs.iter().any(|output| String::from_utf8_lossy(&output.bytes).contains(text))
}

#[tokio::test]
async fn nothing_shows_when_all_goes_well() {
    at_once(FUNCTIONS, |(name, _)| async move {
        let simulator = vendors().await;
        let outputs = assert_kept(name, &variables(name, &simulator), &events(name)).await;
        assert!(some_output_holds(&outputs, &format!(r#""operation":"{name}""#)), "the test has seen answers");
        let temporary = replaced(variables(name, &simulator), &temporary(&simulator));
        assert_kept(name, &temporary, &events(name)).await;
        assert!(simulator.calls().iter().any(|call| call.outcome == "ok"));
    })
    .await;
}

#[tokio::test]
async fn nothing_shows_when_the_vendor_repeats_what_was_signed() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let wrong = [("TENCENTCLOUD_SECRET_KEY", CANARY_SECRET.to_owned()), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY_SECRET.to_owned())];
        let outputs = assert_kept(name, &replaced(variables(name, &simulator), &wrong), &events(name)).await;
        let code = if vendor == Vendor::TencentMqtt { "AuthFailure.SignatureFailure" } else { "SignatureDoesNotMatch" };
        assert!(simulator.calls().iter().all(|call| call.outcome == code), "{name}");
        assert!(some_output_holds(&outputs, code), "the vendor's code is told");
        for echo in ["x-acs-signature-nonce", "ACS3-HMAC-SHA256", "TC3-HMAC-SHA256", "string to sign"] {
            assert!(!some_output_holds(&outputs, echo), "{name} shows {echo}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_shows_when_a_session_token_is_refused() {
    at_once(FUNCTIONS, |(name, _)| async move {
        let simulator = vendors().await;
        let tokens = [("TENCENTCLOUD_TOKEN", CANARY_TOKEN.to_owned()), ("ALIBABA_CLOUD_SECURITY_TOKEN", CANARY_TOKEN.to_owned())];
        let wrong = replaced(temporary(&simulator), &tokens);
        let outputs = assert_kept(name, &replaced(variables(name, &simulator), &wrong), &events(name)).await;
        assert!(some_output_holds(&outputs, "provider_rejected"), "{name}");
    })
    .await;
}

/// Answers that repeat what the vendor was sent, as a careless one or a debugging proxy may give them.
fn echoes(sent: &str) -> Vec<Fault> {
    let code = |code: &str, status| Fault::Code { code: code.to_owned(), status, message: format!("Not good: {sent}") };
    vec![
        code("InvalidParameter", 400),
        code("SomethingNew", 400),
        code("InternalError", 500),
        Fault::Code { code: format!("Invalid.{sent}"), status: 400, message: String::new() },
        Fault::body(200, "text/html", format!("<html>{sent}</html>")),
        Fault::body(200, "application/json", json!({ "RequestId": sent, "Response": { "RequestId": sent } }).to_string()),
        Fault::body(502, "text/plain", sent),
    ]
}

#[tokio::test]
async fn nothing_shows_when_a_vendor_repeats_the_credentials_themselves() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let variables = replaced(variables(name, &simulator), &temporary(&simulator));
        let sent = simulator.temporary_credentials(vendor);
        let mut events: Vec<Event> = Vec::new();
        for (number, fault) in echoes(&format!("{} {}", sent.id, sent.token)).into_iter().enumerate() {
            // Each request meets the echo that its own serial number calls for.
            let serial = format!("ec{number:04x}");
            simulator.fail(vendor, FaultRule::always(fault).containing(&serial));
            let mut request = request(name);
            match name {
                "describe" => request["filter"]["serial_numbers"] = json!([serial]),
                _ => request["certificates"][0]["serial_number"] = json!(serial),
            }
            events.push(request.into());
        }
        assert_kept(name, &variables, &events).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_shows_when_the_configuration_is_bad() {
    let cases = [
        ("TENCENTCLOUD_SECRET_ID", String::new()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", String::new()),
        ("TENCENTCLOUD_SECRET_KEY", format!("{CANARY_SECRET}\n")),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "canary token with blanks".to_owned()),
        ("TENCENT_MQTT_ENDPOINT", "https://user:canary-password@example.test".to_owned()),
    ];
    at_once(cases, |own| async move {
        let simulator = vendors().await;
        let variable = own.0;
        let outputs = assert_kept("describe", &replaced(variables("describe", &simulator), &[own]), &["{}".into()]).await;
        assert!(some_output_holds(&outputs, variable), "{variable} is named");
        assert!(!some_output_holds(&outputs, "canary"), "{variable} shows its value");
    })
    .await;
}
