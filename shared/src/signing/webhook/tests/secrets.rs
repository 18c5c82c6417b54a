//! The forms of accepted secrets, and the replacement of one by another.

use super::*;

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
        assert_eq!(
            format!("{:?}", Secrets::parse(&text).unwrap()),
            format!("Secrets({number})")
        );
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
        (
            SECRET.trim_start_matches("whsec_").to_owned(),
            "does not begin with whsec_",
        ),
        (
            SECRET.replace("whsec_", "WHSEC_"),
            "does not begin with whsec_",
        ),
        (
            SECRET.replace("whsec_", "whsk_"),
            "does not begin with whsec_",
        ),
        (OTHER_SECRET.replace('+', "-"), not_base64),
        (secret_of(&[0xff; 24]).replace('/', "_"), not_base64),
        (
            secret_of(&[1; 25]).trim_end_matches('=').to_owned(),
            not_base64,
        ),
        (format!("{SECRET}="), not_base64),
        (format!("{SECRET}\n"), not_base64),
        (format!("{SECRET} "), not_base64),
        (SECRET.replace("whsec_", "whsec_ "), not_base64),
        // 25 bytes with a bit behind them, which a lax decoder drops.
        (secret_of(&[1; 25]).replace("AQ==", "AR=="), not_base64),
        (
            format!("{SECRET}, {OTHER_SECRET}"),
            "secret 2 of 2 does not begin with whsec_",
        ),
        (
            format!("{SECRET},"),
            "secret 2 of 2 does not begin with whsec_",
        ),
        (
            format!(",{SECRET}"),
            "secret 1 of 2 does not begin with whsec_",
        ),
        (
            format!("{SECRET},{OTHER_SECRET},{SECRET}"),
            "secret 3 of 3 is in the list twice",
        ),
        (
            five.join(","),
            "it lists 5 secrets, and at most 4 are taken",
        ),
    ] {
        let error = Secrets::parse(&text).unwrap_err();
        assert!(error.contains(reason), "{text:?}: {error}");
        let parts = text
            .split([',', ' ', '\n', '='])
            .map(|part| part.trim_start_matches("whsec_"));
        for part in parts.filter(|part| part.len() > 3) {
            assert!(!error.contains(part), "{error}");
        }
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
        let message = Message {
            secrets: secrets.to_owned(),
            signatures: Some(signatures.clone()),
            ..message.clone()
        };
        assert_eq!(message.is_accepted(), accepted, "{secrets} {signatures}");
    }
}

#[test]
fn the_last_of_four_secrets_fits_as_well_as_the_first() {
    let secrets: Vec<String> = (0..4).map(|byte| secret_of(&[byte; 24])).collect();
    for secret in &secrets {
        assert!(
            Message {
                secrets: secrets.join(","),
                ..Message::good()
            }
            .signed_with(secret)
            .is_accepted()
        );
    }
    assert!(
        !Message {
            secrets: secrets.join(","),
            ..Message::good()
        }
        .is_accepted()
    );
}
