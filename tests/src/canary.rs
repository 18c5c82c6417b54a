//! Looks for secrets in every output of a function.
//!
//! ```no_run
//! # use whole_function_tests::canary::{Secrets, outputs_at_every_log_level};
//! # async fn example() {
//! let key = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=";
//! let outputs = outputs_at_every_log_level("describe", &[("TENCENTCLOUD_SECRET_KEY", key)], &["{}".into()]).await;
//! Secrets::new(&[("TENCENTCLOUD_SECRET_KEY", key)]).assert_absent(&outputs);
//! # }
//! ```

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use crate::{Event, Runtime};

/// Number of consecutive bytes of a secret that count as a leak: a multiple of three, so that their
/// base64 needs no padding.
const PIECE: usize = 12;

/// Minimum length of a secret, in bytes. A shorter one could not be found in base64 at every offset.
pub(crate) const SHORTEST_SECRET: usize = 16;

/// Number of hex digits after the word "signature" that count as a signature.
const SIGNATURE_DIGITS: usize = 32;

/// The log levels of Lambda, the most verbose first.
const LOG_LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Output of a function.
pub struct Output {
    /// Its name in the message of a failing test: `the log at level TRACE`.
    pub name: String,
    /// The whole output.
    pub bytes: Vec<u8>,
}

/// Secrets to look for. The type has no `Debug`, and no failure message contains one of them.
pub struct Secrets {
    pieces: AhoCorasick,
    /// The pieces to look for, each with its secret and its form.
    meanings: Vec<String>,
}

impl Secrets {
    /// Looks for these secrets, each with a name for the failing test: credentials as well as
    /// signatures that a simulator has seen.
    ///
    /// # Panics
    ///
    /// When a secret is shorter than 16 bytes.
    pub fn new(secrets: &[(&str, &str)]) -> Self {
        let mut pieces = Vec::new();
        let mut meanings = Vec::new();
        for (name, secret) in secrets {
            assert!(
                secret.len() >= SHORTEST_SECRET,
                "{name} is shorter than {SHORTEST_SECRET} bytes, so it proves little"
            );
            for window in secret.as_bytes().windows(PIECE) {
                for (form, piece) in forms(window) {
                    pieces.push(piece);
                    meanings.push(format!("{name} ({form})"));
                }
            }
        }
        // Only base64 is case-sensitive, and a match of 16 letters by chance is practically impossible.
        let pieces = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(pieces);
        Self {
            pieces: pieces.unwrap_or_else(|error| panic!("too many secrets: {error}")),
            meanings,
        }
    }

    /// Fails when any output holds 12 bytes in a row of a secret (plain, base64, hex,
    /// percent-encoded, or as a list of numbers), or any request signature. Names the output and
    /// its line, and not the secret.
    #[track_caller]
    pub fn assert_absent(&self, outputs: &[Output]) {
        for output in outputs {
            if let Some((secret, at)) = self.find(&output.bytes) {
                let line = output
                    .bytes
                    .iter()
                    .take(at)
                    .filter(|byte| **byte == b'\n')
                    .count()
                    .saturating_add(1);
                panic!("{} gives away {secret} in line {line}", output.name);
            }
        }
    }

    /// The secret that an output contains, and the byte at which it begins.
    pub(crate) fn find(&self, output: &[u8]) -> Option<(&str, usize)> {
        if let Some(found) = self.pieces.find(output) {
            let meaning = self
                .meanings
                .get(found.pattern().as_usize())
                .map_or("a secret", String::as_str);
            return Some((meaning, found.start()));
        }
        find_signature(output).map(|at| ("a request signature", at))
    }
}

/// The forms in which an output may contain a piece of a secret.
fn forms(piece: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = piece
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let numbers: Vec<_> = piece.iter().map(u8::to_string).collect();
    vec![
        ("plain", piece.to_vec()),
        ("base64", STANDARD_NO_PAD.encode(piece).into_bytes()),
        (
            "base64 for URLs",
            URL_SAFE_NO_PAD.encode(piece).into_bytes(),
        ),
        ("hex", hex.into_bytes()),
        (
            "percent-encoded",
            percent_encode(piece, NON_ALPHANUMERIC)
                .to_string()
                .into_bytes(),
        ),
        ("list of numbers", numbers.join(", ").into_bytes()),
        ("list of numbers", numbers.join(",").into_bytes()),
    ]
}

/// The position of a signature in a form that the vendors' `Authorization` headers and queries have, or
/// as a member of JSON.
fn find_signature(output: &[u8]) -> Option<usize> {
    const WORD: &[u8] = b"signature";
    let starts = output
        .windows(WORD.len())
        .enumerate()
        .filter(|(_, window)| window.eq_ignore_ascii_case(WORD));
    starts.map(|(at, _)| at).find(|at| {
        let rest = output.iter().skip(at.saturating_add(WORD.len()));
        let value = rest
            .skip_while(|byte| matches!(byte, b'=' | b':' | b' ' | b'"' | b'\\' | b'(' | b'\''));
        value
            .take(SIGNATURE_DIGITS)
            .filter(|byte| byte.is_ascii_hexdigit())
            .count()
            == SIGNATURE_DIGITS
    })
}

/// Runs the function once at each log level and in each log format, gives it all these events, and
/// collects what it gives out: its answers, its errors and its log.
///
/// # Panics
///
/// Without an event: nothing would say when the function has started, and its log would be read too
/// early.
pub async fn outputs_at_every_log_level(
    function: &str,
    variables: &[(&str, &str)],
    events: &[Event],
) -> Vec<Output> {
    assert!(
        !events.is_empty(),
        "a log is read when the last event has been answered"
    );
    let mut outputs = Vec::new();
    for format in ["JSON", "Text"] {
        for level in LOG_LEVELS {
            let mut all = variables.to_vec();
            // RUST_LOG is no variable of this project; a person who debugs may still set it.
            all.extend([
                ("AWS_LAMBDA_LOG_FORMAT", format),
                ("AWS_LAMBDA_LOG_LEVEL", level),
                ("RUST_LOG", level),
            ]);
            let mut runtime = Runtime::start(function, &all).await;
            for (index, event) in events.iter().enumerate() {
                let answer = runtime.invoke(event.clone()).await;
                let name = format!(
                    "the answer of {function} to event {index} at log level {level} ({format})"
                );
                outputs.push(Output {
                    name,
                    bytes: answer.output(),
                });
            }
            let name = format!("the log of {function} at log level {level} ({format})");
            outputs.push(Output {
                name,
                bytes: runtime.logs().into_bytes(),
            });
        }
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=";

    fn found(output: &str) -> Option<String> {
        Secrets::new(&[("KEY", SECRET)])
            .find(output.as_bytes())
            .map(|(secret, _)| secret.to_owned())
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let hex = SECRET
            .bytes()
            .map(|byte| format!("{byte:02X}"))
            .collect::<String>();
        assert_eq!(found(&format!("key {SECRET}!")).unwrap(), "KEY (plain)");
        assert_eq!(found(&format!("\"{hex}\"")).unwrap(), "KEY (hex)");
        assert_eq!(found("%2FZq8vN2xW7rT").unwrap(), "KEY (percent-encoded)");
        assert_eq!(found("%2fZq8vN2xW7rT").unwrap(), "KEY (percent-encoded)");
        assert_eq!(
            found(&format!("{:?}", SECRET.as_bytes())).unwrap(),
            "KEY (list of numbers)"
        );
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins() {
        for before in ["", "a", "ab", "user:"] {
            let text = STANDARD_NO_PAD.encode(format!("{before}{SECRET}"));
            assert_eq!(found(&text).unwrap(), "KEY (base64)", "after {before:?}");
        }
    }

    #[test]
    fn twelve_bytes_of_a_secret_are_a_leak_and_eleven_are_not() {
        assert!(found("..Zq8vN2xW7rT4..").is_some());
        assert_eq!(found("..Zq8vN2xW7rT.."), None);
    }

    #[test]
    fn a_signature_is_found_and_a_fingerprint_is_not() {
        let digits = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f";
        for leak in [
            format!("TC3-HMAC-SHA256 Credential=A/2019, SignedHeaders=host, Signature={digits}"),
            format!("{{\"signature\": \"{digits}\"}}"),
            format!("\"{{\\\"Signature\\\":\\\"{digits}\\\"}}\""),
        ] {
            assert_eq!(found(&leak).unwrap(), "a request signature");
        }
        assert_eq!(
            found(&format!("{{\"fingerprint_sha256\":\"{digits}\"}}")),
            None
        );
        assert_eq!(
            found("unauthenticated: the webhook signature is missing"),
            None
        );
    }

    #[test]
    fn a_failure_names_the_output_and_line_without_the_secret() {
        let outputs = [Output {
            name: "the log".to_owned(),
            bytes: format!("fine\nkey={SECRET}\n").into_bytes(),
        }];
        let secrets = Secrets::new(&[("KEY", SECRET)]);
        let check = std::panic::AssertUnwindSafe(|| secrets.assert_absent(&outputs));
        let message = *std::panic::catch_unwind(check)
            .unwrap_err()
            .downcast::<String>()
            .unwrap();
        assert_eq!(message, "the log gives away KEY (plain) in line 2");
    }
}
