//! Verifies what it is told, for the conformance tests, or counts how many damaged webhooks are
//! accepted.
//!
//! Without arguments, one JSON object a line in, one line out. In: `{"secrets":
//! "whsec_...,whsec_...", "id": ..., "timestamp": ..., "signature": ..., "body_base64": "...",
//! "now": milliseconds since the epoch}`, where a header may be null. Out: `true`, `false`, or
//! `{"error": "..."}` when the secrets or the line cannot be used.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificate_provider::model::Timestamp;
use certificate_provider::signing::hmac_sha256;
use certificate_provider::signing::webhook::{Secrets, verify};
use serde_json::{Value, json};

const USAGE: &str = "\
Usage: webhook
       webhook --mutate NUMBER SEED

Without arguments, answers JSON lines from standard input with true or false. With --mutate, changes, removes or puts in
one byte in so many signed webhooks, prints how many of them were accepted, and fails when that is not none.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        [] => answer_lines().map_err(|error| error.to_string()),
        ["--help"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        ["--mutate", number, seed] => match (number.parse(), seed.parse()) {
            (Ok(number), Ok(seed)) => mutate(number, seed),
            _ => Err("NUMBER and SEED are whole numbers".to_owned()),
        },
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
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
    Ok(verify(
        &secrets,
        text("id"),
        text("timestamp"),
        text("signature"),
        &body,
        now,
    )
    .is_ok())
}

/// Prints how many of the damaged webhooks were accepted.
fn mutate(number: u64, seed: u64) -> Result<(), String> {
    let mut random = Random(seed);
    let mut accepted = 0_u64;
    let mut of_part = [0_u64; 4];
    for index in 0..number {
        let mut message = Message::random(&mut random);
        if !message.is_accepted()? {
            return Err(format!(
                "seed {seed}: message {index} was refused before it was changed: {message:?}"
            ));
        }
        let part = message.damage(&mut random);
        if let Some(count) = of_part.get_mut(part) {
            *count = count.saturating_add(1);
        }
        if message.is_accepted()? {
            accepted = accepted.saturating_add(1);
            eprintln!(
                "seed {seed}: message {index} was accepted after it was changed: {message:?}"
            );
        }
    }
    let [id, timestamp, body, signature] = of_part;
    let parts = json!({"id": id, "timestamp": timestamp, "body": body, "signature": signature});
    println!(
        "{}",
        json!({"mutations": number, "accepted": accepted, "parts": parts, "seed": seed})
    );
    if accepted == 0 {
        Ok(())
    } else {
        Err(format!(
            "{accepted} of {number} changed webhooks were accepted"
        ))
    }
}

/// A webhook with a good signature among others that do not count.
#[derive(Debug)]
struct Message {
    secrets: String,
    /// The three headers' characters, which are bytes: what a gateway reads as Latin-1.
    id: Vec<u8>,
    timestamp: Vec<u8>,
    signature: Vec<u8>,
    /// What stands before and behind the good signature.
    others: [String; 2],
    body: Vec<u8>,
    now: Timestamp,
}

impl Message {
    fn random(random: &mut Random) -> Self {
        const ID: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        let keys: Vec<Vec<u8>> = (0..random.between(1, 4))
            .map(|_| random.bytes(24, 64))
            .collect();
        let secrets: Vec<String> = keys
            .iter()
            .map(|key| format!("whsec_{}", STANDARD.encode(key)))
            .collect();
        let id: Vec<u8> = (0..random.between(1, 128))
            .map(|_| random.pick(ID))
            .collect();
        // Around 1970 a timestamp has few digits, around 2001 it comes to have ten of them.
        let seconds = match random.between(0, 3) {
            0 => random.between(0, 9_999),
            1 => random.between(999_999_000, 1_000_001_000),
            _ => random.between(1_500_000_000, 4_000_000_000),
        };
        let seconds = i64::from(seconds);
        let now = seconds
            .saturating_mul(1_000)
            .saturating_add(i64::from(random.between(0, 600_000)))
            .saturating_sub(300_000);
        let timestamp = seconds.to_string().into_bytes();
        let body = random.bytes(0, 200);
        let key = random.pick(&keys);
        let content = [id.as_slice(), b".", &timestamp, b".", &body].concat();
        let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &content))).into_bytes();
        let others = [(); 2].map(|()| match random.between(0, 3) {
            0 => format!("v1,{}", STANDARD.encode(random.bytes(32, 32))),
            1 => format!("v1a,{}", STANDARD.encode(random.bytes(64, 64))),
            _ => String::new(),
        });
        // Years before 10000 always are a moment.
        let now = Timestamp::from_epoch_milliseconds(now).unwrap_or(Timestamp::from_system_time(
            std::time::SystemTime::UNIX_EPOCH,
        ));
        Self {
            secrets: secrets.join(","),
            id,
            timestamp,
            signature,
            others,
            body,
            now,
        }
    }

    /// Changes, removes or puts in one byte: in the id (0), the timestamp (1), the body (2) or the
    /// good signature (3).
    fn damage(&mut self, random: &mut Random) -> usize {
        let (number, part) = match random.between(0, 3) {
            0 => (0, &mut self.id),
            1 => (1, &mut self.timestamp),
            2 => (2, &mut self.body),
            _ => (3, &mut self.signature),
        };
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        let at = |offset: u32| usize::try_from(offset).unwrap_or_default();
        match random.between(0, 4) {
            // A blank at an end of the signature only sets it apart from an entry without anything
            // in it.
            0 if number == 3 => part.insert(
                at(random.between(1, length.saturating_sub(1))),
                random.byte(),
            ),
            0 => part.insert(at(random.between(0, length)), random.byte()),
            1 if length > 0 => drop(part.remove(at(random.between(0, length.saturating_sub(1))))),
            _ => match part.get_mut(at(random.between(0, length.saturating_sub(1)))) {
                // Half of them change one bit.
                Some(byte) if random.between(0, 1) == 0 => {
                    *byte ^= 1_u8.wrapping_shl(random.between(0, 7))
                }
                Some(byte) => *byte ^= random.byte().max(1),
                None => part.push(random.byte()),
            },
        }
        number
    }

    fn is_accepted(&self) -> Result<bool, String> {
        let text = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        let [before, behind] = &self.others;
        let signatures = [before.as_str(), &text(&self.signature), behind];
        let signatures: Vec<&str> = signatures
            .into_iter()
            .filter(|entry| !entry.is_empty())
            .collect();
        let secrets = Secrets::parse(&self.secrets)?;
        let (id, timestamp, signatures) =
            (text(&self.id), text(&self.timestamp), signatures.join(" "));
        Ok(verify(
            &secrets,
            Some(&id),
            Some(&timestamp),
            Some(&signatures),
            &self.body,
            self.now,
        )
        .is_ok())
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
/// <https://prng.di.unimi.it/splitmix64.c>
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// From `least` to `most`, both included.
    fn between(&mut self, least: u32, most: u32) -> u32 {
        let range = u64::from(most.saturating_sub(least)).saturating_add(1);
        let offset = self.next().checked_rem(range).unwrap_or_default();
        least.saturating_add(u32::try_from(offset).unwrap_or_default())
    }

    fn bytes(&mut self, least: u32, most: u32) -> Vec<u8> {
        (0..self.between(least, most))
            .map(|_| self.byte())
            .collect()
    }

    fn pick<T: Clone + Default>(&mut self, from: &[T]) -> T {
        let last = u32::try_from(from.len().saturating_sub(1)).unwrap_or_default();
        usize::try_from(self.between(0, last))
            .ok()
            .and_then(|at| from.get(at))
            .cloned()
            .unwrap_or_default()
    }
}
