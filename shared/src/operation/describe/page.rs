//! Reads a source's list page by page, for an operation that plans its changes page by page.

use super::answer::DescribedCertificate;
use super::listing::{Judged, Listing};
use super::whole::listing_for_changes;
use crate::error::Error;
use crate::model::Source;
use crate::operation::cursor;
use crate::provider::{CallContext, Lister};
use crate::request::Filter;

/// One page of a source's list.
pub(in crate::operation) struct ListPage {
    /// The certificates that are known to match.
    pub(in crate::operation) certificates: Vec<DescribedCertificate>,
    /// Number of certificates that the filter could not judge.
    pub(in crate::operation) undecided_count: u64,
    /// Whether the list stayed the same; `None` if that is not known.
    pub(in crate::operation) consistent: Option<bool>,
    /// Cursor of the next page; `None` at the end of the list.
    pub(in crate::operation) next_cursor: Option<String>,
}

/// Reads at most `limit` certificates that a filter does not exclude, beginning at a cursor. The page
/// ends early when the time is up, and before a certificate that cannot be read for a while; the next
/// page begins there.
///
/// # Errors
/// `unsupported` when the provider does not support the filter, `invalid_request` for a cursor of
/// another request, and the error because of which no certificate could be read.
pub(in crate::operation) async fn page_of_list(
    context: &CallContext<'_>,
    lister: &dyn Lister,
    filter: &Filter,
    limit: usize,
    cursor: Option<&str>,
) -> Result<ListPage, Error> {
    let listing = Listing {
        // The page may also end at a certificate that the filter could not judge.
        include_undecided: true,
        ..listing_for_changes(context, lister, filter, limit)?
    };
    let source = [Source::from(lister.scope())];
    let bound = cursor::BoundRequest {
        sources: &source,
        filter,
        order: listing.query.order,
        details: listing.query.details,
    };
    let begin = cursor.map(|text| cursor::decode(text, bound)).transpose()?;
    let collected = listing.collect(begin).await?;
    let shown = match collected.first_failure() {
        Some((0, error)) => return Err(error.clone()),
        Some((index, _)) => index,
        None => collected.len(),
    };
    let next_cursor = listing
        .rest(&collected, shown)?
        .map(|rest| cursor::encode(bound, &rest));
    let (undecided_count, consistent) = (collected.undecided(shown), collected.consistent());
    let certificates = collected
        .into_judged()
        .take(shown)
        .filter_map(|judged| match judged {
            Judged::Match(described) => Some(described),
            Judged::Undecided(_) => None,
        });
    Ok(ListPage {
        certificates: certificates.collect(),
        undecided_count,
        consistent,
        next_cursor,
    })
}
