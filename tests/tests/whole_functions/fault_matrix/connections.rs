//! Faults of the way to the vendor: name resolution, connections, TLS, and bytes that are no HTTP.

use super::expected::{
    Calls, Expected, Injected, NO_CALLS, Row, answer, answer_lost, connections, error,
    nothing_done, reads_between, success,
};
use super::line::Break;
use crate::tls;

/// No connection is made, so reads fail as well. Either nothing reaches the vendor, or only these
/// connections do, the first of them while the function starts.
fn unreachable(of_a_read: [Calls; 2], of_writes: [Calls; 2]) -> [Expected; 3] {
    let error = |calls| Expected {
        calls,
        ..error("provider_unavailable", NO_CALLS)
    };
    [error(of_a_read), error(of_writes), error(of_a_read)]
}

pub(crate) fn not_made() -> Vec<Row> {
    let row = |name, broken, expected| Row::new(name, Injected::Connection(broken), expected);
    let counted = || {
        unreachable(
            [connections(4), connections(3)],
            [connections(7), connections(6)],
        )
    };
    let uncounted = || unreachable([NO_CALLS; 2], [NO_CALLS; 2]);
    vec![
        row(
            "the host's name cannot be resolved",
            Break::NoSuchName,
            uncounted(),
        )
        .within(20),
        row("the connection is refused", Break::Refused, uncounted()),
        row(
            "the connection is neither taken nor refused",
            Break::Hanging,
            uncounted(),
        )
        .within(20),
        row(
            "reset before anything is read",
            Break::ResetUnread,
            counted(),
        ),
        row(
            "the TLS handshake is never answered",
            Break::SilentHandshake,
            counted(),
        )
        .within(20),
        row(
            "a certificate that signs itself",
            Break::Tls(tls::self_signed()),
            counted(),
        ),
        row(
            "a certificate that has expired",
            Break::Tls(tls::expired()),
            counted(),
        ),
        row(
            "a certificate of another host",
            Break::Tls(tls::of_another_host()),
            counted(),
        ),
    ]
}

pub(crate) fn breaking() -> Vec<Row> {
    // Whether an order is still sent over the connection that is closed is a matter of chance. If
    // so, four reads show that it was lost.
    let [describe, _, status] = success();
    let closed = [
        describe,
        answer(
            "inactivated inactivated",
            reads_between(4, 12).and_writes(2),
        ),
        status,
    ];
    let row = |name, broken, expected| Row::new(name, Injected::Connection(broken), expected);
    let unavailable = || nothing_done("provider_unavailable");
    let bytes = |name, bytes: &[u8]| row(name, Break::Bytes(bytes.to_vec()), unavailable());
    vec![
        row(
            "reset after the request was read",
            Break::Reset,
            unavailable(),
        ),
        row(
            "reset after the work was done",
            Break::ResetWhenDone,
            answer_lost("provider_unavailable"),
        ),
        row(
            "reset half way through the answer",
            Break::ResetInBody,
            answer_lost("provider_unavailable"),
        ),
        row(
            "ended without an answer, half open",
            Break::HalfClosed,
            unavailable(),
        ),
        bytes(
            "the head of an answer breaks off",
            b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n",
        ),
        bytes(
            "a body shorter than announced",
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}",
        ),
        bytes(
            "chunks of no length",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ),
        bytes(
            "chunks that break off",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n{}",
        ),
        bytes(
            "a length that is no number",
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        ),
        bytes("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n"),
        bytes(
            "a TLS alert in place of HTTP",
            b"\x15\x03\x03\x00\x02\x02\x28",
        ),
        row(
            "a head without end",
            Break::Endless("HTTP/1.1 200 OK\r\n", b"x-header: y\r\n".repeat(100)),
            unavailable(),
        ),
        row(
            "a body of 100 MB",
            Break::Endless(
                "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n",
                vec![b' '; 64 * 1024],
            ),
            nothing_done("provider_invalid_response"),
        ),
        row(
            "closed after the first answer without a word",
            Break::ClosedAfterTheFirst,
            closed,
        ),
    ]
}

pub(crate) fn sound() -> Vec<Row> {
    let row = |name, trouble| Row::new(name, trouble, success());
    vec![
        row("no line", Injected::NoFault),
        row("a sound line", Injected::Connection(Break::Sound)),
        row(
            "a sound certificate",
            Injected::Connection(Break::Tls(tls::sound())),
        ),
    ]
}
