//! One certificate as every provider's records are shown.

use serde::Serialize;

use super::{EffectiveStatus, LifecycleStatus, SerialNumber, Timestamp};

/// The parts of a certificate's subject that brokers keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// CN.
    pub common_name: Option<String>,
    /// OU.
    pub organizational_unit: Option<String>,
}

/// A certificate in the contract's one form. A fact that the provider does not give is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Canonical serial number; `null` only when the provider's text is not hex.
    pub serial_number: Option<SerialNumber>,
    /// The provider's own spelling, which its API wants back.
    pub provider_serial_number: Option<String>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// MQTT client id that the certificate is bound to.
    pub client_id: Option<String>,
    /// Subject.
    pub subject: Subject,
    /// What the provider says.
    pub status: LifecycleStatus,
    /// The provider's own word for it.
    pub provider_status: Option<String>,
    /// `status` combined with the dates and the clock.
    pub effective_status: EffectiveStatus,
    /// Would a connection be accepted now?
    pub usable: Option<bool>,
    /// How it got to the broker, in the provider's own word: `API`, `JITP`.
    pub source: Option<String>,
    /// First moment of validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of validity.
    pub not_after: Option<Timestamp>,
    /// When the record was made.
    pub created_at: Option<Timestamp>,
    /// When the record was last changed.
    pub updated_at: Option<Timestamp>,
    /// When it was last switched on.
    pub last_activated_at: Option<Timestamp>,
    /// When it was last switched off.
    pub last_inactivated_at: Option<Timestamp>,
    /// Lower-case hex of the SHA-256 of the DER form.
    pub fingerprint_sha256: Option<String>,
    /// The certificate itself, when it was asked for.
    pub pem: Option<String>,
}
