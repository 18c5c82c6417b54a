//! AWS Signature Version 4, by its official crate.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use super::{add_header, add_secret_header};
use crate::error::{Error, ErrorCode};

/// The request to sign.
pub struct Request<'a> {
    /// Upper case, like `GET`.
    pub method: &'a str,
    /// As it is sent, percent-encoded.
    pub url: &'a str,
    /// The region of the credential scope.
    pub region: &'a str,
    /// The service's signing name, like `iot`.
    pub service: &'a str,
    /// Epoch seconds of `x-amz-date`.
    pub timestamp: i64,
    /// The headers to sign beside the host and those that signing adds, names in lower case.
    pub headers: &'a [(&'static str, &'a str)],
    /// As it is sent.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// All headers of the request: those that were given, `x-amz-date`, `authorization`, and
    /// `x-amz-security-token` with a session token.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub fn signed_headers(
        &self,
        access_key_id: &str,
        secret_access_key: &SecretString,
        session_token: Option<&SecretString>,
    ) -> Result<HeaderMap, Error> {
        let token = session_token.map(|token| token.expose_secret().to_owned());
        let identity = Credentials::new(
            access_key_id,
            secret_access_key.expose_secret(),
            token,
            None,
            "environment",
        )
        .into();
        let since_epoch = Duration::from_secs(u64::try_from(self.timestamp).unwrap_or_default());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(
                SystemTime::UNIX_EPOCH
                    .checked_add(since_epoch)
                    .unwrap_or(SystemTime::UNIX_EPOCH),
            )
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let request = SignableRequest::new(
            self.method,
            self.url,
            self.headers.iter().copied(),
            SignableBody::Bytes(self.body),
        );
        let (instructions, _signature) = request
            .and_then(|request| sign(request, &parameters))
            .map_err(unsigned)?
            .into_parts();
        let (added, _query) = instructions.into_parts();
        let mut headers = HeaderMap::with_capacity(8);
        for (name, value) in self.headers {
            add_header(&mut headers, name, value)?;
        }
        for header in added {
            if header.name() == "x-amz-date" {
                add_header(&mut headers, header.name(), header.value())?;
            } else {
                add_secret_header(&mut headers, header.name(), header.value())?;
            }
        }
        Ok(headers)
    }
}

fn unsigned(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorCode::Internal, "a call cannot be signed").caused_by(Arc::new(error))
}

#[cfg(test)]
mod tests;
