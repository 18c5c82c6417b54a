//! Tencent Cloud MQTT, API version 2024-05-16.

mod alternatives;
mod change;
mod codes;
mod filter;
mod group;
mod list;
mod status;
mod wire;

use std::sync::Arc;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use self::wire::{
    DescribeDeviceCertificates, Envelope, Item, List, One, OneDeviceCertificate, Response,
};
use super::{
    CallContext, Connection, FoundCertificate, ProviderProfile, Scope, connect, non_empty,
};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::{
    Action, InstanceId, ProviderName, ProviderRecord, ProviderText, SerialNumber, Source, Timestamp,
};
use crate::object::Object;
use crate::request::CertificateReference;
use crate::signing::tc3;
use crate::transport::{Failure, HttpRequest, HttpResponse, Repeat, http_request};
use crate::vendor::codes::{Refusal, explain, is_known, not_an_answer};

const NAME: ProviderName = ProviderName::TencentMqtt;
/// The product's name in hosts and in the signing scope.
const SERVICE: &str = "mqtt";
const VERSION: &str = "2024-05-16";
/// The mainland host. It takes every region's calls; the international one is set by
/// `TENCENT_MQTT_ENDPOINT`.
const HOST: &str = "mqtt.tencentcloudapi.com";

/// The regions of the official SDK. It is not confirmed which of them have instances; the provider
/// refuses the others.
const REGIONS: &[&str] = &[
    "ap-bangkok",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-guangzhou",
    "ap-guangzhou-open",
    "ap-hongkong",
    "ap-jakarta",
    "ap-mumbai",
    "ap-nanjing",
    "ap-seoul",
    "ap-shanghai",
    "ap-shanghai-fsi",
    "ap-shenzhen-fsi",
    "ap-singapore",
    "ap-tokyo",
    "eu-frankfurt",
    "eu-moscow",
    "na-ashburn",
    "na-siliconvalley",
    "na-toronto",
    "sa-saopaulo",
];

/// One page of the list.
struct Rows {
    items: Vec<Item>,
    /// How many certificates match.
    total: u64,
    /// The offset after this page.
    end: u64,
    request_id: Option<String>,
}

pub(super) const PROFILE: ProviderProfile = ProviderProfile {
    host: |region| REGIONS.contains(&region.as_str()).then(|| HOST.to_owned()),
    central_host: Some(HOST),
};

/// The API of one region.
pub(super) struct TencentMqtt<'a> {
    scope: Scope,
    connection: Connection<'a>,
    /// Whether several values of one filter are alternatives: found out once for the request, also
    /// where the answer is not certain enough to be kept for the sandbox.
    takes_alternatives: OnceCell<bool>,
}

impl<'a> TencentMqtt<'a> {
    pub(super) fn new(context: &'a CallContext<'a>, source: Source) -> Result<Self, Error> {
        let (scope, connection) = connect(context, source, &PROFILE)?;
        Ok(Self {
            scope,
            connection,
            takes_alternatives: OnceCell::new(),
        })
    }

    fn instance(&self) -> &str {
        self.scope
            .instance_id
            .as_ref()
            .map_or("", InstanceId::as_str)
    }

    /// Makes one call; `accept` checks whether the answer fits the request.
    async fn call<T: Response + DeserializeOwned, R>(
        &self,
        action: Action,
        repeat: Repeat,
        parameters: &impl Serialize,
        accept: impl Fn(T) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        let body = serde_json::to_vec(parameters).map_err(|error| {
            let unwritten = Error::new(ErrorCode::Internal, "the call cannot be written");
            Failure::not_made(unwritten.caused_by(Arc::new(error)))
        })?;
        let sign =
            |credentials: &Credentials, now, _nonce| self.sign(credentials, action, &body, now);
        let read = |response: &HttpResponse| match parse(response) {
            Err(error) if repeat == Repeat::OnlyIfNotDone && !is_documented(&error) => Err(Error {
                provider_error: error.provider_error,
                ..not_an_answer(
                    NAME,
                    response.status().as_u16(),
                    "a code that is no documented error",
                )
            }),
            answer => answer.and_then(&accept),
        };
        self.connection.call(action, repeat, sign, read).await
    }

    /// One call of `DescribeDeviceCertificates`.
    async fn list(&self, parameters: &DescribeDeviceCertificates<'_>) -> Result<Rows, Error> {
        let accept = |answer: List| {
            let (total, items) = match (answer.total_count, answer.data) {
                (Some(total), Some(items)) => (total, items),
                (Some(0), None) => (0, Vec::new()),
                _ => {
                    return Err(not_an_answer(
                        NAME,
                        200,
                        "Response has no TotalCount or no Data",
                    ));
                }
            };
            if items.is_empty() && parameters.offset < total {
                return Err(not_an_answer(
                    NAME,
                    200,
                    "a page is empty although more certificates match",
                ));
            }
            let end = parameters
                .offset
                .saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
            Ok(Rows {
                items,
                total,
                end,
                request_id: non_empty(answer.request_id),
            })
        };
        Ok(self
            .call(
                Action::DescribeDeviceCertificates,
                Repeat::Always,
                parameters,
                accept,
            )
            .await?)
    }

    /// The certificate with exactly this text. `None`: the provider does not know it.
    async fn get(&self, serial_number: &str) -> Result<Option<FoundCertificate>, Error> {
        let parameters = OneDeviceCertificate {
            instance_id: self.instance(),
            device_certificate_sn: serial_number,
        };
        let now = self.connection.context.now;
        let accept = |answer: One| {
            let request_id = non_empty(answer.request_id);
            let item = answer
                .item
                .ok_or_else(|| not_an_answer(NAME, 200, "it has no certificate"))?;
            let is_same = SerialNumber::parse(serial_number)
                .is_ok_and(|number| SerialNumber::parse(&item.device_certificate_sn) == Ok(number));
            // A text that the vendor echoes need not be a number.
            if !is_same && item.device_certificate_sn != serial_number {
                return Err(not_an_answer(
                    NAME,
                    200,
                    "it holds another certificate than the one that was requested",
                ));
            }
            // The vendor's writes expect the vendor's own text.
            let key = item.device_certificate_sn.clone();
            Ok(FoundCertificate {
                key,
                ca_key: None,
                certificate: ProviderRecord::from(item).into_certificate(now, false),
                request_id,
            })
        };
        Ok(absent_when_not_found(
            self.call(
                Action::DescribeDeviceCertificate,
                Repeat::Always,
                &parameters,
                accept,
            )
            .await,
        )?)
    }

    /// The certificate that the vendor spells exactly so.
    async fn get_by_text(&self, text: &ProviderText) -> Result<Option<FoundCertificate>, Error> {
        let found = self.get(text.as_str()).await?;
        Ok(found.filter(|found| found.key == text.as_str()))
    }

    fn sign(
        &self,
        credentials: &Credentials,
        action: Action,
        body: &[u8],
        now: Timestamp,
    ) -> Result<HttpRequest, Error> {
        let endpoint = &self.connection.endpoint;
        let call = tc3::Call {
            service: SERVICE,
            version: VERSION,
            action: action.as_str(),
            region: self.scope.region.as_str(),
            host: endpoint.host(),
            body,
            timestamp: now.epoch_seconds(),
        };
        let headers = call.signed_headers(
            &credentials.id,
            &credentials.secret,
            credentials.token.as_ref(),
        )?;
        http_request(Method::POST, &endpoint.url(""), headers, body.to_vec())
    }
}

fn check_name(reference: &CertificateReference) -> Result<(), Error> {
    if reference.provider_serial_number.is_some() {
        return Ok(());
    }
    serial_number(reference).map(drop)
}

/// The vendor finds a certificate by its serial number.
fn serial_number(reference: &CertificateReference) -> Result<&SerialNumber, Error> {
    reference.serial_number.as_ref().ok_or_else(|| {
        Error::invalid(
            "serial_number",
            "tencent-mqtt finds a certificate by its serial number: serial_number or provider_serial_number is required",
        )
    })
}

/// A certificate that the provider does not know is a result; an unknown instance is an error. The
/// code for an unknown serial number is documented for one action only: every code for something
/// that was not found counts, except the instance's.
fn absent_when_not_found<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) => {
            let code = failure
                .error
                .provider_error
                .as_ref()
                .map_or("", |error| error.code.as_str());
            let is_absent =
                code.starts_with(codes::NOT_FOUND) && !code.starts_with(codes::INSTANCE_NOT_FOUND);
            if is_absent { Ok(None) } else { Err(failure) }
        }
    }
}

/// Errors have the HTTP status of a success. An undocumented code does not show that a write had no
/// effect.
fn is_documented(error: &Error) -> bool {
    error
        .provider_error
        .as_ref()
        .is_none_or(|error| is_known(&error.code, &[codes::CODES]))
}

/// Reads an answer. An error in it decides before the HTTP status: failures have status 200.
fn parse<T: Response + DeserializeOwned>(response: &HttpResponse) -> Result<T, Error> {
    let status = response.status().as_u16();
    let Object(envelope): Object<Envelope<T>> =
        serde_json::from_slice(response.body()).map_err(|error| {
            not_an_answer(
                NAME,
                status,
                &format!("{:?} error at column {}", error.classify(), error.column()),
            )
        })?;
    let Some(answer) = envelope.response else {
        return Err(not_an_answer(NAME, status, "it has no Response"));
    };
    match answer.error() {
        Some(error) => {
            let refusal = Refusal {
                provider: NAME,
                code: &error.code,
                message: error.message.as_deref(),
                request_id: answer.request_id(),
                status,
            };
            Err(explain(&refusal, &[codes::CODES]))
        }
        None if status == 200 => Ok(answer),
        None => Err(not_an_answer(NAME, status, "a result comes with HTTP 200")),
    }
}

#[cfg(test)]
mod tests;
