//! The room for answers in memory, which calls side by side share.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes for which room is taken at one time.
const UNIT: usize = 32 * 1024;
/// Answers share this number of units, 4 MiB. Ten pages of 100 certificates with their PEMs take
/// about 3 MB.
const UNITS: usize = 128;

/// The room of all answers.
///
/// An answer that finds no room waits until it is the only one that grows without: whatever the
/// others hold, one of them always goes on. Together they hold the shared room and one answer more.
pub(super) struct Room {
    shared: Arc<Semaphore>,
    beyond: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            shared: Arc::new(Semaphore::new(UNITS)),
            beyond: Arc::new(Semaphore::new(1)),
        }
    }
}

/// An answer as it arrives. Its room is free again when the answer is dropped.
#[derive(Default)]
pub(super) struct Growing {
    bytes: BytesMut,
    shared: Option<OwnedSemaphorePermit>,
    beyond: Option<OwnedSemaphorePermit>,
}

impl Growing {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a chunk, once there is room for it.
    pub(super) async fn add(&mut self, chunk: &[u8], room: &Room) {
        let length = self.bytes.len().saturating_add(chunk.len());
        while self.beyond.is_none() && length > self.room() {
            match Arc::clone(&room.shared).try_acquire_owned() {
                Ok(unit) => match &mut self.shared {
                    Some(shared) => shared.merge(unit),
                    None => self.shared = Some(unit),
                },
                // The semaphore is never closed.
                Err(_) => self.beyond = Arc::clone(&room.beyond).acquire_owned().await.ok(),
            }
        }
        self.bytes.extend_from_slice(chunk);
    }

    fn room(&self) -> usize {
        let units = self
            .shared
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        units.saturating_mul(UNIT)
    }

    /// The whole answer, which keeps its room.
    pub(super) fn whole(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Growing {
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

    async fn of(length: usize, room: &Room) -> Growing {
        let mut growing = Growing::default();
        growing.add(&vec![0; length], room).await;
        growing
    }

    #[tokio::test(start_paused = true)]
    async fn answers_beyond_the_shared_room_are_read_one_at_a_time() {
        let room = Room::default();
        let mut small = of(1, &room).await;
        let shared: Vec<Growing> = vec![of(UNIT * (UNITS - 1), &room).await];
        let beyond = of(1, &room).await;
        assert!(timeout(SECOND, of(1, &room)).await.is_err());
        // There is room for it in the unit that it has.
        small.add(&[0; UNIT - 1], &room).await;
        drop(beyond);
        let beyond = timeout(SECOND, of(1, &room)).await.unwrap();
        let whole = beyond.whole();
        assert!(timeout(SECOND, of(1, &room)).await.is_err());
        drop((whole, shared));
        for _ in 0..UNITS {
            assert!(timeout(SECOND, of(UNIT, &room)).await.is_ok());
        }
        assert_eq!(small.whole().len(), UNIT);
    }
}
