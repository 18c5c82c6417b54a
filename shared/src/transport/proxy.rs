//! The proxy for calls over HTTPS.

use std::fmt;

use reqwest::{NoProxy, Proxy};

/// The proxy for calls over HTTPS, and the hosts that are called without it. Its URL may hold a
/// password, so neither errors nor `Debug` show it.
#[derive(Clone)]
pub struct HttpsProxy(Proxy);

impl HttpsProxy {
    /// Reads the proxy's URL, and the excepted hosts as `NO_PROXY` lists them.
    ///
    /// # Errors
    /// A sentence when the text is no URL, or its scheme is neither `http` nor `https`; `reqwest` would
    /// then call without a proxy.
    pub fn parse(url: &str, exceptions: &str) -> Result<Self, String> {
        let unusable = || "it must be http://[user:password@]host:port".to_owned();
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, None | Some("http" | "https")) {
            return Err(unusable());
        }
        let proxy = Proxy::https(url).map_err(|_| unusable())?;
        Ok(Self(proxy.no_proxy(NoProxy::from_string(exceptions))))
    }

    pub(super) fn to_reqwest(&self) -> Proxy {
        self.0.clone()
    }
}

impl fmt::Debug for HttpsProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsProxy(***)")
    }
}
