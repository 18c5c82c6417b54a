//! Four vendors in one network, each with its certificates, for the real code of the providers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::signing::sha256_hex;
use crate::testing::network::{Answer, Network, answer, header, ok, parameter, path_and_query};
use crate::transport::HttpRequest;

/// One vendor's record of one certificate.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) provider: ProviderName,
    /// Instance, like `mqtt-1`; empty for a provider without instances.
    pub(crate) instance: &'static str,
    pub(crate) serial: String,
    pub(crate) ca: &'static str,
    /// Status in the vendor's spelling.
    pub(crate) status: &'static str,
    /// Time of creation in epoch seconds; 0 when it is unknown.
    pub(crate) created: i64,
    /// End of validity in epoch seconds, where the vendor knows it.
    pub(crate) not_after: Option<i64>,
    pub(crate) pem: Option<&'static str>,
    /// Client id, where the vendor states one; empty when it states that there is none.
    pub(crate) client_id: Option<&'static str>,
}

impl Device {
    pub(crate) fn new(
        provider: ProviderName,
        instance: &'static str,
        serial: impl Into<String>,
        created: i64,
    ) -> Self {
        let (status, _) = statuses(provider);
        Self {
            provider,
            instance,
            serial: serial.into(),
            ca: "0b",
            status,
            created,
            not_after: (provider == AlibabaMqtt).then_some(2_051_222_400),
            pem: None,
            client_id: None,
        }
    }

    /// Whether the vendor accepts the certificate.
    pub(crate) fn is_in_use(&self) -> bool {
        self.status == statuses(self.provider).0
    }

    /// Takes the certificate out of use.
    pub(crate) fn take_out_of_use(&mut self) {
        (_, self.status) = statuses(self.provider);
    }

    /// AWS's id of the certificate: a fingerprint.
    pub(crate) fn id(&self) -> String {
        match self.pem {
            Some(_) => include_str!("../model/x509/device.sha256")
                .trim()
                .to_owned(),
            None => sha256_hex(self.serial.as_bytes()),
        }
    }
}

/// The vendor's spellings for a certificate in use and for one that is not.
fn statuses(provider: ProviderName) -> (&'static str, &'static str) {
    match provider {
        TencentMqtt | AwsIot => ("ACTIVE", "INACTIVE"),
        AlibabaMqtt => ("1", "0"),
        AlibabaPca => ("good", "revoked"),
    }
}

/// The failure that a vendor answers in place of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    /// The vendor throttles.
    Busy,
    /// The vendor refuses the credentials.
    Refusing,
}

#[derive(Clone, Default)]
pub(crate) struct Clouds {
    pub(crate) devices: Rc<RefCell<Vec<Device>>>,
    pub(crate) troubles: Rc<RefCell<HashMap<ProviderName, Trouble>>>,
}

impl Clouds {
    pub(crate) fn of(devices: impl IntoIterator<Item = Device>) -> Self {
        Self {
            devices: Rc::new(RefCell::new(devices.into_iter().collect())),
            ..Self::default()
        }
    }

    pub(crate) fn with(self, provider: ProviderName, trouble: Trouble) -> Self {
        self.troubles.borrow_mut().insert(provider, trouble);
        self
    }

    pub(crate) fn network(&self) -> Network {
        let clouds = self.clone();
        Network::new(move |request| clouds.answer(request))
    }

    pub(crate) fn answer(&self, request: &HttpRequest) -> Answer {
        let provider = provider_of(request);
        match self.troubles.borrow().get(&provider) {
            Some(trouble) => trouble.answer(provider),
            None => match provider {
                TencentMqtt => self.tencent(request),
                AlibabaMqtt => self.alibaba(request),
                AlibabaPca => self.authority(request),
                AwsIot => self.aws(request),
            },
        }
    }

    /// Takes the certificates with this name out of use. Returns whether there is one.
    fn take_out_of_use(&self, is_named: impl Fn(&Device) -> bool) -> bool {
        let mut devices = self.devices.borrow_mut();
        let named = devices.iter_mut().filter(|device| is_named(device));
        named.map(Device::take_out_of_use).count() > 0
    }

    /// The certificates of one provider and instance, newest first.
    fn fleet(&self, provider: ProviderName, instance: &str) -> Vec<Device> {
        let devices = self.devices.borrow();
        let mut fleet: Vec<Device> = devices
            .iter()
            .filter(|device| device.provider == provider && device.instance == instance)
            .cloned()
            .collect();
        fleet.sort_by_key(|device| std::cmp::Reverse(device.created));
        fleet
    }

    fn tencent(&self, request: &HttpRequest) -> Answer {
        let query: Value = serde_json::from_slice(request.body()).unwrap();
        let mut fleet = self.fleet(TencentMqtt, query["InstanceId"].as_str().unwrap());
        let item = |device: &Device| {
            json!({
                "DeviceCertificateSn": device.serial, "CaSn": device.ca, "Status": device.status, "CreatedTime": device.created * 1000,
                "NotAfterTime": device.not_after.map(|end| end * 1000), "DeviceCertificate": device.pem,
                "ClientId": device.client_id
            })
        };
        match header(request, "x-tc-action").unwrap() {
            "DescribeDeviceCertificates" => {}
            "DescribeDeviceCertificate" => {
                let serial = query["DeviceCertificateSn"].as_str().unwrap();
                let response = match fleet.iter().find(|device| device.serial == serial) {
                    Some(device) => item(device),
                    None => json!({"Error": {"Code": "ResourceNotFound.Certificate"}}),
                };
                return ok(&json!({"Response": response}));
            }
            "DeactivateDeviceCertificate" => {
                let (instance, serial) = (&query["InstanceId"], &query["DeviceCertificateSn"]);
                assert!(self.take_out_of_use(
                    |device| device.instance == instance && device.serial == *serial
                ));
                return ok(&json!({"Response": {"RequestId": "tencent-id"}}));
            }
            "DescribeInstance" => {
                return ok(&json!({"Response": {"X509Mode": "mTLS", "RequestId": "tencent-id"}}));
            }
            other => panic!("action {other}"),
        }
        if query["OrderBy"].as_str().unwrap().ends_with("_ASC") {
            fleet.reverse();
        }
        for filter in query["Filters"].as_array().into_iter().flatten() {
            let values = filter["Values"].as_array().unwrap();
            fleet.retain(|device| match filter["Name"].as_str().unwrap() {
                "DeviceCertificateSn" => values.contains(&json!(device.serial)),
                "Status" => values.contains(&json!(device.status)),
                "ClientId" => device
                    .client_id
                    .is_some_and(|client_id| values.contains(&json!(client_id))),
                "CaSn" => values.contains(&json!(device.ca)),
                other => panic!("filter {other}"),
            });
        }
        let (offset, limit) = (number(&query["Offset"]), number(&query["Limit"]));
        let items: Vec<Value> = fleet.iter().skip(offset).take(limit).map(item).collect();
        ok(
            &json!({"Response": {"TotalCount": fleet.len(), "Data": items, "RequestId": "tencent-id"}}),
        )
    }

    fn alibaba(&self, request: &HttpRequest) -> Answer {
        let query = |name| parameter(request, name).unwrap();
        let fleet = self.fleet(AlibabaMqtt, &query("MqttInstanceId"));
        let row = |device: &Device| {
            json!({
                "DeviceSn": device.serial, "CaSn": device.ca, "Status": device.status, "ValidBegin": "1735689600000",
                "ValidEnd": device.not_after.map(|end| (end * 1000).to_string()), "DeviceContent": device.pem
            })
        };
        match header(request, "x-acs-action").unwrap() {
            action @ ("ListDeviceCertificate" | "ListDeviceCertificateByCaSn") => {
                let fleet: Vec<Device> = fleet
                    .into_iter()
                    .filter(|device| {
                        action == "ListDeviceCertificate" || device.ca == query("CaSn")
                    })
                    .collect();
                let (page, size): (usize, usize) = (
                    query("PageNo").parse().unwrap(),
                    query("PageSize").parse().unwrap(),
                );
                let rows: Vec<Value> = fleet
                    .iter()
                    .skip((page - 1) * size)
                    .take(size)
                    .map(row)
                    .collect();
                let total = fleet.len().div_ceil(size);
                ok(
                    &json!({"RequestId": "alibaba-id", "Data": {"DeviceCertificateVOS": rows, "Total": total}}),
                )
            }
            "GetDeviceCertificate" => {
                let device = fleet.iter().find(|device| {
                    device.serial == query("DeviceSn") && device.ca == query("CaSn")
                });
                match device {
                    Some(device) => ok(&json!({"RequestId": "alibaba-id", "Data": row(device)})),
                    None => answer(
                        500,
                        json!({"RequestId": "alibaba-id", "Code": "FindDeviceBySnError"})
                            .to_string(),
                    ),
                }
            }
            "InactivateDeviceCertificate" => {
                let (instance, serial) = (query("MqttInstanceId"), query("DeviceSn"));
                assert!(self.take_out_of_use(
                    |device| device.instance == instance && device.serial == serial
                ));
                ok(&json!({"RequestId": "alibaba-id"}))
            }
            other => panic!("action {other}"),
        }
    }

    fn authority(&self, request: &HttpRequest) -> Answer {
        let query = |name| parameter(request, name).unwrap();
        let fleet = self.fleet(AlibabaPca, "");
        match header(request, "x-acs-action").unwrap() {
            "ListClientCertificate" => {
                let (page, size): (usize, usize) = (
                    query("CurrentPage").parse().unwrap(),
                    query("ShowSize").parse().unwrap(),
                );
                let spelling = |device: &Device| {
                    if device.status == "good" {
                        "ISSUE"
                    } else {
                        "REVOKE"
                    }
                };
                let row = |device: &Device| json!({"SerialNumber": device.serial, "Status": spelling(device), "CommonName": "a", "AfterDate": device.not_after});
                let rows: Vec<Value> = fleet
                    .iter()
                    .skip((page - 1) * size)
                    .take(size)
                    .map(row)
                    .collect();
                ok(
                    &json!({"RequestId": "pca-id", "CertificateList": rows, "ShowSize": size, "TotalCount": fleet.len()}),
                )
            }
            "DescribeClientCertificateStatusForSerialNumber" => {
                let texts = query("SerialNumber");
                let known = texts
                    .split(',')
                    .filter_map(|text| fleet.iter().find(|device| device.serial == text));
                let row = |device: &Device| json!({"SerialNumber": device.serial, "Status": device.status, "RevokeTime": 1_630_454_400});
                ok(
                    &json!({"RequestId": "pca-id", "CertificateStatus": known.map(row).collect::<Vec<_>>()}),
                )
            }
            other => panic!("action {other}"),
        }
    }

    /// Answers three ids a page, whatever the page size; the marker is the number of ids before it.
    fn aws(&self, request: &HttpRequest) -> Answer {
        const PAGE_SIZE: usize = 3;
        let mut fleet = self.fleet(AwsIot, "");
        let path = path_and_query(request);
        if path.starts_with("/certificates?") {
            if parameter(request, "isAscendingOrder").as_deref() == Some("true") {
                fleet.reverse();
            }
            let size = PAGE_SIZE.min(parameter(request, "pageSize").unwrap().parse().unwrap());
            let begin: usize =
                parameter(request, "marker").map_or(0, |marker| marker.parse().unwrap());
            let end = begin + size;
            let created = |device: &Device| Some(device.created).filter(|created| *created > 0);
            let row = |device: &Device| json!({"certificateId": device.id(), "status": device.status, "creationDate": created(device)});
            let rows: Vec<Value> = fleet.iter().skip(begin).take(size).map(row).collect();
            let next = (end < fleet.len()).then(|| end.to_string());
            return ok(&json!({"certificates": rows, "nextMarker": next}));
        }
        // No device has a thing.
        let id = path.strip_prefix("/certificates/");
        match fleet.iter().find(|device| Some(device.id().as_str()) == id) {
            Some(device) => {
                let created = Some(device.created).filter(|created| *created > 0);
                ok(&json!({"certificateDescription": {
                    "certificateId": id, "status": device.status, "creationDate": created, "certificatePem": device.pem,
                    "validity": {"notAfter": device.not_after}
                }}))
            }
            None => answer(
                404,
                json!({"__type": "ResourceNotFoundException"}).to_string(),
            ),
        }
    }
}

impl Trouble {
    fn answer(self, provider: ProviderName) -> Answer {
        let code = match (self, provider) {
            (Self::Busy, TencentMqtt) => "RequestLimitExceeded",
            (Self::Busy, AlibabaMqtt | AlibabaPca) => "Throttling.User",
            (Self::Busy, AwsIot) => "ThrottlingException",
            (Self::Refusing, TencentMqtt) => "AuthFailure.SecretIdNotFound",
            (Self::Refusing, AlibabaMqtt | AlibabaPca) => "InvalidAccessKeyId.NotFound",
            (Self::Refusing, AwsIot) => "UnrecognizedClientException",
        };
        match provider {
            TencentMqtt => {
                ok(&json!({"Response": {"Error": {"Code": code}, "RequestId": "tencent-id"}}))
            }
            AlibabaMqtt | AlibabaPca => answer(400, json!({"Code": code}).to_string()),
            AwsIot => answer(400, json!({"__type": code}).to_string()),
        }
    }
}

/// The provider that the request goes to.
pub(crate) fn provider_of(request: &HttpRequest) -> ProviderName {
    match request.uri().host().unwrap() {
        "mqtt.tencentcloudapi.com" => TencentMqtt,
        "onsmqtt.cn-hangzhou.aliyuncs.com" => AlibabaMqtt,
        "cas.aliyuncs.com" => AlibabaPca,
        "iot.eu-west-1.amazonaws.com" => AwsIot,
        other => panic!("host {other}"),
    }
}

/// A source as a request names it.
pub(crate) fn source(provider: ProviderName, instance: &str) -> Value {
    match provider {
        TencentMqtt => {
            json!({"provider": provider, "region": "ap-guangzhou", "instance_id": instance})
        }
        AlibabaMqtt => {
            json!({"provider": provider, "region": "cn-hangzhou", "instance_id": instance})
        }
        AlibabaPca => json!({"provider": provider, "region": "cn-hangzhou"}),
        AwsIot => json!({"provider": provider, "region": "eu-west-1"}),
    }
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}
