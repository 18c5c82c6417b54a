//! The answer of inactivate.

use serde::Serialize;

use super::client_session::{Sessions, counts};
use super::planned_page::{NextOrder, PlannedPage};
use crate::error::{Error, ErrorCode};
use crate::model::{
    Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, RequestId, SerialNumber,
    SerialNumberBase, Timestamp,
};
use crate::operation::{Answer, Extent, counted, scope_path};
use crate::request::{InactivateRequest, OrderPart, Place, Summary};

/// Answer to an inactivate request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum InactivateAnswer {
    /// Changes at one provider, region and instance.
    One(OneInactivateAnswer),
    /// Changes at several places.
    Several(SeveralInactivateAnswer),
}

/// Changes at one provider, region and instance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneInactivateAnswer {
    /// Name of the operation: `inactivate`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "inactivate")))]
    pub operation: &'static str,
    /// Provider that was called.
    pub provider: ProviderName,
    /// Region that was called.
    pub region: Region,
    /// MQTT instance that was called; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// One result for each certificate, in the order of the request. Of the certificates that a
    /// selection finds, first those that it would change and then up to 100 that need no change.
    pub results: Vec<InactivateResult>,
    /// The order.
    #[serde(flatten)]
    pub order: OrderAnswer,
}

/// Changes at several places.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeveralInactivateAnswer {
    /// Name of the operation: `inactivate`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "inactivate")))]
    pub operation: &'static str,
    /// One entry for each source.
    pub sources: Vec<SourceInactivation>,
    /// One result for each certificate, in the order of the sources.
    pub results: Vec<SourcedInactivation>,
    /// The order.
    #[serde(flatten)]
    pub order: OrderAnswer,
}

/// The order that an answer reports.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderAnswer {
    /// Whether the request was a dry run, which changes nothing.
    pub dry_run: bool,
    /// Id of the order: its `Idempotency-Key`, the id of the webhook or of the message, or that of the
    /// invocation; the same in the answer to each part, in the log and in the results queue.
    pub order_id: String,
    /// Number of the part of the order that this answer reports, counted from 1.
    pub part: u32,
    /// Whether this is the last part of the order.
    pub last: bool,
    /// Plan that carries out exactly this selection; `null` unless this is the dry run of a selection
    /// that would change certificates and of which no source has failed.
    pub plan: Option<Plan>,
    /// Number of certificates that the filter of the selection could not judge, none of which is
    /// changed; `null` when this part selects nothing.
    pub undecided_count: Option<u64>,
    /// Number of certificates by outcome.
    pub summary: Summary,
    /// Number of certificates of the whole order by outcome; `null` unless this is the last part.
    pub order_summary: Option<Summary>,
    /// Request that continues with exactly the remaining certificates; `null` when none remains,
    /// when the function continues by itself, and for several places, each of which has its own.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::request_or_null")
    )]
    pub rest: Option<InactivateRequest>,
    /// Sentences about the place that qualify the results, for example that certificates are not checked
    /// there; empty when there is nothing to say.
    pub warnings: Vec<String>,
    /// Page of a plan that is made page by page; left out in every other answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PlannedPage>,
    /// Order of the next part, to send by direct invocation as it is; left out in the answer to an
    /// order that was not signed. `null` when this is the last part, or when no certificate could be
    /// finished: then the same order is to be sent again later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_order: Option<NextOrder>,
    /// The id of the events with the order's results.
    #[serde(skip)]
    pub event_id: String,
    /// The certificates that are left, for the message that continues an order which does not name
    /// its certificates itself.
    #[serde(skip)]
    pub left: Vec<Place>,
    /// Number of certificates that the summary counts and that have no result, by outcome.
    #[serde(skip)]
    pub unreported: Summary,
}

/// Plan of a selection. The same request with its id carries it out, as long as it selects the same
/// certificates in the same states.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// Id to send as `plan_id`.
    pub id: String,
    /// Number of certificates that would be changed.
    pub certificates: usize,
    /// Number of certificates that the filter could not judge, none of which would be changed.
    pub undecided_count: u64,
    /// Time until which the plan can be carried out.
    pub expires_at: Timestamp,
}

/// Result of one source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceInactivation {
    /// Provider that was called.
    pub provider: ProviderName,
    /// Region that was called; `null` when it could not be determined.
    pub region: Option<Region>,
    /// MQTT instance that was called; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// Number of this source's certificates by outcome.
    pub summary: Summary,
    /// Request that continues with exactly the remaining certificates of this source; `null` when
    /// none remains, and when the function continues by itself.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::request_or_null")
    )]
    pub rest: Option<InactivateRequest>,
    /// Reason why nothing was done at the source.
    pub error: Option<Error>,
}

/// A result and the place that it comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedInactivation {
    /// Provider that was called; `null` for a receipt that this function has not given.
    pub provider: Option<ProviderName>,
    /// Region that was called; `null` when it could not be determined.
    pub region: Option<Region>,
    /// MQTT instance that was called; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// The result.
    #[serde(flatten)]
    pub result: InactivateResult,
}

/// Outcome for one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The certificate is inactive now, as the provider's success answer or a read proves.
    Inactivated,
    /// The certificate was inactive before.
    AlreadyInactive,
    /// The certificate would be inactivated; this was a dry run.
    WouldInactivate,
    /// The certificate is active again, as the provider's success answer or a read proves.
    Reactivated,
    /// The certificate was active before.
    AlreadyActive,
    /// The certificate would be activated again; this was a dry run.
    WouldReactivate,
    /// The certificate is not in the state that its receipt shows: somebody has changed it since.
    ChangedSince,
    /// The provider does not know the certificate.
    NotFound,
    /// A rule of this deployment or of the provider forbids the change.
    Refused,
    /// The certificate was not changed.
    Failed,
    /// The provider did not answer the change, and the certificate's status cannot be read.
    Unknown,
    /// The change was not attempted.
    NotAttempted,
}

/// Number of these results by outcome.
pub(super) fn summary<'a>(results: impl IntoIterator<Item = &'a InactivateResult>) -> Summary {
    let outcomes: Vec<Outcome> = results.into_iter().map(|result| result.outcome).collect();
    let count = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
    Summary {
        inactivated: count(Outcome::Inactivated),
        already_inactive: count(Outcome::AlreadyInactive),
        would_inactivate: count(Outcome::WouldInactivate),
        reactivated: count(Outcome::Reactivated),
        already_active: count(Outcome::AlreadyActive),
        would_reactivate: count(Outcome::WouldReactivate),
        changed_since: count(Outcome::ChangedSince),
        not_found: count(Outcome::NotFound),
        refused: count(Outcome::Refused),
        failed: count(Outcome::Failed),
        unknown: count(Outcome::Unknown),
        not_attempted: count(Outcome::NotAttempted),
    }
}

/// Outcome for one certificate and its evidence.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateResult {
    /// Serial number in the canonical form; `null` when the request does not name it and the
    /// certificate was not found or does not show it.
    pub serial_number: Option<SerialNumber>,
    /// Serial number as the provider spells it, or else as the request does; `null` when the
    /// certificate was not found by such a text or the provider identifies it by another name.
    pub provider_serial_number: Option<String>,
    /// Base in which `provider_serial_number` was read; `null` when its digits are valid in both
    /// bases and the certificate itself is not available to decide.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// Serial number of the issuing CA's certificate as the provider spells it, from the provider
    /// or from the request.
    pub provider_ca_serial_number: Option<String>,
    /// SHA-256 fingerprint of the certificate's DER form, from the provider or from the request.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// Outcome for this certificate.
    pub outcome: Outcome,
    /// Status that a read showed before the change; `null` without such a read.
    pub status_before: Option<LifecycleStatus>,
    /// Status that is known now; `null` when it is unproven or the certificate is gone.
    pub status: Option<LifecycleStatus>,
    /// Whether a read confirms `status`.
    pub verified: bool,
    /// Provider's request id of the call that changed the status.
    pub provider_request_id: Option<RequestId>,
    /// Live sessions of the certificate's devices; `null` unless they were to be ended.
    pub sessions: Option<Sessions>,
    /// Whether the certificate is verified inactive and every known session is verified gone; `null`
    /// when no session is known.
    pub cut_off: Option<bool>,
    /// Receipt by which an undo takes this change back; `null` when the certificate was not
    /// inactivated, and when the function has no secrets for receipts.
    pub receipt: Option<String>,
    /// Reason why the certificate was not changed, or why a session was not ended.
    pub error: Option<Error>,
    /// Time of the last change that the read before this one showed.
    #[serde(skip)]
    pub changed_at_before: Option<Timestamp>,
}

/// Whether an order has to continue at a source that failed with this error. A source that does not
/// support the request is not tried again: only the other sources carry the order out.
pub(super) fn needs_another_run(error: &Error) -> bool {
    error.needs_redelivery() && error.code != ErrorCode::Unsupported
}

impl InactivateAnswer {
    pub(super) const fn order_mut(&mut self) -> &mut OrderAnswer {
        match self {
            Self::One(answer) => &mut answer.order,
            Self::Several(answer) => &mut answer.order,
        }
    }

    /// The order that the answer reports.
    pub const fn order(&self) -> &OrderAnswer {
        match self {
            Self::One(answer) => &answer.order,
            Self::Several(answer) => &answer.order,
        }
    }

    /// The results from all places.
    pub fn results(&self) -> Vec<&InactivateResult> {
        match self {
            Self::One(answer) => answer.results.iter().collect(),
            Self::Several(answer) => answer.results.iter().map(|placed| &placed.result).collect(),
        }
    }
}

impl Answer for InactivateAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        let sources: &[SourceInactivation] = match self {
            Self::One(_) => &[],
            Self::Several(answer) => &answer.sources,
        };
        let sources = sources.iter().filter_map(|source| source.error.as_ref());
        let sources = sources.filter(|error| needs_another_run(error));
        self.results()
            .into_iter()
            .filter_map(|result| result.error.as_ref())
            .chain(sources)
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::One(answer) => Some(scope_path(
                answer.provider,
                &answer.region,
                answer.instance_id.as_ref(),
            )),
            Self::Several(_) => None,
        }
    }

    fn provider_request_ids(&self) -> Vec<&str> {
        self.results()
            .into_iter()
            .filter_map(|result| result.provider_request_id.as_deref())
            .collect()
    }

    fn counts(&self) -> Vec<(String, u64)> {
        let results = self.results();
        let sessions = results.iter().filter_map(|result| result.sessions.as_ref());
        let mut all = counted("outcome", &self.order().summary);
        if sessions.clone().next().is_some() {
            all.extend(counted("sessions", &counts(sessions)));
        }
        all
    }

    fn part(&self) -> Option<OrderPart> {
        let order = self.order();
        Some(OrderPart {
            order_id: order.order_id.clone(),
            event_id: order.event_id.clone(),
            number: order.part,
        })
    }

    fn extent(&self) -> Extent {
        Extent {
            certificates: self.results().len(),
            has_more: !self.order().last,
        }
    }

    /// Receipts and signed orders are left out: a reader of the log could use them.
    fn for_log(mut self) -> Self {
        let order = self.order_mut();
        order.next_order = None;
        if let Some(page) = &mut order.page {
            page.order = None;
        }
        match &mut self {
            Self::One(answer) => {
                for result in &mut answer.results {
                    result.receipt = None;
                }
            }
            Self::Several(answer) => {
                for sourced in &mut answer.results {
                    sourced.result.receipt = None;
                }
                // The rest of an undo is a request with receipts.
                answer.order.rest = None;
            }
        }
        self
    }

    fn has_progress(&self) -> bool {
        let OrderAnswer {
            last, next_order, ..
        } = self.order();
        let goes_on = |next: &NextOrder| next.order().is_some();
        *last || next_order.as_ref().is_none_or(goes_on)
    }

    fn note_continuation(&mut self) {
        match self {
            Self::One(answer) => answer.order.rest = None,
            Self::Several(answer) => {
                answer.order.rest = None;
                for source in &mut answer.sources {
                    source.rest = None;
                }
            }
        }
    }
}
