//! A simple provider for these tests.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::listing::{Listing, Room};
use super::super::{UndecidedCertificate, partition};
use super::PLENTY;
use crate::error::{Error, ErrorCode};
use crate::model::{
    Certificate, Fact, InstanceId, LifecycleStatus, ProviderName, ProviderRecord, Region, RequestId,
};
use crate::operation::cursor::Resume;
use crate::operation::{AnswerBudget, Counts};
use crate::provider::{Entry, ListCapabilities, ListLength, ListQuery, Lister, Page, Scope};
use crate::request::{Filter, SortOrder};
use crate::testing::network::Network;
use crate::testing::{Bench, TWENTY_CALLS_A_SECOND, now};
use crate::transport::LocalFuture;

/// A fleet that is listed in pages. Positions are offsets.
pub(super) struct Fleet {
    pub(super) scope: Scope,
    pub(super) certificates: Vec<Certificate>,
    pub(super) page_size: usize,
    /// Whether the provider applies the filter itself.
    pub(super) exact: bool,
    pub(super) names_calls: bool,
    /// The number of a call and the error that it returns.
    pub(super) failure: Option<(usize, ErrorCode)>,
    /// Length of the list that each call reports; the last one repeats.
    pub(super) lengths: Vec<ListLength>,
    /// Number of offsets without a certificate before each certificate.
    pub(super) gaps: usize,
    /// Whether the provider has positions only for whole pages: a page then begins before the
    /// requested position.
    pub(super) aligned: bool,
    /// The position to which the last page leads.
    pub(super) returns_to: Option<usize>,
    /// Whether every page shows the certificates of the first one.
    pub(super) repeats_itself: bool,
    /// Whether calls are rate-limited, so that pages may be prefetched.
    pub(super) is_limited: bool,
    /// Position and number of wanted certificates of each call.
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
            certificates: (0..count)
                .map(|number| certificate(number, &format!("client-{number}")))
                .collect(),
            page_size: 100,
            exact: true,
            names_calls: true,
            failure: None,
            lengths: vec![ListLength::Known(u64::try_from(count).unwrap())],
            gaps: 0,
            aligned: false,
            returns_to: None,
            repeats_itself: false,
            is_limited: false,
            calls: RefCell::default(),
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.borrow().len()
    }
}

impl Lister for Fleet {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn capabilities(&self) -> &'static ListCapabilities {
        panic!("a list is read without asking what it can do")
    }

    fn page<'a>(
        &'a self,
        _: &'a ListQuery<'a>,
        position: Option<&'a str>,
        wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let requested: usize = position.map_or(0, |text| text.parse().unwrap());
            self.calls.borrow_mut().push((requested, wanted));
            assert!(self.calls() < 10_000, "the list is read for ever");
            if let Some((call, code)) = self.failure
                && self.calls() == call
            {
                return Err(Error::new(code, "the test says so"));
            }
            let size = if self.exact {
                self.page_size.min(wanted)
            } else {
                self.page_size
            };
            let begin = if self.aligned {
                requested - requested % self.page_size
            } else {
                requested
            };
            let offsets = self.certificates.len() * (self.gaps + 1);
            let end = offsets.min(begin + size);
            let standing = (0..)
                .map(|index| index * (self.gaps + 1) + self.gaps)
                .zip(&self.certificates);
            let shown = if self.repeats_itself {
                0..end - requested
            } else {
                requested..end
            };
            let page_begin = if self.repeats_itself { 0 } else { begin };
            let certificates = standing
                .filter(|(resume, _)| shown.contains(resume))
                .map(|(resume, certificate)| Entry {
                    offset: resume - page_begin + 1,
                    certificate: certificate.clone(),
                    error: None,
                })
                .collect();
            let total = u64::try_from(self.certificates.len()).unwrap();
            Ok(Page {
                position: begin.to_string(),
                certificates,
                next: if end < offsets {
                    Some(end)
                } else {
                    self.returns_to
                }
                .map(|next| next.to_string()),
                total_count: self.exact.then_some(total),
                list_length: *self
                    .lengths
                    .get(self.calls() - 1)
                    .or(self.lengths.last())
                    .unwrap(),
                request_ids: self
                    .names_calls
                    .then(|| RequestId::read(&format!("id-{}", self.calls())).unwrap())
                    .into_iter()
                    .collect(),
            })
        })
    }

    fn position_after(&self, position: &str, offsets: usize) -> Result<String, Error> {
        let begin: usize = position.parse().unwrap();
        Ok((begin + offsets).to_string())
    }

    fn next_positions(&self, position: &str, list_length: u64, most: usize) -> Vec<String> {
        let begin: usize = position.parse().unwrap();
        let behind = (1..=most).map(|pages| begin + pages * self.page_size);
        behind
            .take_while(|offset| *offset < usize::try_from(list_length).unwrap())
            .map(|offset| offset.to_string())
            .collect()
    }
}

/// An active certificate with a serial number of its own.
pub(super) fn certificate(number: usize, client_id: &str) -> Certificate {
    let record = ProviderRecord {
        serial_number: Some(format!("{number:04x}")),
        client_id: Fact::Known(client_id.to_owned()),
        status: LifecycleStatus::Active,
        provider_status: Some("ACTIVE".to_owned()),
        ..ProviderRecord::default()
    };
    record.into_certificate(now(), true)
}

/// The result of reading a fleet once.
pub(super) struct Listed {
    pub(super) certificates: Vec<Certificate>,
    pub(super) undecided: Vec<UndecidedCertificate>,
    pub(super) undecided_count: u64,
    pub(super) rest: Option<Resume>,
    pub(super) total_count: Option<u64>,
    pub(super) consistent: Option<bool>,
    pub(super) counts: Counts,
    pub(super) request_ids: Vec<RequestId>,
}

impl Listed {
    pub(super) fn next(&self) -> Option<&str> {
        self.rest.as_ref().map(|resume| resume.position.as_str())
    }

    pub(super) fn clients(&self) -> Vec<&str> {
        clients(&self.certificates)
    }
}

pub(super) fn clients(certificates: &[Certificate]) -> Vec<&str> {
    certificates
        .iter()
        .filter_map(|certificate| certificate.client_id.as_str())
        .collect()
}

/// A point in the list of which only the position is known.
pub(super) fn at(position: &str) -> Resume {
    Resume {
        position: position.to_owned(),
        list_length: None,
        last: None,
    }
}

/// Reads once; without a limit it only counts.
pub(super) async fn collect(
    fleet: &Fleet,
    filter: &Filter,
    limit: impl Into<Option<usize>>,
    budget: AnswerBudget,
    from: Option<Resume>,
) -> Result<Listed, Error> {
    collect_with(fleet, filter, limit.into(), budget, from, false).await
}

/// Like [`collect`], and may list undecided certificates.
pub(super) async fn collect_with(
    fleet: &Fleet,
    filter: &Filter,
    limit: Option<usize>,
    budget: AnswerBudget,
    from: Option<Resume>,
    include_undecided: bool,
) -> Result<Listed, Error> {
    let network = Network::queue([]);
    let bench = Bench::with(
        &network,
        if fleet.is_limited {
            &TWENTY_CALLS_A_SECOND
        } else {
            &[]
        },
    );
    let context = bench.context();
    let query = ListQuery {
        filter,
        order: Some(SortOrder::default()),
        include_pem: true,
        include_clients: false,
        details: true,
    };
    let listing = Listing {
        lister: fleet,
        query,
        context: &context,
        include_undecided,
        is_needed_whole: false,
        room: Rc::new(Room::new(limit, budget)),
        prefetch_room: crate::operation::describe::PrefetchRoom::default(),
        bytes_beside: 0,
        most_request_ids: super::super::MOST_REQUEST_IDS,
    };
    let collected = listing.collect(from).await?;
    let shown = collected.len();
    let (rest, counts) = (
        listing.rest(&collected, shown).unwrap(),
        collected.counted(shown, context.now),
    );
    let (total_count, consistent) = (collected.total_count, collected.consistent());
    let (request_ids, undecided_count) =
        (collected.request_ids.clone(), collected.undecided(shown));
    let (certificates, undecided) = partition(collected.into_judged());
    Ok(Listed {
        rest,
        total_count,
        consistent,
        counts,
        request_ids,
        undecided,
        undecided_count,
        certificates: certificates
            .into_iter()
            .map(|described| described.certificate)
            .collect(),
    })
}

/// The answers to a request and to all that continue it.
pub(super) async fn follow(
    fleet: &Fleet,
    filter: &Filter,
    limit: impl Into<Option<usize>>,
    budget: AnswerBudget,
) -> Vec<Listed> {
    let limit = limit.into();
    let mut all = Vec::new();
    let mut resume: Option<Resume> = None;
    loop {
        let listed = collect(fleet, filter, limit, budget, resume.clone())
            .await
            .unwrap();
        assert!(limit.is_none_or(|limit| listed.certificates.len() <= limit));
        let rest = listed.rest.clone();
        all.push(listed);
        match rest {
            Some(next) => assert!(
                resume
                    .replace(next.clone())
                    .is_none_or(|before| before.position != next.position),
                "no progress"
            ),
            None => return all,
        }
    }
}

/// The clients of all certificates of a request and its continuations, without a limit of size.
pub(super) async fn every_client(fleet: &Fleet, filter: &Filter, limit: usize) -> Vec<String> {
    let listed = follow(fleet, filter, limit, PLENTY).await;
    listed
        .iter()
        .flat_map(Listed::clients)
        .map(str::to_owned)
        .collect()
}
