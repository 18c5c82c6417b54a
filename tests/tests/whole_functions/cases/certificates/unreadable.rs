//! DER that cannot be read still has a fingerprint.

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, TencentCertificate, Vendor};

use super::der::{Parts, indefinite};
use super::{Kept, at_every_vendor, block, facts, found, records};
use crate::cells::{ALIBABA_CA, BROKERS, inactivation, on_and_off, request, words};
use crate::setup::{alibaba, function, pair, simulator, tencent};

fn unreadable() -> Vec<Kept> {
    let whole = Parts::default().der();
    let mut flipped = whole.clone();
    flipped[4] = 0x04;
    let ders = [
        b"no certificate at all".to_vec(),
        vec![0x30, 0x82, 0x7f],
        vec![0x30, 0x00],
        whole[..9].to_vec(),
        flipped,
        indefinite(0x31, &whole),
        vec![0xff; 300],
    ];
    ders.map(Kept::of).into()
}

#[tokio::test]
async fn the_fingerprint_is_shown_found_and_handed_out_where_nothing_else_can_be_read() {
    let kept = unreadable();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in Vendor::ALL {
        let records = records(&mut function, vendor).await;
        assert_eq!(records.len(), kept.len(), "{vendor:?}");
        for kept in &kept {
            let fingerprint = kept.fingerprint();
            let record = &records[&fingerprint];
            let nothing = json!([null, null, null, null, null]);
            assert_eq!(facts(record), nothing, "{vendor:?} {:?}", kept.der);
            assert_eq!(record["pem"], block("CERTIFICATE", &kept.der), "{vendor:?}");
            let filter = json!({ "fingerprints_sha256": [fingerprint] });
            assert_eq!(
                found(&mut function, vendor, filter).await,
                [fingerprint],
                "{vendor:?}"
            );
        }
    }
}

const SERIAL: &str = "0eef68";

/// The certificate at every broker, under one serial number.
async fn at_the_brokers(kept: &Kept) -> simulator::Simulator {
    let fleet = tencent(vec![TencentCertificate {
        device_certificate_sn: SERIAL.to_owned(),
        ..kept.at_tencent("truck-1")
    }]);
    let mut fleet = fleet.with([kept.at_aws()]);
    fleet.alibaba_mqtt = alibaba(vec![AlibabaMqttCertificate {
        device_sn: SERIAL.to_owned(),
        ..kept.at_alibaba("truck-1")
    }])
    .alibaba_mqtt;
    simulator(fleet).await
}

fn named(vendor: Vendor, fingerprint: &str) -> Value {
    match vendor {
        Vendor::AwsIot => json!({ "fingerprint_sha256": fingerprint }),
        Vendor::AlibabaMqtt => {
            json!({ "serial_number": SERIAL, "ca_serial_number": ALIBABA_CA, "fingerprint_sha256": fingerprint })
        }
        _ => json!({ "serial_number": SERIAL, "fingerprint_sha256": fingerprint }),
    }
}

#[tokio::test]
async fn an_order_that_names_the_fingerprint_is_carried_out_and_one_that_names_another_is_not() {
    for kept in unreadable() {
        let simulator = at_the_brokers(&kept).await;
        let mut function = function("inactivate", &simulator).await;
        for vendor in BROKERS {
            let (on, off) = on_and_off(vendor);
            if vendor != Vendor::AwsIot {
                let other = json!({ "certificates": [named(vendor, &"ab".repeat(32))] });
                let answer = function.invoke(request(vendor, &other)).await.json();
                let result = &answer["results"][0];
                assert_eq!(
                    (&result["outcome"], &result["error"]["field"]),
                    (&json!("refused"), &json!("fingerprint_sha256")),
                    "{vendor:?}: {answer}"
                );
                assert_eq!(words(&simulator, vendor), [on], "{vendor:?}");
            }
            let order = json!({ "certificates": [named(vendor, &kept.fingerprint())] });
            let answer = function.invoke(request(vendor, &order)).await.json();
            let result = &answer["results"][0];
            assert_eq!(
                (
                    &result["outcome"],
                    &result["verified"],
                    &result["fingerprint_sha256"]
                ),
                (
                    &json!("inactivated"),
                    &json!(true),
                    &json!(kept.fingerprint())
                ),
                "{vendor:?}: {answer}"
            );
            assert_eq!(words(&simulator, vendor), [off], "{vendor:?}");
            assert_eq!(
                simulator.count(vendor, inactivation(vendor).write),
                1,
                "{vendor:?}"
            );
        }
    }
}
