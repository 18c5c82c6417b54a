//! The room for certificates in an answer.

use std::cell::Cell;

use super::Cut;
use crate::operation::AnswerBudget;

/// The room for certificates in an answer. Where the answer has to hold whole lists, the sources
/// share one; otherwise each source has its own.
pub(in crate::operation::describe) struct Room {
    /// Maximum number of certificates to keep. `None` keeps none, and counts all that can be read
    /// in time.
    limit: Option<usize>,
    /// Maximum size of the certificates.
    budget: AnswerBudget,
    /// Number of certificates that were kept.
    certificates: Cell<usize>,
    /// Their size in the answer.
    bytes: Cell<usize>,
}

impl Room {
    pub(in crate::operation::describe) const fn new(
        limit: Option<usize>,
        budget: AnswerBudget,
    ) -> Self {
        Self {
            limit,
            budget,
            certificates: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    pub(super) const fn keeps_none(&self) -> bool {
        self.limit.is_none()
    }

    /// Number of certificates that are still wanted.
    pub(super) fn wanted(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| {
            limit.saturating_sub(self.certificates.get())
        })
    }

    /// Bytes that are taken.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Bytes that are left.
    pub(super) const fn bytes_left(&self) -> usize {
        self.budget.bytes.saturating_sub(self.bytes.get())
    }

    /// Takes room for a certificate of this size. The first one is kept however large it is: an
    /// answer without any would make no progress.
    pub(super) fn take(&self, bytes: usize) -> Result<(), Cut> {
        if self.certificates.get() > 0 {
            if self.wanted() == 0 {
                return Err(Cut::Limit);
            }
            if bytes > self.bytes_left() {
                return Err(Cut::Size);
            }
        }
        self.certificates
            .set(self.certificates.get().saturating_add(1));
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        Ok(())
    }

    pub(super) const fn is_escaped(&self) -> bool {
        self.budget.escaped
    }
}
