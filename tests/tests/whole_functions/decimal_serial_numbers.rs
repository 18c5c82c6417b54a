//! Alibaba's broker does not document the base of its serial numbers: what is written in decimal is
//! found all the same, and digits that may mean two certificates change neither.

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, IssuedCertificate, Simulator, Vendor};

use crate::cells::{ALIBABA_CA, request, with_serial, words};
use crate::setup::{alibaba, function, in_short, simulator};

/// A certificate whose serial number has letters in hex, and its serial number in decimal.
fn lettered() -> (IssuedCertificate, String) {
    let issued = with_serial("2a5f91c3");
    (
        issued,
        u64::from_str_radix("2a5f91c3", 16).unwrap().to_string(),
    )
}

fn written(issued: &IssuedCertificate, device_sn: &str) -> AlibabaMqttCertificate {
    AlibabaMqttCertificate {
        device_sn: device_sn.to_owned(),
        ..AlibabaMqttCertificate::of(issued)
    }
}

fn named(serial: &str) -> Value {
    request(
        Vendor::AlibabaMqtt,
        &json!({ "certificates": [{ "serial_number": serial, "ca_serial_number": ALIBABA_CA }] }),
    )
}

async fn vendor(certificates: Vec<AlibabaMqttCertificate>) -> Simulator {
    simulator(alibaba(certificates)).await
}

#[tokio::test]
async fn a_vendor_that_writes_decimal_is_understood() {
    let (issued, decimal) = lettered();
    let simulator = vendor(vec![written(&issued, &decimal)]).await;

    let mut describe = function("describe", &simulator).await;
    for filter in [
        json!({}),
        json!({ "serial_numbers": ["2A5F91C3"] }),
        json!({ "serial_numbers": ["0x2a5f91c3"] }),
    ] {
        let answer = describe
            .invoke(request(Vendor::AlibabaMqtt, &json!({ "filter": filter })))
            .await
            .json();
        let record = &answer["certificates"][0];
        let actual = json!([
            record["serial_number"],
            record["provider_serial_number"],
            record["serial_number_base"],
            record["disagreements"]
        ]);
        assert_eq!(
            actual,
            json!(["2a5f91c3", decimal, "decimal", []]),
            "{filter}: {answer}"
        );
    }

    let mut status = function("status", &simulator).await;
    for requested in [
        "2a5f91c3",
        "0x2A5F91C3",
        "2a:5f:91:c3",
        "002a5f91c3",
        &decimal,
    ] {
        let answer = status.invoke(named(requested)).await.json();
        let result = &answer["results"][0];
        let actual = json!([
            result["found"],
            result["serial_number"],
            result["provider_serial_number"],
            result["serial_number_base"]
        ]);
        assert_eq!(
            actual,
            json!([true, "2a5f91c3", decimal, "decimal"]),
            "{requested}: {answer}"
        );
    }

    let mut inactivate = function("inactivate", &simulator).await;
    for requested in ["2a5f91c3", "0x2A5F91C3", &decimal] {
        simulator.reset();
        let answer = inactivate.invoke(named(requested)).await.json();
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["serial_number"],
            result["provider_serial_number"],
            result["serial_number_base"]
        ]);
        assert_eq!(
            actual,
            json!(["inactivated", "2a5f91c3", decimal, "decimal"]),
            "{requested}: {answer}"
        );
        let writes: Vec<Value> = simulator
            .calls()
            .into_iter()
            .filter(|call| call.action == "InactivateDeviceCertificate")
            .map(|call| call.parameters["DeviceSn"].clone())
            .collect();
        assert_eq!(
            writes,
            [json!(decimal)],
            "{requested}: the vendor's own text"
        );
    }
}

/// Digits that read in hex are the first certificate's serial number, and in decimal the second
/// one's.
const DIGITS: &str = "1234567890";

/// Both certificates, each as a vendor would write it: in hex, or the second one, or both, in
/// decimal.
fn two_meanings(in_decimal: [bool; 2]) -> Vec<AlibabaMqttCertificate> {
    let second = format!("{:x}", DIGITS.parse::<u64>().unwrap());
    let text = |hex: &str, in_decimal| {
        if in_decimal {
            u64::from_str_radix(hex, 16).unwrap().to_string()
        } else {
            hex.to_owned()
        }
    };
    [DIGITS.to_owned(), second]
        .iter()
        .zip(in_decimal)
        .map(|(hex, in_decimal)| written(&with_serial(hex), &text(hex, in_decimal)))
        .collect()
}

#[tokio::test]
async fn a_write_whose_digits_name_two_certificates_changes_neither() {
    for in_decimal in [[false, false], [true, true], [true, false]] {
        let simulator = vendor(two_meanings(in_decimal)).await;
        let mut inactivate = function("inactivate", &simulator).await;
        for requested in [DIGITS, "001234567890", " 1234567890 "] {
            let answer = inactivate.invoke(named(requested)).await.json();
            let result = &answer["results"][0];
            assert_eq!(
                result["outcome"], "refused",
                "{in_decimal:?} {requested}: {answer}"
            );
            assert_eq!(in_short(&result["error"]), ("invalid_request", false, None));
            assert_eq!(result["error"]["field"], "serial_number");
            assert!(
                result["error"]["detail"].as_str().unwrap().contains("0x"),
                "it says what to do: {result}"
            );
            assert_eq!(
                words(&simulator, Vendor::AlibabaMqtt),
                ["1", "1"],
                "{in_decimal:?} {requested}"
            );
            assert_eq!(
                simulator.count(Vendor::AlibabaMqtt, "InactivateDeviceCertificate"),
                0,
                "{in_decimal:?} {requested}"
            );
        }
        let mut status = function("status", &simulator).await;
        let answer = status.invoke(named("0x12:34:56:78:90")).await.json();
        assert_eq!(
            (
                &answer["results"][0]["found"],
                &answer["results"][0]["serial_number"]
            ),
            (&json!(true), &json!(DIGITS)),
            "{answer}"
        );
        let answer = inactivate.invoke(named("0x1234567890")).await.json();
        assert_eq!(
            answer["results"][0]["outcome"], "inactivated",
            "{in_decimal:?}: marked as hex it is one certificate: {answer}"
        );
        assert_eq!(
            words(&simulator, Vendor::AlibabaMqtt),
            ["0", "1"],
            "{in_decimal:?}"
        );
        let answer = inactivate.invoke(named("499602D2")).await.json();
        assert_eq!(
            answer["results"][0]["outcome"], "inactivated",
            "{in_decimal:?}: letters are hex: {answer}"
        );
        assert_eq!(
            words(&simulator, Vendor::AlibabaMqtt),
            ["0", "0"],
            "{in_decimal:?}"
        );
    }
}
