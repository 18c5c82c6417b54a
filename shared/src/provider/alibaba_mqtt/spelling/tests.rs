//! The orders in docs/providers.md.

use super::*;

fn parse(text: &str) -> SerialNumber {
    SerialNumber::parse(text).unwrap()
}

fn texts(device: &str, ca: &str, known: &[&str]) -> Vec<String> {
    let known = |number: &SerialNumber| {
        known
            .iter()
            .find(|text| parse(text) == *number)
            .map(|text| (*text).to_owned())
    };
    ca_texts(&parse(ca), &readings(&parse(device)), known)
        .into_iter()
        .map(|ca| ca.text)
        .collect()
}

#[test]
fn the_texts_of_a_ca_come_in_the_order_of_their_likelihood() {
    assert_eq!(
        texts("ab", "00F2", &[]),
        ["00F2", "f2", "00f2", "F2", "242"]
    );
    assert_eq!(
        texts("ab", "0eef", &[]),
        ["0eef", "eef", "0EEF", "3823", "EEF", "000eef"]
    );
    assert_eq!(
        texts("ab", "f2", &["00F2"]),
        ["00F2", "f2", "00f2", "F2", "242"]
    );
    assert_eq!(
        texts("171", "202", &["0CA"]),
        ["202", "0CA", "0202", "ca", "514", "CA", "00ca", "000202"]
    );
    assert_eq!(
        texts("0x171", "202", &[]),
        ["202", "0202", "514", "000202"],
        "both are decimal, or neither"
    );
    assert_eq!(
        texts("07", "07", &[]),
        ["07", "7", "0007"],
        "in both bases the same"
    );
}

#[test]
fn the_pairs_keep_the_cas_text_or_spell_both_alike() {
    let pairs_of = |device: &str, ca: &str, known_ca: &str| -> Vec<String> {
        let device = readings(&parse(device));
        pairs(&device, &parse(ca), known_ca)
            .iter()
            .map(|pair| format!("{}/{}", pair.device_sn, pair.ca_sn))
            .collect()
    };
    assert_eq!(
        pairs_of("0EEF", "F2", "F2"),
        [
            "0eef/F2", "0eef/f2", "eef/F2", "3823/242", "EEF/F2", "eef/00f2"
        ],
        "the caller's own pair is left out"
    );
    assert_eq!(
        pairs_of("ab", "f2", "00F2")[..4],
        ["ab/00F2", "AB/F2", "00ab/00F2", "171/242"]
    );
    assert_eq!(
        pairs_of("171", "ca", "ca")[..4],
        ["0171/ca", "0171/CA", "ab/ca", "369/202"]
    );
}

#[test]
fn a_minus_sign_stays_before_the_zeros() {
    assert_eq!(
        texts("ab", "-0eef", &[]),
        ["-0eef", "-eef", "-0EEF", "-3823", "-EEF", "-000eef"]
    );
    let device = readings(&parse("-0eef"));
    let paired: Vec<String> = pairs(&device, &parse("f2"), "f2")
        .into_iter()
        .map(|pair| pair.device_sn)
        .collect();
    assert_eq!(paired, ["-0EEF", "-eef", "-3823", "-0EEF", "-EEF", "-eef"]);
    let styled = Styles::default().texts(&device);
    let styled: Vec<&str> = styled.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(styled, ["-0eef", "-3823", "-0EEF", "-eef", "-EEF"]);
}
