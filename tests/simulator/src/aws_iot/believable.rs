//! AWS IoT's part of the fleet.

use super::{AwsCertificate, Thing};
use crate::fleet::believable::{DAY, Validity, client};
use crate::fleet::issue;
use crate::fleet::names;
use crate::fleet::random::Random;
use crate::{Fleet, Vendor};

/// Identifier of the CA certificate of most certificates.
pub(super) const AUTHORITY: &str =
    "1a58e223fc3583480695645aa2c980ede94a91acf2a01772c425fc6f6c48adb4";

/// Identifiers of CA certificates; a certificate that was registered without a CA has none.
const AUTHORITIES: [Option<&str>; 4] = [
    Some(AUTHORITY),
    Some(AUTHORITY),
    Some("c07e4f91b3d2586ad19f0e7745bb3c2096e8d1fa54c3700b8d62f19e3ab5047c"),
    None,
];

/// Adds this many certificates with their things and clients.
pub(super) fn populate(fleet: &mut Fleet, size: usize, now: i64, random: &mut Random) {
    for position in 0..size {
        let (name, certificate) = certificate(now, random);
        add_device(fleet, &name, certificate, (position, now));
    }
}

/// Adds a certificate, the thing of that name, unless there is one in another region, and the
/// thing's client if the certificate is active.
pub(super) fn add_device(
    fleet: &mut Fleet,
    name: &str,
    certificate: AwsCertificate,
    (position, now): (usize, i64),
) {
    let thing = fleet
        .things
        .entry(name.to_owned())
        .or_insert_with(|| Thing::of(name, []).in_region(&certificate.region));
    if thing.region == certificate.region {
        thing.principals.push(certificate.arn());
    }
    let before = std::mem::take(fleet);
    *fleet = if certificate.status == "ACTIVE" {
        let client = client(position, name, &certificate.certificate_id, now);
        before.with_clients(Vendor::AwsIot, &certificate.region, [client])
    } else {
        before
    }
    .with([certificate]);
}

/// A certificate and the name of the thing that has it.
fn certificate(now: i64, random: &mut Random) -> (String, AwsCertificate) {
    let holder = names::holder(random);
    let validity = Validity::draw(now, random);
    let serial = random.serial(20);
    let issued = issue(
        &serial,
        &holder.name,
        Some(holder.organizational_unit),
        validity.not_before,
        validity.not_after,
    );
    let earliest = validity
        .not_before
        .max(now.saturating_sub(DAY.saturating_mul(600)));
    let creation_date = random.between(earliest.min(now.saturating_sub(DAY)), now);
    let status = match random.between(1, 100) {
        1..=12 => "INACTIVE",
        13..=21 => "REVOKED",
        22..=24 => "PENDING_TRANSFER",
        25..=28 => "PENDING_ACTIVATION",
        29..=31 => "REGISTER_INACTIVE",
        _ => "ACTIVE",
    };
    let changed = status != "ACTIVE" || random.percent(10);
    let mut certificate = AwsCertificate::of(&issued);
    if random.percent(10) {
        (certificate.not_before, certificate.not_after) = (None, None);
    }
    let certificate = AwsCertificate {
        ca_certificate_id: random.one_of(&AUTHORITIES).map(str::to_owned),
        region: if random.percent(80) {
            "eu-west-1"
        } else {
            "us-east-1"
        }
        .to_owned(),
        status: status.to_owned(),
        creation_date,
        last_modified_date: if changed {
            random.between(creation_date, now)
        } else {
            creation_date
        },
        customer_version: if changed { 2 } else { 1 },
        certificate_mode: if random.percent(5) {
            "SNI_ONLY"
        } else {
            "DEFAULT"
        }
        .to_owned(),
        ..certificate
    };
    (holder.name, certificate)
}
