//! Certificates, and vendors' texts with certificates in them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use certificate_provider::model::{Certificate, ProviderRecord, SerialNumber, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::world::now;

/// The first byte of an input whose rest is a certificate in DER. The rest of others is a text.
pub(crate) const DER: u8 = 1;

/// A longer serial number of a certificate is shown, but no request can name it.
const MOST_DIGITS: usize = 128;
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFRoaXMgaXMgbm8ga2V5IG9mIGFueWJv\n-----END PRIVATE KEY-----\n";
const SECRET: &str = "IEIFRoaXMgaXMgbm8ga2V5";

/// The bytes are a certificate or a text with certificates.
///
/// # Panics
/// When an answer holds a private key or a value that cannot be read again, or when it depends on
/// how the same certificate was kept.
pub fn certificate(data: &[u8]) {
    match data.split_first() {
        Some((&DER, der)) => check_der(der),
        Some((_, text)) => drop(check_text(&String::from_utf8_lossy(text))),
        None => {}
    }
}

fn check_der(der: &[u8]) {
    let base64 = BASE64_STANDARD.encode(der);
    let block = |label: &str, content: &str| {
        format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
    };
    let plain = block("CERTIFICATE", &base64);
    let answer = check_text(&plain);
    for kept in [
        format!("\u{feff}{KEY}{plain}"),
        format!("{plain}{KEY}"),
        plain.replace('\n', "\\n"),
        plain.replace('\n', "\\r\\n"),
        block("DEVICECERTIFICATE", base64.trim_end_matches('=')),
        format!("{KEY}text\n{}", block("X509 CERTIFICATE", &base64)).replace('\n', "\r\n"),
    ] {
        assert_eq!(check_text(&kept), answer, "{kept}");
        assert!(!answer.to_string().contains(SECRET), "a key is handed out");
    }
}

/// Checks what holds for any text, and gives the answer.
fn check_text(text: &str) -> Value {
    let certificate = read(text);
    let answer = shown(&certificate);
    let number = certificate.serial_number.as_ref().map(SerialNumber::as_str);
    if let Some(number) =
        number.filter(|number| number.trim_start_matches('-').len() <= MOST_DIGITS)
    {
        let again = SerialNumber::parse(number).expect("a canonical form can be read");
        assert_eq!(Some(&again), certificate.serial_number.as_ref());
        assert_eq!(again.as_str(), number);
    }
    for moment in [certificate.not_before, certificate.not_after] {
        let again = moment.map(|moment| Timestamp::parse(&moment.to_string()));
        assert_eq!(again.transpose(), Ok(moment));
    }
    match (&certificate.pem, &certificate.fingerprint_sha256) {
        (None, None) => assert_eq!(number, None, "it is of no certificate"),
        (Some(pem), Some(fingerprint)) => {
            let first = only_certificates(pem);
            let digest = Sha256::digest(first);
            let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
            assert_eq!(fingerprint.as_str(), hex);
            assert_eq!(shown(&read(pem)), answer, "read again, it is another one");
        }
        either => panic!("a certificate without a fingerprint, or the other way round: {either:?}"),
    }
    answer
}

fn read(text: &str) -> Certificate {
    let record = ProviderRecord {
        pem: Some(text.to_owned()),
        ..ProviderRecord::default()
    };
    record.into_certificate(now(), true)
}

fn shown(certificate: &Certificate) -> Value {
    serde_json::to_value(certificate).expect("a certificate can be written")
}

/// The first certificate of a text that holds nothing else.
fn only_certificates(pem: &str) -> Vec<u8> {
    let blocks = pem.split_terminator("-----END CERTIFICATE-----\n");
    let mut ders = blocks.map(|block| {
        let base64 = block
            .strip_prefix("-----BEGIN CERTIFICATE-----\n")
            .expect("a certificate begins");
        let lines: Vec<&str> = base64.split_terminator('\n').collect();
        assert!(lines.iter().all(|line| line.len() <= 64), "{pem}");
        let der = BASE64_STANDARD.decode(lines.concat());
        der.expect("nothing but base64 is in it")
    });
    let first = ders.next().expect("there is a certificate");
    ders.for_each(drop);
    first
}
