//! The differences between the two targets of a change.

use super::answer::Outcome;
use crate::config::{AllowedInstances, Config};
use crate::model::{Certificate, EffectiveStatus, LifecycleStatus, Timestamp};
use crate::provider::Target;

/// The steps, outcomes and texts of one target.
pub(super) struct TargetRow {
    /// The status that a read shows after the change.
    pub(super) status: LifecycleStatus,
    /// The statuses that show, after a write, that it has had no effect.
    pub(super) unchanged: &'static [LifecycleStatus],
    /// The outcome of a change that was made.
    pub(super) changed: Outcome,
    /// The outcome where the certificate was in the target's status before.
    pub(super) already: Outcome,
    /// The outcome of a dry run.
    pub(super) would_change: Outcome,
    /// The outcome where the certificate is not in the state that the order expects.
    pub(super) changed_since: Outcome,
    /// The audit line before the write.
    pub(super) audit_begin: &'static str,
    /// The audit line after it.
    pub(super) audit_end: &'static str,
    /// The moment of the last change in the opposite direction; `None` where the provider does not
    /// show it, as alibaba-mqtt.
    pub(super) opposite_at: fn(&Certificate) -> Option<Timestamp>,
    /// The opposite change, for error messages.
    pub(super) opposite: &'static str,
    /// The reason why a certificate must not be changed, whatever state the order expects.
    pub(super) forbidden: fn(&Certificate) -> Option<&'static str>,
    /// The instances whose certificates may be brought into the status.
    pub(super) allowed: fn(&Config) -> &AllowedInstances,
    /// The environment variable that holds them.
    pub(super) allowed_by: &'static str,
}

const INACTIVE: TargetRow = TargetRow {
    status: LifecycleStatus::Inactive,
    unchanged: &[LifecycleStatus::Active, LifecycleStatus::PendingActivation],
    changed: Outcome::Inactivated,
    already: Outcome::AlreadyInactive,
    would_change: Outcome::WouldInactivate,
    changed_since: Outcome::Refused,
    audit_begin: "inactivating a certificate",
    audit_end: "tried to inactivate a certificate",
    opposite_at: |certificate| {
        let at = certificate.last_activated_at.or(certificate.updated_at);
        at.filter(|_| certificate.status == LifecycleStatus::Active)
    },
    opposite: "activated or changed",
    forbidden: |certificate| {
        (certificate.status == LifecycleStatus::Revoked).then_some(
            "the certificate is revoked; that is final, and inactivating would only hide it",
        )
    },
    allowed: |config| &config.inactivate_allowed_instances,
    allowed_by: "INACTIVATE_ALLOWED_INSTANCES",
};

const ACTIVE: TargetRow = TargetRow {
    status: LifecycleStatus::Active,
    unchanged: &[LifecycleStatus::Inactive],
    changed: Outcome::Reactivated,
    already: Outcome::AlreadyActive,
    would_change: Outcome::WouldReactivate,
    changed_since: Outcome::ChangedSince,
    audit_begin: "reactivating a certificate",
    audit_end: "tried to reactivate a certificate",
    opposite_at: |certificate| {
        let at = certificate.last_inactivated_at.or(certificate.updated_at);
        at.filter(|_| certificate.status == LifecycleStatus::Inactive)
    },
    opposite: "inactivated or changed",
    forbidden: |certificate| match (certificate.status, certificate.effective_status) {
        (LifecycleStatus::Revoked, _) => {
            Some("the certificate is revoked; that is final, and no broker may accept it again")
        }
        (_, EffectiveStatus::Expired) => {
            Some("the certificate has expired; no broker may accept it again")
        }
        _ => None,
    },
    allowed: |config| &config.reactivate_allowed_instances,
    allowed_by: "REACTIVATE_ALLOWED_INSTANCES",
};

impl Target {
    pub(super) const fn row(self) -> &'static TargetRow {
        match self {
            Self::Inactive => &INACTIVE,
            Self::Active => &ACTIVE,
        }
    }
}
