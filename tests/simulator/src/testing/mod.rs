//! Signed calls over plain sockets, for the tests of this crate.

mod aws;

pub(crate) use aws::{AwsCall, error_type};

use crate::signature::{acs3, sha256_hex, tc3};
use crate::{Credentials, Fleet, Options, Simulator, Vendor};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::macros::format_description;

/// A simulator that holds this fleet.
pub(crate) async fn simulator(fleet: Fleet) -> Simulator {
    with_options(Options::of(fleet)).await
}

pub(crate) async fn with_options(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }
}

/// Sends a request as it stands and reads until the server closes; `None` when nothing came before.
pub(crate) fn exchange(url: &str, request: &str) -> io::Result<Option<Answer>> {
    let mut stream = TcpStream::connect(host(url))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(answer(&bytes))
}

fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    Some(Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: bytes[end + 4..].to_vec(),
    })
}

fn host(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

fn now(ahead: i64) -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now()) + time::Duration::seconds(ahead)
}

/// A call to Tencent; its fields may be changed before it is signed and sent.
#[derive(Clone)]
pub(crate) struct TencentCall {
    pub(crate) method: &'static str,
    pub(crate) action: &'static str,
    pub(crate) version: &'static str,
    pub(crate) region: &'static str,
    /// Seconds by which the caller's clock runs ahead.
    pub(crate) ahead: i64,
    pub(crate) credentials: Credentials,
    pub(crate) token: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) query: &'static str,
    pub(crate) body: String,
    pub(crate) signed_headers: &'static [&'static str],
}

impl TencentCall {
    pub(crate) fn new(action: &'static str, parameters: &Value) -> Self {
        Self {
            method: "POST",
            action,
            version: "2024-05-16",
            region: "ap-guangzhou",
            ahead: 0,
            credentials: Vendor::TencentMqtt.credentials(),
            token: None,
            content_type: "application/json",
            query: "",
            body: parameters.to_string(),
            signed_headers: &["content-type", "host"],
        }
    }

    /// The signed request as it goes over the wire.
    pub(crate) fn request(&self, url: &str) -> String {
        let time = now(self.ahead);
        let (timestamp, date) = (time.unix_timestamp().to_string(), time.date().to_string());
        let headers: Vec<(String, String)> = self
            .signed_headers
            .iter()
            .map(|name| {
                let value = match *name {
                    "content-type" => self.content_type,
                    "host" => host(url),
                    "x-tc-action" => self.action,
                    other => panic!("no value for {other}"),
                };
                ((*name).to_owned(), value.to_owned())
            })
            .collect();
        let payload = if self.method == "GET" { "" } else { &self.body };
        let canonical =
            tc3::canonical_request(self.method, self.query, &headers, payload.as_bytes());
        let to_sign = tc3::string_to_sign(&timestamp, &date, "mqtt", &canonical);
        let signature = tc3::signature(&self.credentials.secret, &date, "mqtt", &to_sign);
        let token = self
            .token
            .as_ref()
            .map_or_else(String::new, |token| format!("X-TC-Token: {token}\r\n"));
        format!(
            "{} /{}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {}\r\n\
             Content-Length: {}\r\nX-TC-Action: {}\r\nX-TC-Version: {}\r\nX-TC-Region: {}\r\n\
             X-TC-Timestamp: {timestamp}\r\n{token}Authorization: TC3-HMAC-SHA256 \
             Credential={}/{date}/mqtt/tc3_request, SignedHeaders={}, Signature={signature}\r\n\r\n{}",
            self.method,
            if self.query.is_empty() { "" } else { "?" },
            self.query,
            host(url),
            self.content_type,
            payload.len(),
            self.action,
            self.version,
            self.region,
            self.credentials.id,
            self.signed_headers.join(";"),
            payload,
        )
    }

    /// The value of `Response`.
    pub(crate) fn send(&self, simulator: &Simulator) -> Value {
        let url = simulator.url(Vendor::TencentMqtt);
        let answer = exchange(&url, &self.request(&url)).unwrap().unwrap();
        assert_eq!(answer.status, 200);
        answer.json()["Response"].clone()
    }

    /// The code of the refusal; `ok` when there is none.
    pub(crate) fn code(&self, simulator: &Simulator) -> String {
        let response = self.send(simulator);
        assert!(response["RequestId"].is_string());
        response["Error"]["Code"]
            .as_str()
            .unwrap_or("ok")
            .to_owned()
    }
}

/// A call to one of Alibaba's products; its fields may be changed before it is signed and sent.
#[derive(Clone)]
pub(crate) struct AlibabaCall {
    pub(crate) vendor: Vendor,
    pub(crate) method: &'static str,
    pub(crate) action: &'static str,
    pub(crate) version: &'static str,
    /// Seconds by which the caller's clock runs ahead.
    pub(crate) ahead: i64,
    pub(crate) nonce: String,
    /// The value of `x-acs-content-sha256` for the body, which is empty.
    pub(crate) declared_hash: String,
    pub(crate) credentials: Credentials,
    pub(crate) token: Option<String>,
    pub(crate) parameters: Vec<(String, String)>,
}

impl AlibabaCall {
    pub(crate) fn mqtt(action: &'static str, parameters: &[(&str, &str)]) -> Self {
        let writes = ["Inactivate", "Active", "Close"];
        let method = if writes.iter().any(|word| action.starts_with(word)) {
            "POST"
        } else {
            "GET"
        };
        Self {
            method,
            ..Self::new(Vendor::AlibabaMqtt, action, "2020-04-20", parameters)
        }
    }

    pub(crate) fn cas(action: &'static str, parameters: &[(&str, &str)]) -> Self {
        Self::new(Vendor::AlibabaCas, action, "2020-06-30", parameters)
    }

    pub(crate) fn status(serials: &str) -> Self {
        Self::cas(
            "DescribeClientCertificateStatusForSerialNumber",
            &[("SerialNumber", serials)],
        )
    }

    fn new(
        vendor: Vendor,
        action: &'static str,
        version: &'static str,
        parameters: &[(&str, &str)],
    ) -> Self {
        static NONCES: AtomicU64 = AtomicU64::new(0);
        Self {
            vendor,
            method: "POST",
            action,
            version,
            ahead: 0,
            nonce: format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed)),
            declared_hash: sha256_hex(b""),
            credentials: vendor.credentials(),
            token: None,
            parameters: parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// The signed request as it goes over the wire.
    pub(crate) fn request(&self, url: &str) -> String {
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let mut headers = vec![
            ("host", host(url).to_owned()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", self.declared_hash.clone()),
            ("x-acs-date", now(self.ahead).format(form).unwrap()),
        ];
        if let Some(token) = &self.token {
            headers.push(("x-acs-security-token", token.clone()));
        }
        headers.push(("x-acs-signature-nonce", self.nonce.clone()));
        headers.push(("x-acs-version", self.version.to_owned()));
        let headers: Vec<(String, String)> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let query = acs3::canonical_query(&self.parameters);
        let canonical = acs3::canonical_request(self.method, &query, &headers, b"");
        let signature =
            acs3::signature(&self.credentials.secret, &acs3::string_to_sign(&canonical));
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!(
            "{} /?{query} HTTP/1.1\r\n{lines}Connection: close\r\nContent-Length: 0\r\n\
             Authorization: ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={signature}\r\n\r\n",
            self.method,
            self.credentials.id,
            names.join(";"),
        )
    }

    pub(crate) fn send(&self, simulator: &Simulator) -> Answer {
        let url = simulator.url(self.vendor);
        exchange(&url, &self.request(&url)).unwrap().unwrap()
    }

    /// The HTTP status and the code of the refusal; `ok` when there is none.
    pub(crate) fn code(&self, simulator: &Simulator) -> (u16, String) {
        code(&self.send(simulator))
    }
}

/// The HTTP status and the code of an Alibaba answer; `ok` when it is no refusal.
pub(crate) fn code(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert!(body["RequestId"].is_string());
    let code = body["Code"].as_str().unwrap_or("ok").to_owned();
    (answer.status, code)
}
