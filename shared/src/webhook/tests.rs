//! What is a signed webhook, and what only looks like one.

use proptest::prelude::*;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: &str = "1614265330";
const NOW: i64 = 1_614_265_330_000;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// What a gateway hands over, and when.
#[derive(Clone, Debug)]
struct Message {
    secrets: String,
    id: Option<String>,
    timestamp: Option<String>,
    signatures: Option<String>,
    body: Vec<u8>,
    now: i64,
}

impl Message {
    /// The message of the constants, which everybody verifies.
    fn good() -> Self {
        Self {
            secrets: SECRET.to_owned(),
            id: Some(ID.to_owned()),
            timestamp: Some(SENT.to_owned()),
            signatures: Some(SIGNATURE.to_owned()),
            body: BODY.to_owned(),
            now: NOW,
        }
    }

    /// Signed with `secret` as it stands.
    fn signed_with(mut self, secret: &str) -> Self {
        self.signatures = Some(self.signature_by(secret));
        self
    }

    fn signature_by(&self, secret: &str) -> String {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut content = format!("{}.{}.", self.id.as_ref().unwrap(), self.timestamp.as_ref().unwrap()).into_bytes();
        content.extend_from_slice(&self.body);
        format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &content)))
    }

    fn verify(&self) -> Result<WebhookId, Rejected> {
        let secrets = Secrets::parse(&self.secrets).unwrap();
        let now = Timestamp::from_epoch_milliseconds(self.now).unwrap();
        verify(&secrets, self.id.as_deref(), self.timestamp.as_deref(), self.signatures.as_deref(), &self.body, now)
    }

    /// Why it was rejected; empty when it was not.
    fn reason(&self) -> &'static str {
        self.verify().map_or_else(|rejected| rejected.reason(), |_| "")
    }

    fn is_accepted(&self) -> bool {
        self.verify().is_ok()
    }
}

fn secret_of(bytes: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// The first two are in the tests of the reference libraries; the Python package and an HMAC by hand agree on all.
#[test]
fn known_messages_are_verified() {
    for (secret, id, timestamp, body, signature) in [
        (
            OTHER_SECRET,
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            "1649367553",
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
        (SECRET, ID, SENT, r#"{"test": 2432232314}"#, SIGNATURE),
        (SECRET, "msg_empty", "1700000000", "", "v1,LrOGikvEp3ovC4ipwU5sfXzzFy9SMN1tDL3jPPGtLmc="),
        (SECRET, "msg_utf8", "1700000000", r#"{"name":"设备-é-😀"}"#, "v1,JGKmYgEE20nWkQX6aCKNKk83tHKLi4DBqZbq4WdSq1g="),
    ] {
        let message = Message {
            secrets: secret.to_owned(),
            id: Some(id.to_owned()),
            timestamp: Some(timestamp.to_owned()),
            signatures: Some(signature.to_owned()),
            body: body.as_bytes().to_owned(),
            now: timestamp.parse::<i64>().unwrap() * 1_000,
        };
        assert_eq!(message.verify().unwrap().as_str(), id);
        assert_eq!(message.signature_by(secret), signature);
        let another = if secret == SECRET { OTHER_SECRET } else { SECRET };
        assert!(!Message { secrets: another.to_owned(), ..message }.is_accepted(), "{id}");
    }
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[test]
fn a_signature_as_github_makes_it_is_none() {
    let signature = crate::signing::hex(&hmac_sha256(b"It's a Secret to Everybody", b"Hello, World!"));
    assert_eq!(signature, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    let message = Message { signatures: Some(format!("sha256={signature}")), body: b"Hello, World!".to_vec(), ..Message::good() };
    assert!(!message.is_accepted());
}

#[test]
fn one_to_four_strong_secrets_are_taken() {
    let secrets: Vec<String> = (0..4).map(|byte| secret_of(&[byte; 24])).collect();
    for (text, number) in [
        (SECRET.to_owned(), 1),
        (format!("{SECRET},{OTHER_SECRET}"), 2),
        (secrets.join(","), 4),
        (secret_of(&[1; 24]), 1),
        (secret_of(&[1; 25]), 1),
        (secret_of(&[1; 64]), 1),
        (secret_of(&[0xff; 32]), 1),
    ] {
        assert_eq!(format!("{:?}", Secrets::parse(&text).unwrap()), format!("Secrets({number})"));
    }
}

#[test]
fn weak_and_malformed_secrets_are_refused_without_showing_them() {
    let five: Vec<String> = (0..5).map(|byte| secret_of(&[byte; 24])).collect();
    let not_base64 = "is not standard base64";
    for (text, reason) in [
        (String::new(), "secret 1 of 1 does not begin with whsec_"),
        (" ".to_owned(), "secret 1 of 1 does not begin with whsec_"),
        ("whsec_".to_owned(), "secret 1 of 1 has 0 bytes"),
        ("whsec_AA==".to_owned(), "secret 1 of 1 has 1 bytes"),
        (secret_of(&[1; 23]), "has 23 bytes; it must have 24 to 64"),
        (secret_of(&[1; 65]), "has 65 bytes; it must have 24 to 64"),
        (SECRET.trim_start_matches("whsec_").to_owned(), "does not begin with whsec_"),
        (SECRET.replace("whsec_", "WHSEC_"), "does not begin with whsec_"),
        (SECRET.replace("whsec_", "whsk_"), "does not begin with whsec_"),
        (OTHER_SECRET.replace('+', "-"), not_base64),
        (secret_of(&[0xff; 24]).replace('/', "_"), not_base64),
        (secret_of(&[1; 25]).trim_end_matches('=').to_owned(), not_base64),
        (format!("{SECRET}="), not_base64),
        (format!("{SECRET}\n"), not_base64),
        (format!("{SECRET} "), not_base64),
        (SECRET.replace("whsec_", "whsec_ "), not_base64),
        // 25 bytes with a bit behind them, which a lax decoder drops.
        (secret_of(&[1; 25]).replace("AQ==", "AR=="), not_base64),
        (format!("{SECRET}, {OTHER_SECRET}"), "secret 2 of 2 does not begin with whsec_"),
        (format!("{SECRET},"), "secret 2 of 2 does not begin with whsec_"),
        (format!(",{SECRET}"), "secret 1 of 2 does not begin with whsec_"),
        (format!("{SECRET},{OTHER_SECRET},{SECRET}"), "secret 3 of 3 is in the list twice"),
        (five.join(","), "it lists 5 secrets, and at most 4 are taken"),
    ] {
        let error = Secrets::parse(&text).unwrap_err();
        assert!(error.contains(reason), "{text:?}: {error}");
        let parts = text.split([',', ' ', '\n', '=']).map(|part| part.trim_start_matches("whsec_"));
        for part in parts.filter(|part| part.len() > 3) {
            assert!(!error.contains(part), "{error}");
        }
    }
}

#[test]
fn secrets_and_rejections_print_nothing_of_what_they_saw() {
    let secrets = format!("{:?}", Secrets::parse(&format!("{SECRET},{OTHER_SECRET}")).unwrap());
    assert_eq!(secrets, "Secrets(2)");
    let rejected = Message { body: Vec::new(), ..Message::good() }.verify().unwrap_err();
    assert_eq!(rejected.to_string(), "the webhook's signature was not accepted");
    let missing = Message { id: None, ..Message::good() }.verify().unwrap_err();
    assert_eq!(missing.to_string(), rejected.to_string());
    assert_ne!(missing.reason(), rejected.reason());
}

#[test]
fn each_header_must_be_there() {
    for (message, reason) in [
        (Message::good(), ""),
        (Message { id: None, ..Message::good() }, "there is no webhook-id"),
        (Message { timestamp: None, ..Message::good() }, "there is no webhook-timestamp"),
        (Message { signatures: None, ..Message::good() }, "there is no webhook-signature"),
    ] {
        assert_eq!(message.reason(), reason);
    }
}

#[test]
fn an_id_is_letters_digits_underscores_and_hyphens() {
    let (longest, too_long) = ("x".repeat(128), "x".repeat(129));
    for (id, accepted) in [
        ("a", true),
        ("0", true),
        ("-", true),
        ("AZaz09_-", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("", false),
        ("a,b", false),
        ("a, b", false),
        ("a.1614265330", false),
        ("a b", false),
        (" a", false),
        ("a\n", false),
        ("a\0", false),
        ("é", false),
        ("msg:1", false),
    ] {
        // The signature fits in any case, so it is the id that is refused.
        let message = Message { id: Some(id.to_owned()), ..Message::good() }.signed_with(SECRET);
        assert_eq!(message.reason(), if accepted { "" } else { "webhook-id is malformed" }, "{id:?}");
        assert_eq!(WebhookId::parse(id).is_ok(), accepted, "{id:?}");
    }
    let id = WebhookId::parse("msg_1").unwrap();
    assert_eq!((id.to_string(), serde_json::to_string(&id).unwrap()), ("msg_1".to_owned(), "\"msg_1\"".to_owned()));
}

#[test]
fn a_message_is_accepted_for_five_minutes_before_and_after() {
    for (milliseconds, accepted) in [
        (0, true),
        (299_999, true),
        (300_000, true),
        (300_001, false),
        (301_000, false),
        (-299_999, true),
        (-300_000, true),
        (-300_001, false),
        (-301_000, false),
        (86_400_000, false),
    ] {
        let message = Message { now: NOW + milliseconds, ..Message::good() };
        assert_eq!(message.reason(), if accepted { "" } else { "webhook-timestamp is more than 5 minutes from now" }, "{milliseconds}");
    }
}

#[test]
fn a_timestamp_is_digits_only() {
    const MALFORMED: &str = "webhook-timestamp is malformed";
    const FAR: &str = "webhook-timestamp is more than 5 minutes from now";
    let (least, most) = (i64::MIN.to_string(), i64::MAX.to_string());
    for (text, reason) in [
        (SENT, ""),
        ("1614265331", ""),
        ("0", FAR),
        ("1", FAR),
        ("253402300799", FAR),
        ("999999999999", FAR),
        ("1000000000000", MALFORMED),
        ("1614265330000", MALFORMED),
        (&least, MALFORMED),
        (&most, MALFORMED),
        ("99999999999999999999999999", MALFORMED),
        ("", MALFORMED),
        ("+1", MALFORMED),
        ("-1", MALFORMED),
        ("-0", MALFORMED),
        ("01", MALFORMED),
        ("00", MALFORMED),
        ("1e9", MALFORMED),
        ("+1614265330", MALFORMED),
        ("01614265330", MALFORMED),
        ("1614265330.0", MALFORMED),
        ("1614265330.", MALFORMED),
        ("1.61426533e9", MALFORMED),
        ("1_614_265_330", MALFORMED),
        ("0x6037c0b2", MALFORMED),
        (" 1614265330", MALFORMED),
        ("1614265330 ", MALFORMED),
        ("1614265330\n", MALFORMED),
        ("1614265330,1614265330", MALFORMED),
        ("１６１４２６５３３０", MALFORMED),
        ("１", MALFORMED),
        ("١", MALFORMED),
        ("NaN", MALFORMED),
        ("inf", MALFORMED),
        ("2021-02-25T15:02:10Z", MALFORMED),
    ] {
        let message = Message { timestamp: Some(text.to_owned()), ..Message::good() }.signed_with(SECRET);
        assert_eq!(message.reason(), reason, "{text:?}");
    }
}

#[test]
fn the_ends_of_the_calendar_are_no_trouble() {
    const FIRST: i64 = -62_167_219_200_000;
    const LAST: i64 = 253_402_300_799_999;
    for (timestamp, now, accepted) in [
        ("0", 0, true),
        ("0", -300_000, true),
        ("0", -300_001, false),
        ("253402300499", LAST, false),
        ("253402300499", LAST - 999, true),
        // The end of its five minutes has no date any more.
        ("253402300500", LAST - 999, false),
        ("253402300799", LAST, false),
        ("999999999999", LAST, false),
        ("0", FIRST, false),
        ("999999999999", FIRST, false),
    ] {
        let message = Message { timestamp: Some(timestamp.to_owned()), now, ..Message::good() }.signed_with(SECRET);
        assert_eq!(message.is_accepted(), accepted, "{timestamp} {now}");
    }
}

#[test]
fn one_signature_of_version_1_is_enough_wherever_it_stands() {
    let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let bare = SIGNATURE.strip_prefix("v1,").unwrap();
    for (header, accepted) in [
        (SIGNATURE.to_owned(), true),
        (format!("{other} {SIGNATURE}"), true),
        (format!("{SIGNATURE} {other}"), true),
        (format!("v1a,{bare} {SIGNATURE}"), true),
        (format!("v2,{bare} v1a,x v1 {SIGNATURE} , v1,"), true),
        (format!("v1,=== v1,%%% {SIGNATURE}"), true),
        (format!("{SIGNATURE} "), true),
        (format!(" {SIGNATURE}"), true),
        (format!("{other}  {SIGNATURE}"), true),
        (other.to_owned(), false),
        (format!("v1a,{bare}"), false),
        (format!("v2,{bare}"), false),
        (format!("V1,{bare}"), false),
        (format!("v1, {bare}"), false),
        (format!("v1={bare}"), false),
        (format!("v01,{bare}"), false),
        (bare.to_owned(), false),
        (String::new(), false),
        (" ".to_owned(), false),
        ("v1".to_owned(), false),
        ("v1,".to_owned(), false),
        ("v1,,".to_owned(), false),
        (format!("{SIGNATURE}\t"), false),
        (format!("{SIGNATURE}\n"), false),
        (format!("{other}\t{SIGNATURE}"), false),
        // Two headers that a gateway has joined.
        (format!("{SIGNATURE},{SIGNATURE}"), false),
        (format!("{other},{SIGNATURE}"), false),
        (format!("{SIGNATURE},{other}"), false),
    ] {
        let message = Message { signatures: Some(header.clone()), ..Message::good() };
        assert_eq!(message.is_accepted(), accepted, "{header:?}");
    }
}

#[test]
fn a_signature_is_the_strict_base64_of_32_bytes() {
    let bare = SIGNATURE.strip_prefix("v1,").unwrap();
    let bytes = STANDARD.decode(bare).unwrap();
    let short = STANDARD.encode(&bytes[..31]);
    let long = STANDARD.encode([bytes.as_slice(), &[0]].concat());
    for (encoded, accepted) in [
        (bare, true),
        (short.as_str(), false),
        (long.as_str(), false),
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", false),
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE==", false),
        ("g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=", false),
        // The last character's two unused bits.
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", false),
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OG=", false),
        ("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OH=", false),
        ("g0hM9SsE+OTPJTGt!/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false),
        ("83484cf52b04f8e4cf2531adfed9882ad4b2665137b852442d594d20e2c9d4e1", false),
    ] {
        let message = Message { signatures: Some(format!("v1,{encoded}")), ..Message::good() };
        assert_eq!(message.is_accepted(), accepted, "{encoded}");
    }
}

#[test]
fn the_signature_header_has_its_limits() {
    let padded = |length: usize| format!("{SIGNATURE} v2,{}", "x".repeat(length - SIGNATURE.len() - 4));
    let listed = |number: usize| format!("{}{SIGNATURE}", "v1a,x ".repeat(number - 1));
    for (header, reason) in [
        (padded(1024), ""),
        (padded(1025), "webhook-signature is longer than 1 KiB"),
        (listed(8), ""),
        (listed(9), "webhook-signature lists more than 8 signatures"),
        (format!("{SIGNATURE} {}", " ".repeat(6)), ""),
        (format!("{SIGNATURE} {}", " ".repeat(7)), "webhook-signature lists more than 8 signatures"),
    ] {
        assert_eq!(Message { signatures: Some(header.clone()), ..Message::good() }.reason(), reason, "{header}");
    }
}

#[test]
fn a_secret_is_replaced_without_losing_a_message() {
    let (old, new) = (SECRET, OTHER_SECRET);
    let message = Message::good();
    let (by_old, by_new) = (message.signature_by(old), message.signature_by(new));
    let by_both = format!("{by_new} {by_old}");
    let both_secrets = format!("{new},{old}");
    for (secrets, signatures, accepted) in [
        (old, &by_old, true),
        (old, &by_both, true),
        (old, &by_new, false),
        (&both_secrets, &by_old, true),
        (&both_secrets, &by_both, true),
        (&both_secrets, &by_new, true),
        (new, &by_old, false),
        (new, &by_both, true),
        (new, &by_new, true),
    ] {
        let message = Message { secrets: secrets.to_owned(), signatures: Some(signatures.clone()), ..message.clone() };
        assert_eq!(message.is_accepted(), accepted, "{secrets} {signatures}");
    }
}

#[test]
fn the_last_of_four_secrets_fits_as_well_as_the_first() {
    let secrets: Vec<String> = (0..4).map(|byte| secret_of(&[byte; 24])).collect();
    for secret in &secrets {
        assert!(Message { secrets: secrets.join(","), ..Message::good() }.signed_with(secret).is_accepted());
    }
    assert!(!Message { secrets: secrets.join(","), ..Message::good() }.is_accepted());
}

#[test]
fn a_body_is_bytes_and_not_text() {
    for body in [&[][..], &[0], &[0xff, 0xfe, 0x00], b"\r\n", b".", b"{\"a\":1}\n", "\u{feff}{}".as_bytes()] {
        let message = Message { body: body.to_owned(), ..Message::good() }.signed_with(SECRET);
        assert!(message.is_accepted(), "{body:?}");
        assert!(!Message { body: [body, b"\n"].concat(), ..message }.is_accepted(), "{body:?}");
    }
}

/// A message signed with one of its secrets, and where its five minutes lie.
fn any_signed() -> impl Strategy<Value = Message> {
    let secrets = prop::collection::btree_set(prop::collection::vec(any::<u8>(), 24..=64), 1..=4);
    let id = "[A-Za-z0-9_-]{1,128}";
    let body = prop::collection::vec(any::<u8>(), 0..200);
    (secrets, any::<prop::sample::Index>(), id, 0_i64..253_402_300_000, -300_000_i64..=300_000, body).prop_map(
        |(secrets, which, id, seconds, offset, body)| {
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
        },
    )
}

/// Any text, text of the right kind, and nothing.
fn any_header() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(
        0.9,
        prop_oneof!["\\PC{0,40}", "[A-Za-z0-9_-]{0,130}", "[0-9+-]{0,14}", "((v1|v1a|v2),[A-Za-z0-9+/]{42,44}=? ?){0,10}", any::<String>(),],
    )
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), -62_167_219_200_000_i64..253_402_300_800_000, 0_i64..2_000_000]
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
    fn what_was_signed_is_accepted(message in any_signed()) {
        prop_assert_eq!(Some(message.verify().unwrap().to_string()), message.id);
    }

    #[test]
    fn what_was_signed_is_refused_at_another_time(message in any_signed(), beyond in 300_001_i64..1_000_000_000, after in any::<bool>()) {
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
        prop_assert!(verify(&secrets, id.as_deref(), timestamp.as_deref(), signatures.as_deref(), &body, now).is_err());
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
