//! Connections that wait for the next request to their server.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use super::connect::Server;
use super::connection::Connection;

/// They are given up early: one that is older was most likely closed by the other side, perhaps
/// without a word that still arrives.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

#[derive(Default)]
pub(super) struct IdleConnections(RefCell<Vec<Idle>>);

struct Idle {
    server: Server,
    connection: Connection,
    /// By the clock that goes on while the sandbox is frozen.
    since: SystemTime,
}

impl IdleConnections {
    /// The one that was used last and is still open.
    pub(super) fn take(&self, server: &Server) -> Option<Connection> {
        let mut waiting = self.0.borrow_mut();
        waiting.retain(|idle| is_fresh(idle.since, SystemTime::now()));
        while let Some(at) = waiting.iter().rposition(|idle| idle.server == *server) {
            let mut connection = waiting.remove(at).connection;
            if connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    pub(super) fn put(&self, server: Server, connection: Connection) {
        let mut waiting = self.0.borrow_mut();
        waiting.retain(|idle| is_fresh(idle.since, SystemTime::now()));
        waiting.push(Idle {
            server,
            connection,
            since: SystemTime::now(),
        });
    }
}

/// A clock that was set back tells nothing of the age.
fn is_fresh(since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since)
        .is_ok_and(|age| age <= LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_waited_for_long_or_for_nobody_knows_how_long_is_given_up() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_800_000);
        let second = Duration::from_secs(1);
        for (since, expected) in [
            (now, true),
            (now - 15 * second, true),
            (now - 16 * second, false),
            (now + second, false),
        ] {
            assert_eq!(is_fresh(since, now), expected, "{since:?}");
        }
    }
}
