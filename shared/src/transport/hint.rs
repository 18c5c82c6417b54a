//! How long a vendor asks to wait.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Alibaba Cloud's own header in milliseconds, else that of RFC 9110, section 10.2.3: seconds, or a
/// date. What cannot be read, and what is no time to wait, is no hint.
pub(super) fn retry_after<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: SystemTime,
) -> Option<Duration> {
    let own = header("x-acs-retry-after")
        .and_then(number)
        .map(Duration::from_millis);
    let standard = || {
        header("retry-after").and_then(|text| {
            number(text)
                .map(Duration::from_secs)
                .or_else(|| until(text, now))
        })
    };
    own.filter(|wait| !wait.is_zero())
        .or_else(standard)
        .filter(|wait| !wait.is_zero())
}

fn number(text: &str) -> Option<u64> {
    // `parse` alone would take a plus sign.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// In the one form of a date that may still be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    SystemTime::from(date).duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-22T08:26:40Z
    const NOW: Duration = Duration::from_secs(1_763_800_000);

    fn hint(name: &str, value: &str) -> Option<Duration> {
        retry_after(
            |asked| (asked == name).then_some(value),
            SystemTime::UNIX_EPOCH + NOW,
        )
    }

    #[test]
    fn hints_are_milliseconds_seconds_or_a_date() {
        for (name, value, milliseconds) in [
            ("x-acs-retry-after", "300", 300),
            ("x-acs-retry-after", "86400000", 86_400_000),
            ("retry-after", "2", 2_000),
            ("retry-after", "007", 7_000),
            ("retry-after", "Sat, 22 Nov 2025 08:26:45 GMT", 5_000),
            ("retry-after", "Sat, 22 Nov 2025 09:26:40 GMT", 3_600_000),
        ] {
            assert_eq!(
                hint(name, value),
                Some(Duration::from_millis(milliseconds)),
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn what_is_no_time_to_wait_is_no_hint() {
        let dates = [
            "Sat, 22 Nov 2025 08:26:40 GMT",
            "Fri, 21 Nov 2025 08:26:40 GMT",
            "Sat, 99 Nov 2025 08:26:45 GMT",
            "tomorrow",
        ];
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
            "١",
        ]
        .into_iter()
        .chain(dates)
        {
            assert_eq!(hint("retry-after", value), None, "{value}");
        }
        for value in [
            "0",
            "-1",
            "+1",
            "1.5",
            "soon",
            "",
            "99999999999999999999",
            "Sat, 22 Nov 2025 08:26:45 GMT",
        ] {
            assert_eq!(hint("x-acs-retry-after", value), None, "{value}");
        }
    }

    #[test]
    fn the_vendors_own_header_counts_where_it_can_be_read() {
        let both = |own: &'static str| {
            let header = move |name: &str| {
                if name == "retry-after" {
                    Some("3")
                } else {
                    Some(own)
                }
            };
            retry_after(header, SystemTime::UNIX_EPOCH + NOW)
        };
        assert_eq!(both("250"), Some(Duration::from_millis(250)));
        assert_eq!(both("garbage"), Some(Duration::from_secs(3)));
    }
}
