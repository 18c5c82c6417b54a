//! Signed calls to AWS IoT.

use super::{Answer, exchange, host, now};
use crate::signature::sigv4::{self, Scope};
use crate::{Credentials, Simulator, Vendor};
use time::macros::format_description;

/// A call to AWS IoT; its fields may be changed before it is signed and sent.
#[derive(Clone)]
pub(crate) struct AwsCall {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// As it stands in the request line, without `?`.
    pub(crate) query: String,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    /// Seconds by which the caller's clock runs ahead.
    pub(crate) ahead: i64,
    pub(crate) credentials: Credentials,
    pub(crate) token: Option<String>,
    /// Value of `x-amzn-principal`.
    pub(crate) principal: Option<String>,
    pub(crate) body: &'static str,
}

impl AwsCall {
    pub(crate) fn new(method: &'static str, path: &str, query: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            region: "eu-west-1",
            service: "iot",
            ahead: 0,
            credentials: Vendor::AwsIot.credentials(),
            token: None,
            principal: None,
            body: "",
        }
    }

    pub(crate) fn list(query: &str) -> Self {
        Self::new("GET", "/certificates", query)
    }

    pub(crate) fn describe(id: &str) -> Self {
        Self::new("GET", &format!("/certificates/{id}"), "")
    }

    pub(crate) fn update(id: &str, status: &str) -> Self {
        Self::new(
            "PUT",
            &format!("/certificates/{id}"),
            &format!("newStatus={status}"),
        )
    }

    /// A call of the data plane; the client's id is as it stands in the path.
    pub(crate) fn connection(method: &'static str, client_id: &str, query: &str) -> Self {
        Self {
            service: "iotdata",
            ..Self::new(method, &format!("/connections/{client_id}"), query)
        }
    }

    pub(crate) fn principals_of(thing: &str, query: &str) -> Self {
        Self::new("GET", &format!("/things/{thing}/principals"), query)
    }

    pub(crate) fn things_of(principal: &str, query: &str) -> Self {
        Self {
            principal: Some(principal.to_owned()),
            ..Self::new("GET", "/principals/things", query)
        }
    }

    /// The signed request as it goes over the wire.
    pub(crate) fn request(&self, url: &str) -> String {
        let form = format_description!("[year][month][day]T[hour][minute][second]Z");
        let time = now(self.ahead).format(form).unwrap();
        let scope = Scope {
            date: time[..8].to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
        };
        let mut headers = vec![
            ("host".to_owned(), host(url).to_owned()),
            ("x-amz-date".to_owned(), time.clone()),
        ];
        if let Some(token) = &self.token {
            headers.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        if let Some(principal) = &self.principal {
            headers.push(("x-amzn-principal".to_owned(), principal.clone()));
        }
        let canonical = sigv4::canonical_request(
            self.method,
            &self.path,
            &self.query,
            &headers,
            self.body.as_bytes(),
        );
        let signature = sigv4::signature(
            &self.credentials.secret,
            &scope,
            &sigv4::string_to_sign(&time, &scope, &canonical),
        );
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!(
            "{} {}{}{} HTTP/1.1\r\n{lines}Connection: close\r\nContent-Length: {}\r\n\
             Authorization: {} Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={signature}\r\n\r\n{}",
            self.method,
            self.path,
            if self.query.is_empty() { "" } else { "?" },
            self.query,
            self.body.len(),
            sigv4::ALGORITHM,
            self.credentials.id,
            scope.date,
            scope.region,
            scope.service,
            names.join(";"),
            self.body,
        )
    }

    pub(crate) fn send(&self, simulator: &Simulator) -> Answer {
        let url = simulator.url(Vendor::AwsIot);
        exchange(&url, &self.request(&url)).unwrap().unwrap()
    }

    /// The HTTP status and the type of the error; `ok` when there is none.
    pub(crate) fn code(&self, simulator: &Simulator) -> (u16, String) {
        error_type(&self.send(simulator))
    }
}

/// The HTTP status and the type of the error of an AWS answer; `ok` when it is no error.
pub(crate) fn error_type(answer: &Answer) -> (u16, String) {
    assert!(answer.header("x-amzn-requestid").is_some());
    let Some(kind) = answer.header("x-amzn-errortype") else {
        return (answer.status, "ok".to_owned());
    };
    assert!(answer.json()["message"].is_string());
    (answer.status, kind.split(':').next().unwrap().to_owned())
}
