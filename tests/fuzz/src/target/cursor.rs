//! Cursors of describe.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certificate_provider::error::{Error, ErrorCode};
use certificate_provider::operation::Describe;
use certificate_provider::request::Filter;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::vendors::Answers;
use crate::world::{Callers, perform};

/// As a part of the first byte: what a cursor holds is in the input, and a digest that fits is put
/// before it. A digest keeps cursors apart and keeps nobody from making one.
pub(crate) const FORGED: u8 = 0x80;
const DIGEST_LENGTH: usize = 12;

/// Requests that have a next page, as they are sent and as their cursors are bound to them: sources
/// and order.
pub(crate) const REQUESTS: [(&str, &str); 4] = [
    (
        r#"{"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1", "limit": 1}"#,
        r#"[[["tencent-mqtt", "ap-guangzhou", "mqtt-1"]], "created_desc"]"#,
    ),
    (
        r#"{"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1", "limit": 1}"#,
        r#"[[["alibaba-mqtt", "cn-hangzhou", "post-cn-1"]], null]"#,
    ),
    (
        r#"{"provider": "aws-iot", "region": "us-east-1", "limit": 1}"#,
        r#"[[["aws-iot", "us-east-1", null]], "created_desc"]"#,
    ),
    (
        r#"{"sources": [{"provider": "tencent-mqtt", "instance_id": "mqtt-1"}, {"provider": "alibaba-pca"}], "limit": 1}"#,
        r#"[[["tencent-mqtt", null, "mqtt-1"], ["alibaba-pca", null, null]], null]"#,
    ),
];

thread_local! {
    static SOUND: Vec<String> = (0..REQUESTS.len()).map(next_cursor).collect();
}

/// The first byte chooses the request and whether to forge; the others are its cursor, or what is
/// in it.
///
/// # Panics
/// When describe panics inside, or takes a cursor that it has not made.
pub fn cursor(data: &[u8]) {
    let [choice, rest @ ..] = data else { return };
    let index = usize::from(*choice & !FORGED)
        .checked_rem(REQUESTS.len())
        .unwrap_or_default();
    let is_forged = *choice & FORGED != 0;
    let cursor = if is_forged {
        forged(index, rest)
    } else {
        String::from_utf8_lossy(rest).into_owned()
    };
    let result = page(index, Some(&cursor));
    if !is_forged {
        assert_eq!(
            is_refused(&result),
            cursor != sound(index),
            "{cursor}: {result:?}"
        );
    }
}

fn is_refused(page: &Result<String, Error>) -> bool {
    page.as_ref().is_err_and(|error| {
        error.code == ErrorCode::InvalidRequest && error.field.as_deref() == Some("cursor")
    })
}

/// The cursor of the second page.
pub(crate) fn sound(index: usize) -> String {
    SOUND.with(|sound| sound.get(index).cloned().unwrap_or_default())
}

/// The content of a cursor, behind its digest.
pub(crate) fn contents(cursor: &str) -> Vec<u8> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    bytes.get(DIGEST_LENGTH..).unwrap_or_default().to_vec()
}

fn next_cursor(index: usize) -> String {
    let first_page = page(index, None).expect("the vendors answer soundly");
    let first_page: Value = serde_json::from_str(&first_page).expect("an answer is JSON");
    first_page["next_cursor"]
        .as_str()
        .expect("there is a next page")
        .to_owned()
}

fn page(index: usize, cursor: Option<&str>) -> Result<String, Error> {
    let (request, _) = REQUESTS.get(index).copied().unwrap_or_default();
    let mut request: Value = serde_json::from_str(request).expect("the request is JSON");
    request["cursor"] = json!(cursor);
    perform::<Describe>(Callers::All, &request.to_string(), Answers::Sound)
}

/// A cursor of this request with anything in it.
fn forged(index: usize, rest: &[u8]) -> String {
    let (_, bound) = REQUESTS.get(index).copied().unwrap_or_default();
    let (sources, order): (Value, Value) = serde_json::from_str(bound).expect("it is JSON");
    let bound = serde_json::to_vec(&(sources, Filter::default(), order, true))
        .expect("plain data serializes");
    let digest = Sha256::new_with_prefix(bound)
        .chain_update([0])
        .chain_update(rest)
        .finalize();
    let digest: Vec<u8> = digest.iter().take(DIGEST_LENGTH).copied().collect();
    URL_SAFE_NO_PAD.encode([&digest, rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_cursor_is_as_good_as_a_sound_one() {
        for index in 0..REQUESTS.len() {
            let sound = sound(index);
            assert_eq!(forged(index, &contents(&sound)), sound);
            assert!(!is_refused(&page(index, Some(&sound))));
        }
    }
}
