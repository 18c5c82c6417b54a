//! An order to inactivate, which may continue in another message: its identity and its results so far.

use serde::{Deserialize, Serialize};

use super::CertificateReference;
use crate::model::{Certificate, LifecycleStatus, Source, Timestamp};

/// An order: one request to inactivate, which may take several invocations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InactivationOrder {
    /// Idempotency key of the order, or id of the webhook, of the queue message, or of the invocation
    /// that received it.
    pub id: String,
    /// Id of the events with the order's results. `None` where it is the order's id, which no other
    /// order has unless its caller has chosen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Number of the part that this message continues with, counted from 1.
    pub part: u32,
    /// Caller; `None` if the event names none.
    pub caller: Option<String>,
    /// Time after which the order is refused, unless the request has its own `not_after`.
    pub expires_at: Option<Timestamp>,
    /// Time when the first message of the order that was delivered again had been sent; `None` where
    /// none was. An earlier delivery may have changed any of the certificates that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redelivered_since: Option<Timestamp>,
    /// Results of the parts before this one.
    pub earlier_results: Summary,
    /// Event with the results of the part before this one, which the invocation of this part publishes.
    /// Because one message carries both, the order never continues without its results being
    /// published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_event: Option<String>,
    /// Identity of the message; `None` if no message continues the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageIdentity>,
    /// Certificates that are left, each with the state in which it has to be. Empty before the first
    /// part, and in an undo that is not signed: its receipts show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// One part of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPart {
    /// Id of the order.
    pub order_id: String,
    /// Id of the events with the order's results.
    pub event_id: String,
    /// Number of the part, counted from 1.
    pub number: u32,
}

impl InactivationOrder {
    /// Id of the events with the order's results, which no other order has.
    pub fn event_id(&self) -> &str {
        self.event_id.as_deref().unwrap_or(&self.id)
    }

    /// The part that is carried out.
    pub fn order_part(&self) -> OrderPart {
        OrderPart {
            order_id: self.id.clone(),
            event_id: self.event_id().to_owned(),
            number: self.part,
        }
    }
}

/// The identity of a message that continues an order. The message's body has it, because SQS gives
/// a message another id when it moves it back from a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageIdentity {
    /// Digest of the message or the event with which the order began. It differs between any two
    /// orders, unlike the order's id, which the senders of some events choose.
    pub origin: String,
    /// Random id of this message.
    pub id: String,
}

/// The certificates of an order at one provider, region and instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Provider, region and instance.
    pub source: Source,
    /// Certificates to change there. Empty where they are still to be selected.
    pub items: Vec<OrderItem>,
}

/// One certificate of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    /// Names of the certificate.
    pub certificate: CertificateReference,
    /// State in which the certificate has to be; `None` if the order holds for any state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<CertificateState>,
    /// Whether an earlier run has shown the certificate to be inactive, so that only its sessions are
    /// left to end.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub is_done: bool,
}

impl From<CertificateReference> for OrderItem {
    fn from(certificate: CertificateReference) -> Self {
        Self {
            certificate,
            expected: None,
            is_done: false,
        }
    }
}

/// The state of a certificate at one moment. Two equal states show that nobody has changed the
/// certificate in between, if the provider shows the time of the last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateState {
    /// Status at the provider.
    pub status: LifecycleStatus,
    /// Time of the last change that the provider shows; `None` where it shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

impl CertificateState {
    /// The state that a read has shown.
    pub fn of(certificate: &Certificate) -> Self {
        let times = [
            certificate.updated_at,
            certificate.last_activated_at,
            certificate.last_inactivated_at,
        ];
        Self {
            status: certificate.status,
            changed_at: times.into_iter().flatten().max(),
        }
    }
}

/// Number of results by outcome. Those that only an undo can have are left out when they are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[expect(missing_docs, reason = "each member is the outcome of the same name")]
pub struct Summary {
    pub inactivated: usize,
    pub already_inactive: usize,
    pub would_inactivate: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub reactivated: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub already_active: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub would_reactivate: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub changed_since: usize,
    pub not_found: usize,
    pub refused: usize,
    pub failed: usize,
    pub unknown: usize,
    pub not_attempted: usize,
}

impl Summary {
    /// Adds two summaries.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            inactivated: self.inactivated.saturating_add(other.inactivated),
            already_inactive: self.already_inactive.saturating_add(other.already_inactive),
            would_inactivate: self.would_inactivate.saturating_add(other.would_inactivate),
            reactivated: self.reactivated.saturating_add(other.reactivated),
            already_active: self.already_active.saturating_add(other.already_active),
            would_reactivate: self.would_reactivate.saturating_add(other.would_reactivate),
            changed_since: self.changed_since.saturating_add(other.changed_since),
            not_found: self.not_found.saturating_add(other.not_found),
            refused: self.refused.saturating_add(other.refused),
            failed: self.failed.saturating_add(other.failed),
            unknown: self.unknown.saturating_add(other.unknown),
            not_attempted: self.not_attempted.saturating_add(other.not_attempted),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}
