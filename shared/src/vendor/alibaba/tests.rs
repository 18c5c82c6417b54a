//! How long the gateway asks to wait.

use super::*;
use crate::testing::network::{answer, with_header};

fn hint(value: &str) -> Option<Duration> {
    let response = with_header(answer(429, "{}"), "x-acs-retry-after", value).unwrap();
    retry_after(&response)
}

#[test]
fn a_hint_is_a_number_of_milliseconds() {
    for milliseconds in [1, 300, 86_400_000] {
        assert_eq!(
            hint(&milliseconds.to_string()),
            Some(Duration::from_millis(milliseconds))
        );
    }
}

#[test]
fn a_value_without_a_time_to_wait_is_no_hint() {
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
        assert_eq!(hint(value), None, "{value}");
    }
    assert_eq!(retry_after(&answer(429, "{}").unwrap()), None);
}
