//! A budget for the retries of one process. When a vendor is down, retries of every call would keep
//! it down.

use std::cell::Cell;

use crate::error::{Error, ErrorCode};

/// The full budget. The figures are those of the AWS SDKs' standard retry mode.
const FULL: u32 = 500;
/// The cost of a retry after a failure.
const COST: u32 = 14;
/// The cost of a retry after a throttled call: a vendor that throttles is working.
const COST_WHEN_THROTTLED: u32 = 5;
/// The amount that a call gives back when it succeeds at the first attempt.
const FOR_SUCCESS: u32 = 1;

/// The rest of the budget for retries.
#[derive(Debug)]
pub struct RetryQuota(Cell<u32>);

impl Default for RetryQuota {
    fn default() -> Self {
        Self(Cell::new(FULL))
    }
}

impl RetryQuota {
    /// Takes the cost of one retry and returns it; `None` when too little is left.
    pub(super) fn take(&self, error: &Error) -> Option<u32> {
        let price = if error.code == ErrorCode::Throttled {
            COST_WHEN_THROTTLED
        } else {
            COST
        };
        self.0.set(self.0.get().checked_sub(price)?);
        Some(price)
    }

    /// Gives back, after a call has succeeded, the cost of its last retry, or a little when it needed
    /// none.
    pub(super) fn succeeded(&self, taken: Option<u32>) {
        let back = taken.unwrap_or(FOR_SUCCESS);
        self.0.set(self.0.get().saturating_add(back).min(FULL));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: ErrorCode) -> Error {
        Error::new(code, "")
    }

    #[test]
    fn it_is_used_up_by_failures_and_filled_by_successes() {
        let quota = RetryQuota::default();
        let mut taken = 0;
        while quota
            .take(&failed(ErrorCode::ProviderUnavailable))
            .is_some()
        {
            taken += 1;
        }
        assert_eq!(taken, 35);
        assert_eq!(
            quota.take(&failed(ErrorCode::Throttled)),
            Some(COST_WHEN_THROTTLED),
            "10 were left"
        );
        for _ in 0..9 {
            quota.succeeded(None);
        }
        assert_eq!(
            quota.take(&failed(ErrorCode::ProviderUnavailable)),
            Some(COST)
        );
        quota.succeeded(Some(COST));
        assert_eq!(quota.take(&failed(ErrorCode::Timeout)), Some(COST));
        (0..600).for_each(|_| quota.succeeded(None));
        assert_eq!(quota.0.get(), FULL);
    }
}
