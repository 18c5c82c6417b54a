//! The outcome of an invocation.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;

/// The outcome of an invocation. It is printed by `{}` and `{:?}` alike as a sentence for a failing test.
#[derive(Clone)]
pub enum Answer {
    /// The function answered with these bytes.
    Response(Vec<u8>),
    /// The function answered with an error.
    Error(FunctionError),
    /// The function said that it cannot start.
    InitError(FunctionError),
    /// The function requested the next event and had not answered this one.
    Unanswered,
    /// The process ended before it answered.
    Exited {
        /// The end of the process.
        status: ExitStatus,
        /// Everything that it had logged.
        logs: String,
    },
    /// The function took too long, to ask for the event or to answer it, and was killed.
    TimedOut {
        /// The time that it was given.
        limit: Duration,
        /// Everything that it had logged.
        logs: String,
    },
}

/// An error as a function reports it to Lambda.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`; the whole body where that is not the documented object.
    pub message: String,
    /// `stackTrace`, empty where there is none.
    pub stack: Vec<String>,
}

impl FunctionError {
    /// Reads the body that a function posts: `{"errorType", "errorMessage", "stackTrace"}`.
    pub(crate) fn from_body(body: &[u8]) -> Self {
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Self {
                message: String::from_utf8_lossy(body).into_owned(),
                ..Self::default()
            };
        };
        let text = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let lines = object.get("stackTrace").and_then(Value::as_array);
        let line = |line: &Value| {
            line.as_str()
                .map_or_else(|| line.to_string(), str::to_owned)
        };
        Self {
            error_type: text("errorType"),
            message: text("errorMessage"),
            stack: lines
                .map(|lines| lines.iter().map(line).collect())
                .unwrap_or_default(),
        }
    }
}

impl Answer {
    /// The response as JSON.
    ///
    /// # Panics
    ///
    /// When the function gave no response, or one that is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match self {
            Self::Response(body) => match serde_json::from_slice(body) {
                Ok(value) => value,
                Err(error) => panic!("the response is not JSON ({error}): {self}"),
            },
            _ => panic!("expected a response: {self}"),
        }
    }

    /// The error that the function answered with.
    ///
    /// # Panics
    ///
    /// When the function did anything else.
    #[track_caller]
    pub fn error(&self) -> &FunctionError {
        match self {
            Self::Error(error) => error,
            _ => panic!("expected a function error: {self}"),
        }
    }

    /// The message ids that a queue's batch reports as failed.
    ///
    /// # Panics
    ///
    /// When the response is not exactly `{"batchItemFailures": [{"itemIdentifier": "<id>"}, ..]}`.
    /// Lambda takes any other for a failure of the whole batch, or of nothing.
    #[track_caller]
    pub fn batch_item_failures(&self) -> Vec<String> {
        let read = |response: &Value| {
            let members = response.as_object().filter(|members| members.len() == 1)?;
            let id = |failure: &Value| {
                let members = failure.as_object().filter(|members| members.len() == 1)?;
                members
                    .get("itemIdentifier")?
                    .as_str()
                    .filter(|id| !id.is_empty())
                    .map(str::to_owned)
            };
            members
                .get("batchItemFailures")?
                .as_array()?
                .iter()
                .map(id)
                .collect::<Option<Vec<_>>>()
        };
        let Some(ids) = read(&self.json()) else {
            panic!("not the answer of a queue's batch: {self}")
        };
        ids
    }

    /// Everything that the invoker receives, as bytes.
    pub fn output(&self) -> Vec<u8> {
        match self {
            Self::Response(body) => body.clone(),
            other => other.to_string().into_bytes(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(body) => write!(
                formatter,
                "the function answered {}",
                String::from_utf8_lossy(body)
            ),
            Self::Error(error) => write!(formatter, "the function failed with {error}"),
            Self::InitError(error) => write!(formatter, "the function could not start: {error}"),
            Self::Unanswered => formatter
                .write_str("the function requested the next event without answering this one"),
            Self::Exited { status, logs } => {
                write!(
                    formatter,
                    "the function ended before it answered ({status}); it had logged:\n{logs}"
                )
            }
            Self::TimedOut { limit, logs } => {
                write!(
                    formatter,
                    "the function was killed after {limit:?} without an answer; it had logged:\n{logs}"
                )
            }
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_type, self.message)?;
        self.stack
            .iter()
            .try_for_each(|line| write!(formatter, "\n  {line}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(value: &Value) -> Answer {
        Answer::Response(value.to_string().into_bytes())
    }

    #[test]
    fn an_error_is_read_with_its_stack() {
        let body = json!({ "errorType": "throttled", "errorMessage": "wait", "stackTrace": ["one", "two"] }).to_string();
        let error = FunctionError::from_body(body.as_bytes());
        let stack = vec!["one".to_owned(), "two".to_owned()];
        assert_eq!(
            error,
            FunctionError {
                error_type: "throttled".to_owned(),
                message: "wait".to_owned(),
                stack
            }
        );
    }

    #[test]
    fn an_error_of_another_form_keeps_its_text() {
        assert_eq!(
            FunctionError::from_body(b"out of paper").message,
            "out of paper"
        );
    }

    #[test]
    fn a_batch_answer_gives_the_ids_in_order() {
        let answer = response(
            &json!({ "batchItemFailures": [{ "itemIdentifier": "b" }, { "itemIdentifier": "a" }] }),
        );
        assert_eq!(answer.batch_item_failures(), ["b", "a"]);
        assert!(
            response(&json!({ "batchItemFailures": [] }))
                .batch_item_failures()
                .is_empty()
        );
    }

    #[test]
    fn a_batch_answer_that_lambda_would_misread_fails_the_test() {
        for wrong in [
            json!({}),
            json!({ "batchItemFailures": null }),
            json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
            json!({ "batchItemFailures": [{ "itemIdentifier": null }] }),
            json!({ "batchItemFailures": [{ "item_identifier": "a" }] }),
            json!({ "batchItemFailures": [], "more": 1 }),
        ] {
            let read = std::panic::catch_unwind(|| response(&wrong).batch_item_failures());
            assert!(read.is_err(), "{wrong} was accepted");
        }
    }
}
