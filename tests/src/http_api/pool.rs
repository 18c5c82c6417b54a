//! The processes of one function.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::Variables;
use crate::{Answer, Invocation, Runtime};

/// This many processes of one function, each with one event at a time.
pub(super) struct Pool {
    function: &'static str,
    variables: Variables,
    idle: Mutex<Vec<Runtime>>,
    free: Semaphore,
}

impl Pool {
    /// Starts them all.
    pub(super) async fn start(
        function: &'static str,
        variables: Variables,
        processes: usize,
    ) -> Result<Self, String> {
        let pool = Self {
            function,
            variables,
            idle: Mutex::default(),
            free: Semaphore::new(processes),
        };
        for _ in 0..processes {
            let process = pool.start_process().await?;
            pool.put_back(process);
        }
        Ok(pool)
    }

    /// Waits for a free process, first come, first served, and gives it the invocation. A process
    /// that has ended or failed is replaced by a new one, as on Lambda.
    pub(super) async fn invoke(self: Arc<Self>, invocation: Invocation) -> Result<Answer, String> {
        let _place = self
            .free
            .acquire()
            .await
            .map_err(|error| error.to_string())?;
        let mut process = match self.idle_process() {
            Some(process) => process,
            None => self.start_process().await?,
        };
        let answer = process.invoke_with(invocation).await;
        if matches!(answer, Answer::Response(_) | Answer::Error(_)) {
            self.put_back(process);
        }
        Ok(answer)
    }

    async fn start_process(&self) -> Result<Runtime, String> {
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Runtime::try_start(self.function, &variables).await
    }

    /// One that still runs.
    fn idle_process(&self) -> Option<Runtime> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(Runtime::is_alive);
        idle.pop()
    }

    fn put_back(&self, process: Runtime) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(process);
    }
}
