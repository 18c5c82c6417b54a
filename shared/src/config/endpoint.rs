//! Where an API is.

use std::net::IpAddr;

use reqwest::Url;

/// The base URL of an API: scheme, host and port, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    origin: String,
    host: String,
}

impl Endpoint {
    /// An HTTPS host from a table in this crate.
    pub fn https(host: &str) -> Self {
        Self { origin: format!("https://{host}"), host: host.to_owned() }
    }

    /// # Errors
    /// A sentence when it is not `https://host[:port]`. `http://` is taken for loopback only.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not a URL ({error})"))?;
        let host = url.host_str().ok_or("it has no host")?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("it must be a base URL, without path, query or fragment".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not hold a user name or password".to_owned());
        }
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => return Err("http:// is taken for loopback addresses only; use https://".to_owned()),
            scheme => return Err(format!("its scheme is {scheme}; use https://")),
        }
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { origin: format!("{}://{host}", url.scheme()), host })
    }

    /// The URL of the root path with this query: `https://host/` or `https://host/?query`.
    pub fn url(&self, query: &str) -> String {
        if query.is_empty() { format!("{}/", self.origin) } else { format!("{}/?{query}", self.origin) }
    }

    /// The URL of this path with its query, which begin with a slash.
    pub fn at(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.origin)
    }

    /// What goes into the `Host` header: the host, with the port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The URL of a queue of Amazon SQS: `https://sqs.eu-west-1.amazonaws.com/123456789012/results`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrl {
    text: String,
    endpoint: Endpoint,
}

impl QueueUrl {
    /// # Errors
    /// A sentence when it is not an endpoint with an account and a name behind it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not a URL ({error})"))?;
        let is_named = url.path_segments().is_some_and(|segments| segments.filter(|segment| !segment.is_empty()).count() == 2);
        if !is_named || url.query().is_some() || url.fragment().is_some() {
            return Err("it is not the URL of a queue, like https://sqs.eu-west-1.amazonaws.com/123456789012/results".to_owned());
        }
        let base = text.strip_suffix(url.path()).unwrap_or(text);
        Ok(Self { text: text.to_owned(), endpoint: Endpoint::parse(base)? })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where calls about it go.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}
