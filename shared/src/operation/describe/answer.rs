//! The answer to a describe request.

use serde::Serialize;

use super::counts::Counts;
use crate::error::Error;
use crate::model::{Certificate, InstanceId, ProviderName, Region, RequestId};
use crate::operation::{Answer, Extent, counted, scope_path};

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
    /// Certificates that are known to match the filter, in the requested order. Left out when `limit` was 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<DescribedCertificate>>,
    /// Certificates that the filter could not judge, because a fact that it asks for is not known, in
    /// the requested order. Left out unless `include_undecided` was requested, and when `limit` was
    /// 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Vec<UndecidedCertificate>>,
    /// Number of certificates between `cursor` and `next_cursor` that the filter could not judge, listed
    /// or not. Left out when the request has no filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided_count: Option<u64>,
    /// Counts of the matching certificates between `cursor` and `next_cursor`. Left out unless `summary` was
    /// requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Number of all certificates that match the filter; `null` where the provider does not report
    /// it.
    pub total_count: Option<u64>,
    /// Whether the provider's list stayed the same while it was read. `false` when its length
    /// changed, when the stated length is not that of the list, or when a certificate was listed
    /// twice (the answer shows it once); `null` where the provider does not report enough to decide.
    pub consistent: Option<bool>,
    /// Cursor of the next page; `null` when the list is complete.
    pub next_cursor: Option<String>,
    /// Provider's request id of each listing call, to quote in a support case.
    pub provider_request_ids: Vec<RequestId>,
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
    /// Certificates of all sources that are known to match the filter, in the requested order;
    /// certificates that lack the time to sort by come last. Left out when `limit` was 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<SourcedCertificate>>,
    /// Certificates that the filter could not judge, because a fact that it asks for is not known, of
    /// all sources in the requested order. Left out unless `include_undecided` was requested, and
    /// when `limit` was 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Vec<SourcedUndecided>>,
    /// Number of certificates between `cursor` and `next_cursor` that the filter could not judge, listed
    /// or not. Left out when the request has no filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided_count: Option<u64>,
    /// Counts of the matching certificates between `cursor` and `next_cursor`. Left out unless `summary` was
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
    /// Number of certificates under `certificates` that come from this source.
    pub count: u64,
    /// Number of this source's certificates between `cursor` and `next_cursor` that the filter could
    /// not judge, listed or not. Left out when the request has no filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided_count: Option<u64>,
    /// Counts of this source's matching certificates. Left out unless `summary` was requested.
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
    pub provider_request_ids: Vec<RequestId>,
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

/// A certificate that the filter could not judge.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UndecidedCertificate {
    /// The certificate.
    #[serde(flatten)]
    pub described: DescribedCertificate,
    /// Members of the filter that could not be judged, like `common_names`. The certificate satisfies
    /// all others.
    pub undecided_by: Vec<&'static str>,
}

/// A certificate that the filter could not judge, and the source that it comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedUndecided {
    /// Provider that the certificate comes from.
    pub provider: ProviderName,
    /// Region that was queried.
    pub region: Region,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// The certificate, and why it is undecided.
    #[serde(flatten)]
    pub undecided: UndecidedCertificate,
}

impl DescribeAnswer {
    /// Number of certificates that the answer lists, and its cursor.
    pub(super) fn listed_and_next(&self) -> (usize, Option<&String>) {
        fn listed<A, B>(certificates: Option<&Vec<A>>, undecided: Option<&Vec<B>>) -> usize {
            let undecided = undecided.map_or(0, Vec::len);
            certificates.map_or(0, Vec::len).saturating_add(undecided)
        }
        match self {
            Self::One(answer) => (
                listed(answer.certificates.as_ref(), answer.undecided.as_ref()),
                answer.next_cursor.as_ref(),
            ),
            Self::Several(answer) => (
                listed(answer.certificates.as_ref(), answer.undecided.as_ref()),
                answer.next_cursor.as_ref(),
            ),
        }
    }
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
            Self::One(answer) => answer.provider_request_ids.iter().map(|id| &**id).collect(),
            Self::Several(answer) => answer
                .sources
                .iter()
                .flat_map(|source| &source.provider_request_ids)
                .map(|id| &**id)
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

    fn extent(&self) -> Extent {
        let (certificates, next_cursor) = self.listed_and_next();
        Extent {
            certificates,
            has_more: next_cursor.is_some(),
        }
    }

    fn for_log(mut self) -> Self {
        match &mut self {
            Self::One(answer) => {
                let certificates = answer.certificates.iter_mut().flatten();
                let undecided = answer.undecided.iter_mut().flatten();
                certificates
                    .chain(undecided.map(|undecided| &mut undecided.described))
                    .for_each(|described| described.certificate.pem = None);
            }
            Self::Several(answer) => {
                let certificates = answer.certificates.iter_mut().flatten();
                let undecided = answer.undecided.iter_mut().flatten();
                certificates
                    .map(|sourced| &mut sourced.described)
                    .chain(undecided.map(|sourced| &mut sourced.undecided.described))
                    .for_each(|described| described.certificate.pem = None);
            }
        }
        self
    }
}
