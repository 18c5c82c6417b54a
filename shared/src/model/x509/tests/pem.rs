//! PEM in the ways in which it is kept.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::der::{Parts, element};
use super::*;

/// A block without line breaks in its base64.
pub(super) fn block(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

fn key() -> String {
    // A PKCS #8 key begins with its version.
    let der = element(
        0x30,
        &[element(0x02, &[0]), element(0x04, b"secret key")].concat(),
    );
    block("PRIVATE KEY", &der)
}

fn rewritten(text: &str) -> Option<String> {
    let certificates = certificates(text);
    (!certificates.is_empty()).then(|| to_pem(&certificates))
}

#[test]
fn a_certificate_is_found_however_it_was_kept() {
    let base64: Vec<&str> = PEM.lines().filter(|line| !line.starts_with('-')).collect();
    let base64 = base64.concat();
    for (case, text) in [
        ("as it is", PEM.to_owned()),
        ("a byte order mark", format!("\u{feff}{PEM}")),
        ("carriage returns", PEM.replace('\n', "\r\n")),
        ("only carriage returns", PEM.replace('\n', "\r")),
        ("letters for line feeds", PEM.replace('\n', "\\n")),
        ("letters for both", PEM.replace('\n', "\\r\\n")),
        ("letters escaped twice", PEM.replace('\n', "\\\\n")),
        ("letters and line feeds", PEM.replace('\n', "\\n\n")),
        ("escaped slashes", PEM.replace('/', "\\/")),
        ("blanks for line feeds", PEM.replace('\n', " ")),
        ("indented", PEM.replace('\n', "\n\t  ")),
        (
            "one line",
            PEM.replace('\n', "").replace("-----M", "-----\nM"),
        ),
        ("no line breaks at all", PEM.replace('\n', "")),
        ("no padding", PEM.replace('=', "")),
        (
            "too much padding",
            PEM.replace("\n-----END", "==\n-----END"),
        ),
        (
            "the old label",
            PEM.replace("CERTIFICATE", "X509 CERTIFICATE"),
        ),
        (
            "the trusted label",
            PEM.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        ),
        (
            "Alibaba's label",
            PEM.replace("CERTIFICATE", "DEVICECERTIFICATE"),
        ),
        (
            "text around",
            format!("Subject: CN = x\n-----\n{PEM}\nEnd-----\n"),
        ),
        (
            "attributes",
            format!("Bag Attributes\n    localKeyID: 01\n{PEM}"),
        ),
        (
            "a header inside",
            PEM.replacen("-----\n", "-----\nX-Name: a b\n\n", 1),
        ),
        ("a key before", format!("{}{PEM}", key())),
        ("a key behind", format!("{PEM}{}", key())),
        (
            "a broken block before",
            format!("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n{PEM}"),
        ),
        (
            "an empty block before",
            format!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n{PEM}"),
        ),
        (
            "a block without an end before",
            format!("-----BEGIN CERTIFICATE-----\nMIIB\n{PEM}"),
        ),
        ("base64 alone", base64.clone()),
        (
            "base64 alone, in lines",
            format!("\u{feff}{}\n", base64.replace('M', "\nM")),
        ),
    ] {
        assert_eq!(rewritten(&text).as_deref(), Some(PEM), "{case}");
    }
}

#[test]
fn other_texts_hold_no_certificate() {
    let key_alone = key().lines().nth(1).unwrap().to_owned();
    let crossed = PEM.replace("END CERTIFICATE", "END PRIVATE KEY");
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN DEVICECERTIFICATE-----\\n-----END DEVICECERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        "MIIB",
        "certificate",
        &key(),
        &key_alone,
        &crossed,
        &key().replace("PRIVATE KEY", "CERTIFICATE"),
        &block("CERTIFICATE REQUEST", &Parts::default().der()),
    ] {
        assert_eq!(rewritten(text), None, "{text}");
    }
}

#[test]
fn a_private_key_with_the_label_of_a_certificate_is_none() {
    let integer = |octets: &[u8]| element(0x02, octets);
    let octets = element(0x04, b"secret key");
    let algorithm = element(0x30, &element(0x06, &[0x2a, 0x86, 0x48]));
    let pkcs_8 = element(
        0x30,
        &[integer(&[0]), algorithm.clone(), octets.clone()].concat(),
    );
    for (form, der) in [
        ("PKCS #1", element(0x30, &integer(&[0]).repeat(9))),
        ("PKCS #8, breaking off", pkcs_8[..20].to_vec()),
        ("PKCS #8", pkcs_8),
        (
            "SEC 1",
            element(0x30, &[integer(&[1]), octets.clone()].concat()),
        ),
        ("encrypted", element(0x30, &[algorithm, octets].concat())),
        ("OpenSSH", b"openssh-key-v1\0secret key".to_vec()),
    ] {
        for label in ["CERTIFICATE", "TRUSTED CERTIFICATE"] {
            assert_eq!(rewritten(&block(label, &der)), None, "{form}");
            let beside = format!("{}{PEM}", block(label, &der));
            assert_eq!(rewritten(&beside).as_deref(), Some(PEM), "{form}");
        }
    }
}

#[test]
fn only_certificates_are_handed_out_and_all_of_them() {
    let other = Parts::default().der();
    let text = format!(
        "key:\n{}{PEM}issuer:\n{}{}",
        key(),
        block("X509 CERTIFICATE", &other),
        key().replace("PRIVATE", "EC PRIVATE")
    );
    assert_eq!(rewritten(&text), Some(format!("{PEM}{}", to_pem(&[other]))));
}

#[test]
fn a_certificate_that_cannot_be_read_has_a_fingerprint_and_is_handed_out() {
    for der in [
        &b"no certificate at all"[..],
        &[0x30, 0x82, 0x7f],
        &[0x30, 0],
    ] {
        let found = certificates(&block("CERTIFICATE", der));
        assert_eq!(found, [der]);
        let facts = X509::from_der(der);
        assert_eq!(facts.fingerprint_sha256, Fingerprint::of(der));
        assert_eq!(facts.serial_number, None);
    }
}

#[test]
fn bytes_behind_the_certificate_are_no_part_of_it() {
    let der = Parts::default().der();
    let parts = Parts {
        trailing: element(0x30, &element(0x0c, b"an alias")),
        ..Parts::default()
    };
    assert_eq!(
        certificates(&block("TRUSTED CERTIFICATE", &parts.der())),
        [der]
    );
}

#[test]
fn lines_have_64_columns() {
    for length in [1, 47, 48, 49, 96] {
        let pem = to_pem(&[vec![7; length]]);
        let lines: Vec<usize> = pem.lines().skip(1).map(str::len).collect();
        let (_, lines) = lines.split_last().unwrap();
        let (last, full) = lines.split_last().unwrap();
        assert!(full.iter().all(|length| *length == 64) && (1..=64).contains(last));
        assert_eq!(certificates(&pem), [vec![7; length]]);
    }
}
