//! The clients of the brokers, as tests add and look at them.

use super::Simulator;
use crate::clients::{Moment, name};
use crate::{Client, Vendor};
use std::time::{Duration, Instant};

impl Simulator {
    /// Adds a client to a broker, or replaces the one of the same id. `place` is the instance's id,
    /// or at AWS the region.
    pub fn add_client(&self, vendor: Vendor, place: &str, client: Client) {
        self.with_fleet(|fleet| {
            let name = name(vendor, place, &client.client_id);
            fleet.clients.insert(name, client);
        });
    }

    /// Lets a client try to connect; tells whether it is connected afterwards. The broker does not
    /// admit one whose certificate is not active, nor one that it does not know.
    pub fn connect(&self, vendor: Vendor, place: &str, client_id: &str) -> bool {
        let mut state = self.shared.state();
        state.store.settle(Instant::now());
        state
            .store
            .connect(&name(vendor, place, client_id), Moment::now())
    }

    /// Whether the client of exactly this id is connected, whatever the lag of the vendors' reads.
    pub fn is_connected(&self, vendor: Vendor, place: &str, client_id: &str) -> bool {
        let client = self.with_fleet(|fleet| fleet.client(vendor, place, client_id).cloned());
        client.is_some_and(|client| client.connected)
    }

    /// Sets [`Options::sessions_lag`](crate::Options::sessions_lag) for the reads from now on.
    /// Changes that came while there was no lag are seen at once.
    pub fn set_sessions_lag(&self, sessions_lag: Duration) {
        self.shared.state().store.set_sessions_lag(sessions_lag);
    }
}
