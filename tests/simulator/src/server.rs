//! Listeners: connections, HTTP/1.1, TLS.

use crate::Vendor;
use crate::dispatch::{self, Cut, Outgoing};
use crate::exchange::{Received, Reply};
use crate::identity::{self, IdentityService};
use crate::state::Shared;
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

/// The largest body that is read, in bytes; vendors refuse smaller ones.
const MOST_BYTES: usize = 11 * 1024 * 1024;

type AnswerBody = Either<Full<Bytes>, BreakingOff>;

/// Accepts connections until it is dropped, and drops them then.
pub(crate) async fn listen<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream));
                }
                // Most likely too many open files: wait until some are closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection of a vendor to its end.
pub(crate) async fn serve_vendor(
    stream: TcpStream,
    vendor: Vendor,
    shared: Arc<Shared>,
    tls: Option<TlsAcceptor>,
) {
    let connection = shared.connected(vendor);
    match tls {
        None => serve(stream, vendor, shared, connection).await,
        Some(acceptor) => {
            // A client that breaks off the handshake shows it in its own test.
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, vendor, shared, connection).await;
            }
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    vendor: Vendor,
    shared: Arc<Shared>,
    connection: u64,
) {
    let service = service_fn(|request| answer(vendor, &shared, connection, request));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // Connections end in an error whenever a fault cuts them or a client goes away.
    drop(served);
}

async fn answer(
    vendor: Vendor,
    shared: &Shared,
    connection: u64,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, io::Error> {
    let Some(received) = received(vendor, connection, request).await else {
        return Ok(whole(Reply::of(413, "text/plain", "413 Content Too Large")));
    };
    let round_trip = shared.state().round_trip;
    if received.method == "HEAD" {
        tokio::time::sleep(round_trip).await;
        return Ok(whole(not_a_call()));
    }
    let answer = dispatch::answer(shared, &received).await;
    if !round_trip.is_zero() {
        tokio::time::sleep(round_trip).await;
    }
    match answer {
        Ok(Outgoing::Whole(reply)) => Ok(whole(reply)),
        Ok(Outgoing::BreakingOff(reply)) => Ok(breaking_off(reply)),
        Err(Cut) => Err(io::Error::other("cut on command")),
    }
}

/// The whole call; `None` when it is too large.
async fn received(vendor: Vendor, connection: u64, request: Request<Incoming>) -> Option<Received> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST_BYTES).collect().await.ok()?;
    Some(Received {
        vendor,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
        at: SystemTime::now(),
        connection,
    })
}

/// Serves one connection of a service that gives out keys to its end. It speaks no TLS.
pub(crate) async fn serve_identity(
    stream: TcpStream,
    service: IdentityService,
    shared: Arc<Shared>,
) {
    let answer = service_fn(async |request| {
        let reply = match received(service.vendor(), 0, request).await {
            Some(received) if received.method == "HEAD" => not_a_call(),
            Some(received) => identity::answer(&shared, service, &received).await,
            None => Reply::of(413, "text/plain", "413 Content Too Large"),
        };
        Ok::<_, Infallible>(whole(reply))
    });
    // A client that goes away needs no answer.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await,
    );
}

/// The answer to a client that opens a connection ahead. That is no call of an API, and not counted.
fn not_a_call() -> Reply {
    Reply::of(404, "text/plain", "")
}

fn whole(reply: Reply) -> Response<AnswerBody> {
    let body = Full::new(reply.body.clone());
    head(&reply, Either::Left(body))
}

/// An answer that declares its whole length and sends the first half.
fn breaking_off(reply: Reply) -> Response<AnswerBody> {
    let half = reply.body.len().div_euclid(2);
    let body = BreakingOff {
        bytes: Some(reply.body.slice(..half)),
        pause: Box::pin(tokio::time::sleep(Duration::from_millis(20))),
    };
    let mut response = head(&reply, Either::Right(body));
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(reply.body.len().max(1)));
    response
}

fn head(reply: &Reply, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A body that ends too early; the pause lets what there is reach the client first.
pub(crate) struct BreakingOff {
    bytes: Option<Bytes>,
    pause: Pin<Box<Sleep>>,
}

impl Body for BreakingOff {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        ready!(self.pause.as_mut().poll(context));
        Poll::Ready(Some(Err(io::Error::other("broken off on command"))))
    }
}
