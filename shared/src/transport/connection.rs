//! One connection, and the exchange of a request for its answer.

use std::error::Error;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// No answer of these APIs comes near it: a page of 100 certificates with their PEMs is about 300
/// kB.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// The bytes under a connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An HTTP/1.1 connection. It is driven only while a request is under way: what became of it
/// meanwhile, in a sandbox that was frozen, is found out when it is used again.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

struct Driver {
    connection: http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>,
    has_ended: bool,
}

/// Why there is no answer.
pub(super) enum Broken {
    /// Nothing of the request was written.
    NotSent {
        /// The request.
        message: Box<Request<Full<Bytes>>>,
        cause: String,
    },
    /// The request may have arrived.
    NoAnswer(String),
    /// The answer is larger than 8 MiB.
    TooLarge,
}

impl Connection {
    pub(super) async fn begin(stream: Box<dyn Stream>) -> Result<Self, String> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| innermost(&error))?;
        Ok(Self {
            sender,
            driver: Driver {
                connection,
                has_ended: false,
            },
        })
    }

    /// Whether it takes another request, as far as this side can know.
    pub(super) fn is_open(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        self.driver.drive(&mut context);
        !self.driver.has_ended
            && matches!(self.sender.poll_ready(&mut context), Poll::Ready(Ok(())))
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn exchange(
        &mut self,
        message: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Broken> {
        let Self { sender, driver } = self;
        let mut answer = pin!(answer(sender, message));
        poll_fn(|context| {
            // What is to be sent is taken to the connection, and what has arrived from it.
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            driver.drive(context);
            answer.as_mut().poll(context)
        })
        .await
    }
}

impl Driver {
    fn drive(&mut self, context: &mut Context<'_>) {
        // How it ended is told to the one who waits for the answer.
        self.has_ended = self.has_ended || Pin::new(&mut self.connection).poll(context).is_ready();
    }
}

async fn answer(
    sender: &mut SendRequest<Full<Bytes>>,
    message: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, Broken> {
    let (head, body) = match sender.try_send_request(message).await {
        Ok(response) => response.into_parts(),
        Err(mut failure) => {
            let message = failure.take_message();
            let cause = innermost(failure.error());
            return Err(match message {
                Some(message) => Broken::NotSent {
                    message: Box::new(message),
                    cause,
                },
                None => Broken::NoAnswer(cause),
            });
        }
    };
    let body = Limited::new(body, LARGEST_ANSWER)
        .collect()
        .await
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Broken::TooLarge
            } else {
                Broken::NoAnswer(innermost(error.as_ref()))
            }
        })?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

/// The last cause in the chain. The outer ones say little of it.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
