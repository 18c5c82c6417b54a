//! A source's list as a whole, or an error: for an operation that acts on everything that a filter
//! finds.

use std::rc::Rc;

use super::answer::DescribedCertificate;
use super::listing::{Cut, Judged, Listing, PrefetchRoom, Room};
use crate::error::{Error, ErrorCode};
use crate::operation::AnswerBudget;
use crate::provider::{CallContext, ListQuery, Lister};
use crate::request::Filter;

/// All certificates of one source that a filter finds.
pub(in crate::operation) struct WholeList {
    /// The certificates that are known to match.
    pub(in crate::operation) certificates: Vec<DescribedCertificate>,
    /// Number of certificates that the filter could not judge.
    pub(in crate::operation) undecided_count: u64,
}

/// Reads all certificates that a filter finds.
///
/// # Errors
/// `unsupported` when the provider cannot filter so. `selection_too_large` when more than `most`
/// match. An error that may pass when the list is not shown to be whole: time was up, or it changed
/// while it was read, or a certificate could not be read for a while.
pub(in crate::operation) async fn whole_list(
    context: &CallContext<'_>,
    lister: &dyn Lister,
    filter: &Filter,
    most: usize,
) -> Result<WholeList, Error> {
    let listing = Listing {
        is_needed_whole: true,
        ..listing_for_changes(context, lister, filter, most)?
    };
    let collected = listing.collect(None).await?;
    match collected.cut() {
        None => {}
        Some(Cut::Time) => {
            let detail = "the list could not be read to its end in time; narrow the filter, or name the certificates, or plan them page \
                          by page (a dry run with page)";
            return Err(Error::new(ErrorCode::Timeout, detail));
        }
        Some(Cut::Limit | Cut::Size) => {
            let detail = format!(
                "more than {most} certificates match, the most that one order selects; narrow the filter"
            );
            return Err(Error::new(ErrorCode::SelectionTooLarge, detail));
        }
    }
    if collected.consistent() != Some(true) {
        let detail = "the list is not shown to be whole: it changed while it was read, or its pages contradict each other; try again";
        return Err(Error::new(ErrorCode::ProviderInvalidResponse, detail));
    }
    // A certificate that is meant may be among those.
    if let Some(error) = collected.failure {
        return Err(error);
    }
    let undecided_count = collected.undecided(collected.len());
    let certificates = collected.into_judged().filter_map(|judged| match judged {
        Judged::Match(described) => Some(described),
        Judged::Undecided(_) => None,
    });
    Ok(WholeList {
        certificates: certificates.collect(),
        undecided_count,
    })
}

/// A listing of the certificates that an order may change: as much of each as shows whether it is
/// meant, and at most `most` of them.
///
/// # Errors
/// `unsupported` when the provider cannot filter so.
pub(super) fn listing_for_changes<'a>(
    context: &'a CallContext<'a>,
    lister: &'a dyn Lister,
    filter: &'a Filter,
    most: usize,
) -> Result<Listing<'a>, Error> {
    let capabilities = lister.capabilities();
    capabilities.check(filter, None, true)?;
    Ok(Listing {
        lister,
        query: ListQuery {
            filter,
            order: capabilities.order(None),
            include_pem: false,
            include_clients: !filter.client_ids.is_empty(),
            details: true,
        },
        context,
        include_undecided: false,
        is_needed_whole: false,
        room: Rc::new(Room::new(
            Some(most),
            AnswerBudget {
                bytes: usize::MAX,
                escaped: false,
            },
        )),
        bytes_beside: 0,
        most_request_ids: 0,
        prefetch_room: PrefetchRoom::default(),
    })
}
