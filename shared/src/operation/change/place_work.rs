//! The certificates of one run at one place, and their results.

use super::answer::{InactivateResult, Plan, SourcedInactivation, needs_another_run, summary};
use super::order::left;
use crate::error::Error;
use crate::model::Source;
use crate::provider::Scope;
use crate::request::{MOST_CERTIFICATES, OrderItem, Place, Summary};

/// Maximum number of results in an answer for certificates that need no change. They cost no call.
const MOST_REPORTED: usize = 100;

/// The certificates of one run, by their places.
#[derive(Default)]
pub(super) struct Work {
    pub(super) places: Vec<PlaceWork>,
    /// Whether the answer is that of several places, of which each has its own error.
    pub(super) is_several: bool,
    pub(super) plan: Option<Plan>,
    pub(super) undecided_count: Option<u64>,
}

/// The certificates of one run at one place.
pub(super) struct PlaceWork {
    pub(super) source: Source,
    /// The certificates to change.
    pub(super) items: Vec<OrderItem>,
    /// Those that are left to a later run.
    pub(super) later: Vec<OrderItem>,
    /// The results of certificates that need no change.
    pub(super) settled: Vec<InactivateResult>,
    /// Number of certificates that need no change and have no result, by outcome.
    pub(super) unreported: Summary,
    /// Why nothing is done here.
    pub(super) error: Option<Error>,
}

impl PlaceWork {
    /// All of these certificates, in this run.
    pub(super) fn now(source: Source, items: Vec<OrderItem>) -> Self {
        Self {
            source,
            items,
            later: Vec::new(),
            settled: Vec::new(),
            unreported: Summary::default(),
            error: None,
        }
    }
}

impl Work {
    /// Leaves to later runs the certificates beyond those that one answer carries out.
    pub(super) fn in_parts(mut self) -> Self {
        let mut room = MOST_CERTIFICATES;
        for place in &mut self.places {
            place.later = place.items.split_off(room.min(place.items.len()));
            room = room.saturating_sub(place.items.len());
        }
        self
    }
}

/// The outcome of an order at one place.
pub(super) struct PlaceOutcome {
    pub(super) work: PlaceWork,
    /// `None` where nothing was done.
    pub(super) scope: Option<Scope>,
    /// One result for each of its items.
    pub(super) results: Vec<InactivateResult>,
    pub(super) warnings: Vec<String>,
    /// Why nothing was done there.
    pub(super) error: Option<Error>,
}

impl PlaceOutcome {
    pub(super) fn source(&self) -> Source {
        let scope = self.scope.as_ref();
        scope.map_or_else(|| self.work.source.clone(), Source::from)
    }

    pub(super) fn summary(&self) -> Summary {
        summary(&self.results)
            .plus(summary(&self.work.settled))
            .plus(self.work.unreported)
    }

    /// The certificates that another run has to do. Where they could not be selected, the place
    /// itself is left.
    pub(super) fn left(&self) -> Option<Place> {
        let items = left(&self.work.items, &self.results).into_iter();
        let items: Vec<OrderItem> = items.chain(self.work.later.clone()).collect();
        let is_unselected = self.work.error.as_ref().is_some_and(needs_another_run);
        (is_unselected || !items.is_empty()).then(|| Place {
            source: self.source(),
            items,
        })
    }

    /// The results, each with its place.
    pub(super) fn sourced(&self) -> impl Iterator<Item = SourcedInactivation> {
        let source = self.source();
        let results = self.results.iter().chain(&self.work.settled);
        results.map(move |result| SourcedInactivation {
            provider: Some(source.provider),
            region: source.region.clone(),
            instance_id: source.instance_id.clone(),
            result: result.clone(),
        })
    }
}

/// Drops the results of certificates that need no change beyond [`MOST_REPORTED`]. Returns the number
/// of dropped results by outcome.
pub(super) fn limit_reported(outcomes: &mut [PlaceOutcome]) -> Summary {
    let mut room = MOST_REPORTED;
    let mut all_unreported = Summary::default();
    for PlaceOutcome { work, .. } in outcomes {
        let unreported = work.settled.split_off(room.min(work.settled.len()));
        room = room.saturating_sub(work.settled.len());
        work.unreported = summary(&unreported);
        all_unreported = all_unreported.plus(work.unreported);
    }
    all_unreported
}
