//! What the functions do: the steps and the guards. Knows the provider traits only.

mod cursor;
mod describe;
#[cfg(test)]
mod hostile_answers;
mod inactivate;
mod status;

pub use describe::{Describe, DescribeAnswer};
pub use inactivate::{Inactivate, InactivateAnswer, InactivateResult, Outcome, Summary};
pub use status::{Status, StatusAnswer, StatusResult};

use std::future::Future;

use serde::Serialize;

use crate::config::Config;
use crate::error::Error;
use crate::model::ProviderName;
use crate::provider::Session;
use crate::request::{Member, Request};

/// One function of the bundle.
pub trait Operation {
    /// Its name in answers and logs.
    const NAME: &'static str;
    /// The query parameters of a GET; `None` where GET is not taken, because a GET must not change anything.
    const QUERY: Option<&'static [Member]>;
    /// What it is asked.
    type Request: Request;
    /// What it answers.
    type Answer: Answer;

    /// Carries one request out.
    fn perform(
        session: &Session<'_>,
        request: Self::Request,
        answer_budget: AnswerBudget,
    ) -> impl Future<Output = Result<Self::Answer, Error>>;
}

/// What every answer can tell about itself.
pub trait Answer: Serialize {
    /// The failures inside of an answer that succeeded in part.
    fn failures(&self) -> impl Iterator<Item = &Error>;

    /// The same answer, fit for a log: without PEMs.
    #[must_use]
    fn for_log(self) -> Self;
}

/// How many bytes an answer may take on its way, and how it is counted.
#[derive(Clone, Copy, Debug)]
pub struct AnswerBudget {
    /// Most bytes of the whole answer.
    pub bytes: usize,
    /// Whether the answer travels as a JSON string inside JSON, where quotes and backslashes take two bytes.
    pub escaped: bool,
}

fn provider(asked: Option<ProviderName>, config: &Config) -> Result<ProviderName, Error> {
    asked
        .or(config.default_provider)
        .ok_or_else(|| Error::invalid("provider", "name the provider, or set DEFAULT_PROVIDER for the function"))
}

/// When not one of a request's certificates could be processed, the reason is the answer: one that may pass, so that callers
/// and queues try again, or else one that concerns the whole request. That the provider dislikes each of them is told by
/// the results.
fn shared_error<'a>(errors: impl Iterator<Item = Option<&'a Error>>) -> Option<Error> {
    let errors: Vec<&Error> = errors.collect::<Option<_>>()?;
    let passing = errors.iter().find(|error| error.code.retryable());
    passing.or_else(|| errors.iter().find(|error| !error.concerns_parameters)).map(|error| (*error).clone())
}
