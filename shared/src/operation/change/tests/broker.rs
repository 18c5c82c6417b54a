//! A broker that gives prepared answers and records its calls.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::super::answer::InactivateResult;
use super::super::certificate::Command;
use super::super::clients::ClientIdsAre;
use super::super::run::PlaceRun;
use tokio::time::Instant;

use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{
    ClientId, InstanceId, LifecycleStatus, ProviderName, ProviderRecord, Region, RequestId,
    SerialNumber,
};
use crate::provider::{
    ConfirmedWrite, FoundCertificate, Scope, SessionEnder, Spellings, StatusWriter, Target,
};
use crate::request::{CertificateReference, OrderItem};
use crate::testing::network::Network;
use crate::testing::{Bench, now};
use crate::transport::{Deadline, Failure, LocalFuture};

/// The result of reading a certificate: its status, nothing, or an error.
pub(in crate::operation::change) type Read = Result<Option<LifecycleStatus>, Error>;

pub(in crate::operation::change) struct Broker {
    scope: Scope,
    /// Number of certificates that it looks up together.
    pub(in crate::operation::change) group_size: usize,
    /// How long each call for certificates takes.
    pub(in crate::operation::change) time: Duration,
    /// The members of its records beside the status. A serial number that this leaves out is the
    /// one that was looked up.
    record: ProviderRecord,
    reads: RefCell<VecDeque<Read>>,
    last_read: RefCell<Option<Read>>,
    lag: Option<Duration>,
    /// The members of its records after the first write.
    replacement: Option<ProviderRecord>,
    written_at: Cell<Option<Instant>>,
    writes: RefCell<VecDeque<Result<Option<ConfirmedWrite>, Failure>>>,
    sessions: BrokerSessions,
    calls: RefCell<Vec<String>>,
}

impl Broker {
    /// Reads (the first find and all reads after it) and writes are answered in turn. When no read
    /// is left, each further one shows what the last one did; one more write fails the test.
    pub(in crate::operation::change) fn new(
        reads: impl IntoIterator<Item = Read>,
        writes: impl IntoIterator<Item = Result<Option<ConfirmedWrite>, Failure>>,
    ) -> Self {
        Self {
            group_size: 1,
            time: Duration::ZERO,
            scope: Scope {
                provider: ProviderName::AlibabaMqtt,
                region: Region::parse("cn-hangzhou").unwrap(),
                instance_id: InstanceId::parse("post-cn-1").ok(),
            },
            record: ProviderRecord {
                ca_serial_number: Some("0b".to_owned()),
                ..ProviderRecord::default()
            },
            reads: RefCell::new(reads.into_iter().collect()),
            last_read: RefCell::default(),
            lag: None,
            replacement: None,
            written_at: Cell::default(),
            writes: RefCell::new(writes.into_iter().collect()),
            sessions: BrokerSessions::default(),
            calls: RefCell::default(),
        }
    }

    /// The same with records that hold this.
    pub(in crate::operation::change) fn with(self, record: ProviderRecord) -> Self {
        Self { record, ..self }
    }

    /// The same whose reads show these records after the first write.
    pub(in crate::operation::change) fn replaced_by(self, record: ProviderRecord) -> Self {
        Self {
            replacement: Some(record),
            ..self
        }
    }

    /// The same whose reads show the first write's effect after this time, and their prepared
    /// answers until then.
    pub(in crate::operation::change) fn lagging(self, lag: Duration) -> Self {
        Self {
            lag: Some(lag),
            ..self
        }
    }

    /// The same with these sessions.
    pub(in crate::operation::change) fn with_sessions(self, sessions: BrokerSessions) -> Self {
        Self { sessions, ..self }
    }

    fn call(&self, call: String) {
        self.calls.borrow_mut().push(call);
    }

    /// The calls, in order: `find`, `write`, `read`, and those of the sessions: `ids`, `look`, `end`.
    pub(in crate::operation::change) fn calls(&self) -> String {
        self.calls.borrow().join(" ")
    }

    async fn takes_its_time(&self) {
        if !self.time.is_zero() {
            tokio::time::sleep(self.time).await;
        }
    }

    /// It writes two zeros before each serial number.
    fn answer(&self, key: String) -> Result<Option<FoundCertificate>, Error> {
        let next = self
            .reads
            .borrow_mut()
            .pop_front()
            .or_else(|| self.last_read.take());
        let read = next.unwrap_or_else(|| panic!("one read too many: {}", self.calls()));
        self.last_read.replace(Some(read.clone()));
        let shows_effect = self
            .lag
            .zip(self.written_at.get())
            .is_some_and(|(lag, at)| at.elapsed() >= lag);
        let read = if shows_effect {
            Ok(Some(LifecycleStatus::Inactive))
        } else {
            read
        };
        let status = read?;
        Ok(status.map(|status| {
            let replacement = self.replacement.as_ref();
            let record = replacement
                .filter(|_| self.written_at.get().is_some())
                .unwrap_or(&self.record)
                .clone();
            let serial_number = record.serial_number.clone().or_else(|| Some(key.clone()));
            let certificate = ProviderRecord {
                status,
                serial_number,
                ..record
            }
            .into_certificate(now(), false);
            FoundCertificate {
                key,
                ca_key: Some("0b".to_owned()),
                certificate,
                request_id: None,
            }
        }))
    }
}

impl StatusWriter for Broker {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, _: &CertificateReference) -> Result<(), Error> {
        Ok(())
    }

    fn group_size(&self) -> usize {
        self.group_size
    }

    /// It knows certificates under the caller's own spelling only.
    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        let answers = references.iter().map(|reference| {
            if spellings == Spellings::Others {
                self.calls.borrow_mut().push("others".to_owned());
                return Ok(None);
            }
            self.calls.borrow_mut().push("find".to_owned());
            let text = reference
                .serial_number
                .as_ref()
                .map_or("", SerialNumber::as_str);
            self.answer(format!("00{text}"))
        });
        let answers: Vec<_> = answers.collect();
        Box::pin(async {
            self.takes_its_time().await;
            answers
        })
    }

    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        let answers = found.iter().map(|found| {
            self.calls.borrow_mut().push("read".to_owned());
            self.answer(found.key.clone())
        });
        let answers: Vec<_> = answers.collect();
        Box::pin(async {
            self.takes_its_time().await;
            answers
        })
    }

    fn set<'a>(
        &'a self,
        found: &'a FoundCertificate,
        _: Target,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        assert!(
            found.key.starts_with("00"),
            "a write acts on what a read has found"
        );
        self.calls.borrow_mut().push("write".to_owned());
        self.written_at
            .set(self.written_at.get().or(Some(Instant::now())));
        Box::pin(async {
            self.takes_its_time().await;
            self.writes
                .borrow_mut()
                .pop_front()
                .unwrap_or_else(|| panic!("one write too many: {}", self.calls()))
        })
    }
}

/// The answer to a disconnection.
pub(in crate::operation::change) type Disconnection = Result<Option<ConfirmedWrite>, Failure>;

/// The sessions of a [`Broker`].
#[derive(Default)]
pub(in crate::operation::change) struct BrokerSessions {
    /// The client ids that it ties to a certificate, by the certificate's key.
    pub(in crate::operation::change) tied: HashMap<String, Result<Vec<String>, Error>>,
    /// The states that looks at each client show in turn; the last one stays.
    pub(in crate::operation::change) looks: RefCell<HashMap<String, VecDeque<Result<bool, Error>>>>,
    /// The answers to each client's disconnections in turn.
    pub(in crate::operation::change) disconnections:
        RefCell<HashMap<String, VecDeque<Disconnection>>>,
    /// The time that each of these calls takes.
    pub(in crate::operation::change) time: Duration,
    /// Whether the calls name their client.
    pub(in crate::operation::change) named: bool,
}

impl BrokerSessions {
    fn name(&self, call: &str, client_id: &ClientId) -> String {
        if self.named {
            format!("{call}:{client_id}")
        } else {
            call.to_owned()
        }
    }
}

impl SessionEnder for Broker {
    fn client_ids<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>> {
        self.call("ids".to_owned());
        let tied = self.sessions.tied.get(&found.key).cloned();
        Box::pin(async { tied.unwrap_or(Ok(Vec::new())) })
    }

    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            self.call(self.sessions.name("look", client_id));
            tokio::time::sleep(self.sessions.time).await;
            let mut looks = self.sessions.looks.borrow_mut();
            let looks = looks.get_mut(client_id.as_str());
            let looks = looks.unwrap_or_else(|| panic!("no looks at {client_id}"));
            let look = looks[0].clone();
            if looks.len() > 1 {
                looks.pop_front();
            }
            look
        })
    }

    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            self.call(self.sessions.name("end", client_id));
            tokio::time::sleep(self.sessions.time).await;
            let mut answers = self.sessions.disconnections.borrow_mut();
            let answers = answers.get_mut(client_id.as_str());
            answers
                .and_then(VecDeque::pop_front)
                .unwrap_or_else(|| panic!("one disconnection too many: {}", self.calls()))
        })
    }
}

/// Carries an order out at this broker, within this time.
pub(in crate::operation::change) async fn carry_out(
    broker: &Broker,
    references: &[CertificateReference],
    command: Command<'_>,
    time: Duration,
) -> Vec<InactivateResult> {
    let network = Network::queue([]);
    let bench = Bench {
        deadline: Deadline::after(time),
        ..Bench::new(&network)
    };
    let items: Vec<OrderItem> = references.iter().cloned().map(OrderItem::from).collect();
    PlaceRun::new(&bench.context(), broker, command)
        .results(&items)
        .await
}

/// An order.
pub(in crate::operation::change) const COMMAND: Command<'static> = Command {
    target: Target::Inactive,
    order_id: "order-1",
    reason: Some("stolen"),
    caller: Some("arn:aws:iam::1:user/ops"),
    dry_run: false,
    force: false,
    end_sessions: false,
    client_ids_are: ClientIdsAre::Named,
    receipts: None,
    log_answers: false,
    redelivered_since: None,
};

/// Enough time for everything.
pub(in crate::operation::change) const MINUTE: Duration = Duration::from_secs(60);

pub(in crate::operation::change) fn reference(serial: &str) -> CertificateReference {
    CertificateReference {
        serial_number: SerialNumber::parse(serial).ok(),
        ca_serial_number: SerialNumber::parse("0b").ok(),
        ..CertificateReference::default()
    }
}

/// A read that shows this status.
pub(in crate::operation::change) const fn shows(status: LifecycleStatus) -> Read {
    Ok(Some(status))
}

/// A read that fails.
pub(in crate::operation::change) fn fails(code: ErrorCode) -> Read {
    Err(Error::new(code, "the read failed"))
}

/// A write that the provider confirms.
pub(in crate::operation::change) fn confirmed() -> Result<Option<ConfirmedWrite>, Failure> {
    Ok(Some(ConfirmedWrite {
        request_id: RequestId::read("id-1"),
    }))
}

/// A write that the provider refuses.
pub(in crate::operation::change) fn refused(
    code: ErrorCode,
    concerns: Concerns,
) -> Result<Option<ConfirmedWrite>, Failure> {
    let provider_error = ProviderError::new(ProviderName::AlibabaMqtt, "Refused", None, None);
    let error = Error {
        concerns,
        ..Error::new(code, "the write was refused").with_provider_error(provider_error)
    };
    Err(Failure {
        error,
        may_have_acted: false,
        lacked_time: false,
    })
}

/// A write whose effect is not known.
pub(in crate::operation::change) fn unanswered(
    code: ErrorCode,
) -> Result<Option<ConfirmedWrite>, Failure> {
    Err(Failure {
        error: Error::new(code, "the write was not answered"),
        may_have_acted: true,
        lacked_time: false,
    })
}
