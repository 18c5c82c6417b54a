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
    /// A sentence when it is not an endpoint with an account and a name behind it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = absolute_url(text)?;
        let is_named = url
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .count()
            == 2;
        if !is_named || url.query().is_some() {
            return Err("it is not the URL of a queue, like https://sqs.eu-west-1.amazonaws.com/123456789012/results".to_owned());
        }
        let base = text.strip_suffix(url.path()).unwrap_or(text);
        Ok(Self {
            text: text.to_owned(),
            endpoint: Endpoint::parse(base)?,
        })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where calls about it go.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}
