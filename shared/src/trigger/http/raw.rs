//! An HTTP event as it came, before anything in it is trusted.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::Error;
use crate::request::LARGEST_REQUEST;
use crate::trigger::limits::check_request_size;

/// The members of an HTTP event that are used, each of any type: one that is not of its type must
/// not hide the others, and becomes the answer's error rather than the invocation's.
pub(in crate::trigger) struct RawHttpEvent {
    pub(in crate::trigger) request_context: Value,
    pub(in crate::trigger) http_method: Value,
    pub(in crate::trigger) raw_query_string: Value,
    pub(in crate::trigger) query_string_parameters: Value,
    pub(in crate::trigger) multi_value_query_string_parameters: Value,
    pub(in crate::trigger) headers: Value,
    pub(in crate::trigger) multi_value_headers: Value,
    pub(in crate::trigger) body: Value,
    pub(in crate::trigger) is_base64_encoded: Value,
}

impl RawHttpEvent {
    pub(super) fn into_body(self) -> Result<Vec<u8>, Error> {
        let text = match self.body {
            Value::String(text) => text,
            _ => String::new(),
        };
        // No base64 is twice as long as its bytes, so that a longer text needs no decoding.
        if text.len() > LARGEST_REQUEST.saturating_mul(2) {
            check_request_size(text.len())?;
        }
        let bytes = if self.is_base64_encoded.as_bool().unwrap_or_default() {
            STANDARD.decode(&text).map_err(|_| {
                Error::invalid(
                    "body",
                    "the body is not base64, although the event marks it as base64",
                )
            })?
        } else {
            text.into_bytes()
        };
        check_request_size(bytes.len())?;
        Ok(bytes)
    }

    pub(super) fn headers(&self) -> HashMap<String, String> {
        let source = if self.multi_value_headers.is_object() {
            &self.multi_value_headers
        } else {
            &self.headers
        };
        let mut headers: HashMap<String, String> = HashMap::new();
        for (name, values) in source.as_object().into_iter().flatten() {
            for value in one_or_more(values).iter().filter_map(Value::as_str) {
                let joined = headers.entry(name.to_ascii_lowercase()).or_default();
                if !joined.is_empty() {
                    joined.push(',');
                }
                joined.push_str(value);
            }
        }
        headers
    }

    /// Whether the gateway has authenticated the caller. API Gateway adds the result of its
    /// authorizer; with IAM, payload 1.0 has the caller among `identity`. A load balancer adds
    /// nothing of the kind.
    pub(super) fn caller_is_known(&self) -> bool {
        ["/authorizer", "/identity/userArn"]
            .iter()
            .filter_map(|member| self.request_context.pointer(member))
            .any(|value| match value {
                Value::Object(members) => !members.is_empty(),
                Value::String(text) => !text.is_empty(),
                _ => false,
            })
    }

    /// The name under which the gateway knows the caller: the ARN of an AWS identity, the subject
    /// of a token, or the name that an authorizer gave.
    pub(super) fn caller(&self) -> Option<String> {
        [
            "/authorizer/iam/userArn",
            "/identity/userArn",
            "/authorizer/jwt/claims/sub",
            "/authorizer/claims/sub",
            "/authorizer/principalId",
        ]
        .iter()
        .filter_map(|member| self.request_context.pointer(member)?.as_str())
        .find(|name| !name.is_empty())
        .map(str::to_owned)
    }

    /// Names and values, from the member with all values of a name where it is present.
    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        if let Value::Object(parameters) = &self.multi_value_query_string_parameters {
            let pairs = parameters.iter().flat_map(|(name, values)| {
                one_or_more(values)
                    .iter()
                    .map(|value| (name.clone(), text(value)))
            });
            return pairs.collect();
        }
        let pairs = self
            .query_string_parameters
            .as_object()
            .into_iter()
            .flatten();
        pairs
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }
}

/// The values of a list, or the one value that stands in place of a list.
fn one_or_more(values: &Value) -> &[Value] {
    values
        .as_array()
        .map_or_else(|| std::slice::from_ref(values), Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
