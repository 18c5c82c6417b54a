//! The record of a certificate of Alibaba's private CA, with the vendor's own member names and
//! values.

use crate::fleet::Entry;
use crate::fleet::history::Holdings;
use crate::signature::sha256_hex;
use crate::{Fleet, IssuedCertificate};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A client certificate of Alibaba's private CA. Members that are `None` are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CasCertificate {
    /// Serial number in the vendor's own spelling, the only one that finds it.
    pub serial_number: String,
    /// `good`, `revoked` or `unknown`, the words of the status action.
    pub status: String,
    /// When it was revoked, in one of the forms that the vendor's documents know. Not in the list.
    #[serde(skip_serializing_if = "RevokeTime::is_absent")]
    pub revoke_time: RevokeTime,
    /// `ISSUE` or `REVOKE`, the words of the list; unless given what [`status`](Self::status) says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_status: Option<String>,
    /// The vendor's own identifier, 32 hex digits; unless given made from the serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// `CLIENT` or `SERVER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<String>,
    /// Start of validity, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_date: Option<i64>,
    /// End of validity, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_date: Option<i64>,
    /// Common name of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// Organization of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Organizational unit of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_unit: Option<String>,
    /// Country of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// The whole subject.
    #[serde(rename = "SubjectDN", skip_serializing_if = "Option::is_none")]
    pub subject_dn: Option<String>,
    /// Identifier of the issuing CA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_identifier: Option<String>,
    /// `RSA`, `ECC` or `SM2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// Length of the key in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_size: Option<u32>,
    /// Like `SHA256WITHECDSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_algorithm: Option<String>,
    /// SHA-256 of the DER form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha2: Option<String>,
    /// PEM text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x509_certificate: Option<String>,
}

impl Default for CasCertificate {
    /// Serial number (with the masked digits left off), status and dates of Alibaba's published
    /// examples; the rest is our own.
    fn default() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            serial_number: "b67e53ebcea9b77d65b0c3236646d715".to_owned(),
            status: "good".to_owned(),
            revoke_time: RevokeTime::Number(0),
            listed_status: None,
            identifier: None,
            certificate_type: text("CLIENT"),
            before_date: Some(1_634_283_958_000),
            after_date: Some(1_665_819_958_000),
            common_name: text("device-1"),
            organization: text("Example Mobility"),
            organization_unit: text("Security"),
            country_code: text("CN"),
            subject_dn: text("C=CN,O=Example Mobility,OU=Security,CN=device-1"),
            parent_identifier: text("160ae6bb538d538c70c01f81dcf20001"),
            algorithm: text("ECC"),
            key_size: Some(256),
            sign_algorithm: text("SHA256WITHECDSA"),
            sha2: None,
            x509_certificate: text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        }
    }
}

impl CasCertificate {
    /// This certificate with its serial number, names, validity, fingerprint and PEM; the rest as
    /// in [`default`](Self::default).
    pub fn of(issued: &IssuedCertificate) -> Self {
        Self {
            serial_number: issued.serial.clone(),
            before_date: Some(issued.not_before_ms),
            after_date: Some(issued.not_after_ms),
            common_name: Some(issued.common_name.clone()),
            organization_unit: issued.organizational_unit.clone(),
            subject_dn: Some(issued.subject()),
            sha2: Some(issued.fingerprint_sha256.clone()),
            x509_certificate: Some(issued.pem.clone()),
            ..Self::default()
        }
    }

    /// The identifier that the list shows.
    pub fn shown_identifier(&self) -> String {
        self.identifier.clone().unwrap_or_else(|| {
            sha256_hex(self.serial_number.as_bytes())
                .chars()
                .take(32)
                .collect()
        })
    }

    /// Its record in the answer of the status action.
    pub(crate) fn status_row(&self) -> Value {
        let mut row = json!({"SerialNumber": self.serial_number, "Status": self.status});
        if let (Some(members), false) = (row.as_object_mut(), self.revoke_time.is_absent()) {
            members.insert("RevokeTime".to_owned(), json!(self.revoke_time));
        }
        row
    }

    /// Its row in the list.
    pub(crate) fn list_row(&self) -> Value {
        let listed = match (&self.listed_status, self.status.as_str()) {
            (Some(status), _) => status,
            (None, "revoked") => "REVOKE",
            (None, _) => "ISSUE",
        };
        let mut members = self.members();
        members.remove("RevokeTime");
        members.remove("ListedStatus");
        members.insert("Status".to_owned(), json!(listed));
        if let (Some(before), Some(after)) = (self.before_date, self.after_date) {
            members.insert(
                "Days".to_owned(),
                json!(after.saturating_sub(before).div_euclid(DAY)),
            );
        }
        Value::Object(members)
    }

    /// All that is known of it, with the status of the status action.
    pub(crate) fn members(&self) -> Map<String, Value> {
        let mut members = match json!(self) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        members.insert("Identifier".to_owned(), json!(self.shown_identifier()));
        members
    }
}

/// `RevokeTime` as it stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RevokeTime {
    /// The member is left out.
    Absent,
    /// Epoch milliseconds, epoch seconds, or 0 when not revoked.
    Number(i64),
    /// Text like `2021-01-01T00:00Z`.
    Text(String),
}

impl RevokeTime {
    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl Entry for CasCertificate {
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self> {
        &mut fleet.alibaba_cas
    }

    fn name(&self) -> &str {
        &self.serial_number
    }
}

/// The client certificates by their serial number as the vendor spells it.
pub(crate) type Certificates = BTreeMap<String, CasCertificate>;

impl Holdings for Certificates {
    type Name = String;
    type Record = CasCertificate;

    fn records(&self) -> impl Iterator<Item = (String, &CasCertificate)> {
        self.iter()
            .map(|(serial, certificate)| (serial.clone(), certificate))
    }

    fn find(&mut self, serial: &String) -> Option<&mut CasCertificate> {
        self.get_mut(serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_time_takes_every_form() {
        let with = |revoke_time| {
            CasCertificate {
                revoke_time,
                ..CasCertificate::default()
            }
            .status_row()
        };
        let base = json!({"SerialNumber": "b67e53ebcea9b77d65b0c3236646d715", "Status": "good"});
        assert_eq!(with(RevokeTime::Absent), base);
        assert_eq!(with(RevokeTime::Number(5))["RevokeTime"], 5);
        assert_eq!(
            with(RevokeTime::Text("2021-01-01T00:00Z".to_owned()))["RevokeTime"],
            json!("2021-01-01T00:00Z")
        );
    }

    #[test]
    fn the_list_has_its_own_words_and_leaves_out_what_is_not_known() {
        let listed = |status: &str, listed_status: Option<&str>| {
            let certificate = CasCertificate {
                status: status.to_owned(),
                listed_status: listed_status.map(str::to_owned),
                sha2: None,
                ..CasCertificate::default()
            };
            certificate.list_row()
        };
        assert_eq!(listed("good", None)["Status"], "ISSUE");
        assert_eq!(listed("unknown", None)["Status"], "ISSUE");
        assert_eq!(listed("revoked", None)["Status"], "REVOKE");
        assert_eq!(listed("good", Some("REVOKE"))["Status"], "REVOKE");
        let row = listed("good", None);
        assert_eq!(
            (&row["Days"], &row["SubjectDN"]),
            (
                &json!(365),
                &json!("C=CN,O=Example Mobility,OU=Security,CN=device-1")
            )
        );
        assert_eq!(row["Identifier"].as_str().unwrap().len(), 32);
        for absent in ["Sha2", "RevokeTime", "ListedStatus"] {
            assert_eq!(row.get(absent), None, "{absent}");
        }
    }
}
