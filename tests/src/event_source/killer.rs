//! Kills processes while they work on an event.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

/// Kills the processes at work of an event source mapping, which continues with new ones. Clones
/// belong to the same mapping.
#[derive(Clone, Default)]
pub struct Killer(Arc<AtWork>);

#[derive(Default)]
struct AtWork {
    switches: Mutex<Switches>,
    begun: Notify,
}

/// One switch for each process at work, the one first that began first.
#[derive(Default)]
struct Switches {
    begun: u64,
    of: BTreeMap<u64, oneshot::Sender<Order>>,
}

/// The request to kill a process.
pub(super) struct Order(oneshot::Sender<u32>);

impl Order {
    /// Tells the requester that the process with this id has ended.
    pub(super) fn done(self, process_id: u32) {
        // The requester may have stopped waiting.
        let _ = self.0.send(process_id);
    }
}

impl Killer {
    /// Waits until a process has taken an event, kills it (SIGKILL) while it works on that event,
    /// be it after its answer, and returns its process id when it is dead. Of several processes it
    /// is the one that has worked for longest.
    pub async fn kill(&self) -> u32 {
        loop {
            let begun = self.0.begun.notified();
            let switch = self.switches().of.pop_first();
            match switch {
                Some((_, switch)) => {
                    let (sender, receiver) = oneshot::channel();
                    // A process that was done in the meantime hears nothing and says nothing.
                    if switch.send(Order(sender)).is_ok()
                        && let Ok(process_id) = receiver.await
                    {
                        return process_id;
                    }
                }
                None => begun.await,
            }
        }
    }

    /// Number of processes that are working.
    pub fn at_work(&self) -> usize {
        self.switches().of.len()
    }

    fn switches(&self) -> std::sync::MutexGuard<'_, Switches> {
        self.0
            .switches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when a process that has `taken` its event is to be killed; dropped when the process
    /// is done.
    pub(super) async fn ordered(&self, taken: impl Future<Output = ()>) -> Order {
        taken.await;
        let (switch, order) = oneshot::channel();
        let _registered = self.register(switch);
        match order.await {
            Ok(order) => order,
            // Not reached: a switch leaves the list with an order only, or at the end of this
            // future.
            Err(_) => std::future::pending().await,
        }
    }

    fn register(&self, switch: oneshot::Sender<Order>) -> Registered<'_> {
        let mut switches = self.switches();
        switches.begun = switches.begun.saturating_add(1);
        let number = switches.begun;
        switches.of.insert(number, switch);
        self.0.begun.notify_one();
        Registered {
            killer: self,
            number,
        }
    }
}

/// A process at work, until this is dropped.
struct Registered<'a> {
    killer: &'a Killer,
    number: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.killer.switches().of.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn the_process_that_began_first_is_killed_first_and_a_done_one_never() {
        let killer = Killer::default();
        let work = |process_id: u32| {
            let killer = killer.clone();
            tokio::spawn(async move { killer.ordered(async {}).await.done(process_id) })
        };
        let done = work(1);
        tokio::task::yield_now().await;
        assert_eq!(killer.at_work(), 1);
        done.abort();
        assert!(done.await.is_err());
        let working = [work(2), work(3)];
        assert_eq!(killer.kill().await, 2);
        assert_eq!(killer.kill().await, 3);
        for ended in working {
            ended.await.unwrap();
        }
        assert_eq!(killer.at_work(), 0);
    }

    #[tokio::test]
    async fn a_process_that_has_not_taken_its_event_is_waited_for() {
        let killer = Killer::default();
        let (take, taken) = oneshot::channel::<()>();
        let working = tokio::spawn({
            let killer = killer.clone();
            async move { killer.ordered(async { drop(taken.await) }).await.done(7) }
        });
        assert!(
            timeout(Duration::from_millis(100), killer.kill())
                .await
                .is_err()
        );
        take.send(()).unwrap();
        assert_eq!(killer.kill().await, 7);
        working.await.unwrap();
    }
}
