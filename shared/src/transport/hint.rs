//! The wait that a server asks for.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The wait in the header `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date.
/// `None` when the value cannot be read, or the date has passed.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    unsigned_decimal(text)
        .map(Duration::from_secs)
        .or_else(|| until(text, now))
        .filter(|wait| !wait.is_zero())
}

/// A number of decimal digits only: `parse` alone would take a plus sign.
pub(crate) fn unsigned_decimal(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// The time until a date in the only form that senders may still use (RFC 9110, section 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    SystemTime::from(date).duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-22T08:26:40Z
    const NOW: Duration = Duration::from_secs(1_763_800_000);

    fn hint(value: &str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().ok()?)]);
        retry_after(&headers, SystemTime::UNIX_EPOCH + NOW)
    }

    #[test]
    fn a_hint_is_a_number_of_seconds_or_a_date() {
        for (value, seconds) in [
            ("2", 2),
            ("007", 7),
            ("Sat, 22 Nov 2025 08:26:45 GMT", 5),
            ("Sat, 22 Nov 2025 09:26:40 GMT", 3_600),
        ] {
            assert_eq!(hint(value), Some(Duration::from_secs(seconds)), "{value}");
        }
    }

    #[test]
    fn a_value_without_a_time_to_wait_is_no_hint() {
        for value in [
            "0",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "0x10",
            "",
            " ",
            "99999999999999999999",
            "\u{661}",
            "Sat, 22 Nov 2025 08:26:40 GMT",
            "Fri, 21 Nov 2025 08:26:40 GMT",
            "Sat, 99 Nov 2025 08:26:45 GMT",
            "tomorrow",
        ] {
            assert_eq!(hint(value), None, "{value}");
        }
    }
}
