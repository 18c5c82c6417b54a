//! The certificates that the vendors hold.

mod believable;
mod names;
mod pem;
mod random;
mod records;
pub(crate) mod store;

pub use records::{AlibabaInstance, AlibabaMqttCertificate, CasCertificate, RevokeTime, TencentCertificate, TencentInstance};

use std::collections::BTreeMap;
use std::time::SystemTime;

/// All that the three vendors know, in plain form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Tencent's MQTT instances by their id.
    pub tencent_mqtt: BTreeMap<String, TencentInstance>,
    /// Alibaba's MQTT instances by their id.
    pub alibaba_mqtt: BTreeMap<String, AlibabaInstance>,
    /// Alibaba's private CA: client certificates by their serial number as the vendor spells it.
    pub alibaba_cas: BTreeMap<String, CasCertificate>,
}

impl Fleet {
    /// No instance and no certificate.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Exactly these instances and certificates.
    pub fn of(
        tencent_mqtt: impl IntoIterator<Item = TencentInstance>,
        alibaba_mqtt: impl IntoIterator<Item = AlibabaInstance>,
        alibaba_cas: impl IntoIterator<Item = CasCertificate>,
    ) -> Self {
        Self {
            tencent_mqtt: tencent_mqtt.into_iter().map(|instance| (instance.instance_id.clone(), instance)).collect(),
            alibaba_mqtt: alibaba_mqtt.into_iter().map(|instance| (instance.instance_id.clone(), instance)).collect(),
            alibaba_cas: alibaba_cas.into_iter().map(|certificate| (certificate.serial_number.clone(), certificate)).collect(),
        }
    }

    /// Some thousands of vehicles, gateways and chargers with every status and with dates around `now`, and the
    /// certificates of the vendors' documents.
    ///
    /// The same for the same `now`, but for the keys and signatures within the PEMs, which are new each time.
    pub fn believable(now: SystemTime) -> Self {
        believable::fleet(now)
    }

    /// A certificate of a Tencent instance by its serial number in the vendor's spelling.
    pub fn tencent_certificate(&mut self, instance_id: &str, serial: &str) -> Option<&mut TencentCertificate> {
        self.tencent_mqtt.get_mut(instance_id)?.certificates.iter_mut().find(|certificate| certificate.device_certificate_sn == serial)
    }

    /// A certificate of an Alibaba MQTT instance by both serial numbers in the vendor's spelling.
    pub fn alibaba_certificate(&mut self, instance_id: &str, device_sn: &str, ca_sn: &str) -> Option<&mut AlibabaMqttCertificate> {
        self.alibaba_mqtt
            .get_mut(instance_id)?
            .certificates
            .iter_mut()
            .find(|certificate| certificate.device_sn == device_sn && certificate.ca_sn == ca_sn)
    }
}
