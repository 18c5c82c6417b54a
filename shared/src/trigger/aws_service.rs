//! Calls to AWS in its JSON protocol, signed with the role of the function itself.

use http::Method;
use serde::Serialize;

use crate::config::Config;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::{Cloud, Region, Timestamp};
use crate::signing::sigv4;
use crate::transport::{
    Deadline, Endpoint, HttpRequest, HttpResponse, Lane, Repeat, Transport, http_request,
};
use crate::vendor::aws;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// One service of AWS.
pub(super) struct AwsService<'a> {
    /// The service's signing name, like `sqs`.
    name: &'static str,
    endpoint: Endpoint,
    region: &'a Region,
    credentials: &'a Credentials,
    transport: &'a Transport,
}

impl<'a> AwsService<'a> {
    /// `None` where the function has no role, or no region.
    pub(super) fn new(
        name: &'static str,
        endpoint: Endpoint,
        config: &'a Config,
        transport: &'a Transport,
    ) -> Option<Self> {
        let aws = config.clouds.of(Cloud::Aws);
        Some(Self {
            name,
            endpoint,
            region: aws.region.as_ref()?,
            credentials: aws.credentials.as_ref()?.environment_key()?,
            transport,
        })
    }

    /// Makes one call, and retries it after a retryable failure.
    pub(super) async fn call<R>(
        &self,
        target: &'static str,
        parameters: &impl Serialize,
        deadline: Deadline,
        lane: &Lane,
        read: impl Fn(&HttpResponse) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let body = serde_json::to_vec(parameters).map_err(|error| {
            Error::new(
                ErrorCode::Internal,
                format!("a call of {target} cannot be written: {error}"),
            )
        })?;
        let sign = |now: Timestamp, _nonce| self.sign(target, &body, now);
        Ok(self
            .transport
            .call(deadline, lane, Repeat::Always, sign, read)
            .await?)
    }

    fn sign(&self, target: &str, body: &[u8], now: Timestamp) -> Result<HttpRequest, Error> {
        let url = self.endpoint.url("");
        let request = sigv4::Request {
            method: "POST",
            url: &url,
            region: self.region.as_str(),
            service: self.name,
            timestamp: now.epoch_seconds(),
            headers: &[("content-type", CONTENT_TYPE), ("x-amz-target", target)],
            body,
        };
        let Credentials { id, secret, token } = self.credentials;
        let headers = request.signed_headers(id, secret, token.as_ref())?;
        http_request(Method::POST, &url, headers, body.to_vec())
    }
}

/// The failure that an answer holds. As in every JSON protocol of AWS, the type of the failure counts
/// more than the HTTP status.
pub(super) fn failure(response: &HttpResponse) -> Error {
    let status = response.status().as_u16();
    let code = aws::failure(response).map_or_else(String::new, |failure| failure.code);
    let kind = match (code.as_str(), status) {
        (
            "ThrottlingException"
            | "RequestThrottled"
            | "Throttling"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded",
            _,
        )
        | (_, 429) => ErrorCode::Throttled,
        (_, 500..) => ErrorCode::ProviderUnavailable,
        _ => ErrorCode::ProviderRejected,
    };
    let detail = if code.is_empty() {
        format!("HTTP {status}")
    } else {
        code
    };
    Error::new(kind, detail)
}

/// The error of an answer that is neither a result nor a failure.
pub(super) fn unexpected_answer() -> Error {
    Error::new(
        ErrorCode::ProviderInvalidResponse,
        "the answer has an unexpected form",
    )
}
