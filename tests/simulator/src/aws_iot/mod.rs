//! AWS IoT Core, version 2015-05-28: certificates and things by account and region, and the
//! connections of the data plane. Both planes are served at one address.

mod believable;
mod certificate;
mod connection;
mod gateway;
mod list;
mod operation;
mod thing;

pub use certificate::AwsCertificate;
pub(crate) use certificate::Certificates;
pub(crate) use gateway::admit_to;
pub use thing::Thing;
pub(crate) use thing::Things;

use crate::exchange::Refusal;
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::limits::RateLimit;
use crate::vendor::{Gateway, Registration, Task, VendorApi};
use crate::{Fleet, Vendor};
use gateway::IotGateway;
use operation::Operation;
use serde_json::{Value, json};

/// The statuses that a caller may ask for.
const STATUSES: [&str; 3] = ["ACTIVE", "INACTIVE", "REVOKED"];

pub(crate) struct AwsIot;

impl VendorApi for AwsIot {
    fn gateway(&self) -> &'static dyn Gateway {
        &IotGateway
    }

    /// The default quotas. Of the data plane the vendor documents none; 10 is our own choice.
    fn rate_limit(&self, action: &str) -> RateLimit {
        RateLimit {
            of_one_action: if action == "ListThingPrincipals" {
                20
            } else {
                10
            },
            of_one_address: None,
        }
    }

    fn writes(&self) -> &'static [&'static str] {
        &["UpdateCertificate", "DeleteConnection"]
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
                let now = received.moment();
                let found = store
                    .change::<Certificates>(&id, now.instant)
                    .filter(|certificate| certificate.region == region)
                    .ok_or_else(not_found)?;
                update(found, task, now.milliseconds)?;
                if task.has_effect {
                    store.certificate_was_changed(Vendor::AwsIot, &region, &id, now);
                }
                Ok(Value::Null)
            }
            Some(Operation::ListThingPrincipals(name)) => {
                thing::principals(store, &region, parameters, &name)
            }
            Some(Operation::ListPrincipalThings) => thing::of_principal(store, &region, parameters),
            Some(Operation::GetConnection(id)) => connection::get(store, &region, task, &id),
            Some(Operation::DeleteConnection(id)) => connection::delete(store, &region, task, &id),
            None => Err(gateway::unknown_operation()),
        }
    }

    fn admits(&self, fleet: &Fleet, place: &str, certificate: &str) -> bool {
        let found = fleet.aws_iot.get(certificate);
        found.is_some_and(|found| found.region == place && found.status == "ACTIVE")
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
        believable::populate(fleet, 320, now, random);
    }

    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>) {
        let &Registration {
            issued,
            registered,
            revoked,
            now,
        } = registration;
        let certificate = AwsCertificate {
            ca_certificate_id: Some(believable::AUTHORITY.to_owned()),
            status: revoked.map_or("ACTIVE", |_| "REVOKED").to_owned(),
            creation_date: registered,
            last_modified_date: revoked.unwrap_or(registered),
            ..AwsCertificate::of(issued)
        };
        believable::add_device(fleet, &issued.common_name, certificate, (0, now));
    }
}

/// Nothing changes when the certificate has the wanted status already. Whether a revoked
/// certificate may leave its status is not documented; an option says so. `now` is in epoch
/// milliseconds.
fn update(certificate: &mut AwsCertificate, task: &Task<'_>, now: i64) -> Result<(), Refusal> {
    let status = task
        .parameters
        .get("newStatus")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !STATUSES.contains(&status) {
        return Err(invalid_request(&format!(
            "The status {status:?} of newStatus cannot be set."
        )));
    }
    let is_kept = certificate.status == "REVOKED" && !task.rules.revoked_may_return;
    if certificate.status == "PENDING_TRANSFER" || (is_kept && status != "REVOKED") {
        return Err(Refusal::new(
            "CertificateStateException",
            406,
            "The certificate operation is not allowed.",
        ));
    }
    if task.has_effect && certificate.status != status {
        status.clone_into(&mut certificate.status);
        certificate.last_modified_date = now;
        certificate.customer_version = certificate.customer_version.saturating_add(1);
    }
    Ok(())
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
