//! The parts that both Alibaba Cloud products share: RPC-style calls with signature V3, and the
//! gateway's error codes.

use http::Method;
use serde::de::DeserializeOwned;

use super::Connection;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::model::{Action, ProviderName, Timestamp};
use crate::object::Object;
use crate::signing::acs3;
use crate::transport::{Endpoint, Failure, HttpRequest, HttpResponse, Repeat, http_request};
use crate::vendor::alibaba::{codes, error_body, retry_after};
use crate::vendor::codes::{Refusal, Row, explain, is_known, not_an_answer};

/// One product's API.
pub(super) struct Api {
    pub(super) provider: ProviderName,
    /// `x-acs-version`.
    pub(super) version: &'static str,
    /// The product's own codes; the gateway's are added.
    pub(super) codes: &'static [Row],
}

/// One call. All parameters go into the query, for POST as well.
pub(super) struct Call<'a> {
    pub(super) action: Action,
    pub(super) method: Method,
    pub(super) repeat: Repeat,
    pub(super) parameters: &'a [(&'a str, &'a str)],
}

/// The time and the nonce of one attempt.
struct Attempt {
    now: Timestamp,
    nonce: [u8; 16],
}

impl Api {
    /// Makes one call and reads its result; `accept` checks whether the answer fits the request.
    pub(super) async fn call<T: DeserializeOwned, R>(
        &self,
        connection: &Connection<'_>,
        call: &Call<'_>,
        accept: impl Fn(T) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        let query = acs3::canonical_query(call.parameters);
        let sign = |credentials: &Credentials, now, nonce| {
            self.sign(
                &connection.endpoint,
                call,
                &query,
                credentials,
                Attempt { now, nonce },
            )
        };
        let read = |response: &HttpResponse| {
            let answer = self.read(response).and_then(&accept);
            answer.map_err(|error| Error {
                retry_after: retry_after(response),
                ..error
            })
        };
        connection.call(call.action, call.repeat, sign, read).await
    }

    fn sign(
        &self,
        endpoint: &Endpoint,
        call: &Call<'_>,
        query: &str,
        credentials: &Credentials,
        attempt: Attempt,
    ) -> Result<HttpRequest, Error> {
        let signed = acs3::Call {
            method: call.method.as_str(),
            action: call.action.as_str(),
            version: self.version,
            host: endpoint.host(),
            canonical_query: query,
            date: attempt.now.to_seconds_text(),
            nonce: attempt.nonce,
        };
        let headers = signed.headers(
            &credentials.id,
            &credentials.secret,
            credentials.token.as_ref(),
        )?;
        http_request(
            call.method.clone(),
            &endpoint.url(query),
            headers,
            Vec::new(),
        )
    }

    /// The code decides before the status: "certificate not found" comes with HTTP 500. An
    /// undocumented code beside a status of success is neither a result nor a refusal: after a
    /// write, a read has to show the effect.
    fn read<T: DeserializeOwned>(&self, response: &HttpResponse) -> Result<T, Error> {
        let status = response.status().as_u16();
        let tables = [self.codes, codes::CODES];
        if let Some(error) = error_body(response.body()) {
            if status < 400 && !is_known(&error.code, &tables) {
                return Err(not_an_answer(
                    self.provider,
                    status,
                    "a code that is no documented error",
                ));
            }
            let refusal = Refusal {
                provider: self.provider,
                code: &error.code,
                message: error.message.as_deref(),
                request_id: error.request_id.as_deref(),
                status,
            };
            return Err(explain(&refusal, &tables));
        }
        if status != 200 {
            return Err(not_an_answer(
                self.provider,
                status,
                "an error without a code",
            ));
        }
        serde_json::from_slice(response.body())
            .map(|Object(answer)| answer)
            .map_err(|error| {
                not_an_answer(
                    self.provider,
                    status,
                    &format!("{:?} error at column {}", error.classify(), error.column()),
                )
            })
    }
}

#[cfg(test)]
mod tests;
