//! A stand-in for the [Lambda Runtime
//! API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): hands one event at a time
//! to the function and takes its answers.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::{Answer, FunctionError, Invocation};

/// The largest response in bytes that Lambda takes for a synchronous invocation, as its own error
/// message states it.
pub(crate) const RESPONSE_LIMIT: usize = 6_291_556;

/// The function's last report to the Runtime API.
pub(crate) enum Report {
    /// It has taken the event and has to answer it.
    Taken,
    /// The outcome of the invocation, or of the start.
    Answer(Answer),
}

/// The running stand-in; dropped, it closes every connection.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::UnboundedSender<Invocation>,
    reports: mpsc::UnboundedReceiver<Report>,
    state: Arc<State>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1 for the function with this ARN.
    pub(crate) async fn start(function_arn: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (reporter, reports) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            function_arn,
            waiting: Mutex::new(waiting),
            current: SyncMutex::new(None),
            reporter,
            asking: watch::Sender::new(Asking::default()),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            invocations,
            reports,
            state,
            server,
        })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Gives this event to the function when it next asks for one.
    pub(crate) fn offer(&self, invocation: Invocation) {
        // The receiving end lives in `state`, so this cannot fail.
        let _ = self.invocations.send(invocation);
    }

    /// The next report of the function. Safe to cancel.
    pub(crate) async fn report(&mut self) -> Report {
        match self.reports.recv().await {
            Some(report) => report,
            // Not reached: the sending end lives in `state`.
            None => std::future::pending().await,
        }
    }

    /// Returns once the function has requested its first event.
    pub(crate) async fn wait_until_ready(&self) {
        self.until(|asking| asking.has_asked).await;
    }

    /// Returns while the function waits for an event: it has done all that it had to do for the one
    /// before.
    pub(crate) async fn waits(&self) {
        self.until(|asking| asking.waits).await;
    }

    async fn until(&self, condition: impl FnMut(&Asking) -> bool) {
        // The sending end lives in `state`, so this cannot fail.
        let _ = self.asking().wait_for(condition).await;
    }

    /// Notifies when the function requests an event and when it takes one.
    pub(crate) fn asking(&self) -> watch::Receiver<Asking> {
        self.state.asking.subscribe()
    }

    /// Forgets the invocation in progress: later reports about it are ignored.
    pub(crate) fn abandon(&mut self) {
        self.state.replace_current(None);
        while self.reports.try_recv().is_ok() {}
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct State {
    function_arn: String,
    waiting: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    /// The request id of the event that the function has taken and not answered.
    current: SyncMutex<Option<String>>,
    reporter: mpsc::UnboundedSender<Report>,
    asking: watch::Sender<Asking>,
}

/// Whether the function asks for an event.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asking {
    /// It has requested its first event.
    pub(crate) has_asked: bool,
    /// It has requested an event and not been given one since.
    pub(crate) waits: bool,
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| {
                let state = Arc::clone(&state);
                async move { Ok::<_, Infallible>(state.respond(request).await) }
            });
            // A failure means that the function has hung up; its process shows the reason.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl State {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => self.next().await,
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
                let body = Limited::new(request.into_body(), RESPONSE_LIMIT)
                    .collect()
                    .await;
                let Ok(body) = body else {
                    return self.too_large(id);
                };
                self.answered(id, Answer::Response(body.to_bytes().to_vec()))
            }
            (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
                match read_error(request).await {
                    Some(error) => self.answered(id, Answer::Error(error)),
                    None => refusal(
                        StatusCode::BAD_REQUEST,
                        "InvalidRequest",
                        "the body did not arrive",
                    ),
                }
            }
            (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
                match read_error(request).await {
                    Some(error) => {
                        self.report(Report::Answer(Answer::InitError(error)));
                        accepted()
                    }
                    None => refusal(
                        StatusCode::BAD_REQUEST,
                        "InvalidRequest",
                        "the body did not arrive",
                    ),
                }
            }
            _ => refusal(
                StatusCode::NOT_FOUND,
                "NotFound",
                "no such resource of the Runtime API",
            ),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.asking.send_replace(Asking {
            has_asked: true,
            waits: true,
        });
        if self.replace_current(None).is_some() {
            self.report(Report::Answer(Answer::Unanswered));
        }
        // Cancelled when the function hangs up; the event then stays for the next one who asks.
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return refusal(StatusCode::GONE, "Gone", "the test is over");
        };
        let mut response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &invocation.request_id)
            .header(
                "lambda-runtime-deadline-ms",
                invocation.deadline.milliseconds().to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", &self.function_arn);
        if let Some(trace_id) = &invocation.trace_id {
            response = response.header("lambda-runtime-trace-id", trace_id);
        }
        match response.body(Full::from(invocation.event.0)) {
            Ok(response) => {
                self.replace_current(Some(invocation.request_id));
                self.asking.send_replace(Asking {
                    has_asked: true,
                    waits: false,
                });
                self.report(Report::Taken);
                response
            }
            Err(error) => panic!("the request id or the trace id is no header value: {error}"),
        }
    }

    fn answered(&self, id: &str, answer: Answer) -> Response<Full<Bytes>> {
        if !self.take_current(id) {
            return refusal(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "no such invocation is under way",
            );
        }
        self.report(Report::Answer(answer));
        accepted()
    }

    fn too_large(&self, id: &str) -> Response<Full<Bytes>> {
        let error = FunctionError {
            error_type: "Function.ResponseSizeTooLarge".to_owned(),
            message: format!(
                "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            ),
            stack: Vec::new(),
        };
        if self.take_current(id) {
            self.report(Report::Answer(Answer::Error(error.clone())));
        }
        refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            &error.message,
        )
    }

    fn report(&self, report: Report) {
        // Nobody listens when the test has ended already.
        let _ = self.reporter.send(report);
    }

    fn replace_current(&self, id: Option<String>) -> Option<String> {
        std::mem::replace(
            &mut self.current.lock().unwrap_or_else(PoisonError::into_inner),
            id,
        )
    }

    /// Whether this invocation was under way; it no longer is.
    fn take_current(&self, id: &str) -> bool {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|current| current == id)
            .is_some()
    }
}

async fn read_error(request: Request<Incoming>) -> Option<FunctionError> {
    let body = request.into_body().collect().await.ok()?;
    Some(FunctionError::from_body(&body.to_bytes()))
}

fn accepted() -> Response<Full<Bytes>> {
    status_and_body(StatusCode::ACCEPTED, json!({ "status": "OK" }).to_string())
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    status_and_body(
        status,
        json!({ "errorType": error_type, "errorMessage": message }).to_string(),
    )
}

fn status_and_body(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}
