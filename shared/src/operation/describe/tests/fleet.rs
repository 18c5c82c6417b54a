//! A provider of the tests' own.

use std::cell::RefCell;

use super::*;
use crate::model::{EffectiveStatus, InstanceId, LifecycleStatus, SerialNumber, Subject};
use crate::provider::{Page, Scope};
use crate::transport::LocalFuture;

/// A fleet in a list of pages. Positions are offsets.
pub(super) struct Fleet {
    pub(super) scope: Scope,
    pub(super) certificates: Vec<Certificate>,
    pub(super) page_size: usize,
    /// Whether the provider applies the filter itself.
    pub(super) exact: bool,
    pub(super) names_calls: bool,
    /// The call of this number ends in this error.
    pub(super) failure: Option<(usize, ErrorCode)>,
    pub(super) calls: RefCell<Vec<(usize, usize)>>,
}

impl Fleet {
    pub(super) fn new(count: usize) -> Self {
        Self {
            scope: Scope {
                provider: ProviderName::TencentMqtt,
                region: Region::parse("ap-guangzhou").unwrap(),
                instance_id: InstanceId::parse("mqtt-1").ok(),
            },
            certificates: (0..count).map(|number| certificate(&format!("client-{number}"))).collect(),
            page_size: 100,
            exact: true,
            names_calls: true,
            failure: None,
            calls: RefCell::default(),
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.borrow().len()
    }
}

impl Describer for Fleet {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn page<'a>(&'a self, _: &'a ListQuery<'a>, position: Option<&'a str>, wanted: usize) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let begin = position.map_or(0, |text| text.parse().unwrap());
            self.calls.borrow_mut().push((begin, wanted));
            if let Some((call, code)) = self.failure
                && self.calls() == call
            {
                return Err(Error::new(code, "the test says so"));
            }
            let size = if self.exact { self.page_size.min(wanted) } else { self.page_size };
            let end = self.certificates.len().min(begin + size);
            Ok(Page {
                position: begin.to_string(),
                certificates: self.certificates[begin..end].to_vec(),
                next: (end < self.certificates.len()).then(|| end.to_string()),
                total_count: self.exact.then_some(u64::try_from(self.certificates.len()).unwrap()),
                request_id: self.names_calls.then(|| format!("id-{}", self.calls())),
            })
        })
    }

    fn position_after(&self, position: &str, index: usize) -> Result<String, Error> {
        let begin: usize = position.parse().unwrap();
        Ok((begin + index + 1).to_string())
    }
}

pub(super) fn certificate(client_id: &str) -> Certificate {
    Certificate {
        serial_number: SerialNumber::parse("0a").ok(),
        provider_serial_number: Some("0a".to_owned()),
        ca_serial_number: None,
        client_id: Some(client_id.to_owned()),
        subject: Subject::default(),
        status: LifecycleStatus::Active,
        provider_status: Some("ACTIVE".to_owned()),
        effective_status: EffectiveStatus::Active,
        usable: Some(true),
        source: None,
        not_before: None,
        not_after: None,
        created_at: None,
        updated_at: None,
        last_activated_at: None,
        last_inactivated_at: None,
        fingerprint_sha256: None,
        pem: None,
    }
}
