//! AWS IoT Core, API version 2015-05-28: the control plane, which keeps certificates and things, and
//! the data plane, to which devices are connected. The id of a certificate is the SHA-256 of its DER
//! form.

mod change;
mod codes;
mod list;
mod sessions;
mod status;
mod things;
mod wire;

pub(super) use self::list::CAPABILITIES as LIST_CAPABILITIES;

use http::Method;

use super::{
    CallContext, ConfirmedWrite, Connection, FoundCertificate, ProviderHosts, Purpose, Scope,
    absent_when, connect,
};
use crate::config::IOT_DATA_PLANE;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::model::{Action, Fingerprint, ProviderName, Region, Source, Timestamp};
use crate::object::Members;
use crate::request::CertificateReference;
use crate::signing::sigv4;
use crate::transport::{Endpoint, Failure, HttpResponse, Repeat, http_request};
use crate::vendor::aws;
use crate::vendor::codes::{Refusal, explain, is_known, unexpected_answer};

const NAME: ProviderName = ProviderName::AwsIot;
/// The regions of the SDK's endpoint table.
const REGIONS: &[&str] = &[
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-5",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];
const REGIONS_OF_CHINA: &[&str] = &["cn-north-1", "cn-northwest-1"];

fn host(region: &Region) -> Option<String> {
    let is_in = |regions: &[&str]| regions.contains(&region.as_str());
    match region {
        region if is_in(REGIONS) => Some(format!("iot.{region}.amazonaws.com")),
        region if is_in(REGIONS_OF_CHINA) => Some(format!("iot.{region}.amazonaws.com.cn")),
        _ => None,
    }
}

/// The default host of the data plane, by the rules of the SDK.
fn data_plane_host(region: &Region) -> Option<String> {
    match host(region)?.strip_prefix("iot.")? {
        "cn-north-1.amazonaws.com.cn" => {
            Some("data.ats.iot.cn-north-1.amazonaws.com.cn".to_owned())
        }
        region_and_suffix => Some(format!("data-ats.iot.{region_and_suffix}")),
    }
}

pub(super) const HOSTS: ProviderHosts = ProviderHosts {
    host,
    central_host: None,
};

/// The API that an action belongs to. The two have hosts of their own, the same credentials, and
/// the same form of answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plane {
    Control,
    Data,
}

impl Plane {
    const fn of(action: Action) -> Self {
        match action {
            Action::GetConnection | Action::DeleteConnection => Self::Data,
            _ => Self::Control,
        }
    }

    /// The name in the credential scope. The developer guide signs calls to the data plane as
    /// `iotdevicegateway`, the service model and the SDKs as `iotdata`.
    const fn signing_name(self) -> &'static str {
        match self {
            Self::Control => "iot",
            Self::Data => "iotdata",
        }
    }
}

/// The APIs of one region.
pub(super) struct AwsIot<'a> {
    scope: Scope,
    /// Its endpoint is that of the control plane.
    connection: Connection<'a>,
}

impl<'a> AwsIot<'a> {
    pub(super) fn new(context: &'a CallContext<'a>, source: Source) -> Result<Self, Error> {
        let (scope, connection) = connect(context, source, &HOSTS)?;
        Ok(Self { scope, connection })
    }

    /// Makes one call; `accept` reads the answer, which is no refusal.
    async fn call<R>(
        &self,
        action: Action,
        path_and_query: &str,
        accept: impl Fn(&HttpResponse) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        self.call_with(action, path_and_query, &[], accept).await
    }

    /// Makes one call with headers of its own.
    async fn call_with<R>(
        &self,
        action: Action,
        path_and_query: &str,
        headers: &[(&'static str, &str)],
        accept: impl Fn(&HttpResponse) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        let (method, repeat) = match action {
            Action::UpdateCertificate => (Method::PUT, Repeat::OnlyIfNotDone),
            Action::DeleteConnection => (Method::DELETE, Repeat::OnlyIfNotDone),
            _ => (Method::GET, Repeat::Always),
        };
        let plane = Plane::of(action);
        let url = self.url(plane, path_and_query).map_err(Failure::not_made)?;
        let sign = |credentials: &Credentials, now: Timestamp, _nonce| {
            let request = sigv4::Request {
                method: method.as_str(),
                url: &url,
                region: self.scope.region.as_str(),
                service: plane.signing_name(),
                timestamp: now.epoch_seconds(),
                headers,
                body: &[],
            };
            let Credentials { id, secret, token } = credentials;
            let signed = request.signed_headers(id, secret, token.as_ref())?;
            http_request(method.clone(), &url, signed, Vec::new())
        };
        let read =
            |response: &HttpResponse| refusal(response).map_or_else(|| accept(response), Err);
        self.connection.call(action, repeat, sign, read).await
    }

    fn url(&self, plane: Plane, path_and_query: &str) -> Result<String, Error> {
        let Connection {
            endpoint, context, ..
        } = &self.connection;
        let region = &self.scope.region;
        match (plane, &context.config.iot_data_plane) {
            (Plane::Control, _) => Ok(endpoint.at(path_and_query)),
            (Plane::Data, Some(endpoint)) => Ok(endpoint.at(path_and_query)),
            (Plane::Data, None) => data_plane_host(region)
                .map(|host| Endpoint::https(&host).at(path_and_query))
                .ok_or_else(|| {
                    let detail = format!(
                        "this version does not know the data plane of aws-iot in {region}; set {IOT_DATA_PLANE} to the account's own host"
                    );
                    Error::invalid("region", detail)
                }),
        }
    }

    /// The certificate with this id. `None`: the provider does not know it.
    async fn get(
        &self,
        id: &Fingerprint,
        purpose: Purpose,
        include_pem: bool,
    ) -> Result<Option<FoundCertificate>, Error> {
        let now = self.connection.context.now;
        let accept = |response: &HttpResponse| {
            let record = read(response, |answer| {
                answer
                    .object("certificateDescription")
                    .map(|members| wire::description(&members))
                    .ok_or("it has no certificateDescription")
            })?;
            if record.fingerprint_sha256.as_ref() != Some(id) {
                return Err(unexpected_answer(
                    NAME,
                    200,
                    "it holds another certificate than the one that was requested",
                ));
            }
            if purpose == Purpose::Change && record.provider_status.is_none() {
                return Err(unexpected_answer(NAME, 200, "it has no status"));
            }
            let certificate = record.into_certificate(now, include_pem);
            Ok(FoundCertificate {
                key: id.as_str().to_owned(),
                ca_key: None,
                certificate,
                request_id: aws::request_id(response),
            })
        };
        let answer = self
            .call(
                Action::DescribeCertificate,
                &format!("/certificates/{id}"),
                accept,
            )
            .await;
        Ok(absent_when_not_found(answer)?)
    }
}

/// A certificate is found by its id.
fn fingerprint(reference: &CertificateReference) -> Result<&Fingerprint, Error> {
    reference.fingerprint_sha256.as_ref().ok_or_else(|| {
        let detail = "aws-iot finds a certificate by its id, its SHA-256 fingerprint: fingerprint_sha256 is required; describe with \
                      filter.serial_numbers lists it";
        Error::invalid("fingerprint_sha256", detail)
    })
}

/// A certificate that the provider does not know is a result, not an error.
fn absent_when_not_found<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    absent_when(answer, |code| code == codes::NOT_FOUND)
}

/// A write whose success is an empty answer. After any other answer a read has to show the effect.
fn confirmed(response: &HttpResponse) -> Result<ConfirmedWrite, Error> {
    match response.body().trim_ascii() {
        b"" | b"{}" => Ok(ConfirmedWrite {
            request_id: aws::request_id(response),
        }),
        _ => Err(unexpected_answer(
            NAME,
            200,
            "the answer to a change is not empty",
        )),
    }
}

/// Reads a result in JSON. Damaged bytes cost only the member that they stand in.
fn read<T>(
    response: &HttpResponse,
    members: impl Fn(&Members<'_>) -> Result<T, &'static str>,
) -> Result<T, Error> {
    let body = String::from_utf8_lossy(response.body());
    Members::parse(&body)
        .ok_or("it is no JSON object")
        .and_then(|answer| members(&answer))
        .map_err(|problem| unexpected_answer(NAME, 200, problem))
}

/// The refusal that an answer holds. Its type decides before the HTTP status: AWS throttles with
/// HTTP 400.
fn refusal(response: &HttpResponse) -> Option<Error> {
    let status = response.status().as_u16();
    let Some(aws::Failure { code, message }) = aws::failure(response) else {
        return (status != 200).then(|| unexpected_answer(NAME, status, "an error without a type"));
    };
    // An undocumented type beside an HTTP status of success is neither a result nor a refusal:
    // after a write, a read has to show the effect.
    if status < 400 && !is_known(&code, &[codes::CODES]) {
        return Some(unexpected_answer(
            NAME,
            status,
            "a type that is no documented error",
        ));
    }
    let refusal = Refusal {
        provider: NAME,
        code: &code,
        message: message.as_deref(),
        request_id: aws::request_id(response),
        status,
    };
    Some(explain(&refusal, &[codes::CODES]))
}

#[cfg(test)]
mod tests;
