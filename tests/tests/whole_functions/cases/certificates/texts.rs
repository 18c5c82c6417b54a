//! The texts in which certificates are kept.

use serde_json::json;
use simulator::Vendor;

use super::der::{Parts, element};
use super::{Kept, at_every_vendor, block, facts, found, records, usual};
use crate::setup::pair;

/// A certificate that differs from others by its number, and what it says.
fn numbered(number: u8) -> (Vec<u8>, serde_json::Value) {
    let serial_number = element(0x02, &[1, number]);
    let mut expected = usual();
    expected[0] = json!(format!("01{number:02x}"));
    (
        Parts {
            serial_number,
            ..Parts::default()
        }
        .der(),
        expected,
    )
}

/// Makes the text that the vendor keeps of the certificate's PEM.
type Keeping = fn(&str) -> String;

fn texts() -> Vec<(&'static str, Keeping)> {
    vec![
        ("a byte order mark", |pem| format!("\u{feff}{pem}")),
        ("the old label", |pem| {
            pem.replace("CERTIFICATE", "X509 CERTIFICATE")
        }),
        ("letters for line breaks", |pem| pem.replace('\n', "\\r\\n")),
        // Further ones of their kinds.
        ("a byte order mark and the old label", |pem| {
            format!("\u{feff}{}", pem.replace("CERTIFICATE", "X509 CERTIFICATE"))
        }),
        ("the trusted label", |pem| {
            pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE")
        }),
        ("Alibaba's label", |pem| {
            pem.replace("CERTIFICATE", "DEVICECERTIFICATE")
        }),
        ("letters for line feeds", |pem| pem.replace('\n', "\\n")),
        ("letters and line feeds", |pem| {
            pem.replace('\n', "\\r\\n\n")
        }),
        ("carriage returns", |pem| pem.replace('\n', "\r")),
        ("no line breaks", |pem| pem.replace('\n', "")),
        ("blanks for line breaks", |pem| pem.replace('\n', " ")),
        ("text around it", |pem| {
            format!("Subject: CN = x\n{pem}as issued today\n")
        }),
        ("attributes before it", |pem| {
            format!("Bag Attributes\n    localKeyID: 01\n{pem}")
        }),
        ("an empty block before it", |pem| {
            format!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n{pem}")
        }),
        ("base64 alone", |pem| {
            pem.lines().filter(|line| !line.starts_with('-')).collect()
        }),
    ]
}

#[tokio::test]
async fn a_certificate_is_read_and_handed_out_as_pem_however_its_text_was_kept() {
    let texts = texts();
    let certificates: Vec<_> = (0..)
        .zip(&texts)
        .map(|(number, (_, keep))| {
            let (der, facts) = numbered(number);
            (
                Kept {
                    text: keep(&block("CERTIFICATE", &der)),
                    der,
                },
                facts,
            )
        })
        .collect();
    let kept: Vec<Kept> = certificates.iter().map(|(kept, _)| kept.clone()).collect();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in Vendor::ALL {
        let records = records(&mut function, vendor).await;
        for ((case, _), (kept, expected)) in texts.iter().zip(&certificates) {
            let record = records
                .get(&kept.fingerprint())
                .unwrap_or_else(|| panic!("{vendor:?}: {case}"));
            assert_eq!(facts(record), *expected, "{vendor:?}: {case}");
            assert_eq!(
                record["pem"],
                block("CERTIFICATE", &kept.der),
                "{vendor:?}: {case}"
            );
            let filter = json!({ "fingerprints_sha256": [kept.fingerprint()] });
            assert_eq!(
                found(&mut function, vendor, filter).await,
                [kept.fingerprint()],
                "{vendor:?}: {case}"
            );
        }
    }
}

#[tokio::test]
async fn text_after_a_certificate_is_no_part_of_it() {
    let alias = element(0x30, &element(0x0c, b"an alias"));
    let mut certificates = Vec::new();
    for (number, label, trailing) in [
        (1, "TRUSTED CERTIFICATE", alias),
        (2, "CERTIFICATE", b"\r\n".to_vec()),
        (3, "CERTIFICATE", vec![0; 7]),
        (4, "X509 CERTIFICATE", numbered(9).0),
    ] {
        let (der, facts) = numbered(number);
        let text = block(label, &[der.clone(), trailing].concat());
        certificates.push((Kept { der, text }, facts));
    }
    let kept: Vec<Kept> = certificates.iter().map(|(kept, _)| kept.clone()).collect();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in Vendor::ALL {
        let records = records(&mut function, vendor).await;
        for (kept, expected) in &certificates {
            let record = &records[&kept.fingerprint()];
            assert_eq!(facts(record), *expected, "{vendor:?}");
            assert_eq!(record["pem"], block("CERTIFICATE", &kept.der), "{vendor:?}");
        }
    }
}
