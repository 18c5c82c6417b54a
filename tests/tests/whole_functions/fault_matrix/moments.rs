//! Vendors that are slow, and requests that come late, twice, or to the wrong place.

use simulator::Fault;

use super::expected::{
    Delivery, Expected, Injected, NO_CALLS, Row, answer, error, everywhere, reads, reads_between,
    success,
};
use super::line::Break;

/// After the first order there is time for reads until the deadline, and a second order is not sent.
fn timeout() -> [Expected; 3] {
    [
        error("timeout", reads(1)),
        error("timeout", reads_between(4, 12).and_writes(2)),
        error("timeout", reads(1)),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    let [describe, _, status] = success();
    let refused = error("forbidden", NO_CALLS);
    let nothing =
        |name, delivery, expected| Row::new(name, Injected::NoFault, expected).delivered(delivery);
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
        Row::new(
            "a byte each second",
            Injected::Connection(Break::Drip),
            timeout(),
        )
        .within(3),
        nothing(
            "connections that were closed while the function was frozen",
            Delivery::AfterFreeze,
            success(),
        ),
        nothing(
            "a request of yesterday",
            Delivery::Late,
            [describe, refused, status],
        ),
        nothing(
            "an instance that is not on the allow-list",
            Delivery::NotAllowed,
            [describe, refused, status],
        ),
        nothing(
            "the same request twice",
            Delivery::Twice,
            [
                // A queue's batch asks the same only once.
                Expected {
                    calls: [reads(2), reads(1)],
                    ..answer("active active / active active", NO_CALLS)
                },
                answer(
                    "inactivated inactivated / already_inactive already_inactive",
                    reads(6).and_writes(2),
                ),
                Expected {
                    calls: [reads(2), reads(1)],
                    ..answer("good good / good good", NO_CALLS)
                },
            ],
        ),
    ]
}
