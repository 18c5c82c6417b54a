//! Facts in an X.509 certificate itself (RFC 5280).

use std::borrow::Cow;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::time::Time;

use super::{Fact, Fingerprint, SerialNumber, Subject, Timestamp, Validity};

/// The facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct X509 {
    /// Its serial number; `None` when it cannot be read.
    pub(super) serial_number: Option<SerialNumber>,
    /// Its subject's first CN and OU.
    pub(super) subject: Subject,
    /// Its validity.
    pub(super) validity: Validity,
    /// SHA-256 of its DER form.
    pub(super) fingerprint_sha256: Fingerprint,
}

impl X509 {
    /// Reads the first certificate of a PEM text. `None` when none can be read.
    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        // `Raw` accepts certificates against RFC 5280, like serial numbers of more than 20 octets.
        let certificate = CertificateInner::<Raw>::from_der(&der).ok()?;
        let signed = certificate.tbs_certificate();
        let text = |name: Result<Option<DirectoryString>, _>| match name {
            Ok(Some(name)) => Fact::from_text(name.value().into_owned()),
            Ok(None) => Fact::Absent,
            Err(_) => Fact::Unknown,
        };
        Some(Self {
            serial_number: Some(SerialNumber::from_octets(signed.serial_number().as_bytes())),
            subject: Subject {
                common_name: text(signed.subject().common_name()),
                organizational_unit: text(signed.subject().organization_unit()),
            },
            validity: Validity {
                not_before: moment(signed.validity().not_before),
                not_after: moment(signed.validity().not_after),
            },
            fingerprint_sha256: Fingerprint::of(&der),
        })
    }
}

/// Turns a vendor's text into PEM. Alibaba's documents show line feeds as a backslash and an n, and
/// a label of Alibaba's own. `None` when nothing is between the marker lines, as in Tencent's
/// documents.
pub(super) fn as_pem(text: &str) -> Option<Cow<'_, str>> {
    let mut pem = Cow::Borrowed(text);
    for (written, meant) in [
        ("\\n", "\n"),
        ("DEVICECERTIFICATE-----", "CERTIFICATE-----"),
    ] {
        if pem.contains(written) {
            pem = Cow::Owned(pem.replace(written, meant));
        }
    }
    let has_content = pem
        .lines()
        .any(|line| !line.trim().is_empty() && !line.starts_with("-----"));
    has_content.then_some(pem)
}

fn moment(time: Time) -> Option<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_epoch_milliseconds(seconds.checked_mul(1000)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Serial number 8085f5…, a sign octet before it; made for these tests.
    pub(crate) const PEM: &str = include_str!("../x509/device.pem");

    #[test]
    fn the_facts_of_a_certificate_are_read() {
        let facts = X509::from_pem(PEM).unwrap();
        assert_eq!(
            facts.serial_number.unwrap().as_str(),
            "8085f52ece5bd88308df6d98d9707716"
        );
        assert_eq!(
            facts.subject.common_name.value().unwrap(),
            "truck-1.example.test"
        );
        assert_eq!(
            facts.subject.organizational_unit.value().unwrap(),
            "Flotte Süd"
        );
        assert_eq!(
            facts.validity.not_before.unwrap().to_string(),
            "2025-01-01T00:00:00Z"
        );
        assert_eq!(
            facts.validity.not_after.unwrap().to_string(),
            "2035-01-01T00:00:00Z"
        );
        assert_eq!(
            facts.fingerprint_sha256.as_str(),
            include_str!("../x509/device.sha256").trim()
        );
    }

    #[test]
    fn alibabas_form_is_read_as_pem() {
        let written = PEM
            .replace('\n', "\\n")
            .replace("CERTIFICATE-----", "DEVICECERTIFICATE-----");
        let pem = as_pem(&written).unwrap();
        assert_eq!(pem, PEM);
        assert_eq!(
            as_pem("-----BEGIN DEVICECERTIFICATE-----\\n-----END DEVICECERTIFICATE-----"),
            None
        );
        assert_eq!(
            as_pem("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
            None
        );
        assert_eq!(as_pem(""), None);
    }

    #[test]
    fn other_texts_have_no_facts() {
        for text in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!\n",
            "MIIB",
        ] {
            assert_eq!(X509::from_pem(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_damage_panics(at in 0..PEM.len(), byte in 0_u8..128, end in 0..PEM.len()) {
            let mut damaged = PEM.as_bytes().to_vec();
            damaged[at] = byte;
            damaged.truncate(end);
            if let Ok(text) = std::str::from_utf8(&damaged) {
                let _ = as_pem(text).and_then(|pem| X509::from_pem(&pem));
            }
        }
    }
}
