//! The header with the signatures.

use super::*;

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
        let message = Message {
            signatures: Some(header.clone()),
            ..Message::good()
        };
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
        (
            "83484cf52b04f8e4cf2531adfed9882ad4b2665137b852442d594d20e2c9d4e1",
            false,
        ),
    ] {
        let message = Message {
            signatures: Some(format!("v1,{encoded}")),
            ..Message::good()
        };
        assert_eq!(message.is_accepted(), accepted, "{encoded}");
    }
}

#[test]
fn the_signature_header_has_its_limits() {
    let padded = |length: usize| {
        format!(
            "{SIGNATURE} v2,{}",
            "x".repeat(length - SIGNATURE.len() - 4)
        )
    };
    let listed = |number: usize| format!("{}{SIGNATURE}", "v1a,x ".repeat(number - 1));
    for (header, reason) in [
        (padded(1024), ""),
        (padded(1025), "webhook-signature is longer than 1 KiB"),
        (listed(8), ""),
        (listed(9), "webhook-signature lists more than 8 signatures"),
        (format!("{SIGNATURE} {}", " ".repeat(6)), ""),
        (
            format!("{SIGNATURE} {}", " ".repeat(7)),
            "webhook-signature lists more than 8 signatures",
        ),
        (
            SIGNATURE.replace("v1,", "v2,"),
            "webhook-signature lists no signature of version 1",
        ),
    ] {
        assert_eq!(
            Message {
                signatures: Some(header.clone()),
                ..Message::good()
            }
            .reason(),
            reason,
            "{header}"
        );
    }
}
