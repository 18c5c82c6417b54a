//! AWS IoT Core under test.

use super::cloud::{AWS, Cloud};
use super::{Inactivation, Provider};
use serde_json::{Value, json};
use simulator::{AwsCertificate, Fleet, IssuedCertificate, Vendor};

/// The time at which the first numbered certificate was registered.
const CREATED: i64 = 1_742_983_115_198;

/// This many numbered certificates in use, the first one registered first. Their texts are empty, so
/// that their serial numbers are not known.
pub fn aws_certificates(count: usize) -> Vec<AwsCertificate> {
    (CREATED..)
        .take(count)
        .enumerate()
        .map(|(number, creation_date)| AwsCertificate {
            certificate_id: id(number),
            creation_date,
            ..AwsCertificate::default()
        })
        .collect()
}

/// The identifiers are not in the order of registration, like those of real certificates.
fn id(number: usize) -> String {
    let mixed = u64::try_from(number)
        .unwrap_or_default()
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{number:048x}")
}

pub(super) struct AwsIot;

impl Provider for AwsIot {
    fn vendor(&self) -> Vendor {
        Vendor::AwsIot
    }

    fn name(&self) -> &'static str {
        "aws-iot"
    }

    fn cloud(&self) -> &'static Cloud {
        &AWS
    }

    fn endpoint_variable(&self) -> &'static str {
        "AWS_ENDPOINT_URL_IOT"
    }

    fn inactivation(&self) -> Option<Inactivation> {
        Some(Inactivation {
            read: "DescribeCertificate",
            write: "UpdateCertificate",
            words: ("ACTIVE", "INACTIVE"),
            allowed: "aws-iot",
            denial: ("CertificateStateException", 406),
            not_found: ("ResourceNotFoundException", 404),
            read_parameters: |issued| json!({ "certificateId": issued.fingerprint_sha256 }),
            write_parameters: || json!({ "newStatus": "INACTIVE" }),
            result: |_| json!({ "serial_number_base": null }),
        })
    }

    fn with_numbered(&self, fleet: Fleet, count: usize) -> Fleet {
        fleet.with(aws_certificates(count))
    }

    fn numbered_reference(&self, number: usize) -> Value {
        json!({ "fingerprint_sha256": id(number) })
    }

    fn with_issued(&self, fleet: Fleet, issued: &[IssuedCertificate]) -> Fleet {
        fleet.with(issued.iter().map(AwsCertificate::of))
    }

    fn reference(&self, issued: &IssuedCertificate) -> Value {
        json!({ "fingerprint_sha256": issued.fingerprint_sha256 })
    }

    fn identifier(&self) -> &'static str {
        "fingerprint_sha256"
    }

    fn identifiers(&self, fleet: &Fleet) -> Vec<String> {
        fleet.aws_iot.keys().cloned().collect()
    }

    fn statuses(&self, fleet: &Fleet) -> Vec<String> {
        let all = fleet.aws_iot.values();
        all.map(|one| one.status.clone()).collect()
    }

    fn status_mut<'a>(
        &self,
        fleet: &'a mut Fleet,
        issued: &IssuedCertificate,
    ) -> Option<&'a mut String> {
        let found = fleet.aws_iot.get_mut(&issued.fingerprint_sha256)?;
        Some(&mut found.status)
    }

    /// Only the certificate itself has the serial number.
    fn described(&self, _: &IssuedCertificate) -> Value {
        json!({
            "serial_number_base": null, "created_at": "2025-03-01T00:00:00.123Z", "updated_at": "2025-03-01T00:46:40Z",
            "ca_fingerprint_sha256": "cd".repeat(32)
        })
    }

    fn status_result(&self, _: &IssuedCertificate) -> Value {
        json!({ "serial_number_base": null })
    }

    fn list_calls(&self, issued: &IssuedCertificate) -> Value {
        json!([
            ["ListCertificates", { "isAscendingOrder": "false", "pageSize": "100" }],
            ["DescribeCertificate", { "certificateId": issued.fingerprint_sha256 }]
        ])
    }

    fn status_calls(&self, issued: &IssuedCertificate) -> Value {
        json!([["DescribeCertificate", { "certificateId": issued.fingerprint_sha256 }]])
    }

    fn second_page(&self) -> &'static str {
        "marker"
    }
}
