//! A network of prepared answers that remembers what was sent.

use std::cell::{Cell, Ref, RefCell};
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde_json::Value;
use tokio::time::Instant;

use crate::error::Cause;
use crate::model::Timestamp;
use crate::transport::{
    HttpRequest, HttpResponse, LocalFuture, RetryQuota, SendError, SendHttp, Transport,
    http_request,
};

/// The outcome of one request.
pub(crate) type Answer = Result<HttpResponse, SendError>;

/// 2025-11-22T08:26:40Z, the first moment of every test's clock.
pub(crate) const NOW: i64 = 1_763_800_000_000;

/// One request as it went out.
pub(crate) struct Sent {
    pub(crate) request: HttpRequest,
    pub(crate) timeout: Duration,
    pub(crate) at: Instant,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.request, name)
    }

    pub(crate) fn url(&self) -> String {
        url(&self.request)
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(self.request.body()).unwrap()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.request, name)
    }
}

pub(crate) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().unwrap())
}

pub(crate) fn url(request: &HttpRequest) -> String {
    request.uri().to_string()
}

/// An unsigned GET request.
pub(crate) fn get(url: &str) -> HttpRequest {
    http_request(Method::GET, url, HeaderMap::new(), Vec::new()).unwrap()
}

/// The target of the request line.
pub(crate) fn path_and_query(request: &HttpRequest) -> &str {
    request.uri().path_and_query().unwrap().as_str()
}

pub(crate) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    form_urlencoded::parse(request.uri().query()?.as_bytes())
        .find(|(parameter, _)| parameter == name)
        .map(|(_, value)| value.into_owned())
}

/// The network. Clones share what they have sent.
#[derive(Clone)]
pub(crate) struct Network(Rc<Inner>);

type Answerer = Box<dyn FnMut(&HttpRequest) -> Answer>;

struct Inner {
    answer: RefCell<Answerer>,
    delay: Cell<Duration>,
    sent: RefCell<Vec<Sent>>,
}

impl Network {
    /// Answers each request by calling `answer`.
    pub(crate) fn new(answer: impl FnMut(&HttpRequest) -> Answer + 'static) -> Self {
        let answer: Answerer = Box::new(answer);
        Self(Rc::new(Inner {
            answer: RefCell::new(answer),
            delay: Cell::default(),
            sent: RefCell::default(),
        }))
    }

    /// Gives these answers in turn. A further request fails the test.
    pub(crate) fn queue(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        Self::new(move |request| {
            answers
                .pop_front()
                .unwrap_or_else(|| panic!("one request too many: {}", request.uri()))
        })
    }

    /// Delays every answer by this time. An answer that takes longer than the attempt's timeout is lost.
    pub(crate) fn delayed(self, delay: Duration) -> Self {
        self.0.delay.set(delay);
        self
    }

    /// Everything that was sent so far.
    pub(crate) fn sent(&self) -> Ref<'_, Vec<Sent>> {
        self.0.sent.borrow()
    }

    /// This property of each request so far.
    pub(crate) fn each<T>(&self, property: impl Fn(&Sent) -> T) -> Vec<T> {
        self.sent().iter().map(property).collect()
    }

    /// A transport over this network, with a clock that shows one second more and random bytes that
    /// count one up each time.
    pub(crate) fn transport(&self) -> Transport {
        SECONDS.set(0);
        DRAWN.set(0);
        Transport {
            http: Box::new(self.clone()),
            clock: next_second,
            random: next_bytes,
            quota: RetryQuota::default(),
        }
    }
}

impl SendHttp for Network {
    fn send(&self, request: HttpRequest, timeout: Duration) -> LocalFuture<'_, Answer> {
        Box::pin(async move {
            let answer = (self.0.answer.borrow_mut())(&request);
            self.0.sent.borrow_mut().push(Sent {
                request,
                timeout,
                at: Instant::now(),
            });
            let delay = self.0.delay.get();
            tokio::time::sleep(delay.min(timeout)).await;
            if delay > timeout {
                Err(SendError::TimedOut)
            } else {
                answer
            }
        })
    }
}

thread_local! {
    static SECONDS: Cell<i64> = const { Cell::new(0) };
    static DRAWN: Cell<u8> = const { Cell::new(0) };
}

fn next_second() -> Timestamp {
    let seconds = SECONDS.get();
    SECONDS.set(seconds + 1);
    Timestamp::from_epoch_milliseconds(NOW + seconds * 1000).unwrap()
}

fn next_bytes() -> [u8; 16] {
    let drawn = DRAWN.get();
    DRAWN.set(drawn.wrapping_add(1));
    [drawn; 16]
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

/// The same answer with this header.
pub(crate) fn with_header(answer: Answer, name: &str, value: &str) -> Answer {
    let name: HeaderName = name.parse().unwrap();
    let value: HeaderValue = value.parse().unwrap();
    answer.map(|mut response| {
        response.headers_mut().insert(name, value);
        response
    })
}

/// An answer with status 200 and this body.
pub(crate) fn ok(body: &Value) -> Answer {
    answer(200, body.to_string())
}

/// A recorded answer of a vendor, like `alibaba-common/Any.error-xml`.
pub(crate) fn recorded(name: &str) -> Answer {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/responses")
        .join(format!("{name}.json"));
    let file = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let record: Value = serde_json::from_str(&file).unwrap();
    let status = u16::try_from(record["http"]["status"].as_u64().unwrap()).unwrap();
    let body = record["body_text"]
        .as_str()
        .map_or_else(|| record["body"].to_string(), str::to_owned);
    let headers = record["http"]["headers"].as_object();
    headers
        .into_iter()
        .flatten()
        .fold(answer(status, body), |answer, (name, value)| {
            with_header(answer, name, value.as_str().unwrap())
        })
}

/// The cause of a transport error, with this text.
pub(crate) fn cause(text: &str) -> Cause {
    Arc::new(std::io::Error::other(text.to_owned()))
}
