//! The memory for the bodies of answers, which concurrent calls share.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that a body takes of the budget at one time.
const UNIT: usize = 32 * 1024;
/// The number of units in the budget: 4 MiB. Ten pages of 100 certificates with their PEMs take about
/// 3 MB.
const UNITS: usize = 128;

/// The memory for all bodies: a shared budget, and one body more.
///
/// A body for which the budget is too small may grow beyond it, but only one body at a time; the
/// next one waits. So one body can always be read to its end, whatever the others hold.
pub(super) struct MemoryBudget {
    shared: Arc<Semaphore>,
    beyond: Arc<Semaphore>,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self {
            shared: Arc::new(Semaphore::new(UNITS)),
            beyond: Arc::new(Semaphore::new(1)),
        }
    }
}

/// A body while it arrives. When it is dropped, its memory goes back to the budget.
#[derive(Default)]
pub(super) struct BodyBuffer {
    bytes: BytesMut,
    shared: Option<OwnedSemaphorePermit>,
    beyond: Option<OwnedSemaphorePermit>,
}

impl BodyBuffer {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a chunk, once the budget has memory for it.
    pub(super) async fn add(&mut self, chunk: &[u8], budget: &MemoryBudget) {
        let length = self.bytes.len().saturating_add(chunk.len());
        while self.beyond.is_none() && length > self.taken() {
            match Arc::clone(&budget.shared).try_acquire_owned() {
                Ok(unit) => match &mut self.shared {
                    Some(shared) => shared.merge(unit),
                    None => self.shared = Some(unit),
                },
                // The semaphore is never closed.
                Err(_) => self.beyond = Arc::clone(&budget.beyond).acquire_owned().await.ok(),
            }
        }
        self.bytes.extend_from_slice(chunk);
    }

    /// The bytes that this body has taken of the shared budget.
    fn taken(&self) -> usize {
        let units = self
            .shared
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        units.saturating_mul(UNIT)
    }

    /// The whole body, which keeps its memory.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for BodyBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const SECOND: Duration = Duration::from_secs(1);

    async fn of(length: usize, budget: &MemoryBudget) -> BodyBuffer {
        let mut body = BodyBuffer::default();
        body.add(&vec![0; length], budget).await;
        body
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_beyond_the_budget_are_read_one_at_a_time() {
        let budget = MemoryBudget::default();
        let mut small = of(1, &budget).await;
        let shared: Vec<BodyBuffer> = vec![of(UNIT * (UNITS - 1), &budget).await];
        let beyond = of(1, &budget).await;
        assert!(timeout(SECOND, of(1, &budget)).await.is_err());
        // It has room in the unit that it took before.
        small.add(&[0; UNIT - 1], &budget).await;
        drop(beyond);
        let beyond = timeout(SECOND, of(1, &budget)).await.unwrap();
        let whole = beyond.into_bytes();
        assert!(timeout(SECOND, of(1, &budget)).await.is_err());
        drop((whole, shared));
        for _ in 0..UNITS {
            assert!(timeout(SECOND, of(UNIT, &budget)).await.is_ok());
        }
        assert_eq!(small.into_bytes().len(), UNIT);
    }
}
