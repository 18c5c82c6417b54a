//! A line between a function and a vendor that breaks. What it does not break passes through.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::expected::WRITE;

/// The way in which the line breaks.
#[derive(Clone)]
pub(crate) enum Break {
    /// The name cannot be resolved.
    NoSuchName,
    /// Nothing listens.
    Refused,
    /// Connections are neither taken nor refused.
    Hanging,
    /// Every connection is reset before anything is read.
    ResetUnread,
    /// Connections are taken, and nothing is ever said.
    SilentHandshake,
    /// TLS with this certificate.
    Tls(TlsAcceptor),
    /// The connection is reset when the request was read; nothing was done.
    Reset,
    /// The vendor has done its work, then the connection is reset.
    ResetWhenDone,
    /// The same half way through the answer.
    ResetInBody,
    /// The vendor's side of the connection ends without an answer, and the function's stays open.
    HalfClosed,
    /// A byte of the answer each second, without end.
    Drip,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then the others again and again.
    Endless(&'static str, Vec<u8>),
    /// The connection is closed after the first answer, which does not say so.
    ClosedAfterTheFirst,
    Sound,
}

/// A call, or a connection that broke before its call.
pub(crate) struct Seen {
    /// As in [`super::stage::Report::calls`].
    pub(crate) letter: char,
    /// It names the certificate.
    pub(crate) text: String,
}

#[derive(Clone)]
struct Wire {
    broken: Break,
    /// Host and port of the vendor.
    vendor: String,
    action: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: watch::Receiver<()>,
}

pub(crate) struct Line {
    /// The base URL that leads over the line.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    hang_up: watch::Sender<()>,
    /// Holds the tasks, which end with it.
    serving: JoinSet<()>,
    /// Holds connections that nothing accepts.
    waiting: Vec<TcpStream>,
    /// Holds the port on which nothing listens.
    bound: Option<TcpSocket>,
}

impl Line {
    /// A line to the vendor at this URL that breaks at calls of this action.
    pub(crate) async fn start(broken: Break, vendor: &str, action: &'static str) -> Self {
        let (hang_up, hung_up) = watch::channel(());
        let mut line = Self {
            url: String::new(),
            seen: Arc::default(),
            hang_up,
            serving: JoinSet::new(),
            waiting: Vec::new(),
            bound: None,
        };
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        line.url = match broken {
            Break::NoSuchName => "https://vendor.invalid".to_owned(),
            Break::SilentHandshake | Break::Tls(_) => {
                format!("https://localhost:{}", address.port())
            }
            _ => format!("http://{address}"),
        };
        match broken {
            Break::NoSuchName | Break::Refused => line.bound = Some(socket),
            Break::Hanging => {
                let listener = socket.listen(1).unwrap();
                let patience = Duration::from_millis(200);
                while let Ok(taken) =
                    tokio::time::timeout(patience, TcpStream::connect(address)).await
                {
                    line.waiting.push(taken.unwrap());
                }
                line.serving.spawn(async move {
                    let _never_accepts = listener;
                    std::future::pending().await
                });
            }
            broken => {
                let vendor = vendor.trim_start_matches("http://").to_owned();
                let wire = Wire {
                    broken,
                    vendor,
                    action,
                    seen: Arc::clone(&line.seen),
                    hung_up,
                };
                line.serving
                    .spawn(wire.serve_all(socket.listen(64).unwrap()));
            }
        }
        line
    }

    /// The calls since the last time that this function was called.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Closes the connections that are open.
    pub(crate) fn hang_up(&self) {
        self.hang_up.send(()).unwrap();
    }
}

impl Wire {
    async fn serve_all(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let mut wire = self.clone();
            wire.hung_up.mark_unchanged();
            connections.spawn(async move {
                let mut hung_up = wire.hung_up.clone();
                tokio::select! {
                    // It ends in an error whenever the function goes away.
                    served = wire.serve(client) => drop(served),
                    _ = hung_up.changed() => {}
                }
            });
        }
    }

    fn note(&self, letter: char, text: &str) {
        self.seen.lock().unwrap().push(Seen {
            letter,
            text: text.to_owned(),
        });
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        match &self.broken {
            Break::ResetUnread => {
                self.note('c', "");
                client.set_zero_linger()
            }
            Break::SilentHandshake => {
                self.note('c', "");
                std::future::pending().await
            }
            Break::Tls(acceptor) => match acceptor.accept(client).await {
                Ok(mut client) => self.pass(&mut client).await.map(drop),
                Err(error) => {
                    self.note('c', "");
                    Err(error)
                }
            },
            _ => match self.pass(&mut client).await? {
                Some((request, vendor)) => self.cut(client, vendor, &request).await,
                None => Ok(()),
            },
        }
    }

    /// Passes calls on until one is to be broken, which is returned with the vendor's end of the
    /// line.
    async fn pass(
        &self,
        client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> io::Result<Option<(Vec<u8>, TcpStream)>> {
        let mut vendor = TcpStream::connect(&self.vendor).await?;
        loop {
            let request = message(client).await?;
            if request.starts_with(b"HEAD ") {
                // It opens the connection ahead of the first event, and is no call.
                client
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    .await?;
                continue;
            }
            let head = String::from_utf8_lossy(&request);
            let names = |action: &str| {
                head.lines()
                    .any(|line| line.ends_with(&format!("-action: {action}")))
            };
            self.note(if names(WRITE) { 'w' } else { 'r' }, &head);
            if names(self.action)
                && !matches!(
                    self.broken,
                    Break::Tls(_) | Break::ClosedAfterTheFirst | Break::Sound
                )
            {
                return Ok(Some((request, vendor)));
            }
            vendor.write_all(&request).await?;
            client.write_all(&message(&mut vendor).await?).await?;
            if matches!(self.broken, Break::ClosedAfterTheFirst)
                && self.seen.lock().unwrap().len() == 1
            {
                return Ok(None);
            }
        }
    }

    async fn cut(
        &self,
        mut client: TcpStream,
        mut vendor: TcpStream,
        request: &[u8],
    ) -> io::Result<()> {
        match &self.broken {
            Break::ResetWhenDone | Break::ResetInBody => {
                vendor.write_all(request).await?;
                let answer = message(&mut vendor).await?;
                if matches!(self.broken, Break::ResetInBody) {
                    client.write_all(&answer[..answer.len() - 20]).await?;
                    // A reset overtakes what has not been read yet.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                client.set_zero_linger()
            }
            Break::HalfClosed => finish(client).await,
            Break::Drip => {
                client
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                    .await?;
                loop {
                    client.write_all(b" ").await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Break::Bytes(bytes) => {
                client.write_all(bytes).await?;
                finish(client).await
            }
            Break::Endless(begin, rest) => {
                client.write_all(begin.as_bytes()).await?;
                loop {
                    client.write_all(rest).await?;
                }
            }
            _ => client.set_zero_linger(),
        }
    }
}

/// Ends this side of a connection and waits for the end of the other, so that nothing is reset.
async fn finish(mut client: TcpStream) -> io::Result<()> {
    client.shutdown().await?;
    tokio::io::copy(&mut client, &mut tokio::io::sink())
        .await
        .map(drop)
}

/// A request or an answer with a body of the length that its head tells.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let length = |head: usize| {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|line| {
                line.strip_prefix("content-length: ")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            });
            head + 4 + length.unwrap_or_default()
        };
        if head.is_some_and(|head| bytes.len() >= length(head)) {
            return Ok(bytes);
        }
        if from.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
