//! AWS IoT's part of the fleet.

use super::AwsCertificate;
use crate::fleet::believable::{DAY, Validity};
use crate::fleet::issue;
use crate::fleet::names;
use crate::fleet::random::Random;

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

pub(super) fn certificates(size: usize, now: i64, random: &mut Random) -> Vec<AwsCertificate> {
    (0..size).map(|_| certificate(now, random)).collect()
}

fn certificate(now: i64, random: &mut Random) -> AwsCertificate {
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
    AwsCertificate {
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
    }
}
