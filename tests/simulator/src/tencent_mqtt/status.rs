//! ActivateDeviceCertificate and DeactivateDeviceCertificate.
//!
//! Not documented, and decided here: a certificate that has the wanted status already is set once
//! more, and a revoked one cannot leave its status.

use super::{Instances, TencentCertificate, certificate_not_found, instance, key, refusal};
use crate::Vendor;
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::vendor::Task;
use serde_json::{Value, json};

/// Finds the certificate and changes it, unless the call is to have no effect. The answer holds
/// nothing but the RequestId.
pub(super) fn set(
    store: &mut Store,
    region: &str,
    task: &Task<'_>,
    change: impl FnOnce(&mut TencentCertificate, i64),
) -> Result<Value, Refusal> {
    let (instance_id, serial) = key(task.parameters)?;
    let now = task.received.moment();
    instance(store, region, instance_id)?;
    let certificate = store
        .change::<Instances>(&(instance_id.to_owned(), serial.to_owned()), now.instant)
        .ok_or_else(certificate_not_found)?;
    if certificate.status == "REVOKED" {
        return Err(refusal(
            "OperationDenied",
            "The certificate has been revoked.",
        ));
    }
    if task.has_effect {
        change(certificate, now.milliseconds);
        store.certificate_was_changed(Vendor::TencentMqtt, instance_id, serial, now);
    }
    Ok(json!({}))
}

/// `now` is in epoch milliseconds.
pub(super) fn activate(certificate: &mut TencentCertificate, now: i64) {
    "ACTIVE".clone_into(&mut certificate.status);
    certificate.last_activation_time = now;
    certificate.update_time = now;
}

/// `now` is in epoch milliseconds.
pub(super) fn deactivate(certificate: &mut TencentCertificate, now: i64) {
    "INACTIVE".clone_into(&mut certificate.status);
    certificate.last_inactivation_time = now;
    certificate.update_time = now;
}

#[cfg(test)]
mod tests {
    use crate::testing::{TencentCall, simulator};
    use crate::{Fault, Fleet, Simulator, TencentCertificate, TencentInstance, Vendor};
    use serde_json::{Value, json};

    async fn three() -> Simulator {
        let certificates =
            ["ACTIVE", "PENDING_ACTIVATION", "REVOKED"].map(|status| TencentCertificate {
                device_certificate_sn: status.to_lowercase(),
                status: status.to_owned(),
                last_activation_time: 5,
                update_time: 5,
                ..TencentCertificate::default()
            });
        let instance = TencentInstance {
            instance_id: "mqtt-1".to_owned(),
            region: "ap-guangzhou".to_owned(),
            certificates: certificates.to_vec(),
            ..TencentInstance::default()
        };
        simulator(Fleet::of([instance])).await
    }

    fn call(action: &'static str, instance_id: &str, serial: &str) -> TencentCall {
        TencentCall::new(
            action,
            &json!({"InstanceId": instance_id, "DeviceCertificateSn": serial}),
        )
    }

    fn described(simulator: &Simulator, serial: &str) -> Value {
        call("DescribeDeviceCertificate", "mqtt-1", serial).send(simulator)
    }

    #[tokio::test]
    async fn a_certificate_is_switched_off_and_on_again() {
        let simulator = three().await;
        let answer = call("DeactivateDeviceCertificate", "mqtt-1", "active").send(&simulator);
        assert_eq!(
            answer.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["RequestId"]
        );
        let off = described(&simulator, "active");
        assert_eq!(
            (&off["Status"], &off["LastActivationTime"]),
            (&json!("INACTIVE"), &json!(5))
        );
        assert!(off["LastInactivationTime"].as_i64().unwrap() > 1_700_000_000_000);
        assert_eq!(off["UpdateTime"], off["LastInactivationTime"]);

        assert_eq!(
            call("ActivateDeviceCertificate", "mqtt-1", "active").code(&simulator),
            "ok"
        );
        let on = described(&simulator, "active");
        assert_eq!(
            (&on["Status"], &on["LastInactivationTime"]),
            (&json!("ACTIVE"), &off["LastInactivationTime"])
        );
        assert_eq!(on["UpdateTime"], on["LastActivationTime"]);
        assert_eq!(
            call("ActivateDeviceCertificate", "mqtt-1", "active").code(&simulator),
            "ok"
        );
        assert_eq!(
            call("ActivateDeviceCertificate", "mqtt-1", "pending_activation").code(&simulator),
            "ok"
        );
        assert_eq!(
            described(&simulator, "pending_activation")["Status"],
            "ACTIVE"
        );
    }

    #[tokio::test]
    async fn an_impossible_change_is_refused() {
        let simulator = three().await;
        for action in ["DeactivateDeviceCertificate", "ActivateDeviceCertificate"] {
            assert_eq!(
                call(action, "mqtt-1", "revoked").code(&simulator),
                "OperationDenied"
            );
            assert_eq!(
                call(action, "mqtt-1", "ACTIVE").code(&simulator),
                "ResourceNotFound.Certificate"
            );
            assert_eq!(
                call(action, "mqtt-2", "active").code(&simulator),
                "ResourceNotFound.Instance"
            );
            assert_eq!(
                call(action, "mqtt-1", "").code(&simulator),
                "InvalidParameterValue"
            );
            let elsewhere = TencentCall {
                region: "ap-tokyo",
                ..call(action, "mqtt-1", "active")
            };
            assert_eq!(elsewhere.code(&simulator), "ResourceNotFound.Instance");
        }
        assert_eq!(described(&simulator, "revoked")["UpdateTime"], 5);
    }

    #[tokio::test]
    async fn a_write_can_be_made_to_succeed_without_effect() {
        let simulator = three().await;
        simulator.fail(Vendor::TencentMqtt, Fault::SucceedWithoutEffect);
        assert_eq!(
            call("DeactivateDeviceCertificate", "mqtt-1", "active").code(&simulator),
            "ok"
        );
        assert_eq!(described(&simulator, "active")["Status"], "ACTIVE");
        assert_eq!(
            call("DeactivateDeviceCertificate", "mqtt-1", "active").code(&simulator),
            "ok"
        );
        assert_eq!(described(&simulator, "active")["Status"], "INACTIVE");
    }
}
