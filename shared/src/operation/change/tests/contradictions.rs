//! Everything that an order can name, beside everything that a provider can show: an order is
//! carried out exactly where all that it names is shown. One in any other case writes nothing, and
//! its error names a member that is at fault.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::BUDGET;
use crate::model::ProviderName::{self, AlibabaMqtt, AwsIot, TencentMqtt};
use crate::operation::{Inactivate, Operation, Outcome};
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, header, ok, parameter, path_and_query, recorded};
use crate::transport::HttpRequest;

/// A certificate, and its own facts.
const PEM: &str = include_str!("../../../model/x509/device.pem");
const SERIAL_NUMBER: &str = "8085f52ece5bd88308df6d98d9707716";
const FINGERPRINT: &str = "f14bba4bc6dbb3dac05e388cfe1851198438eb88b8dcd1cbba76e243ce599184";
const UNREADABLE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const FINGERPRINT_OF_UNREADABLE: &str =
    "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c";
const CA: &str = "00f2ab";

const MEMBERS: [&str; 5] = [
    "serial_number",
    "ca_serial_number",
    "provider_serial_number",
    "provider_ca_serial_number",
    "fingerprint_sha256",
];

/// The record that a provider has of the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Everything,
    /// The certificate itself is left out.
    NoCertificate,
    Unreadable,
    /// The member for the CA is empty, where it is no key.
    NoCa,
    /// The record of one certificate holds another.
    AnotherCertificate,
}

impl Shown {
    const ALL: [Self; 5] = [
        Self::Everything,
        Self::NoCertificate,
        Self::Unreadable,
        Self::NoCa,
        Self::AnotherCertificate,
    ];

    fn pem(self) -> Option<&'static str> {
        match self {
            Self::NoCertificate => None,
            Self::Unreadable => Some(UNREADABLE),
            _ => Some(PEM),
        }
    }
}

/// A provider with one certificate.
#[derive(Clone, Copy)]
struct Vendor {
    provider: ProviderName,
    shown: Shown,
}

impl Vendor {
    /// The serial number in the record, or at aws-iot the id.
    fn key(self) -> String {
        match (self.provider, self.shown) {
            (AwsIot, Shown::AnotherCertificate) => "ab".repeat(32),
            (AwsIot, Shown::Unreadable) => FINGERPRINT_OF_UNREADABLE.to_owned(),
            (AwsIot, _) => FINGERPRINT.to_owned(),
            (_, Shown::AnotherCertificate) => "7e57".to_owned(),
            _ => SERIAL_NUMBER.to_owned(),
        }
    }

    fn ca(self) -> &'static str {
        if self.shown == Shown::NoCa && self.provider == TencentMqtt {
            ""
        } else {
            CA
        }
    }

    /// The facts that are shown beyond doubt.
    fn facts(self) -> BTreeMap<&'static str, String> {
        let shows_certificate = matches!(self.shown, Shown::Everything | Shown::NoCa);
        let fingerprint = (
            "fingerprint_sha256",
            shows_certificate.then(|| FINGERPRINT.to_owned()),
        );
        let facts = if self.provider == AwsIot {
            // AWS does not document that the id is the certificate's hash.
            let shows_number = shows_certificate || self.shown == Shown::AnotherCertificate;
            vec![
                ("fingerprint_sha256", Some(self.key())),
                (
                    "serial_number",
                    shows_number.then(|| SERIAL_NUMBER.to_owned()),
                ),
            ]
        } else {
            let is_certain = self.shown != Shown::AnotherCertificate;
            let ca = Some(self.ca().to_owned()).filter(|ca| !ca.is_empty());
            // The fingerprint of the certificate that is shown belongs to what is shown.
            let fingerprint = match self.shown {
                Shown::AnotherCertificate => ("fingerprint_sha256", Some(FINGERPRINT.to_owned())),
                _ => fingerprint,
            };
            vec![
                ("serial_number", is_certain.then(|| self.key())),
                ("ca_serial_number", ca.clone()),
                ("provider_serial_number", Some(self.key())),
                ("provider_ca_serial_number", ca),
                fingerprint,
            ]
        };
        facts
            .into_iter()
            .filter_map(|(member, fact)| Some((member, fact?)))
            .collect()
    }

    /// Whether the provider can look a certificate up by these members.
    fn finds_by(self, named: &Map<String, Value>) -> bool {
        let has = |members: &[&str]| members.iter().any(|member| named.contains_key(*member));
        let by_number = has(&["serial_number", "provider_serial_number"]);
        match self.provider {
            AwsIot => has(&["fingerprint_sha256"]),
            AlibabaMqtt => by_number && has(&["ca_serial_number", "provider_ca_serial_number"]),
            _ => by_number,
        }
    }

    fn answer(self, request: &HttpRequest, is_off: bool) -> Answer {
        match self.provider {
            TencentMqtt => self.tencent(request, is_off),
            AlibabaMqtt => self.alibaba(request, is_off),
            _ => self.aws(request, is_off),
        }
    }

    fn tencent(self, request: &HttpRequest, is_off: bool) -> Answer {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        if body["DeviceCertificateSn"] != self.key() {
            return recorded("tencent-mqtt/RevokedDeviceCertificate.error-certificate-not-found");
        }
        match header(request, "x-tc-action") {
            Some("DescribeDeviceCertificate") => ok(&json!({"Response": {
                "DeviceCertificateSn": self.key(), "CaSn": self.ca(), "DeviceCertificate": self.shown.pem(),
                "Status": if is_off { "INACTIVE" } else { "ACTIVE" }, "RequestId": "id-1"
            }})),
            _ => ok(&json!({"Response": {"RequestId": "id-2"}})),
        }
    }

    fn alibaba(self, request: &HttpRequest, is_off: bool) -> Answer {
        let record = json!({
            "DeviceSn": self.key(), "CaSn": self.ca(), "DeviceContent": self.shown.pem(), "Status": if is_off { "0" } else { "1" }
        });
        let is_ca = parameter(request, "CaSn").unwrap() == self.ca();
        match (
            header(request, "x-acs-action"),
            parameter(request, "DeviceSn"),
        ) {
            (_, None) => {
                let rows: Vec<Value> = is_ca.then_some(record).into_iter().collect();
                ok(
                    &json!({"RequestId": "id-3", "Data": {"Total": rows.len(), "DeviceCertificateVOS": rows}}),
                )
            }
            (_, Some(device)) if !is_ca || device != self.key() => {
                recorded("alibaba-mqtt/InactivateDeviceCertificate.error-not-found")
            }
            (Some("GetDeviceCertificate"), _) => ok(&json!({"RequestId": "id-1", "Data": record})),
            _ => ok(&json!({"RequestId": "id-2", "DeviceSn": self.key()})),
        }
    }

    fn aws(self, request: &HttpRequest, is_off: bool) -> Answer {
        let path = path_and_query(request);
        match path.strip_prefix("/certificates/") {
            Some(id) if id == self.key() => ok(&json!({"certificateDescription": {
                "certificateId": id, "certificatePem": self.shown.pem(), "status": if is_off { "INACTIVE" } else { "ACTIVE" }
            }})),
            Some(id) if id.starts_with(&self.key()) => ok(&json!({})),
            _ => recorded("aws-iot/DescribeCertificate.error-not-found"),
        }
    }
}

fn is_write(request: &HttpRequest) -> bool {
    let action = header(request, "x-tc-action").or_else(|| header(request, "x-acs-action"));
    match action {
        Some(action) => action.contains("ctivateDeviceCertificate"),
        None => path_and_query(request).contains("newStatus"),
    }
}

/// The outcome of an order that names these members, the member of its error, and the number of
/// writes.
async fn give(vendor: Vendor, named: &Map<String, Value>) -> (Outcome, Option<String>, usize) {
    let writes = Rc::new(Cell::new(0));
    let counted = Rc::clone(&writes);
    let network = Network::new(move |request| {
        if is_write(request) {
            counted.set(counted.get() + 1);
        }
        vendor.answer(request, counted.get() > 0)
    });
    let bench = Bench::new(&network);
    let (region, instance) = match vendor.provider {
        TencentMqtt => ("ap-guangzhou", Some("mqtt-1")),
        AlibabaMqtt => ("cn-hangzhou", Some("post-cn-1")),
        _ => ("eu-west-1", None),
    };
    let request = json!({
        "provider": vendor.provider, "region": region, "instance_id": instance, "certificates": [named]
    });
    let request = request::parse(&request.to_string()).unwrap();
    let context = bench.context();
    let answer = Inactivate::perform(&context, request, BUDGET)
        .await
        .unwrap();
    let result = answer.results()[0];
    let field = result.error.as_ref().and_then(|error| error.field.clone());
    (result.outcome, field, writes.get())
}

/// The members by which the provider looks the certificate up.
fn keys(provider: ProviderName, named: &Map<String, Value>) -> Vec<&'static str> {
    let first_named = |members: [&'static str; 2]| {
        members
            .into_iter()
            .find(|member| named.contains_key(*member))
            .unwrap()
    };
    let device = ["provider_serial_number", "serial_number"];
    match provider {
        AwsIot => vec!["fingerprint_sha256"],
        AlibabaMqtt => vec![
            first_named(device),
            first_named(["provider_ca_serial_number", "ca_serial_number"]),
        ],
        _ => vec![first_named(device)],
    }
}

fn other_value(member: &str) -> &'static str {
    match member {
        "serial_number" => "0c0ffee1",
        "ca_serial_number" => "0badca",
        "fingerprint_sha256" => "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        _ => "another text",
    }
}

/// The names of an order: for each of these members the value that the provider shows, or else the
/// one that the certificate is expected to have.
fn names(vendor: Vendor, members: &[&'static str]) -> Map<String, Value> {
    let facts = vendor.facts();
    let expected = |member| match (vendor.provider, member) {
        (AwsIot, "fingerprint_sha256") => vendor.key(),
        (_, "fingerprint_sha256") => FINGERPRINT.to_owned(),
        (AwsIot, "serial_number" | "provider_serial_number") => SERIAL_NUMBER.to_owned(),
        (_, "serial_number" | "provider_serial_number") => vendor.key(),
        _ => CA.to_owned(),
    };
    let value = |member| {
        facts
            .get(member)
            .cloned()
            .unwrap_or_else(|| expected(member))
    };
    members
        .iter()
        .map(|member| ((*member).to_owned(), json!(value(member))))
        .collect()
}

fn subsets() -> impl Iterator<Item = Vec<&'static str>> {
    (1..1_u32 << MEMBERS.len()).map(|bits| {
        let is_in = |(index, _): &(usize, &&str)| bits & (1 << index) != 0;
        MEMBERS
            .iter()
            .enumerate()
            .filter(is_in)
            .map(|(_, member)| *member)
            .collect()
    })
}

#[tokio::test(start_paused = true)]
async fn an_order_acts_only_where_all_that_it_names_is_shown() {
    let (mut contradictions, mut acted) = (0, 0);
    for provider in [TencentMqtt, AlibabaMqtt, AwsIot] {
        for shown in Shown::ALL {
            let vendor = Vendor { provider, shown };
            if shown == Shown::NoCa && provider != TencentMqtt {
                continue;
            }
            for members in subsets() {
                let right = names(vendor, &members);
                if !vendor.finds_by(&right) {
                    continue;
                }
                for wrong in std::iter::once(None).chain(members.iter().map(Some)) {
                    let mut named = right.clone();
                    if let Some(member) = wrong {
                        named[*member] = json!(other_value(member));
                    }
                    let facts = vendor.facts();
                    let faults: Vec<&str> = members
                        .iter()
                        .filter(|member| Some(*member) == wrong || !facts.contains_key(*member))
                        .copied()
                        .collect();
                    let is_unknown =
                        wrong.is_some_and(|member| keys(provider, &named).contains(member));
                    let (outcome, field, writes) = give(vendor, &named).await;
                    let case = format!("{provider} {shown:?} {named:?}: {outcome:?} {field:?}");
                    if faults.is_empty() {
                        assert_eq!((outcome, writes), (Outcome::Inactivated, 1), "{case}");
                        acted += 1;
                        continue;
                    }
                    contradictions += 1;
                    let expected = if is_unknown {
                        Outcome::NotFound
                    } else {
                        Outcome::Refused
                    };
                    assert_eq!((outcome, writes), (expected, 0), "{case}");
                    assert!(
                        is_unknown || field.is_some_and(|field| faults.contains(&field.as_str())),
                        "{case}"
                    );
                }
            }
        }
    }
    assert!(
        contradictions >= 200 && acted >= 50,
        "{contradictions} {acted}"
    );
}
