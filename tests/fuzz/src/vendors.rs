//! A network that gives every call an answer of the target's choice.
//!
//! The simulator does not serve here: targets need answers of any bytes, millions of times, without
//! real waits. A socket would take most of the time, and the simulator gives only answers that a vendor
//! would give.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use certificate_provider::error::Cause;
use certificate_provider::transport::{
    HttpRequest, HttpResponse, LocalFuture, SendError, SendHttp,
};
use http::header::RETRY_AFTER;
use http::{HeaderName, Method, Response, StatusCode};

use crate::recorded::body;

/// The behaviour of the vendors.
#[derive(Clone)]
pub(crate) enum Answers {
    /// Each call gets its recorded answer.
    Sound,
    /// No call gets an answer.
    None,
    /// Calls get these answers in turn; all further calls get the last one.
    These(Vec<Answer>),
    /// The calling code panics.
    #[cfg(test)]
    Defect,
}

/// One answer to any call.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) error_type: Option<&'static str>,
    /// In seconds.
    pub(crate) retry_after: Option<u16>,
    pub(crate) body: Vec<u8>,
}

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Number of calls that take no time. Later calls take time, so that the deadline ends a request that
/// would otherwise make calls for ever.
const QUICK_CALLS: u32 = 64;
/// A number of calls that exceeds every deadline.
const MOST_CALLS: u32 = 10_000;

/// The network. Clones share its state.
#[derive(Clone)]
pub(crate) struct Network(Rc<Inner>);

struct Inner {
    answers: RefCell<Answers>,
    calls: Cell<u32>,
    sound: HashMap<&'static str, Vec<u8>>,
}

impl Network {
    pub(crate) fn new() -> Self {
        let sound = [
            (
                "DescribeDeviceCertificates",
                "tencent-mqtt/DescribeDeviceCertificates.ok-four-statuses",
            ),
            (
                "DescribeDeviceCertificate",
                "tencent-mqtt/DescribeDeviceCertificate.ok",
            ),
            (
                "DeactivateDeviceCertificate",
                "tencent-mqtt/DeactivateDeviceCertificate.ok",
            ),
            (
                "ListDeviceCertificate",
                "alibaba-mqtt/ListDeviceCertificateByCaSn.ok-two",
            ),
            (
                "ListDeviceCertificateByCaSn",
                "alibaba-mqtt/ListDeviceCertificateByCaSn.ok-two",
            ),
            (
                "GetDeviceCertificate",
                "alibaba-mqtt/GetDeviceCertificate.ok-active",
            ),
            (
                "InactivateDeviceCertificate",
                "alibaba-mqtt/InactivateDeviceCertificate.ok",
            ),
            (
                "ListClientCertificate",
                "alibaba-cas/ListClientCertificate.ok-one",
            ),
            (
                "DescribeClientCertificateStatusForSerialNumber",
                "alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-three-mixed",
            ),
            ("ListCertificates", "aws-iot/ListCertificates.ok-first-page"),
            (
                "ListCertificates, last page",
                "aws-iot/ListCertificates.ok-last-page",
            ),
            (
                "ListCertificatesByCA",
                "aws-iot/ListCertificatesByCA.ok-one",
            ),
            ("DescribeCertificate", "aws-iot/DescribeCertificate.ok"),
            ("UpdateCertificate", "aws-iot/UpdateCertificate.ok"),
        ];
        let sound = sound
            .into_iter()
            .map(|(action, name)| (action, body(name)))
            .collect();
        Self(Rc::new(Inner {
            answers: RefCell::new(Answers::None),
            calls: Cell::new(0),
            sound,
        }))
    }

    /// Starts again with these answers.
    pub(crate) fn set(&self, answers: Answers) {
        self.0.answers.replace(answers);
        self.0.calls.set(0);
    }

    fn answer(&self, request: &HttpRequest, calls: u32) -> Result<HttpResponse, SendError> {
        match &*self.0.answers.borrow() {
            Answers::Sound => {
                let body = self
                    .0
                    .sound
                    .get(action(request))
                    .cloned()
                    .unwrap_or_default();
                Ok(Response::new(body.into()))
            }
            Answers::None => Err(SendError::NoAnswer(cause("the stand-in is silent"))),
            Answers::These(answers) => {
                let index = usize::try_from(calls).unwrap_or(usize::MAX);
                let Some(answer) = answers.get(index).or(answers.last()) else {
                    return Err(SendError::NotSent(cause("the stand-in is away")));
                };
                let Answer {
                    status,
                    error_type,
                    retry_after,
                    body,
                } = answer.clone();
                let mut response = Response::new(body.into());
                *response.status_mut() =
                    StatusCode::from_u16(status).expect("a head has a status of HTTP");
                let headers = response.headers_mut();
                headers.insert(REQUEST_ID, "id".parse().expect("an id is a header's value"));
                if let Some(named) = error_type {
                    let value = named.parse().expect("a type is a header's value");
                    headers.insert(ERROR_TYPE, value);
                }
                if let Some(seconds) = retry_after {
                    headers.insert(RETRY_AFTER, seconds.into());
                }
                Ok(response)
            }
            #[cfg(test)]
            Answers::Defect => panic!("a defect on purpose"),
        }
    }
}

impl SendHttp for Network {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        let calls = self.0.calls.get();
        self.0.calls.set(calls.saturating_add(1));
        assert!(calls < MOST_CALLS, "the vendors are called for ever");
        let answer = self.answer(&request, calls);
        Box::pin(async move {
            if calls >= QUICK_CALLS {
                tokio::time::sleep(Duration::from_millis(250).min(timeout)).await;
            }
            answer
        })
    }
}

fn cause(text: &'static str) -> Cause {
    Arc::new(std::io::Error::other(text))
}

/// The vendor's name of the call.
fn action(request: &HttpRequest) -> &str {
    let headers = request.headers();
    let named = headers.get("x-tc-action").or(headers.get("x-acs-action"));
    match named.and_then(|action| action.to_str().ok()) {
        Some(action) => action,
        None if request.method() == Method::PUT => "UpdateCertificate",
        None => match request.uri().path() {
            path if path.starts_with("/certificates-by-ca/") => "ListCertificatesByCA",
            path if path.starts_with("/certificates/") => "DescribeCertificate",
            _ => match request.uri().query() {
                Some(query) if query.contains("marker=") => "ListCertificates, last page",
                _ => "ListCertificates",
            },
        },
    }
}
