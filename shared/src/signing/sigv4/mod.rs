//! AWS Signature Version 4, by its official crate.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use secrecy::{ExposeSecret, SecretString};

/// What is signed.
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
    /// What is signed beside the host and the headers that are added, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// As it is sent.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The headers to add: `x-amz-date`, `authorization`, and `x-amz-security-token` with a session
    /// token.
    ///
    /// # Errors
    /// A sentence when the URL or the method is none.
    pub fn headers(
        &self,
        access_key_id: &str,
        secret_access_key: &SecretString,
        session_token: Option<&SecretString>,
    ) -> Result<Vec<(&'static str, String)>, String> {
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
            .map_err(|error| error.to_string())?
            .into();
        let request = SignableRequest::new(
            self.method,
            self.url,
            self.headers.iter().copied(),
            SignableBody::Bytes(self.body),
        );
        let request = request.map_err(|error| error.to_string())?;
        let (instructions, _signature) = sign(request, &parameters)
            .map_err(|error| error.to_string())?
            .into_parts();
        let (headers, _query) = instructions.into_parts();
        Ok(headers
            .into_iter()
            .map(|header| (header.name(), header.value().to_owned()))
            .collect())
    }
}

#[cfg(test)]
mod tests;
