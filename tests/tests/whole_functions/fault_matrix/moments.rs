//! Vendors that are slow, and requests that come late, twice, or to the wrong place.

use simulator::Fault;

use super::expected::{Asked, Expected, Row, Trouble, answer, error, everywhere, success};
use super::line::Break;

/// An order leaves time to read what became of it, until the deadline, and a second one is not
/// begun.
fn timeout() -> [Expected; 3] {
    [
        error("timeout", "r"),
        error("timeout", "rwr+ rwr+"),
        error("timeout", "r"),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    let [describe, _, status] = success();
    let refused = error("forbidden", "");
    let nothing = |name, asked, expected| Row::new(name, Trouble::Nothing, expected).asked(asked);
    vec![
        Row::new(
            "a vendor that is silent",
            everywhere(Fault::Stall),
            timeout(),
        )
        .within(3),
        Row::new(
            "an answer later than an attempt may take",
            everywhere(Fault::Delay(2_700)),
            timeout(),
        )
        .within(3),
        Row::new("a byte each second", Trouble::Line(Break::Drip), timeout()).within(3),
        nothing(
            "connections that were closed while the function was frozen",
            Asked::AfterAFreeze,
            success(),
        ),
        nothing(
            "a request of yesterday",
            Asked::Late,
            [describe, refused, status],
        ),
        nothing(
            "an instance that is not on the allow-list",
            Asked::OffTheList,
            [describe, refused, status],
        ),
        nothing(
            "the same request twice",
            Asked::Twice,
            [
                // A queue's batch asks the same only once.
                Expected {
                    calls: ["rr", "r"],
                    ..answer("active active / active active", "")
                },
                answer(
                    "inactivated inactivated / already_inactive already_inactive",
                    "rwrr rwrr",
                ),
                Expected {
                    calls: ["rr", "r"],
                    ..answer("good good / good good", "")
                },
            ],
        ),
    ]
}
