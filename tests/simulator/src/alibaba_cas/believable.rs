//! The private CA's part of the fleet.

use super::{CasCertificate, RevokeTime};
use crate::fleet::believable::{DAY, Validity};
use crate::fleet::issue;
use crate::fleet::names;
use crate::fleet::random::Random;
use time::OffsetDateTime;
use time::macros::format_description;

/// Identifiers of the private CA's own certificates.
const PARENTS: [&str; 3] = [
    "160ae6bb538d538c70c01f81dcf20001",
    "160ae6bb538d538c70c01f81dcf20002",
    "9c41d7a0e85b4f6e9b2077c3d1580003",
];

/// Certificates of the private CA.
pub(super) fn certificates(size: usize, now: i64, random: &mut Random) -> Vec<CasCertificate> {
    (0..size)
        .map(|_| {
            let serial_number = random.serial(16);
            let (status, revoke_time) = match random.between(1, 100) {
                1..=15 => ("revoked", revoked(now, random)),
                16..=20 => ("unknown", RevokeTime::Absent),
                21..=60 => ("good", RevokeTime::Absent),
                _ => ("good", RevokeTime::Number(0)),
            };
            let holder = names::holder(random);
            let validity = Validity::draw(now, random);
            let issued = issue(
                &serial_number,
                &holder.name,
                Some(holder.organizational_unit),
                validity.not_before,
                validity.not_after,
            );
            CasCertificate {
                status: status.to_owned(),
                revoke_time,
                certificate_type: Some(
                    if random.percent(95) {
                        "CLIENT"
                    } else {
                        "SERVER"
                    }
                    .to_owned(),
                ),
                parent_identifier: Some(random.one_of(&PARENTS).to_owned()),
                ..CasCertificate::of(&issued)
            }
        })
        .collect()
}

/// A revocation of the last years in one of the forms that the documents know.
fn revoked(now: i64, random: &mut Random) -> RevokeTime {
    let milliseconds = now.saturating_sub(random.between(DAY, DAY.saturating_mul(900)));
    let seconds = milliseconds.div_euclid(1000);
    match random.between(0, 4) {
        0 => RevokeTime::Number(seconds),
        1 => OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(|time| {
                let form = format_description!("[year]-[month]-[day]T[hour]:[minute]Z");
                time.format(form).ok()
            })
            .map_or(RevokeTime::Absent, RevokeTime::Text),
        2 => RevokeTime::Absent,
        _ => RevokeTime::Number(milliseconds),
    }
}
