//! Answers as AWS IoT writes them (service model 2015-05-28).

use serde_json::value::RawValue;

use crate::model::{Fact, Fingerprint, LifecycleStatus, ProviderRecord, Timestamp, Validity};
use crate::object::Members;

/// Maximum length of a marker, as documented. Cursors hold it.
const LONGEST_MARKER: usize = 1024;

/// Of `ListCertificates` and `ListCertificatesByCA`.
pub(super) struct ListCertificates {
    pub(super) certificates: Vec<Listed>,
    /// `None` on the last page.
    pub(super) next_marker: Option<String>,
}

impl ListCertificates {
    /// # Errors
    /// A sentence when the rows, or the place where the list continues, cannot be read.
    pub(super) fn read(answer: &Members<'_>) -> Result<Self, &'static str> {
        let rows = answer
            .rows("certificates")
            .ok_or("it has no certificates, or more than 1000")?;
        Ok(Self {
            certificates: rows.into_iter().map(Listed::read).collect(),
            next_marker: match answer.text("nextMarker") {
                Fact::Known(marker) if marker.len() > LONGEST_MARKER => {
                    return Err("its nextMarker has more than 1024 characters");
                }
                Fact::Known(marker) => Some(marker),
                Fact::Absent => None,
                Fact::Unknown if !answer.is_stated("nextMarker") => None,
                Fact::Unknown => return Err("its nextMarker cannot be read"),
            },
        })
    }
}

/// A row of a list holds neither the certificate nor the dates of its validity.
pub(super) struct Listed {
    /// The id, or why there is none and the row cannot be used.
    pub(super) id: Result<Fingerprint, &'static str>,
    /// The rest of the row.
    pub(super) record: ProviderRecord,
}

impl Listed {
    fn read(row: &RawValue) -> Self {
        let Some(members) = Members::parse(row.get()) else {
            return Self {
                id: Err("it is no JSON object"),
                record: ProviderRecord::default(),
            };
        };
        let id = members
            .text("certificateId")
            .into_value()
            .ok_or("it has no readable certificateId")
            .and_then(|id| {
                Fingerprint::parse(&id).map_err(|_| "its certificateId is no SHA-256 in hex")
            });
        Self {
            id,
            record: common(&members),
        }
    }
}

/// The `certificateDescription` of `DescribeCertificate`. Only the certificate itself holds the
/// serial number.
pub(super) fn description(description: &Members<'_>) -> ProviderRecord {
    let text = |name| description.text(name).into_value();
    let validity = description.object("validity").map(|validity| Validity {
        not_before: validity.number("notBefore").and_then(moment),
        not_after: validity.number("notAfter").and_then(moment),
    });
    ProviderRecord {
        validity: validity.unwrap_or_default(),
        updated_at: description.number("lastModifiedDate").and_then(moment),
        fingerprint_sha256: text("certificateId").and_then(|id| Fingerprint::parse(&id).ok()),
        // AWS leaves it out where the certificate was registered without a CA.
        ca_fingerprint_sha256: if !description.is_stated("caCertificateId") {
            Fact::Absent
        } else {
            text("caCertificateId")
                .and_then(|id| Fingerprint::parse(&id).ok())
                .map_or(Fact::Unknown, Fact::Known)
        },
        pem: description.string("certificatePem"),
        ..common(description)
    }
}

/// The members that a row of a list and a description share. Times are epoch seconds with a
/// fraction.
fn common(members: &Members<'_>) -> ProviderRecord {
    // A status is a word; a number stands for none.
    let provider_status = members.string("status").filter(|word| !word.is_empty());
    ProviderRecord {
        status: provider_status
            .as_deref()
            .map(lifecycle_status)
            .unwrap_or_default(),
        provider_status,
        created_at: members.number("creationDate").and_then(moment),
        ..ProviderRecord::default()
    }
}

/// A certificate that is being transferred to another account (`PENDING_TRANSFER`) has none of the
/// contract's statuses: it cannot connect, and the receiving account decides whether it will.
fn lifecycle_status(word: &str) -> LifecycleStatus {
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
