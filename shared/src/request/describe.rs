//! The describe request.

use serde::Deserialize;

use super::{Filter, OrderBy, Request, Sources};
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region};

/// Maximum number of certificates in one answer.
const MOST_CERTIFICATES: u16 = 10_000;

/// Request to list certificates.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::one_source_or_several))]
#[serde(deny_unknown_fields)]
pub struct DescribeRequest {
    /// Provider to query. Default: the one that is configured for the function.
    pub provider: Option<ProviderName>,
    /// Region to query. Default: the region that is configured for the provider.
    pub region: Option<Region>,
    /// MQTT instance to query. Required for the `-mqtt` providers; others have none.
    pub instance_id: Option<InstanceId>,
    /// Several sources to query, in place of `provider`, `region` and `instance_id`.
    pub sources: Option<Sources>,
    /// Certificates to list. Default: all. A certificate is neither listed nor hidden when the filter
    /// asks for a fact that is not known: it counts in `undecided_count`.
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub filter: Option<Filter>,
    /// Whether to list the certificates that the filter could not judge, under `undecided`. `limit`
    /// then holds for both lists together.
    #[serde(default)]
    pub include_undecided: bool,
    /// Sort order. Default: `created_desc` where the provider records creation times, otherwise the
    /// provider's own order. `not_after_asc` is refused where one answer cannot hold the whole list,
    /// and takes no `cursor`.
    pub order_by: Option<OrderBy>,
    /// Maximum number of certificates in the answer, 1 to 10000. 0 is allowed with `summary` and
    /// returns only the counts. Default: 100.
    #[serde(
        default,
        deserialize_with = "super::parse::whole_number::<_, 0, MOST_CERTIFICATES>"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10_000)))]
    pub limit: Option<u16>,
    /// `next_cursor` of the previous answer.
    pub cursor: Option<String>,
    /// Whether to include each certificate in PEM.
    #[serde(default)]
    pub include_pem: bool,
    /// Whether to show the MQTT client ids that are tied to each certificate, under `client_ids`.
    /// For aws-iot this takes one more call for each certificate.
    #[serde(default)]
    pub include_clients: bool,
    /// Whether the provider may be called once more for each certificate. With `false`, members
    /// that need such a call are `null` (for aws-iot all except the id, the status and the creation
    /// time), and a filter on them is `unsupported`.
    #[serde(default = "yes")]
    pub details: bool,
    /// Whether to count the certificates by effective status and by expiry.
    #[serde(default)]
    pub summary: bool,
}

const fn yes() -> bool {
    true
}

impl DescribeRequest {
    /// Maximum number of certificates in the answer; `None` when only the counts are requested.
    pub fn limit(&self) -> Option<usize> {
        Some(usize::from(self.limit.unwrap_or(100))).filter(|limit| *limit > 0)
    }

    /// Whether the answer lists the certificates that the filter could not judge.
    pub fn lists_undecided(&self) -> bool {
        self.include_undecided && self.limit().is_some()
    }

    /// Whether the function sorts the certificates itself, for which it has to read the list to its end.
    pub fn needs_whole_list(&self) -> bool {
        self.order_by.is_some_and(|order| order.listed().is_none())
    }
}

impl Request for DescribeRequest {
    fn check(&self) -> Result<(), Error> {
        Sources::check(
            self.sources.as_ref(),
            self.provider,
            self.region.as_ref(),
            self.instance_id.as_ref(),
        )?;
        if self.limit == Some(0) {
            if !self.summary {
                let rule = format!(
                    "limit must be 1 to {MOST_CERTIFICATES}; 0 is allowed only with summary"
                );
                return Err(Error::invalid("limit", rule));
            }
            if self.include_pem {
                return Err(Error::invalid(
                    "include_pem",
                    "include_pem must be false when limit is 0",
                ));
            }
        }
        if self.include_pem && !self.details {
            let rule = "include_pem must be false when details is false: a PEM may take a call for each certificate";
            return Err(Error::invalid("include_pem", rule));
        }
        if self.needs_whole_list() && self.cursor.is_some() {
            let rule = "cursor must be left out with order_by not_after_asc, whose answer holds the whole list";
            return Err(Error::invalid("cursor", rule));
        }
        self.filter
            .as_ref()
            .map_or(Ok(()), |filter| filter.check("filter"))
    }
}
