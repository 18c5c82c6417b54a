//! HTTP events in their four formats, and answers in the format of each.

mod body;
mod caller;
mod path;
mod query;
mod raw;

use std::time::Duration;

use aws_lambda_events::event::alb::AlbTargetGroupResponse;
use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use self::body::Body;
use self::query::Pairs;
use self::raw::{Headers, RawHttpEvent};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::object::Members;
use crate::operation::Operation;
use crate::request::{self, in_terms_of_query, object_from_query, without_byte_order_mark};
use crate::signing::webhook::WebhookId;
use crate::trigger::idempotency::StoredAnswer;

/// Earliest time of receipt that counts, in epoch milliseconds: 2001-09-09T01:46:40Z.
const EARLIEST_RECEIPT: i64 = 1_000_000_000_000;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The beginnings of the user agents of AWS's health checks.
const HEALTH_CHECKERS: [&str; 2] = ["ELB-HealthChecker/", "Amazon-Route53-Health-Check-Service"];

/// An HTTP request as its gateway describes it.
pub(super) struct HttpEvent<'a> {
    format: PayloadFormat,
    method: Result<String, Error>,
    path: Result<Option<String>, Error>,
    /// The stage, with which the path may begin.
    stage: Option<String>,
    query: Result<Pairs, Error>,
    body: Body<'a>,
    headers: Headers,
    /// Whether the gateway has authenticated the caller.
    pub(super) caller_is_known: bool,
    /// The name under which the gateway knows the caller.
    pub(super) caller: Option<String>,
    /// The moment at which the gateway received the request; a load balancer does not state it.
    pub(super) received_at: Option<Timestamp>,
}

/// The format of the event, which is also that of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayloadFormat {
    /// Payload 2.0: HTTP API and Function URL.
    Two,
    /// Payload 1.0: REST API.
    One,
    /// Application Load Balancer.
    LoadBalancer {
        /// Whether the target group has multi-value headers enabled.
        multi_value: bool,
    },
}

impl<'a> HttpEvent<'a> {
    /// Reads each member by itself. A member that cannot be read becomes the error of the request, if
    /// the request depends on it.
    pub(super) fn new(
        format: PayloadFormat,
        event: &Members<'a>,
        request_context: Option<&Members<'a>>,
    ) -> Self {
        let received_at = request_context.and_then(|context| {
            ["timeEpoch", "requestTimeEpoch"]
                .iter()
                .find_map(|member| context.integer(member))
        });
        let event = RawHttpEvent {
            event,
            request_context,
        };
        Self {
            format,
            method: event.method(format),
            path: event.path(format),
            stage: event.stage(),
            query: event.query(format),
            body: Body::of(event.event),
            headers: event.headers(),
            caller_is_known: request_context.is_some_and(caller::is_known),
            caller: request_context.and_then(caller::name),
            received_at: received_at
                // Emulators send a zero, or seconds in place of milliseconds.
                .filter(|milliseconds| *milliseconds >= EARLIEST_RECEIPT)
                .and_then(Timestamp::from_epoch_milliseconds),
        }
    }

    /// Whether the request is a health check of AWS, for which nothing may be carried out.
    pub(super) fn is_health_check(&self) -> bool {
        // A header that was sent twice has both values, separated by a comma.
        let mut agents = self.headers.user_agent().split(',');
        matches!(self.method.as_deref(), Ok("GET" | "HEAD"))
            && agents.any(|agent| HEALTH_CHECKERS.iter().any(|start| agent.starts_with(start)))
    }

    /// Whether the answer goes through a load balancer, which allows only smaller answers.
    pub(super) const fn is_from_load_balancer(&self) -> bool {
        matches!(self.format, PayloadFormat::LoadBalancer { .. })
    }

    /// The request of an operation.
    ///
    /// # Errors
    /// `not_found`, `method_not_allowed`, `payload_too_large`, or `invalid_request` with the part at
    /// fault.
    pub(super) fn request<O: Operation>(&self) -> Result<O::Request, Error> {
        if let Some(path) = self.path.as_ref().map_err(Clone::clone)? {
            path::check(path, self.stage.as_deref(), O::NAME)?;
        }
        let method = self.method.as_deref().map_err(Clone::clone)?;
        let query = || self.query.as_deref().map_err(Clone::clone);
        match (method, O::QUERY) {
            ("GET", Some(members)) => {
                request::parse(&object_from_query(query()?, members)?.to_string())
            }
            ("POST", _) => {
                if let Some((name, _)) = query()?.first() {
                    // If only one of the two counted, a "dry_run" in the other would be lost.
                    return Err(Error::invalid(
                        crate::model::shown(name),
                        "a POST takes no query parameters; put them into the body",
                    ));
                }
                request::parse(self.text()?)
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

    /// The error of a request in terms of its query or of its JSON, whichever the caller has sent.
    pub(super) fn in_the_callers_terms<O: Operation>(&self, error: Error) -> Error {
        match (self.method.as_deref(), &self.query, O::QUERY) {
            (Ok("GET"), Ok(query), Some(members)) => in_terms_of_query(error, query, members),
            _ => error,
        }
    }

    fn text(&self) -> Result<&str, Error> {
        let text = std::str::from_utf8(self.body.bytes()?)
            .map_err(|_| Error::invalid("body", "the body is not UTF-8"))?;
        if without_byte_order_mark(text).is_empty() {
            return Err(Error::invalid(
                "body",
                "the body is empty; send the request as a JSON object",
            ));
        }
        Ok(text)
    }

    /// Whether the client prefers the request to be carried out later
    /// ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240#section-4.1)).
    pub(super) fn prefers_async(&self) -> bool {
        self.headers
            .prefer()
            .split([',', ';'])
            .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
    }

    /// The idempotency key of the request, under which the client can repeat it.
    pub(super) fn idempotency_key(&self) -> Option<&str> {
        self.headers.idempotency_key()
    }

    /// The bytes of the body; empty if it cannot be read.
    pub(super) fn body(&self) -> &[u8] {
        self.body.bytes().unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn body_is_decoded(&self) -> bool {
        self.body.decoded.get().is_some()
    }

    /// The answer in this event's format.
    pub(super) fn answer<O: Operation>(
        &self,
        reply: &Result<Reply<O::Answer>, Error>,
        webhook_id: Option<&WebhookId>,
    ) -> HttpResponse {
        let StoredAnswer { status, body } = status_and_body(reply);
        let mut headers = common_headers(status);
        // A webhook's id consists of letters, digits, underscores and hyphens.
        if let Some(Ok(id)) = webhook_id.map(|id| HeaderValue::from_str(id.as_str())) {
            headers.insert(WEBHOOK_ID, id);
        }
        if status == 202 && self.prefers_async() {
            headers.insert(
                PREFERENCE_APPLIED,
                HeaderValue::from_static("respond-async"),
            );
        }
        match reply {
            Ok(Reply::Replayed(_)) => {
                headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
            }
            Ok(_) => {}
            Err(error) => {
                if error.code == ErrorCode::MethodNotAllowed {
                    headers.insert(ALLOW, HeaderValue::from_static(allowed::<O>()));
                }
                if let Some(wait) = error.retry_after {
                    headers.insert(RETRY_AFTER, whole_seconds(wait).into());
                }
            }
        }
        HttpResponse::new(self.format, status, headers, body)
    }
}

/// The answer to a request that is refused before it is read.
pub(super) fn refusal(format: PayloadFormat, error: Error) -> HttpResponse {
    let StoredAnswer { status, body } = status_and_body::<()>(&Err(error));
    HttpResponse::new(format, status, common_headers(status), body)
}

/// The headers of every answer.
fn common_headers(status: u16) -> HeaderMap {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
    let content_type = if status < 400 { JSON } else { PROBLEM };
    HeaderMap::from_iter([
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_TYPE, content_type),
    ])
}

/// The status and the body of an answer.
pub(super) fn status_and_body<A: Serialize>(reply: &Result<Reply<A>, Error>) -> StoredAnswer {
    let (status, body) = match reply {
        Ok(Reply::Answer(answer)) => (200, serde_json::to_string(answer)),
        Ok(Reply::Healthy) => (200, serde_json::to_string(&json!({ "status": "ok" }))),
        Ok(Reply::Accepted { order_id }) => {
            (202, serde_json::to_string(&json!({ "order_id": order_id })))
        }
        Ok(Reply::Replayed(answer)) => return answer.clone(),
        Err(error) => (error.code.http_status(), serde_json::to_string(error)),
    };
    StoredAnswer {
        status,
        // All of them are plain data with text keys, which always serialize.
        body: body.unwrap_or_default(),
    }
}

/// An HTTP answer in the format of its gateway.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum HttpResponse {
    PayloadTwo(ApiGatewayV2httpResponse),
    PayloadOne(ApiGatewayProxyResponse),
    LoadBalancer(AlbTargetGroupResponse),
}

impl HttpResponse {
    fn new(format: PayloadFormat, status: u16, headers: HeaderMap, body: String) -> Self {
        let (status_code, body) = (i64::from(status), Some(body.into()));
        // The official types are non-exhaustive.
        match format {
            PayloadFormat::Two => {
                let mut response = ApiGatewayV2httpResponse::default();
                (response.status_code, response.headers, response.body) =
                    (status_code, headers, body);
                Self::PayloadTwo(response)
            }
            PayloadFormat::One => {
                let mut response = ApiGatewayProxyResponse::default();
                (response.status_code, response.headers, response.body) =
                    (status_code, headers, body);
                Self::PayloadOne(response)
            }
            PayloadFormat::LoadBalancer { multi_value } => {
                let mut response = AlbTargetGroupResponse::default();
                (response.status_code, response.body) = (status_code, body);
                let reason = StatusCode::from_u16(status).ok();
                let reason = reason.and_then(|status| status.canonical_reason());
                response.status_description = Some(format!("{status} {}", reason.unwrap_or("")));
                if multi_value {
                    response.multi_value_headers = headers;
                } else {
                    response.headers = headers;
                }
                Self::LoadBalancer(response)
            }
        }
    }
}

/// The success of an HTTP request.
pub(super) enum Reply<A> {
    /// The request was carried out.
    Answer(A),
    /// The request will be carried out later.
    Accepted {
        /// The id of the order in the results and in the log.
        order_id: String,
    },
    /// The request was carried out before; this is the answer that it got.
    Replayed(StoredAnswer),
    /// The request was a health check.
    Healthy,
}

/// The methods of an operation, as an `allow` header lists them.
const fn allowed<O: Operation>() -> &'static str {
    if O::QUERY.is_some() {
        "GET, POST"
    } else {
        "POST"
    }
}

/// Rounded up: a client that retries too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}
