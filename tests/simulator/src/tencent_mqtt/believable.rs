//! Tencent's part of the fleet.

use super::TencentCertificate;
use crate::Client;
use crate::fleet::believable::{Authorities, DAY, Validity, client};
use crate::fleet::names;
use crate::fleet::pem::Facts;
use crate::fleet::random::Random;

const AUTHORITIES: [(&str, &str); 4] = [
    (
        "Example Mobility Device CA 1",
        "1b1e3bf3702110125887a3a721a7e66f05522513",
    ),
    (
        "Example Mobility Device CA 2",
        "4c0f92d8e7316ab5c2fe08b6a19d3377412e80aa",
    ),
    ("Example Energy Charger CA", "00d3b8a5f1c2774e09"),
    ("Beispielwerk Gateway CA", "6f21c4e08d9a53b7"),
];

pub(super) fn certificates(size: usize, now: i64, random: &mut Random) -> Vec<TencentCertificate> {
    let authorities = Authorities::new(&AUTHORITIES);
    (0..size)
        .map(|position| certificate(position, &authorities, now, random))
        .collect()
}

/// The clients of the active certificates that name one.
pub(super) fn clients(certificates: &[TencentCertificate], now: i64) -> Vec<Client> {
    certificates
        .iter()
        .filter(|one| one.status == "ACTIVE" && !one.client_id.is_empty())
        .enumerate()
        .map(|(position, one)| client(position, &one.client_id, &one.device_certificate_sn, now))
        .collect()
}

fn certificate(
    position: usize,
    authorities: &Authorities,
    now: i64,
    random: &mut Random,
) -> TencentCertificate {
    let holder = names::holder(random);
    let validity = Validity::draw(now, random);
    let octets = random.one_of(&[16, 20, 20]);
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
    let itself = random.percent(30);
    let history = History::draw(validity, now, random);
    TencentCertificate {
        client_id: if itself {
            String::new()
        } else {
            holder.name.clone()
        },
        device_certificate: pem.unwrap_or_else(|| TencentCertificate::default().device_certificate),
        device_certificate_sn: as_shown(serial, random),
        device_certificate_cn: holder.name,
        ca_sn: ca_sn.to_owned(),
        format: "PEM".to_owned(),
        status: history.status.to_owned(),
        last_activation_time: history.activated,
        last_inactivation_time: history.inactivated,
        created_time: history.created,
        update_time: history.updated,
        organizational_unit: Some(holder.organizational_unit.to_owned()),
        certificate_source: Some(if itself { "JITP" } else { "API" }.to_owned()),
        not_before_time: Some(validity.not_before),
        not_after_time: Some(validity.not_after),
    }
}

/// The vendor drops the leading zero digit of some serial numbers and keeps that of others.
fn as_shown(serial: String, random: &mut Random) -> String {
    match serial.strip_prefix('0') {
        Some(rest) if random.percent(50) => rest.to_owned(),
        _ => serial,
    }
}

/// The history of a certificate; times are epoch milliseconds, 0 means never.
struct History {
    status: &'static str,
    created: i64,
    updated: i64,
    activated: i64,
    inactivated: i64,
}

impl History {
    fn draw(validity: Validity, now: i64, random: &mut Random) -> Self {
        let earliest = validity
            .not_before
            .max(now.saturating_sub(DAY.saturating_mul(600)));
        let created = random.between(earliest.min(now.saturating_sub(DAY)), now);
        let later = random.between(created, now);
        // The vendor's own example was activated some seconds before it was created.
        let activated = created.saturating_sub(random.between(0, 20_000));
        let (status, updated, activated, inactivated) = match random.between(1, 100) {
            1..=10 => ("INACTIVE", later, activated, later),
            11..=17 => ("REVOKED", later, activated, 0),
            18..=22 => ("PENDING_ACTIVATION", created, 0, 0),
            23..=27 => ("ACTIVE", later, later, created),
            _ => ("ACTIVE", created, activated, 0),
        };
        Self {
            status,
            created,
            updated,
            activated,
            inactivated,
        }
    }
}
