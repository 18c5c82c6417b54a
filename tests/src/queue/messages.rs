//! The messages of all queues, visible ones and others.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;

use super::{DeadLetters, QueueSettings, SendFailure};

/// A message as a receiver gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// A UUID, the same each time the message is received.
    pub id: String,
    /// The body as it was sent.
    pub body: String,
    /// Number of times that it was received from its present queue, this time included.
    pub receive_count: u32,
    /// When it was sent, in epoch milliseconds.
    pub sent_at: u64,
    /// When it was first received, in epoch milliseconds; 0 before that.
    pub first_received_at: u64,
    /// From when on it can be received.
    pub visible_at: Instant,
    /// Its place among all messages of all queues.
    number: u64,
}

impl Message {
    /// The receipt handle of this delivery, which differs from that of every other delivery.
    pub fn receipt_handle(&self) -> String {
        format!("{}-{}", self.number, self.receive_count)
    }
}

/// An answer that is held back.
pub(super) struct Hold {
    pub(super) sent: oneshot::Sender<()>,
    pub(super) released: oneshot::Receiver<()>,
}

/// All queues by name.
#[derive(Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<String, Messages>,
    sent: u64,
}

/// One queue.
pub(super) struct Messages {
    visibility_timeout: Duration,
    /// The name of the dead-letter queue, with how often a message is received before it goes
    /// there.
    dead_letters: Option<(String, u32)>,
    /// By their numbers, hence the oldest first.
    messages: BTreeMap<u64, Message>,
    failures: VecDeque<SendFailure>,
    holds: VecDeque<Hold>,
    pub(super) send_calls: usize,
    pub(super) dead_lettered: usize,
}

impl State {
    /// The id of the new message; `None` when there is no such queue.
    pub(super) fn send(
        &mut self,
        queue: &str,
        body: String,
        delay: Duration,
        now: Instant,
    ) -> Option<String> {
        let queue = self.queues.get_mut(queue)?;
        self.sent = self.sent.saturating_add(1);
        let number = self.sent;
        let id = format!("5fea7756-0ea4-451a-a703-{number:012x}");
        let visible_at = later(now, delay);
        let message = Message {
            id: id.clone(),
            body,
            receive_count: 0,
            sent_at: milliseconds(),
            first_received_at: 0,
            visible_at,
            number,
        };
        queue.messages.insert(number, message);
        Some(id)
    }

    /// Nothing when there is no such queue.
    pub(super) fn receive(&mut self, queue: &str, most: usize, now: Instant) -> Vec<Message> {
        let Some(messages) = self.queues.get_mut(queue) else {
            return Vec::new();
        };
        let dead = messages.take_dead(now);
        let received = messages.receive(most, now);
        let dead_letters = messages.dead_letters.as_ref().map(|(name, _)| name.clone());
        if let Some(target) = dead_letters.and_then(|name| self.queues.get_mut(&name)) {
            // The id and the time of sending stay, the count begins again.
            target.messages.extend(dead.into_iter().map(|message| {
                (
                    message.number,
                    Message {
                        receive_count: 0,
                        ..message
                    },
                )
            }));
        }
        received
    }
}

impl Messages {
    pub(super) fn new(settings: QueueSettings) -> Self {
        let QueueSettings {
            visibility_timeout,
            dead_letters,
        } = settings;
        let dead_letters = dead_letters.map(
            |DeadLetters {
                 queue,
                 max_receive_count,
             }| (queue.name, max_receive_count),
        );
        Self {
            visibility_timeout,
            dead_letters,
            messages: BTreeMap::new(),
            failures: VecDeque::new(),
            holds: VecDeque::new(),
            send_calls: 0,
            dead_lettered: 0,
        }
    }

    /// Removes the visible messages that were received too often.
    fn take_dead(&mut self, now: Instant) -> Vec<Message> {
        let Some((_, most)) = self.dead_letters else {
            return Vec::new();
        };
        let is_dead =
            |message: &&Message| message.visible_at <= now && message.receive_count >= most;
        let dead: Vec<Message> = self.messages.values().filter(is_dead).cloned().collect();
        for message in &dead {
            self.messages.remove(&message.number);
        }
        self.dead_lettered = self.dead_lettered.saturating_add(dead.len());
        dead
    }

    fn receive(&mut self, most: usize, now: Instant) -> Vec<Message> {
        let hidden_until = later(now, self.visibility_timeout);
        let visible = self
            .messages
            .values_mut()
            .filter(|message| message.visible_at <= now)
            .take(most);
        visible
            .map(|message| {
                message.receive_count = message.receive_count.saturating_add(1);
                message.visible_at = hidden_until;
                if message.first_received_at == 0 {
                    message.first_received_at = milliseconds();
                }
                message.clone()
            })
            .collect()
    }

    /// The message, if this is still its last delivery.
    fn of_delivery(&mut self, received: &Message) -> Option<&mut Message> {
        self.messages
            .get_mut(&received.number)
            .filter(|message| message.receive_count == received.receive_count)
    }

    pub(super) fn delete(&mut self, received: &Message) -> bool {
        self.of_delivery(received).is_some() && self.messages.remove(&received.number).is_some()
    }

    pub(super) fn release(&mut self, received: &Message, now: Instant) -> bool {
        self.of_delivery(received)
            .map(|message| message.visible_at = now)
            .is_some()
    }

    pub(super) fn all(&self) -> Vec<Message> {
        self.messages.values().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
    }

    pub(super) fn fail_sends(&mut self, times: usize, failure: SendFailure) {
        self.failures.extend(std::iter::repeat_n(failure, times));
    }

    pub(super) fn hold(&mut self, hold: Hold) {
        self.holds.push_back(hold);
    }

    /// The next hold on the answer to a call that has sent.
    pub(super) fn held(&mut self) -> Option<Hold> {
        self.holds.pop_front()
    }

    /// Counts a call that sends, and says how it is to fail.
    pub(super) fn called(&mut self) -> Option<SendFailure> {
        self.send_calls = self.send_calls.saturating_add(1);
        self.failures.pop_front()
    }
}

fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now)
}

/// Now, in epoch milliseconds.
fn milliseconds() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
