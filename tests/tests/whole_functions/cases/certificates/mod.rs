//! Odd certificates in the texts that vendors keep: what can be read is shown, and nothing else
//! than certificates.

mod facts;
mod private_keys;
mod texts;
mod unreadable;

/// The crate under test builds odd certificates with it, too.
#[path = "../../../../../shared/src/model/x509/tests/der.rs"]
mod der;

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulator::{AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet};
use simulator::{TencentCertificate, Vendor};
use whole_function_tests::Runtime;

use crate::cells::request;
use crate::setup::{alibaba, tencent};

/// A certificate, and the text in which a vendor keeps it.
#[derive(Clone)]
struct Kept {
    der: Vec<u8>,
    text: String,
}

impl Kept {
    fn of(der: Vec<u8>) -> Self {
        let text = block("CERTIFICATE", &der);
        Self { der, text }
    }

    fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.der))
    }

    fn at_aws(&self) -> AwsCertificate {
        AwsCertificate {
            certificate_id: self.fingerprint(),
            certificate_pem: self.text.clone(),
            not_before: None,
            not_after: None,
            ..AwsCertificate::default()
        }
    }

    /// The vendor's serial number is a text that is no number, here and below.
    fn at_tencent(&self, name: &str) -> TencentCertificate {
        TencentCertificate {
            client_id: name.to_owned(),
            device_certificate: self.text.clone(),
            device_certificate_sn: name.to_owned(),
            device_certificate_cn: String::new(),
            organizational_unit: None,
            not_before_time: None,
            not_after_time: None,
            ..TencentCertificate::default()
        }
    }

    fn at_alibaba(&self, name: &str) -> AlibabaMqttCertificate {
        AlibabaMqttCertificate {
            device_sn: name.to_owned(),
            device_content: self.text.clone(),
            valid_begin: 0,
            valid_end: 0,
            ..AlibabaMqttCertificate::default()
        }
    }

    fn at_the_private_ca(&self, name: &str) -> CasCertificate {
        CasCertificate {
            serial_number: name.to_owned(),
            before_date: None,
            after_date: None,
            common_name: None,
            organization_unit: None,
            x509_certificate: Some(self.text.clone()),
            ..CasCertificate::default()
        }
    }
}

/// The text of DER as RFC 7468 has it.
fn block(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

/// These certificates at every vendor, whose own records state none of their facts.
fn at_every_vendor(certificates: &[Kept]) -> Fleet {
    let named = || {
        (0..)
            .map(|number| format!("no. {number}"))
            .zip(certificates)
    };
    let at_tencent = named().map(|(name, kept)| kept.at_tencent(&name));
    let at_alibaba = named().map(|(name, kept)| kept.at_alibaba(&name));
    let mut fleet = tencent(at_tencent.collect());
    fleet.alibaba_mqtt = alibaba(at_alibaba.collect()).alibaba_mqtt;
    fleet
        .with(certificates.iter().map(Kept::at_aws))
        .with(named().map(|(name, kept)| kept.at_the_private_ca(&name)))
}

/// The answer of describe for this vendor.
async fn described(function: &mut Runtime, vendor: Vendor, own: Value) -> Value {
    let answer = function.invoke(request(vendor, &own)).await.json();
    assert!(
        answer["certificates"].is_array(),
        "{vendor:?} {own}: {answer}"
    );
    answer
}

/// The records of all certificates by their fingerprints, each of which must be known.
async fn records(function: &mut Runtime, vendor: Vendor) -> HashMap<String, Value> {
    let own = json!({ "include_pem": true, "limit": 1_000 });
    let answer = described(function, vendor, own).await;
    let records = answer["certificates"].as_array().unwrap().iter();
    records
        .map(|record| {
            assert_eq!(record["error"], Value::Null, "{vendor:?} {record}");
            let fingerprint = record["fingerprint_sha256"].as_str();
            (fingerprint.unwrap().to_owned(), record.clone())
        })
        .collect()
}

/// The fingerprints of the certificates that a filter finds, none of which may be undecided.
async fn found(function: &mut Runtime, vendor: Vendor, filter: Value) -> Vec<String> {
    let answer = described(function, vendor, json!({ "filter": filter })).await;
    assert_eq!(answer["undecided_count"], 0, "{vendor:?} {filter}");
    crate::setup::texts(&answer["certificates"], "fingerprint_sha256")
}

/// The members of a record that only the certificate states.
fn facts(record: &Value) -> Value {
    json!([
        record["serial_number"],
        record["subject"]["common_name"],
        record["subject"]["organizational_unit"],
        record["not_before"],
        record["not_after"]
    ])
}

/// The facts of a certificate of which nothing is odd.
fn usual() -> Value {
    json!([
        "0a0b",
        "truck-1",
        "Depot",
        "2026-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z"
    ])
}
