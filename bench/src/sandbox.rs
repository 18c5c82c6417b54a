//! One execution environment of a contestant: its process, and the Runtime API that feeds it.

use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::contestants::Contestant;
use crate::process::{Process, Usage};
use crate::provider::Provider;
use crate::runtime_api::{Answer, Report, RuntimeApi};
use crate::setting::Setting;

/// A time that no invocation here reaches.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// One execution environment; ended when dropped.
pub(crate) struct Sandbox<'a> {
    contestant: &'a Contestant,
    provider: &'a Provider,
    process: Process,
    api: RuntimeApi,
    pub(crate) started: Instant,
}

impl<'a> Sandbox<'a> {
    pub(crate) fn start(
        contestant: &'a Contestant,
        setting: &'a Setting,
    ) -> Result<Self, Box<dyn Error>> {
        let api = RuntimeApi::start(TIME_LIMIT)?;
        let command = contestant.command(setting, &api.address());
        let log = setting.output.join(format!("{}.log", contestant.name));
        let started = Instant::now();
        let process = Process::start(command, log)
            .map_err(|error| format!("{} does not start: {error}", contestant.name))?;
        Ok(Self {
            contestant,
            provider: &setting.provider,
            process,
            api,
            started,
        })
    }

    /// Waits for the function to request its first event. Returns the moment at which it did.
    pub(crate) fn ready(&self) -> Result<Instant, Box<dyn Error>> {
        match self.api.report()? {
            Report::Ready(at) => Ok(at),
            Report::Answered(_) => Err(self.fails("it answered before it was given an event")),
            Report::Failed(error) => Err(self.fails(&error)),
        }
    }

    /// Gives the function its event this many times in sequence. Checks every answer, and the number of
    /// calls to the provider.
    pub(crate) fn invoke(&self, count: usize) -> Result<Vec<Answer>, Box<dyn Error>> {
        let calls_before = self.provider.calls();
        for _ in 0..count {
            self.api.offer(self.contestant.event.to_owned())?;
        }
        let mut answers = Vec::new();
        while answers.len() < count {
            match self.api.report().map_err(|error| self.fails(&error))? {
                Report::Ready(_) => {}
                Report::Answered(answer) => answers.push(answer),
                Report::Failed(error) => return Err(self.fails(&error)),
            }
        }
        let calls = self.provider.calls().saturating_sub(calls_before);
        if calls != self.contestant.calls.saturating_mul(count) {
            return Err(self.fails(&format!("{calls} calls arrived for {count} events")));
        }
        let (pointer, expected) = self.contestant.expected;
        for answer in &answers {
            let found = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
            if found.pointer(pointer).and_then(Value::as_str) != Some(expected) {
                return Err(self.fails(&format!(
                    "the answer is {}",
                    String::from_utf8_lossy(&answer.body)
                )));
            }
        }
        Ok(answers)
    }

    pub(crate) fn usage(&self) -> Result<Usage, Box<dyn Error>> {
        Ok(self.process.usage()?)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    fn fails(&self, reason: &str) -> Box<dyn Error> {
        format!("{}: {reason}\n{}", self.contestant.name, self.process.log()).into()
    }
}
