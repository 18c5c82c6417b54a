//! The record of a certificate at Tencent, with the vendor's own member names and values.

use super::instance::ONE_CERTIFICATE_A_DEVICE;
use crate::fleet::Entry;
use crate::fleet::history::Holdings;
use crate::{Fleet, IssuedCertificate};
use serde::Serialize;
use std::collections::BTreeMap;

/// A Tencent MQTT instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TencentInstance {
    /// Like `mqtt-qgzaawn9`.
    pub instance_id: String,
    /// The one region where it lives, like `ap-guangzhou`.
    pub region: String,
    /// `BYOC`, where each device has a certificate of its own, `mTLS` or `TLS`. Only with `BYOC`
    /// does the status of a device certificate decide who may connect.
    pub x509_mode: String,
    /// Its device certificates.
    pub certificates: Vec<TencentCertificate>,
}

impl Default for TencentInstance {
    fn default() -> Self {
        Self {
            instance_id: String::new(),
            region: String::new(),
            x509_mode: ONE_CERTIFICATE_A_DEVICE.to_owned(),
            certificates: Vec::new(),
        }
    }
}

/// A device certificate as Tencent describes it. Times are epoch milliseconds, 0 means never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TencentCertificate {
    /// Empty for a certificate that registered itself.
    pub client_id: String,
    /// PEM text.
    pub device_certificate: String,
    /// Serial number, lower-case hex; the leading zero digit may be missing.
    pub device_certificate_sn: String,
    /// Common name of the subject.
    pub device_certificate_cn: String,
    /// Serial number of the CA certificate.
    pub ca_sn: String,
    /// `PEM`.
    pub format: String,
    /// `ACTIVE`, `INACTIVE`, `REVOKED` or `PENDING_ACTIVATION`.
    pub status: String,
    /// Last change to active.
    pub last_activation_time: i64,
    /// Last change to inactive.
    pub last_inactivation_time: i64,
    /// When it was registered.
    pub created_time: i64,
    /// Last change of any kind.
    pub update_time: i64,
    /// Organizational unit of the subject; the vendor may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizational_unit: Option<String>,
    /// `API` or `JITP`; the vendor may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_source: Option<String>,
    /// Start of validity; the vendor may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before_time: Option<i64>,
    /// End of validity; the vendor may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after_time: Option<i64>,
}

impl Default for TencentCertificate {
    /// The certificate of Tencent's published example.
    fn default() -> Self {
        Self {
            client_id: "client-1".to_owned(),
            device_certificate: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
                .to_owned(),
            device_certificate_sn: "0eef68a582b94254296e54ce754f94d707a59913".to_owned(),
            device_certificate_cn: "tx".to_owned(),
            ca_sn: "1b1e3bf3702110125887a3a721a7e66f05522513".to_owned(),
            format: "PEM".to_owned(),
            status: "ACTIVE".to_owned(),
            last_activation_time: 1_742_983_099_435,
            last_inactivation_time: 0,
            created_time: 1_742_983_115_198,
            update_time: 1_742_983_115_198,
            organizational_unit: Some("tx".to_owned()),
            certificate_source: Some("API".to_owned()),
            not_before_time: Some(1_734_537_600_000),
            not_after_time: Some(1_766_073_600_000),
        }
    }
}

impl TencentCertificate {
    /// This certificate with its serial number, names, validity and PEM; the rest as in
    /// [`default`](Self::default).
    pub fn of(issued: &IssuedCertificate) -> Self {
        Self {
            client_id: issued.common_name.clone(),
            device_certificate: issued.pem.clone(),
            device_certificate_sn: issued.serial.clone(),
            device_certificate_cn: issued.common_name.clone(),
            organizational_unit: issued.organizational_unit.clone(),
            not_before_time: Some(issued.not_before_ms),
            not_after_time: Some(issued.not_after_ms),
            ..Self::default()
        }
    }
}

impl Entry for TencentInstance {
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self> {
        &mut fleet.tencent_mqtt
    }

    fn name(&self) -> &str {
        &self.instance_id
    }
}

/// The instances by their id.
pub(crate) type Instances = BTreeMap<String, TencentInstance>;

impl Holdings for Instances {
    /// The instance's id, and the serial number in the vendor's spelling.
    type Name = (String, String);
    type Record = TencentCertificate;

    fn records(&self) -> impl Iterator<Item = (Self::Name, &TencentCertificate)> {
        self.values().flat_map(|instance| {
            instance.certificates.iter().map(|certificate| {
                let serial = certificate.device_certificate_sn.clone();
                ((instance.instance_id.clone(), serial), certificate)
            })
        })
    }

    fn find(&mut self, (instance_id, serial): &Self::Name) -> Option<&mut TencentCertificate> {
        self.get_mut(instance_id)?
            .certificates
            .iter_mut()
            .find(|certificate| certificate.device_certificate_sn == *serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tencent_record_reads_like_the_published_example() {
        assert_eq!(
            json!(TencentCertificate::default()),
            json!({
                "ClientId": "client-1",
                "DeviceCertificateSn": "0eef68a582b94254296e54ce754f94d707a59913",
                "DeviceCertificateCn": "tx",
                "DeviceCertificate": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                "CaSn": "1b1e3bf3702110125887a3a721a7e66f05522513",
                "OrganizationalUnit": "tx",
                "Format": "PEM",
                "Status": "ACTIVE",
                "CertificateSource": "API",
                "LastActivationTime": 1_742_983_099_435_i64,
                "LastInactivationTime": 0,
                "CreatedTime": 1_742_983_115_198_i64,
                "UpdateTime": 1_742_983_115_198_i64,
                "NotBeforeTime": 1_734_537_600_000_i64,
                "NotAfterTime": 1_766_073_600_000_i64
            })
        );
    }

    #[test]
    fn a_tencent_record_leaves_out_what_the_vendor_leaves_out() {
        let bare = TencentCertificate {
            organizational_unit: None,
            certificate_source: None,
            not_before_time: None,
            not_after_time: None,
            ..TencentCertificate::default()
        };
        let bare = serde_json::to_value(bare).unwrap();
        let members = bare.as_object().unwrap();
        assert_eq!(members.len(), 11);
        assert!(!members.contains_key("NotAfterTime"));
    }
}
