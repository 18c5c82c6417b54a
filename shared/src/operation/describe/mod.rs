//! Lists certificates: of one provider, region and instance, or of several side by side.

mod answer;
mod counts;
mod drift;
mod listing;
mod pages;
mod several;

pub use answer::{
    DescribeAnswer, OneDescribeAnswer, SeveralDescribeAnswer, SourceAnswer, SourcedCertificate,
};
pub use counts::{ByEffectiveStatus, ByExpiry, Counts};

use self::listing::Listing;
use super::{AnswerBudget, Operation, cursor, one_source, sources};
use crate::error::Error;
use crate::model::{Certificate, Source};
use crate::provider::{CallContext, ListQuery, lister};
use crate::request::{DescribeRequest, Filter, Member, MemberKind};

/// The describe function.
#[derive(Debug)]
pub struct Describe;

/// Kept free for everything in an answer that is not a certificate.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// An id takes about 40 bytes of it.
const MOST_REQUEST_IDS: usize = 1000;

impl Operation for Describe {
    const NAME: &'static str = "describe";
    const READS_ONLY: bool = true;
    const QUERY: Option<&'static [Member]> = Some(&[
        Member {
            parameter: "provider",
            path: &["provider"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "region",
            path: &["region"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "instance_id",
            path: &["instance_id"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "sources",
            path: &["sources"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "client_ids",
            path: &["filter", "client_ids"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "serial_numbers",
            path: &["filter", "serial_numbers"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "ca_serial_numbers",
            path: &["filter", "ca_serial_numbers"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "common_names",
            path: &["filter", "common_names"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "organizational_units",
            path: &["filter", "organizational_units"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "fingerprints_sha256",
            path: &["filter", "fingerprints_sha256"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "ca_fingerprints_sha256",
            path: &["filter", "ca_fingerprints_sha256"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "statuses",
            path: &["filter", "statuses"],
            kind: MemberKind::List,
        },
        Member {
            parameter: "not_after_from",
            path: &["filter", "not_after_from"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "not_after_to",
            path: &["filter", "not_after_to"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "expires_within_days",
            path: &["filter", "expires_within_days"],
            kind: MemberKind::Number,
        },
        Member {
            parameter: "order_by",
            path: &["order_by"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "limit",
            path: &["limit"],
            kind: MemberKind::Number,
        },
        Member {
            parameter: "cursor",
            path: &["cursor"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "include_pem",
            path: &["include_pem"],
            kind: MemberKind::Boolean,
        },
        Member {
            parameter: "details",
            path: &["details"],
            kind: MemberKind::Boolean,
        },
        Member {
            parameter: "summary",
            path: &["summary"],
            kind: MemberKind::Boolean,
        },
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
        // An answer without any certificate was ended by something else than its size.
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
            Some(asked) => {
                let sources = sources(asked, context.config)?;
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
        .map(|place| cursor::encode(bound, &place));
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
        certificates: limit.map(|_| collected.into_certificates().collect::<Vec<Certificate>>()),
    })
}

#[cfg(test)]
mod tests;
