//! The certificates that the vendors hold.

mod aws;
mod believable;
mod cas;
mod history;
mod issued;
mod names;
mod pem;
mod random;
mod records;
pub(crate) mod store;

pub use aws::AwsCertificate;
pub use cas::{CasCertificate, RevokeTime};
pub use issued::{IssuedCertificate, issue};
pub use records::{AlibabaInstance, AlibabaMqttCertificate, TencentCertificate, TencentInstance};

use std::collections::BTreeMap;
use std::time::SystemTime;

/// All that the four vendors know, in plain form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Tencent's MQTT instances by their id.
    pub tencent_mqtt: BTreeMap<String, TencentInstance>,
    /// Alibaba's MQTT instances by their id.
    pub alibaba_mqtt: BTreeMap<String, AlibabaInstance>,
    /// Alibaba's private CA: client certificates by their serial number as the vendor spells it.
    pub alibaba_cas: BTreeMap<String, CasCertificate>,
    /// AWS IoT: certificates of every region by their identifier.
    pub aws_iot: BTreeMap<String, AwsCertificate>,
}

impl Fleet {
    /// No instance and no certificate.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Exactly these instances and certificates, and nothing at AWS IoT.
    pub fn of(
        tencent_mqtt: impl IntoIterator<Item = TencentInstance>,
        alibaba_mqtt: impl IntoIterator<Item = AlibabaInstance>,
        alibaba_cas: impl IntoIterator<Item = CasCertificate>,
    ) -> Self {
        Self {
            tencent_mqtt: tencent_mqtt
                .into_iter()
                .map(|instance| (instance.instance_id.clone(), instance))
                .collect(),
            alibaba_mqtt: alibaba_mqtt
                .into_iter()
                .map(|instance| (instance.instance_id.clone(), instance))
                .collect(),
            alibaba_cas: alibaba_cas
                .into_iter()
                .map(|certificate| (certificate.serial_number.clone(), certificate))
                .collect(),
            aws_iot: BTreeMap::new(),
        }
    }

    /// The same with these certificates at AWS IoT in place of those that were there.
    #[must_use]
    pub fn with_aws_iot(mut self, certificates: impl IntoIterator<Item = AwsCertificate>) -> Self {
        self.aws_iot = certificates
            .into_iter()
            .map(|certificate| (certificate.certificate_id.clone(), certificate))
            .collect();
        self
    }

    /// Some thousands of vehicles, gateways and chargers with every status and with dates around
    /// `now`, and the certificates of the vendors' documents. Two real certificates are registered
    /// at every vendor, with their serial numbers in the vendor's spelling:
    /// `gateway-munich-plant-7001`, which is good everywhere, and `gateway-munich-plant-7002`,
    /// which is revoked everywhere but at Alibaba MQTT, where it is active.
    ///
    /// The same for the same `now`, but for the keys and signatures within the PEMs and what is
    /// computed from them: the identifiers at AWS and the fingerprints at the private CA.
    pub fn believable(now: SystemTime) -> Self {
        believable::fleet(now)
    }

    /// A certificate of a Tencent instance by its serial number in the vendor's spelling.
    pub fn tencent_certificate(
        &mut self,
        instance_id: &str,
        serial: &str,
    ) -> Option<&mut TencentCertificate> {
        self.tencent_mqtt
            .get_mut(instance_id)?
            .certificates
            .iter_mut()
            .find(|certificate| certificate.device_certificate_sn == serial)
    }

    /// A certificate of an Alibaba MQTT instance by both serial numbers in the vendor's spelling.
    pub fn alibaba_certificate(
        &mut self,
        instance_id: &str,
        device_sn: &str,
        ca_sn: &str,
    ) -> Option<&mut AlibabaMqttCertificate> {
        self.alibaba_mqtt
            .get_mut(instance_id)?
            .certificates
            .iter_mut()
            .find(|certificate| certificate.device_sn == device_sn && certificate.ca_sn == ca_sn)
    }
}
