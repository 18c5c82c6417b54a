//! A stand-in for Lambda's event source mapping of a queue: its poller and the processes of the
//! function that it calls.
//!
//! The poller differs from Lambda's in two ways: it takes what is visible at once, without a
//! batching window, and it has all of its concurrency from the start.

mod killer;
mod processes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::queue::{Message, Queue};
use crate::{Answer, Deadline, Invocation, Runtime, Slot, Slots, Variables, events};
pub use killer::Killer;
use processes::Processes;

/// The wait of the poller when no message is visible.
const POLLING_PAUSE: Duration = Duration::from_millis(20);

/// The wait of the poller when the function is throttled.
const THROTTLED_PAUSE: Duration = Duration::from_millis(100);

/// An event source mapping and the function behind it.
pub struct Mapping {
    /// The function: `describe`, `inactivate` or `status`.
    pub function: String,
    /// The variables of its processes.
    pub variables: Variables,
    /// The queue that is polled.
    pub queue: Queue,
    /// Maximum number of messages in one invocation; 10 by default, as on Lambda.
    pub batch_size: usize,
    /// Maximum number of invocations at one time (`MaximumConcurrency`); 2 by default, the minimum
    /// of Lambda.
    pub maximum_concurrency: usize,
    /// The time for one invocation; the 29 seconds of `template.yaml` by default.
    pub timeout: Duration,
    /// Number of processes that are kept for later invocations, and used in turn, so that each event
    /// goes to another one; 2 by default. Processes that run at one time beyond these end with
    /// their invocation.
    pub warm_processes: usize,
    /// The moment at which failed messages become visible again.
    pub redelivery: Redelivery,
    /// The function's reserved concurrency, where other callers share it. Without a free slot the
    /// poller tries again until its messages become visible, and then drops them, as Lambda does.
    pub slots: Option<Slots>,
}

/// The moment at which messages become visible again that an invocation has not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redelivery {
    /// As soon as the invocation has ended, so that a test need not wait.
    AtOnce,
    /// When the visibility timeout of the queue has passed, as on Lambda.
    AfterVisibilityTimeout,
}

/// An event source mapping with warm processes. The processes are killed when this is dropped.
pub struct EventSource {
    poller: Arc<Poller>,
}

/// The report of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Whether the queue was empty at the end; else the time limit has passed.
    pub emptied: bool,
    /// Duration of the run.
    pub seconds: f64,
    /// Number of invocations.
    pub invocations: usize,
    /// Number of messages in the invocations; a message counts each time.
    pub deliveries: usize,
    /// Number of these that were not acknowledged.
    pub failed_deliveries: usize,
    /// Number of messages that went to the dead-letter queue.
    pub dead_letters: usize,
    /// Number of batches that were dropped because no slot was free in time.
    pub throttled: usize,
    /// Number of processes that ended before they requested the next event: killed, too late, or by
    /// themselves.
    pub ended_processes: usize,
    /// Peak memory of one process, in bytes. `None` on a system without `/proc`.
    pub peak_memory: Option<u64>,
}

impl Mapping {
    /// A mapping of this queue to this function with the default settings.
    pub fn new<N: Into<String>, V: Into<String>>(
        function: impl Into<String>,
        variables: impl IntoIterator<Item = (N, V)>,
        queue: &Queue,
    ) -> Self {
        Self {
            function: function.into(),
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            queue: queue.clone(),
            batch_size: 10,
            maximum_concurrency: 2,
            timeout: Duration::from_secs(29),
            warm_processes: 2,
            redelivery: Redelivery::AfterVisibilityTimeout,
            slots: None,
        }
    }
}

struct Poller {
    mapping: Mapping,
    processes: Processes,
    killer: Killer,
    tally: Mutex<Tally>,
}

impl EventSource {
    /// Starts the warm processes and waits until they ask for events. Nothing is polled yet.
    ///
    /// # Panics
    ///
    /// When the function does not start.
    pub async fn start(mapping: Mapping) -> Self {
        let processes = Processes::start(
            &mapping.function,
            &mapping.variables,
            mapping.warm_processes,
        )
        .await;
        Self {
            poller: Arc::new(Poller {
                mapping,
                processes,
                killer: Killer::default(),
                tally: Mutex::default(),
            }),
        }
    }

    /// A handle that kills the processes at work while [`run`](Self::run) continues.
    pub fn killer(&self) -> Killer {
        self.poller.killer.clone()
    }

    /// Polls until the queue has no message left, not even a hidden or delayed one, and the
    /// function is idle; or until the time limit has passed, when it kills the processes at work.
    /// May be called again.
    ///
    /// # Panics
    ///
    /// When the function gives an answer that Lambda would misread.
    pub async fn run(&self, limit: Duration) -> Tally {
        let begun = Instant::now();
        let dead_letters = self.poller.mapping.queue.dead_lettered();
        *self.poller.tally() = Tally::default();
        let mut invocations = JoinSet::new();
        let emptied = timeout(limit, self.poll(&mut invocations)).await.is_ok();
        invocations.shutdown().await;
        Tally {
            emptied,
            seconds: begun.elapsed().as_secs_f64(),
            dead_letters: self
                .poller
                .mapping
                .queue
                .dead_lettered()
                .saturating_sub(dead_letters),
            ..*self.poller.tally()
        }
    }

    async fn poll(&self, invocations: &mut JoinSet<()>) {
        let Mapping {
            queue,
            batch_size,
            maximum_concurrency,
            ..
        } = &self.poller.mapping;
        loop {
            while invocations.len() < *maximum_concurrency {
                let batch = queue.receive(*batch_size);
                if batch.is_empty() {
                    break;
                }
                invocations.spawn(Arc::clone(&self.poller).invoke(batch));
            }
            if invocations.is_empty() && queue.is_empty() {
                return;
            }
            tokio::select! {
                Some(ended) = invocations.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        std::panic::resume_unwind(error.into_panic());
                    }
                }
                () = sleep(POLLING_PAUSE) => {}
            }
        }
    }
}

impl Poller {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn invoke(self: Arc<Self>, batch: Vec<Message>) {
        // The slot is free again at the end, when the function is idle or gone.
        let _slot = match &self.mapping.slots {
            None => None,
            Some(slots) => match slot(slots, &batch).await {
                Some(slot) => Some(slot),
                None => {
                    add(&mut self.tally().throttled, 1);
                    return;
                }
            },
        };
        let mut process = self.processes.take().await;
        add(&mut self.tally().invocations, 1);
        add(&mut self.tally().deliveries, batch.len());
        let mut is_answered = false;
        let ordered = self.killer.ordered(process.taken());
        let end = tokio::select! {
            biased;
            order = ordered => Err(order),
            is_idle = self.serve(&mut process, &batch, &mut is_answered) => Ok(is_idle),
        };
        self.remember_memory(&process);
        match end {
            Ok(true) => return self.processes.put_back(process),
            Ok(false) => {}
            Err(order) => {
                process.kill().await;
                if !is_answered {
                    self.fail(&batch);
                }
                order.done(process.pid());
            }
        }
        add(&mut self.tally().ended_processes, 1);
    }

    /// Gives the process this batch and does with the messages as it answers. Whether it is idle
    /// then, or has ended.
    async fn serve(
        &self,
        process: &mut Runtime,
        batch: &[Message],
        is_answered: &mut bool,
    ) -> bool {
        let event = events::sqs_messages(&self.mapping.queue.arn(), batch);
        let invocation = Invocation {
            deadline: Deadline::In(self.mapping.timeout),
            ..Invocation::new(event)
        };
        let answer = process.invoke_with(invocation).await;
        *is_answered = true;
        self.acknowledge(batch, &answer);
        process.idle().await
    }

    /// Deletes what is done. An invocation that failed has done nothing.
    fn acknowledge(&self, batch: &[Message], answer: &Answer) {
        let Answer::Response(_) = answer else {
            return self.fail(batch);
        };
        let failures = answer.batch_item_failures();
        for id in &failures {
            assert!(
                batch.iter().any(|message| message.id == *id),
                "no message of the batch has the id {id}: {answer}"
            );
        }
        let (failed, done): (Vec<&Message>, Vec<&Message>) = batch
            .iter()
            .partition(|message| failures.contains(&message.id));
        for message in done {
            self.mapping.queue.delete(message);
        }
        self.fail(failed);
    }

    fn fail<'a>(&self, messages: impl IntoIterator<Item = &'a Message>) {
        for message in messages {
            add(&mut self.tally().failed_deliveries, 1);
            if self.mapping.redelivery == Redelivery::AtOnce {
                self.mapping.queue.release(message);
            }
        }
    }

    fn remember_memory(&self, process: &Runtime) {
        let mut tally = self.tally();
        tally.peak_memory = tally.peak_memory.max(process.peak_memory());
    }
}

fn add(count: &mut usize, more: usize) {
    *count = count.saturating_add(more);
}

/// A slot for this batch, or `None` when its first message becomes visible before one is free.
async fn slot(slots: &Slots, batch: &[Message]) -> Option<Slot> {
    let visible_again = batch.iter().map(|message| message.visible_at).min()?;
    loop {
        if let Some(slot) = slots.try_acquire() {
            return Some(slot);
        }
        if Instant::now() >= visible_again {
            return None;
        }
        sleep(THROTTLED_PAUSE).await;
    }
}
