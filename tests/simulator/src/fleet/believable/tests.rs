use super::*;
use crate::{AwsCertificate, CasCertificate, RevokeTime};
use std::collections::BTreeSet;
use std::time::Duration;

/// 2025-06-15T12:34:56.789Z
const NOW: i64 = 1_749_990_896_789;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(NOW.unsigned_abs())
}

#[test]
fn the_same_time_gives_the_same_fleet_but_for_the_keys() {
    let without_keys = || {
        let mut fleet = fleet(now());
        for instance in fleet.tencent_mqtt.values_mut() {
            instance
                .certificates
                .iter_mut()
                .for_each(|certificate| certificate.device_certificate.clear());
        }
        for instance in fleet.alibaba_mqtt.values_mut() {
            instance
                .certificates
                .iter_mut()
                .for_each(|certificate| certificate.device_content.clear());
        }
        let cas = fleet
            .alibaba_cas
            .values()
            .cloned()
            .map(|one| CasCertificate {
                x509_certificate: None,
                sha2: None,
                ..one
            });
        let aws = fleet.aws_iot.values().cloned();
        let aws = aws.map(|one| AwsCertificate {
            certificate_id: String::new(),
            certificate_pem: String::new(),
            ..one
        });
        // In an order that does not depend on the identifiers.
        let mut aws: Vec<String> = aws.map(|one| format!("{one:?}")).collect();
        aws.sort_unstable();
        let cas: Vec<_> = cas.collect();
        (fleet.tencent_mqtt, fleet.alibaba_mqtt, cas, aws)
    };
    assert_eq!(without_keys(), without_keys());
}

#[test]
fn every_status_source_and_age_occurs() {
    let fleet = fleet(now());
    let all: Vec<_> = fleet
        .tencent_mqtt
        .values()
        .flat_map(|instance| &instance.certificates)
        .collect();
    assert_eq!(all.len(), 3_004);
    let of_status = |status: &str| all.iter().filter(|one| one.status == status).count();
    assert!(of_status("ACTIVE") > 2_000);
    for status in ["INACTIVE", "REVOKED", "PENDING_ACTIVATION"] {
        assert!(of_status(status) > 50, "{status}");
    }
    let itself = all
        .iter()
        .filter(|one| one.certificate_source.as_deref() == Some("JITP"));
    assert!(itself.clone().count() > 500);
    assert!(itself.clone().all(|one| one.client_id.is_empty()));

    let ending = |first: i64, last: i64| {
        all.iter()
            .filter(|one| {
                let days = (one.not_after_time.unwrap() - NOW) as f64 / DAY as f64;
                days > first as f64 && days <= last as f64
            })
            .count()
    };
    assert!(ending(-300, 0) > 100);
    assert!(ending(0, 7) > 20);
    assert!(ending(7, 30) > 40);
    assert!(ending(30, 90) > 80);
    assert!(ending(90, 3_000) > 2_000);
    let not_begun = all.iter().filter(|one| one.not_before_time.unwrap() > NOW);
    assert!(not_begun.count() > 20);
    assert!(
        all.iter()
            .all(|one| one.created_time <= NOW && one.update_time <= NOW)
    );
    let units: BTreeSet<_> = all.iter().map(|one| &one.organizational_unit).collect();
    assert!(units.len() > 8);
}

#[test]
fn serial_numbers_are_single_and_spelled_in_many_ways() {
    let fleet = fleet(now());
    let tencent = &fleet.tencent_mqtt["mqtt-qgzaawn9"].certificates;
    let serials: BTreeSet<_> = tencent
        .iter()
        .map(|one| one.device_certificate_sn.as_str())
        .collect();
    assert_eq!(serials.len(), tencent.len());
    assert!(serials.iter().any(|serial| serial.len() % 2 == 1));
    assert!(serials.iter().any(|serial| serial.starts_with('0')));

    let alibaba = &fleet.alibaba_mqtt["post-cn-7mz2d0000"].certificates;
    let any = |test: fn(&str) -> bool| alibaba.iter().any(|one| test(&one.device_sn));
    assert!(any(|serial| serial.starts_with("00")));
    assert!(any(
        |serial| serial.contains(|c: char| c.is_ascii_uppercase())
    ));
    assert!(any(
        |serial| serial.contains(|c: char| c.is_ascii_lowercase())
    ));
    assert!(any(|serial| serial.len() % 2 == 1));
    assert!(alibaba.iter().any(|one| one.status == "0"));
}

#[test]
fn the_private_ca_holds_every_status_and_form_of_time() {
    let fleet = fleet(now());
    let all: Vec<_> = fleet.alibaba_cas.values().collect();
    assert_eq!(all.len(), 303);
    for status in ["good", "revoked", "unknown"] {
        assert!(all.iter().any(|one| one.status == status), "{status}");
    }
    let revoked = |test: fn(&RevokeTime) -> bool| {
        all.iter()
            .any(|one| one.status == "revoked" && test(&one.revoke_time))
    };
    assert!(revoked(|time| *time == RevokeTime::Absent));
    assert!(revoked(
        |time| matches!(time, RevokeTime::Text(text) if text.len() == 17)
    ));
    assert!(revoked(|time| matches!(
        time,
        RevokeTime::Number(1..100_000_000_000)
    )));
    assert!(revoked(|time| matches!(
        time,
        RevokeTime::Number(100_000_000_000..)
    )));
}

#[test]
fn the_private_ca_lists_real_certificates() {
    let fleet = fleet(now());
    let real: Vec<_> = fleet
        .alibaba_cas
        .values()
        .filter(|one| one.sha2.is_some())
        .collect();
    assert_eq!(real.len(), 302);
    for one in real {
        let (pem, name) = (
            one.x509_certificate.as_ref().unwrap(),
            one.common_name.as_ref().unwrap(),
        );
        assert_agrees(pem, &one.serial_number, name, one.after_date.unwrap());
    }
    assert!(
        fleet
            .alibaba_cas
            .values()
            .any(|one| one.certificate_type.as_deref() == Some("SERVER"))
    );
}

#[test]
fn aws_holds_every_status_in_two_regions() {
    let fleet = fleet(now());
    let all: Vec<_> = fleet.aws_iot.values().collect();
    assert_eq!(all.len(), 323);
    for status in [
        "ACTIVE",
        "INACTIVE",
        "REVOKED",
        "PENDING_TRANSFER",
        "REGISTER_INACTIVE",
        "PENDING_ACTIVATION",
    ] {
        assert!(all.iter().any(|one| one.status == status), "{status}");
    }
    assert!(all.iter().filter(|one| one.region == "eu-west-1").count() > 200);
    assert!(all.iter().any(|one| one.region == "us-east-1"));
    assert!(
        all.iter().any(|one| one.ca_certificate_id.is_none())
            && all.iter().any(|one| one.not_after.is_none())
    );
    assert!(all.iter().all(|one| one.creation_date <= one.last_modified_date && one.last_modified_date <= NOW));
}

#[test]
fn two_certificates_are_the_same_ones_at_every_vendor() {
    let mut fleet = fleet(now());
    for (name, serial, at_tencent, at_ca) in [
        (
            "gateway-munich-plant-7001",
            "0a7e4419c2d85b60f3918e2d7c55aa01",
            "ACTIVE",
            "good",
        ),
        (
            "gateway-munich-plant-7002",
            "0b31f7d0928ce4465a17c3908fd2ee02",
            "REVOKED",
            "revoked",
        ),
    ] {
        let tencent = fleet
            .tencent_certificate("mqtt-qgzaawn9", &serial[1..])
            .unwrap()
            .clone();
        let ca = fleet.alibaba_cas[serial].clone();
        let aws = fleet.aws_iot[ca.sha2.as_ref().unwrap()].clone();
        let alibaba = fleet.alibaba_mqtt["post-cn-7mz2d0000"]
            .certificates
            .iter()
            .find(|one| one.device_name == name)
            .unwrap();
        assert_eq!(alibaba.device_sn, format!("00{}", serial.to_uppercase()));
        assert_eq!(
            (tencent.status.as_str(), aws.status.as_str()),
            (at_tencent, at_tencent)
        );
        assert_eq!((ca.status.as_str(), alibaba.status.as_str()), (at_ca, "1"));
        let pem = &alibaba.device_content;
        assert!(
            [
                &tencent.device_certificate,
                ca.x509_certificate.as_ref().unwrap(),
                &aws.certificate_pem
            ]
            .iter()
            .all(|one| *one == pem)
        );
        assert_agrees(pem, serial, name, tencent.not_after_time.unwrap());
    }
}

#[test]
fn one_device_is_connected_at_every_broker_and_has_a_neighbour() {
    let fleet = fleet(now());
    let connected = |vendor, place: &str| -> Vec<_> {
        fleet
            .clients_of(vendor, place)
            .filter(|client| client.connected && client.client_id.starts_with("excavator-7940"))
            .map(|client| {
                assert!(fleet.admits(
                    &(vendor, place.to_owned(), client.client_id.clone()),
                    client
                ));
                client.client_id.clone()
            })
            .collect()
    };
    let (stolen, neighbour) = ("excavator-7940", "excavator-79401");
    assert_eq!(
        connected(Vendor::TencentMqtt, "mqtt-qgzaawn9"),
        [stolen, neighbour]
    );
    assert_eq!(
        connected(Vendor::AlibabaMqtt, "post-cn-7mz2d0000"),
        [stolen]
    );
    assert_eq!(connected(Vendor::AwsIot, "eu-west-1"), [stolen]);

    let at_tencent = fleet
        .tencent_mqtt
        .values()
        .flat_map(|one| &one.certificates);
    let of_tencent = at_tencent.filter(|one| one.device_certificate_cn == stolen);
    let at_alibaba = fleet
        .alibaba_mqtt
        .values()
        .flat_map(|one| &one.certificates);
    let of_alibaba = at_alibaba.filter(|one| one.device_name == stolen);
    assert_eq!((of_tencent.count(), of_alibaba.count()), (1, 1));
    assert_eq!(fleet.things[stolen].principals.len(), 1);
}

#[test]
fn clients_are_connected_and_not_and_things_are_usual_and_not() {
    let fleet = fleet(now());
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AwsIot] {
        let clients = fleet.clients.iter().filter(|((of, _, _), _)| *of == vendor);
        let (on, off): (Vec<_>, Vec<_>) = clients.partition(|(_, client)| client.connected);
        assert!(on.len() > off.len() && off.len() > 10, "{vendor:?}");
        assert!(on.iter().all(|(_, one)| one.connected_at <= NOW));
        assert!(off.iter().all(|(_, one)| one.disconnected_at <= NOW));
    }
    assert_eq!(fleet.things["gateway-lyon-hub"].principals.len(), 51);
    let shared = &fleet.things["crane-0101"].principals;
    let of_shared = fleet
        .things
        .values()
        .filter(|thing| shared.len() == 1 && thing.principals.contains(&shared[0]));
    assert!(of_shared.count() >= 3);
}

#[test]
fn the_published_examples_are_there() {
    let mut fleet = fleet(now());
    let tencent = fleet
        .tencent_certificate("mqtt-qgzaawn9", "0eef68a582b94254296e54ce754f94d707a59913")
        .unwrap();
    assert_eq!(tencent.client_id, "client-1");
    let alibaba = fleet
        .alibaba_certificate("post-cn-7mz2d0000", "356217374433", "007269004887")
        .unwrap();
    assert_eq!(alibaba.status, "1");
    assert_eq!(
        fleet.alibaba_cas["b67e53ebcea9b77d65b0c3236646d715"].status,
        "good"
    );
}

#[test]
fn some_certificates_can_be_decoded_and_agree_with_their_records() {
    let fleet = fleet(now());
    let tencent = &fleet.tencent_mqtt["mqtt-qgzaawn9"].certificates;
    let real: Vec<_> = tencent
        .iter()
        .filter(|one| one.device_certificate.contains("\nMII"))
        .collect();
    assert_eq!(real.len(), REAL_CERTIFICATES + 4);
    for one in real {
        assert_agrees(
            &one.device_certificate,
            &one.device_certificate_sn,
            &one.device_certificate_cn,
            one.not_after_time.unwrap(),
        );
    }
    for one in fleet.alibaba_mqtt["mqtt-cn-sim0002"]
        .certificates
        .iter()
        .take(REAL_CERTIFICATES)
    {
        assert_agrees(
            &one.device_content,
            &one.device_sn,
            &one.device_name,
            one.valid_end,
        );
    }
}

/// Looks for the record's facts in the certificate's DER, each with its tag and length before it.
fn assert_agrees(pem: &str, serial: &str, common_name: &str, not_after: i64) {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let holds = |tag: u8, content: &[u8]| {
        let mut wanted = vec![tag, u8::try_from(content.len()).unwrap()];
        wanted.extend_from_slice(content);
        der.windows(wanted.len()).any(|window| window == wanted)
    };
    let digits = serial.trim_start_matches('0').to_lowercase();
    let digits = if digits.len() % 2 == 1 {
        format!("0{digits}")
    } else {
        digits
    };
    let mut octets: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&digits[start..start + 2], 16).unwrap())
        .collect();
    if octets[0] >= 0x80 {
        octets.insert(0, 0);
    }
    assert!(holds(0x02, &octets), "serial {serial} in {pem}");
    assert!(
        holds(0x0c, common_name.as_bytes()),
        "name {common_name} in {pem}"
    );
    let end = time::OffsetDateTime::from_unix_timestamp(not_after / 1000).unwrap();
    let form = time::macros::format_description!(
        "[year repr:last_two][month][day][hour][minute][second]Z"
    );
    assert!(
        holds(0x17, end.format(form).unwrap().as_bytes()),
        "end in {pem}"
    );
}
