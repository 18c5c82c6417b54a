//! A stand-in for Amazon SQS: standard queues in memory, on one port of 127.0.0.1.
//!
//! Functions send to it with `SendMessage` and `SendMessageBatch` of the JSON protocol. A test
//! receives and deletes messages itself, or leaves that to an event source mapping
//! ([`EventSource`](crate::EventSource)).

mod messages;
mod protocol;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use messages::Message;
use messages::{Hold, Messages, State};

/// The account that owns every queue.
const ACCOUNT: &str = "123456789012";

/// Queues on one port. The port closes when this is dropped.
pub struct Queues {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// The settings of a queue.
#[derive(Clone)]
pub struct QueueSettings {
    /// Visibility timeout: the time for which a received message is hidden; 30 seconds by default.
    pub visibility_timeout: Duration,
    /// The dead-letter queue; without one, which is the default, messages stay.
    pub dead_letters: Option<DeadLetters>,
}

/// The redrive policy: the queue for messages that were received too often.
#[derive(Clone)]
pub struct DeadLetters {
    /// The dead-letter queue.
    pub queue: Queue,
    /// A message that was received so often goes there instead of being received once more.
    pub max_receive_count: u32,
}

/// The answer to a call that sends, in place of accepting its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// HTTP status 500: the caller may try again.
    InternalError,
    /// HTTP status 403: the caller has no permission to send.
    AccessDenied,
}

/// The answer to a call that has sent, held back until this is dropped.
pub struct HeldAnswer {
    sent: oneshot::Receiver<()>,
    _release: oneshot::Sender<()>,
}

/// One queue. Clones are the same queue.
#[derive(Clone)]
pub struct Queue {
    name: String,
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility_timeout: Duration::from_secs(30),
            dead_letters: None,
        }
    }
}

impl Queues {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no socket on 127.0.0.1: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("the socket has no address: {error}"));
        let shared = Arc::new(Shared {
            state: Mutex::default(),
        });
        let server = tokio::spawn(protocol::serve(listener, address, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    /// Makes a queue.
    ///
    /// # Panics
    ///
    /// When the name is not one of a standard queue (1 to 80 letters, digits, hyphens and
    /// underscores) or is taken.
    pub fn create(&self, name: &str, settings: QueueSettings) -> Queue {
        let is_name = (1..=80).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        assert!(is_name, "{name:?} is not the name of a standard queue");
        let taken = self
            .shared
            .state()
            .queues
            .insert(name.to_owned(), Messages::new(settings));
        assert!(taken.is_none(), "there is a queue {name} already");
        Queue {
            name: name.to_owned(),
            url: url(self.address, name),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// The state, even when a holder of the lock has panicked: each change is done in one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn url(address: SocketAddr, name: &str) -> String {
    format!("http://{address}/{ACCOUNT}/{name}")
}

impl Queue {
    /// The name, as in the URL.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `http://127.0.0.1:<port>/123456789012/<name>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The ARN, in the region that functions run in.
    pub fn arn(&self) -> String {
        format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{}", self.name)
    }

    fn with<R>(&self, work: impl FnOnce(&mut Messages) -> R) -> R {
        match self.shared.state().queues.get_mut(&self.name) {
            Some(messages) => work(messages),
            None => panic!("there is no queue {}", self.name),
        }
    }

    /// Puts a message into the queue, without a call over HTTP, and returns its id.
    pub fn send(&self, body: impl Into<String>) -> String {
        let sent =
            self.shared
                .state()
                .send(&self.name, body.into(), Duration::ZERO, Instant::now());
        sent.unwrap_or_else(|| panic!("there is no queue {}", self.name))
    }

    /// Takes up to this many visible messages, the oldest first, and hides them for the visibility
    /// timeout. Messages that were received too often go to the dead-letter queue.
    pub fn receive(&self, most: usize) -> Vec<Message> {
        self.shared
            .state()
            .receive(&self.name, most, Instant::now())
    }

    /// Deletes a received message. `false` when it is gone or was received again since.
    pub fn delete(&self, received: &Message) -> bool {
        self.with(|messages| messages.delete(received))
    }

    /// Makes a received message visible at once. `false` when it is gone or was received again
    /// since.
    pub fn release(&self, received: &Message) -> bool {
        self.with(|messages| messages.release(received, Instant::now()))
    }

    /// All messages, hidden and delayed ones too, the oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.with(|messages| messages.all())
    }

    /// The bodies of all messages, the oldest first.
    pub fn bodies(&self) -> Vec<String> {
        self.messages()
            .into_iter()
            .map(|message| message.body)
            .collect()
    }

    /// Number of messages, hidden and delayed ones included.
    pub fn len(&self) -> usize {
        self.with(|messages| messages.len())
    }

    /// Whether there is no message, not even a hidden or delayed one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Deletes all messages.
    pub fn purge(&self) {
        self.with(Messages::purge);
    }

    /// Answers the next this many calls that send to this queue with this failure, behind those that
    /// were asked for before.
    pub fn fail_sends(&self, times: usize, failure: SendFailure) {
        self.with(|messages| messages.fail_sends(times, failure));
    }

    /// Holds back the answer to the next call that sends to this queue and does not fail: its
    /// messages are in the queue, and the caller does not know.
    pub fn hold_answer(&self) -> HeldAnswer {
        let (sent, is_sent) = oneshot::channel();
        let (release, released) = oneshot::channel();
        self.with(|messages| messages.hold(Hold { sent, released }));
        HeldAnswer {
            sent: is_sent,
            _release: release,
        }
    }

    /// Number of calls over HTTP that send to this queue, failed and refused ones included.
    pub fn send_calls(&self) -> usize {
        self.with(|messages| messages.send_calls)
    }

    /// Number of messages that went from this queue to its dead-letter queue.
    pub fn dead_lettered(&self) -> usize {
        self.with(|messages| messages.dead_lettered)
    }
}

impl HeldAnswer {
    /// Returns when the call has come whose answer is held back.
    pub async fn sent(&mut self) {
        // The other end is gone only when the call has come.
        let _ = (&mut self.sent).await;
    }
}

#[cfg(test)]
mod tests;
