//! A running simulator, as tests use it.

mod clients;

use crate::state::Shared;
use crate::tls::Tls;
use crate::{
    Accounts, Call, Credentials, FaultRule, Fleet, IdentityCall, IdentityService, Options,
    TemporaryCredentials, Vendor, control, server,
};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// A running simulator. Its listeners run on a thread of their own and stop when it is dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    urls: BTreeMap<Vendor, String>,
    identity_urls: BTreeMap<IdentityService, String>,
    control_url: String,
    ca_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Binds the listeners on 127.0.0.1 and serves from then on.
    ///
    /// Fails when a port cannot be had or TLS cannot be set up.
    pub async fn start(options: Options) -> io::Result<Self> {
        let tls = if options.tls { Some(Tls::new()?) } else { None };
        let base = if options.tls {
            "https://localhost"
        } else {
            PLAIN
        };
        let (mut listeners, mut urls) = (Vec::new(), BTreeMap::new());
        for vendor in Vendor::ALL {
            let (listener, url) = bind(base)?;
            listeners.push((Server::Vendor(vendor), listener));
            urls.insert(vendor, url);
        }
        let mut identity_urls = BTreeMap::new();
        for service in IdentityService::ALL {
            let (listener, url) = bind(PLAIN)?;
            listeners.push((Server::Identity(service), listener));
            identity_urls.insert(service, url);
        }
        let (listener, control_url) = bind(PLAIN)?;
        listeners.push((Server::Control, listener));
        let (acceptor, ca_pem) = tls.map(|tls| (tls.acceptor, tls.ca_pem)).unzip();
        let shared = Arc::new(Shared::new(options));
        let (stop, stopped) = oneshot::channel();
        let (up, is_up) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || run(shared, listeners, acceptor, up, stopped)
            })?;
        is_up
            .await
            .map_err(|_| io::Error::other("the simulator's thread ended early"))??;
        Ok(Self {
            shared,
            urls,
            identity_urls,
            control_url,
            ca_pem,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Base URL of a vendor: `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    pub fn url(&self, vendor: Vendor) -> String {
        self.urls.get(&vendor).cloned().unwrap_or_default()
    }

    /// Base URL of a service that gives out keys, which never speaks TLS.
    pub fn identity_url(&self, service: IdentityService) -> String {
        self.identity_urls
            .get(&service)
            .cloned()
            .unwrap_or_default()
    }

    /// Reads or changes the settings of those services.
    pub fn with_accounts<R>(&self, work: impl FnOnce(&mut Accounts) -> R) -> R {
        work(&mut self.shared.state().accounts)
    }

    /// Every call of those services since the start or the last reset.
    pub fn identity_calls(&self) -> Vec<IdentityCall> {
        self.shared.state().identity_calls.clone()
    }

    /// Every temporary key that was given out since then.
    pub fn issued_keys(&self) -> Vec<TemporaryCredentials> {
        self.shared.state().keys.issued()
    }

    /// Every token of AWS that was given out since then.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.shared.state().tokens.clone()
    }

    /// Ends every temporary key that was given out.
    pub fn end_issued_keys(&self) {
        self.shared.state().keys.end_all(SystemTime::now());
    }

    /// The long-lived keys that a vendor knows from now on, in place of those of the start.
    pub fn replace_keys(&self, vendor: Vendor, keys: impl IntoIterator<Item = Credentials>) {
        self.shared
            .state()
            .keys
            .replace(vendor, keys.into_iter().collect());
    }

    /// Base URL of the control listener, which never speaks TLS.
    pub fn control_url(&self) -> String {
        self.control_url.clone()
    }

    /// With TLS the CA that a client has to trust, as PEM text.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The long-lived key of a vendor.
    pub fn credentials(&self, vendor: Vendor) -> Credentials {
        vendor.credentials()
    }

    /// The temporary key of a vendor with its session token.
    pub fn temporary_credentials(&self, vendor: Vendor) -> TemporaryCredentials {
        vendor.temporary_credentials()
    }

    /// Queues a fault for a vendor's next call, or for the calls that a [`FaultRule`] describes.
    ///
    /// Calls that the vendor's gateway refuses use up no fault.
    pub fn fail(&self, vendor: Vendor, rule: impl Into<FaultRule>) {
        self.shared.state().faults(vendor).push(rule.into());
    }

    /// Applies a change to the fleet, once, after this many further successful calls of an action; at
    /// once when none.
    ///
    /// The last of these calls is answered as the fleet was before; every later call, of whatever
    /// action, finds it changed. A call counts when its work was done, even if a fault then loses
    /// its answer. A reset forgets changes that have not come.
    pub fn change_after(
        &self,
        vendor: Vendor,
        action: &str,
        calls: usize,
        change: impl FnOnce(&mut Fleet) + Send + 'static,
    ) {
        self.shared
            .state()
            .change_after(vendor, action, calls, Box::new(change));
    }

    /// Sets [`Options::round_trip`] for the calls that arrive from now on.
    pub fn set_round_trip(&self, round_trip: Duration) {
        self.shared.state().round_trip = round_trip;
    }

    /// Sets [`Options::reads_lag`] for the reads from now on. Changes that came while there was no
    /// lag are seen at once.
    pub fn set_reads_lag(&self, reads_lag: Duration) {
        self.shared.state().store.set_reads_lag(reads_lag);
    }

    /// Every call since the start or the last reset, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().call_log.calls().to_vec()
    }

    /// The number of calls of an action that arrived, refused ones included.
    pub fn count(&self, vendor: Vendor, action: &str) -> usize {
        self.shared.state().call_log.of(vendor, action).count
    }

    /// The most calls of an action that arrived within any one second.
    pub fn most_in_any_second(&self, vendor: Vendor, action: &str) -> usize {
        let state = self.shared.state();
        state.call_log.of(vendor, action).most_in_any_second
    }

    /// The number of TCP connections that a vendor's listener accepted.
    pub fn connections(&self, vendor: Vendor) -> usize {
        self.shared.state().call_log.connections(vendor)
    }

    /// Forgets calls and connections; the fleet and waiting faults stay.
    pub fn reset_numbers(&self) {
        self.shared.state().call_log.reset();
    }

    /// Goes back to the fleet, the keys, the accounts and the times of the start and forgets
    /// faults, changes to come, calls and connections.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Reads or changes what the vendors hold: the true state, whatever the lag of the vendors'
    /// reads.
    pub fn with_fleet<R>(&self, work: impl FnOnce(&mut Fleet) -> R) -> R {
        self.shared.state().store.edit(Instant::now(), work)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Dropping the sender ends the thread's wait.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by then.
            drop(thread.join());
        }
    }
}

const PLAIN: &str = "http://127.0.0.1";

/// The service that answers at a listener.
#[derive(Clone, Copy)]
enum Server {
    Vendor(Vendor),
    Identity(IdentityService),
    Control,
}

type Listeners = Vec<(Server, TcpListener)>;

/// A listener on a free port, and its URL.
fn bind(base: &str) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let url = format!("{base}:{}", listener.local_addr()?.port());
    Ok((listener, url))
}

/// Serves on this thread until `stopped` resolves; `up` learns when the listeners are ready.
fn run(
    shared: Arc<Shared>,
    listeners: Listeners,
    tls: Option<TlsAcceptor>,
    up: oneshot::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(up.send(Err(error)));
            return;
        }
    };
    runtime.block_on(async {
        let listening = listen_all(&shared, listeners, tls);
        // Nobody waits any more when the start was given up; then `stopped` resolves at once.
        drop(up.send(listening));
        drop(stopped.await);
    });
}

fn listen_all(
    shared: &Arc<Shared>,
    listeners: Listeners,
    tls: Option<TlsAcceptor>,
) -> io::Result<()> {
    for (server, listener) in listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (shared, tls) = (Arc::clone(shared), tls.clone());
        tokio::spawn(server::listen(listener, move |stream| {
            let (shared, tls) = (Arc::clone(&shared), tls.clone());
            async move {
                match server {
                    Server::Vendor(vendor) => {
                        server::serve_vendor(stream, vendor, shared, tls).await;
                    }
                    Server::Identity(service) => {
                        server::serve_identity(stream, service, shared).await;
                    }
                    Server::Control => control::serve(stream, shared).await,
                }
            }
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
