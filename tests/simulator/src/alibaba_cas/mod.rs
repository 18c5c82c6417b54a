//! Alibaba Cloud Certificate Management Service, version 2020-06-30: client certificates of the
//! private CA.

mod believable;
mod certificate;
mod list;
mod status;

pub(crate) use certificate::Certificates;
pub use certificate::{CasCertificate, RevokeTime};

use crate::Fleet;
use crate::alibaba::{Action, Method, Product};
use crate::exchange::Refusal;
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::limits::RateLimit;
use crate::vendor::{Gateway, Registration, Task, VendorApi};
use serde_json::Value;

const STATUS: &str = "DescribeClientCertificateStatusForSerialNumber";
const LIST: &str = "ListClientCertificate";

const PRODUCT: Product = Product {
    name: "cas",
    version: "2020-06-30",
    actions: &[
        Action {
            name: STATUS,
            method: Method::GetOrPost,
        },
        Action {
            name: LIST,
            method: Method::GetOrPost,
        },
    ],
};

pub(crate) struct AlibabaCas;

impl VendorApi for AlibabaCas {
    fn gateway(&self) -> &'static dyn Gateway {
        &PRODUCT
    }

    fn rate_limit(&self, _: &str) -> RateLimit {
        RateLimit {
            of_one_action: 10,
            of_one_address: None,
        }
    }

    fn writes(&self) -> &'static [&'static str] {
        &[]
    }

    fn perform(&self, store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal> {
        match task.action {
            LIST => list::client_certificates(store, task.parameters, task.rules.most_rows_a_page),
            _ => status::of_serial_numbers(store, task.parameters, task.rules),
        }
    }

    /// A CA has no broker.
    fn admits(&self, _: &Fleet, _: &str, _: &str) -> bool {
        false
    }

    fn certificates(&self, fleet: &Fleet) -> Vec<Value> {
        let all = fleet.alibaba_cas.values();
        all.map(|certificate| Value::Object(certificate.members()))
            .collect()
    }

    fn populate(&self, fleet: &mut Fleet, now: i64, random: &mut Random) {
        let mut all = believable::certificates(299, now, random);
        // The certificate of the vendor's documents.
        all.push(CasCertificate::default());
        *fleet = std::mem::take(fleet).with(all);
    }

    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>) {
        let &Registration {
            issued, revoked, ..
        } = registration;
        let certificate = CasCertificate {
            status: if revoked.is_some() { "revoked" } else { "good" }.to_owned(),
            revoke_time: RevokeTime::Number(revoked.unwrap_or_default()),
            ..CasCertificate::of(issued)
        };
        *fleet = std::mem::take(fleet).with([certificate]);
    }
}

fn invalid_parameter(name: &str) -> Refusal {
    Refusal::new(
        "InvalidParameter",
        400,
        format!("The specified value of parameter {name} is not valid."),
    )
}

#[cfg(test)]
mod tests;
