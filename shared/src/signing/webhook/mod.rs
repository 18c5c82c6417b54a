//! Standard Webhooks v1: whether a message comes from somebody who knows a secret, and is no old
//! one.
//!
//! Text that two readers could take for different things is refused: a number with a sign, an id
//! with a comma, base64 without its padding.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;
use subtle::{Choice, ConstantTimeEq};

use crate::model::Timestamp;
use crate::signing::hmac_sha256;

const SECRET_PREFIX: &str = "whsec_";
const SHORTEST_SECRET: usize = 24;
const LONGEST_SECRET: usize = 64;
const MOST_SECRETS: usize = 4;
const LONGEST_ID: usize = 128;
const MOST_TIMESTAMP_DIGITS: usize = 12;
/// The specification names no number; this is the one of all its reference libraries.
const TOLERANCE_MILLISECONDS: i64 = 300_000;
const LONGEST_SIGNATURE_HEADER: usize = 1024;
const MOST_SIGNATURES: usize = 8;

/// The secrets of the senders, several while one replaces another. They cannot be printed.
pub struct Secrets(Vec<SecretSlice<u8>>);

impl Secrets {
    /// Takes one to four secrets separated by commas: `whsec_` and the base64 of 24 to 64 bytes
    /// each.
    ///
    /// # Errors
    /// A sentence that names the wrong secret by its number in the list, never by its value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries: Vec<&str> = text.split(',').collect();
        if entries.len() > MOST_SECRETS {
            return Err(format!(
                "it lists {} secrets, and at most {MOST_SECRETS} are taken",
                entries.len()
            ));
        }
        let mut secrets = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let at_fault = |reason: String| {
                format!(
                    "secret {} of {} {reason}",
                    index.saturating_add(1),
                    entries.len()
                )
            };
            secrets.push(secret(entry).map_err(at_fault)?);
            // Strict base64 writes the same bytes in one way only.
            if entries.iter().take(index).any(|earlier| earlier == entry) {
                return Err(at_fault("is in the list twice".to_owned()));
            }
        }
        Ok(Self(secrets))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

fn secret(entry: &str) -> Result<SecretSlice<u8>, String> {
    let encoded = entry
        .strip_prefix(SECRET_PREFIX)
        .ok_or_else(|| format!("does not begin with {SECRET_PREFIX}"))?;
    // The decoder's own message would show a character of the secret.
    let secret: SecretSlice<u8> = match STANDARD.decode(encoded) {
        Ok(bytes) => bytes.into(),
        Err(_) => {
            return Err(
                "is not standard base64 with its padding, or has a blank beside it".to_owned(),
            );
        }
    };
    match secret.expose_secret().len() {
        SHORTEST_SECRET..=LONGEST_SECRET => Ok(secret),
        length => Err(format!(
            "has {length} bytes; it must have {SHORTEST_SECRET} to {LONGEST_SECRET}, all of them random"
        )),
    }
}

/// A sender's id of a message, the same in each of its deliveries: 1 to 128 of `A-Z`, `a-z`, `0-9`,
/// `_` and `-`.
///
/// Without a dot it cannot run into the timestamp that is signed behind it, and without a comma it
/// is no two headers in one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WebhookId(String);

impl WebhookId {
    /// # Errors
    /// A sentence that shows the form and not the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let well_formed = (1..=LONGEST_ID).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "a webhook's id is 1 to {LONGEST_ID} letters, digits, underscores and hyphens"
            ))
        }
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The message cannot be trusted. Only the log shows the reason: a sender that guesses signatures
/// must not learn how close the guess was.
#[derive(Debug)]
pub struct Rejected(&'static str);

impl Rejected {
    /// The reason, for the log. It repeats nothing of the message.
    pub fn reason(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the webhook's signature was not accepted")
    }
}

impl std::error::Error for Rejected {}

/// The three headers of a message, each of which has its form, with a time near now. Nobody has
/// vouched for them yet.
///
/// They cost little to read, so that a message that they already condemn costs no more.
#[derive(Debug)]
pub struct UnverifiedHeaders {
    id: WebhookId,
    timestamp: String,
    signatures: Vec<[u8; 32]>,
}

impl UnverifiedHeaders {
    /// Reads the values of `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    ///
    /// # Errors
    /// When one of them is missing or malformed, the message was sent more than 5 minutes before or
    /// after `now`, or no signature is of the one version that is known here.
    pub fn read(
        id: Option<&str>,
        timestamp: Option<&str>,
        signatures: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Rejected> {
        let id = id.ok_or(Rejected("there is no webhook-id"))?;
        let timestamp = timestamp.ok_or(Rejected("there is no webhook-timestamp"))?;
        let signatures = signatures.ok_or(Rejected("there is no webhook-signature"))?;

        let id = WebhookId::parse(id).map_err(|_| Rejected("webhook-id is malformed"))?;
        let sent = epoch_seconds(timestamp).ok_or(Rejected("webhook-timestamp is malformed"))?;
        if !is_near(sent, now) {
            return Err(Rejected(
                "webhook-timestamp is more than 5 minutes from now",
            ));
        }
        Ok(Self {
            id,
            timestamp: timestamp.to_owned(),
            signatures: signatures_of_version_1(signatures)?,
        })
    }

    /// Verifies the headers over the bytes of the body. Returns the message's id.
    ///
    /// # Errors
    /// When no signature was made with one of the secrets.
    pub fn verify(self, secrets: &Secrets, body: &[u8]) -> Result<WebhookId, Rejected> {
        let content = [
            self.id.as_str().as_bytes(),
            b".",
            self.timestamp.as_bytes(),
            b".",
            body,
        ]
        .concat();
        // Every secret is tried with every signature: the time taken must not reveal which one fits.
        let mut is_signed = Choice::from(0);
        for secret in &secrets.0 {
            let expected = hmac_sha256(secret.expose_secret(), &content);
            for signature in &self.signatures {
                is_signed |= expected.as_slice().ct_eq(signature);
            }
        }
        if is_signed.into() {
            Ok(self.id)
        } else {
            Err(Rejected("no signature was made with one of the secrets"))
        }
    }
}

/// 1 to 12 digits as a number is written: no sign, no zero in front.
fn epoch_seconds(text: &str) -> Option<i64> {
    let digits = (1..=MOST_TIMESTAMP_DIGITS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zero_in_front = text.len() > 1 && text.starts_with('0');
    if digits && !has_zero_in_front {
        text.parse().ok()
    } else {
        None
    }
}

/// A moment that the calendar does not hold is near to none that it holds.
fn is_near(sent_seconds: i64, now: Timestamp) -> bool {
    let moment = |offset| {
        Timestamp::from_epoch_milliseconds(sent_seconds.checked_mul(1_000)?.checked_add(offset)?)
    };
    let earliest = moment(-TOLERANCE_MILLISECONDS);
    let latest = moment(TOLERANCE_MILLISECONDS);
    earliest.is_some_and(|earliest| earliest <= now) && latest.is_some_and(|latest| now <= latest)
}

/// The signatures of the one version that is known here. Others may stand beside them, and make no
/// match.
fn signatures_of_version_1(header: &str) -> Result<Vec<[u8; 32]>, Rejected> {
    if header.len() > LONGEST_SIGNATURE_HEADER {
        return Err(Rejected("webhook-signature is longer than 1 KiB"));
    }
    if header.split(' ').count() > MOST_SIGNATURES {
        return Err(Rejected("webhook-signature lists more than 8 signatures"));
    }
    let signatures: Vec<_> = header
        .split(' ')
        .filter_map(signature_of_version_1)
        .collect();
    if signatures.is_empty() {
        return Err(Rejected(
            "webhook-signature lists no signature of version 1",
        ));
    }
    Ok(signatures)
}

fn signature_of_version_1(entry: &str) -> Option<[u8; 32]> {
    STANDARD
        .decode(entry.strip_prefix("v1,")?)
        .ok()?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests;
