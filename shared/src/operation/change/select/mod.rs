//! Selects the certificates of an order by a filter, at one place or at several. A selection is
//! complete or an error. Only certificates that are known to match the filter are changed.

mod at_place;
mod bounds;
mod page;

pub(super) use self::page::plan_page;

use futures_util::future::join_all;

use self::at_place::{Selected, at_place};
use self::bounds::{check_most_unplanned, check_queue, check_unplanned};
use super::admission::{check_allowed, check_in_time};
use super::answer::Plan;
use super::place_of;
use super::place_work::{PlaceWork, Work};
use super::places::OrderRun;
use super::plan::PlanId;
use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, Source};
use crate::operation::{check_distinct, requested_sources, shared_error};
use crate::provider::{CallContext, Target};
use crate::request::{
    CertificateState, Filter, InactivateRequest, InactivationOrder, OrderItem, Place,
};

/// Maximum number of certificates that one order selects at one place. Each takes about 250 bytes in
/// the message that continues the order, of which a queue takes 1 MiB.
const MOST_SELECTED: usize = 2_000;

/// A place and the certificates that were selected there.
struct SelectedPlace {
    source: Source,
    outcome: Result<Selected, Error>,
    /// Whether this run has selected here.
    is_new: bool,
}

/// Checks a selection before any call.
///
/// # Errors
/// The reason why the selection is forbidden, as far as it is known without a call.
pub(super) fn admit(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: &InactivationOrder,
) -> Result<(), Error> {
    check_in_time(context, request, order)?;
    let plan = check_request(context, request)?;
    let sources = sources(context, request)?;
    let checks: Vec<Result<(), Error>> = sources
        .iter()
        .map(|source| check_allowed(context, Target::Inactive, source))
        .collect();
    let errors = checks.iter().map(|check| check.as_ref().err());
    let error = match plan {
        Some(_) => errors.flatten().next().cloned(),
        None => shared_error(errors),
    };
    error.map_or(Ok(()), Err)
}

/// Selects the certificates of a run. A run that continues an order takes those that the runs before
/// have left.
///
/// # Errors
/// An error because of which nothing is changed.
pub(super) async fn select(run: &OrderRun<'_>, filter: &Filter) -> Result<Work, Error> {
    let OrderRun {
        context,
        request,
        order,
        ..
    } = *run;
    let begins = order.places.is_empty();
    let places = if begins {
        let still_to_select = |source| Place {
            source,
            items: Vec::new(),
        };
        let sources = sources(context, request)?;
        sources.into_iter().map(still_to_select).collect()
    } else {
        order.places.clone()
    };
    let plan = if begins {
        check_request(context, request)?
    } else {
        None
    };
    let mut selected = join_all(
        places
            .into_iter()
            .map(|place| select_at(run, place, filter)),
    )
    .await;
    check_distinct(
        selected
            .iter()
            .map(|place| place.outcome.as_ref().ok().map(|_| place.source.clone())),
    )?;
    let mut new_plan = None;
    if begins {
        new_plan = check_selection(run, plan.as_ref(), &selected)?;
        if plan.is_none() {
            let forget_states = |place: &mut SelectedPlace| place.forget_states(request.force);
            selected.iter_mut().for_each(forget_states);
        }
    } else {
        refuse_excess(run, &mut selected);
    }
    let undecided_count = selected
        .iter()
        .filter(|place| place.is_new)
        .filter_map(|place| Some(place.outcome.as_ref().ok()?.undecided_count))
        .reduce(u64::saturating_add);
    let mut work = Work {
        places: selected.into_iter().map(SelectedPlace::into_work).collect(),
        is_several: request.sources.is_some(),
        plan: new_plan,
        undecided_count,
    }
    .in_parts();
    if request.dry_run {
        work.places.iter_mut().for_each(|place| place.later.clear());
    }
    Ok(work)
}

/// The places of a request.
fn sources(context: &CallContext<'_>, request: &InactivateRequest) -> Result<Vec<Source>, Error> {
    match &request.sources {
        Some(sources) => requested_sources(sources, context.config).map(<[Source]>::to_vec),
        None => place_of(context, request).map(|source| vec![source]),
    }
}

/// Checks the members of a request that the configuration limits, and reads its plan.
fn check_request(
    context: &CallContext<'_>,
    request: &InactivateRequest,
) -> Result<Option<PlanId>, Error> {
    check_most_unplanned(context.config, request)?;
    let secrets = context.config.receipt_secrets.as_ref();
    let id = request.plan_id.as_deref();
    id.map(|id| PlanId::decode(id, request, secrets, context.now))
        .transpose()
}

/// The certificates of a place: those that an earlier run has left there, or else those that the
/// filter finds.
async fn select_at(run: &OrderRun<'_>, place: Place, filter: &Filter) -> SelectedPlace {
    let Place { source, items } = place;
    if !items.is_empty() {
        return SelectedPlace {
            source,
            outcome: Ok(Selected {
                changes: items.len(),
                items,
                ..Selected::default()
            }),
            is_new: false,
        };
    }
    let (source, outcome) = match at_place(run, source.clone(), filter).await {
        Ok((source, selected)) => (source, Ok(selected)),
        Err(error) => (source, Err(error)),
    };
    SelectedPlace {
        source,
        outcome,
        is_new: true,
    }
}

/// Checks that an order may begin with this selection. Returns the plan of a dry run.
///
/// # Errors
/// `not_found`, `selection_too_large`, `conflict` with the plan, and the error of a place.
fn check_selection(
    run: &OrderRun<'_>,
    plan: Option<&PlanId>,
    places: &[SelectedPlace],
) -> Result<Option<Plan>, Error> {
    let OrderRun {
        context, request, ..
    } = *run;
    let errors = || {
        places
            .iter()
            .filter_map(|place| place.outcome.as_ref().err())
    };
    if places.iter().all(SelectedPlace::has_none) {
        return Err(nothing_found(places));
    }
    let first_error = errors().next().cloned();
    if let (Some(_), Some(error)) = (plan, &first_error) {
        return Err(error.clone());
    }
    let certificates = places.iter().map(SelectedPlace::count).sum();
    let selections = || {
        places
            .iter()
            .filter_map(|place| place.outcome.as_ref().ok())
    };
    let states: Vec<&str> = selections()
        .flat_map(|selected| &selected.states)
        .map(String::as_str)
        .collect();
    match plan {
        Some(plan) => plan.check(certificates, &states)?,
        None if !request.dry_run => check_unplanned(context.config, request, certificates)?,
        None => {}
    }
    let items: Vec<&OrderItem> = selections().flat_map(|selected| &selected.items).collect();
    check_queue(context, request.dry_run, &items)?;
    if !request.dry_run || certificates == 0 || first_error.is_some() {
        return Ok(None);
    }
    let plan_id = PlanId::new(request, certificates, &states, context.now);
    Ok(Some(Plan {
        id: plan_id.encode(context.config.receipt_secrets.as_ref()),
        certificates,
        undecided_count: selections().map(|selected| selected.undecided_count).sum(),
        expires_at: plan_id.expires_at,
    }))
}

/// Refuses the places that an order selects at anew when it would change more certificates than the
/// request allows. The places could not be read when the order began.
fn refuse_excess(run: &OrderRun<'_>, places: &mut [SelectedPlace]) {
    let earlier = run.order.earlier_results;
    let changed = earlier
        .inactivated
        .saturating_add(earlier.unknown)
        .saturating_add(earlier.failed);
    let certificates = places
        .iter()
        .map(SelectedPlace::count)
        .fold(changed, usize::saturating_add);
    let Err(error) = check_unplanned(run.context.config, run.request, certificates) else {
        // The certificates that earlier runs have left may be planned.
        for place in places.iter_mut().filter(|place| place.is_new) {
            place.forget_states(run.request.force);
        }
        return;
    };
    for place in places {
        if place.is_new && place.count() > 0 {
            place.outcome = Err(error.clone());
        }
    }
}

/// The error of a selection that finds no certificate at any place.
fn nothing_found(places: &[SelectedPlace]) -> Error {
    let outcomes = || places.iter().map(|place| &place.outcome);
    let errors: Vec<&Error> = outcomes()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    // The certificates may be at a place that could not be read for a while.
    if let Some(error) = errors.iter().find(|error| error.code.retryable()) {
        return (*error).clone();
    }
    if let (Some(error), true) = (errors.first(), errors.len() == places.len()) {
        return (*error).clone();
    }
    let undecided: u64 = outcomes()
        .flatten()
        .map(|selected| selected.undecided_count)
        .sum();
    let mut detail = "no certificate is known to match the selection".to_owned();
    if undecided > 0 {
        detail.push_str(&format!(
            "; {undecided} could not be judged, and describe with include_undecided lists them"
        ));
    }
    if let Some(error) = errors.first() {
        detail.push_str(&format!(
            "; {} of {} sources could not be searched; the first error is: {}",
            errors.len(),
            places.len(),
            error.detail
        ));
    }
    Error::new(ErrorCode::NotFound, detail).with_field("select")
}

impl SelectedPlace {
    fn has_none(&self) -> bool {
        self.outcome.as_ref().map_or(true, Selected::is_empty)
    }

    /// Number of certificates whose status would be changed.
    fn count(&self) -> usize {
        self.outcome.as_ref().map_or(0, |selected| selected.changes)
    }

    /// Without a plan the order holds for any state of the certificates, except that it does not
    /// change those that did not count as changes: they were inactive, and only their sessions are
    /// ended.
    fn forget_states(&mut self, is_forced: bool) {
        let Ok(selected) = &mut self.outcome else {
            return;
        };
        for item in &mut selected.items {
            let expected = item
                .expected
                .filter(|expected| !is_forced && expected.status == LifecycleStatus::Inactive);
            item.expected = expected.map(|expected| CertificateState {
                changed_at: None,
                ..expected
            });
        }
    }

    fn into_work(self) -> PlaceWork {
        let (selected, error) = match self.outcome {
            Ok(selected) => (selected, None),
            Err(error) => (Selected::default(), Some(error)),
        };
        PlaceWork {
            settled: selected.settled,
            error,
            ..PlaceWork::now(self.source, selected.items)
        }
    }
}

#[cfg(test)]
mod tests;
