//! HTTP over reqwest: rustls with ring, compiled-in roots, HTTP/1.1, no redirects, no replays.

use std::error::Error as _;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::hint::retry_after;
use super::{HttpRequest, HttpResponse, LocalFuture, Method, SendError, SendHttp};

/// No answer of these APIs comes near it: a page of 100 certificates with their PEMs is about 300 kB.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// A host that has not answered a connection attempt by then will not do so in time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Idle connections are given up early: after a freeze of the sandbox an old one is most likely dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The real client. One is made at start and shared by all calls, so that a connection is reused.
pub struct HttpClient(reqwest::Client);

/// Why the client cannot be made.
#[derive(Debug)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl HttpClient {
    /// Trusts the compiled-in roots and those of the PEM file `extra_roots`.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn new(extra_roots: Option<&Path>) -> Result<Self, StartError> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = extra_roots {
            add_roots(&mut roots, path)?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| StartError(format!("TLS cannot be set up: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("device-certificate-functions/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| StartError(format!("the HTTP client cannot be set up: {error}")))
    }

    async fn send_once(&self, request: HttpRequest, timeout: Duration) -> Result<HttpResponse, SendError> {
        let url = Url::parse(&request.url).map_err(|error| SendError::NotSent(format!("the URL cannot be read: {error}")))?;
        if url.as_str() != request.url {
            // What is signed is what is sent; a URL that would be rewritten on the way is a defect here.
            return Err(SendError::NotSent("the URL would not be sent as it was signed".to_owned()));
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let mut builder = self.0.request(method, url).timeout(timeout).body(request.body);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let mut response = builder.send().await.map_err(|error| classify(&error))?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (error_type, request_id) = (header("x-amzn-errortype"), header("x-amzn-requestid"));
        let retry_after = retry_after(|name| response.headers().get(name)?.to_str().ok(), SystemTime::now());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len().saturating_add(chunk.len()) > LARGEST_ANSWER {
                return Err(SendError::AnswerTooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, retry_after, error_type, request_id, body })
    }
}

impl SendHttp for HttpClient {
    fn send(&self, request: HttpRequest, timeout: Duration) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        Box::pin(self.send_once(request, timeout))
    }
}

fn add_roots(roots: &mut rustls::RootCertStore, path: &Path) -> Result<(), StartError> {
    let unusable = |reason: String| StartError(format!("SSL_CERT_FILE {} cannot be used: {reason}", path.display()));
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(unusable("it holds no CA certificate".to_owned()));
    }
    Ok(())
}

fn classify(error: &reqwest::Error) -> SendError {
    // A connection that could not be made carries no request. Everything later may have arrived.
    if error.is_connect() || error.is_builder() { SendError::NotSent(innermost(error)) } else { no_answer(error) }
}

fn no_answer(error: &reqwest::Error) -> SendError {
    if error.is_timeout() { SendError::TimedOut } else { SendError::NoAnswer(innermost(error)) }
}

/// The last cause in the chain. The outer ones show the URL, and with it the parameters.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "no cause is known".to_owned())
}
