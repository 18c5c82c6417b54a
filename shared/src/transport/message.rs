//! A request as it goes out and an answer as it comes in: the types of the `http` crate, around a
//! body that cannot be printed.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};

use super::endpoint::absolute_url;
use crate::error::{Error, ErrorCode};

/// One signed request. The client adds `host`, `user-agent` and `content-length`.
pub type HttpRequest = Request<Body>;

/// A whole answer.
pub type HttpResponse = Response<Body>;

/// The bytes of a request or of an answer. They may hold a key or a token, so `Debug` shows their
/// number only.
#[derive(Clone, Default)]
pub struct Body(Bytes);

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        body.0
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A request for this URL, whose path and query are sent byte for byte as they were signed.
///
/// # Errors
/// `internal` when the text is not an absolute URL, or its path and query would be sent in another
/// form.
pub fn http_request(
    method: Method,
    url: &str,
    headers: HeaderMap,
    body: impl Into<Body>,
) -> Result<HttpRequest, Error> {
    let unusable = |problem: String| {
        Error::new(
            ErrorCode::Internal,
            format!("a call's URL is unusable: {problem}"),
        )
    };
    let uri = absolute_url(url).map_err(unusable)?;
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if !url.ends_with(target) {
        return Err(unusable("it would not be sent as it was signed".to_owned()));
    }
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::add_secret_header;

    #[test]
    fn a_url_that_would_not_be_sent_as_it_was_signed_makes_no_request() {
        let request = |target: &str| {
            let url = format!("https://vendor.test{target}");
            http_request(Method::GET, &url, HeaderMap::new(), Vec::new())
        };
        assert_eq!(
            request("/a?A=%7Eb&B=").unwrap().uri(),
            "https://vendor.test/a?A=%7Eb&B="
        );
        for target in ["", "/?a#b", "/?a b", "/?a\n"] {
            assert_eq!(
                request(target).unwrap_err().code,
                ErrorCode::Internal,
                "{target:?}"
            );
        }
    }

    #[test]
    fn a_body_and_a_secret_header_are_not_printed() {
        let mut headers = HeaderMap::new();
        add_secret_header(&mut headers, "authorization", "canary").unwrap();
        let request = http_request(
            Method::POST,
            "https://vendor.test/",
            headers,
            b"canary".to_vec(),
        )
        .unwrap();
        let response = Response::new(request.body().clone());
        let shown = format!("{request:?} {response:?}");
        assert!(
            !shown.contains("canary") && shown.contains("6 bytes"),
            "{shown}"
        );
    }
}
