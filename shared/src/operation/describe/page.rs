//! A part of a source's list, with a cursor: for an operation that plans page by page.

use std::rc::Rc;

use super::answer::DescribedCertificate;
use super::listing::{Judged, Listing, PrefetchRoom, Room};
use crate::error::Error;
use crate::model::Source;
use crate::operation::{AnswerBudget, cursor};
use crate::provider::{CallContext, ListQuery, Lister};
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
    let capabilities = lister.capabilities();
    capabilities.check(filter, None, true)?;
    let order = capabilities.order(None);
    let source = [Source::from(lister.scope())];
    let bound = cursor::Request {
        sources: &source,
        filter,
        order,
        details: true,
    };
    let begin = cursor.map(|text| cursor::decode(text, bound)).transpose()?;
    let listing = Listing {
        lister,
        query: ListQuery {
            filter,
            order,
            include_pem: false,
            include_clients: !filter.client_ids.is_empty(),
            details: true,
        },
        context,
        // Those that could not be judged have a place in the list, too, at which the page may end.
        include_undecided: true,
        is_needed_whole: false,
        room: Rc::new(Room::new(
            Some(limit),
            AnswerBudget {
                bytes: usize::MAX,
                escaped: false,
            },
        )),
        bytes_beside: 0,
        most_request_ids: 0,
        prefetch_room: PrefetchRoom::default(),
    };
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
