//! Webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificate_provider::signing::hmac_sha256;
use certificate_provider::signing::webhook::{Secrets, UnverifiedHeaders};

use crate::world::{SECRET, SECRET_TEXT, now};

/// The separator between the parts of the input.
pub(crate) const NEXT_PART: u8 = 0x1e;
/// The first byte of an input whose message is signed before it is verified.
const SIGNED: u8 = 1;

thread_local! {
    static SECRETS: Secrets = Secrets::parse(SECRET_TEXT).expect("the secret is sound");
}

/// The bytes are whether to sign, `webhook-id`, `webhook-timestamp`, `webhook-signature` and the
/// body.
///
/// # Panics
/// When an invalid message is accepted, or a valid one is refused.
pub fn webhook(data: &[u8]) {
    let [mode, rest @ ..] = data else { return };
    let mut parts = rest.splitn(4, |byte| *byte == NEXT_PART);
    // As a gateway reads headers: bytes in Latin-1.
    let mut header = || {
        parts
            .next()
            .map(|part| part.iter().copied().map(char::from).collect::<String>())
    };
    let (id, timestamp, earlier) = (header(), header(), header());
    let body = parts.next().unwrap_or_default();
    let right = signature(
        id.as_deref().unwrap_or_default(),
        timestamp.as_deref().unwrap_or_default(),
        body,
    );
    let signatures = if *mode == SIGNED {
        earlier.map(|earlier| format!("{earlier} {right}"))
    } else {
        earlier
    };
    let headers = UnverifiedHeaders::read(
        id.as_deref(),
        timestamp.as_deref(),
        signatures.as_deref(),
        now(),
    );
    let result = SECRETS.with(|secrets| headers.and_then(|headers| headers.verify(secrets, body)));
    let is_sound = id.as_deref().is_some_and(is_an_id)
        && timestamp.as_deref().is_some_and(is_near)
        && signatures.as_deref().is_some_and(|signatures| {
            signatures.len() <= 1024
                && signatures.split(' ').count() <= 8
                && signatures.split(' ').any(|one| one == right)
        });
    assert_eq!(
        result.is_ok(),
        is_sound,
        "{id:?} {timestamp:?} {signatures:?}: {result:?}"
    );
    assert!(result.is_err() || result.ok().map(|id| id.to_string()) == id);
}

fn signature(id: &str, timestamp: &str, body: &[u8]) -> String {
    let content = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac_sha256(SECRET, &content)))
}

fn is_an_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
}

/// A whole number as it is usually written, at most five minutes away.
fn is_near(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|seconds| {
        seconds.to_string() == text && now().epoch_seconds().unsigned_abs().abs_diff(seconds) <= 300
    })
}
