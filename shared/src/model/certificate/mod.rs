//! One certificate as every provider's records are shown: what the provider says and what the
//! certificate says of itself.

use std::borrow::Cow;

use serde::Serialize;

use super::x509::{X509, as_pem};
use super::{
    EffectiveStatus, Fingerprint, LifecycleStatus, SerialNumber, SerialNumberBase, Timestamp,
    Validity, judge,
};

/// Parts of a certificate's subject that brokers keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subject {
    /// Common name (CN).
    pub common_name: Option<String>,
    /// Organizational unit (OU).
    pub organizational_unit: Option<String>,
}

/// A certificate in the same form for every provider. A member is `null` when neither the provider
/// nor the certificate has the fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Certificate {
    /// Serial number in the canonical form; `null` when it cannot be read, or was not read because
    /// `details` is false.
    pub serial_number: Option<SerialNumber>,
    /// Serial number as the provider spells it and its API expects it; `null` when its API
    /// identifies certificates by another name.
    pub provider_serial_number: Option<String>,
    /// Base in which `provider_serial_number` was read; `null` when its digits are valid in both
    /// bases and the certificate itself is not available to decide, so that hex was assumed.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// Name that the provider keeps for the certificate beside its subject.
    pub name: Option<String>,
    /// MQTT client id that the certificate is bound to.
    pub client_id: Option<String>,
    /// Subject of the certificate.
    pub subject: Subject,
    /// Status at the provider.
    pub status: LifecycleStatus,
    /// Status in the provider's own spelling.
    pub provider_status: Option<String>,
    /// Status combined with the validity dates and the current time.
    pub effective_status: EffectiveStatus,
    /// Whether the broker would accept a connection with this certificate now; `null` when the
    /// facts do not decide it.
    pub usable: Option<bool>,
    /// Way of registration in the provider's own spelling, like `API` or `JITP`.
    pub source: Option<String>,
    /// First moment of the validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of the validity.
    pub not_after: Option<Timestamp>,
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
    /// SHA-256 fingerprint of the certificate's DER form. AWS IoT uses it as the certificate id.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// SHA-256 fingerprint of the issuing CA's certificate. AWS IoT uses it as the CA certificate
    /// id.
    pub ca_fingerprint_sha256: Option<Fingerprint>,
    /// Facts on which the provider's record and the certificate itself differ.
    pub disagreements: Vec<Disagreement>,
    /// The certificate in PEM; `null` unless `include_pem` was requested and the provider has it.
    pub pem: Option<String>,
    /// Whether the subject is known. A filter on it can only leave out what is known to be another.
    #[serde(skip)]
    pub subject_is_known: bool,
    /// Whether the provider does not document the base of its serial numbers.
    #[serde(skip)]
    pub serial_number_base_is_open: bool,
    /// Last moment of validity in the certificate itself, where it is at hand.
    #[serde(skip)]
    pub certified_not_after: Option<Timestamp>,
}

impl Certificate {
    /// The earlier of the ends of validity that the provider and the certificate tell.
    pub fn first_end(&self) -> Option<Timestamp> {
        self.not_after
            .into_iter()
            .chain(self.certified_not_after)
            .min()
    }
}

/// One fact on which the provider's record and the certificate itself differ. The member of the
/// certificate shows the provider's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disagreement {
    /// Name of the member, like `not_after`.
    pub member: &'static str,
    /// Value in the provider's record, in the form of this API.
    pub provider: String,
    /// Value in the certificate itself, in the form of this API.
    pub certificate: String,
}

/// What a provider says about a certificate. What it leaves out is left out here; texts may be
/// empty.
#[derive(Clone, Debug, Default)]
pub struct ProviderRecord {
    /// As the provider spells it.
    pub serial_number: Option<String>,
    /// Whether the provider does not document the base of its serial numbers.
    pub serial_number_base_is_open: bool,
    /// As the provider spells it.
    pub ca_serial_number: Option<String>,
    /// The provider's name for it.
    pub name: Option<String>,
    /// MQTT client id.
    pub client_id: Option<String>,
    /// What the provider keeps of the subject; `None` where it keeps nothing of it.
    pub subject: Option<Subject>,
    /// The provider's word in the contract's terms.
    pub status: LifecycleStatus,
    /// The provider's word.
    pub provider_status: Option<String>,
    /// How it got there.
    pub source: Option<String>,
    /// Its dates.
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
    /// SHA-256 of the CA's certificate.
    pub ca_fingerprint_sha256: Option<Fingerprint>,
    /// The certificate, in whatever form the provider writes it.
    pub pem: Option<String>,
}

impl ProviderRecord {
    /// The record in the contract's form. The certificate itself fills what the provider leaves
    /// out; what the provider tells stays, and each difference between the two is noted.
    pub fn into_certificate(self, now: Timestamp, include_pem: bool) -> Certificate {
        let pem = self.pem.as_deref().and_then(as_pem);
        let certified = pem.as_deref().and_then(X509::from_pem);
        let (serial_number, serial_number_base) = self.serial_number(certified.as_ref());
        let certified_validity = certified
            .as_ref()
            .map(|certificate| certificate.validity)
            .unwrap_or_default();
        let (effective_status, usable) = judge(self.status, self.validity, certified_validity, now);
        let validity = self.validity.or(certified_validity);
        let subject_is_known = self.subject.is_some() || certified.is_some();
        let told = self.subject.unwrap_or_default();
        let told = Subject {
            common_name: fact(told.common_name),
            organizational_unit: fact(told.organizational_unit),
        };
        let mut disagreements = Disagreements::default();
        if let Some(X509 {
            serial_number: number,
            subject,
            validity,
            fingerprint_sha256,
        }) = &certified
        {
            disagreements.note("serial_number", serial_number.as_ref(), Some(number));
            disagreements.note(
                "subject.common_name",
                told.common_name.as_ref(),
                subject.common_name.as_ref(),
            );
            let (unit, certified_unit) = (
                told.organizational_unit.as_ref(),
                subject.organizational_unit.as_ref(),
            );
            disagreements.note("subject.organizational_unit", unit, certified_unit);
            disagreements.note(
                "not_before",
                self.validity.not_before.map(seconds).as_ref(),
                validity.not_before.as_ref(),
            );
            disagreements.note(
                "not_after",
                self.validity.not_after.map(seconds).as_ref(),
                validity.not_after.as_ref(),
            );
            disagreements.note(
                "fingerprint_sha256",
                self.fingerprint_sha256.as_ref(),
                Some(fingerprint_sha256),
            );
        }
        let (certified_subject, certified_fingerprint) = certified
            .map(|certificate| (certificate.subject, certificate.fingerprint_sha256))
            .unzip();
        let certified_subject = certified_subject.unwrap_or_default();
        Certificate {
            serial_number,
            serial_number_base,
            provider_serial_number: fact(self.serial_number),
            ca_serial_number: self
                .ca_serial_number
                .and_then(|text| SerialNumber::parse(&text).ok()),
            name: fact(self.name),
            client_id: fact(self.client_id),
            subject: Subject {
                common_name: told.common_name.or(certified_subject.common_name),
                organizational_unit: told
                    .organizational_unit
                    .or(certified_subject.organizational_unit),
            },
            status: self.status,
            provider_status: fact(self.provider_status),
            effective_status,
            usable,
            source: fact(self.source),
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
            pem: pem.filter(|_| include_pem).map(Cow::into_owned),
            subject_is_known,
            serial_number_base_is_open: self.serial_number_base_is_open,
            certified_not_after: certified_validity.not_after,
        }
    }

    /// The number that the provider's text stands for. Where its digits allow two readings, the
    /// certificate decides.
    fn serial_number(
        &self,
        certified: Option<&X509>,
    ) -> (Option<SerialNumber>, Option<SerialNumberBase>) {
        let certified = certified.map(|certificate| &certificate.serial_number);
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

#[derive(Default)]
struct Disagreements(Vec<Disagreement>);

impl Disagreements {
    fn note<T: PartialEq + ToString>(
        &mut self,
        member: &'static str,
        told: Option<&T>,
        certified: Option<&T>,
    ) {
        if let (Some(told), Some(certified)) = (told, certified)
            && told != certified
        {
            self.0.push(Disagreement {
                member,
                provider: told.to_string(),
                certificate: certified.to_string(),
            });
        }
    }
}

/// A certificate knows whole seconds only.
fn seconds(moment: Timestamp) -> Timestamp {
    moment
        .epoch_seconds()
        .checked_mul(1000)
        .and_then(Timestamp::from_epoch_milliseconds)
        .unwrap_or(moment)
}

/// A provider's text as a fact: an empty one is none.
pub(crate) fn fact(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
