//! Lists certificates of one source, or of several sources side by side.

mod answer;
mod by_end;
mod counts;
mod listing;
mod page;
mod several;
mod whole;

pub use answer::{
    DescribeAnswer, DescribedCertificate, OneDescribeAnswer, SeveralDescribeAnswer, SourceAnswer,
    SourcedCertificate, SourcedUndecided, UndecidedCertificate,
};
pub use counts::{ByEffectiveStatus, ByExpiry, Counts};
pub(super) use page::page_of_list;
pub(super) use whole::whole_list;

use std::rc::Rc;

use self::listing::{Judged, Listing, PrefetchRoom, Room};
use super::{AnswerBudget, Operation, cursor, one_source, requested_sources};
use crate::error::Error;
use crate::model::Source;
use crate::provider::{CallContext, ListQuery, Lister, check_list, lister};
use crate::request::ParameterKind::{Boolean, List, Number, Text};
use crate::request::{DescribeRequest, Filter, QueryParameter};

/// The describe function.
#[derive(Debug)]
pub struct Describe;

/// Bytes of the answer that are reserved for everything except certificates.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// Maximum number of the provider's request ids in an answer: each takes about 40 of those bytes.
const MOST_REQUEST_IDS: usize = 1000;

impl Operation for Describe {
    const NAME: &'static str = "describe";
    const READS_ONLY: bool = true;
    const QUERY: Option<&'static [QueryParameter]> = Some(&[
        QueryParameter::new("provider", &["provider"], Text),
        QueryParameter::new("region", &["region"], Text),
        QueryParameter::new("instance_id", &["instance_id"], Text),
        QueryParameter::new("sources", &["sources"], Text),
        QueryParameter::new("client_ids", &["filter", "client_ids"], List),
        QueryParameter::new("serial_numbers", &["filter", "serial_numbers"], List),
        QueryParameter::new("ca_serial_numbers", &["filter", "ca_serial_numbers"], List),
        QueryParameter::new("common_names", &["filter", "common_names"], List),
        QueryParameter::new(
            "organizational_units",
            &["filter", "organizational_units"],
            List,
        ),
        QueryParameter::new(
            "fingerprints_sha256",
            &["filter", "fingerprints_sha256"],
            List,
        ),
        QueryParameter::new(
            "ca_fingerprints_sha256",
            &["filter", "ca_fingerprints_sha256"],
            List,
        ),
        QueryParameter::new("statuses", &["filter", "statuses"], List),
        QueryParameter::new("not_after_from", &["filter", "not_after_from"], Text),
        QueryParameter::new("not_after_to", &["filter", "not_after_to"], Text),
        QueryParameter::new(
            "expires_within_days",
            &["filter", "expires_within_days"],
            Number,
        ),
        QueryParameter::new("include_undecided", &["include_undecided"], Boolean),
        QueryParameter::new("order_by", &["order_by"], Text),
        QueryParameter::new("limit", &["limit"], Number),
        QueryParameter::new("cursor", &["cursor"], Text),
        QueryParameter::new("include_pem", &["include_pem"], Boolean),
        QueryParameter::new("include_clients", &["include_clients"], Boolean),
        QueryParameter::new("details", &["details"], Boolean),
        QueryParameter::new("summary", &["summary"], Boolean),
    ]);
    type Request = DescribeRequest;
    type Answer = DescribeAnswer;

    fn next_page(mut request: DescribeRequest, answer: &DescribeAnswer) -> Option<DescribeRequest> {
        let (shown, next_cursor) = answer.listed_and_next();
        let next_cursor = next_cursor?;
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
            None => describe_one(context, &request, &filter, budget)
                .await
                .map(DescribeAnswer::One),
        }
    }
}

/// Answers a request that queries one source.
async fn describe_one(
    context: &CallContext<'_>,
    request: &DescribeRequest,
    filter: &Filter,
    budget: AnswerBudget,
) -> Result<OneDescribeAnswer, Error> {
    let lister = lister(
        context,
        one_source(
            request.provider,
            request.region.clone(),
            request.instance_id.clone(),
            context.config,
        )?,
    )?;
    check(lister.as_ref(), request, filter)?;
    let query = query(lister.as_ref(), request, filter);
    let scope = lister.scope();
    let source = [Source::from(scope)];
    let bound = cursor::BoundRequest {
        sources: &source,
        filter,
        order: query.order,
        details: request.details,
    };
    let begin = request
        .cursor
        .as_deref()
        .map(|text| cursor::decode(text, bound))
        .transpose()?;
    let listing = Listing {
        lister: lister.as_ref(),
        query,
        context,
        include_undecided: request.include_undecided,
        is_needed_whole: request.needs_whole_list(),
        room: Rc::new(Room::new(request.limit(), budget)),
        prefetch_room: PrefetchRoom::default(),
        bytes_beside: 0,
        most_request_ids: MOST_REQUEST_IDS,
    };
    let mut collected = listing.collect(begin).await?;
    if request.needs_whole_list() {
        by_end::check_complete(&collected, request)?;
        collected.sort_by_end();
    }
    let shown = collected.len();
    let next_cursor = listing
        .rest(&collected, shown)?
        .map(|rest| cursor::encode(bound, &rest));
    let undecided_count = (!filter.is_empty()).then(|| collected.undecided(shown));
    let counts = request
        .summary
        .then(|| collected.counted(shown, context.now));
    let (total_count, consistent) = (collected.total_count, collected.consistent());
    let provider_request_ids = std::mem::take(&mut collected.request_ids);
    let (certificates, undecided) = partition(collected.into_judged());
    Ok(OneDescribeAnswer {
        operation: Describe::NAME,
        provider: scope.provider,
        region: scope.region.clone(),
        instance_id: scope.instance_id.clone(),
        certificates: request.limit().map(|_| certificates),
        undecided: request.lists_undecided().then_some(undecided),
        undecided_count,
        counts,
        total_count,
        consistent,
        next_cursor,
        provider_request_ids,
    })
}

/// Checks that the provider supports a request.
///
/// # Errors
/// `unsupported` that names the member at fault.
fn check(lister: &dyn Lister, request: &DescribeRequest, filter: &Filter) -> Result<(), Error> {
    let capabilities = lister.capabilities();
    check_list(capabilities, filter, request.order_by, request.details)?;
    capabilities.check_clients(request.include_clients, request.details)
}

/// The query to the provider for a request.
fn query<'a>(lister: &dyn Lister, request: &DescribeRequest, filter: &'a Filter) -> ListQuery<'a> {
    ListQuery {
        filter,
        order: lister.capabilities().order(request.order_by),
        include_pem: request.include_pem,
        include_clients: request.include_clients,
        details: request.details,
    }
}

/// Divides certificates into those that match and those that the filter could not judge.
fn partition(
    judged: impl Iterator<Item = Judged>,
) -> (Vec<DescribedCertificate>, Vec<UndecidedCertificate>) {
    let (mut certificates, mut undecided) = (Vec::new(), Vec::new());
    for judged in judged {
        match judged {
            Judged::Match(certificate) => certificates.push(certificate),
            Judged::Undecided(certificate) => undecided.push(certificate),
        }
    }
    (certificates, undecided)
}

#[cfg(test)]
mod tests;
