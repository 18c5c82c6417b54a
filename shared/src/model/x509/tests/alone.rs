//! A certificate that is odd in one field keeps the facts of all others.

use proptest::prelude::*;

use super::der::{COMMON_NAME, COUNTRY, Parts, element, set};
use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Version,
    SerialNumber,
    Algorithm,
    Issuer,
    NotBefore,
    NotAfter,
    Subject,
    Key,
    Extensions,
    Signature,
    Trailing,
}
use Field::*;

/// Any field, and any element in its place.
fn oddity() -> impl Strategy<Value = (Field, Vec<u8>)> {
    let field = prop::sample::select(vec![
        Version,
        SerialNumber,
        Algorithm,
        Issuer,
        NotBefore,
        NotAfter,
        Subject,
        Key,
        Extensions,
        Signature,
        Trailing,
    ]);
    let content = || prop::collection::vec(any::<u8>(), 0..40);
    (field, content(), any::<u8>()).prop_map(|(field, content, any_tag)| {
        let tag = match field {
            Version => 0xa0,
            // An integer here makes the serial number ambiguous, which is a test of its own.
            Algorithm if any_tag == 0x02 => 0x30,
            // Validity is one element; its two ends are in it.
            _ => any_tag & 0xe0 | (any_tag & 0x1f).min(0x1e),
        };
        (field, element(tag, &content))
    })
}

fn with(field: Field, odd: &[u8]) -> Parts {
    let mut parts = Parts::default();
    let place = match field {
        Version => &mut parts.version,
        SerialNumber => &mut parts.serial_number,
        Algorithm => &mut parts.algorithm,
        Issuer => &mut parts.issuer,
        NotBefore => &mut parts.not_before,
        NotAfter => &mut parts.not_after,
        Subject => &mut parts.subject,
        Key => &mut parts.key,
        Extensions => &mut parts.extensions,
        Signature => &mut parts.signature,
        Trailing => &mut parts.trailing,
    };
    *place = odd.to_vec();
    parts
}

fn check(field: Field, odd: &[u8]) {
    let usual = facts(&Parts::default());
    let parts = with(field, odd);
    let read = facts(&parts);
    if field != SerialNumber {
        assert_eq!(read.serial_number, usual.serial_number, "{field:?}");
    }
    if field != NotBefore {
        assert_eq!(
            read.validity.not_before, usual.validity.not_before,
            "{field:?}"
        );
    }
    if field != NotAfter {
        assert_eq!(
            read.validity.not_after, usual.validity.not_after,
            "{field:?}"
        );
    }
    if field != Subject {
        assert_eq!(read.subject, usual.subject, "{field:?}");
    }
    let pem = pem::block("CERTIFICATE", &parts.der());
    let handed_out = certificates(&pem);
    let without_trailing = Parts {
        trailing: Vec::new(),
        ..parts
    }
    .der();
    assert_eq!(handed_out, [without_trailing], "{field:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_odd_field_hides_no_other_fact((field, odd) in oddity()) {
        check(field, &odd);
    }

    #[test]
    fn no_damage_panics(at in 0_usize..500, byte in any::<u8>(), end in 0_usize..500) {
        let mut der = Parts::default().der();
        der.truncate(end.max(1));
        let at = at % der.len();
        der[at] = byte;
        X509::from_der(&der);
        let mut text = PEM.as_bytes().to_vec();
        text[at] = byte;
        certificates(&String::from_utf8_lossy(&text));
    }
}

#[test]
fn oddities_that_were_met_hide_no_other_fact() {
    for (field, odd) in [
        (Version, element(0xa0, &element(0x02, &[9]))),
        (Version, element(0xa0, &[])),
        (Version, element(0xa0, &[0xff, 0xff])),
        (SerialNumber, element(0x02, &[])),
        (SerialNumber, element(0x0c, b"17")),
        (Algorithm, element(0x05, &[])),
        (Issuer, element(0x31, &[])),
        (NotBefore, element(0x17, b"991231235900 Z")),
        (NotBefore, element(0x18, b"00010101000000Z")),
        (NotAfter, element(0x17, b"261301000000Z")),
        (NotAfter, element(0x0c, b"never")),
        (
            Subject,
            element(
                0x30,
                &set(&[(COUNTRY, 0x13, b"DE"), (COMMON_NAME, 0x0c, &[0xff])]),
            ),
        ),
        (Key, element(0x30, &[])),
        (Extensions, element(0xa3, &[0x30, 0x82])),
        (Extensions, element(0x7f, &[1; 300])),
        (Signature, Vec::new()),
        (Trailing, b"\r\nMore".to_vec()),
    ] {
        check(field, &odd);
    }
}
