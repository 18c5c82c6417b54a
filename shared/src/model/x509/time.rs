//! Times of a certificate (RFC 5280, 4.1.2.5), and the forms that X.680 allows besides.

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use super::element::Element;
use crate::model::Timestamp;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The largest offset that openssl takes.
const MOST_HOURS: i8 = 12;

/// Reads a time: minutes, then seconds or none, a fraction of a second in GeneralizedTime, and `Z`
/// or an offset. `None` for anything else, like a time without a zone.
pub(super) fn moment(element: Option<Element<'_>>) -> Option<Timestamp> {
    let element = element?;
    let mut text = Text(element.content_of(element.tag)?);
    let year = match element.tag {
        UTC_TIME => match text.number(2)? {
            year @ 0..50 => year.checked_add(2000)?,
            year => year.checked_add(1900)?,
        },
        GENERALIZED_TIME => text.number(4)?,
        _ => return None,
    };
    let month = Month::try_from(text.two_digits()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, text.two_digits()?).ok()?;
    let (hour, minute) = (text.two_digits()?, text.two_digits()?);
    let (mut second, mut millisecond) = (0, 0);
    if text.next_is(u8::is_ascii_digit) {
        second = text.two_digits()?;
        if element.tag == GENERALIZED_TIME && text.skip(b'.') {
            millisecond = text.milliseconds()?;
        }
    }
    let time = Time::from_hms_milli(hour, minute, second, millisecond).ok()?;
    let offset = text.offset()?;
    let moment = PrimitiveDateTime::new(date, time).assume_offset(offset);
    let milliseconds = moment.unix_timestamp_nanos().div_euclid(1_000_000);
    Timestamp::from_epoch_milliseconds(milliseconds.try_into().ok()?)
}

/// The characters that are left.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn next_is(&self, is_wanted: impl Fn(&u8) -> bool) -> bool {
        self.0.first().is_some_and(is_wanted)
    }

    fn skip(&mut self, character: u8) -> bool {
        let is_next = self.next_is(|next| *next == character);
        if is_next {
            self.0 = self.0.get(1..).unwrap_or_default();
        }
        is_next
    }

    /// A number of `digits` digits.
    fn number(&mut self, digits: usize) -> Option<u16> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0_u16, |number, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            number.checked_mul(10)?.checked_add(digit.try_into().ok()?)
        })
    }

    /// A number of two digits.
    fn two_digits(&mut self) -> Option<u8> {
        self.number(2)?.try_into().ok()
    }

    /// At least one digit of a fraction; those behind the third are dropped.
    fn milliseconds(&mut self) -> Option<u16> {
        let count = self
            .0
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        let kept = count.min(3);
        let milliseconds = match kept {
            0 => return None,
            1 => self.number(1)?.checked_mul(100)?,
            2 => self.number(2)?.checked_mul(10)?,
            _ => self.number(3)?,
        };
        self.0 = self.0.get(count.checked_sub(kept)?..)?;
        Some(milliseconds)
    }

    /// `Z`, or a sign with hours and minutes, and nothing behind.
    fn offset(&mut self) -> Option<UtcOffset> {
        let (&sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let offset = match sign {
            b'Z' => UtcOffset::UTC,
            b'+' | b'-' => {
                let hours = i8::try_from(self.two_digits()?).ok()?;
                if hours > MOST_HOURS {
                    return None;
                }
                let minutes = i8::try_from(self.two_digits()?).ok()?;
                let (hours, minutes) = if sign == b'-' {
                    (hours.checked_neg()?, minutes.checked_neg()?)
                } else {
                    (hours, minutes)
                };
                UtcOffset::from_hms(hours, minutes, 0).ok()?
            }
            _ => return None,
        };
        self.0.is_empty().then_some(offset)
    }
}
