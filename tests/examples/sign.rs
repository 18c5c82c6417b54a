//! Signs its input, for the conformance tests: one JSON object a line in, one out.
//!
//! In: `{"algorithm": "TC3-HMAC-SHA256" | "ACS3-HMAC-SHA256" | "AWS4-HMAC-SHA256", "input": {...}}`
//! with the members of the vector files. Out: the steps by name, or `{"error": "..."}`.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};
use whole_function_tests::signing_input::{sign_acs3, sign_aws4, sign_tc3};

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        writeln!(
            output,
            "{}",
            answer(&line?).unwrap_or_else(|error| json!({ "error": error }))
        )?;
    }
    output.flush()
}

fn answer(line: &str) -> Result<Value, String> {
    let case: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let input = case.get("input").ok_or("there is no input")?;
    match case.get("algorithm").and_then(Value::as_str) {
        Some("TC3-HMAC-SHA256") => Ok(sign_tc3(input)?.to_json()),
        Some("ACS3-HMAC-SHA256") => Ok(sign_acs3(input)?.to_json()),
        Some("AWS4-HMAC-SHA256") => sign_aws4(input),
        other => Err(format!("unknown algorithm {other:?}")),
    }
}
