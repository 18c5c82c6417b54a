//! Answers as AWS IoT writes them (service model 2015-05-28).

use serde_json::value::RawValue;

use crate::model::{Fact, Fingerprint, LifecycleStatus, ProviderRecord, Timestamp, Validity};
use crate::object::Members;

/// Maximum length of a marker, as documented. Cursors hold it.
const LONGEST_MARKER: usize = 1024;

/// The answer of `ListCertificates` and of `ListCertificatesByCA`.
pub(super) struct ListCertificates {
    pub(super) certificates: Vec<ListedCertificate>,
    /// `None` on the last page.
    pub(super) next_marker: Option<String>,
}

impl ListCertificates {
    /// # Errors
    /// A sentence when the rows or the marker of the next page cannot be read.
    pub(super) fn read(answer: &Members<'_>) -> Result<Self, &'static str> {
        let rows = answer
            .rows("certificates")
            .ok_or("it has no certificates, or more than 1000")?;
        Ok(Self {
            certificates: rows.into_iter().map(ListedCertificate::read).collect(),
            next_marker: continuation(answer, "nextMarker")
                .ok_or("its nextMarker cannot be read")?,
        })
    }
}

/// A row of a list holds neither the certificate nor the dates of its validity.
pub(super) struct ListedCertificate {
    /// The id, or why there is none and the row cannot be used.
    pub(super) id: Result<Fingerprint, &'static str>,
    /// The rest of the row.
    pub(super) record: ProviderRecord,
}

impl ListedCertificate {
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
    let id = text("certificateId").and_then(|id| Fingerprint::parse(&id).ok());
    ProviderRecord {
        validity: validity.unwrap_or_default(),
        updated_at: description.number("lastModifiedDate").and_then(moment),
        // AWS leaves it out where the certificate was registered without a CA.
        ca_fingerprint_sha256: if !description.is_stated("caCertificateId") {
            Fact::Absent
        } else {
            text("caCertificateId")
                .and_then(|id| Fingerprint::parse(&id).ok())
                .map_or(Fact::Unknown, Fact::Known)
        },
        pem: description.string("certificatePem"),
        arn: text("certificateArn").filter(|arn| id.is_some() && certificate_of(arn) == id),
        fingerprint_sha256: id,
        ..common(description)
    }
}

/// The id of the certificate that an Amazon Resource Name names:
/// `arn:aws:iot:<region>:<account>:cert/<id>`. `None`: it names something else.
pub(super) fn certificate_of(arn: &str) -> Option<Fingerprint> {
    let (_, id) = arn.rsplit_once(":cert/")?;
    Fingerprint::parse(id).ok()
}

/// A page of names: the answer of `ListPrincipalThings` and of `ListThingPrincipals`.
pub(super) struct Names {
    pub(super) names: Vec<String>,
    /// `None` on the last page.
    pub(super) next_token: Option<String>,
}

impl Names {
    /// Reads the names in this member. All of them are needed: one that cannot be read may be the
    /// one that is looked for.
    ///
    /// # Errors
    /// A sentence when the names or the token of the next page cannot be read.
    pub(super) fn read(answer: &Members<'_>, member: &str) -> Result<Self, &'static str> {
        let names = answer
            .list(member)
            .ok_or("it has no list of names")?
            .into_iter()
            .map(|name| serde_json::from_str::<String>(name.get()).ok())
            .map(|name| name.filter(|name| !name.is_empty() && !name.contains('\u{fffd}')))
            .collect::<Option<_>>()
            .ok_or("one of its names cannot be read")?;
        Ok(Self {
            names,
            next_token: continuation(answer, "nextToken").ok_or("its nextToken cannot be read")?,
        })
    }
}

/// The marker of the next page: `Some(None)` on the last page, and `None` when it cannot be read or
/// is longer than documented.
fn continuation(answer: &Members<'_>, member: &str) -> Option<Option<String>> {
    match answer.text(member) {
        Fact::Known(text) => (text.len() <= LONGEST_MARKER).then_some(Some(text)),
        Fact::Absent => Some(None),
        Fact::Unknown if !answer.is_stated(member) => Some(None),
        Fact::Unknown => None,
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
/// contract's statuses: the receiving account decides whether it will connect.
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
