//! What describe answers.

use serde::Serialize;

use super::counts::Counts;
use crate::error::Error;
use crate::model::{Certificate, InstanceId, ProviderName, Region};
use crate::operation::{Answer, counted, place};

/// What describe answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum DescribeAnswer {
    /// About one provider, region and instance.
    One(OneDescribeAnswer),
    /// About several sources at once.
    Several(SeveralDescribeAnswer),
}

/// The certificates of one provider, region and instance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneDescribeAnswer {
    /// `describe`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "describe")))]
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// In the order asked. Left out when only the counts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<Certificate>>,
    /// Of the certificates from `cursor` to `next_cursor`; left out when they were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// How many match in all; `null` where the provider does not say.
    pub total_count: Option<u64>,
    /// Whether the provider's list stayed the same while it was read: `false` when its length has
    /// moved or a certificate came twice (it is shown once), `null` where the provider does not
    /// tell enough to know.
    pub consistent: Option<bool>,
    /// Set whenever there is more.
    pub next_cursor: Option<String>,
    /// The provider's id of each call that listed, to quote in a support case.
    pub provider_request_ids: Vec<String>,
}

/// The certificates of several sources.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeveralDescribeAnswer {
    /// `describe`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "describe")))]
    pub operation: &'static str,
    /// One for each source, in the order asked.
    pub sources: Vec<SourceAnswer>,
    /// Of all sources, in the order asked; those without the time to order by come last. Left out
    /// when only the counts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<SourcedCertificate>>,
    /// Of the certificates from `cursor` to `next_cursor`; left out when they were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// How many match in all; `null` where a source does not say.
    pub total_count: Option<u64>,
    /// `false` when a source's list has changed while it was read, `null` where a source does not
    /// tell enough to know.
    pub consistent: Option<bool>,
    /// Set whenever there is more of any source that has not failed for good.
    pub next_cursor: Option<String>,
}

/// How it went with one source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceAnswer {
    /// Who was asked.
    pub provider: ProviderName,
    /// Where; `null` when that could not be told.
    pub region: Option<Region>,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// How many of the answer's certificates are from here.
    pub count: u64,
    /// Left out when the counts were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// How many match here in all.
    pub total_count: Option<u64>,
    /// As in the answer about one source.
    pub consistent: Option<bool>,
    /// Set whenever there is more here, also beside an error, unless nothing has been shown yet:
    /// then it begins at its beginning. A request to this one provider goes on with it.
    pub next_cursor: Option<String>,
    /// The provider's id of each call that listed.
    pub provider_request_ids: Vec<String>,
    /// Why it could not be read. One that would not pass is told in each further answer, without
    /// asking the provider again.
    pub error: Option<Error>,
}

/// A certificate with its source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedCertificate {
    /// Whose record it is.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// The record.
    #[serde(flatten)]
    pub certificate: Certificate,
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
            Self::Several(answer) => answer
                .sources
                .iter()
                .flat_map(|source| &source.provider_request_ids)
                .map(String::as_str)
                .collect(),
        }
    }

    /// Only of a summary: a page of a list counts nothing that means something by itself.
    fn counts(&self) -> Vec<(String, u64)> {
        let counts = match self {
            Self::One(answer) => answer.counts,
            Self::Several(answer) => answer.counts,
        };
        let of = |counts: Counts| {
            [
                counted("status", &counts.by_effective_status),
                counted("expiry", &counts.by_expiry),
            ]
            .concat()
        };
        counts.map(of).unwrap_or_default()
    }

    fn for_log(mut self) -> Self {
        match &mut self {
            Self::One(answer) => answer
                .certificates
                .iter_mut()
                .flatten()
                .for_each(|certificate| certificate.pem = None),
            Self::Several(answer) => {
                answer
                    .certificates
                    .iter_mut()
                    .flatten()
                    .for_each(|sourced| sourced.certificate.pem = None);
            }
        }
        self
    }
}
