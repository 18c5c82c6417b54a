//! Reads a source's list as a whole or fails, for an operation that acts on all certificates that match
//! a filter.

use std::rc::Rc;

use super::answer::DescribedCertificate;
use super::listing::{Cut, Judged, Listing, PrefetchRoom, Room};
use crate::error::{Error, ErrorCode};
use crate::operation::AnswerBudget;
use crate::provider::{CallContext, ListQuery, Lister, check_list};
use crate::request::Filter;

/// All certificates of one source that a filter does not exclude.
pub(in crate::operation) struct WholeList {
    /// The certificates that are known to match.
    pub(in crate::operation) certificates: Vec<DescribedCertificate>,
    /// Number of certificates that the filter could not judge.
    pub(in crate::operation) undecided_count: u64,
}

/// Reads all certificates that a filter does not exclude.
///
/// # Errors
/// `unsupported` when the provider does not support the filter. `selection_too_large` when more than
/// `most` match. A retryable error when nothing shows that the list is whole: the time was up, the list
/// changed while it was read, or a certificate could not be read for a while.
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
    // The certificate that could not be read may match the filter.
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

/// A listing of at most `most` certificates that an order may change, with the facts that the filter
/// needs.
///
/// # Errors
/// `unsupported` when the provider does not support the filter.
pub(super) fn listing_for_changes<'a>(
    context: &'a CallContext<'a>,
    lister: &'a dyn Lister,
    filter: &'a Filter,
    most: usize,
) -> Result<Listing<'a>, Error> {
    let capabilities = lister.capabilities();
    check_list(capabilities, filter, None, true)?;
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
