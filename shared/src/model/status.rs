//! The meaning of a certificate's status at a given time, in one place for all providers.

use serde::Serialize;

use super::{Timestamp, deserialize_by_parse, quoted};

/// Status of a certificate at the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LifecycleStatus {
    /// The broker accepts the certificate.
    Active,
    /// The broker refuses the certificate until it is activated again.
    Inactive,
    /// The certificate waits for its activation at the broker.
    PendingActivation,
    /// The certificate is revoked for good.
    Revoked,
    /// The certificate authority has not revoked the certificate (RFC 6960). This says nothing
    /// about expiry.
    Good,
    /// The provider does not report a status, or reports one that it does not document.
    #[default]
    Unknown,
}

impl LifecycleStatus {
    /// Its name in requests and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::PendingActivation => "pending_activation",
            Self::Revoked => "revoked",
            Self::Good => "good",
            Self::Unknown => "unknown",
        }
    }

    /// # Errors
    /// A sentence that lists the statuses.
    pub fn parse(text: &str) -> Result<Self, String> {
        const ALL: [LifecycleStatus; 6] = [
            LifecycleStatus::Active,
            LifecycleStatus::Inactive,
            LifecycleStatus::PendingActivation,
            LifecycleStatus::Revoked,
            LifecycleStatus::Good,
            LifecycleStatus::Unknown,
        ];
        ALL.into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                let known = ALL.map(Self::as_str).join(", ");
                format!("unknown status {}; known are {known}", quoted(text))
            })
    }
}

deserialize_by_parse!(LifecycleStatus, "a status as a string");

/// Status at the provider combined with the validity dates and the current time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EffectiveStatus {
    /// The broker accepts the certificate, and no known date is against it.
    Active,
    /// The broker refuses the certificate until it is activated again.
    Inactive,
    /// The certificate waits for its activation at the broker.
    PendingActivation,
    /// The certificate is revoked for good.
    Revoked,
    /// The certificate authority has not revoked the certificate, and no known date is against it.
    Good,
    /// The provider does not report a status, or reports one that it does not document.
    Unknown,
    /// The validity of the certificate has ended.
    Expired,
    /// The validity of the certificate has not begun.
    NotYetValid,
}

/// The validity dates as far as they are known; both ends are included (RFC 5280, section 4.1.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// First valid moment.
    pub not_before: Option<Timestamp>,
    /// Last valid moment.
    pub not_after: Option<Timestamp>,
}

impl Validity {
    fn is_over(self, now: Timestamp) -> bool {
        self.not_after.is_some_and(|last| now > last)
    }

    fn is_ahead(self, now: Timestamp) -> bool {
        self.not_before.is_some_and(|first| now < first)
    }

    const fn is_known(self) -> bool {
        self.not_before.is_some() && self.not_after.is_some()
    }

    /// Fills unknown dates from another source.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.or(other.not_before),
            not_after: self.not_after.or(other.not_after),
        }
    }

    /// The intersection of both.
    fn within(self, other: Self) -> Self {
        // `None`, which means no limit, compares less than any time.
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.into_iter().chain(other.not_after).min(),
        }
    }
}

/// Judges a certificate by the provider's status, the provider's dates and the dates in the
/// certificate itself. When the dates differ, the narrower validity decides the effective status, so
/// that no certificate looks better than either record. Whether a connection would be accepted is
/// `None` unless both records lead to the same answer.
pub fn judge(
    status: LifecycleStatus,
    recorded: Validity,
    certified: Validity,
    now: Timestamp,
) -> (EffectiveStatus, Option<bool>) {
    let by_provider = usable(status, recorded.or(certified), now);
    let by_certificate = usable(status, certified.or(recorded), now);
    let accepted = by_provider.filter(|_| by_provider == by_certificate);
    (
        effective_status(status, recorded.within(certified), now),
        accepted,
    )
}

/// The strongest reason first: states that are final (revoked, expired), then states that somebody
/// must change (inactive, pending), then the state that time changes (not yet valid).
fn effective_status(
    status: LifecycleStatus,
    validity: Validity,
    now: Timestamp,
) -> EffectiveStatus {
    match status {
        LifecycleStatus::Revoked => EffectiveStatus::Revoked,
        _ if validity.is_over(now) => EffectiveStatus::Expired,
        LifecycleStatus::Inactive => EffectiveStatus::Inactive,
        LifecycleStatus::PendingActivation => EffectiveStatus::PendingActivation,
        _ if validity.is_ahead(now) => EffectiveStatus::NotYetValid,
        LifecycleStatus::Active => EffectiveStatus::Active,
        LifecycleStatus::Good => EffectiveStatus::Good,
        LifecycleStatus::Unknown => EffectiveStatus::Unknown,
    }
}

/// Whether a connection with this certificate would be accepted now. `None` when the facts do not
/// decide it: a broker's active certificate with unknown dates, a CA's status without a broker's, or
/// an unknown status.
fn usable(status: LifecycleStatus, validity: Validity, now: Timestamp) -> Option<bool> {
    match effective_status(status, validity, now) {
        EffectiveStatus::Active => validity.is_known().then_some(true),
        EffectiveStatus::Good | EffectiveStatus::Unknown => None,
        EffectiveStatus::Inactive
        | EffectiveStatus::PendingActivation
        | EffectiveStatus::Revoked
        | EffectiveStatus::Expired
        | EffectiveStatus::NotYetValid => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EffectiveStatus as E;
    use LifecycleStatus as L;

    const NOW: i64 = 1_763_800_000_000;
    const DAY: i64 = 86_400_000;

    fn validity(not_before: Option<i64>, not_after: Option<i64>) -> Validity {
        let moment = |offset: i64| Timestamp::from_epoch_milliseconds(NOW + offset).unwrap();
        Validity {
            not_before: not_before.map(moment),
            not_after: not_after.map(moment),
        }
    }

    #[test]
    fn every_pair_of_status_and_dates() {
        let current = validity(Some(-DAY), Some(DAY));
        let last_moment = validity(Some(-DAY), Some(0));
        let first_moment = validity(Some(0), Some(DAY));
        let over = validity(Some(-DAY), Some(-1));
        let ahead = validity(Some(1), Some(DAY));
        let dateless = Validity::default();
        let half_known = validity(None, Some(DAY));
        let now = Timestamp::from_epoch_milliseconds(NOW).unwrap();
        for (status, dates, effective, accepted) in [
            (L::Active, current, E::Active, Some(true)),
            (L::Active, last_moment, E::Active, Some(true)),
            (L::Active, first_moment, E::Active, Some(true)),
            (L::Active, over, E::Expired, Some(false)),
            (L::Active, ahead, E::NotYetValid, Some(false)),
            (L::Active, dateless, E::Active, None),
            (L::Active, half_known, E::Active, None),
            (L::Inactive, current, E::Inactive, Some(false)),
            (L::Inactive, over, E::Expired, Some(false)),
            (L::Inactive, ahead, E::Inactive, Some(false)),
            (L::Inactive, dateless, E::Inactive, Some(false)),
            (
                L::PendingActivation,
                current,
                E::PendingActivation,
                Some(false),
            ),
            (L::PendingActivation, over, E::Expired, Some(false)),
            (
                L::PendingActivation,
                ahead,
                E::PendingActivation,
                Some(false),
            ),
            (
                L::PendingActivation,
                dateless,
                E::PendingActivation,
                Some(false),
            ),
            (L::Revoked, current, E::Revoked, Some(false)),
            (L::Revoked, over, E::Revoked, Some(false)),
            (L::Revoked, ahead, E::Revoked, Some(false)),
            (L::Revoked, dateless, E::Revoked, Some(false)),
            (L::Good, current, E::Good, None),
            (L::Good, over, E::Expired, Some(false)),
            (L::Good, ahead, E::NotYetValid, Some(false)),
            (L::Good, dateless, E::Good, None),
            (L::Unknown, current, E::Unknown, None),
            (L::Unknown, over, E::Expired, Some(false)),
            (L::Unknown, ahead, E::NotYetValid, Some(false)),
            (L::Unknown, dateless, E::Unknown, None),
        ] {
            assert_eq!(
                effective_status(status, dates, now),
                effective,
                "{status:?} {dates:?}"
            );
            assert_eq!(usable(status, dates, now), accepted, "{status:?} {dates:?}");
        }
    }

    #[test]
    fn when_the_dates_differ_no_certificate_looks_better_than_either_record() {
        let current = validity(Some(-DAY), Some(DAY));
        let over = validity(Some(-DAY), Some(-1));
        let ahead = validity(Some(1), Some(DAY));
        let dateless = Validity::default();
        let now = Timestamp::from_epoch_milliseconds(NOW).unwrap();
        for (status, recorded, certified, expected) in [
            (L::Active, current, current, (E::Active, Some(true))),
            (L::Active, dateless, current, (E::Active, Some(true))),
            (L::Active, current, dateless, (E::Active, Some(true))),
            (
                L::Active,
                validity(None, Some(DAY)),
                validity(Some(-DAY), None),
                (E::Active, Some(true)),
            ),
            (L::Active, dateless, dateless, (E::Active, None)),
            (L::Active, over, current, (E::Expired, None)),
            (L::Active, current, over, (E::Expired, None)),
            (L::Active, ahead, current, (E::NotYetValid, None)),
            (L::Active, current, ahead, (E::NotYetValid, None)),
            (L::Active, over, over, (E::Expired, Some(false))),
            (L::Active, over, ahead, (E::Expired, Some(false))),
            (L::Active, dateless, over, (E::Expired, Some(false))),
            (L::Inactive, over, current, (E::Expired, Some(false))),
            (L::Inactive, current, current, (E::Inactive, Some(false))),
            (L::Revoked, current, over, (E::Revoked, Some(false))),
            (L::Good, current, dateless, (E::Good, None)),
            (L::Good, current, over, (E::Expired, None)),
            (L::Unknown, current, current, (E::Unknown, None)),
            (L::Unknown, dateless, dateless, (E::Unknown, None)),
            (L::Unknown, current, over, (E::Expired, None)),
        ] {
            assert_eq!(
                judge(status, recorded, certified, now),
                expected,
                "{status:?} {recorded:?} {certified:?}"
            );
        }
    }
}
