//! Lists certificates of one source, or of several sources side by side.

mod answer;
mod counts;
mod listing;
mod several;

pub use answer::{
    DescribeAnswer, DescribedCertificate, OneDescribeAnswer, SeveralDescribeAnswer, SourceAnswer,
    SourcedCertificate,
};
pub use counts::{ByEffectiveStatus, ByExpiry, Counts};

use self::listing::Listing;
use super::{AnswerBudget, Operation, cursor, one_source, requested_sources};
use crate::error::Error;
use crate::model::Source;
use crate::provider::{CallContext, ListQuery, lister};
use crate::request::MemberKind::{Boolean, List, Number, Text};
use crate::request::{DescribeRequest, Filter, Member};

/// The describe function.
#[derive(Debug)]
pub struct Describe;

/// Bytes of the answer that are reserved for everything but certificates.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// Maximum number of the provider's request ids in an answer: each takes about 40 of those bytes.
const MOST_REQUEST_IDS: usize = 1000;

impl Operation for Describe {
    const NAME: &'static str = "describe";
    const READS_ONLY: bool = true;
    const QUERY: Option<&'static [Member]> = Some(&[
        Member::new("provider", &["provider"], Text),
        Member::new("region", &["region"], Text),
        Member::new("instance_id", &["instance_id"], Text),
        Member::new("sources", &["sources"], Text),
        Member::new("client_ids", &["filter", "client_ids"], List),
        Member::new("serial_numbers", &["filter", "serial_numbers"], List),
        Member::new("ca_serial_numbers", &["filter", "ca_serial_numbers"], List),
        Member::new("common_names", &["filter", "common_names"], List),
        Member::new(
            "organizational_units",
            &["filter", "organizational_units"],
            List,
        ),
        Member::new(
            "fingerprints_sha256",
            &["filter", "fingerprints_sha256"],
            List,
        ),
        Member::new(
            "ca_fingerprints_sha256",
            &["filter", "ca_fingerprints_sha256"],
            List,
        ),
        Member::new("statuses", &["filter", "statuses"], List),
        Member::new("not_after_from", &["filter", "not_after_from"], Text),
        Member::new("not_after_to", &["filter", "not_after_to"], Text),
        Member::new(
            "expires_within_days",
            &["filter", "expires_within_days"],
            Number,
        ),
        Member::new("order_by", &["order_by"], Text),
        Member::new("limit", &["limit"], Number),
        Member::new("cursor", &["cursor"], Text),
        Member::new("include_pem", &["include_pem"], Boolean),
        Member::new("details", &["details"], Boolean),
        Member::new("summary", &["summary"], Boolean),
    ]);
    type Request = DescribeRequest;
    type Answer = DescribeAnswer;

    fn rest(mut request: DescribeRequest, answer: &DescribeAnswer) -> Option<DescribeRequest> {
        let (shown, next_cursor) = match answer {
            DescribeAnswer::One(answer) => (
                answer.certificates.as_ref()?.len(),
                answer.next_cursor.as_ref()?,
            ),
            DescribeAnswer::Several(answer) => (
                answer.certificates.as_ref()?.len(),
                answer.next_cursor.as_ref()?,
            ),
        };
        // An answer without any certificate did not end because of its size.
        let left = request
            .limit()?
            .checked_sub(shown)
            .filter(|left| *left > 0 && shown > 0)?;
        request.limit = u16::try_from(left).ok();
        request.cursor = Some(next_cursor.clone());
        Some(request)
    }

    async fn perform(
        context: &CallContext<'_>,
        mut request: DescribeRequest,
        budget: AnswerBudget,
    ) -> Result<DescribeAnswer, Error> {
        let filter = request.filter.take().unwrap_or_default();
        let budget = AnswerBudget {
            bytes: budget.bytes.saturating_sub(ENVELOPE_BYTES),
            ..budget
        };
        match &request.sources {
            Some(sources) => {
                let sources = requested_sources(sources, context.config)?;
                several::describe(context, sources, &request, &filter, budget)
                    .await
                    .map(DescribeAnswer::Several)
            }
            None => describe_one(context, request, &filter, budget)
                .await
                .map(DescribeAnswer::One),
        }
    }
}

async fn describe_one(
    context: &CallContext<'_>,
    request: DescribeRequest,
    filter: &Filter,
    budget: AnswerBudget,
) -> Result<OneDescribeAnswer, Error> {
    let limit = request.limit();
    let lister = lister(
        context,
        one_source(
            request.provider,
            request.region,
            request.instance_id,
            context.config,
        )?,
    )?;
    let capabilities = lister.capabilities();
    capabilities.check(filter, request.order_by, request.details)?;
    let order = capabilities.order(request.order_by);
    let scope = lister.scope();
    let source = [Source::from(scope)];
    let bound = cursor::Request {
        sources: &source,
        filter,
        order,
        details: request.details,
    };
    let begin = request
        .cursor
        .map(|text| cursor::decode(&text, bound))
        .transpose()?;

    let query = ListQuery {
        filter,
        order,
        include_pem: request.include_pem,
        details: request.details,
    };
    let listing = Listing {
        lister: lister.as_ref(),
        query,
        context,
        limit,
        budget,
        bytes_beside: 0,
        most_request_ids: MOST_REQUEST_IDS,
    };
    let collected = listing.collect(begin).await?;
    let next_cursor = listing
        .rest(&collected, collected.len())?
        .map(|rest| cursor::encode(bound, &rest));
    let counts = request
        .summary
        .then(|| collected.counted(collected.len(), context.now));
    Ok(OneDescribeAnswer {
        operation: Describe::NAME,
        provider: scope.provider,
        region: scope.region.clone(),
        instance_id: scope.instance_id.clone(),
        counts,
        total_count: collected.total_count,
        consistent: collected.consistent(),
        next_cursor,
        provider_request_ids: collected.request_ids.clone(),
        certificates: limit.map(|_| collected.into_certificates().collect::<Vec<_>>()),
    })
}

#[cfg(test)]
mod tests;
