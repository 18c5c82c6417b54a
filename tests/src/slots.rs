//! The concurrency that a function has, shared by everyone who calls it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The reserved concurrency of a function: this many invocations at one time, whoever makes them.
/// Clones share their slots.
#[derive(Clone)]
pub struct Slots(Arc<Semaphore>);

/// One slot, taken until it is dropped. It is held until the function is idle
/// ([`Runtime::idle`](crate::Runtime::idle)), since work after the answer occupies the function as well.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// This many slots, all free.
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// A slot, or `None` when none is free: Lambda throttles the caller.
    pub fn try_acquire(&self) -> Option<Slot> {
        Arc::clone(&self.0)
            .try_acquire_owned()
            .ok()
            .map(|permit| Slot { _permit: permit })
    }

    /// Number of free slots.
    pub fn free(&self) -> usize {
        self.0.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_without_a_slot_is_refused_at_once_and_a_dropped_slot_is_free_again() {
        let slots = Slots::new(2);
        let others = slots.clone();
        let first = slots.try_acquire().unwrap();
        let second = others.try_acquire().unwrap();
        assert!(slots.try_acquire().is_none() && others.try_acquire().is_none());
        drop(first);
        assert_eq!((slots.free(), others.free()), (1, 1));
        assert!(others.try_acquire().is_some());
        drop(second);
        assert_eq!(slots.free(), 2);
    }
}
