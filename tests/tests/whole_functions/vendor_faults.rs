//! Vendors that fail or answer nonsense when they are only read: a typed error after three
//! attempts, and success as soon as the fault has ended. What befalls orders and connections is the
//! business of [`crate::fault_matrix`].

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Fleet, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::every_cell_faults::{assert_typed, json_body};
use crate::fault_matrix::odd_answers;
use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba_certificates, at_once, cas_certificates, function,
    tencent, tencent_certificates, texts,
};

const FUNCTIONS: [(&str, Vendor); 3] = [
    ("describe", Vendor::TencentMqtt),
    ("inactivate", Vendor::AlibabaMqtt),
    ("status", Vendor::AlibabaCas),
];

/// A request whose first call is a read.
fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE }),
        "inactivate" => json!({
            "instance_id": ALIBABA_INSTANCE, "dry_run": true,
            "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
        }),
        _ => json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }] }),
    }
}

async fn pair(name: &str) -> (Simulator, Runtime) {
    let mut fleet = tencent(tencent_certificates(1));
    fleet.alibaba_mqtt = crate::setup::alibaba(alibaba_certificates(1)).alibaba_mqtt;
    let Fleet { alibaba_cas, .. } = crate::setup::cas(cas_certificates(1));
    fleet.alibaba_cas = alibaba_cas;
    let simulator = crate::setup::simulator(fleet).await;
    let function = function(name, &simulator).await;
    (simulator, function)
}

/// More faults than every cell meets, made for the vendors of [`FUNCTIONS`], and the code that each
/// means.
fn faults() -> Vec<(Fault, &'static str)> {
    let mut faults = vec![
        (Fault::ThrottleFor(1), "throttled"),
        (Fault::body(504, "text/plain", ""), "provider_unavailable"),
        (Fault::body(429, "text/plain", "slow down"), "throttled"),
    ];
    faults.extend(
        odd_answers()
            .into_iter()
            .map(|(_, fault)| (fault, "provider_invalid_response")),
    );
    let odd_bodies = [
        "\u{feff}{}",
        r#"{"Response":[],"Data":[],"CertificateStatus":{}}"#,
        r#"{"Response":{"TotalCount":"1","Data":[]},"Data":{"DeviceSn":5,"CaSn":7,"Status":1},"CertificateStatus":[7]}"#,
        r#"{"Response":{"TotalCount":1,"Data":{}},"Data":{"DeviceSn":"d00000000000"},"CertificateStatus":[{"SerialNumber":"50000000000000000000000000000000"}]}"#,
        r#"{"Response":{"TotalCount":1,"Data":"x"},"Data":"x","CertificateStatus":[{"SerialNumber":null,"Status":"good"}]}"#,
        // More is announced than comes; another certificate than the one asked for; no serial
        // number.
        r#"{"Response":{"TotalCount":5,"Data":[]},"Data":{"DeviceSn":"0b","CaSn":"0c","Status":"0"},"CertificateStatus":[{"Status":"good"}]}"#,
        r#"{"Response":{"Error":{}},"Code":null}"#,
        r#"{"Response":{"Error":{"Code":7}},"Code":7}"#,
    ];
    faults.extend(odd_bodies.map(|body| (json_body(body), "provider_invalid_response")));
    faults
}

#[tokio::test]
async fn every_other_response_of_a_vendor_is_a_typed_error() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let (simulator, _) = pair(name).await;
        assert_typed(name, vendor, &simulator, &request(name), faults()).await;
    })
    .await;
}

#[tokio::test]
async fn a_fault_on_a_later_page_loses_nothing() {
    let certificates = tencent_certificates(300);
    let simulator = crate::setup::simulator(tencent(certificates.clone())).await;
    let mut function = function("describe", &simulator).await;
    for fault in [
        Fault::CutBefore,
        Fault::Internal,
        Fault::Truncated,
        Fault::ThrottleFor(1),
    ] {
        simulator.fail(
            Vendor::TencentMqtt,
            FaultRule::times(fault.clone(), 2).containing("\"Offset\":100"),
        );
        let request =
            json!({ "instance_id": TENCENT_INSTANCE, "limit": 300, "order_by": "created_asc" });
        let answer = function.invoke(request).await.json();
        let stored: Vec<&str> = certificates
            .iter()
            .map(|one| one.device_certificate_sn.as_str())
            .collect();
        assert_eq!(
            texts(&answer["certificates"], "provider_serial_number"),
            stored,
            "{fault:?}"
        );
    }
}
