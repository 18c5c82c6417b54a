//! The control plane of AWS IoT Core, version 2015-05-28: certificates by account and region.

mod believable;
mod certificate;
mod gateway;
mod list;
mod operation;

pub use certificate::AwsCertificate;
pub(crate) use certificate::Certificates;
pub(crate) use gateway::admit_to;

use crate::Fleet;
use crate::exchange::Refusal;
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::limits::RateLimit;
use crate::vendor::{Gateway, Registration, Task, VendorApi};
use gateway::IotGateway;
use operation::Operation;
use serde_json::{Value, json};
use std::time::Instant;

/// The statuses that a caller may ask for.
const STATUSES: [&str; 3] = ["ACTIVE", "INACTIVE", "REVOKED"];

pub(crate) struct AwsIot;

impl VendorApi for AwsIot {
    fn gateway(&self) -> &'static dyn Gateway {
        &IotGateway
    }

    /// Not confirmed by the vendor's page; the commonly quoted default.
    fn rate_limit(&self) -> RateLimit {
        RateLimit {
            of_one_action: 10,
            of_one_address: None,
        }
    }

    fn writes(&self) -> &'static [&'static str] {
        &["UpdateCertificate"]
    }

    /// The answer of a write is empty, which null stands for.
    fn perform(&self, store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal> {
        let (received, parameters) = (task.received, task.parameters);
        let region = gateway::region(received)?;
        match Operation::of(received) {
            Some(Operation::ListCertificates) => {
                list::certificates(store, &region, parameters, None)
            }
            Some(Operation::ListCertificatesByCa(ca)) => {
                list::certificates(store, &region, parameters, Some(checked(&ca)?))
            }
            Some(Operation::DescribeCertificate(id)) => {
                let found = store
                    .fleet()
                    .aws_iot
                    .get(checked(&id)?)
                    .filter(|certificate| certificate.region == region);
                found
                    .map(|certificate| json!({"certificateDescription": certificate.description()}))
                    .ok_or_else(not_found)
            }
            Some(Operation::UpdateCertificate(id)) => {
                checked(&id)?;
                let found = store
                    .change::<Certificates>(&id, Instant::now())
                    .filter(|certificate| certificate.region == region)
                    .ok_or_else(not_found)?;
                update(found, parameters, received.milliseconds(), task.has_effect)
            }
            None => Err(gateway::unknown_operation()),
        }
    }

    fn certificates(&self, fleet: &Fleet) -> Vec<Value> {
        let all = fleet.aws_iot.values().map(|certificate| {
            let mut members = certificate.description();
            members.insert("region".to_owned(), json!(certificate.region));
            Value::Object(members)
        });
        all.collect()
    }

    fn populate(&self, fleet: &mut Fleet, now: i64, random: &mut Random) {
        *fleet = std::mem::take(fleet).with(believable::certificates(320, now, random));
    }

    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>) {
        let &Registration {
            issued,
            registered,
            revoked,
        } = registration;
        let certificate = AwsCertificate {
            ca_certificate_id: Some(believable::AUTHORITY.to_owned()),
            status: revoked.map_or("ACTIVE", |_| "REVOKED").to_owned(),
            creation_date: registered,
            last_modified_date: revoked.unwrap_or(registered),
            ..AwsCertificate::of(issued)
        };
        *fleet = std::mem::take(fleet).with([certificate]);
    }
}

/// Nothing changes when the certificate has the wanted status already. Whether a revoked
/// certificate may leave its status is not documented; here it may.
fn update(
    certificate: &mut AwsCertificate,
    parameters: &Value,
    now: i64,
    effect: bool,
) -> Result<Value, Refusal> {
    let status = parameters
        .get("newStatus")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !STATUSES.contains(&status) {
        return Err(invalid_request(&format!(
            "The status {status:?} of newStatus cannot be set."
        )));
    }
    if certificate.status == "PENDING_TRANSFER" {
        return Err(Refusal::new(
            "CertificateStateException",
            406,
            "The certificate operation is not allowed.",
        ));
    }
    if effect && certificate.status != status {
        status.clone_into(&mut certificate.status);
        certificate.last_modified_date = now;
        certificate.customer_version = certificate.customer_version.saturating_add(1);
    }
    Ok(Value::Null)
}

/// An identifier of the documented form: 64 hex digits.
fn checked(id: &str) -> Result<&str, Refusal> {
    if id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(id)
    } else {
        Err(invalid_request(
            "The identifier of a certificate has 64 hex digits.",
        ))
    }
}

fn not_found() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        404,
        "The specified resource does not exist.",
    )
}

fn invalid_request(message: &str) -> Refusal {
    Refusal::new("InvalidRequestException", 400, message)
}

#[cfg(test)]
mod tests;
