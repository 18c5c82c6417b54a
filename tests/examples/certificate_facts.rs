//! Reads certificates, for the conformance tests: one path of a PEM or DER file a line in, the
//! facts of its first certificate as one JSON object a line out.
//!
//! A text of the subject is `null` where the certificate has none, and `{"unknown": true}` where it
//! cannot be read.

use std::io::{self, BufRead, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use certificate_provider::model::{Fact, ProviderRecord, Timestamp};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for path in io::stdin().lock().lines() {
        writeln!(output, "{}", facts(&std::fs::read(path?)?))?;
    }
    output.flush()
}

fn facts(file: &[u8]) -> Value {
    let text = String::from_utf8_lossy(file);
    let pem = if text.contains("-----BEGIN ") {
        text.into_owned()
    } else {
        let base64 = BASE64_STANDARD.encode(file);
        format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
    };
    let record = ProviderRecord {
        pem: Some(pem),
        ..ProviderRecord::default()
    };
    let certificate =
        record.into_certificate(Timestamp::from_system_time(std::time::UNIX_EPOCH), false);
    json!({
        "serial_number": certificate.serial_number,
        "common_name": name(&certificate.subject.common_name),
        "organizational_unit": name(&certificate.subject.organizational_unit),
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "fingerprint_sha256": certificate.fingerprint_sha256,
    })
}

fn name(fact: &Fact<String>) -> Value {
    match fact {
        Fact::Known(text) => json!(text),
        Fact::Absent => Value::Null,
        Fact::Unknown => json!({ "unknown": true }),
    }
}
