//! The URL of a queue.

use crate::transport::{Endpoint, absolute_url};

/// The URL of a queue of Amazon SQS: `https://sqs.eu-west-1.amazonaws.com/123456789012/results`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrl {
    text: String,
    endpoint: Endpoint,
}

impl QueueUrl {
    /// # Errors
    /// A sentence when it is not an endpoint followed by an account and a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = absolute_url(text)?;
        let is_named = url
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .count()
            == 2;
        if !is_named || url.query().is_some() {
            return Err("it must be the URL of a queue, like https://sqs.eu-west-1.amazonaws.com/123456789012/results".to_owned());
        }
        let base = text.strip_suffix(url.path()).unwrap_or(text);
        Ok(Self {
            text: text.to_owned(),
            endpoint: Endpoint::parse(base)?,
        })
    }

    /// The text of the URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The endpoint of calls to the queue.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}
