//! HTTP requests in each form that a function meets them.

mod pairs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::moment::fresh;
use super::{put, recorded};
pub(crate) use pairs::joined;
use pairs::{encode, last, lists};

/// The gateway that makes an event of an HTTP request, and an HTTP response of the function's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpTrigger {
    /// API Gateway HTTP API, payload 2.0.
    HttpApi,
    /// Function URL, payload 2.0.
    FunctionUrl,
    /// API Gateway REST API, payload 1.0.
    RestApi,
    /// Application Load Balancer.
    LoadBalancer,
    /// Application Load Balancer with multi-value headers.
    LoadBalancerMultiValue,
}

impl HttpTrigger {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::HttpApi,
        Self::FunctionUrl,
        Self::RestApi,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
    ];
}

/// An HTTP request, to be made an event by [`HttpRequest::event`].
#[derive(Clone, Debug)]
pub struct HttpRequest {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    base64: bool,
}

impl HttpRequest {
    /// A request without a body.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            base64: false,
        }
    }

    /// `GET` of this path.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// `POST` of this text to this path as `application/json`.
    pub fn post(path: &str, body: impl ToString) -> Self {
        Self::new("POST", path)
            .header("content-type", "application/json")
            .body(&body.to_string())
    }

    /// Adds a parameter to the query, decoded. A name may come more than once.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header; its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body, as text.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        (self.body, self.base64) = (Some(body.to_owned()), false);
        self
    }

    /// Sets the body to bytes, which the event carries as base64.
    #[must_use]
    pub fn base64_body(mut self, body: &[u8]) -> Self {
        (self.body, self.base64) = (Some(STANDARD.encode(body)), true);
        self
    }

    /// Sets the body to this text and marks it as base64, whether it is or not.
    #[must_use]
    pub fn claimed_base64_body(mut self, body: &str) -> Self {
        (self.body, self.base64) = (Some(body.to_owned()), true);
        self
    }

    /// The event that this trigger makes of the request.
    pub fn event(&self, trigger: HttpTrigger) -> Value {
        let mut event = match trigger {
            HttpTrigger::HttpApi => {
                let route = format!("{} {}", self.method, self.path);
                self.payload_2_0(include_str!("../../../events/http-api.json"), &route)
            }
            HttpTrigger::FunctionUrl => self.payload_2_0(
                include_str!("../../../events/function-url.json"),
                "$default",
            ),
            HttpTrigger::RestApi => self.payload_1_0(),
            HttpTrigger::LoadBalancer => self.load_balancer(),
            HttpTrigger::LoadBalancerMultiValue => self.load_balancer_multi_value(),
        };
        put(&mut event, "", "isBase64Encoded", self.base64);
        fresh(event)
    }

    fn payload_2_0(&self, recorded_event: &str, route: &str) -> Value {
        let mut event = recorded(recorded_event);
        put(&mut event, "", "rawPath", self.path.as_str());
        put(&mut event, "", "routeKey", route);
        put(&mut event, "/requestContext", "routeKey", route);
        put(
            &mut event,
            "/requestContext/http",
            "method",
            self.method.as_str(),
        );
        put(
            &mut event,
            "/requestContext/http",
            "path",
            self.path.as_str(),
        );
        let pairs: Vec<_> = self
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        put(&mut event, "", "rawQueryString", pairs.join("&"));
        if !self.query.is_empty() {
            put(&mut event, "", "queryStringParameters", joined(&self.query));
        }
        for (name, value) in joined(&self.headers) {
            put(&mut event, "/headers", &name, value);
        }
        if let Some(body) = &self.body {
            put(
                &mut event,
                "/headers",
                "content-length",
                body.len().to_string(),
            );
            put(&mut event, "", "body", body.as_str());
        }
        event
    }

    fn payload_1_0(&self) -> Value {
        let mut event = recorded(include_str!("../../../events/rest-api.json"));
        put(&mut event, "", "path", self.path.as_str());
        put(&mut event, "", "resource", self.path.as_str());
        put(&mut event, "", "httpMethod", self.method.as_str());
        put(&mut event, "", "pathParameters", Value::Null);
        put(
            &mut event,
            "/requestContext",
            "path",
            format!("/testStage{}", self.path),
        );
        put(
            &mut event,
            "/requestContext",
            "resourcePath",
            self.path.as_str(),
        );
        put(
            &mut event,
            "/requestContext",
            "httpMethod",
            self.method.as_str(),
        );
        let of_query = |map: Map<String, Value>| {
            if map.is_empty() {
                Value::Null
            } else {
                map.into()
            }
        };
        put(
            &mut event,
            "",
            "queryStringParameters",
            of_query(last(&self.query)),
        );
        put(
            &mut event,
            "",
            "multiValueQueryStringParameters",
            of_query(lists(&self.query)),
        );
        for headers in ["/headers", "/multiValueHeaders"] {
            super::members(&mut event, headers).remove("Content-Type");
        }
        for (name, value) in last(&self.headers) {
            put(&mut event, "/headers", &name, value);
        }
        for (name, values) in lists(&self.headers) {
            put(&mut event, "/multiValueHeaders", &name, values);
        }
        put(&mut event, "", "body", self.body.clone());
        event
    }

    fn load_balancer(&self) -> Value {
        let mut event = recorded(include_str!("../../../events/load-balancer.json"));
        self.fill_load_balancer(&mut event);
        put(
            &mut event,
            "",
            "queryStringParameters",
            last(&self.encoded_query()),
        );
        for (name, value) in last(&self.headers) {
            put(&mut event, "/headers", &name, value);
        }
        event
    }

    fn load_balancer_multi_value(&self) -> Value {
        let mut event = recorded(include_str!(
            "../../../events/load-balancer-multi-value.json"
        ));
        self.fill_load_balancer(&mut event);
        put(
            &mut event,
            "",
            "multiValueQueryStringParameters",
            lists(&self.encoded_query()),
        );
        for (name, values) in lists(&self.headers) {
            put(&mut event, "/multiValueHeaders", &name, values);
        }
        event
    }

    fn fill_load_balancer(&self, event: &mut Value) {
        put(event, "", "path", self.path.as_str());
        put(event, "", "httpMethod", self.method.as_str());
        put(event, "", "body", self.body.as_deref().unwrap_or_default());
    }

    /// A load balancer passes the query on as it came.
    fn encoded_query(&self) -> Vec<(String, String)> {
        self.query
            .iter()
            .map(|(name, value)| (encode(name), encode(value)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
