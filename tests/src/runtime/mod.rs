//! One execution environment of a function: its process and the Runtime API that feeds it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;
use tokio::time::{sleep_until, timeout};

use crate::function_process::{FunctionProcess, find_binary};
use crate::runtime_api::{Report, RuntimeApi};
use crate::{Answer, Event, Invocation};

/// The time that Lambda gives a function to start.
const START_LIMIT: Duration = Duration::from_secs(10);

/// The time that the last call of an ended process may take through the socket.
const LAST_CALL: Duration = Duration::from_millis(500);

/// One execution environment of a function, as Lambda keeps it: one process that is given one event
/// after another.
///
/// The process is killed when this is dropped. There is no `Debug`, so that the variables it was
/// given (secrets among them) are never printed.
pub struct Runtime {
    api: RuntimeApi,
    process: FunctionProcess,
    start_limit: Duration,
    /// The end of the time for the last event, once the function has taken it.
    deadline: Option<Instant>,
    /// The function whose answers are held against their schema.
    function: Option<String>,
}

impl Runtime {
    /// Starts the binary of `function` (`describe`, `inactivate` or `status`) with the environment
    /// that Lambda gives it and these variables, which win over Lambda's own. Nothing of the test's
    /// environment gets through.
    ///
    /// A function that fails to start says so in the first [`Runtime::invoke`].
    ///
    /// # Panics
    ///
    /// When there is no such binary, with how to build it, or when the process or the socket cannot
    /// be had.
    pub async fn start(function: &str, variables: &[(&str, &str)]) -> Self {
        Self::try_start(function, variables)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, with what is missing as an error.
    pub(crate) async fn try_start(
        function: &str,
        variables: &[(&str, &str)],
    ) -> Result<Self, String> {
        let functions_dir = std::env::var_os("FUNCTIONS_DIR").map(PathBuf::from);
        let executable = std::env::current_exe().map_err(|error| error.to_string())?;
        let binary = find_binary(function, functions_dir.as_deref(), &executable)?;
        let mut runtime = Self::launch(Command::new(binary), function, variables).await?;
        runtime.process.search_log_for_leaks(function, variables);
        Ok(Self {
            function: Some(function.to_owned()),
            ..runtime
        })
    }

    async fn launch(
        command: Command,
        function: &str,
        variables: &[(&str, &str)],
    ) -> Result<Self, String> {
        let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}");
        let api = RuntimeApi::start(arn)
            .await
            .map_err(|error| format!("no socket on 127.0.0.1: {error}"))?;
        let process = FunctionProcess::start(command, function, &api.address(), variables)
            .map_err(|error| format!("the function {function} does not start: {error}"))?;
        Ok(Self {
            api,
            process,
            start_limit: START_LIMIT,
            deadline: None,
            function: None,
        })
    }

    /// Waits for the function to have started: it asks for its first event.
    ///
    /// # Panics
    ///
    /// When it has not after 10 seconds.
    pub async fn ready(&self) {
        let requested = timeout(self.start_limit, self.api.wait_until_ready()).await;
        assert!(
            requested.is_ok(),
            "the function does not ask for an event:\n{}",
            self.logs()
        );
    }

    /// Gives the function this event, with 30 seconds to answer it.
    pub async fn invoke(&mut self, event: impl Into<Event>) -> Answer {
        self.invoke_with(Invocation::new(event)).await
    }

    /// Gives the function this invocation and waits for what comes of it, at most 10 seconds for
    /// the function to ask for the event and then until the deadline. A function that takes longer
    /// is killed, as on Lambda.
    ///
    /// # Panics
    ///
    /// When the answer is off its schema.
    pub async fn invoke_with(&mut self, invocation: Invocation) -> Answer {
        let answer_limit = invocation.deadline.time_limit();
        self.api.offer(invocation);
        self.deadline = None;
        let mut limit = self.start_limit;
        loop {
            match timeout(limit, self.report()).await {
                Ok(Report::Taken) => {
                    limit = answer_limit;
                    self.deadline = Instant::now().checked_add(answer_limit);
                }
                Ok(Report::Answer(answer)) => {
                    if let Some(function) = &self.function {
                        crate::schemas::check(function, &answer);
                    }
                    return answer;
                }
                Err(_) => return self.time_out(limit).await,
            }
        }
    }

    /// Waits until the function asks for its next event: until then the event before takes up the
    /// function, whatever it has answered. A function that does not ask before the deadline of that
    /// event is killed, as on Lambda.
    ///
    /// `false` when the process has ended. Safe to cancel.
    pub async fn idle(&mut self) -> bool {
        let deadline = self
            .deadline
            .or_else(|| Instant::now().checked_add(self.start_limit));
        let late = async {
            match deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                // Not reached: such a time limit is longer than the clock can tell.
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.process.ended() => return false,
            () = self.api.waits() => return true,
            () = late => {}
        }
        self.kill().await;
        false
    }

    /// Ends the process as the operating system does (SIGKILL), and waits for its end.
    pub async fn kill(&mut self) {
        self.process
            .kill()
            .await
            .unwrap_or_else(|error| panic!("the function cannot be killed: {error}"));
        self.api.abandon();
    }

    /// Returns once the function has taken the event that it is given next: the first one of its
    /// process, or the next one of an idle process.
    pub(crate) fn taken(&self) -> impl Future<Output = ()> + use<> {
        let mut asking = self.api.asking();
        async move {
            // The sending end is gone when the process is; nobody has to know then.
            let _ = asking
                .wait_for(|asking| asking.has_asked && !asking.waits)
                .await;
        }
    }

    /// Next act of the function: a call to the Runtime API, or its end.
    async fn report(&mut self) -> Report {
        let ended = tokio::select! {
            biased;
            report = self.api.report() => return report,
            ended = self.process.ended() => ended,
        };
        if let Ok(report) = timeout(LAST_CALL, self.api.report()).await {
            return report;
        }
        let status = ended
            .unwrap_or_else(|error| panic!("the end of the function cannot be observed: {error}"));
        Report::Answer(Answer::Exited {
            status,
            logs: self.logs(),
        })
    }

    async fn time_out(&mut self, limit: Duration) -> Answer {
        self.kill().await;
        Answer::TimedOut {
            limit,
            logs: self.logs(),
        }
    }

    /// All that the function has written so far: stdout, then stderr.
    pub fn logs(&self) -> String {
        self.stdout()
            + &self
                .process
                .stderr()
                .unwrap_or_else(|error| panic!("stderr cannot be read: {error}"))
    }

    /// Each line that the function has written to stdout so far, as JSON.
    ///
    /// # Panics
    ///
    /// When a line is not JSON, with the line.
    #[track_caller]
    pub fn json_logs(&self) -> Vec<Value> {
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("a line of the log is not JSON ({error}): {line}"),
        };
        self.stdout().lines().map(parse).collect()
    }

    fn stdout(&self) -> String {
        self.process
            .stdout()
            .unwrap_or_else(|error| panic!("stdout cannot be read: {error}"))
    }

    /// The process id of the function.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The most memory that the function has held at one time (`VmHWM`), in bytes. `None` once it
    /// has ended, and on a system without `/proc`.
    pub fn peak_memory(&self) -> Option<u64> {
        self.process.peak_memory()
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }
}

#[cfg(test)]
mod tests;
