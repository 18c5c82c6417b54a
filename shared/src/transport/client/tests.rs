//! The client against servers on real sockets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};

use http::HeaderMap;

use super::*;
use crate::transport::http_request;

const TIMEOUT: Duration = Duration::from_secs(5);

/// A server that lets a connection go after so many requests, and reports each arrival.
struct Server {
    url: String,
    arrived: Receiver<Arrival>,
}

#[derive(Debug, PartialEq)]
enum Arrival {
    Connection,
    Request(String),
    End,
}

impl Server {
    fn start(requests: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, arrived) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                std::thread::spawn(move || serve(stream, requests, &tell));
            }
        });
        Self { url, arrived }
    }

    fn request(&self, method: Method, target: &str) -> HttpRequest {
        let mut request = plain(method, &format!("{}{target}", self.url));
        request.headers_mut().insert("x-own", "1".parse().unwrap());
        request
    }

    /// The next arrival on any connection.
    fn next(&self) -> Arrival {
        self.arrived.recv_timeout(TIMEOUT).unwrap()
    }

    fn has_no_more(&self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

fn serve(mut stream: TcpStream, requests: usize, tell: &Sender<Arrival>) {
    tell.send(Arrival::Connection).unwrap();
    let mut bytes = [0; 4096];
    for _ in 0..requests {
        let Ok(length @ 1..) = stream.read(&mut bytes) else {
            return;
        };
        tell.send(Arrival::Request(
            String::from_utf8_lossy(&bytes[..length]).into_owned(),
        ))
        .unwrap();
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nretry-after: 3\r\n\r\n";
        stream.write_all(head).unwrap();
        if !bytes.starts_with(b"HEAD") {
            stream.write_all(b"{}").unwrap();
        }
    }
    // Without a word, as servers do with connections that have waited for long.
    stream.shutdown(Shutdown::Both).unwrap();
    tell.send(Arrival::End).unwrap();
}

fn plain(method: Method, url: &str) -> HttpRequest {
    http_request(method, url, HeaderMap::new(), Vec::new()).unwrap()
}

fn client() -> HttpClient {
    HttpClient::new(None, None).unwrap()
}

#[tokio::test]
async fn a_request_is_sent_as_it_is_and_its_answer_is_read() {
    let server = Server::start(9);
    let answer = client()
        .send(server.request(Method::GET, "/path?A=%7Eb&B="), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body()[..], *b"{}");
    assert_eq!(answer.headers()["retry-after"], "3");
    assert_eq!(server.next(), Arrival::Connection);
    let Arrival::Request(request) = server.next() else {
        panic!("a request")
    };
    let host = server.url.trim_start_matches("http://");
    assert!(
        request.starts_with("GET /path?A=%7Eb&B= HTTP/1.1\r\n"),
        "{request}"
    );
    for header in [
        format!("host: {host}"),
        "x-own: 1".to_owned(),
        format!(
            "user-agent: device-certificate-functions/{}",
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert!(
            request.contains(&format!("\r\n{header}\r\n")),
            "{header}: {request}"
        );
    }
}

#[tokio::test]
async fn a_body_of_no_bytes_is_announced_as_such() {
    for (method, is_announced) in [
        (Method::GET, false),
        (Method::POST, true),
        (Method::PUT, true),
    ] {
        let server = Server::start(9);
        client()
            .send(server.request(method, "/?Action=a"), TIMEOUT)
            .await
            .unwrap();
        assert_eq!(server.next(), Arrival::Connection);
        let Arrival::Request(request) = server.next() else {
            panic!("a request")
        };
        assert_eq!(
            request.contains("\r\ncontent-length: 0\r\n"),
            is_announced,
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_connection_is_opened_ahead_by_a_request_without_secrets_and_takes_the_first_calls() {
    let server = Server::start(9);
    let client = client();
    client
        .connect_ahead(&format!("{}/", server.url))
        .await
        .unwrap();
    assert_eq!(server.next(), Arrival::Connection);
    let host = server.url.trim_start_matches("http://");
    let Arrival::Request(request) = server.next() else {
        panic!("a request")
    };
    let mut lines: Vec<&str> = request.trim_end().split("\r\n").collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "HEAD / HTTP/1.1",
            "accept: */*",
            &format!("host: {host}"),
            &format!("user-agent: {USER_AGENT}"),
        ]
    );
    for _ in 0..2 {
        client
            .send(server.request(Method::POST, "/"), TIMEOUT)
            .await
            .unwrap();
        assert!(matches!(server.next(), Arrival::Request(_)));
    }
    assert!(server.has_no_more(), "no other connection");
}

#[tokio::test]
async fn a_connection_that_waited_for_long_by_the_clock_is_not_used() {
    let server = Server::start(9);
    let client = client();
    for expected in [true, false, true] {
        client
            .send(server.request(Method::POST, "/"), TIMEOUT)
            .await
            .unwrap();
        if expected {
            assert_eq!(server.next(), Arrival::Connection);
        }
        assert!(matches!(server.next(), Arrival::Request(_)));
        if !expected {
            // As after a freeze, during which no timer of this process went on.
            for server in client.servers.borrow_mut().iter_mut() {
                server.last_used -= IDLE_TIMEOUT + Duration::from_secs(1);
            }
        }
    }
}

#[test]
fn a_connection_of_unknown_age_is_not_used() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_800_000);
    let second = Duration::from_secs(1);
    for (since, expected) in [
        (now, true),
        (now - 15 * second, true),
        (now - 16 * second, false),
        (now + second, false),
    ] {
        assert_eq!(is_fresh(since, now), expected, "{since:?}");
    }
}

/// A server that answers each connection's first request with these bytes and closes.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(stream.read(&mut [0; 4096]));
            // A client that has read enough goes away.
            drop(stream.write_all(&answer));
        }
    });
    url
}

#[tokio::test]
async fn an_answer_of_up_to_2_mib_is_read_in_chunks_of_any_size() {
    let chunked = |sizes: &[usize]| {
        let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for size in sizes {
            answer.extend(format!("{size:x}\r\n").bytes());
            answer.extend(vec![b'a'; *size]);
            answer.extend(b"\r\n");
        }
        answer.extend(b"0\r\n\r\n");
        answer
    };
    let tiny = vec![16; LARGEST_ANSWER / 16];
    for (sizes, is_read) in [
        (tiny.clone(), true),
        ([tiny, vec![1]].concat(), false),
        (vec![LARGEST_ANSWER], true),
        (vec![LARGEST_ANSWER + 1], false),
    ] {
        let url = answering(chunked(&sizes));
        let sent = client()
            .send(plain(Method::GET, &url), Duration::from_secs(60))
            .await;
        match sent {
            Ok(answer) => assert!(is_read && answer.body().len() == LARGEST_ANSWER),
            Err(error) => assert!(
                !is_read && matches!(error, SendError::AnswerTooLarge),
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let url = answering(
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
            .to_vec(),
    );
    let answer = client()
        .send(plain(Method::POST, &url), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(answer.status(), 302);
}

#[tokio::test]
async fn calls_over_https_go_through_the_proxy_that_is_configured() {
    let server = Server::start(1);
    let client = |exceptions| {
        let proxy = HttpsProxy::parse(&server.url, exceptions).unwrap();
        HttpClient::new(None, Some(proxy)).unwrap()
    };
    let call = || plain(Method::GET, "https://vendor.invalid/");
    let sent = client("").send(call(), TIMEOUT).await;
    assert!(matches!(sent, Err(SendError::NotSent(_))), "{sent:?}");
    assert_eq!(server.next(), Arrival::Connection);
    let Arrival::Request(request) = server.next() else {
        panic!("a request")
    };
    assert!(
        request.starts_with("CONNECT vendor.invalid:443 HTTP/1.1\r\n"),
        "{request}"
    );
    let sent = client("vendor.invalid").send(call(), TIMEOUT).await;
    assert!(matches!(sent, Err(SendError::NotSent(_))), "{sent:?}");
    assert!(
        server
            .arrived
            .try_iter()
            .all(|arrival| arrival == Arrival::End)
    );
}

#[tokio::test]
async fn another_server_gets_a_connection_of_its_own() {
    let servers = [Server::start(9), Server::start(9)];
    let client = client();
    client.connect_ahead(&servers[0].url).await.unwrap();
    client
        .send(servers[1].request(Method::GET, "/"), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(servers[0].next(), Arrival::Connection);
    assert!(matches!(servers[0].next(), Arrival::Request(_)));
    assert!(servers[0].has_no_more());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_waited_is_replaced_without_an_error() {
    let server = Server::start(1);
    let client = client();
    for _ in 0..3 {
        client
            .send(server.request(Method::POST, "/"), TIMEOUT)
            .await
            .unwrap();
        assert_eq!(server.next(), Arrival::Connection);
        assert!(matches!(server.next(), Arrival::Request(_)));
        assert_eq!(server.next(), Arrival::End);
        // As after a freeze: the end has arrived when the next event comes.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_leaves_open_what_was_done() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.accept().unwrap().0.read(&mut [0; 4096]).unwrap());
    let request = plain(Method::POST, &url);
    let sent = client().send(request, TIMEOUT).await;
    assert!(matches!(sent, Err(SendError::NoAnswer(_))), "{sent:?}");
}

#[tokio::test]
async fn nobody_who_listens_is_no_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for url in [&url, "https://vendor.invalid/"] {
        assert!(client().connect_ahead(url).await.is_err(), "{url}");
    }
    let request = plain(Method::GET, &url);
    let sent = client().send(request, TIMEOUT).await;
    assert!(
        matches!(&sent, Err(SendError::NotSent(cause)) if crate::error::innermost(&**cause).to_string().contains("refused")),
        "{sent:?}"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_open_what_was_done() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let request = plain(Method::GET, &url);
    let sent = client().send(request, Duration::from_millis(50)).await;
    assert!(matches!(sent, Err(SendError::TimedOut)), "{sent:?}");
}
