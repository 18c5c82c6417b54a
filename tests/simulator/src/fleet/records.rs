//! One record a certificate of the MQTT vendors, with the vendor's own member names and values.

use super::IssuedCertificate;
use serde::{Serialize, Serializer};

/// A Tencent MQTT instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TencentInstance {
    /// Like `mqtt-qgzaawn9`.
    pub instance_id: String,
    /// The one region where it lives, like `ap-guangzhou`.
    pub region: String,
    /// Its device certificates.
    pub certificates: Vec<TencentCertificate>,
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

    #[test]
    fn an_alibaba_record_holds_texts_only() {
        let record = serde_json::to_value(AlibabaMqttCertificate::default()).unwrap();
        assert_eq!(record["ValidEnd"], "1969497303000");
        assert!(record.as_object().unwrap().values().all(|v| v.is_string()));
    }
}
