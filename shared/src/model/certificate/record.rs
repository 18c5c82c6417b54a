//! Converts a provider's record into a certificate.

use super::{Certificate, ClientIds, Disagreement};
use crate::model::x509::{X509, certificates, to_pem};
use crate::model::{
    Fact, Fingerprint, LifecycleStatus, SerialNumber, SerialNumberBase, Subject, Timestamp,
    Validity, judge,
};

/// Maximum length of a fact in characters, as of the text by which a request names a certificate.
/// A certificate with every fact at its longest still fits into any answer, even where each
/// character takes seven bytes there.
const LONGEST_FACT: usize = 256;

/// Maximum length of the text in which a provider keeps a certificate, in bytes. Post-quantum
/// certificates have about 10 kB.
const LONGEST_PEM: usize = 64 * 1024;

/// A provider's record of a certificate. Facts that the provider leaves out are `None`; texts may
/// be empty.
#[derive(Clone, Debug, Default)]
pub struct ProviderRecord {
    /// Serial number in the provider's spelling.
    pub serial_number: Option<String>,
    /// Whether the provider does not document the base of its serial numbers.
    pub serial_number_base_is_open: bool,
    /// Serial number of the issuing CA's certificate in the provider's spelling.
    pub ca_serial_number: Option<String>,
    /// The provider's name for the certificate.
    pub name: Option<String>,
    /// MQTT client id.
    pub client_id: Fact<String>,
    /// MQTT client ids, where a certificate may have several.
    pub client_ids: ClientIds,
    /// The parts of the subject that the provider keeps.
    pub subject: Subject,
    /// Status.
    pub status: LifecycleStatus,
    /// Status in the provider's spelling.
    pub provider_status: Option<String>,
    /// Way of registration in the provider's spelling.
    pub source: Option<String>,
    /// Validity.
    pub validity: Validity,
    /// Time when the provider's record was created.
    pub created_at: Option<Timestamp>,
    /// Time when the provider's record was last changed.
    pub updated_at: Option<Timestamp>,
    /// Time when the certificate was last activated.
    pub last_activated_at: Option<Timestamp>,
    /// Time when the certificate was last inactivated.
    pub last_inactivated_at: Option<Timestamp>,
    /// Time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// SHA-256 of the DER form.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// SHA-256 of the issuing CA's certificate.
    pub ca_fingerprint_sha256: Fact<Fingerprint>,
    /// The text in which the provider keeps the certificate.
    pub pem: Option<String>,
    /// Amazon Resource Name.
    pub arn: Option<String>,
}

impl ProviderRecord {
    /// Converts the record. Facts that the provider leaves out come from the certificate itself; a
    /// fact of the provider stays, and each difference between the two is noted. A fact with a text
    /// that is too long is as if nobody stated it.
    pub fn into_certificate(mut self, now: Timestamp, include_pem: bool) -> Certificate {
        let mut too_long = self.drop_long_texts();
        let certificates = self.pem.as_deref().map(certificates).unwrap_or_default();
        let certified = certificates.first().map(|der| {
            let mut certified = X509::from_der(der);
            drop_long_subject(&mut certified.subject, &mut too_long);
            certified
        });
        let (serial_number, serial_number_base) = self.serial_number(certified.as_ref());
        let certified_validity = certified
            .as_ref()
            .map(|certificate| certificate.validity)
            .unwrap_or_default();
        let (effective_status, usable) = judge(self.status, self.validity, certified_validity, now);
        let validity = self.validity.or(certified_validity);
        let mut disagreements = Disagreements::default();
        if let Some(certified) = &certified {
            disagreements.note_all(&self, serial_number.as_ref(), certified);
        }
        let (certified_subject, certified_fingerprint) = certified
            .map(|certificate| (certificate.subject, certificate.fingerprint_sha256))
            .unzip();
        let certified_subject = certified_subject.unwrap_or_default();
        Certificate {
            serial_number,
            serial_number_base,
            provider_serial_number: non_empty(self.serial_number),
            ca_serial_number: self
                .ca_serial_number
                .as_deref()
                .and_then(|text| SerialNumber::parse(text).ok()),
            provider_ca_serial_number: non_empty(self.ca_serial_number),
            name: non_empty(self.name),
            client_id: self.client_id,
            client_ids: self.client_ids,
            subject: Subject {
                common_name: self.subject.common_name.or(certified_subject.common_name),
                organizational_unit: self
                    .subject
                    .organizational_unit
                    .or(certified_subject.organizational_unit),
            },
            status: self.status,
            provider_status: non_empty(self.provider_status),
            effective_status,
            usable,
            source: non_empty(self.source),
            not_before: validity.not_before,
            not_after: validity.not_after,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_activated_at: self.last_activated_at,
            last_inactivated_at: self.last_inactivated_at,
            revoked_at: self.revoked_at,
            fingerprint_sha256: self.fingerprint_sha256.or(certified_fingerprint),
            ca_fingerprint_sha256: self.ca_fingerprint_sha256,
            disagreements: disagreements.0,
            pem: (include_pem && !certificates.is_empty()).then(|| to_pem(&certificates)),
            serial_number_base_is_open: self.serial_number_base_is_open,
            too_long,
            certified_not_after: certified_validity.not_after,
            arn: self.arn,
        }
    }

    /// Drops the texts that are too long. Returns their members.
    fn drop_long_texts(&mut self) -> Vec<&'static str> {
        let mut too_long = Vec::new();
        for (member, text) in [
            ("provider_serial_number", &mut self.serial_number),
            ("provider_ca_serial_number", &mut self.ca_serial_number),
            ("name", &mut self.name),
            ("provider_status", &mut self.provider_status),
            ("source", &mut self.source),
        ] {
            if text.as_deref().is_some_and(is_too_long) {
                *text = None;
                too_long.push(member);
            }
        }
        drop_long_fact("client_id", &mut self.client_id, &mut too_long);
        drop_long_subject(&mut self.subject, &mut too_long);
        if self.pem.as_ref().is_some_and(|pem| pem.len() > LONGEST_PEM) {
            self.pem = None;
            too_long.push("pem");
        }
        too_long
    }

    /// The number that the provider's text stands for, and its base. Where its digits are valid in
    /// both bases, the certificate decides.
    fn serial_number(
        &self,
        certified: Option<&X509>,
    ) -> (Option<SerialNumber>, Option<SerialNumberBase>) {
        let certified = certified.and_then(|certificate| certificate.serial_number.as_ref());
        let Some(hex) = self
            .serial_number
            .as_deref()
            .and_then(|text| SerialNumber::parse(text).ok())
        else {
            return (certified.cloned(), None);
        };
        let decimal = hex
            .read_as_decimal()
            .filter(|_| self.serial_number_base_is_open);
        match (decimal, certified) {
            (Some(decimal), Some(certified)) if decimal == *certified => {
                (Some(decimal), Some(SerialNumberBase::Decimal))
            }
            (Some(_), certified) if certified != Some(&hex) => (Some(hex), None),
            _ => (Some(hex), Some(SerialNumberBase::Hex)),
        }
    }
}

fn is_too_long(text: &str) -> bool {
    text.chars().nth(LONGEST_FACT).is_some()
}

fn drop_long_fact(member: &'static str, fact: &mut Fact<String>, too_long: &mut Vec<&'static str>) {
    if fact.as_str().is_some_and(is_too_long) {
        *fact = Fact::Unknown;
        too_long.push(member);
    }
}

fn drop_long_subject(subject: &mut Subject, too_long: &mut Vec<&'static str>) {
    drop_long_fact("subject.common_name", &mut subject.common_name, too_long);
    drop_long_fact(
        "subject.organizational_unit",
        &mut subject.organizational_unit,
        too_long,
    );
}

/// Facts on which the record and the certificate differ.
#[derive(Default)]
struct Disagreements(Vec<Disagreement>);

impl Disagreements {
    fn note_all(
        &mut self,
        record: &ProviderRecord,
        serial_number: Option<&SerialNumber>,
        certified: &X509,
    ) {
        let ProviderRecord {
            subject, validity, ..
        } = record;
        self.note(
            "serial_number",
            serial_number,
            certified.serial_number.as_ref(),
        );
        self.note(
            "subject.common_name",
            subject.common_name.value(),
            certified.subject.common_name.value(),
        );
        self.note(
            "subject.organizational_unit",
            subject.organizational_unit.value(),
            certified.subject.organizational_unit.value(),
        );
        self.note(
            "not_before",
            validity.not_before.map(seconds).as_ref(),
            certified.validity.not_before.map(seconds).as_ref(),
        );
        self.note(
            "not_after",
            validity.not_after.map(seconds).as_ref(),
            certified.validity.not_after.map(seconds).as_ref(),
        );
        self.note(
            "fingerprint_sha256",
            record.fingerprint_sha256.as_ref(),
            Some(&certified.fingerprint_sha256),
        );
    }

    fn note<T: PartialEq + ToString>(
        &mut self,
        member: &'static str,
        recorded: Option<&T>,
        certified: Option<&T>,
    ) {
        if let (Some(recorded), Some(certified)) = (recorded, certified)
            && recorded != certified
        {
            self.0.push(Disagreement {
                member,
                provider: recorded.to_string(),
                certificate: certified.to_string(),
            });
        }
    }
}

/// Drops fractions of a second, which most certificates do not hold.
fn seconds(moment: Timestamp) -> Timestamp {
    moment
        .epoch_seconds()
        .checked_mul(1000)
        .and_then(Timestamp::from_epoch_milliseconds)
        .unwrap_or(moment)
}

/// Turns an empty text into `None`.
pub(crate) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
