//! The part of HTTP/1.1 that both stand-ins need.

use std::io::{self, BufRead, Read as _};

/// Maximum size of an answer, in bytes: Lambda allows 6 MB.
const LARGEST_BODY: u64 = 8 * 1024 * 1024;

/// A request with all of its body.
pub(crate) struct Request {
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// The next request of a connection, `None` when the client has closed it.
pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let start = head.len();
        if stream.read_line(&mut head)? == 0 {
            return if start == 0 {
                Ok(None)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        let line = head.get(start..).unwrap_or_default().trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<u64>().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(io::Error::other("a body in chunks is not read here"));
        }
    }
    if length > LARGEST_BODY {
        return Err(io::Error::other("the body is too large"));
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    Ok(Some(Request { head, body }))
}

/// An answer with these further header lines, each ended by CR LF.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_each_other_on_a_connection() {
        let mut stream: &[u8] =
            b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n";
        let first = read(&mut stream).unwrap().unwrap();
        assert!(first.head.starts_with("POST /a "));
        assert_eq!(first.body, b"abc");
        assert!(
            read(&mut stream)
                .unwrap()
                .unwrap()
                .head
                .starts_with("GET /b ")
        );
        assert!(read(&mut stream).unwrap().is_none());
    }

    #[test]
    fn half_a_request_and_chunks_are_errors() {
        assert!(read(&mut b"GET / HTTP/1.1\r\n".as_slice()).is_err());
        assert!(
            read(&mut b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".as_slice())
                .is_err()
        );
    }
}
