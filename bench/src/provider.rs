//! A stand-in for the providers. It gives each call the same answer at once, and checks no signature.
//!
//! The simulator checks signatures and keeps a state, which would add to the measured times.

use std::error::Error;
use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{certificates, http};

/// The answers by the name of the call, which stands in a header of each contestant's request.
const ANSWERS: [(&str, &str); 3] = [
    (
        "DescribeDeviceCertificates",
        include_str!("../answers/DescribeDeviceCertificates.json"),
    ),
    (
        "GetDeviceCertificate",
        include_str!("../answers/GetDeviceCertificate.json"),
    ),
    (
        "DescribeClientCertificateStatusForSerialNumber",
        include_str!("../answers/DescribeClientCertificateStatusForSerialNumber.json"),
    ),
];

/// The running stand-in; it ends with the program.
pub(crate) struct Provider {
    pub(crate) port: u16,
    /// The root that contestants have to trust, as PEM text.
    pub(crate) root_pem: String,
    calls: Arc<AtomicUsize>,
}

impl Provider {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let (config, root_pem) = certificates::server()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, counter) = (Arc::clone(&config), Arc::clone(&counter));
                // A failure is a contestant that was ended, or one whose answer will tell it.
                std::thread::spawn(move || serve(stream, config, &counter));
            }
        });
        Ok(Self {
            port,
            root_pem,
            calls,
        })
    }

    /// Number of calls that were answered so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, calls: &AtomicUsize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(request) = http::read(&mut stream)? {
        if request.head.starts_with("HEAD ") {
            // This request opens the connection ahead of the first event, and does not count as a call.
            stream
                .get_mut()
                .write_all(&http::answer("404 Not Found", "", b""))?;
            continue;
        }
        let found = ANSWERS.iter().find(|(call, _)| request.head.contains(call));
        let answer = match found {
            Some((_, answer)) => http::answer("200 OK", "", answer.as_bytes()),
            None => http::answer("404 Not Found", "", b"{}"),
        };
        calls.fetch_add(1, Ordering::Relaxed);
        stream.get_mut().write_all(&answer)?;
    }
    Ok(())
}
