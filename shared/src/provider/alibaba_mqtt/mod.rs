//! Alibaba Cloud ApsaraMQ for MQTT (OnsMqtt), API version 2020-04-20.

mod by_text;
mod ca_list;
mod change;
mod codes;
mod find;
mod group;
mod list;
mod reading;
mod sessions;
mod spelling;
mod status;
mod wire;

pub(super) use self::list::CAPABILITIES as LIST_CAPABILITIES;

use self::ca_list::Pages;
use self::wire::DeviceCertificate;
use super::alibaba::{Api, Call};
use super::{
    CallContext, Connection, FoundCertificate, ProviderHosts, Purpose, Scope, absent_when, connect,
};
use crate::error::Error;
use crate::model::{
    Action, ProviderName, ProviderRecord, Region, RequestId, SerialNumber, Source,
    is_same_serial_number,
};
use crate::object::Members;
use crate::request::CertificateReference;
use crate::transport::{Failure, Repeat};
use crate::vendor::codes::unexpected_answer;
use crate::vendor::request_id;
use http::Method;

const API: Api = Api {
    provider: ProviderName::AlibabaMqtt,
    version: "2020-04-20",
    codes: codes::CODES,
};

/// The regions with public or VPC hosts in the vendor's metadata and on its page "Endpoints". All
/// hosts have one form.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "cn-beijing",
    "cn-chengdu",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-hangzhou-finance",
    "cn-heyuan-acdr-1",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "mq-internet-access",
    "us-east-1",
    "us-west-1",
];

fn host(region: &Region) -> Option<String> {
    let known = REGIONS.iter().find(|known| **known == region.as_str())?;
    Some(format!("onsmqtt.{known}.aliyuncs.com"))
}

pub(super) const HOSTS: ProviderHosts = ProviderHosts {
    host,
    central_host: None,
};

/// The API of one region.
pub(super) struct AlibabaMqtt<'a> {
    scope: Scope,
    connection: Connection<'a>,
    /// The first pages of CAs' lists.
    pages: Pages,
}

impl<'a> AlibabaMqtt<'a> {
    pub(super) fn new(context: &'a CallContext<'a>, source: Source) -> Result<Self, Error> {
        let (scope, connection) = connect(context, source, &HOSTS)?;
        Ok(Self {
            scope,
            connection,
            pages: Pages::default(),
        })
    }

    /// The vendor's own record of the certificate with exactly these texts. `None`: the provider
    /// does not know it.
    async fn own_record(
        &self,
        device_sn: &str,
        ca_sn: &str,
        purpose: Purpose,
    ) -> Result<Option<OwnRecord>, Error> {
        let call = Call {
            action: Action::GetDeviceCertificate,
            method: Method::GET,
            repeat: Repeat::Always,
            parameters: &[
                ("MqttInstanceId", self.scope.instance()),
                ("DeviceSn", device_sn),
                ("CaSn", ca_sn),
            ],
        };
        let accept = |answer: &Members<'_>| {
            let problem = |problem| Err(unexpected_answer(API.provider, 200, problem));
            let Some(data) = answer.object("Data") else {
                return problem("it has no Data");
            };
            let record = DeviceCertificate::read(&data);
            let is_requested = record.names().is_ok_and(|(device, ca)| {
                is_same_serial_number(device_sn, device) && is_same_serial_number(ca_sn, ca)
            });
            if !is_requested {
                return problem("it holds another certificate than the one that was requested");
            }
            if purpose == Purpose::Change && record.status.is_none() {
                return problem("it states no status that can be read");
            }
            Ok(OwnRecord {
                record,
                request_id: request_id(answer),
            })
        };
        Ok(absent_when_not_found(
            API.call(&self.connection, &call, accept).await,
        )?)
    }

    /// A row of a list, completed by the certificate's own record, whose members take precedence.
    /// `None`: the provider does not know the certificate any more.
    async fn completed(
        &self,
        row: &DeviceCertificate,
        (device_sn, ca_sn): (&str, &str),
        purpose: Purpose,
    ) -> Result<Option<OwnRecord>, Error> {
        let own = self.own_record(device_sn, ca_sn, purpose).await?;
        Ok(own.map(|own| OwnRecord {
            record: own.record.or(row.clone()),
            ..own
        }))
    }

    /// The certificate with exactly these texts. `None`: the provider does not know it.
    async fn get(
        &self,
        device_sn: &str,
        ca_sn: &str,
        purpose: Purpose,
    ) -> Result<Option<FoundCertificate>, Error> {
        let own = self.own_record(device_sn, ca_sn, purpose).await?;
        Ok(own.map(|own| self.found(device_sn, ca_sn, own)))
    }

    fn found(&self, device_sn: &str, ca_sn: &str, own: OwnRecord) -> FoundCertificate {
        let now = self.connection.context.now;
        FoundCertificate {
            key: device_sn.to_owned(),
            ca_key: Some(ca_sn.to_owned()),
            certificate: ProviderRecord::from(own.record).into_certificate(now, false),
            request_id: own.request_id,
        }
    }
}

/// A certificate's own record, and the provider's id of the call.
struct OwnRecord {
    record: DeviceCertificate,
    request_id: Option<RequestId>,
}

/// The vendor finds a certificate by its own serial number and its CA's.
fn check_names(reference: &CertificateReference) -> Result<(), Error> {
    let names = [
        (
            "serial_number",
            reference.serial_number.is_some() || reference.provider_serial_number.is_some(),
        ),
        (
            "ca_serial_number",
            reference.ca_serial_number.is_some() || reference.provider_ca_serial_number.is_some(),
        ),
    ];
    match names.iter().find(|(_, is_named)| !is_named) {
        Some((member, _)) => Err(missing(member)),
        None => Ok(()),
    }
}

fn missing(member: &str) -> Error {
    let detail = "alibaba-mqtt finds a certificate by its own serial number and its CA's: serial_number and ca_serial_number, or \
                  the provider's texts for them, are both required";
    Error::invalid(member, detail)
}

/// Both serial numbers of a reference that names no text of the vendor.
fn serial_numbers(
    reference: &CertificateReference,
) -> Result<(&SerialNumber, &SerialNumber), Error> {
    let serial_number = reference
        .serial_number
        .as_ref()
        .ok_or_else(|| missing("serial_number"))?;
    let ca_serial_number = reference
        .ca_serial_number
        .as_ref()
        .ok_or_else(|| missing("ca_serial_number"))?;
    Ok((serial_number, ca_serial_number))
}

/// A certificate that the provider does not know is a result; an unknown instance is an error.
fn absent_when_not_found<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    absent_when(answer, |code| {
        matches!(code, codes::DEVICE_NOT_FOUND | codes::CA_NOT_FOUND)
    })
}

#[cfg(test)]
mod tests;
