//! Lists: pages of the whole instance, or of one CA. The vendor neither filters nor orders them.

use std::fmt;

use super::wire::{DeviceCertificate, DeviceCertificates};
use super::{API, AlibabaMqtt, Purpose, codes};
use crate::error::{Concerns, Error};
use crate::model::{Action, Certificate, LifecycleStatus, ProviderRecord, RequestId};
use crate::object::Members;
use crate::provider::alibaba::Call;
use crate::provider::details::{may_concern_one_certificate, settle_service_failures};
use crate::provider::each::each;
use crate::provider::{
    Entry, ListCapabilities, ListLength, ListQuery, Lister, Page, Scope, invalid_position,
    next_offsets,
};
use crate::request::Filter;
use crate::transport::{LocalFuture, Repeat};
use crate::vendor::codes::{unexpected_answer, unusable_record};
use crate::vendor::request_id;
use http::Method;

/// Most certificates that one call returns.
pub(super) const PAGE_SIZE: usize = 100;

pub(in crate::provider) const CAPABILITIES: ListCapabilities = ListCapabilities {
    provider: API.provider,
    filters: &[
        "serial_numbers",
        "ca_serial_numbers",
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
    ],
    filters_by_details: &[
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
    ],
    one_value_without_details: &[],
    orders: &[],
    statuses: &[LifecycleStatus::Active, LifecycleStatus::Inactive],
};

/// A position in one of the vendor's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    /// The CA's serial number in the vendor's spelling, where its list is read.
    ca_sn: Option<String>,
    /// The number of certificates before this position.
    offset: usize,
}

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let (ca_sn, offset) = text
            .split_once('@')
            .map_or((None, text), |(ca_sn, offset)| {
                (Some(ca_sn.to_owned()), offset)
            });
        let offset = offset.parse().map_err(|_| invalid_position())?;
        Ok(Self { ca_sn, offset })
    }

    fn plus(&self, certificates: usize) -> Self {
        Self {
            offset: self.offset.saturating_add(certificates),
            ..self.clone()
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ca_sn {
            Some(ca_sn) => write!(f, "{ca_sn}@{}", self.offset),
            None => write!(f, "{}", self.offset),
        }
    }
}

/// The rows of one page.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) items: Vec<DeviceCertificate>,
    pub(super) total: Option<u64>,
    pub(super) request_id: Option<RequestId>,
}

impl AlibabaMqtt<'_> {
    pub(super) async fn rows(
        &self,
        ca_sn: Option<&str>,
        page: usize,
        size: usize,
    ) -> Result<Rows, Error> {
        let is_first = page == 1;
        let (page, size) = (page.to_string(), size.to_string());
        let mut parameters = vec![
            ("MqttInstanceId", self.scope.instance()),
            ("PageNo", &page),
            ("PageSize", &size),
        ];
        parameters.extend(ca_sn.map(|ca_sn| ("CaSn", ca_sn)));
        let action = if ca_sn.is_some() {
            Action::ListDeviceCertificateByCaSn
        } else {
            Action::ListDeviceCertificate
        };
        let call = Call {
            action,
            method: Method::GET,
            repeat: Repeat::Always,
            parameters: &parameters,
        };
        let accept = |answer: &Members<'_>| {
            let unexpected_answer = |problem| unexpected_answer(API.provider, 200, problem);
            let data = DeviceCertificates::read(answer).map_err(unexpected_answer)?;
            if is_first && data.rows.is_empty() && has_more_than_a_short_page(data.total, 0) {
                return Err(unexpected_answer(
                    "its first page is empty although there are certificates",
                ));
            }
            Ok(Rows {
                items: data.rows,
                total: data.total,
                request_id: request_id(answer),
            })
        };
        Ok(API.call(&self.connection, &call, accept).await?)
    }

    async fn page_at(&self, query: &ListQuery<'_>, position: Position) -> Result<Page, Error> {
        let page_number = position.offset.div_euclid(PAGE_SIZE).saturating_add(1);
        let skipped = position.offset.rem_euclid(PAGE_SIZE);
        let rows = match self
            .rows(position.ca_sn.as_deref(), page_number, PAGE_SIZE)
            .await
        {
            // Earlier pages of the CA's list exist: its last certificates were deleted meanwhile.
            Err(error)
                if position.ca_sn.is_some() && position.offset > 0 && is_unknown_ca(&error) =>
            {
                Rows::default()
            }
            rows => rows?,
        };
        // The documents give the total two meanings, and it may be wrong in both. The size of a page
        // is documented, so a page that is not full is the last one, whatever the total.
        let count = rows.items.len();
        let is_last = count < PAGE_SIZE;
        let end = position.plus(count.saturating_sub(skipped));
        let list_length = match (page_number, is_last) {
            (1, true) if has_more_than_a_short_page(rows.total, count) => ListLength::Contradicted,
            (1, true) => ListLength::Known(u64::try_from(count).unwrap_or(u64::MAX)),
            (1, false) | (_, true) => self.count(&position, end.offset, is_last).await,
            _ => ListLength::Unknown,
        };
        let total_count = match list_length {
            ListLength::Known(length) if query.filter.is_empty() => Some(length),
            _ => None,
        };
        let items = rows.items.into_iter().skip(skipped);
        Ok(Page {
            position: position.to_string(),
            certificates: self.entries(query, items).await?,
            next: (!is_last).then(|| end.to_string()),
            total_count,
            list_length,
            request_ids: rows.request_id.into_iter().collect(),
        })
    }

    /// The length of the list, of which `read` certificates were read, and all if `is_last`. `Total` is the number of pages for one of the two actions and the number of results for the
    /// other; with one certificate per page both are the same.
    async fn count(&self, position: &Position, read: usize, is_last: bool) -> ListLength {
        let rows = match self.rows(position.ca_sn.as_deref(), 1, 1).await {
            Ok(rows) if rows.items.len() <= 1 => rows,
            // In pages of another size than the requested one the total may be either number.
            _ => return ListLength::Unknown,
        };
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        match rows.total {
            None => ListLength::Unknown,
            Some(total) if total < read || (is_last && total > read) => ListLength::Contradicted,
            Some(total) => ListLength::Known(total),
        }
    }

    async fn entries(
        &self,
        query: &ListQuery<'_>,
        items: impl Iterator<Item = DeviceCertificate>,
    ) -> Result<Vec<Entry>, Error> {
        let entries = each((1..).zip(items), async |(offset, item)| {
            let (certificate, error) = self.certificate(query, item).await?;
            Ok(Some(Entry {
                offset,
                certificate,
                error,
            }))
        });
        settle_service_failures(entries.await)
            .filter_map(Result::transpose)
            .collect()
    }

    /// A row. Where the caller wants details, the members that the row lacks are read from the
    /// certificate's own record. An error of this one certificate costs no more than these members.
    ///
    /// # Errors
    /// Where the error concerns other certificates, too.
    async fn certificate(
        &self,
        query: &ListQuery<'_>,
        item: DeviceCertificate,
    ) -> Result<(Certificate, Option<Error>), Error> {
        let shown = |record: DeviceCertificate| {
            let now = self.connection.context.now;
            ProviderRecord::from(record).into_certificate(now, query.include_pem)
        };
        let certificate = shown(item.clone());
        let names = match item.names() {
            Ok(names) => names,
            Err(problem) => {
                return Ok((certificate, Some(unusable_record(API.provider, problem))));
            }
        };
        if !query.details || !lacks_members(query, &certificate) {
            return Ok((certificate, None));
        }
        match self.completed(&item, names, Purpose::Show).await {
            Ok(Some(own)) => Ok((shown(own.record), None)),
            Ok(None) => Ok((certificate, None)),
            Err(error) if may_concern_one_certificate(&error) => Ok((certificate, Some(error))),
            Err(error) => Err(error),
        }
    }

    /// Begins the list of the one CA in the filter. The documents do not say under which spelling
    /// the vendor knows a CA, and an unknown CA may have an empty list: then the whole list is
    /// read.
    async fn first_page(&self, query: &ListQuery<'_>) -> Result<Page, Error> {
        for ca_sn in only_ca(query.filter) {
            let position = Position {
                ca_sn: Some(ca_sn),
                offset: 0,
            };
            match self.page_at(query, position).await {
                Ok(page) if page.certificates.is_empty() => {}
                Err(error) if error.concerns == Concerns::Parameters || is_unknown_ca(&error) => {}
                page => return page,
            }
        }
        self.page_at(
            query,
            Position {
                ca_sn: None,
                offset: 0,
            },
        )
        .await
    }
}

/// Whether a total contradicts a first page of `count` rows that is not full. The total may count
/// pages, and even an empty list may have one page.
pub(super) fn has_more_than_a_short_page(total: Option<u64>, count: usize) -> bool {
    let most = u64::try_from(count.max(1)).unwrap_or(u64::MAX);
    total.is_some_and(|total| total > most)
}

/// Whether a row lacks a member that is shown or filtered by, and that the certificate's own record
/// may have.
fn lacks_members(query: &ListQuery<'_>, certificate: &Certificate) -> bool {
    let Filter {
        common_names,
        organizational_units,
        fingerprints_sha256,
        ..
    } = query.filter;
    certificate.provider_status.is_none()
        || certificate.not_before.is_none()
        || certificate.not_after.is_none()
        || (query.include_pem && certificate.pem.is_none())
        || (!common_names.is_empty() && certificate.subject.common_name.is_unknown())
        || (!organizational_units.is_empty()
            && certificate.subject.organizational_unit.is_unknown())
        || (!fingerprints_sha256.is_empty() && certificate.fingerprint_sha256.is_none())
}

/// The spellings of the CA's serial number, when the filter names exactly one.
fn only_ca(filter: &Filter) -> Vec<String> {
    match filter.ca_serial_numbers.as_slice() {
        [ca] => ca.spellings(),
        _ => Vec::new(),
    }
}

/// The code that is documented for this list is the one of an unknown device certificate.
pub(super) fn is_unknown_ca(error: &Error) -> bool {
    matches!(
        error.provider_code(),
        Some(codes::CA_NOT_FOUND | codes::DEVICE_NOT_FOUND)
    )
}

impl Lister for AlibabaMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn capabilities(&self) -> &'static ListCapabilities {
        &CAPABILITIES
    }

    fn page<'a>(
        &'a self,
        query: &'a ListQuery<'a>,
        position: Option<&'a str>,
        _wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            match position {
                Some(position) => self.page_at(query, Position::parse(position)?).await,
                None => self.first_page(query).await,
            }
        })
    }

    fn position_after(&self, position: &str, offset: usize) -> Result<String, Error> {
        Ok(Position::parse(position)?.plus(offset).to_string())
    }

    fn next_positions(&self, position: &str, list_length: u64, most: usize) -> Vec<String> {
        let Ok(position) = Position::parse(position) else {
            return Vec::new();
        };
        let offsets = next_offsets(position.offset, PAGE_SIZE, list_length, most);
        offsets
            .map(|offset| {
                Position {
                    offset,
                    ..position.clone()
                }
                .to_string()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
