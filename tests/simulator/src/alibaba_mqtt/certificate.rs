//! The record of a certificate at Alibaba's MQTT, with the vendor's own member names and values.

use crate::fleet::Entry;
use crate::fleet::history::Holdings;
use crate::{Fleet, IssuedCertificate};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// An Alibaba MQTT instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlibabaInstance {
    /// Like `post-cn-7mz2d0000`.
    pub instance_id: String,
    /// Its device certificates.
    pub certificates: Vec<AlibabaMqttCertificate>,
}

/// A device certificate as Alibaba's MQTT describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlibabaMqttCertificate {
    /// Serial number in the vendor's own spelling, the only one that finds it.
    pub device_sn: String,
    /// Name of the device certificate.
    pub device_name: String,
    /// PEM text.
    pub device_content: String,
    /// Serial number of the CA certificate in the vendor's own spelling, the only one that finds
    /// it.
    pub ca_sn: String,
    /// `"1"` for active, `"0"` for not active.
    pub status: String,
    /// Start of validity, epoch milliseconds; the vendor writes it as text.
    #[serde(serialize_with = "as_text")]
    pub valid_begin: i64,
    /// End of validity, epoch milliseconds; the vendor writes it as text.
    #[serde(serialize_with = "as_text")]
    pub valid_end: i64,
}

impl Default for AlibabaMqttCertificate {
    /// The certificate of Alibaba's published example, with the masked digits of its serial numbers
    /// left off.
    fn default() -> Self {
        Self {
            device_sn: "356217374433".to_owned(),
            device_name: "mqtt_device".to_owned(),
            device_content: "-----BEGIN DEVICECERTIFICATE-----\\n-----END DEVICECERTIFICATE-----"
                .to_owned(),
            ca_sn: "007269004887".to_owned(),
            status: "1".to_owned(),
            valid_begin: 1_654_137_303_000,
            valid_end: 1_969_497_303_000,
        }
    }
}

impl AlibabaMqttCertificate {
    /// This certificate with its serial number, name, validity and PEM; the rest as in
    /// [`default`](Self::default).
    pub fn of(issued: &IssuedCertificate) -> Self {
        Self {
            device_sn: issued.serial.clone(),
            device_name: issued.common_name.clone(),
            device_content: issued.pem.clone(),
            valid_begin: issued.not_before_ms,
            valid_end: issued.not_after_ms,
            ..Self::default()
        }
    }
}

fn as_text<S: Serializer>(milliseconds: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&milliseconds.to_string())
}

impl Entry for AlibabaInstance {
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self> {
        &mut fleet.alibaba_mqtt
    }

    fn name(&self) -> &str {
        &self.instance_id
    }
}

/// The instances by their id.
pub(crate) type Instances = BTreeMap<String, AlibabaInstance>;

impl Holdings for Instances {
    /// The instance's id, and the serial numbers of the device and of the CA in the vendor's
    /// spelling.
    type Name = (String, String, String);
    type Record = AlibabaMqttCertificate;

    fn records(&self) -> impl Iterator<Item = (Self::Name, &AlibabaMqttCertificate)> {
        self.values().flat_map(|instance| {
            instance.certificates.iter().map(|certificate| {
                let (device_sn, ca_sn) = (certificate.device_sn.clone(), certificate.ca_sn.clone());
                (
                    (instance.instance_id.clone(), device_sn, ca_sn),
                    certificate,
                )
            })
        })
    }

    fn find(
        &mut self,
        (instance_id, device_sn, ca_sn): &Self::Name,
    ) -> Option<&mut AlibabaMqttCertificate> {
        self.get_mut(instance_id)?
            .certificates
            .iter_mut()
            .find(|certificate| certificate.device_sn == *device_sn && certificate.ca_sn == *ca_sn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alibaba_record_holds_texts_only() {
        let record = serde_json::to_value(AlibabaMqttCertificate::default()).unwrap();
        assert_eq!(record["ValidEnd"], "1969497303000");
        assert!(record.as_object().unwrap().values().all(|v| v.is_string()));
    }
}
