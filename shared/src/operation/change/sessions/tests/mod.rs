//! The sessions that are ended, the moment at which they are, and their form in results.

mod evidence;
mod named;
mod whole;

use std::collections::HashMap;
use std::time::Duration;

use super::super::certificate::Command;
use super::super::client_session::SessionOutcome::{
    Ended, Failed, NotConnected, Unknown, WouldEnd,
};
use super::super::tests::broker::{
    Broker, BrokerSessions, COMMAND, Disconnection, MINUTE, carry_out, confirmed, fails, reference,
    refused, shows, unanswered,
};
use super::*;
use crate::model::LifecycleStatus::{Active, Inactive, Revoked};
use crate::request::CertificateReference;

type ConnectionRead = Result<bool, Error>;

const ON: ConnectionRead = Ok(true);
const OFF: ConnectionRead = Ok(false);

/// An order that ends sessions, too.
const ORDER: Command<'static> = Command {
    end_sessions: true,
    ..COMMAND
};

/// The key of the certificate `0a`.
const KEY: &str = "000a";

/// A reference that names these clients.
fn with_clients(serial: &str, clients: &[&str]) -> CertificateReference {
    let clients = clients
        .iter()
        .map(|client| ClientId::parse(client).unwrap());
    CertificateReference {
        client_ids: Some(clients.collect()),
        ..reference(serial)
    }
}

/// Sessions of clients, with prepared answers to their reads and disconnections.
fn sessions(clients: &[(&str, Vec<ConnectionRead>, Vec<Disconnection>)]) -> BrokerSessions {
    let looks: HashMap<_, _> = clients
        .iter()
        .map(|(client, looks, _)| ((*client).to_owned(), looks.iter().cloned().collect()))
        .collect();
    let disconnections: HashMap<_, _> = clients
        .iter()
        .map(|(client, _, answers)| ((*client).to_owned(), answers.iter().cloned().collect()))
        .collect();
    BrokerSessions {
        looks: looks.into(),
        disconnections: disconnections.into(),
        ..BrokerSessions::default()
    }
}

/// The same where the provider ties clients to certificates.
fn tied(sessions: BrokerSessions, certificates: &[(&str, &[&str])]) -> BrokerSessions {
    let tied = certificates.iter().map(|(key, clients)| {
        let clients = clients.iter().map(|client| (*client).to_owned()).collect();
        ((*key).to_owned(), Ok(clients))
    });
    BrokerSessions {
        tied: tied.collect(),
        ..sessions
    }
}

/// A broker that inactivates one certificate.
fn inactivating(sessions: BrokerSessions) -> Broker {
    Broker::new([shows(Active), shows(Inactive)], [confirmed()]).with_sessions(sessions)
}

async fn one(broker: &Broker, reference: CertificateReference) -> InactivateResult {
    let results = carry_out(broker, &[reference], ORDER, MINUTE).await;
    results.into_iter().next().unwrap()
}

fn clients(result: &InactivateResult) -> &[ClientSession] {
    &result.sessions.as_ref().unwrap().clients
}

fn code(error: Option<&Error>) -> Option<ErrorCode> {
    error.map(|error| error.code)
}
