//! A vendor that answers every call with whatever is hard to read: huge, deep, broken into pieces.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

/// A call as it arrived.
pub(super) struct Call {
    pub(super) body: String,
}

impl Call {
    /// The number after this text.
    pub(super) fn number(&self, before: &str) -> usize {
        let (_, after) = self.body.split_once(before).unwrap_or_default();
        let digits = after.find(|c: char| !c.is_ascii_digit());
        after[..digits.unwrap_or(after.len())].parse().unwrap_or(0)
    }

    /// The text in quotes after this one.
    pub(super) fn text(&self, before: &str) -> &str {
        let (_, after) = self.body.split_once(before).unwrap_or_default();
        after.split('"').next().unwrap_or_default()
    }
}

/// An answer as it is sent.
#[derive(Default)]
pub(super) struct Reply {
    /// Lines of the head, each with its end.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
    /// Whether the body is sent in chunks of one byte.
    pub(super) is_in_pieces: bool,
}

impl Reply {
    pub(super) fn of(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }
}

/// Starts the vendor. Returns its URL.
pub(super) fn start(reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let reply = Arc::new(reply);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let reply = Arc::clone(&reply);
            // A client that has read enough goes away in the middle of an answer.
            std::thread::spawn(move || serve(&stream, &*reply));
        }
    });
    url
}

fn serve(stream: &TcpStream, reply: &dyn Fn(&Call) -> Reply) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head
            .to_ascii_lowercase()
            .split_once("content-length: ")
            .and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        let is_head = head.starts_with("HEAD");
        let reply = reply(&Call { body });
        send(stream, &reply, is_head).ok()?;
    }
}

fn send(mut stream: &TcpStream, reply: &Reply, is_head: bool) -> std::io::Result<()> {
    let Reply { headers, body, .. } = reply;
    let framing = match reply.is_in_pieces {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {}", body.len()),
    };
    write!(stream, "HTTP/1.1 200 OK\r\n{framing}\r\n{headers}\r\n")?;
    if is_head {
        return Ok(());
    }
    if !reply.is_in_pieces {
        return stream.write_all(body);
    }
    for part in body.chunks(4096) {
        let pieces: Vec<u8> = part
            .iter()
            .flat_map(|byte| [b'1', b'\r', b'\n', *byte, b'\r', b'\n'])
            .collect();
        stream.write_all(&pieces)?;
    }
    stream.write_all(b"0\r\n\r\n")
}
