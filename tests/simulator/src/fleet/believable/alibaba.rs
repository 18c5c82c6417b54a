//! The part of the fleet that Alibaba's products hold.

use super::{Authorities, DAY, Validity};
use crate::fleet::names;
use crate::fleet::pem::Facts;
use crate::fleet::random::Random;
use crate::fleet::{AlibabaInstance, AlibabaMqttCertificate, CasCertificate, RevokeTime, issue};
use time::OffsetDateTime;
use time::macros::format_description;

const AUTHORITIES: [(&str, &str); 3] = [
    ("Example Mobility Device CA 3", "7269004887"),
    ("Example Logistics Device CA", "f26900ba87c1"),
    ("Example Plant CA", "0b7e90a1d64c83f2559e"),
];

pub(super) fn instance(
    instance_id: &str,
    size: usize,
    now: i64,
    random: &mut Random,
) -> AlibabaInstance {
    let authorities = Authorities::new(&AUTHORITIES);
    AlibabaInstance {
        instance_id: instance_id.to_owned(),
        certificates: (0..size)
            .map(|position| certificate(position, &authorities, now, random))
            .collect(),
    }
}

fn certificate(
    position: usize,
    authorities: &Authorities,
    now: i64,
    random: &mut Random,
) -> AlibabaMqttCertificate {
    let holder = names::holder(random);
    let validity = Validity::draw(now, random);
    let octets = random.one_of(&[6, 8, 16, 20]);
    let serial = random.serial(octets);
    let ca_sn = authorities.draw(random);
    let pem = authorities.issue(
        position,
        ca_sn,
        &Facts {
            serial: &serial,
            common_name: &holder.name,
            organizational_unit: Some(holder.organizational_unit),
            not_before: validity.not_before,
            not_after: validity.not_after,
        },
    );
    AlibabaMqttCertificate {
        device_sn: spelled(&serial, random),
        device_name: holder.name,
        device_content: pem.unwrap_or_else(|| AlibabaMqttCertificate::default().device_content),
        ca_sn: spelled(ca_sn, random),
        status: if random.percent(85) { "1" } else { "0" }.to_owned(),
        valid_begin: validity.not_before,
        valid_end: validity.not_after,
    }
}

/// One of the spellings in which a serial number may be stored.
fn spelled(serial: &str, random: &mut Random) -> String {
    match random.between(0, 4) {
        0 => serial.to_uppercase(),
        1 => format!("00{serial}"),
        2 => serial.trim_start_matches('0').to_owned(),
        3 => format!("00{}", serial.to_uppercase()),
        _ => serial.to_owned(),
    }
}

/// Identifiers of the private CA's own certificates.
const PARENTS: [&str; 3] = [
    "160ae6bb538d538c70c01f81dcf20001",
    "160ae6bb538d538c70c01f81dcf20002",
    "9c41d7a0e85b4f6e9b2077c3d1580003",
];

/// Certificates of the private CA.
pub(super) fn cas(size: usize, now: i64, random: &mut Random) -> Vec<CasCertificate> {
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
