//! Two real certificates that every vendor holds, each in its own spelling and words.

use super::{DAY, Validity, aws};
use crate::fleet::{
    AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet, IssuedCertificate, RevokeTime,
    TencentCertificate, issue,
};

const UNIT: &str = "Werk München";

/// Adds one certificate that is good everywhere, and one that is revoked everywhere but at Alibaba
/// MQTT.
pub(super) fn add(fleet: &mut Fleet, now: i64) {
    let validity = Validity::days(now, -200, 530);
    let registered = now.saturating_sub(DAY.saturating_mul(190));
    let revoked = now.saturating_sub(DAY.saturating_mul(12));
    let certificate = |serial, name| {
        issue(
            serial,
            name,
            Some(UNIT),
            validity.not_before,
            validity.not_after,
        )
    };
    register(
        fleet,
        &certificate(
            "0a7e4419c2d85b60f3918e2d7c55aa01",
            "gateway-munich-plant-7001",
        ),
        registered,
        None,
    );
    register(
        fleet,
        &certificate(
            "0b31f7d0928ce4465a17c3908fd2ee02",
            "gateway-munich-plant-7002",
        ),
        registered,
        Some(revoked),
    );
}

/// Both times are epoch milliseconds.
fn register(fleet: &mut Fleet, issued: &IssuedCertificate, registered: i64, revoked: Option<i64>) {
    let changed = revoked.unwrap_or(registered);
    let status = if revoked.is_some() {
        "REVOKED"
    } else {
        "ACTIVE"
    }
    .to_owned();
    if let Some(instance) = fleet.tencent_mqtt.get_mut("mqtt-qgzaawn9") {
        instance.certificates.push(TencentCertificate {
            device_certificate_sn: issued.serial.trim_start_matches('0').to_owned(),
            status: status.clone(),
            last_activation_time: registered,
            created_time: registered,
            update_time: changed,
            ..TencentCertificate::of(issued)
        });
    }
    if let Some(instance) = fleet.alibaba_mqtt.get_mut("post-cn-7mz2d0000") {
        let device_sn = format!("00{}", issued.serial.to_uppercase());
        instance.certificates.push(AlibabaMqttCertificate {
            device_sn,
            ..AlibabaMqttCertificate::of(issued)
        });
    }
    let cas = CasCertificate {
        status: if revoked.is_some() { "revoked" } else { "good" }.to_owned(),
        revoke_time: RevokeTime::Number(revoked.unwrap_or_default()),
        ..CasCertificate::of(issued)
    };
    fleet.alibaba_cas.insert(cas.serial_number.clone(), cas);
    let ca_certificate_id = Some(aws::AUTHORITY.to_owned());
    let aws = AwsCertificate {
        ca_certificate_id,
        status,
        creation_date: registered,
        last_modified_date: changed,
        ..AwsCertificate::of(issued)
    };
    fleet.aws_iot.insert(aws.certificate_id.clone(), aws);
}
