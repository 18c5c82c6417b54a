//! What status answers.

use serde::Serialize;

use crate::error::{Error, ErrorCode};
use crate::model::{
    Certificate, Disagreement, EffectiveStatus, Fingerprint, InstanceId, LifecycleStatus,
    ProviderName, Region, SerialNumber, SerialNumberBase, Timestamp, Validity, judge,
};
use crate::operation::{Answer, place};
use crate::request::CertificateReference;

/// What status answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum StatusAnswer {
    /// About one provider, region and instance.
    One(OneStatusAnswer),
    /// About several sources at once.
    Several(SeveralStatusAnswer),
}

/// What one source says.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneStatusAnswer {
    /// `status`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "status")))]
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// One for each certificate asked, in the order asked.
    pub results: Vec<StatusResult>,
    /// The provider's id of each call, to quote in a support case.
    pub provider_request_ids: Vec<String>,
}

/// What several sources say.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeveralStatusAnswer {
    /// `status`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "status")))]
    pub operation: &'static str,
    /// One for each source, in the order asked.
    pub sources: Vec<SourceStatus>,
    /// In the order of the certificates asked: for each what every source says that knows it, or
    /// one result if none does.
    pub results: Vec<SourcedResult>,
    /// The certificate authority's id of each call.
    pub provider_request_ids: Vec<String>,
}

/// How it went with one source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceStatus {
    /// Who was asked.
    pub provider: ProviderName,
    /// Where; `null` when that could not be told.
    pub region: Option<Region>,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// How many of the certificates it knows.
    pub found: usize,
    /// How many of them it could not be asked for.
    pub failed: usize,
    /// The provider's id of each call.
    pub provider_request_ids: Vec<String>,
    /// Why it could not be asked: for any, or the first reason of those that failed.
    pub error: Option<Error>,
}

/// A result with its source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedResult {
    /// Who says it; `null` when no source knows the certificate.
    pub provider: Option<ProviderName>,
    /// Where.
    pub region: Option<Region>,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// What it says.
    #[serde(flatten)]
    pub result: StatusResult,
}

/// The status of one certificate.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusResult {
    /// Canonical serial number; `null` when only the fingerprint was given and the certificate was
    /// not found.
    pub serial_number: Option<SerialNumber>,
    /// The spelling that the provider knows; `null` when it was not found, or knows it by another
    /// name.
    pub provider_serial_number: Option<String>,
    /// How `provider_serial_number` was read; `null` where its digits allow both bases and the
    /// certificate is not at hand.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate, where it was given or the provider tells it.
    pub ca_serial_number: Option<SerialNumber>,
    /// SHA-256 of the DER form, where it was given or is known.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// Whether the provider's answer speaks of this certificate.
    pub found: bool,
    /// What the provider says; `unknown` when it was not found or could not be asked.
    pub status: LifecycleStatus,
    /// The provider's own word for it.
    pub provider_status: Option<String>,
    /// `status` combined with the dates and the clock.
    pub effective_status: EffectiveStatus,
    /// Would a connection be accepted now? Unknown is never usable.
    pub usable: Option<bool>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// First moment of validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of validity.
    pub not_after: Option<Timestamp>,
    /// Where the provider's record and the certificate itself say different things.
    pub disagreements: Vec<Disagreement>,
    /// What the certificate authority says; left out when it was not to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_check: Option<CrossChecked>,
    /// What is dangerous about the two words together; left out when there was no cross check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<Flag>>,
    /// Why it could not be asked.
    pub error: Option<Error>,
}

/// What a certificate authority says about a broker's certificate.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CrossChecked {
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// Whether its answer speaks of this certificate.
    pub found: bool,
    /// What it says; `unknown` when it was not found or could not be asked.
    pub status: LifecycleStatus,
    /// Its own word for it.
    pub provider_status: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it could not be asked.
    pub error: Option<Error>,
}

/// A state in which broker and authority must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The authority has withdrawn the certificate, and the broker still accepts it.
    RevokedAtCaButActive,
    /// The broker accepts a certificate that the authority does not know.
    ActiveAtBrokerButUnknownToCa,
}

impl StatusResult {
    pub(super) fn new(
        reference: &CertificateReference,
        told: Result<Option<Certificate>, Error>,
        now: Timestamp,
    ) -> Self {
        let CertificateReference {
            serial_number,
            ca_serial_number,
            fingerprint_sha256,
        } = reference.clone();
        let (record, error) = match told {
            Ok(record) => (record, None),
            Err(error) => (None, Some(error)),
        };
        match record {
            Some(record) => Self {
                serial_number: record.serial_number.or(serial_number),
                provider_serial_number: record.provider_serial_number,
                serial_number_base: record.serial_number_base,
                ca_serial_number: record.ca_serial_number.or(ca_serial_number),
                fingerprint_sha256: record.fingerprint_sha256.or(fingerprint_sha256),
                found: true,
                status: record.status,
                provider_status: record.provider_status,
                effective_status: record.effective_status,
                usable: record.usable,
                revoked_at: record.revoked_at,
                not_before: record.not_before,
                not_after: record.not_after,
                disagreements: record.disagreements,
                cross_check: None,
                flags: None,
                error,
            },
            None => {
                let status = LifecycleStatus::Unknown;
                let (effective_status, usable) =
                    judge(status, Validity::default(), Validity::default(), now);
                Self {
                    serial_number,
                    provider_serial_number: None,
                    serial_number_base: None,
                    ca_serial_number,
                    fingerprint_sha256,
                    found: false,
                    status,
                    provider_status: None,
                    effective_status,
                    usable,
                    revoked_at: None,
                    not_before: None,
                    not_after: None,
                    disagreements: Vec::new(),
                    cross_check: None,
                    flags: None,
                    error,
                }
            }
        }
    }
}

impl Answer for StatusAnswer {
    /// With several sources, one that cannot be asked for a certificate by the names given is no
    /// failure: another may know it.
    fn failures(&self) -> impl Iterator<Item = &Error> {
        let (one, sources, several) = match self {
            Self::One(answer) => (answer.results.as_slice(), &[][..], &[][..]),
            Self::Several(answer) => (
                &[][..],
                answer.sources.as_slice(),
                answer.results.as_slice(),
            ),
        };
        let checks = one
            .iter()
            .chain(several.iter().map(|sourced| &sourced.result));
        let checks = checks.filter_map(|result| result.cross_check.as_ref()?.error.as_ref());
        let sources = sources.iter().filter_map(|source| source.error.as_ref());
        let sources = sources
            .chain(checks)
            .filter(|error| error.code != ErrorCode::InvalidRequest);
        one.iter()
            .filter_map(|result| result.error.as_ref())
            .chain(sources)
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::One(answer) => Some(place(
                answer.provider,
                &answer.region,
                answer.instance_id.as_ref(),
            )),
            Self::Several(_) => None,
        }
    }

    fn provider_request_ids(&self) -> Vec<&str> {
        match self {
            Self::One(answer) => answer
                .provider_request_ids
                .iter()
                .map(String::as_str)
                .collect(),
            Self::Several(answer) => {
                let of_sources = answer
                    .sources
                    .iter()
                    .flat_map(|source| &source.provider_request_ids);
                of_sources
                    .chain(&answer.provider_request_ids)
                    .map(String::as_str)
                    .collect()
            }
        }
    }

    fn counts(&self) -> Vec<(String, u64)> {
        let (one, several) = match self {
            Self::One(answer) => (answer.results.as_slice(), &[][..]),
            Self::Several(answer) => (&[][..], answer.results.as_slice()),
        };
        let results = one
            .iter()
            .chain(several.iter().map(|sourced| &sourced.result))
            .filter(|result| result.error.is_none());
        results
            .map(|result| (format!("status_{}", result.status.as_str()), 1))
            .collect()
    }

    fn for_log(self) -> Self {
        self
    }
}
