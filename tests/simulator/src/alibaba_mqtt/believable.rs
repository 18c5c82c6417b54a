//! Alibaba MQTT's part of the fleet.

use super::{AlibabaInstance, AlibabaMqttCertificate};
use crate::Client;
use crate::fleet::believable::{Authorities, Validity, client};
use crate::fleet::names;
use crate::fleet::pem::Facts;
use crate::fleet::random::Random;

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

/// The clients of the active certificates, with ids of the vendor's form: group, `@@@`, device.
pub(super) fn clients(instance: &AlibabaInstance, now: i64) -> Vec<Client> {
    instance
        .certificates
        .iter()
        .filter(|one| one.status == "1")
        .enumerate()
        .map(|(position, one)| {
            let client_id = format!("GID_fleet@@@{}", one.device_name);
            client(position, &client_id, &one.device_sn, now)
        })
        .collect()
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
