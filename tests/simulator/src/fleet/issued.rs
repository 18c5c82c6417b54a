//! Certificates on demand, signed by one CA of this process.

use super::pem::{Authority, Facts};
use std::sync::OnceLock;

/// A real certificate and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// PEM text.
    pub pem: String,
    /// SHA-256 of the DER form, lower-case hex.
    pub fingerprint_sha256: String,
    /// Serial number as it was requested, hex.
    pub serial: String,
    /// Common name of the subject.
    pub common_name: String,
    /// Organizational unit of the subject.
    pub organizational_unit: Option<String>,
    /// Start of validity, epoch milliseconds.
    pub not_before_ms: i64,
    /// End of validity, epoch milliseconds.
    pub not_after_ms: i64,
}

impl IssuedCertificate {
    /// The whole subject as Alibaba's private CA writes it.
    pub(crate) fn subject(&self) -> String {
        let unit = self
            .organizational_unit
            .as_ref()
            .map_or_else(String::new, |unit| format!("OU={unit},"));
        format!("C=CN,O=Example Mobility,{unit}CN={}", self.common_name)
    }
}

/// A certificate with a P-256 key, signed by the same CA each time. All certificates have the same
/// key, which makes them quick to issue. `serial_hex` is the number in hex; leading zeros and the
/// case of its digits do not matter to the certificate.
///
/// # Panics
///
/// When a time is no whole second or is out of range, or the system gives no random numbers.
pub fn issue(
    serial_hex: &str,
    common_name: &str,
    organizational_unit: Option<&str>,
    not_before_ms: i64,
    not_after_ms: i64,
) -> IssuedCertificate {
    static AUTHORITY: OnceLock<Option<Authority>> = OnceLock::new();
    assert!(
        not_before_ms.rem_euclid(1000) == 0 && not_after_ms.rem_euclid(1000) == 0,
        "a certificate begins and ends on a whole second, not at {not_before_ms} and {not_after_ms}"
    );
    let facts = Facts {
        serial: serial_hex,
        common_name,
        organizational_unit,
        not_before: not_before_ms,
        not_after: not_after_ms,
    };
    let authority = AUTHORITY.get_or_init(|| Authority::new("Simulator Device CA").ok());
    let Some(issued) = authority
        .as_ref()
        .and_then(|authority| authority.issue(&facts).ok())
    else {
        unreachable!("no certificate from {not_before_ms} to {not_after_ms}");
    };
    issued
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::sha256_hex;
    use std::time::{Duration, Instant};
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

    fn der(issued: &IssuedCertificate) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap()
    }

    #[test]
    fn an_issued_certificate_has_the_requested_members_and_its_fingerprint() {
        let issued = issue(
            "00EEf68",
            "truck-1",
            None,
            1_740_787_200_000,
            1_898_467_200_000,
        );
        let der = der(&issued);
        assert_eq!(issued.fingerprint_sha256, sha256_hex(&der));
        let holds = |bytes: &[u8]| der.windows(bytes.len()).any(|window| window == bytes);
        assert!(holds(&[0x02, 0x03, 0x0e, 0xef, 0x68]));
        assert!(holds(b"truck-1") && holds(b"250301000000Z") && holds(b"300228000000Z"));
        assert!(!issued.pem.contains('\r'));
        assert_eq!(issued.subject(), "C=CN,O=Example Mobility,CN=truck-1");
    }

    #[test]
    fn certificates_are_issued_quickly() {
        let start = Instant::now();
        for number in 0..500 {
            issue(
                &format!("{number:x}"),
                "truck",
                Some("Cold Chain"),
                0,
                1_898_467_200_000,
            );
        }
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }
}
