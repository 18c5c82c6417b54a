//! A broker that answers as it is told and remembers what it was asked.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use super::super::answer::InactivateResult;
use super::super::case::Command;
use super::super::run::Run;
use tokio::time::Instant;

use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{
    InstanceId, LifecycleStatus, ProviderName, ProviderRecord, Region, SerialNumber,
};
use crate::provider::{ConfirmedWrite, FoundCertificate, Scope, Spellings, StatusWriter};
use crate::request::CertificateReference;
use crate::testing::network::Network;
use crate::testing::{Bench, now};
use crate::transport::{Deadline, Failure, LocalFuture};

/// What a look at a certificate shows: its status, nothing, or an error.
pub(in crate::operation::inactivate) type Look = Result<Option<LifecycleStatus>, Error>;

pub(in crate::operation::inactivate) struct Broker {
    scope: Scope,
    /// How many certificates it looks up together.
    pub(in crate::operation::inactivate) group_size: usize,
    /// What its records hold beside the status and, where this leaves it out, the serial number
    /// that was asked for.
    record: ProviderRecord,
    looks: RefCell<VecDeque<Look>>,
    last_look: RefCell<Option<Look>>,
    lag: Option<Duration>,
    ordered_at: Cell<Option<Instant>>,
    orders: RefCell<VecDeque<Result<Option<ConfirmedWrite>, Failure>>>,
    asked: RefCell<Vec<String>>,
}

impl Broker {
    /// Looks (the first find and all reads after it) and orders are answered in turn. When no look
    /// is left, the last one is what each further one shows; one more order is a failure of the
    /// test.
    pub(in crate::operation::inactivate) fn new(
        looks: impl IntoIterator<Item = Look>,
        orders: impl IntoIterator<Item = Result<Option<ConfirmedWrite>, Failure>>,
    ) -> Self {
        Self {
            group_size: 1,
            scope: Scope {
                provider: ProviderName::AlibabaMqtt,
                region: Region::parse("cn-hangzhou").unwrap(),
                instance_id: InstanceId::parse("post-cn-1").ok(),
            },
            record: ProviderRecord {
                ca_serial_number: Some("0b".to_owned()),
                ..ProviderRecord::default()
            },
            looks: RefCell::new(looks.into_iter().collect()),
            last_look: RefCell::default(),
            lag: None,
            ordered_at: Cell::default(),
            orders: RefCell::new(orders.into_iter().collect()),
            asked: RefCell::default(),
        }
    }

    /// The same with records that hold this.
    pub(in crate::operation::inactivate) fn with(self, record: ProviderRecord) -> Self {
        Self { record, ..self }
    }

    /// The same whose reads show the first order's effect so much later, and until then what they
    /// are told to show.
    pub(in crate::operation::inactivate) fn lagging(self, lag: Duration) -> Self {
        Self {
            lag: Some(lag),
            ..self
        }
    }

    /// What was asked, in order: `find`, `order`, `read`.
    pub(in crate::operation::inactivate) fn asked(&self) -> String {
        self.asked.borrow().join(" ")
    }

    /// It writes two zeros before each serial number.
    fn look(&self, key: String) -> Result<Option<FoundCertificate>, Error> {
        let next = self
            .looks
            .borrow_mut()
            .pop_front()
            .or_else(|| self.last_look.take());
        let look = next.unwrap_or_else(|| panic!("one look too many: {}", self.asked()));
        self.last_look.replace(Some(look.clone()));
        let shows_effect = self
            .lag
            .zip(self.ordered_at.get())
            .is_some_and(|(lag, at)| at.elapsed() >= lag);
        let look = if shows_effect {
            Ok(Some(LifecycleStatus::Inactive))
        } else {
            look
        };
        let status = look?;
        Ok(status.map(|status| {
            let record = self.record.clone();
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
                self.asked.borrow_mut().push("others".to_owned());
                return Ok(None);
            }
            self.asked.borrow_mut().push("find".to_owned());
            let text = reference
                .serial_number
                .as_ref()
                .map_or("", SerialNumber::as_str);
            self.look(format!("00{text}"))
        });
        let answers: Vec<_> = answers.collect();
        Box::pin(async { answers })
    }

    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        let answers = found.iter().map(|found| {
            self.asked.borrow_mut().push("read".to_owned());
            self.look(found.key.clone())
        });
        let answers: Vec<_> = answers.collect();
        Box::pin(async { answers })
    }

    fn inactivate<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        assert!(
            found.key.starts_with("00"),
            "a write acts on what a read has found"
        );
        self.asked.borrow_mut().push("order".to_owned());
        self.ordered_at
            .set(self.ordered_at.get().or(Some(Instant::now())));
        Box::pin(async {
            self.orders
                .borrow_mut()
                .pop_front()
                .unwrap_or_else(|| panic!("one order too many: {}", self.asked()))
        })
    }
}

/// Carries an order out at this broker, with so much time.
pub(in crate::operation::inactivate) async fn carry_out(
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
    Run::new(&bench.context(), broker, command)
        .results(references)
        .await
}

/// An order of somebody.
pub(in crate::operation::inactivate) const COMMAND: Command<'static> = Command {
    order_id: "order-1",
    reason: Some("stolen"),
    caller: Some("arn:aws:iam::1:user/ops"),
    dry_run: false,
    redelivered_since: None,
};

/// Time enough for everything.
pub(in crate::operation::inactivate) const MINUTE: Duration = Duration::from_secs(60);

pub(in crate::operation::inactivate) fn reference(serial: &str) -> CertificateReference {
    CertificateReference {
        serial_number: SerialNumber::parse(serial).ok(),
        ca_serial_number: SerialNumber::parse("0b").ok(),
        fingerprint_sha256: None,
    }
}

/// A look that shows this status.
pub(in crate::operation::inactivate) const fn shows(status: LifecycleStatus) -> Look {
    Ok(Some(status))
}

/// A look that fails.
pub(in crate::operation::inactivate) fn fails(code: ErrorCode) -> Look {
    Err(Error::new(code, "the read failed"))
}

/// An order that the provider confirms.
pub(in crate::operation::inactivate) fn confirmed() -> Result<Option<ConfirmedWrite>, Failure> {
    Ok(Some(ConfirmedWrite {
        request_id: Some("id-1".to_owned()),
    }))
}

/// An order that the provider refuses.
pub(in crate::operation::inactivate) fn refused(
    code: ErrorCode,
    concerns: Concerns,
) -> Result<Option<ConfirmedWrite>, Failure> {
    let told = ProviderError::new(ProviderName::AlibabaMqtt, "Refused", None, None);
    let error = Error {
        concerns,
        ..Error::new(code, "the order was refused").with_provider_error(told)
    };
    Err(Failure {
        error,
        may_have_acted: false,
        lacked_time: false,
    })
}

/// An order whose effect is not known.
pub(in crate::operation::inactivate) fn unanswered(
    code: ErrorCode,
) -> Result<Option<ConfirmedWrite>, Failure> {
    Err(Failure {
        error: Error::new(code, "the order was not answered"),
        may_have_acted: true,
        lacked_time: false,
    })
}
