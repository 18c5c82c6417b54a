//! A network that gives every call an answer of the target's choice.
//!
//! It stands beside the simulator because a target answers with any bytes, millions of times, on a
//! clock that does not wait: a socket would take most of the time, and the simulator only gives
//! answers that a vendor would give.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use certificate_provider::transport::{
    HttpRequest, HttpResponse, LocalFuture, Method, SendError, SendHttp,
};

use crate::recorded::body;

/// How the vendors answer.
#[derive(Clone)]
pub(crate) enum Answers {
    /// Each call as it was recorded.
    Sound,
    /// Not at all.
    None,
    /// One call after another with these, the last one for ever.
    These(Vec<Answer>),
    /// With a defect in the code that asks.
    #[cfg(test)]
    Defect,
}

/// One answer to any call.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// Calls that take no time. Those after them do, so that the deadline ends what the vendors would
/// let go on for ever.
const QUICK_CALLS: u32 = 64;
/// More than fit into any deadline.
const MOST_CALLS: u32 = 10_000;

/// The network. Clones are one network.
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

    /// Begins anew with these answers.
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
                Ok(HttpResponse {
                    status: 200,
                    retry_after: None,
                    error_type: None,
                    request_id: None,
                    body: body.into(),
                })
            }
            Answers::None => Err(SendError::NoAnswer("the stand-in is silent".to_owned())),
            Answers::These(answers) => {
                let index = usize::try_from(calls).unwrap_or(usize::MAX);
                let Some(answer) = answers.get(index).or(answers.last()) else {
                    return Err(SendError::NotSent("the stand-in is away".to_owned()));
                };
                let Answer {
                    status,
                    error_type,
                    retry_after,
                    body,
                } = answer.clone();
                let error_type = error_type.map(str::to_owned);
                Ok(HttpResponse {
                    status,
                    retry_after,
                    error_type,
                    request_id: Some("id".to_owned()),
                    body: body.into(),
                })
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
        assert!(calls < MOST_CALLS, "the vendors are asked for ever");
        let answer = self.answer(&request, calls);
        Box::pin(async move {
            if calls >= QUICK_CALLS {
                tokio::time::sleep(Duration::from_millis(250).min(timeout)).await;
            }
            answer
        })
    }
}

/// The vendor's name of the call.
fn action(request: &HttpRequest) -> &str {
    let named = request
        .headers
        .iter()
        .find(|(name, _)| matches!(*name, "x-tc-action" | "x-acs-action"));
    match named {
        Some((_, action)) => action,
        None if request.method == Method::Put => "UpdateCertificate",
        None if request.url.contains("/certificates-by-ca/") => "ListCertificatesByCA",
        None if request.url.contains("/certificates/") => "DescribeCertificate",
        None if request.url.contains("marker=") => "ListCertificates, last page",
        None => "ListCertificates",
    }
}
