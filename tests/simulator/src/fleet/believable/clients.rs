//! Clients and things of a believable fleet.

use super::DAY;
use crate::fleet::issue;
use crate::{AwsCertificate, Client, Fleet, TencentCertificate, Thing, Vendor};

/// The device of the story: one certificate and one connection at each broker, under one name.
pub(super) const STOLEN: &str = "excavator-7940";

/// Its neighbour at Tencent, whose id begins with its name.
const NEIGHBOUR: &str = "excavator-79401";

/// The client of a certificate; most are connected, for some hours.
pub(crate) fn client(position: usize, client_id: &str, certificate: &str, now: i64) -> Client {
    let number = i64::try_from(position).unwrap_or_default();
    let port = number.rem_euclid(16_000).saturating_add(49_000);
    let since = number.saturating_mul(97_003).rem_euclid(DAY);
    let client = Client {
        address: format!("203.0.113.{}:{port}", number.rem_euclid(250)),
        created_at: now.saturating_sub(DAY.saturating_mul(90)),
        connected_at: now.saturating_sub(since),
        clean_session: number.rem_euclid(4) == 0,
        protocol_version: if number.rem_euclid(3) == 0 { 5 } else { 4 },
        subscriptions: vec![format!("devices/{client_id}/commands")],
        ..Client::of(client_id, certificate)
    };
    if number.rem_euclid(7) == 6 {
        let ended = client.connected_at.saturating_add(since.div_euclid(2));
        Client {
            disconnected_at: ended,
            ..client.offline()
        }
    } else {
        client
    }
}

/// Adds the neighbour of the story to a Tencent instance.
pub(super) fn add_neighbour(fleet: &mut Fleet, instance_id: &str, now: i64) {
    let validity = super::Validity::days(now, -200, 530);
    let issued = issue(
        "0d52c07be914403f8a6611c9e0b7fa04",
        NEIGHBOUR,
        Some("Construction Machinery"),
        validity.not_before,
        validity.not_after,
    );
    let certificate = TencentCertificate {
        created_time: now.saturating_sub(DAY.saturating_mul(190)),
        update_time: now.saturating_sub(DAY.saturating_mul(190)),
        ..TencentCertificate::of(&issued)
    };
    let client = client(1, NEIGHBOUR, &certificate.device_certificate_sn, now);
    if let Some(instance) = fleet.tencent_mqtt.get_mut(instance_id) {
        instance.certificates.push(certificate);
        *fleet = std::mem::take(fleet).with_clients(Vendor::TencentMqtt, instance_id, [client]);
    }
}

/// Adds a thing that has fifty certificates and a Cognito identity, and three things that share
/// one certificate.
pub(super) fn add_unusual_things(fleet: &mut Fleet) {
    let mut certificates: Vec<&AwsCertificate> = fleet
        .aws_iot
        .values()
        .filter(|one| one.region == "eu-west-1" && one.status == "ACTIVE")
        .collect();
    certificates.sort_by_key(|one| one.creation_date);
    let mut certificates = certificates.into_iter();
    let hub = Thing::of("gateway-lyon-hub", certificates.by_ref().take(50))
        .with_principal("eu-west-1:6f1d2c3b-0a98-4e57-b6c5-d4e3f2a1b0c9");
    let shared: Vec<&AwsCertificate> = certificates.take(1).collect();
    let cranes = ["crane-0101", "crane-0102", "crane-0103"];
    let cranes = cranes.map(|name| Thing::of(name, shared.iter().copied()));
    *fleet = std::mem::take(fleet).with(cranes).with([hub]);
}
