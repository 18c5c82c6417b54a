//! MQTT clients and their sessions at the vendors' brokers.

mod schedule;

pub(crate) use schedule::{Moment, Schedule};

use crate::fleet::history::Holdings;
use crate::{Fleet, Vendor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An MQTT client as its broker knows it. Times are epoch milliseconds, 0 means never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// The id that it connects with; exactly this text names it.
    pub client_id: String,
    /// The certificate that it presents: at Tencent and Alibaba the serial number of the device,
    /// at AWS the certificate's identifier, each in the vendor's spelling. Without one the client
    /// authenticates in another way.
    pub certificate: Option<String>,
    /// Whether it is connected now.
    pub connected: bool,
    /// Whether the broker keeps a session for it; true while it is connected.
    pub has_session: bool,
    /// Whether its session ends with its connection.
    pub clean_session: bool,
    /// Its first connection.
    pub created_at: i64,
    /// Its last connection.
    pub connected_at: i64,
    /// The end of its last connection.
    pub disconnected_at: i64,
    /// Why the last connection ended, in the words of AWS.
    pub disconnect_reason: String,
    /// IP address and port, with a colon between.
    pub address: String,
    /// 3 for MQTT 3.1, 4 for 3.1.1, 5 for 5.0.
    pub protocol_version: u8,
    /// In seconds.
    pub keep_alive: u32,
    /// The time for which the broker keeps its session after the connection, in seconds.
    pub session_expiry: u32,
    /// Topic filters that it subscribes to.
    pub subscriptions: Vec<String>,
    /// Whether it connects again after its connection was ended.
    pub reconnects: Reconnects,
    /// The time from the end of its connection until it does so, in milliseconds.
    pub reconnects_after: u64,
}

/// Whether a client connects again after its connection was ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconnects {
    /// It stays away.
    Never,
    /// It tries; the broker admits it while its certificate is active, and also as soon as the
    /// certificate is activated again. A client without a certificate is always admitted.
    #[default]
    WhileCertificateIsActive,
    /// It tries with another credential, and the broker admits it.
    Always,
}

impl Default for Client {
    /// Connected since March 2025, with a session that outlives its connections.
    fn default() -> Self {
        Self {
            client_id: "client-1".to_owned(),
            certificate: None,
            connected: true,
            has_session: true,
            clean_session: false,
            created_at: 1_742_983_115_198,
            connected_at: 1_742_983_120_000,
            disconnected_at: 0,
            disconnect_reason: String::new(),
            address: "203.0.113.7:52144".to_owned(),
            protocol_version: 4,
            keep_alive: 60,
            session_expiry: 86_400,
            subscriptions: vec!["fleet/commands".to_owned()],
            reconnects: Reconnects::default(),
            reconnects_after: 0,
        }
    }
}

impl Client {
    /// A connected client of this id that presents this certificate; the rest as in
    /// [`default`](Self::default).
    pub fn of(client_id: &str, certificate: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            certificate: Some(certificate.to_owned()),
            ..Self::default()
        }
    }

    /// The same client, disconnected by itself, so that it does not come back by itself.
    #[must_use]
    pub fn offline(self) -> Self {
        Self {
            connected: false,
            has_session: !self.clean_session,
            disconnected_at: self.connected_at.saturating_add(3_600_000),
            disconnect_reason: "CLIENT_INITIATED_DISCONNECT".to_owned(),
            reconnects: Reconnects::Never,
            ..self
        }
    }

    /// `at` is in epoch milliseconds.
    pub(crate) fn connect(&mut self, at: i64) {
        self.connected = true;
        self.has_session = true;
        self.connected_at = at;
    }

    /// `at` is in epoch milliseconds.
    pub(crate) fn disconnect(&mut self, at: i64, reason: &str) {
        self.connected = false;
        self.has_session = !self.clean_session;
        self.disconnected_at = at;
        reason.clone_into(&mut self.disconnect_reason);
    }
}

/// The vendor, the place there (the instance's id, or at AWS the region) and the client's id.
pub type ClientName = (Vendor, String, String);

/// The clients of every broker.
pub type Clients = BTreeMap<ClientName, Client>;

pub(crate) fn name(vendor: Vendor, place: &str, client_id: &str) -> ClientName {
    (vendor, place.to_owned(), client_id.to_owned())
}

impl Holdings for Clients {
    type Name = ClientName;
    type Record = Client;

    fn records(&self) -> impl Iterator<Item = (ClientName, &Client)> {
        self.iter().map(|(name, client)| (name.clone(), client))
    }

    fn find(&mut self, name: &ClientName) -> Option<&mut Client> {
        self.get_mut(name)
    }
}

impl Fleet {
    /// The same with these clients of one broker, which replace those of the same ids. `place` is
    /// the instance's id, or at AWS the region.
    #[must_use]
    pub fn with_clients(
        mut self,
        vendor: Vendor,
        place: &str,
        clients: impl IntoIterator<Item = Client>,
    ) -> Self {
        self.clients.extend(
            clients
                .into_iter()
                .map(|client| (name(vendor, place, &client.client_id), client)),
        );
        self
    }

    /// A client of one broker by its exact id.
    pub fn client(&mut self, vendor: Vendor, place: &str, client_id: &str) -> Option<&mut Client> {
        self.clients.get_mut(&name(vendor, place, client_id))
    }

    /// The clients of one broker in the order of their ids.
    pub(crate) fn clients_of<'a>(
        &'a self,
        vendor: Vendor,
        place: &'a str,
    ) -> impl Iterator<Item = &'a Client> {
        self.clients
            .range(name(vendor, place, "")..)
            .take_while(move |((of, at, _), _)| *of == vendor && at == place)
            .map(|(_, client)| client)
    }

    /// Whether a broker lets a client in that tries to connect.
    pub(crate) fn admits(&self, (vendor, place, _): &ClientName, client: &Client) -> bool {
        match (client.reconnects, &client.certificate) {
            (Reconnects::Always, _) | (_, None) => true,
            (_, Some(certificate)) => vendor.api().admits(self, place, certificate),
        }
    }
}

#[cfg(test)]
mod tests;
