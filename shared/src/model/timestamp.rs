//! Times in UTC with millisecond precision.

use std::fmt;
use std::time::SystemTime;

use serde::{Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::{deserialize_by_parse, quoted};

/// A time in UTC, to the millisecond. It is written in RFC 3339 with a `Z`, and with a fraction only
/// when it is not zero: `2025-12-18T16:00:00Z`, `2025-03-26T09:58:35.198Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// From epoch milliseconds; `None` outside the years 0 to 9999, which are all that RFC 3339 can
    /// write.
    pub fn from_epoch_milliseconds(milliseconds: i64) -> Option<Self> {
        let nanoseconds = i128::from(milliseconds).checked_mul(1_000_000)?;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// From the system's clock.
    pub fn from_system_time(moment: SystemTime) -> Self {
        let since_epoch = moment
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_millis())
            .ok()
            .and_then(Self::from_epoch_milliseconds)
            .unwrap_or(Self(OffsetDateTime::UNIX_EPOCH))
    }

    /// Accepts RFC 3339 with any offset.
    ///
    /// # Errors
    /// A sentence that shows the expected form.
    pub fn parse(text: &str) -> Result<Self, String> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
            .and_then(|moment| {
                i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
            })
            .and_then(Self::from_epoch_milliseconds)
            .ok_or_else(|| {
                format!(
                    "a time must be RFC 3339, like 2026-01-31T00:00:00Z, not {}",
                    quoted(text)
                )
            })
    }

    /// Whole seconds since the epoch.
    pub fn epoch_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Milliseconds since the epoch.
    pub fn epoch_milliseconds(self) -> i64 {
        let milliseconds = self.0.unix_timestamp_nanos().div_euclid(1_000_000);
        // The years 0 to 9999 fit.
        i64::try_from(milliseconds).unwrap_or_default()
    }

    /// Adds days. Returns the time unchanged when the result is outside the calendar.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        let later = self.0.checked_add(time::Duration::days(i64::from(days)));
        Self(later.unwrap_or(self.0))
    }

    /// Adds a duration. Returns the time unchanged when the result is outside the calendar.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let later = time::Duration::try_from(duration)
            .ok()
            .and_then(|duration| self.0.checked_add(duration));
        Self(later.unwrap_or(self.0))
    }

    /// Subtracts a duration. Returns the time unchanged when the result is outside the calendar.
    #[must_use]
    pub fn minus(self, duration: std::time::Duration) -> Self {
        let earlier = time::Duration::try_from(duration)
            .ok()
            .and_then(|duration| self.0.checked_sub(duration));
        Self(earlier.unwrap_or(self.0))
    }

    /// The form `yyyy-MM-ddTHH:mm:ssZ`, which Alibaba Cloud signs.
    pub fn to_seconds_text(self) -> String {
        let mut text = self.to_seconds();
        text.push('Z');
        text
    }

    fn to_text(self) -> String {
        let mut text = self.to_seconds();
        let milliseconds = self.0.millisecond();
        if milliseconds > 0 {
            text.push('.');
            text.extend(digits::<3>(milliseconds.into()));
        }
        text.push('Z');
        text
    }

    /// Writes digit by digit, which is many times faster than a format string: an answer holds
    /// hundreds of times.
    fn to_seconds(self) -> String {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second) = self.0.to_hms();
        let mut text = String::with_capacity("2025-03-26T09:58:35.198Z".len());
        text.extend(digits::<4>(year.unsigned_abs()));
        for (mark, number) in [
            ('-', month.into()),
            ('-', day),
            ('T', hour),
            (':', minute),
            (':', second),
        ] {
            text.push(mark);
            text.extend(digits::<2>(number.into()));
        }
        text
    }
}

/// The last decimal digits of a number.
fn digits<const COUNT: usize>(number: u32) -> [char; COUNT] {
    let mut digits = ['0'; COUNT];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit(rest % 10, 10).unwrap_or_default();
        rest /= 10;
    }
    digits
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

deserialize_by_parse!(Timestamp, "a time in RFC 3339 as a string");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_a_fraction_only_where_there_is_one() {
        for (milliseconds, text) in [
            (1_766_073_600_000, "2025-12-18T16:00:00Z"),
            (1_742_983_115_198, "2025-03-26T09:58:35.198Z"),
            (1_742_983_115_090, "2025-03-26T09:58:35.090Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            let moment = Timestamp::from_epoch_milliseconds(milliseconds).unwrap();
            assert_eq!(moment.to_string(), text);
            assert_eq!(Timestamp::parse(text), Ok(moment));
        }
    }

    #[test]
    fn any_offset_is_the_same_time() {
        assert_eq!(
            Timestamp::parse("2025-12-19T00:00:00+08:00")
                .unwrap()
                .to_string(),
            "2025-12-18T16:00:00Z"
        );
    }

    #[test]
    fn times_outside_the_calendar_are_refused() {
        for milliseconds in [i64::MIN, i64::MAX, 253_402_300_800_000, -62_167_219_200_001] {
            assert_eq!(
                Timestamp::from_epoch_milliseconds(milliseconds),
                None,
                "{milliseconds}"
            );
        }
        for text in [
            "",
            "2025-12-18",
            "2025-12-18T16:00Z",
            "2025-13-18T16:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "tomorrow",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
