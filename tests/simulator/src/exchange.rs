//! Requests and replies of a vendor's listener, apart from HTTP's own types.

use crate::Vendor;
use crate::clients::Moment;
use bytes::Bytes;
use hyper::header::HeaderMap;
use serde_json::Value;
use std::borrow::Cow;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A call as it arrived, whole.
pub(crate) struct Received {
    pub(crate) vendor: Vendor,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The query as it stands in the request line, without `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: SystemTime,
    /// Number of the TCP connection, counted over all vendors from 1.
    pub(crate) connection: u64,
}

impl Received {
    /// The value of a header; several of one name are joined by commas.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<String> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// When the call had arrived, in epoch milliseconds.
    pub(crate) fn milliseconds(&self) -> i64 {
        let since = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// The time of the call's work.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            instant: Instant::now(),
            milliseconds: self.milliseconds(),
        }
    }

    /// The named headers with their values, or the name of the first that did not come.
    pub(crate) fn named_headers(&self, names: &[String]) -> Result<Vec<(String, String)>, String> {
        names
            .iter()
            .map(|name| match self.header(name) {
                Some(value) => Ok((name.clone(), value)),
                None => Err(name.clone()),
            })
            .collect()
    }
}

/// A vendor's error, before it takes the vendor's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    /// HTTP status, for the vendors that use one.
    pub(crate) status: u16,
    pub(crate) message: String,
    /// A wait in milliseconds that the answer names, where the vendor has a header for it.
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(code: impl Into<String>, status: u16, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
            retry_after: None,
        }
    }
}

/// An answer before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(status: u16, content_type: &str, body: &Value) -> Self {
        Self::of(status, content_type, body.to_string())
    }

    pub(crate) fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.to_owned())],
            body: body.into(),
        }
    }
}
