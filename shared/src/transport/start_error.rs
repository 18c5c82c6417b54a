//! The error of an HTTP client that cannot be set up.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::error::{Cause, innermost};

/// The reason why the HTTP client cannot be set up.
#[derive(Debug)]
pub struct StartError {
    problem: String,
    cause: Cause,
}

impl StartError {
    pub(super) fn new(problem: String, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            problem,
            cause: Arc::new(cause),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem, innermost(&*self.cause))
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}
