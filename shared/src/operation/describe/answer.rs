//! The answer to a describe request.

use serde::Serialize;

use super::counts::Counts;
use crate::error::Error;
use crate::model::{Certificate, InstanceId, ProviderName, Region};
use crate::operation::{Answer, counted, scope_path};

/// Answer to a describe request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum DescribeAnswer {
    /// Certificates of one provider, region and instance.
    One(OneDescribeAnswer),
    /// Certificates of several sources.
    Several(SeveralDescribeAnswer),
}

/// Certificates of one provider, region and instance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneDescribeAnswer {
    /// Name of the operation: `describe`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "describe")))]
    pub operation: &'static str,
    /// Provider that was queried.
    pub provider: ProviderName,
    /// Region that was queried.
    pub region: Region,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// Certificates in the requested order. Left out when `limit` was 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<DescribedCertificate>>,
    /// Counts of the certificates between `cursor` and `next_cursor`. Left out unless `summary` was
    /// requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Number of all certificates that match the filter; `null` where the provider does not report
    /// it.
    pub total_count: Option<u64>,
    /// Whether the provider's list stayed the same while it was read. `false` when its length
    /// changed or a certificate was listed twice (the answer shows it once); `null` where the
    /// provider does not report enough to decide.
    pub consistent: Option<bool>,
    /// Cursor of the next page; `null` when the list is complete.
    pub next_cursor: Option<String>,
    /// Provider's request id of each listing call, to quote in a support case.
    pub provider_request_ids: Vec<String>,
}

/// Certificates of several sources.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeveralDescribeAnswer {
    /// Name of the operation: `describe`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "describe")))]
    pub operation: &'static str,
    /// One entry for each source, in the order of the request.
    pub sources: Vec<SourceAnswer>,
    /// Certificates of all sources in the requested order; certificates that lack the time to sort
    /// by come last. Left out when `limit` was 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<SourcedCertificate>>,
    /// Counts of the certificates between `cursor` and `next_cursor`. Left out unless `summary` was
    /// requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Number of all certificates that match the filter; `null` when a source does not report it.
    pub total_count: Option<u64>,
    /// Whether the lists of all sources stayed the same while they were read. `false` when one
    /// changed; `null` when a source does not report enough to decide.
    pub consistent: Option<bool>,
    /// Cursor of the next page; `null` when each source is complete or has failed with an error
    /// that is not retryable.
    pub next_cursor: Option<String>,
}

/// Result of one source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceAnswer {
    /// Provider that was queried.
    pub provider: ProviderName,
    /// Region that was queried; `null` when it could not be determined.
    pub region: Option<Region>,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// Number of certificates in this answer that come from this source.
    pub count: u64,
    /// Counts of this source's certificates. Left out unless `summary` was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Number of all certificates of this source that match the filter; `null` where the provider
    /// does not report it.
    pub total_count: Option<u64>,
    /// Whether this source's list stayed the same while it was read. `false` when it changed;
    /// `null` when that is unknown.
    pub consistent: Option<bool>,
    /// Cursor with which a request to this one source continues. `null` when the source is
    /// complete, and when it failed before any of its certificates was shown.
    pub next_cursor: Option<String>,
    /// Provider's request id of each listing call, to quote in a support case.
    pub provider_request_ids: Vec<String>,
    /// Reason why the source could not be read. An error that is not retryable is repeated on each
    /// further page without another call to the provider.
    pub error: Option<Error>,
}

/// A certificate, and why its record could not be read in full.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DescribedCertificate {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// Reason why the provider's record of this certificate could not be read in full; the other
    /// members show what could be read. `null` for a record without such a fault.
    pub error: Option<Error>,
}

/// A certificate and the source that it comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedCertificate {
    /// Provider that the certificate comes from.
    pub provider: ProviderName,
    /// Region that was queried.
    pub region: Region,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// The certificate.
    #[serde(flatten)]
    pub described: DescribedCertificate,
}

impl Answer for DescribeAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        let sources = match self {
            Self::One(_) => &[],
            Self::Several(answer) => answer.sources.as_slice(),
        };
        sources.iter().filter_map(|source| source.error.as_ref())
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::One(answer) => Some(scope_path(
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
            Self::Several(answer) => answer
                .sources
                .iter()
                .flat_map(|source| &source.provider_request_ids)
                .map(String::as_str)
                .collect(),
        }
    }

    /// Only a summary has numbers for the metrics: those of a single page mean nothing by themselves.
    fn counts(&self) -> Vec<(String, u64)> {
        let counts = match self {
            Self::One(answer) => answer.counts,
            Self::Several(answer) => answer.counts,
        };
        let numbers = |counts: Counts| {
            [
                counted("status", &counts.by_effective_status),
                counted("expiry", &counts.by_expiry),
            ]
            .concat()
        };
        counts.map(numbers).unwrap_or_default()
    }

    fn for_log(mut self) -> Self {
        match &mut self {
            Self::One(answer) => answer
                .certificates
                .iter_mut()
                .flatten()
                .for_each(|described| described.certificate.pem = None),
            Self::Several(answer) => {
                answer
                    .certificates
                    .iter_mut()
                    .flatten()
                    .for_each(|sourced| sourced.described.certificate.pem = None);
            }
        }
        self
    }
}
