//! Answers of the client certificate actions as Alibaba Cloud writes them. Each row of a list is
//! read for itself; a member that cannot be read is as if nobody stated it.

use serde_json::value::RawValue;

use crate::model::{
    Fact, Fingerprint, LifecycleStatus, ProviderRecord, Subject, Timestamp, Validity,
};
use crate::object::Members;
use crate::vendor::alibaba::optional_list;

/// The rows of the answer of `DescribeClientCertificateStatusForSerialNumber`.
///
/// # Errors
/// When the answer holds no list.
pub(super) fn statuses(answer: &Members<'_>) -> Result<Vec<CertificateStatus>, &'static str> {
    let rows = optional_list(answer, "CertificateStatus")?.ok_or("it has no CertificateStatus")?;
    Ok(rows
        .into_iter()
        .map(|row| CertificateStatus::read(&members(row)))
        .collect())
}

/// The members of a row. One that is no object has none.
fn members(row: &RawValue) -> Members<'_> {
    Members::parse(row.get()).unwrap_or_default()
}

#[derive(Debug)]
pub(super) struct CertificateStatus {
    serial_number: Option<String>,
    status: Option<String>,
    /// The documents contradict each other on its form, see [`moment`].
    revoke_time: Option<Timestamp>,
}

impl CertificateStatus {
    fn read(members: &Members<'_>) -> Self {
        Self {
            serial_number: members.text("SerialNumber").into_value(),
            status: members.text("Status").into_value(),
            revoke_time: moment(members, "RevokeTime"),
        }
    }
}

impl From<CertificateStatus> for ProviderRecord {
    fn from(row: CertificateStatus) -> Self {
        let status = match row.status.as_deref() {
            Some("good") => LifecycleStatus::Good,
            Some("revoked") => LifecycleStatus::Revoked,
            _ => LifecycleStatus::Unknown,
        };
        Self {
            serial_number: row.serial_number,
            status,
            provider_status: row.status,
            // The published example has 0 for good certificates.
            revoked_at: row
                .revoke_time
                .filter(|_| status == LifecycleStatus::Revoked),
            ..Self::default()
        }
    }
}

/// The answer of `ListClientCertificate`.
pub(super) struct ClientCertificates {
    pub(super) rows: Vec<ClientCertificate>,
    pub(super) show_size: Option<u64>,
    pub(super) total_count: Option<u64>,
}

impl ClientCertificates {
    /// # Errors
    /// When the answer holds no list.
    pub(super) fn read(answer: &Members<'_>) -> Result<Self, &'static str> {
        let number = |name| {
            let number = answer.integer(name);
            number.and_then(|number| u64::try_from(number).ok())
        };
        let total_count = number("TotalCount");
        let rows = match optional_list(answer, "CertificateList")? {
            Some(rows) => rows,
            None if total_count == Some(0) => Vec::new(),
            None => return Err("it has no CertificateList"),
        };
        Ok(Self {
            rows: rows
                .into_iter()
                .map(|row| ClientCertificate::read(&members(row)))
                .collect(),
            show_size: number("ShowSize"),
            total_count,
        })
    }
}

#[derive(Debug)]
pub(super) struct ClientCertificate {
    serial_number: Option<String>,
    /// `ISSUE` or `REVOKE`.
    status: Option<String>,
    alias_name: Option<String>,
    common_name: Fact<String>,
    /// The vendor spells it without "al".
    organization_unit: Fact<String>,
    sha2: Option<String>,
    x509_certificate: Option<String>,
    /// Epoch milliseconds; the same product writes them as text elsewhere.
    before_date: Option<Timestamp>,
    after_date: Option<Timestamp>,
}

impl ClientCertificate {
    fn read(members: &Members<'_>) -> Self {
        let text = |name| members.text(name).into_value();
        Self {
            serial_number: text("SerialNumber"),
            status: text("Status"),
            alias_name: text("AliasName"),
            common_name: members.text("CommonName"),
            organization_unit: members.text("OrganizationUnit"),
            sha2: text("Sha2"),
            x509_certificate: text("X509Certificate"),
            before_date: moment(members, "BeforeDate"),
            after_date: moment(members, "AfterDate"),
        }
    }

    /// Why the row cannot be used in full: nothing else names the certificate.
    pub(super) const fn problem(&self) -> Option<&'static str> {
        match self.serial_number {
            Some(_) => None,
            None => Some("it has no SerialNumber that can be read"),
        }
    }
}

impl From<ClientCertificate> for ProviderRecord {
    fn from(certificate: ClientCertificate) -> Self {
        Self {
            serial_number: certificate.serial_number,
            name: certificate.alias_name,
            subject: Subject {
                common_name: certificate.common_name,
                organizational_unit: certificate.organization_unit,
            },
            status: match certificate.status.as_deref() {
                Some("ISSUE") => LifecycleStatus::Good,
                Some("REVOKE") => LifecycleStatus::Revoked,
                _ => LifecycleStatus::Unknown,
            },
            provider_status: certificate.status,
            validity: Validity {
                not_before: certificate.before_date,
                not_after: certificate.after_date,
            },
            fingerprint_sha256: certificate
                .sha2
                .and_then(|text| Fingerprint::parse(&text).ok()),
            pem: certificate.x509_certificate,
            ..Self::default()
        }
    }
}

/// The newest SDK documents epoch milliseconds, the page names no unit, and the examples show text.
/// No live answer has confirmed one, so each form is read: numbers below 10^11 are seconds (as
/// milliseconds they would lie before March 1973), 0 means none, and a text without a zone is UTC.
fn moment(members: &Members<'_>, name: &str) -> Option<Timestamp> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let Some(number) = members.integer(name) else {
        return parse_text(members.text(name).as_str()?);
    };
    let milliseconds = if number < FIRST_MILLISECONDS {
        number.checked_mul(1000)?
    } else {
        number
    };
    (milliseconds > 0).then(|| Timestamp::from_epoch_milliseconds(milliseconds))?
}

/// `2021-01-01T00:00Z`, with or without seconds and zone.
fn parse_text(text: &str) -> Option<Timestamp> {
    let (local, zone) = match text.strip_suffix('Z') {
        Some(local) => (local, "Z"),
        None => match text
            .rfind(['+', '-'])
            .filter(|at| *at > "2021-01-01T".len())
        {
            Some(at) => text.split_at_checked(at)?,
            None => (text, "Z"),
        },
    };
    let seconds = if local.matches(':').count() == 1 {
        ":00"
    } else {
        ""
    };
    Timestamp::parse(&format!("{local}{seconds}{zone}")).ok()
}

#[cfg(test)]
mod tests;
