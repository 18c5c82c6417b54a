//! Secrets show nowhere: in no answer, error or line of the log, at any level.

use serde_json::{Value, json};
use simulator::{AwsCertificate, Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Event;
use whole_function_tests::canary::{Output, Secrets, outputs_at_every_log_level};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};

use crate::cells::refusal_of_a_wrong_key;
use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba, alibaba_certificates, at_once, simulator,
    tencent_certificates, variables,
};

const FUNCTIONS: [(&str, Vendor); 6] = [
    ("describe", Vendor::TencentMqtt),
    ("inactivate", Vendor::AlibabaMqtt),
    ("status", Vendor::AlibabaCas),
    ("describe", Vendor::AwsIot),
    ("inactivate", Vendor::AwsIot),
    ("status", Vendor::AwsIot),
];

/// Values that no vendor knows.
const CANARY_SECRET: &str = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=";
const CANARY_TOKEN: &str = "canary+Jt5wQ1sLp8Ue3Gx0Rn7Vb2Ya4Ck6/=";

/// The variables that Lambda itself gives to a function of these tests.
const LAMBDAS_OWN: [(&str, &str); 2] = [
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    (
        "AWS_SESSION_TOKEN",
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW",
    ),
];

const SECRET_VARIABLES: [&str; 9] = [
    "TENCENTCLOUD_SECRET_ID",
    "TENCENTCLOUD_SECRET_KEY",
    "TENCENTCLOUD_TOKEN",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

async fn vendors() -> Simulator {
    let mut fleet = crate::setup::tencent(tencent_certificates(2));
    fleet.alibaba_mqtt = alibaba(alibaba_certificates(2)).alibaba_mqtt;
    let aws = AwsCertificate {
        certificate_id: AWS_ID.to_owned(),
        ..AwsCertificate::default()
    };
    simulator(fleet.with([aws])).await
}

const AWS_ID: &str = "ec00000000000000000000000000000000000000000000000000000000000001";

fn request(function: &str, vendor: Vendor) -> Value {
    let at_aws = json!([{ "fingerprint_sha256": AWS_ID }]);
    match function {
        "describe" if vendor == Vendor::AwsIot => {
            json!({ "provider": "aws-iot", "include_pem": true })
        }
        "inactivate" if vendor == Vendor::AwsIot => {
            json!({ "provider": "aws-iot", "certificates": at_aws, "reason": "stolen\nor lost" })
        }
        "status" if vendor == Vendor::AwsIot => {
            json!({ "provider": "aws-iot", "certificates": at_aws })
        }
        "describe" => {
            json!({ "instance_id": TENCENT_INSTANCE, "include_pem": true, "filter": { "statuses": ["active"] } })
        }
        "inactivate" => json!({
            "instance_id": ALIBABA_INSTANCE, "reason": "stolen\nor lost",
            "certificates": [{ "serial_number": "d00000000001", "ca_serial_number": "007269004887" }]
        }),
        _ => json!({ "certificates": [{ "serial_number": "0a01" }] }),
    }
}

/// The request on each kind of trigger, one that is wrong, and one of no known kind.
fn events(function: &str, vendor: Vendor) -> Vec<Event> {
    let request = request(function, vendor);
    vec![
        Event::from(&request),
        HttpRequest::post("/", &request)
            .header("authorization", "Bearer abc")
            .event(HttpTrigger::HttpApi)
            .into(),
        events::sqs(&[request.to_string(), "not JSON".to_owned()]).into(),
        json!({ "colour": "red" }).into(),
        events::sns(&["{}"]).into(),
        "not JSON".into(),
    ]
}

/// Variables that replace those of a wired function.
fn replaced(
    mut wired: Vec<(&'static str, String)>,
    own: &[(&'static str, String)],
) -> Vec<(&'static str, String)> {
    wired.retain(|(name, _)| own.iter().all(|(replaced, _)| replaced != name));
    wired.extend_from_slice(own);
    wired
}

fn temporary(simulator: &Simulator) -> Vec<(&'static str, String)> {
    let tencent = simulator.temporary_credentials(Vendor::TencentMqtt);
    let alibaba = simulator.temporary_credentials(Vendor::AlibabaMqtt);
    let aws = simulator.temporary_credentials(Vendor::AwsIot);
    let values = [
        tencent.id,
        tencent.secret,
        tencent.token,
        alibaba.id,
        alibaba.secret,
        alibaba.token,
        aws.id,
        aws.secret,
        aws.token,
    ];
    SECRET_VARIABLES.into_iter().zip(values).collect()
}

/// Everything that the function gives out with these variables holds none of their secrets.
async fn assert_kept(
    function: &str,
    variables: &[(&str, String)],
    events: &[Event],
) -> Vec<Output> {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let outputs = outputs_at_every_log_level(function, &variables, events).await;
    let set = variables
        .iter()
        .copied()
        .filter(|(name, value)| SECRET_VARIABLES.contains(name) && !value.is_empty());
    Secrets::new(&set.chain(LAMBDAS_OWN).collect::<Vec<_>>()).assert_absent(&outputs);
    outputs
}

fn some_output_holds(outputs: &[Output], text: &str) -> bool {
    outputs
        .iter()
        .any(|output| String::from_utf8_lossy(&output.bytes).contains(text))
}

#[tokio::test]
async fn no_secret_shows_when_all_goes_well() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let outputs = assert_kept(name, &variables(name, &simulator), &events(name, vendor)).await;
        assert!(
            some_output_holds(&outputs, &format!(r#""operation":"{name}""#)),
            "the test has seen answers"
        );
        let temporary = replaced(variables(name, &simulator), &temporary(&simulator));
        assert_kept(name, &temporary, &events(name, vendor)).await;
        assert!(simulator.calls().iter().any(|call| call.outcome == "ok"));
    })
    .await;
}

#[tokio::test]
async fn no_secret_shows_when_the_vendor_repeats_the_signed_text() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let wrong = [
            "TENCENTCLOUD_SECRET_KEY",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "AWS_SECRET_ACCESS_KEY",
        ]
        .map(|variable| (variable, CANARY_SECRET.to_owned()));
        let outputs = assert_kept(
            name,
            &replaced(variables(name, &simulator), &wrong),
            &events(name, vendor),
        )
        .await;
        let code = refusal_of_a_wrong_key(vendor);
        assert!(
            simulator.calls().iter().all(|call| call.outcome == code),
            "{name}"
        );
        assert!(
            some_output_holds(&outputs, code),
            "the vendor's code is told"
        );
        for echo in [
            "x-acs-signature-nonce",
            "ACS3-HMAC-SHA256",
            "TC3-HMAC-SHA256",
            "string to sign",
            "AWS4-HMAC-SHA256",
            "aws4_request",
        ] {
            assert!(!some_output_holds(&outputs, echo), "{name} shows {echo}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_secret_shows_when_a_session_token_is_refused() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let tokens = [
            "TENCENTCLOUD_TOKEN",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "AWS_SESSION_TOKEN",
        ];
        let wrong = replaced(
            temporary(&simulator),
            &tokens.map(|variable| (variable, CANARY_TOKEN.to_owned())),
        );
        let outputs = assert_kept(
            name,
            &replaced(variables(name, &simulator), &wrong),
            &events(name, vendor),
        )
        .await;
        assert!(some_output_holds(&outputs, "provider_rejected"), "{name}");
    })
    .await;
}

/// Answers that repeat what the vendor was sent, as a careless one or a debugging proxy may give
/// them.
fn echoes(sent: &str) -> Vec<Fault> {
    let code = |code: &str, status| Fault::Code {
        code: code.to_owned(),
        status,
        message: format!("Not good: {sent}"),
    };
    vec![
        code("InvalidParameter", 400),
        code("SomethingNew", 400),
        code("InternalError", 500),
        Fault::Code {
            code: format!("Invalid.{sent}"),
            status: 400,
            message: String::new(),
        },
        Fault::body(200, "text/html", format!("<html>{sent}</html>")),
        Fault::body(
            200,
            "application/json",
            json!({ "RequestId": sent, "Response": { "RequestId": sent } }).to_string(),
        ),
        Fault::body(502, "text/plain", sent),
    ]
}

#[tokio::test]
async fn no_secret_shows_when_a_vendor_repeats_the_credentials_themselves() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let simulator = vendors().await;
        let variables = replaced(variables(name, &simulator), &temporary(&simulator));
        let sent = simulator.temporary_credentials(vendor);
        let mut events: Vec<Event> = Vec::new();
        for (number, fault) in echoes(&format!("{} {}", sent.id, sent.token))
            .into_iter()
            .enumerate()
        {
            // Each request meets the echo that its own serial number calls for.
            let serial = format!("ec{number:04x}");
            let id = format!("{serial}{}", "0".repeat(58));
            let called = if vendor == Vendor::AwsIot {
                &id
            } else {
                &serial
            };
            simulator.fail(vendor, FaultRule::always(fault).containing(called));
            let mut request = request(name, vendor);
            match (name, vendor) {
                ("describe", Vendor::AwsIot) => {
                    request["filter"]["fingerprints_sha256"] = json!([id])
                }
                (_, Vendor::AwsIot) => request["certificates"][0]["fingerprint_sha256"] = json!(id),
                ("describe", _) => request["filter"]["serial_numbers"] = json!([serial]),
                _ => request["certificates"][0]["serial_number"] = json!(serial),
            }
            events.push(request.into());
        }
        assert_kept(name, &variables, &events).await;
    })
    .await;
}

#[tokio::test]
async fn no_secret_shows_when_the_configuration_is_bad() {
    let cases = [
        ("TENCENTCLOUD_SECRET_ID", String::new()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", String::new()),
        ("TENCENTCLOUD_SECRET_KEY", format!("{CANARY_SECRET}\n")),
        (
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "canary token with blanks".to_owned(),
        ),
        (
            "TENCENT_MQTT_ENDPOINT",
            "https://user:canary-password@example.test".to_owned(),
        ),
    ];
    at_once(cases, |own| async move {
        let simulator = vendors().await;
        let variable = own.0;
        let outputs = assert_kept(
            "describe",
            &replaced(variables("describe", &simulator), &[own]),
            &["{}".into()],
        )
        .await;
        assert!(some_output_holds(&outputs, variable), "{variable} is named");
        assert!(
            !some_output_holds(&outputs, "canary"),
            "{variable} shows its value"
        );
    })
    .await;
}
