//! Counts of certificates by effective status and by expiry.

use serde::Serialize;

use crate::model::{Certificate, EffectiveStatus, Timestamp};

/// Numbers of certificates by effective status and by expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Number of all counted certificates.
    pub certificates: u64,
    /// Numbers of certificates by effective status.
    pub by_effective_status: ByEffectiveStatus,
    /// Numbers of certificates by the end of their validity.
    pub by_expiry: ByExpiry,
}

/// Numbers of certificates by effective status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(
    missing_docs,
    reason = "each member is the effective status of the same name"
)]
pub struct ByEffectiveStatus {
    pub active: u64,
    pub inactive: u64,
    pub pending_activation: u64,
    pub revoked: u64,
    pub good: u64,
    pub unknown: u64,
    pub expired: u64,
    pub not_yet_valid: u64,
}

/// Numbers of certificates by the end of their validity. Each certificate is counted once, in the
/// first range that holds it. Where the provider's record and the certificate name different ends,
/// the earlier one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ByExpiry {
    /// Certificates whose validity has ended.
    pub expired: u64,
    /// Certificates that expire within 7 days.
    pub within_7_days: u64,
    /// Certificates that expire in more than 7 and at most 30 days.
    pub within_30_days: u64,
    /// Certificates that expire in more than 30 and at most 90 days.
    pub within_90_days: u64,
    /// Certificates that expire in more than 90 days.
    pub later: u64,
    /// Certificates whose end of validity is unknown.
    pub unknown: u64,
}

impl Counts {
    /// Counts one more certificate.
    pub(super) fn count(&mut self, certificate: &Certificate, now: Timestamp) {
        let statuses = &mut self.by_effective_status;
        let status = match certificate.effective_status {
            EffectiveStatus::Active => &mut statuses.active,
            EffectiveStatus::Inactive => &mut statuses.inactive,
            EffectiveStatus::PendingActivation => &mut statuses.pending_activation,
            EffectiveStatus::Revoked => &mut statuses.revoked,
            EffectiveStatus::Good => &mut statuses.good,
            EffectiveStatus::Unknown => &mut statuses.unknown,
            EffectiveStatus::Expired => &mut statuses.expired,
            EffectiveStatus::NotYetValid => &mut statuses.not_yet_valid,
        };
        let ranges = &mut self.by_expiry;
        let range = match certificate.first_end() {
            None => &mut ranges.unknown,
            Some(end) if end < now => &mut ranges.expired,
            Some(end) if end <= now.plus_days(7) => &mut ranges.within_7_days,
            Some(end) if end <= now.plus_days(30) => &mut ranges.within_30_days,
            Some(end) if end <= now.plus_days(90) => &mut ranges.within_90_days,
            Some(_) => &mut ranges.later,
        };
        for number in [&mut self.certificates, status, range] {
            *number = number.saturating_add(1);
        }
    }

    /// Adds two counts.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        let (one, two) = (self.by_effective_status, other.by_effective_status);
        let (end, other_end) = (self.by_expiry, other.by_expiry);
        Self {
            certificates: self.certificates.saturating_add(other.certificates),
            by_effective_status: ByEffectiveStatus {
                active: one.active.saturating_add(two.active),
                inactive: one.inactive.saturating_add(two.inactive),
                pending_activation: one
                    .pending_activation
                    .saturating_add(two.pending_activation),
                revoked: one.revoked.saturating_add(two.revoked),
                good: one.good.saturating_add(two.good),
                unknown: one.unknown.saturating_add(two.unknown),
                expired: one.expired.saturating_add(two.expired),
                not_yet_valid: one.not_yet_valid.saturating_add(two.not_yet_valid),
            },
            by_expiry: ByExpiry {
                expired: end.expired.saturating_add(other_end.expired),
                within_7_days: end.within_7_days.saturating_add(other_end.within_7_days),
                within_30_days: end.within_30_days.saturating_add(other_end.within_30_days),
                within_90_days: end.within_90_days.saturating_add(other_end.within_90_days),
                later: end.later.saturating_add(other_end.later),
                unknown: end.unknown.saturating_add(other_end.unknown),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LifecycleStatus, ProviderRecord, Validity};

    #[test]
    fn each_certificate_is_counted_once_in_the_first_range_that_holds_it() {
        const NOW: i64 = 1_763_800_000_000;
        const DAY: i64 = 86_400_000;
        let now = Timestamp::from_epoch_milliseconds(NOW).unwrap();
        let mut counts = Counts::default();
        for end in [
            Some(-1),
            Some(0),
            Some(7 * DAY),
            Some(7 * DAY + 1),
            Some(30 * DAY),
            Some(90 * DAY),
            Some(90 * DAY + 1),
            None,
        ] {
            let not_after = end.and_then(|end| Timestamp::from_epoch_milliseconds(NOW + end));
            let record = ProviderRecord {
                status: LifecycleStatus::Active,
                validity: Validity {
                    not_before: None,
                    not_after,
                },
                ..ProviderRecord::default()
            };
            counts.count(&record.into_certificate(now, false), now);
        }
        let expected = ByExpiry {
            expired: 1,
            within_7_days: 2,
            within_30_days: 2,
            within_90_days: 1,
            later: 1,
            unknown: 1,
        };
        assert_eq!((counts.certificates, counts.by_expiry), (8, expected));
        let expected = ByEffectiveStatus {
            active: 7,
            expired: 1,
            ..ByEffectiveStatus::default()
        };
        assert_eq!(counts.by_effective_status, expected);
        let certificate = ProviderRecord::default().into_certificate(now, false);
        let (not_after, certified_not_after) = (Some(now.plus_days(400)), Some(now.plus_days(5)));
        let mut of_two_ends = Counts::default();
        of_two_ends.count(
            &Certificate {
                not_after,
                certified_not_after,
                ..certificate
            },
            now,
        );
        assert_eq!(
            of_two_ends.by_expiry,
            ByExpiry {
                within_7_days: 1,
                ..ByExpiry::default()
            }
        );
        let twice = counts.plus(counts);
        assert_eq!(
            (
                twice.certificates,
                twice.by_effective_status.active,
                twice.by_expiry.unknown
            ),
            (16, 14, 2)
        );
    }
}
