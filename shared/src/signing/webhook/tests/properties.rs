//! Properties of every message and every secret.

use proptest::prelude::*;

use super::*;

/// A message signed with one of its secrets, and where its five minutes lie.
fn any_signed() -> impl Strategy<Value = Message> {
    let secrets = prop::collection::btree_set(prop::collection::vec(any::<u8>(), 24..=64), 1..=4);
    let id = "[A-Za-z0-9_-]{1,128}";
    let body = prop::collection::vec(any::<u8>(), 0..200);
    (
        secrets,
        any::<prop::sample::Index>(),
        id,
        0_i64..253_402_300_000,
        -300_000_i64..=300_000,
        body,
    )
        .prop_map(|(secrets, which, id, seconds, offset, body)| {
            let secrets: Vec<String> = secrets.iter().map(|bytes| secret_of(bytes)).collect();
            let message = Message {
                secrets: secrets.join(","),
                id: Some(id),
                timestamp: Some(seconds.to_string()),
                signatures: None,
                body,
                now: seconds * 1_000 + offset,
            };
            let secret = &secrets[which.index(secrets.len())];
            message.signed_with(secret)
        })
}

/// Any text, text of the right kind, and nothing.
fn any_header() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(
        0.9,
        prop_oneof![
            "\\PC{0,40}",
            "[A-Za-z0-9_-]{0,130}",
            "[0-9+-]{0,14}",
            "((v1|v1a|v2),[A-Za-z0-9+/]{42,44}=? ?){0,10}",
            any::<String>(),
        ],
    )
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>(),
        -62_167_219_200_000_i64..253_402_300_800_000,
        0_i64..2_000_000
    ]
    .prop_filter_map("no date", Timestamp::from_epoch_milliseconds)
}

/// `text` with one character put in place of another.
fn mutated(text: &mut Option<String>, at: &prop::sample::Index, by: u8) -> bool {
    let mut characters: Vec<char> = text.as_deref().unwrap_or_default().chars().collect();
    let at = at.index(characters.len());
    let is_new = characters[at] != char::from(by);
    characters[at] = char::from(by);
    *text = Some(characters.into_iter().collect());
    is_new
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_signed_message_is_accepted(message in any_signed()) {
        prop_assert_eq!(Some(message.verify().unwrap().to_string()), message.id);
    }

    #[test]
    fn a_signed_message_is_refused_at_another_time(message in any_signed(), beyond in 300_001_i64..1_000_000_000, after in any::<bool>()) {
        let sent = message.timestamp.as_ref().unwrap().parse::<i64>().unwrap() * 1_000;
        let now = if after { sent + beyond } else { sent - beyond };
        prop_assume!(Timestamp::from_epoch_milliseconds(now).is_some());
        let rejected = Message { now, ..message };
        prop_assert!(!rejected.is_accepted());
    }

    #[test]
    fn one_changed_byte_is_never_accepted(mut message in any_signed(), part in 0..4, at in any::<prop::sample::Index>(), by in any::<u8>()) {
        let is_new = match part {
            0 => mutated(&mut message.id, &at, by),
            1 => mutated(&mut message.timestamp, &at, by),
            2 => mutated(&mut message.signatures, &at, by),
            _ if message.body.is_empty() => {
                message.body.push(by);
                true
            }
            _ => {
                let at = at.index(message.body.len());
                std::mem::replace(&mut message.body[at], by) != by
            }
        };
        prop_assert!(message.is_accepted() != is_new, "{message:?}");
    }

    #[test]
    fn no_message_panics(
        id in any_header(),
        timestamp in any_header(),
        signatures in any_header(),
        body in prop::collection::vec(any::<u8>(), 0..100),
        now in any_moment(),
    ) {
        let secrets = Secrets::parse(SECRET).unwrap();
        let headers = UnverifiedHeaders::read(id.as_deref(), timestamp.as_deref(), signatures.as_deref(), now);
        prop_assert!(headers.and_then(|headers| headers.verify(&secrets, &body)).is_err());
    }

    #[test]
    fn no_secret_panics_or_is_shown(text in prop_oneof!["\\PC{0,80}", "(whsec_[A-Za-z0-9+/=]{0,90},?){0,6}", any::<String>()]) {
        if let Err(error) = Secrets::parse(&text) {
            for part in text.split(',').map(|part| part.trim_start_matches("whsec_")).filter(|part| part.len() > 6) {
                prop_assert!(!error.contains(part), "{}", error);
            }
        }
    }
}
