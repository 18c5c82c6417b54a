//! A small stand-in for the Lambda Runtime API.
//!
//! The stand-in of the tests runs on an async runtime and checks each request, which would add to the
//! measured times. This one has a blocking thread for each connection, which takes the times directly
//! at the socket.

use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http;

/// A report of the function.
pub(crate) enum Report {
    /// The function has requested an event.
    Ready(Instant),
    Answered(Answer),
    /// The function has reported this error.
    Failed(String),
}

/// An answer to an event.
pub(crate) struct Answer {
    /// The moment at which the event was handed out.
    pub(crate) from: Instant,
    /// The moment at which the answer had been read.
    pub(crate) to: Instant,
    pub(crate) body: Vec<u8>,
}

/// The running stand-in.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: Sender<String>,
    reports: Receiver<Report>,
    is_over: Arc<AtomicBool>,
    time_limit: Duration,
}

struct Shared {
    events: Mutex<Receiver<String>>,
    handed_out: Mutex<Option<Instant>>,
    time_limit: Duration,
}

impl RuntimeApi {
    /// Sets the time that the function has for an event.
    pub(crate) fn start(time_limit: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (events, waiting) = channel();
        let (reporter, reports) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            events: Mutex::new(waiting),
            handed_out: Mutex::new(None),
            time_limit,
        });
        let ends = Arc::clone(&is_over);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), shared, reporter) =
                    (stream, Arc::clone(&shared), reporter.clone())
                else {
                    break;
                };
                // A failure means that the function has hung up; the caller misses its answer.
                std::thread::spawn(move || shared.serve(stream, &reporter));
            }
        });
        Ok(Self {
            address,
            events,
            reports,
            is_over,
            time_limit,
        })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Gives this event to the function when it next asks for one.
    pub(crate) fn offer(&self, event: String) -> Result<(), String> {
        self.events
            .send(event)
            .map_err(|_| "the Runtime API stand-in has ended".to_owned())
    }

    /// The next report of the function.
    pub(crate) fn report(&self) -> Result<Report, String> {
        self.reports
            .recv_timeout(self.time_limit)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => format!("nothing was heard for {:?}", self.time_limit),
                RecvTimeoutError::Disconnected => "the Runtime API stand-in has ended".to_owned(),
            })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream, reporter: &Sender<Report>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(request) = http::read(&mut stream)? {
            let now = Instant::now();
            let line = request.head.lines().next().unwrap_or_default();
            if line.starts_with("GET ") {
                // Nobody listens once the sandbox is dropped.
                drop(reporter.send(Report::Ready(now)));
                let Ok(event) = lock(&self.events).recv() else {
                    break;
                };
                let answer = http::answer("200 OK", &headers(self.time_limit), event.as_bytes());
                *lock(&self.handed_out) = Some(Instant::now());
                stream.get_mut().write_all(&answer)?;
                continue;
            }
            let handed_out = lock(&self.handed_out).take();
            let report = match handed_out {
                Some(from) if line.contains("/response ") => Report::Answered(Answer {
                    from,
                    to: now,
                    body: request.body,
                }),
                _ => Report::Failed(format!(
                    "{line}: {}",
                    String::from_utf8_lossy(&request.body)
                )),
            };
            drop(reporter.send(report));
            stream.get_mut().write_all(&http::answer(
                "202 Accepted",
                "",
                b"{\"status\":\"OK\"}\n",
            ))?;
        }
        Ok(())
    }
}

fn headers(time_limit: Duration) -> String {
    let deadline = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .saturating_add(time_limit)
        .as_millis();
    format!(
        "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:bench\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n"
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
