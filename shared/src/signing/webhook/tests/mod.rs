//! Signed webhooks, and messages that only look like one.

mod properties;
mod secrets;
mod signatures;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: &str = "1614265330";
const NOW: i64 = 1_614_265_330_000;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// A webhook as a gateway hands it over, and the time of its arrival.
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
        let key = STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let mut content = format!(
            "{}.{}.",
            self.id.as_ref().unwrap(),
            self.timestamp.as_ref().unwrap()
        )
        .into_bytes();
        content.extend_from_slice(&self.body);
        format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &content)))
    }

    fn verify(&self) -> Result<WebhookId, Rejected> {
        let secrets = Secrets::parse(&self.secrets).unwrap();
        let now = Timestamp::from_epoch_milliseconds(self.now).unwrap();
        UnverifiedHeaders::read(
            self.id.as_deref(),
            self.timestamp.as_deref(),
            self.signatures.as_deref(),
            now,
        )?
        .verify(&secrets, &self.body)
    }

    /// Why it was rejected; empty when it was not.
    fn reason(&self) -> &'static str {
        self.verify()
            .map_or_else(|rejected| rejected.reason(), |_| "")
    }

    fn is_accepted(&self) -> bool {
        self.verify().is_ok()
    }
}

fn secret_of(bytes: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// The first two are in the tests of the reference libraries; the Python package and an HMAC by
/// hand agree on all.
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
        (
            SECRET,
            "msg_empty",
            "1700000000",
            "",
            "v1,LrOGikvEp3ovC4ipwU5sfXzzFy9SMN1tDL3jPPGtLmc=",
        ),
        (
            SECRET,
            "msg_utf8",
            "1700000000",
            r#"{"name":"设备-é-😀"}"#,
            "v1,JGKmYgEE20nWkQX6aCKNKk83tHKLi4DBqZbq4WdSq1g=",
        ),
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
        let another = if secret == SECRET {
            OTHER_SECRET
        } else {
            SECRET
        };
        assert!(
            !Message {
                secrets: another.to_owned(),
                ..message
            }
            .is_accepted(),
            "{id}"
        );
    }
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[test]
fn a_signature_as_github_makes_it_is_none() {
    let signature = hex::encode(hmac_sha256(b"It's a Secret to Everybody", b"Hello, World!"));
    assert_eq!(
        signature,
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
    let message = Message {
        signatures: Some(format!("sha256={signature}")),
        body: b"Hello, World!".to_vec(),
        ..Message::good()
    };
    assert!(!message.is_accepted());
}

#[test]
fn secrets_and_rejections_print_nothing_of_what_they_saw() {
    let secrets = format!(
        "{:?}",
        Secrets::parse(&format!("{SECRET},{OTHER_SECRET}")).unwrap()
    );
    assert_eq!(secrets, "Secrets(2)");
    let rejected = Message {
        body: Vec::new(),
        ..Message::good()
    }
    .verify()
    .unwrap_err();
    assert_eq!(
        rejected.to_string(),
        "the webhook's signature was not accepted"
    );
    let missing = Message {
        id: None,
        ..Message::good()
    }
    .verify()
    .unwrap_err();
    assert_eq!(missing.to_string(), rejected.to_string());
    assert_ne!(missing.reason(), rejected.reason());
}

#[test]
fn each_header_must_be_there() {
    for (message, reason) in [
        (Message::good(), ""),
        (
            Message {
                id: None,
                ..Message::good()
            },
            "there is no webhook-id",
        ),
        (
            Message {
                timestamp: None,
                ..Message::good()
            },
            "there is no webhook-timestamp",
        ),
        (
            Message {
                signatures: None,
                ..Message::good()
            },
            "there is no webhook-signature",
        ),
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
        let message = Message {
            id: Some(id.to_owned()),
            ..Message::good()
        }
        .signed_with(SECRET);
        assert_eq!(
            message.reason(),
            if accepted {
                ""
            } else {
                "webhook-id is malformed"
            },
            "{id:?}"
        );
        assert_eq!(WebhookId::parse(id).is_ok(), accepted, "{id:?}");
    }
    let id = WebhookId::parse("msg_1").unwrap();
    assert_eq!(
        (id.to_string(), serde_json::to_string(&id).unwrap()),
        ("msg_1".to_owned(), "\"msg_1\"".to_owned())
    );
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
        let message = Message {
            now: NOW + milliseconds,
            ..Message::good()
        };
        assert_eq!(
            message.reason(),
            if accepted {
                ""
            } else {
                "webhook-timestamp is more than 5 minutes from now"
            },
            "{milliseconds}"
        );
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
        let message = Message {
            timestamp: Some(text.to_owned()),
            ..Message::good()
        }
        .signed_with(SECRET);
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
        let message = Message {
            timestamp: Some(timestamp.to_owned()),
            now,
            ..Message::good()
        }
        .signed_with(SECRET);
        assert_eq!(message.is_accepted(), accepted, "{timestamp} {now}");
    }
}

#[test]
fn a_body_is_bytes_and_not_text() {
    for body in [
        &[][..],
        &[0],
        &[0xff, 0xfe, 0x00],
        b"\r\n",
        b".",
        b"{\"a\":1}\n",
        "\u{feff}{}".as_bytes(),
    ] {
        let message = Message {
            body: body.to_owned(),
            ..Message::good()
        }
        .signed_with(SECRET);
        assert!(message.is_accepted(), "{body:?}");
        assert!(
            !Message {
                body: [body, b"\n"].concat(),
                ..message
            }
            .is_accepted(),
            "{body:?}"
        );
    }
}
