//! The record of a certificate at AWS IoT, with the vendor's own member names and values.

use crate::fleet::Entry;
use crate::fleet::history::Holdings;
use crate::{Fleet, IssuedCertificate};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A certificate as AWS IoT describes it. Times are epoch milliseconds here; the vendor writes
/// epoch seconds with a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCertificate {
    /// 64 hex digits: the SHA-256 of the certificate's DER form.
    pub certificate_id: String,
    /// Identifier of the CA certificate, if it is registered.
    pub ca_certificate_id: Option<String>,
    /// The one region where it is registered, like `eu-west-1`.
    pub region: String,
    /// `ACTIVE`, `INACTIVE`, `REVOKED`, `PENDING_TRANSFER`, `REGISTER_INACTIVE` or
    /// `PENDING_ACTIVATION`.
    pub status: String,
    /// PEM text.
    pub certificate_pem: String,
    /// The account, 12 digits.
    pub owned_by: String,
    /// The account that it was transferred from.
    pub previous_owned_by: Option<String>,
    /// When it was registered.
    pub creation_date: i64,
    /// Last change of any kind.
    pub last_modified_date: i64,
    /// Counts the changes, from 1.
    pub customer_version: u32,
    /// `DEFAULT` or `SNI_ONLY`.
    pub certificate_mode: String,
    /// Start of validity; the vendor may leave it out.
    pub not_before: Option<i64>,
    /// End of validity; the vendor may leave it out.
    pub not_after: Option<i64>,
}

impl Default for AwsCertificate {
    /// The vendor publishes no example; this one is our own. Its PEM is empty, and its identifier
    /// no hash.
    fn default() -> Self {
        Self {
            certificate_id: "ab".repeat(32),
            ca_certificate_id: Some("cd".repeat(32)),
            region: "eu-west-1".to_owned(),
            status: "ACTIVE".to_owned(),
            certificate_pem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(),
            owned_by: "123456789012".to_owned(),
            previous_owned_by: None,
            creation_date: 1_740_787_200_123,
            last_modified_date: 1_740_790_000_000,
            customer_version: 1,
            certificate_mode: "DEFAULT".to_owned(),
            not_before: Some(1_740_787_200_000),
            not_after: Some(1_898_467_200_000),
        }
    }
}

impl AwsCertificate {
    /// This certificate with its identifier, PEM and validity; the rest as in
    /// [`default`](Self::default).
    pub fn of(issued: &IssuedCertificate) -> Self {
        Self {
            certificate_id: issued.fingerprint_sha256.clone(),
            certificate_pem: issued.pem.clone(),
            not_before: Some(issued.not_before_ms),
            not_after: Some(issued.not_after_ms),
            ..Self::default()
        }
    }

    /// The name of the certificate among all of AWS.
    pub fn arn(&self) -> String {
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!(
            "arn:{partition}:iot:{}:{}:cert/{}",
            self.region, self.owned_by, self.certificate_id
        )
    }

    /// Its row in the lists.
    pub(crate) fn row(&self) -> Value {
        json!({
            "certificateArn": self.arn(),
            "certificateId": self.certificate_id,
            "status": self.status,
            "certificateMode": self.certificate_mode,
            "creationDate": seconds(self.creation_date),
        })
    }

    /// Its description by DescribeCertificate.
    pub(crate) fn description(&self) -> Map<String, Value> {
        let dates = [("notBefore", self.not_before), ("notAfter", self.not_after)];
        let validity: Map<String, Value> = dates
            .into_iter()
            .filter_map(|(name, date)| Some((name.to_owned(), json!(seconds(date?)))))
            .collect();
        let members = [
            ("certificateArn", Some(json!(self.arn()))),
            ("certificateId", Some(json!(self.certificate_id))),
            (
                "caCertificateId",
                self.ca_certificate_id.as_ref().map(|id| json!(id)),
            ),
            ("status", Some(json!(self.status))),
            ("certificatePem", Some(json!(self.certificate_pem))),
            ("ownedBy", Some(json!(self.owned_by))),
            (
                "previousOwnedBy",
                self.previous_owned_by
                    .as_ref()
                    .map(|account| json!(account)),
            ),
            ("creationDate", Some(json!(seconds(self.creation_date)))),
            (
                "lastModifiedDate",
                Some(json!(seconds(self.last_modified_date))),
            ),
            ("customerVersion", Some(json!(self.customer_version))),
            ("transferData", Some(json!({}))),
            ("validity", (!validity.is_empty()).then(|| json!(validity))),
            ("certificateMode", Some(json!(self.certificate_mode))),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

impl Entry for AwsCertificate {
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self> {
        &mut fleet.aws_iot
    }

    fn name(&self) -> &str {
        &self.certificate_id
    }
}

/// The certificates of every region by their identifier.
pub(crate) type Certificates = BTreeMap<String, AwsCertificate>;

impl Holdings for Certificates {
    type Name = String;
    type Record = AwsCertificate;

    fn records(&self) -> impl Iterator<Item = (String, &AwsCertificate)> {
        self.iter()
            .map(|(id, certificate)| (id.clone(), certificate))
    }

    fn find(&mut self, id: &String) -> Option<&mut AwsCertificate> {
        self.get_mut(id)
    }
}

/// Epoch seconds with a fraction; exact to the millisecond for every date of a certificate.
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_described_in_the_vendors_words() {
        let id = "ab".repeat(32);
        assert_eq!(
            Value::from(AwsCertificate::default().description()),
            json!({
                "certificateArn": format!("arn:aws:iot:eu-west-1:123456789012:cert/{id}"),
                "certificateId": id,
                "caCertificateId": "cd".repeat(32),
                "status": "ACTIVE",
                "certificatePem": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                "ownedBy": "123456789012",
                "creationDate": 1_740_787_200.123,
                "lastModifiedDate": 1_740_790_000.0,
                "customerVersion": 1,
                "transferData": {},
                "validity": {"notBefore": 1_740_787_200.0, "notAfter": 1_898_467_200.0},
                "certificateMode": "DEFAULT",
            })
        );
    }

    #[test]
    fn a_record_leaves_out_what_it_does_not_have() {
        let bare = AwsCertificate {
            ca_certificate_id: None,
            not_before: None,
            not_after: None,
            ..AwsCertificate::default()
        };
        let members = bare.description();
        assert!(!members.contains_key("caCertificateId") && !members.contains_key("validity"));
        assert_eq!(bare.row().as_object().unwrap().len(), 5);
    }

    #[test]
    fn the_partition_goes_with_the_region() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
        ] {
            let certificate = AwsCertificate {
                region: region.to_owned(),
                ..AwsCertificate::default()
            };
            assert!(
                certificate
                    .arn()
                    .starts_with(&format!("arn:{partition}:iot:{region}:")),
                "{}",
                certificate.arn()
            );
        }
    }
}
