//! A part of a source's list, with a cursor: for an operation that plans page by page.

use super::answer::DescribedCertificate;
use super::listing::{Judged, Listing};
use super::whole::listing_for_changes;
use crate::error::Error;
use crate::model::Source;
use crate::operation::cursor;
use crate::provider::{CallContext, Lister};
use crate::request::Filter;

/// A part of one source's list.
pub(in crate::operation) struct ListPage {
    /// The certificates that are known to match.
    pub(in crate::operation) certificates: Vec<DescribedCertificate>,
    /// Number of certificates that the filter could not judge.
    pub(in crate::operation) undecided_count: u64,
    /// Whether the list stayed the same, as far as that is known.
    pub(in crate::operation) consistent: Option<bool>,
    /// Where the list continues; `None` at its end.
    pub(in crate::operation) next_cursor: Option<String>,
}

/// Reads the certificates from a cursor on that a filter does not exclude, at most `limit`. A list
/// that is cut by time, or before a certificate that cannot be read for a while, ends the page: the
/// next one begins there.
///
/// # Errors
/// `unsupported` when the provider cannot filter so, `invalid_request` for a cursor of another
/// request, and the error because of which no certificate could be read.
pub(in crate::operation) async fn page_of_list(
    context: &CallContext<'_>,
    lister: &dyn Lister,
    filter: &Filter,
    limit: usize,
    cursor: Option<&str>,
) -> Result<ListPage, Error> {
    let listing = Listing {
        // Those that could not be judged have a place in the list, too, at which the page may end.
        include_undecided: true,
        ..listing_for_changes(context, lister, filter, limit)?
    };
    let source = [Source::from(lister.scope())];
    let bound = cursor::Request {
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
