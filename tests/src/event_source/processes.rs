//! The warm processes of one function.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::{Runtime, Variables};

/// Idle processes, the one first that has been idle for longest.
pub(super) struct Processes {
    function: String,
    variables: Variables,
    kept: usize,
    idle: Mutex<VecDeque<Runtime>>,
}

impl Processes {
    /// Starts this many processes, and keeps at most this many.
    pub(super) async fn start(function: &str, variables: &Variables, kept: usize) -> Self {
        let processes = Self {
            function: function.to_owned(),
            variables: variables.clone(),
            kept,
            idle: Mutex::default(),
        };
        for _ in 0..kept {
            let process = processes.start_one().await;
            process.ready().await;
            processes.put_back(process);
        }
        processes
    }

    /// The process that has been idle for longest and still runs, else a new one.
    pub(super) async fn take(&self) -> Runtime {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain_mut(Runtime::is_alive);
            idle.pop_front()
        };
        match idle {
            Some(process) => process,
            None => self.start_one().await,
        }
    }

    async fn start_one(&self) -> Runtime {
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Runtime::start(&self.function, &variables).await
    }

    /// Keeps an idle process, unless there are enough; then it ends.
    pub(super) fn put_back(&self, process: Runtime) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.kept {
            idle.push_back(process);
        }
    }
}
