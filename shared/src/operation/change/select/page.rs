//! Plans one page of a selection: the certificates that the page would change become a signed order.
//! Planning reads only the list. The order itself changes a certificate only if a read shows the state
//! that the list has shown.

use super::at_place::{admit_place, in_terms_of_select};
use crate::error::Error;
use crate::operation::change::answer::{InactivateAnswer, OneInactivateAnswer, OrderAnswer};
use crate::operation::change::place_of;
use crate::operation::change::place_work::{PlaceOutcome, PlaceWork};
use crate::operation::change::places::{OrderRun, with_warnings};
use crate::operation::change::planned_page::PlannedPage;
use crate::operation::change::signed;
use crate::operation::describe::page_of_list;
use crate::request::{Filter, Place, PlanPage, Summary};

/// Plans one page.
///
/// # Errors
/// `unsupported` without secrets, and an error because of which no certificate could be listed.
pub(in crate::operation::change) async fn plan_page(
    run: &OrderRun<'_>,
    filter: &Filter,
    page: &PlanPage,
) -> Result<InactivateAnswer, Error> {
    let OrderRun {
        context, request, ..
    } = *run;
    signed::secrets(context)?;
    let admitted = admit_place(run, place_of(context, request)?)?;
    let (status_writer, lister) = (admitted.status_writer.as_ref(), admitted.lister.as_ref());
    let list = page_of_list(
        context,
        lister,
        filter,
        page.limit(),
        page.cursor.as_deref(),
    );
    let (list, warnings) = with_warnings(run.target, status_writer, Box::pin(list)).await;
    let list = list.map_err(in_terms_of_page)?;
    let selected = admitted.judge(run, list.certificates)?;
    let certificates = selected.items.len();
    let would_change = Summary {
        would_inactivate: selected.changes,
        // For these, only the sessions would be ended.
        already_inactive: certificates.saturating_sub(selected.changes),
        ..Summary::default()
    };
    let scope = status_writer.scope().clone();
    let outcome = PlaceOutcome {
        work: PlaceWork {
            settled: selected.settled,
            unreported: would_change,
            ..PlaceWork::now(admitted.source.clone(), Vec::new())
        },
        scope: Some(scope.clone()),
        results: Vec::new(),
        warnings,
        error: None,
    };
    let place = Place {
        source: admitted.source,
        items: selected.items,
    };
    let planned = PlannedPage {
        order: signed::sign_plan(run, vec![place], context.now.plus(signed::LIFETIME))?,
        certificates,
        consistent: list.consistent,
        next_cursor: list.next_cursor,
    };
    let order = OrderAnswer {
        undecided_count: Some(list.undecided_count),
        page: Some(planned),
        ..run.order_answer(std::slice::from_ref(&outcome))
    };
    Ok(InactivateAnswer::One(OneInactivateAnswer {
        operation: run.operation,
        provider: scope.provider,
        region: scope.region,
        instance_id: scope.instance_id,
        results: outcome.work.settled,
        order,
    }))
}

/// The error in the caller's terms, who has sent the filter as `select` and the cursor as
/// `page.cursor`.
fn in_terms_of_page(error: Error) -> Error {
    if error.field.as_deref() == Some("cursor") {
        let rule = "page.cursor must be the page.next_cursor of a request with the same provider, region, instance_id and select";
        return Error::invalid("page.cursor", rule);
    }
    in_terms_of_select(error)
}
