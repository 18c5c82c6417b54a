//! The certificates that the vendors hold.

pub(crate) mod believable;
pub(crate) mod history;
mod issued;
pub(crate) mod names;
pub(crate) mod pem;
pub(crate) mod random;
pub(crate) mod store;

pub use issued::{IssuedCertificate, issue};

use crate::{AlibabaMqttCertificate, Fleet, TencentCertificate};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// A part of a fleet: an instance with its certificates, or a certificate of a vendor that
/// has no instances.
pub trait Entry: Sized {
    /// The entries of this vendor, by their names.
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self>;

    /// The name at this vendor.
    fn name(&self) -> &str;
}

/// A record as the control listener shows it, with the instance that holds it.
pub(crate) fn held_by(instance_id: &str, record: &impl Serialize) -> Value {
    let mut record = json!(record);
    if let Some(members) = record.as_object_mut() {
        members.insert("InstanceId".to_owned(), json!(instance_id));
    }
    record
}

impl Fleet {
    /// No instance and no certificate.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Exactly these instances or certificates of one vendor.
    pub fn of<E: Entry>(entries: impl IntoIterator<Item = E>) -> Self {
        Self::empty().with(entries)
    }

    /// The same with these instances or certificates of one vendor, which replace those of the same
    /// names.
    #[must_use]
    pub fn with<E: Entry>(mut self, entries: impl IntoIterator<Item = E>) -> Self {
        let all = E::all(&mut self);
        all.extend(
            entries
                .into_iter()
                .map(|entry| (entry.name().to_owned(), entry)),
        );
        self
    }

    /// Some thousands of vehicles, gateways and chargers with every status and with dates around
    /// `now`, and the certificates of the vendors' documents. Three real certificates are
    /// registered at every vendor, with their serial numbers in the vendor's spelling:
    /// `gateway-munich-plant-7001` and `excavator-7940`, which are good everywhere, and
    /// `gateway-munich-plant-7002`, which is revoked everywhere but at Alibaba MQTT, where it is
    /// active.
    ///
    /// Most clients are connected. Each of those three is connected under the name of its
    /// certificate at every broker, unless its certificate is revoked there, and at AWS it is a
    /// thing of that name. At Tencent `excavator-79401` is connected, too. At AWS the thing
    /// `gateway-lyon-hub` has fifty certificates and a Cognito identity, and `crane-0101` to
    /// `crane-0103` share a certificate.
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
