//! Verifies webhooks for the conformance tests: one JSON object a line in, one line out. In: `{"secrets":
//! "whsec_...,whsec_...", "id": ..., "timestamp": ..., "signature": ..., "body_base64": "...",
//! "now": milliseconds since the epoch}`, where a header may be null. Out: `true`, `false`, or
//! `{"error": "..."}` when the secrets or the line cannot be used.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificate_provider::model::Timestamp;
use certificate_provider::signing::webhook::{Secrets, UnverifiedHeaders};
use serde_json::{Value, json};

fn main() -> ExitCode {
    match answer_lines() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("webhook: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer_lines() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        writeln!(
            output,
            "{}",
            answer(&line?).map_or_else(|error| json!({ "error": error }), Value::Bool)
        )?;
    }
    output.flush()
}

fn answer(line: &str) -> Result<bool, String> {
    let case: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |member: &str| case.get(member).and_then(Value::as_str);
    let secrets = Secrets::parse(text("secrets").ok_or("secrets is not a text")?)?;
    let body = text("body_base64")
        .and_then(|body| STANDARD.decode(body).ok())
        .ok_or("body_base64 is not base64")?;
    let now = case
        .get("now")
        .and_then(Value::as_i64)
        .and_then(Timestamp::from_epoch_milliseconds)
        .ok_or("now is no moment")?;
    let headers = UnverifiedHeaders::read(text("id"), text("timestamp"), text("signature"), now);
    Ok(headers
        .and_then(|headers| headers.verify(&secrets, &body))
        .is_ok())
}
