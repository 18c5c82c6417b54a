//! The parts that both Alibaba Cloud products share: RPC-style calls with signature V3, and the
//! gateway's error codes.

use http::Method;

use super::Connection;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::model::{Action, ProviderName, Timestamp};
use crate::object::Members;
use crate::signing::acs3;
use crate::transport::{Endpoint, Failure, HttpRequest, HttpResponse, Repeat, http_request};
use crate::vendor::alibaba::{codes, error_body, retry_after};
use crate::vendor::codes::{Refusal, Row, explain, is_known, unexpected_answer};

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

/// Whether the successes of an action have the member `Code`, which errors have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SuccessHas {
    NoCode,
    /// The number 200.
    Code200,
}

/// The time and the nonce of one attempt.
struct Attempt {
    now: Timestamp,
    nonce: [u8; 16],
}

impl Api {
    /// Makes one call and reads its result; `accept` takes the members that the step needs, and
    /// checks whether they fit the request.
    pub(super) async fn call<R>(
        &self,
        connection: &Connection<'_>,
        call: &Call<'_>,
        accept: impl Fn(&Members<'_>) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        self.call_of(SuccessHas::NoCode, connection, call, accept)
            .await
    }

    /// The same for an action whose success has this.
    pub(super) async fn call_of<R>(
        &self,
        success_has: SuccessHas,
        connection: &Connection<'_>,
        call: &Call<'_>,
        accept: impl Fn(&Members<'_>) -> Result<R, Error>,
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
            self.read(response, success_has, &accept)
                .map_err(|error| Error {
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
        let to_sign = acs3::Call {
            method: call.method.as_str(),
            action: call.action.as_str(),
            version: self.version,
            host: endpoint.host(),
            canonical_query: query,
            date: attempt.now.to_seconds_text(),
            nonce: attempt.nonce,
        };
        let headers = to_sign.signed_headers(
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

    /// The code decides before the status: "certificate not found" comes with HTTP 500. A code that
    /// is undocumented or cannot be read, beside a status of success, is neither a result nor a
    /// refusal: after a write, a read has to show the effect.
    ///
    /// A body that is not UTF-8 throughout loses only the texts with the damaged bytes.
    fn read<R>(
        &self,
        response: &HttpResponse,
        success_has: SuccessHas,
        accept: &impl Fn(&Members<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let status = response.status().as_u16();
        let unexpected_answer = |problem: &str| unexpected_answer(self.provider, status, problem);
        let tables = [self.codes, codes::CODES];
        let body = String::from_utf8_lossy(response.body());
        let members = Members::parse(&body);
        let is_success_code = success_has == SuccessHas::Code200
            && status == 200
            && members.as_ref().and_then(|members| members.integer("Code")) == Some(200);
        let error = error_body(&body, members.as_ref()).filter(|_| !is_success_code);
        if let Some(error) = error {
            let code = error
                .code
                .filter(|code| status >= 400 || is_known(code, &tables));
            let code =
                code.ok_or_else(|| unexpected_answer("a code that is no documented error"))?;
            let refusal = Refusal {
                provider: self.provider,
                code: &code,
                message: error.message.as_deref(),
                request_id: error.request_id,
                status,
            };
            return Err(explain(&refusal, &tables));
        }
        if status != 200 {
            return Err(unexpected_answer("an error without a code"));
        }
        accept(&members.ok_or_else(|| unexpected_answer("it is no JSON object"))?)
    }
}

#[cfg(test)]
pub(super) mod tests;
