//! Lists certificates over as many pages as are needed and fit.

use std::io::{self, Write};

use serde::Serialize;

use super::{Answer, AnswerBudget, Operation, cursor, provider};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, InstanceId, ProviderName, Region};
use crate::provider::{Describe as Describer, ListQuery, Session, Target, describer};
use crate::request::{DescribeRequest, Member, MemberKind};

/// The describe function.
#[derive(Debug)]
pub struct Describe;

/// Kept free for everything in an answer that is not a certificate.
const ENVELOPE_BYTES: usize = 64 * 1024;

/// What describe answers.
#[derive(Debug, Serialize)]
pub struct DescribeAnswer {
    /// `describe`.
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// In the order asked.
    pub certificates: Vec<Certificate>,
    /// How many match in all; `null` where the provider does not say.
    pub total_count: Option<u64>,
    /// Set whenever there is more.
    pub next_cursor: Option<String>,
    /// The provider's id of each call, to quote in a support case.
    pub provider_request_ids: Vec<String>,
}

impl Answer for DescribeAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        std::iter::empty()
    }

    fn for_log(mut self) -> Self {
        self.certificates.iter_mut().for_each(|certificate| certificate.pem = None);
        self
    }
}

impl Operation for Describe {
    const NAME: &'static str = "describe";
    const QUERY: Option<&'static [Member]> = Some(&[
        Member { parameter: "provider", path: &["provider"], kind: MemberKind::Text },
        Member { parameter: "region", path: &["region"], kind: MemberKind::Text },
        Member { parameter: "instance_id", path: &["instance_id"], kind: MemberKind::Text },
        Member { parameter: "client_ids", path: &["filter", "client_ids"], kind: MemberKind::List },
        Member { parameter: "serial_numbers", path: &["filter", "serial_numbers"], kind: MemberKind::List },
        Member { parameter: "ca_serial_numbers", path: &["filter", "ca_serial_numbers"], kind: MemberKind::List },
        Member { parameter: "common_names", path: &["filter", "common_names"], kind: MemberKind::List },
        Member { parameter: "organizational_units", path: &["filter", "organizational_units"], kind: MemberKind::List },
        Member { parameter: "statuses", path: &["filter", "statuses"], kind: MemberKind::List },
        Member { parameter: "not_after_from", path: &["filter", "not_after_from"], kind: MemberKind::Text },
        Member { parameter: "not_after_to", path: &["filter", "not_after_to"], kind: MemberKind::Text },
        Member { parameter: "expires_within_days", path: &["filter", "expires_within_days"], kind: MemberKind::Number },
        Member { parameter: "order_by", path: &["order_by"], kind: MemberKind::Text },
        Member { parameter: "limit", path: &["limit"], kind: MemberKind::Number },
        Member { parameter: "cursor", path: &["cursor"], kind: MemberKind::Text },
        Member { parameter: "include_pem", path: &["include_pem"], kind: MemberKind::Boolean },
    ]);
    type Request = DescribeRequest;
    type Answer = DescribeAnswer;

    async fn perform(session: &Session<'_>, request: DescribeRequest, budget: AnswerBudget) -> Result<DescribeAnswer, Error> {
        let limit = request.limit();
        let target =
            Target { provider: provider(request.provider, session.config)?, region: request.region, instance_id: request.instance_id };
        let filter = request.filter.unwrap_or_default();
        let order = request.order_by.unwrap_or_default();
        let describer = describer(session, target)?;
        let scope = describer.scope();
        let position = request.cursor.map(|text| cursor::decode(&text, scope, &filter, order)).transpose()?;

        let query = ListQuery { filter: &filter, order, include_pem: request.include_pem };
        let listing = Listing { describer: describer.as_ref(), query, session, limit, budget };
        let collected = listing.collect(position).await?;
        Ok(DescribeAnswer {
            operation: Self::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            certificates: collected.certificates,
            total_count: collected.total_count,
            next_cursor: collected.next.map(|position| cursor::encode(scope, &filter, order, &position)),
            provider_request_ids: collected.request_ids,
        })
    }
}

struct Listing<'a> {
    describer: &'a dyn Describer,
    query: ListQuery<'a>,
    session: &'a Session<'a>,
    limit: usize,
    budget: AnswerBudget,
}

#[derive(Default)]
struct Collected {
    certificates: Vec<Certificate>,
    bytes: usize,
    total_count: Option<u64>,
    next: Option<String>,
    request_ids: Vec<String>,
}

impl Listing<'_> {
    /// Reads pages until there is no more, or no more fits: by `limit`, by size, or by time. What is left is behind `next`.
    async fn collect(&self, mut position: Option<String>) -> Result<Collected, Error> {
        let mut collected = Collected::default();
        let begin = position.clone();
        let mut exact = true;
        let mut largest_page = 0_usize;
        loop {
            let wanted = self.limit.saturating_sub(collected.certificates.len());
            let page = match self.describer.page(&self.query, position.as_deref(), wanted).await {
                Ok(page) => page,
                // Out of time in the middle: what was read is worth more than an error, and the cursor tells the rest.
                Err(error) if error.code == ErrorCode::Timeout && position != begin => {
                    collected.next = position;
                    return Ok(collected);
                }
                Err(error) => return Err(error),
            };
            collected.request_ids.extend(page.request_id);
            collected.total_count = page.total_count.filter(|_| exact);
            let bytes_before = collected.bytes;
            for (index, certificate) in page.certificates.into_iter().enumerate() {
                if !self.query.filter.matches(&certificate, self.session.now) {
                    exact = false;
                    collected.total_count = None;
                    continue;
                }
                let bytes = self.size(&certificate);
                let full = collected.certificates.len() >= self.limit || collected.bytes.saturating_add(bytes) > self.room();
                if full && !collected.certificates.is_empty() {
                    collected.next = Some(match index.checked_sub(1) {
                        Some(last) => self.describer.position_after(&page.position, last)?,
                        None => page.position,
                    });
                    return Ok(collected);
                }
                collected.bytes = collected.bytes.saturating_add(bytes);
                collected.certificates.push(certificate);
            }
            largest_page = largest_page.max(collected.bytes.saturating_sub(bytes_before));
            let Some(next) = page.next else { return Ok(collected) };
            // The next page is not begun when it would most likely not fit: a page that is cut is read twice.
            let would_overflow = collected.bytes.saturating_add(largest_page) > self.room();
            if collected.certificates.len() >= self.limit || would_overflow {
                collected.next = Some(next);
                return Ok(collected);
            }
            position = Some(next);
        }
    }

    fn room(&self) -> usize {
        self.budget.bytes.saturating_sub(ENVELOPE_BYTES)
    }

    /// Bytes that a certificate takes in the answer, with the comma after it.
    fn size(&self, certificate: &Certificate) -> usize {
        let mut counter = Counter { bytes: 1, escaped: self.budget.escaped };
        match serde_json::to_writer(&mut counter, certificate) {
            Ok(()) => counter.bytes,
            Err(_) => usize::MAX,
        }
    }
}

struct Counter {
    bytes: usize,
    escaped: bool,
}

impl Write for Counter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let doubled = if self.escaped { buffer.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count() } else { 0 };
        self.bytes = self.bytes.saturating_add(buffer.len()).saturating_add(doubled);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
