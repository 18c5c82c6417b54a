//! The schedule of clients that connect, or are disconnected, at a later time.

use super::{ClientName, Reconnects};
use crate::fleet::store::Store;
use crate::{Client, Vendor};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// An event of one client, with the time at which it is due.
#[derive(Debug)]
struct Scheduled {
    at: Instant,
    /// The same time in epoch milliseconds.
    milliseconds: i64,
    client: ClientName,
    event: Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The client tries to connect.
    Connect,
    /// The broker ends the connection, unless it would still admit the client.
    Disconnect,
}

/// A time by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    /// Epoch milliseconds.
    pub(crate) milliseconds: i64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            instant: Instant::now(),
            milliseconds: i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
        }
    }

    fn after(self, wait: Duration) -> Option<Self> {
        let milliseconds = i64::try_from(wait.as_millis()).ok()?;
        Some(Self {
            instant: self.instant.checked_add(wait)?,
            milliseconds: self.milliseconds.checked_add(milliseconds)?,
        })
    }
}

/// The events to come, and the brokers that end the sessions of inactivated certificates.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    due: Vec<Scheduled>,
    /// The time that each such broker takes to end them.
    brokers: BTreeMap<Vendor, Duration>,
}

impl Schedule {
    pub(crate) fn new(brokers: BTreeMap<Vendor, Duration>) -> Self {
        Self {
            due: Vec::new(),
            brokers,
        }
    }

    fn push(&mut self, client: ClientName, event: Event, at: Option<Moment>) {
        if let Some(Moment {
            instant,
            milliseconds,
        }) = at
        {
            self.due.push(Scheduled {
                at: instant,
                milliseconds,
                client,
                event,
            });
        }
    }

    /// Takes the earliest event that is due.
    fn take(&mut self, now: Instant) -> Option<Scheduled> {
        let (position, _) = self
            .due
            .iter()
            .enumerate()
            .filter(|(_, due)| due.at <= now)
            .min_by_key(|(_, due)| due.at)?;
        Some(self.due.remove(position))
    }
}

impl Store {
    /// Carries out every event that is due by `now`, in the order of time.
    pub(crate) fn settle(&mut self, now: Instant) {
        while let Some(due) = self.schedule.take(now) {
            let at = Moment {
                instant: due.at,
                milliseconds: due.milliseconds,
            };
            match due.event {
                Event::Connect => {
                    self.connect(&due.client, at);
                }
                Event::Disconnect => {
                    let is_admitted = self
                        .fleet()
                        .clients
                        .get(&due.client)
                        .is_none_or(|client| self.fleet().admits(&due.client, client));
                    if !is_admitted {
                        self.end_session(&due.client, at, "SERVER_INITIATED_DISCONNECT", false);
                    }
                }
            }
        }
    }

    /// Lets a client try to connect. Returns whether it is connected afterwards.
    pub(crate) fn connect(&mut self, name: &ClientName, at: Moment) -> bool {
        let Some(client) = self.fleet().clients.get(name) else {
            return false;
        };
        if client.connected {
            return true;
        }
        if !self.fleet().admits(name, client) {
            return false;
        }
        self.change_client(name, at.instant)
            .map(|client| client.connect(at.milliseconds))
            .is_some()
    }

    /// Ends the connection of a client, if it has one; the client may come back at once.
    /// `forgets_session` forgets also the session of a client that is not connected.
    pub(crate) fn end_session(
        &mut self,
        name: &ClientName,
        at: Moment,
        reason: &str,
        forgets_session: bool,
    ) {
        let was_connected = match self.fleet().clients.get(name) {
            Some(client) if client.connected || (forgets_session && client.has_session) => {
                client.connected
            }
            _ => return,
        };
        let Some(client) = self.change_client(name, at.instant) else {
            return;
        };
        if was_connected {
            client.disconnect(at.milliseconds, reason);
        }
        client.has_session &= !forgets_session;
        let (reconnects, wait) = (client.reconnects, reconnects_after(client));
        if was_connected && reconnects != Reconnects::Never {
            self.schedule
                .push(name.clone(), Event::Connect, at.after(wait));
        }
        self.settle(at.instant);
    }

    /// The effect on the clients of a certificate whose status a call has changed: those of an
    /// active one connect again, and some brokers end the connections of the others.
    pub(crate) fn certificate_was_changed(
        &mut self,
        vendor: Vendor,
        place: &str,
        certificate: &str,
        at: Moment,
    ) {
        let is_active = vendor.api().admits(self.fleet(), place, certificate);
        let ends_after = self.schedule.brokers.get(&vendor).copied();
        let events: Vec<(ClientName, Event, Duration)> = self
            .fleet()
            .clients_of(vendor, place)
            .filter(|client| client.certificate.as_deref() == Some(certificate))
            .filter_map(|client| {
                let (event, wait) = match (is_active, client.connected, client.reconnects) {
                    (true, false, Reconnects::WhileCertificateIsActive) => {
                        (Event::Connect, reconnects_after(client))
                    }
                    (false, true, _) => (Event::Disconnect, ends_after?),
                    _ => return None,
                };
                Some((super::name(vendor, place, &client.client_id), event, wait))
            })
            .collect();
        for (client, event, wait) in events {
            self.schedule.push(client, event, at.after(wait));
        }
        self.settle(at.instant);
    }
}

fn reconnects_after(client: &Client) -> Duration {
    Duration::from_millis(client.reconnects_after)
}
