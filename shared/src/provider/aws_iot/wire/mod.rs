//! Answers as AWS IoT writes them (service model 2015-05-28).

use serde::Deserialize;

use crate::model::{Fact, Fingerprint, LifecycleStatus, ProviderRecord, Timestamp, Validity};

/// Of `ListCertificates` and `ListCertificatesByCA`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListCertificates {
    #[serde(default, deserialize_with = "crate::object::optional_list")]
    pub(super) certificates: Option<Vec<Listed>>,
    /// Missing, `null` or empty on the last page.
    pub(super) next_marker: Option<String>,
}

/// A row of a list holds neither the certificate nor the dates of its validity.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) certificate_id: String,
    pub(super) status: Option<String>,
    /// Epoch seconds with a fraction.
    creation_date: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeCertificate {
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) certificate_description: Option<CertificateDescription>,
}

/// Times are epoch seconds with a fraction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertificateDescription {
    pub(super) certificate_id: String,
    ca_certificate_id: Option<String>,
    status: String,
    certificate_pem: Option<String>,
    creation_date: Option<f64>,
    last_modified_date: Option<f64>,
    #[serde(default, deserialize_with = "crate::object::optional")]
    validity: Option<CertificateValidity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateValidity {
    not_before: Option<f64>,
    not_after: Option<f64>,
}

/// `list` adds the id after it has checked it.
impl From<Listed> for ProviderRecord {
    fn from(row: Listed) -> Self {
        Self {
            status: row
                .status
                .as_deref()
                .map(lifecycle_status)
                .unwrap_or_default(),
            provider_status: row.status,
            created_at: row.creation_date.and_then(moment),
            ..Self::default()
        }
    }
}

impl From<CertificateDescription> for ProviderRecord {
    /// Only the certificate itself holds the serial number.
    fn from(description: CertificateDescription) -> Self {
        let validity = description.validity.map(|validity| Validity {
            not_before: validity.not_before.and_then(moment),
            not_after: validity.not_after.and_then(moment),
        });
        Self {
            status: lifecycle_status(&description.status),
            provider_status: Some(description.status),
            validity: validity.unwrap_or_default(),
            created_at: description.creation_date.and_then(moment),
            updated_at: description.last_modified_date.and_then(moment),
            fingerprint_sha256: Fingerprint::parse(&description.certificate_id).ok(),
            // AWS leaves it out where the certificate was registered without a CA.
            ca_fingerprint_sha256: match description.ca_certificate_id {
                Some(id) => Fingerprint::parse(&id).map_or(Fact::Unknown, Fact::Known),
                None => Fact::Absent,
            },
            pem: description.certificate_pem,
            ..Self::default()
        }
    }
}

/// A certificate that is being transferred to another account (`PENDING_TRANSFER`) has none of the
/// contract's statuses: it cannot connect, and the receiving account decides whether it will.
pub(super) fn lifecycle_status(word: &str) -> LifecycleStatus {
    match word {
        "ACTIVE" => LifecycleStatus::Active,
        "INACTIVE" | "REGISTER_INACTIVE" => LifecycleStatus::Inactive,
        "PENDING_ACTIVATION" => LifecycleStatus::PendingActivation,
        "REVOKED" => LifecycleStatus::Revoked,
        _ => LifecycleStatus::Unknown,
    }
}

fn moment(seconds: f64) -> Option<Timestamp> {
    /// The year 9999.
    const LAST: f64 = 253_402_300_799_999.0;
    let milliseconds = (seconds * 1000.0).round();
    if !(milliseconds > 0.0 && milliseconds <= LAST) {
        return None;
    }
    // A whole number below 2^53 is exact in both types.
    Timestamp::from_epoch_milliseconds(milliseconds as i64)
}

#[cfg(test)]
mod tests;
