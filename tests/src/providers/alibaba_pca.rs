//! Alibaba Cloud's private CA under test.

use super::cloud::{ALIBABA, Cloud};
use super::{Inactivation, Provider};
use serde_json::{Value, json};
use simulator::{CasCertificate, Fleet, IssuedCertificate, Vendor};

/// This many numbered certificates, all good.
pub fn cas_certificates(count: usize) -> Vec<CasCertificate> {
    (0..count)
        .map(|number| CasCertificate {
            serial_number: serial(number),
            ..CasCertificate::default()
        })
        .collect()
}

fn serial(number: usize) -> String {
    format!("5{number:031x}")
}

pub(super) struct AlibabaPca;

impl Provider for AlibabaPca {
    fn vendor(&self) -> Vendor {
        Vendor::AlibabaCas
    }

    fn name(&self) -> &'static str {
        "alibaba-pca"
    }

    fn cloud(&self) -> &'static Cloud {
        &ALIBABA
    }

    fn endpoint_variable(&self) -> &'static str {
        "ALIBABA_CAS_ENDPOINT"
    }

    fn inactivation(&self) -> Option<Inactivation> {
        None
    }

    fn with_numbered(&self, fleet: Fleet, count: usize) -> Fleet {
        fleet.with(cas_certificates(count))
    }

    fn numbered_reference(&self, number: usize) -> Value {
        json!({ "serial_number": serial(number) })
    }

    fn with_issued(&self, fleet: Fleet, issued: &[IssuedCertificate]) -> Fleet {
        fleet.with(issued.iter().map(CasCertificate::of))
    }

    fn identifiers(&self, fleet: &Fleet) -> Vec<String> {
        fleet.alibaba_cas.keys().cloned().collect()
    }

    fn statuses(&self, fleet: &Fleet) -> Vec<String> {
        let all = fleet.alibaba_cas.values();
        all.map(|one| one.status.clone()).collect()
    }

    fn status_mut<'a>(
        &self,
        fleet: &'a mut Fleet,
        issued: &IssuedCertificate,
    ) -> Option<&'a mut String> {
        let found = fleet.alibaba_cas.get_mut(&issued.serial)?;
        Some(&mut found.status)
    }

    /// A certificate authority cannot know whether a broker would accept a connection.
    fn described(&self, issued: &IssuedCertificate) -> Value {
        json!({
            "provider_serial_number": issued.serial, "status": "good", "provider_status": "ISSUE", "effective_status": "good",
            "usable": null
        })
    }

    /// The provider only states whether a certificate is good.
    fn status_result(&self, issued: &IssuedCertificate) -> Value {
        json!({
            "provider_serial_number": issued.serial, "fingerprint_sha256": null, "status": "good", "provider_status": "good",
            "effective_status": "good", "usable": null, "not_before": null, "not_after": null
        })
    }

    fn list_calls(&self, _: &IssuedCertificate) -> Value {
        json!([["ListClientCertificate", { "CurrentPage": "1", "ShowSize": "100" }]])
    }

    fn status_calls(&self, issued: &IssuedCertificate) -> Value {
        json!([["DescribeClientCertificateStatusForSerialNumber", { "SerialNumber": issued.serial }]])
    }

    fn second_page(&self) -> &'static str {
        "\"CurrentPage\":\"2\""
    }
}
