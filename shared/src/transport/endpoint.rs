//! The base URL of an API.

use std::net::IpAddr;

use http::Uri;
use http::uri::Authority;

/// The base URL of an API: scheme, host and port, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    origin: String,
    host: String,
}

impl Endpoint {
    /// An HTTPS host from a table in this crate.
    pub fn https(host: &str) -> Self {
        Self {
            origin: format!("https://{host}"),
            host: host.to_owned(),
        }
    }

    /// Reads `https://host[:port]`; `http://` is accepted for loopback hosts only.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = absolute_url(text)?;
        if url.path() != "/" || url.query().is_some() {
            return Err("it must be a base URL, without path, query or fragment".to_owned());
        }
        let authority = url.authority().map_or("", Authority::as_str);
        if authority.contains('@') {
            return Err("it must not hold a user name or password".to_owned());
        }
        let name = url
            .host()
            .filter(|name| !name.is_empty())
            .ok_or("it has no host")?
            .to_ascii_lowercase();
        let port = port_of(authority, &name)?;
        let (scheme, usual_port) = match url.scheme_str().unwrap_or_default() {
            "https" => ("https", 443),
            "http" if is_loopback(&name) => ("http", 80),
            "http" => {
                return Err("http:// is taken for loopback addresses only; use https://".to_owned());
            }
            scheme => return Err(format!("its scheme is {scheme}; use https://")),
        };
        let host = match port.filter(|port| *port != usual_port) {
            Some(port) => format!("{name}:{port}"),
            None => name,
        };
        Ok(Self {
            origin: format!("{scheme}://{host}"),
            host,
        })
    }

    /// The URL of the root path with this query: `https://host/` or `https://host/?query`.
    pub fn url(&self, query: &str) -> String {
        if query.is_empty() {
            format!("{}/", self.origin)
        } else {
            format!("{}/?{query}", self.origin)
        }
    }

    /// The URL of this path with its query, which begin with a slash.
    pub fn at(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.origin)
    }

    /// The value of the `Host` header: the host, with the port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The port behind the host in an authority without user information.
fn port_of(authority: &str, host: &str) -> Result<Option<u16>, String> {
    let port = authority
        .get(host.len()..)
        .and_then(|rest| rest.strip_prefix(':'));
    port.map(|port| {
        port.parse()
            .map_err(|_| format!("its port is {port:?}; it must be 0 to 65535"))
    })
    .transpose()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An absolute URL, of ASCII and without a fragment.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub(crate) fn absolute_url(text: &str) -> Result<Uri, String> {
    if text.contains('#') {
        return Err("it has a fragment".to_owned());
    }
    let url = Uri::try_from(text).map_err(|error| format!("it is not a URL ({error})"))?;
    if url.scheme().is_none() {
        Err("it has no scheme; write https:// before it".to_owned())
    } else {
        Ok(url)
    }
}
