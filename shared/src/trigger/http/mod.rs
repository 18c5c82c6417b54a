//! HTTP events in their four forms, and answers in the form of each.

mod caller;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::operation::Operation;
use crate::request::{self, LARGEST_REQUEST, object_from_query};
use crate::signing::webhook::WebhookId;

/// Epoch milliseconds, in 2001: before that nobody called a function.
const EARLIEST_RECEIPT: i64 = 1_000_000_000_000;

/// An HTTP request as its gateway describes it.
pub(super) struct HttpEvent {
    form: Form,
    method: String,
    query: Vec<(String, String)>,
    body: String,
    body_is_base64: bool,
    /// Names in lower case. One that came twice has its values joined by commas.
    headers: HashMap<String, String>,
    /// Whether the gateway says who the caller is.
    caller_is_known: bool,
    /// By which name.
    pub(super) caller: Option<String>,
    /// When the gateway got the request; a load balancer does not say.
    pub(super) received_at: Option<Timestamp>,
}

/// How the gateway wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Payload 2.0: HTTP API and Function URL.
    PayloadTwo,
    /// Payload 1.0: REST API.
    PayloadOne,
    /// Application Load Balancer.
    LoadBalancer {
        /// Whether the target group has multi-value headers enabled.
        multi_value: bool,
    },
}

impl HttpEvent {
    /// Takes what is there and of the right type; what is missing fails later as what it means for
    /// the request.
    pub(super) fn read(json: &str, has_elb: bool, has_http: bool) -> Self {
        let members: Lenient = serde_json::from_str(json).unwrap_or_default();
        let form = if has_elb {
            Form::LoadBalancer {
                multi_value: members.multi_value_headers.is_object(),
            }
        } else if has_http {
            Form::PayloadTwo
        } else {
            Form::PayloadOne
        };
        let method = match form {
            Form::PayloadTwo => members.request_context.pointer("/http/method"),
            Form::PayloadOne | Form::LoadBalancer { .. } => Some(&members.http_method),
        };
        let query = match form {
            Form::PayloadTwo => members
                .raw_query_string
                .as_str()
                .map(decoded)
                .unwrap_or_default(),
            Form::PayloadOne => members.query_pairs(),
            // A load balancer hands names and values on as they were sent.
            Form::LoadBalancer { .. } => members
                .query_pairs()
                .into_iter()
                .flat_map(|(name, value)| decoded(&format!("{name}={value}")))
                .collect(),
        };
        Self {
            form,
            method: method
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            query,
            body: members.body.as_str().unwrap_or_default().to_owned(),
            body_is_base64: members.is_base64_encoded.as_bool().unwrap_or_default(),
            headers: members.headers(),
            caller_is_known: members.caller_is_known(),
            caller: members.caller(),
            received_at: ["/timeEpoch", "/requestTimeEpoch"]
                .iter()
                .find_map(|member| members.request_context.pointer(member)?.as_i64())
                // An emulator's zero, or its seconds, are no moment.
                .filter(|milliseconds| *milliseconds >= EARLIEST_RECEIPT)
                .and_then(Timestamp::from_epoch_milliseconds),
        }
    }

    /// Whether the answer goes through a load balancer, which carries less than the others.
    pub(super) const fn is_from_load_balancer(&self) -> bool {
        matches!(self.form, Form::LoadBalancer { .. })
    }

    /// The request of an operation.
    ///
    /// # Errors
    /// `method_not_allowed`, `payload_too_large`, or `invalid_request` with the part at fault.
    pub(super) fn request<O: Operation>(&self) -> Result<O::Request, Error> {
        match (self.method.as_str(), O::QUERY) {
            ("GET", Some(members)) => {
                request::parse(&object_from_query(&self.query, members)?.to_string())
            }
            ("POST", _) => {
                if let Some((name, _)) = self.query.first() {
                    // Reading only one of the two could drop a "dry_run" that the caller relies on.
                    return Err(Error::invalid(
                        crate::model::shown(name),
                        "a POST takes no query parameters; put them into the body",
                    ));
                }
                request::parse(&self.text()?)
            }
            (method, _) => {
                let detail = format!(
                    "{} takes {}, not {}",
                    O::NAME,
                    allowed::<O>(),
                    crate::model::quoted(method)
                );
                Err(Error::new(ErrorCode::MethodNotAllowed, detail))
            }
        }
    }

    /// The body as it was sent.
    fn bytes(&self) -> Result<Vec<u8>, Error> {
        if self.body.len() > LARGEST_REQUEST.saturating_mul(2) {
            return Err(too_large());
        }
        let bytes = if self.body_is_base64 {
            STANDARD.decode(&self.body).map_err(|_| {
                Error::invalid("body", "the body is not base64, although the event says so")
            })?
        } else {
            self.body.clone().into_bytes()
        };
        if bytes.len() > LARGEST_REQUEST {
            return Err(too_large());
        }
        Ok(bytes)
    }

    fn text(&self) -> Result<String, Error> {
        let text = String::from_utf8(self.bytes()?)
            .map_err(|_| Error::invalid("body", "the body is not UTF-8"))?;
        if text.is_empty() {
            return Err(Error::invalid(
                "body",
                "the body is empty; send the request as a JSON object",
            ));
        }
        Ok(text)
    }

    /// Whether the client would rather have the request carried out later than wait for it
    /// ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240#section-4.1)).
    pub(super) fn prefers_async(&self) -> bool {
        let preferences = self
            .headers
            .get("prefer")
            .map(String::as_str)
            .unwrap_or_default();
        preferences
            .split([',', ';'])
            .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
    }

    /// The answer in this gateway's form.
    pub(super) fn answer<O: Operation>(
        &self,
        reply: &Result<Reply<O::Answer>, Error>,
        webhook_id: Option<&WebhookId>,
    ) -> Value {
        const JSON: &str = "application/json";
        let (status, title) = match reply {
            Ok(Reply::Answer(_)) => (200, "OK"),
            Ok(Reply::Accepted { .. }) => (202, "Accepted"),
            Err(error) => (error.code.http_status(), error.code.title()),
        };
        let mut headers = vec![("cache-control", "no-store".to_owned())];
        headers.extend(webhook_id.map(|id| ("webhook-id", id.to_string())));
        let body = match reply {
            Ok(Reply::Answer(answer)) => {
                headers.push(("content-type", JSON.to_owned()));
                serde_json::to_string(answer)
            }
            Ok(Reply::Accepted { order_id }) => {
                headers.push(("content-type", JSON.to_owned()));
                headers.push(("preference-applied", "respond-async".to_owned()));
                serde_json::to_string(&json!({ "order_id": order_id }))
            }
            Err(error) => {
                headers.push(("content-type", "application/problem+json".to_owned()));
                if error.code == ErrorCode::MethodNotAllowed {
                    headers.push(("allow", allowed::<O>().to_owned()));
                }
                if let Some(wait) = error.retry_after {
                    headers.push(("retry-after", whole_seconds(wait).to_string()));
                }
                serde_json::to_string(error)
            }
        };
        // All are plain data with text keys, which always serialize.
        let body = body.unwrap_or_default();
        match self.form {
            Form::PayloadTwo => {
                json!({"statusCode": status, "headers": single(headers), "cookies": [], "body": body, "isBase64Encoded": false})
            }
            Form::PayloadOne => {
                json!({"statusCode": status, "headers": single(headers), "multiValueHeaders": {}, "body": body, "isBase64Encoded": false})
            }
            Form::LoadBalancer { multi_value } => {
                let (name, headers) = if multi_value {
                    ("multiValueHeaders", multiple(headers))
                } else {
                    ("headers", single(headers))
                };
                let description = format!("{status} {title}");
                json!({"statusCode": status, "statusDescription": description, name: headers, "body": body, "isBase64Encoded": false})
            }
        }
    }
}

/// What an HTTP request comes to when it does not fail.
pub(super) enum Reply<A> {
    /// It was carried out.
    Answer(A),
    /// It will be.
    Accepted {
        /// What it is called in the results and in the log.
        order_id: String,
    },
}

/// The methods of an operation, as an `allow` header lists them.
const fn allowed<O: Operation>() -> &'static str {
    if O::QUERY.is_some() {
        "GET, POST"
    } else {
        "POST"
    }
}

/// Rounded up: who comes back too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

fn too_large() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        format!("the request is larger than {LARGEST_REQUEST} bytes"),
    )
}

fn single(headers: Vec<(&'static str, String)>) -> Map<String, Value> {
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

fn multiple(headers: Vec<(&'static str, String)>) -> Map<String, Value> {
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!([value])))
        .collect()
}

fn decoded(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// The members that are read, of whatever type they are.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct Lenient {
    request_context: Value,
    http_method: Value,
    raw_query_string: Value,
    query_string_parameters: Value,
    multi_value_query_string_parameters: Value,
    headers: Value,
    multi_value_headers: Value,
    body: Value,
    is_base64_encoded: Value,
}

impl Lenient {
    /// Names and values, from the member with all values of a name where it is present.
    fn query_pairs(&self) -> Vec<(String, String)> {
        if let Value::Object(parameters) = &self.multi_value_query_string_parameters {
            let values = |value: &Value| {
                value
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![value.clone()])
            };
            let pairs = parameters.iter().flat_map(|(name, value)| {
                values(value)
                    .into_iter()
                    .map(|value| (name.clone(), text(&value)))
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

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
