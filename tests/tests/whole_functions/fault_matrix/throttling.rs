//! Vendors that ask to slow down, with hints of every kind. No answer of theirs leaves open whether
//! an order was carried out.

use std::collections::BTreeMap;

use simulator::Fault;

use super::expected::{Row, everywhere, throttled, throttled_for_long};

/// The code of each vendor for too many calls.
const BODY: &str = r#"{"Code":"Throttling.User","Message":"-","RequestId":"1","Response":{"Error":{"Code":"RequestLimitExceeded","Message":"-"},"RequestId":"1"}}"#;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new(
            "the vendor's code for too many calls",
            everywhere(Fault::Throttle),
            throttled(),
        ),
        Row::new(
            "x-acs-retry-after: 300",
            everywhere(Fault::ThrottleFor(300)),
            throttled(),
        ),
        Row::new(
            "status 429",
            everywhere(Fault::body(429, "text/plain", "slow down")),
            throttled(),
        ),
    ];
    rows.extend(
        ["0", "-1", "soon", "99999999999999999999"]
            .map(|hint| hinted(400, "x-acs-retry-after", hint)),
    );
    // Describe's vendor is Tencent Cloud, of which this header says nothing.
    let [_, inactivate, status] = throttled_for_long();
    let [describe, ..] = throttled();
    rows.push(Row {
        expected: [describe, inactivate, status],
        ..hinted(400, "x-acs-retry-after", "999999999")
    });
    rows.extend(
        ["1", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"]
            .map(|hint| hinted(429, "retry-after", hint)),
    );
    rows.push(hinted(429, "retry-after", "99999999999999999999"));
    for hint in ["999999999", "Fri, 31 Dec 2999 23:59:59 GMT"] {
        rows.push(Row {
            expected: throttled_for_long(),
            ..hinted(429, "retry-after", hint)
        });
    }
    rows
}

/// A hint that can be followed, or that has to be ignored.
fn hinted(status: u16, header: &str, hint: &str) -> Row {
    let headers = BTreeMap::from([(header.to_owned(), hint.to_owned())]);
    let fault = Fault::body_with_headers(status, "application/json", headers, BODY);
    Row::new(format!("{header}: {hint}"), everywhere(fault), throttled())
}
