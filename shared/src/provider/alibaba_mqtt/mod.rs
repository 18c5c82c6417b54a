//! Alibaba Cloud ApsaraMQ for MQTT (OnsMqtt), API version 2020-04-20.

mod codes;
mod wire;

use std::cell::RefCell;
use std::collections::HashMap;

use self::wire::{GetDeviceCertificate, InactivateDeviceCertificate};
use super::alibaba::{Api, Call};
use super::codes::not_an_answer;
use super::{Connection, Facts, Found, Inactivate, Scope, Session, Spellings, Target, Written, connect, fact};
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region, SerialNumber};
use crate::request::CertificateReference;
use crate::transport::{Failure, LocalFuture, Method, Safety};

const API: Api = Api { provider: ProviderName::AlibabaMqtt, version: "2020-04-20", codes: codes::CODES };

/// The regions with public or VPC hosts in the vendor's metadata and on its page "Endpoints". Every host follows one rule.
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

/// The API of one region.
pub(super) struct AlibabaMqtt<'a> {
    scope: Scope,
    connection: Connection<'a>,
    /// The spellings of the CAs' serial numbers under which a certificate was found: most likely the others' as well.
    known_ca_spellings: RefCell<HashMap<SerialNumber, String>>,
}

impl<'a> AlibabaMqtt<'a> {
    pub(super) fn new(session: &'a Session<'a>, target: Target) -> Result<Self, Error> {
        let facts = Facts {
            cloud: &session.config.alibaba,
            variables: ("ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_REGION_ID"),
            endpoint: session.config.alibaba_mqtt_endpoint.as_ref(),
            hosts: host,
            central_host: None,
            has_instances: true,
        };
        let (scope, connection) = connect(session, target, &facts)?;
        Ok(Self { scope, connection, known_ca_spellings: RefCell::default() })
    }

    /// The state of the certificate with exactly these texts.
    async fn get(&self, device_sn: &str, ca_sn: &str) -> Result<Option<Found>, Error> {
        let call = Call {
            action: "GetDeviceCertificate",
            method: Method::Get,
            safety: Safety::Read,
            parameters: &[("MqttInstanceId", self.instance()), ("DeviceSn", device_sn), ("CaSn", ca_sn)],
        };
        let accept = |answer: GetDeviceCertificate| {
            let data = answer.data.ok_or_else(|| not_an_answer(API.provider, 200, "it has no Data"))?;
            if !same_number(device_sn, &data.device_sn) || !same_number(ca_sn, &data.ca_sn) {
                return Err(not_an_answer(API.provider, 200, "it speaks of another certificate than the one asked for"));
            }
            Ok(Found {
                serial_number: device_sn.to_owned(),
                ca_serial_number: ca_sn.to_owned(),
                status: data.lifecycle_status(),
                provider_serial_number: data.device_sn,
            })
        };
        Ok(absent_when_not_found(API.call(&self.connection, &call, accept).await)?)
    }

    fn instance(&self) -> &str {
        self.scope.instance_id.as_ref().map_or("", InstanceId::as_str)
    }
}

fn same_number(asked: &str, told: &str) -> bool {
    SerialNumber::parse(asked).is_ok_and(|asked| SerialNumber::parse(told).is_ok_and(|told| asked == told))
}

/// A certificate that the provider does not know is a result; an unknown instance remains an error.
fn absent_when_not_found<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) => {
            let code = failure.error.provider_error.as_ref().map(|error| error.code.as_str());
            match code {
                Some(codes::DEVICE_NOT_FOUND | codes::CA_NOT_FOUND) => Ok(None),
                _ => Err(failure),
            }
        }
    }
}

impl Inactivate for AlibabaMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        match reference.ca_serial_number {
            Some(_) => Ok(()),
            None => {
                Err(Error::invalid("ca_serial_number", "alibaba-mqtt finds a certificate by its own serial number and its CA's; name both"))
            }
        }
    }

    /// Base, case and zeros of the vendor's texts are not documented, so that each spelling of one serial number may go
    /// with each of the other. The spelling under which the CA was found for another certificate comes first.
    fn find<'a>(&'a self, reference: &'a CertificateReference, spellings: Spellings) -> LocalFuture<'a, Result<Option<Found>, Error>> {
        Box::pin(async move {
            let Some(ca) = &reference.ca_serial_number else { return Ok(None) };
            let (device_spellings, mut ca_spellings) = (reference.serial_number.spellings(), ca.spellings());
            let own = (device_spellings.first().cloned(), ca_spellings.first().cloned());
            let known = self.known_ca_spellings.borrow().get(ca).cloned();
            ca_spellings.sort_by_key(|text| Some(text) != known.as_ref());
            let pairs = ca_spellings.iter().flat_map(|ca_sn| device_spellings.iter().map(move |device_sn| (device_sn, ca_sn)));
            for (device_sn, ca_sn) in pairs {
                let is_own = (Some(device_sn), Some(ca_sn)) == (own.0.as_ref(), own.1.as_ref());
                if is_own != (spellings == Spellings::Own) {
                    continue;
                }
                let found = match self.get(device_sn, ca_sn).await {
                    // Another spelling may break the provider's rules; then the certificate is not known under it.
                    Err(error) if error.concerns_parameters && !is_own => None,
                    found => found?,
                };
                if let Some(found) = found {
                    self.known_ca_spellings.borrow_mut().insert(ca.clone(), ca_sn.clone());
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    fn read<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Found>, Error>> {
        Box::pin(self.get(&found.serial_number, &found.ca_serial_number))
    }

    fn inactivate<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Written>, Failure>> {
        Box::pin(async move {
            let call = Call {
                action: "InactivateDeviceCertificate",
                method: Method::Post,
                safety: Safety::Write,
                parameters: &[("MqttInstanceId", self.instance()), ("DeviceSn", &found.serial_number), ("CaSn", &found.ca_serial_number)],
            };
            // Success that speaks of another certificate is none. It is an odd answer, not a refusal: the order may have had
            // its effect, which a read will tell.
            let accept = |answer: InactivateDeviceCertificate| match same_number(&found.serial_number, &answer.device_sn) {
                true => Ok(Written { request_id: fact(Some(answer.request_id)) }),
                false => Err(not_an_answer(API.provider, 200, "it confirms the change of another certificate than the one asked for")),
            };
            absent_when_not_found(API.call(&self.connection, &call, accept).await)
        })
    }
}

#[cfg(test)]
mod tests;
