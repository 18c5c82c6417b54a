//! A private key beside a certificate shows in no answer and in no line of a log.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use simulator::Vendor;
use whole_function_tests::Event;
use whole_function_tests::canary::{Output, Secrets, outputs_at_every_log_level};

use super::der::{Parts, element};
use super::{Kept, at_every_vendor, block, records};
use crate::cells::{BROKERS, request};
use crate::setup::{at_once, pair, simulator, variables};

/// The octets of the key, which are text so that every form of them is looked for.
const SECRET: &str = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=canary/Jt5wQ1sLp8Ue3Gx0Rn7Vb2Y=";

/// A number of this many octets as a key has it.
fn number(octets: &[u8]) -> Vec<u8> {
    element(0x02, octets)
}

/// PKCS #8 (RFC 5958).
fn pkcs_8() -> Vec<u8> {
    let algorithm = element(
        0x30,
        &element(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
    );
    let key = element(0x04, SECRET.as_bytes());
    element(0x30, &[number(&[0]), algorithm, key].concat())
}

/// SEC 1 (RFC 5915).
fn ec() -> Vec<u8> {
    element(
        0x30,
        &[number(&[1]), element(0x04, SECRET.as_bytes())].concat(),
    )
}

/// PKCS #1 (RFC 8017).
fn rsa() -> Vec<u8> {
    let numbers = [number(&[0]), number(&[0x65; 64]), number(&[1, 0, 1])];
    element(
        0x30,
        &[numbers.concat(), number(SECRET.as_bytes())].concat(),
    )
}

/// PKCS #8 with a password (RFC 5958), which begins as a certificate does.
fn encrypted() -> Vec<u8> {
    let algorithm = element(
        0x30,
        &element(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]),
    );
    element(
        0x30,
        &[algorithm, element(0x04, SECRET.as_bytes())].concat(),
    )
}

/// OpenSSH's own form, which is no DER.
fn open_ssh() -> Vec<u8> {
    [b"openssh-key-v1\0", SECRET.as_bytes()].concat()
}

/// A certificate's text, with one key beside it or in it.
fn texts(pem: &str) -> Vec<(&'static str, String)> {
    let key = block("PRIVATE KEY", &pkcs_8());
    let without_end = key.split("-----END").next().unwrap();
    vec![
        ("behind it", format!("{pem}{key}")),
        ("before it", format!("{key}{pem}")),
        (
            "an EC key",
            format!("{pem}{}", block("EC PRIVATE KEY", &ec())),
        ),
        (
            "an RSA key",
            format!("{}{pem}", block("RSA PRIVATE KEY", &rsa())),
        ),
        (
            "under the label of a certificate",
            format!("{}{pem}", block("CERTIFICATE", &pkcs_8())),
        ),
        (
            "an EC key under that label",
            format!("{pem}{}", block("X509 CERTIFICATE", &ec())),
        ),
        (
            "an RSA key under that label",
            format!("{pem}{}", block("TRUSTED CERTIFICATE", &rsa())),
        ),
        (
            "an encrypted key",
            format!("{pem}{}", block("ENCRYPTED PRIVATE KEY", &encrypted())),
        ),
        (
            "an OpenSSH key",
            format!("{}{pem}", block("OPENSSH PRIVATE KEY", &open_ssh())),
        ),
        (
            "an encrypted key under that label",
            format!("{pem}{}", block("CERTIFICATE", &encrypted())),
        ),
        (
            "an OpenSSH key under that label",
            format!("{pem}{}", block("CERTIFICATE", &open_ssh())),
        ),
        (
            "under a label of its own",
            format!("{pem}{}", block("DEVICE KEY", &pkcs_8())),
        ),
        ("without an end", format!("{pem}{without_end}")),
        ("without an end, before it", format!("{without_end}{pem}")),
        (
            "with a broken end",
            format!(
                "{}{pem}",
                key.replace("-----END PRIVATE KEY-----", "----END PRIV")
            ),
        ),
        (
            "with the end of a certificate",
            format!("{}{pem}", key.replace("END PRIVATE KEY", "END CERTIFICATE")),
        ),
        (
            "with the begin of a certificate",
            format!(
                "{}{pem}",
                key.replace("BEGIN PRIVATE KEY", "BEGIN CERTIFICATE")
            ),
        ),
        (
            "in letters for line breaks",
            format!("{pem}{key}").replace('\n', "\\r\\n"),
        ),
        (
            "without line breaks",
            format!("{key}{pem}").replace('\n', ""),
        ),
        ("with a byte order mark", format!("\u{feff}{key}{pem}")),
        (
            "base64 behind it",
            format!("{pem}{}", BASE64_STANDARD.encode(pkcs_8())),
        ),
        (
            "breaking off under the label of a certificate",
            format!("{pem}{}", block("CERTIFICATE", &pkcs_8()[..80])),
        ),
    ]
}

/// Certificates with a key beside each, the only text that differs from others is the key's.
fn with_keys() -> Vec<(&'static str, Kept)> {
    let cases = texts("").len();
    (0_u8..)
        .take(cases)
        .map(|place| {
            let serial_number = element(0x02, &[2, place]);
            let der = Parts {
                serial_number,
                ..Parts::default()
            }
            .der();
            let (case, text) = texts(&block("CERTIFICATE", &der)).swap_remove(usize::from(place));
            (case, Kept { der, text })
        })
        .collect()
}

#[tokio::test]
async fn only_the_certificate_is_handed_out() {
    let cases = with_keys();
    let kept: Vec<Kept> = cases.iter().map(|(_, kept)| kept.clone()).collect();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in Vendor::ALL {
        let records = records(&mut function, vendor).await;
        for (case, kept) in &cases {
            let record = &records[&kept.fingerprint()];
            assert_eq!(
                record["pem"],
                block("CERTIFICATE", &kept.der),
                "{vendor:?}: {case}"
            );
        }
    }
}

/// Every answer and line of a log of this function, with these certificates at every vendor.
async fn outputs(function: &str, kept: &[Kept], events: &[Event]) -> Vec<Output> {
    let simulator = simulator(at_every_vendor(kept)).await;
    let variables = variables(function, &simulator);
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    outputs_at_every_log_level(function, &variables, events).await
}

#[tokio::test]
async fn no_answer_and_no_log_at_any_level_shows_a_key() {
    let cases = with_keys();
    let kept: Vec<Kept> = cases.iter().map(|(_, kept)| kept.clone()).collect();
    let secrets = || Secrets::new(&[("the key", SECRET)]);
    for (case, kept) in &cases {
        let given = Output {
            name: "the vendor's text".to_owned(),
            bytes: kept.text.clone().into_bytes(),
        };
        let found = std::panic::catch_unwind(|| secrets().assert_absent(&[given]));
        assert!(found.is_err(), "{case}: the key would be noticed");
    }
    let described =
        Vendor::ALL.map(|vendor| request(vendor, &json!({ "include_pem": true })).into());
    let named = |vendor| {
        let named: Vec<_> = (0..kept.len()).map(|place| match vendor {
            Vendor::AwsIot => json!({ "fingerprint_sha256": kept[place].fingerprint() }),
            Vendor::AlibabaMqtt => json!({ "provider_serial_number": format!("no. {place}"), "ca_serial_number": crate::cells::ALIBABA_CA }),
            _ => json!({ "provider_serial_number": format!("no. {place}") }),
        }).collect();
        Event::from(request(vendor, &json!({ "certificates": named })))
    };
    let runs = [
        ("describe", described.to_vec()),
        ("status", BROKERS.map(named).to_vec()),
        ("inactivate", BROKERS.map(named).to_vec()),
    ];
    at_once(runs, |(function, events)| {
        let kept = kept.clone();
        async move {
            let outputs = outputs(function, &kept, &events).await;
            let fingerprint = kept[0].fingerprint();
            let is_shown =
                |output: &Output| String::from_utf8_lossy(&output.bytes).contains(&fingerprint);
            assert!(
                outputs.iter().any(is_shown),
                "{function} has read the certificates"
            );
            Secrets::new(&[("the key", SECRET)]).assert_absent(&outputs);
        }
    })
    .await;
}
