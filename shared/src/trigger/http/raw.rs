//! An HTTP event as it was received, before anything in it is trusted. Each member is read by itself: a
//! member that cannot be read does not affect the others, and becomes the error of the answer only if
//! the request depends on it.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::PayloadFormat;
use super::query::{Pairs, decoded};
use crate::error::Error;
use crate::model::shown;
use crate::object::Members;

/// The headers of Standard Webhooks, in the order of
/// [`UnverifiedHeaders::read`](crate::signing::webhook::UnverifiedHeaders::read).
pub(super) const SIGNED_HEADERS: [&str; 3] =
    ["webhook-id", "webhook-timestamp", "webhook-signature"];
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const PREFER: &str = "prefer";
const USER_AGENT: &str = "user-agent";

/// An HTTP event.
pub(super) struct RawHttpEvent<'e, 'a> {
    pub(super) event: &'e Members<'a>,
    /// `None` when it cannot be read.
    pub(super) request_context: Option<&'e Members<'a>>,
}

impl RawHttpEvent<'_, '_> {
    /// The method of the request.
    ///
    /// # Errors
    /// When the event has no method, or one that cannot be read.
    pub(super) fn method(&self, format: PayloadFormat) -> Result<String, Error> {
        let context = self
            .request_context
            .ok_or_else(|| unreadable("requestContext"))?;
        let (method, member) = match format {
            PayloadFormat::Two => {
                let http = context.object("http").unwrap_or_default();
                (text(&http, "method"), "requestContext.http.method")
            }
            PayloadFormat::One | PayloadFormat::LoadBalancer { .. } => {
                (text(self.event, "httpMethod"), "httpMethod")
            }
        };
        method.ok().flatten().ok_or_else(|| unreadable(member))
    }

    /// The path, as far as the event has one: emulators leave it out.
    pub(super) fn path(&self, format: PayloadFormat) -> Result<Option<String>, Error> {
        text(
            self.event,
            match format {
                PayloadFormat::Two => "rawPath",
                PayloadFormat::One | PayloadFormat::LoadBalancer { .. } => "path",
            },
        )
    }

    /// The stage, which payload 2.0 has as the first segment of the path.
    pub(super) fn stage(&self) -> Option<String> {
        text(self.request_context?, "stage").ok()?
    }

    /// The query's names and values. A parameter that cannot be read is an error and is never left out:
    /// without it, the request would select more certificates.
    pub(super) fn query(&self, format: PayloadFormat) -> Result<Pairs, Error> {
        match format {
            PayloadFormat::Two => decoded(&text(self.event, "rawQueryString")?.unwrap_or_default()),
            PayloadFormat::One => self.query_pairs(),
            // A load balancer passes names and values on as they were sent.
            PayloadFormat::LoadBalancer { .. } => {
                let mut pairs = Vec::new();
                for (name, value) in self.query_pairs()? {
                    pairs.extend(decoded(&format!("{name}={value}"))?);
                }
                Ok(pairs)
            }
        }
    }

    /// Names and values, from the member with all values of a name where it is present.
    fn query_pairs(&self) -> Result<Pairs, Error> {
        const MEMBERS: [&str; 2] = ["multiValueQueryStringParameters", "queryStringParameters"];
        let mut pairs = Vec::new();
        for member in MEMBERS {
            let Some(parameters) = stated(self.event, member)? else {
                continue;
            };
            let parameters = Members::parse(parameters.get()).ok_or_else(|| unreadable(member))?;
            for (name, values) in parameters.iter() {
                let name = name.ok_or_else(|| unreadable(member))?;
                let values = one_or_more(values);
                if values.is_empty() {
                    pairs.push((name.to_owned(), String::new()));
                }
                for value in values {
                    let value = string(value).ok_or_else(|| {
                        let field = shown(name);
                        let detail = format!("the value of {field} cannot be read as a text");
                        Error::invalid(field, detail)
                    })?;
                    pairs.push((name.to_owned(), value));
                }
            }
            break;
        }
        Ok(pairs)
    }

    /// The headers that the function uses, by their names in lower case. The values of a header that was
    /// sent twice are joined by commas; a header that cannot be read is left out.
    pub(super) fn headers(&self) -> Headers {
        let [id, timestamp, signature] = SIGNED_HEADERS;
        let read = [
            id,
            timestamp,
            signature,
            IDEMPOTENCY_KEY,
            PREFER,
            USER_AGENT,
        ];
        let source = self
            .event
            .object("multiValueHeaders")
            .or_else(|| self.event.object("headers"))
            .unwrap_or_default();
        let mut taken: Vec<&str> = Vec::new();
        let mut headers = Headers::default();
        for name in source.iter().filter_map(|(name, _)| name) {
            let Some(header) = read
                .into_iter()
                .find(|header| name.eq_ignore_ascii_case(header))
            else {
                continue;
            };
            if taken.contains(&name) {
                continue;
            }
            // A key that cannot be read must not count as absent: a repeat would be carried out again.
            if header == IDEMPOTENCY_KEY {
                headers.0.entry(header).or_default();
            }
            let values = source.get(name).map(one_or_more).unwrap_or_default();
            for value in values.into_iter().filter_map(string) {
                let joined = headers.0.entry(header).or_default();
                if !joined.is_empty() {
                    joined.push(',');
                }
                joined.push_str(&value);
            }
            taken.push(name);
        }
        headers
    }
}

/// The headers that the function uses.
#[derive(Default)]
pub(super) struct Headers(HashMap<&'static str, String>);

impl Headers {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Empty where there is one that cannot be read.
    pub(super) fn idempotency_key(&self) -> Option<&str> {
        self.get(IDEMPOTENCY_KEY)
    }

    pub(super) fn prefer(&self) -> &str {
        self.get(PREFER).unwrap_or_default()
    }

    pub(super) fn user_agent(&self) -> &str {
        self.get(USER_AGENT).unwrap_or_default()
    }
}

/// A member that the request depends on. `None` when it is missing or `null`.
///
/// # Errors
/// When the event has it several times with different values.
pub(super) fn stated<'a>(
    object: &Members<'a>,
    member: &str,
) -> Result<Option<&'a RawValue>, Error> {
    if !object.is_stated(member) {
        return Ok(None);
    }
    let value = object.get(member).ok_or_else(|| unreadable(member))?;
    Ok(Some(value))
}

/// A text that the request depends on.
///
/// # Errors
/// When it is there and cannot be read.
fn text(object: &Members<'_>, member: &str) -> Result<Option<String>, Error> {
    let text = |value| string(value).ok_or_else(|| unreadable(member));
    stated(object, member)?.map(text).transpose()
}

/// The values of a list, or the one value that stands in place of a list.
fn one_or_more(values: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(values.get()).unwrap_or_else(|_| vec![values])
}

/// The text that a value is.
pub(super) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

fn unreadable(member: &str) -> Error {
    Error::invalid(
        member,
        format!("the event cannot be read: its {member} has no usable value"),
    )
}
