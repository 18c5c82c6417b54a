//! The order in which spellings of the two serial numbers are tried.

use std::collections::BTreeMap;

use super::ca_list::CaPage;
use super::reading::{Base, Reading, own_text, proven_number, readings};
use crate::model::{SerialNumber, SerialNumberBase, Timestamp};

/// The likely spellings of a number in lower-case hex.
struct Hex {
    /// Whole octets without leading zero octets, as OpenSSL and most programs print the number.
    octets: String,
    /// The same with other leading zeros: without the zero digit, as programs print an integer, or
    /// after a zero octet, which DER adds before a high bit and the vendor's examples show before
    /// other serial numbers, too.
    other_zeros: String,
    /// After a zero octet, whatever the first digits are.
    zero_octet: String,
}

impl Hex {
    fn of(number: &SerialNumber) -> Self {
        let (sign, octets) = number.sign_and_magnitude();
        let zero_octet = format!("{sign}00{octets}");
        let other_zeros = octets
            .strip_prefix('0')
            .map_or_else(|| zero_octet.clone(), |digits| format!("{sign}{digits}"));
        Self {
            octets: number.as_str().to_owned(),
            other_zeros,
            zero_octet,
        }
    }
}

fn reading_of(readings: &[Reading], base: Base) -> Option<&Reading> {
    readings.iter().find(|reading| reading.base == base)
}

/// A text under which the vendor may know a CA.
pub(super) struct CaText {
    pub(super) text: String,
    pub(super) base: Base,
}

/// The texts of a CA in the order in which their lists are read.
///
/// * A text under which the CA was found before comes first, and then the caller's own, which may
///   have been copied from the vendor.
/// * Lower case comes before upper case, because the vendor's published examples have lower case.
/// * Each form of the zeros comes before each base: a caller and a vendor that differ in base
///   differ for both serial numbers, which is rarer. For the same reason the CA is read in another
///   base only where the device's serial number can be, too.
/// * Both other bases come before the upper case of the less likely zeros.
pub(super) fn ca_texts(
    ca: &SerialNumber,
    device: &[Reading],
    known: impl Fn(&SerialNumber) -> Option<String>,
) -> Vec<CaText> {
    let mut readings = readings(ca);
    readings.retain(|reading| reading_of(device, reading.base).is_some());
    let hex = Hex::of(ca);
    let callers =
        reading_of(&readings, Base::CallersIsDecimal).map(|reading| Hex::of(&reading.digits));
    let vendors =
        reading_of(&readings, Base::VendorsIsDecimal).map(|reading| reading.number.to_decimal());
    let mut order = vec![(known(ca), Base::Same), (Some(own_text(ca)), Base::Same)];
    order.extend(
        readings
            .iter()
            .map(|reading| (known(&reading.digits), reading.base)),
    );
    order.extend([
        (Some(hex.octets.clone()), Base::Same),
        (Some(hex.other_zeros.clone()), Base::Same),
        (Some(hex.octets.to_uppercase()), Base::Same),
        (
            callers.as_ref().map(|hex| hex.octets.clone()),
            Base::CallersIsDecimal,
        ),
        (vendors, Base::VendorsIsDecimal),
        (
            callers.as_ref().map(|hex| hex.octets.to_uppercase()),
            Base::CallersIsDecimal,
        ),
        (Some(hex.other_zeros.to_uppercase()), Base::Same),
        (
            callers.as_ref().map(|hex| hex.other_zeros.clone()),
            Base::CallersIsDecimal,
        ),
        (Some(hex.zero_octet), Base::Same),
    ]);
    let mut texts: Vec<CaText> = Vec::new();
    for (text, base) in order {
        if let Some(text) = text.filter(|text| !texts.iter().any(|earlier| earlier.text == *text)) {
            texts.push(CaText { text, base });
        }
    }
    texts
}

/// Texts of a device's and its CA's serial number, tried together.
pub(super) struct Pair<'a> {
    pub(super) reading: &'a Reading,
    pub(super) device_sn: String,
    pub(super) ca_sn: String,
}

/// The pairs in the order in which they are tried where no list shows how the vendor writes.
/// `known_ca`: the vendor's text of the CA, or else the caller's own.
///
/// A fleet has one CA, whose text was probably copied from the vendor, and devices whose serial
/// numbers come from elsewhere: the CA's text is kept, or both are spelled alike. Another base
/// applies to both numbers.
pub(super) fn pairs<'a>(device: &'a [Reading], ca: &SerialNumber, known_ca: &str) -> Vec<Pair<'a>> {
    let ca_readings = readings(ca);
    let Some(same) = reading_of(device, Base::Same) else {
        return Vec::new();
    };
    let (hex, ca_hex) = (Hex::of(&same.number), Hex::of(ca));
    let known_ca = || known_ca.to_owned();
    let own = (own_text(&same.number), own_text(ca));
    let mut order = vec![
        (Some(same), own.0.clone(), known_ca()),
        (Some(same), hex.octets.clone(), known_ca()),
        (Some(same), hex.octets.clone(), ca_hex.octets.clone()),
        (
            Some(same),
            hex.octets.to_uppercase(),
            ca_hex.octets.to_uppercase(),
        ),
        (Some(same), hex.other_zeros.clone(), known_ca()),
    ];
    for base in [Base::CallersIsDecimal, Base::VendorsIsDecimal] {
        let text = |reading: &Reading| match base {
            Base::VendorsIsDecimal => reading.number.to_decimal(),
            Base::Same | Base::CallersIsDecimal => reading.digits.as_str().to_owned(),
        };
        let reading = reading_of(device, base);
        let ca_sn = reading_of(&ca_readings, base).map_or_else(known_ca, text);
        order.push((reading, reading.map(text).unwrap_or_default(), ca_sn));
    }
    order.extend([
        (Some(same), hex.octets.to_uppercase(), known_ca()),
        (Some(same), hex.other_zeros.to_uppercase(), known_ca()),
        (Some(same), hex.other_zeros.clone(), ca_hex.other_zeros),
    ]);
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for (reading, device_sn, ca_sn) in order {
        let Some(reading) = reading else { continue };
        let is_new = !pairs
            .iter()
            .any(|pair| pair.device_sn == device_sn && pair.ca_sn == ca_sn);
        if is_new && (&device_sn, &ca_sn) != (&own.0, &own.1) {
            pairs.push(Pair {
                reading,
                device_sn,
                ca_sn,
            });
        }
    }
    pairs
}

/// The kinds of numbers whose leading zeros are written alike: whether the first octet has a
/// leading zero digit, and whether it has a high bit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    has_zero_digit: bool,
    has_high_bit: bool,
}

impl Shape {
    fn of(number: &SerialNumber) -> Self {
        let (_, octets) = number.sign_and_magnitude();
        let first = octets
            .chars()
            .next()
            .and_then(|digit| digit.to_digit(16))
            .unwrap_or_default();
        Self {
            has_zero_digit: first == 0,
            has_high_bit: first >= 8,
        }
    }
}

/// The minus sign or nothing, and the digits without the zero that fills the first octet.
fn sign_and_significant(number: &SerialNumber) -> (&str, &str) {
    let (sign, octets) = number.sign_and_magnitude();
    (sign, octets.strip_prefix('0').unwrap_or(octets))
}

/// How the vendor writes the serial numbers in a page.
#[derive(Default)]
pub(super) struct Styles {
    base: Option<SerialNumberBase>,
    /// The number of rows with letters in lower case, and in upper case only.
    lower: usize,
    upper: usize,
    /// For each shape, the number of rows by their number of leading zeros.
    zeros: BTreeMap<Shape, BTreeMap<usize, usize>>,
}

impl Styles {
    pub(super) fn of(page: &CaPage, now: Timestamp) -> Self {
        let mut styles = Self::default();
        for row in &page.rows {
            let (Some(digits), text) = (&row.digits, &row.device_sn) else {
                continue;
            };
            let (sign, significant) = sign_and_significant(digits);
            let zeros = text
                .len()
                .saturating_sub(sign.len())
                .saturating_sub(significant.len());
            let count = styles
                .zeros
                .entry(Shape::of(digits))
                .or_default()
                .entry(zeros)
                .or_default();
            *count = count.saturating_add(1);
            if text.contains(|letter: char| letter.is_ascii_lowercase()) {
                styles.lower = styles.lower.saturating_add(1);
            } else if text.contains(|letter: char| letter.is_ascii_uppercase()) {
                styles.upper = styles.upper.saturating_add(1);
            }
        }
        // Letters are hex. For digits alone, the first row with a certificate proves the base.
        styles.base = match styles.lower.saturating_add(styles.upper) {
            0 => page.rows.iter().find_map(|row| {
                let found = page.found(row, now);
                proven_number(&found).and(found.certificate.serial_number_base)
            }),
            _ => Some(SerialNumberBase::Hex),
        };
        styles
    }

    /// The texts for these readings in the styles seen, the most frequent style first, and the
    /// readings taking turns.
    pub(super) fn texts<'a>(&self, device: &'a [Reading]) -> Vec<(&'a Reading, String)> {
        let mut texts: Vec<(usize, &Reading, String)> = Vec::new();
        for reading in device {
            let mut of_reading = Vec::new();
            if self.base != Some(SerialNumberBase::Hex) {
                match reading.base {
                    Base::VendorsIsDecimal => of_reading.push(reading.number.to_decimal()),
                    // The digits may be the vendor's decimal text with other zeros.
                    Base::Same => of_reading.extend(
                        reading
                            .number
                            .read_as_decimal()
                            .map(|number| number.to_decimal()),
                    ),
                    Base::CallersIsDecimal => {}
                }
            }
            if self.base != Some(SerialNumberBase::Decimal)
                && reading.base != Base::VendorsIsDecimal
            {
                of_reading.extend(self.hex_texts(&reading.number));
            }
            texts.extend(
                of_reading
                    .into_iter()
                    .enumerate()
                    .map(|(turn, text)| (turn, reading, text)),
            );
        }
        texts.sort_by_key(|(turn, _, _)| *turn);
        texts
            .into_iter()
            .map(|(_, reading, text)| (reading, text))
            .collect()
    }

    fn hex_texts(&self, number: &SerialNumber) -> Vec<String> {
        let shape = Shape::of(number);
        let mut seen: Vec<(usize, usize)> = self
            .zeros
            .get(&shape)
            .into_iter()
            .flatten()
            .map(|(zeros, count)| (*zeros, *count))
            .collect();
        seen.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut zeros: Vec<usize> = seen.into_iter().map(|(zeros, _)| zeros).collect();
        if zeros.is_empty() {
            zeros = if shape.has_zero_digit {
                vec![1, 0]
            } else {
                vec![0, 2]
            };
        }
        let (sign, lower) = sign_and_significant(number);
        let upper = lower.to_uppercase();
        let cases: Vec<&str> = match (self.lower, self.upper) {
            (0, 0) => vec![lower, &upper],
            (_, 0) => vec![lower],
            (0, _) => vec![&upper],
            (lower_rows, upper_rows) if lower_rows >= upper_rows => vec![lower, &upper],
            _ => vec![&upper, lower],
        };
        let texts = zeros.iter().flat_map(|zeros| {
            cases
                .iter()
                .map(|digits| format!("{sign}{}{digits}", "0".repeat(*zeros)))
        });
        let mut distinct: Vec<String> = Vec::new();
        for text in texts {
            if !distinct.contains(&text) {
                distinct.push(text);
            }
        }
        distinct
    }
}

#[cfg(test)]
mod tests;
