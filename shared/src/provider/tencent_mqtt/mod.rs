//! Tencent Cloud MQTT, API version 2024-05-16.

mod alternatives;
mod change;
mod codes;
mod filter;
mod group;
mod instance;
mod list;
mod sessions;
mod status;
mod wire;

pub(super) use self::list::CAPABILITIES as LIST_CAPABILITIES;

use std::sync::Arc;

use http::Method;
use serde::Serialize;
use tokio::sync::OnceCell;

use self::wire::{Data, DescribeDeviceCertificates, Item, List, OneDeviceCertificate, Outcome};
use super::{
    CallContext, Connection, FoundCertificate, ListLength, ProviderHosts, Purpose, Scope,
    absent_when, connect,
};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::{
    Action, ProviderName, ProviderText, RequestId, SerialNumber, Source, Timestamp,
    is_same_serial_number,
};
use crate::object::Members;
use crate::request::CertificateReference;
use crate::signing::tc3;
use crate::transport::{Failure, HttpRequest, HttpResponse, Repeat, http_request};
use crate::vendor::codes::{Refusal, explain, is_known, unexpected_answer};
use crate::vendor::request_id;

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
struct ListPage {
    items: Vec<Item>,
    /// How many certificates match.
    length: ListLength,
    /// The offset at which the list continues.
    next: Option<u64>,
    request_id: Option<RequestId>,
}

pub(super) const HOSTS: ProviderHosts = ProviderHosts {
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
        let (scope, connection) = connect(context, source, &HOSTS)?;
        Ok(Self {
            scope,
            connection,
            takes_alternatives: OnceCell::new(),
        })
    }

    /// Makes one call; `accept` checks whether the answer fits the request.
    async fn call<R>(
        &self,
        action: Action,
        repeat: Repeat,
        parameters: &impl Serialize,
        accept: impl Fn(&Members<'_>) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        let body = serde_json::to_vec(parameters).map_err(|error| {
            let unwritten = Error::new(ErrorCode::Internal, "the call cannot be written");
            Failure::not_made(unwritten.caused_by(Arc::new(error)))
        })?;
        let sign =
            |credentials: &Credentials, now, _nonce| self.sign(credentials, action, &body, now);
        let read = |response: &HttpResponse| {
            let status = response.status().as_u16();
            // Damaged bytes cost only the member that they stand in.
            let body = String::from_utf8_lossy(response.body());
            match result(&body, status) {
                Err(error) if repeat == Repeat::OnlyIfNotDone && !is_documented(&error) => {
                    Err(Error {
                        provider_error: error.provider_error,
                        ..unexpected_answer(NAME, status, "a code that is no documented error")
                    })
                }
                answer => answer.and_then(|answer| accept(&answer)),
            }
        };
        self.connection.call(action, repeat, sign, read).await
    }

    /// One call of `DescribeDeviceCertificates`.
    async fn list(&self, parameters: &DescribeDeviceCertificates<'_>) -> Result<ListPage, Error> {
        let offset = parameters.offset;
        let accept = |answer: &Members<'_>| {
            let List { total_count, data } = List::read(answer);
            let items = match data {
                Data::Rows(items) => items,
                Data::LeftOut if total_count.is_some_and(|total| total <= offset) => Vec::new(),
                Data::LeftOut | Data::Unreadable => {
                    return Err(unexpected_answer(
                        NAME,
                        200,
                        "Response has no readable Data, or more than 1000 rows",
                    ));
                }
            };
            if items.is_empty() && offset == 0 && total_count.is_some_and(|total| total > 0) {
                return Err(unexpected_answer(
                    NAME,
                    200,
                    "the first page is empty although certificates match",
                ));
            }
            let end = offset.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
            let length = match total_count {
                None => ListLength::Unknown,
                Some(total) if end > total || (items.is_empty() && end < total) => {
                    ListLength::Contradicted
                }
                Some(total) => ListLength::Known(total),
            };
            // Without a total that holds, an empty page is the end.
            let has_next = match length {
                ListLength::Known(total) => end < total,
                _ => !items.is_empty(),
            };
            Ok(ListPage {
                items,
                length,
                next: has_next.then_some(end),
                request_id: request_id(answer),
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
    async fn get(
        &self,
        serial_number: &str,
        purpose: Purpose,
    ) -> Result<Option<FoundCertificate>, Error> {
        let parameters = OneDeviceCertificate {
            instance_id: self.scope.instance(),
            device_certificate_sn: serial_number,
        };
        let now = self.connection.context.now;
        let accept = |answer: &Members<'_>| {
            let record = wire::record(answer);
            // The vendor's writes expect the vendor's own text.
            let key = record
                .serial_number
                .clone()
                .ok_or_else(|| unexpected_answer(NAME, 200, "it has no DeviceCertificateSn"))?;
            if !is_same_serial_number(&key, serial_number) {
                return Err(unexpected_answer(
                    NAME,
                    200,
                    "it holds another certificate than the one that was requested",
                ));
            }
            if purpose == Purpose::Change && record.provider_status.is_none() {
                return Err(unexpected_answer(NAME, 200, "it has no Status"));
            }
            Ok(FoundCertificate {
                key,
                ca_key: None,
                certificate: record.into_certificate(now, false),
                request_id: request_id(answer),
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
    async fn get_by_text(
        &self,
        text: &ProviderText,
        purpose: Purpose,
    ) -> Result<Option<FoundCertificate>, Error> {
        let found = self.get(text.as_str(), purpose).await?;
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
    absent_when(answer, |code| {
        code.starts_with(codes::NOT_FOUND) && !code.starts_with(codes::INSTANCE_NOT_FOUND)
    })
}

/// Errors have the HTTP status of a success. An undocumented code does not show that a write had no
/// effect.
fn is_documented(error: &Error) -> bool {
    error
        .provider_code()
        .is_none_or(|code| is_known(code, &[codes::CODES]))
}

/// The result in an answer. An error in it decides before the HTTP status: failures have status
/// 200.
fn result(body: &str, status: u16) -> Result<Members<'_>, Error> {
    let Some(answer) = wire::response(body) else {
        return Err(unexpected_answer(NAME, status, "it has no Response"));
    };
    match wire::outcome(&answer) {
        Outcome::Failure(error) => {
            let refusal = Refusal {
                provider: NAME,
                code: &error.code,
                message: error.message.as_deref(),
                request_id: request_id(&answer),
                status,
            };
            Err(explain(&refusal, &[codes::CODES]))
        }
        Outcome::Unreadable => Err(unexpected_answer(
            NAME,
            status,
            "it has an Error without a readable Code",
        )),
        Outcome::Success if status == 200 => Ok(answer),
        Outcome::Success => Err(unexpected_answer(
            NAME,
            status,
            "a result comes with HTTP 200",
        )),
    }
}

#[cfg(test)]
mod tests;
