//! A broker that answers as it is told and remembers what it was asked.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::error::{Error, ErrorCode, ProviderError};
use crate::model::{InstanceId, LifecycleStatus, ProviderName, ProviderRecord, Region, SerialNumber};
use crate::provider::fixture::now;
use crate::provider::{Found, Inactivate as Inactivator, Scope, Spellings, Written};
use crate::request::CertificateReference;
use crate::transport::{Failure, LocalFuture};

/// What a look at a certificate shows: its status, nothing, or an error.
pub(super) type Look = Result<Option<LifecycleStatus>, Error>;

pub(super) struct Broker {
    scope: Scope,
    /// What its records hold beside the status and, where this leaves it out, the serial number that was asked for.
    record: ProviderRecord,
    looks: RefCell<VecDeque<Look>>,
    orders: RefCell<VecDeque<Result<Option<Written>, Failure>>>,
    asked: RefCell<Vec<String>>,
}

impl Broker {
    /// Looks (the first find and all reads after it) and orders are answered in turn. One more is a failure of the test.
    pub(super) fn new(looks: impl IntoIterator<Item = Look>, orders: impl IntoIterator<Item = Result<Option<Written>, Failure>>) -> Self {
        Self {
            scope: Scope {
                provider: ProviderName::AlibabaMqtt,
                region: Region::parse("cn-hangzhou").unwrap(),
                instance_id: InstanceId::parse("post-cn-1").ok(),
            },
            record: ProviderRecord { ca_serial_number: Some("0b".to_owned()), ..ProviderRecord::default() },
            looks: RefCell::new(looks.into_iter().collect()),
            orders: RefCell::new(orders.into_iter().collect()),
            asked: RefCell::default(),
        }
    }

    /// The same with records that hold this.
    pub(super) fn with(self, record: ProviderRecord) -> Self {
        Self { record, ..self }
    }

    /// What was asked, in order: `find`, `order`, `read`.
    pub(super) fn asked(&self) -> String {
        self.asked.borrow().join(" ")
    }

    /// It writes two zeros before each serial number.
    fn look(&self, key: String) -> Result<Option<Found>, Error> {
        let status = self.looks.borrow_mut().pop_front().unwrap_or_else(|| panic!("one look too many: {}", self.asked()))?;
        Ok(status.map(|status| {
            let record = self.record.clone();
            let serial_number = record.serial_number.clone().or_else(|| Some(key.clone()));
            let certificate = ProviderRecord { status, serial_number, ..record }.into_certificate(now(), false);
            Found { key, ca_key: Some("0b".to_owned()), certificate, request_id: None }
        }))
    }
}

impl Inactivator for Broker {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, _: &CertificateReference) -> Result<(), Error> {
        Ok(())
    }

    /// It knows certificates under the caller's own spelling only.
    fn find<'a>(&'a self, reference: &'a CertificateReference, spellings: Spellings) -> LocalFuture<'a, Result<Option<Found>, Error>> {
        if spellings == Spellings::Others {
            self.asked.borrow_mut().push("others".to_owned());
            return Box::pin(async { Ok(None) });
        }
        self.asked.borrow_mut().push("find".to_owned());
        let text = reference.serial_number.as_ref().map_or("", SerialNumber::as_str);
        Box::pin(async move { self.look(format!("00{text}")) })
    }

    fn read<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Found>, Error>> {
        self.asked.borrow_mut().push("read".to_owned());
        Box::pin(async { self.look(found.key.clone()) })
    }

    fn inactivate<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Written>, Failure>> {
        assert!(found.key.starts_with("00"), "a write acts on what a read has found");
        self.asked.borrow_mut().push("order".to_owned());
        Box::pin(async { self.orders.borrow_mut().pop_front().unwrap_or_else(|| panic!("one order too many: {}", self.asked())) })
    }
}

pub(super) fn reference(serial: &str) -> CertificateReference {
    CertificateReference {
        serial_number: SerialNumber::parse(serial).ok(),
        ca_serial_number: SerialNumber::parse("0b").ok(),
        fingerprint_sha256: None,
    }
}

/// A look that shows this status.
pub(super) const fn shows(status: LifecycleStatus) -> Look {
    Ok(Some(status))
}

/// A look that fails.
pub(super) fn fails(code: ErrorCode) -> Look {
    Err(Error::new(code, "the read failed"))
}

/// An order that the provider confirms.
pub(super) fn confirmed() -> Result<Option<Written>, Failure> {
    Ok(Some(Written { request_id: Some("id-1".to_owned()) }))
}

/// An order that the provider refuses.
pub(super) fn refused(code: ErrorCode, concerns_parameters: bool) -> Result<Option<Written>, Failure> {
    let told = ProviderError::new(ProviderName::AlibabaMqtt, "Refused", None, None);
    let error = Error { concerns_parameters, ..Error::new(code, "the order was refused").with_provider_error(told) };
    Err(Failure { error, may_have_acted: false })
}

/// An order whose effect is not known.
pub(super) fn unanswered(code: ErrorCode) -> Result<Option<Written>, Failure> {
    Err(Failure { error: Error::new(code, "the order was not answered"), may_have_acted: true })
}
