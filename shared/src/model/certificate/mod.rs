//! A certificate in the same form for every provider.

mod client_ids;
mod record;

use serde::Serialize;

use super::{
    EffectiveStatus, Fact, Fingerprint, LifecycleStatus, SerialNumber, SerialNumberBase, Subject,
    Timestamp,
};

pub use client_ids::ClientIds;
pub use record::ProviderRecord;
pub(crate) use record::non_empty;

/// A certificate in the same form for every provider. A member is `null` when neither the provider
/// nor the certificate has the value.
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
    /// Serial number of the issuing CA's certificate as the provider spells it and its API expects
    /// it.
    pub provider_ca_serial_number: Option<String>,
    /// Name that the provider keeps for the certificate beside its subject.
    pub name: Option<String>,
    /// MQTT client id that the certificate is bound to.
    pub client_id: Fact<String>,
    /// MQTT client ids that are tied to the certificate: its `client_id`, or at AWS IoT the names of
    /// its things, which AWS recommends as client ids. `null` unless `include_clients` was requested
    /// and the provider states them.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub client_ids: ClientIds,
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
    pub ca_fingerprint_sha256: Fact<Fingerprint>,
    /// Facts on which the provider's record and the certificate itself differ.
    pub disagreements: Vec<Disagreement>,
    /// The certificate in PEM; `null` unless `include_pem` was requested and the provider has it.
    pub pem: Option<String>,
    /// Whether the provider does not document the base of its serial numbers. Answers do not show
    /// this member and the next ones.
    #[serde(skip)]
    pub serial_number_base_is_open: bool,
    /// Names of the members that are left out because their text is longer than an answer can hold.
    #[serde(skip)]
    pub too_long: Vec<&'static str>,
    /// Last moment of the validity in the certificate itself, where it is available.
    #[serde(skip)]
    pub certified_not_after: Option<Timestamp>,
    /// Amazon Resource Name, by which AWS IoT lists the things of a certificate. It holds the
    /// account's number and stays here.
    #[serde(skip)]
    pub arn: Option<String>,
}

impl Certificate {
    /// The earlier of the ends of validity in the provider's record and in the certificate.
    pub fn first_end(&self) -> Option<Timestamp> {
        self.not_after
            .into_iter()
            .chain(self.certified_not_after)
            .min()
    }

    /// Whether this client id is tied to the certificate; `None` when that is not known.
    pub fn has_client_id(&self, client_id: &str) -> Option<bool> {
        self.client_ids
            .contain(client_id)
            .or(match &self.client_id {
                Fact::Unknown => None,
                Fact::Absent => Some(false),
                Fact::Known(known) => Some(known == client_id),
            })
    }

    /// The same certificate with `client_ids` where the provider's record states one `client_id`.
    #[must_use]
    pub fn with_client_ids(self) -> Self {
        let client_ids = match (&self.client_ids, &self.client_id) {
            (ClientIds::Unknown, Fact::Known(id)) => ClientIds::All(vec![id.clone()]),
            (ClientIds::Unknown, Fact::Absent) => ClientIds::All(Vec::new()),
            _ => return self,
        };
        Self { client_ids, ..self }
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

#[cfg(test)]
mod tests;
