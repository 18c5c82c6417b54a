//! Several certificates in one call: the list, filtered by their serial numbers.

mod rows;

pub(super) use self::rows::{GroupRows, Row, RowsByNumber};

use self::rows::{Shown, found, keep, only_row};
use super::filter::order_by;
use super::list::LARGEST_PAGE;
use super::wire::{DescribeDeviceCertificates, Filter};
use super::{NAME, Purpose, TencentMqtt, serial_number};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{ProviderText, SerialNumber};
use crate::provider::each::{each, next_answer};
use crate::provider::{FoundCertificate, ListLength, Spellings};
use crate::request::{CertificateReference, SortOrder};
use crate::vendor::codes::unexpected_answer;

/// Values in one filter. The vendor documents no limit; a group that is refused is halved.
pub(super) const LARGEST_GROUP: usize = 100;
/// The greatest number of missing certificates that are read one by one. The calls that show whether
/// several values of a filter are alternatives are as many.
const FEW: usize = 4;

/// Maximum number of certificates that are read of the list of one group.
const MOST_SHOWN: usize = 10_000;

impl TencentMqtt<'_> {
    /// Everything that the vendor lists under these texts of these numbers.
    ///
    /// # Errors
    /// `provider_invalid_response` for a list without an end; each number can then be looked up
    /// alone.
    pub(super) async fn rows(
        &self,
        numbers: &[&SerialNumber],
        texts: Vec<String>,
    ) -> Result<GroupRows, Error> {
        let filters = [Filter {
            name: "DeviceCertificateSn",
            values: texts,
        }];
        let now = self.connection.context.now;
        let mut offset = 0_u64;
        let mut listed = GroupRows {
            is_whole: true,
            ..GroupRows::default()
        };
        let mut shown = Shown::new();
        loop {
            let parameters = DescribeDeviceCertificates {
                instance_id: self.scope.instance(),
                filters: &filters,
                limit: LARGEST_PAGE,
                offset,
                order_by: order_by(SortOrder::CreatedAsc),
            };
            let page = self.list(&parameters).await?;
            let before = shown.len();
            listed.request_ids.extend(page.request_id);
            listed.is_whole &= page.length != ListLength::Contradicted;
            for item in page.items {
                listed.add(item.record, numbers, now, &mut shown);
            }
            let Some(next) = page.next else {
                return Ok(listed);
            };
            // The texts of a hundred numbers have no more. The certificates of a list without an end
            // would fill the memory; each number is then looked up alone.
            if shown.len() > MOST_SHOWN {
                return Err(unexpected_answer(
                    NAME,
                    200,
                    "it lists more than 10000 certificates under the requested serial numbers",
                ));
            }
            // Otherwise a list that repeats itself would be read for ever.
            if shown.len() == before {
                return Err(unexpected_answer(
                    NAME,
                    200,
                    "a page shows nothing but certificates that were shown before",
                ));
            }
            offset = next;
        }
    }

    /// Looks certificates up under these spellings, together where several values of one filter are
    /// alternatives.
    pub(super) async fn find_group(
        &self,
        references: &[&CertificateReference],
        spellings: Spellings,
    ) -> Vec<Result<Option<FoundCertificate>, Error>> {
        let get_each = async |references: &[&CertificateReference]| {
            each(references, async |reference: &&CertificateReference| {
                self.find_one(reference, spellings).await
            })
            .await
        };
        let numbers: Result<Vec<&SerialNumber>, Error> = references
            .iter()
            .map(|reference| serial_number(reference))
            .collect();
        let Ok(numbers) = numbers else {
            return get_each(references).await;
        };
        if references.len() == 1 {
            return get_each(references).await;
        }
        let (known, is_whole) = match self.rows_in_groups(&numbers, spellings).await {
            Ok(read) => read,
            Err(error) if may_be_read_alone(&error) => return get_each(references).await,
            Err(error) => return references.iter().map(|_| Err(error.clone())).collect(),
        };
        // A vendor that requires all values to match, or uses only one of them, cannot have found
        // two of a group.
        if known.len() > 1 {
            self.takes_alternatives_for_certain();
        }
        let rows_of = |number: &SerialNumber| known.get(number).map_or(&[][..], Vec::as_slice);
        let missing = numbers.iter().filter(|number| rows_of(number).is_empty());
        let are_unknown = if is_whole {
            self.found_all(missing.count()).await
        } else {
            Ok(false)
        };
        let is_read_alone = |number: &SerialNumber| match rows_of(number) {
            [] => matches!(are_unknown, Ok(false)),
            [row] => !row.states_status(),
            _ => false,
        };
        let alone: Vec<&CertificateReference> = references
            .iter()
            .zip(&numbers)
            .filter(|(_, number)| is_read_alone(number))
            .map(|(reference, _)| *reference)
            .collect();
        let mut answers_of_alone = get_each(&alone).await.into_iter();
        let answer = |number: &SerialNumber| match (rows_of(number), &are_unknown) {
            _ if is_read_alone(number) => next_answer(&mut answers_of_alone),
            ([], Err(error)) => Err(error.clone()),
            ([], Ok(_)) => Ok(None),
            (rows, _) => only_row(&rows.iter().collect::<Vec<_>>()).map(|row| Some(found(row))),
        };
        numbers.into_iter().map(answer).collect()
    }

    /// The rows of these numbers under these spellings, and whether a number without a row is
    /// certainly not listed.
    async fn rows_in_groups(
        &self,
        numbers: &[&SerialNumber],
        spellings: Spellings,
    ) -> Result<(RowsByNumber, bool), Error> {
        let mut known = RowsByNumber::new();
        let mut is_whole = true;
        for group in in_groups(numbers, |number| texts(number, spellings).count()) {
            let texts = group
                .iter()
                .flat_map(|number| texts(number, spellings))
                .collect();
            let listed = self.rows(group, texts).await?;
            known.extend(listed.rows);
            is_whole &= listed.is_whole;
        }
        Ok((known, is_whole))
    }

    /// Reads certificates again, by the vendor's own texts.
    pub(super) async fn read_group(
        &self,
        before: &[&FoundCertificate],
    ) -> Vec<Result<Option<FoundCertificate>, Error>> {
        let get = async |found: &&FoundCertificate| self.get(&found.key, Purpose::Change).await;
        let texts: Vec<&str> = before.iter().map(|found| found.key.as_str()).collect();
        let known = match self.rows_by_text(&texts).await {
            Ok(Some(known)) => known,
            Ok(None) => return each(before, get).await,
            Err(error) => return before.iter().map(|_| Err(error.clone())).collect(),
        };
        let row = |one: &FoundCertificate| {
            let mut rows = known.values().flatten();
            rows.find(|row| row.key == one.key)
                .filter(|row| row.states_status())
        };
        // A certificate that the list does not show is read alone before it counts as gone. So is
        // one whose row has no readable status.
        let missing = before.iter().filter(|one| row(one).is_none());
        let mut answers_of_missing = each(missing, get).await.into_iter();
        before
            .iter()
            .map(|one| {
                row(one).map_or_else(
                    || next_answer(&mut answers_of_missing),
                    |row| Ok(Some(found(row))),
                )
            })
            .collect()
    }

    /// Looks certificates up by the vendor's own texts, together where the list shows them.
    pub(super) async fn find_by_text(
        &self,
        texts: &[&ProviderText],
    ) -> Vec<Result<Option<FoundCertificate>, Error>> {
        let get = async |text: &&ProviderText| self.get_by_text(text, Purpose::Change).await;
        let strings: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
        let known = match self.rows_by_text(&strings).await {
            Ok(Some(known)) => known,
            Ok(None) => return each(texts, get).await,
            Err(error) => return texts.iter().map(|_| Err(error.clone())).collect(),
        };
        let rows_of = |text: &ProviderText| -> Vec<&Row> {
            let rows = known.values().flatten();
            rows.filter(|row| row.key == text.as_str()).collect()
        };
        let is_read_alone = |text: &ProviderText| match rows_of(text).as_slice() {
            [] => true,
            [row] => !row.states_status(),
            _ => false,
        };
        let alone = texts.iter().filter(|text| is_read_alone(text));
        let mut answers_of_alone = each(alone, get).await.into_iter();
        texts
            .iter()
            .map(|text| {
                if is_read_alone(text) {
                    return next_answer(&mut answers_of_alone);
                }
                only_row(&rows_of(text)).map(|row| Some(found(row)))
            })
            .collect()
    }

    /// Everything that the vendor lists under its own texts. `None` where each is to be read alone.
    async fn rows_by_text(&self, texts: &[&str]) -> Result<Option<RowsByNumber>, Error> {
        let numbers: Vec<SerialNumber> = texts
            .iter()
            .filter_map(|text| SerialNumber::parse(text).ok())
            .collect();
        if texts.len() == 1 || numbers.len() < texts.len() {
            return Ok(None);
        }
        let numbers: Vec<&SerialNumber> = numbers.iter().collect();
        let mut known = RowsByNumber::new();
        for (numbers, texts) in numbers
            .chunks(LARGEST_GROUP)
            .zip(texts.chunks(LARGEST_GROUP))
        {
            let texts = texts.iter().map(|text| (*text).to_owned()).collect();
            let listed = match self.rows(numbers, texts).await {
                Ok(listed) => listed,
                Err(error) if may_be_read_alone(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            for (number, rows) in listed.rows {
                let of_number = known.entry(number).or_default();
                rows.into_iter().for_each(|row| keep(of_number, row));
            }
        }
        Ok(Some(known))
    }

    /// Whether the certificates that a list does not show are really missing.
    async fn found_all(&self, missing: usize) -> Result<bool, Error> {
        if missing == 0 || self.knows_alternatives() == Some(true) {
            return Ok(true);
        }
        if missing <= FEW {
            Ok(false)
        } else {
            self.takes_values_as_alternatives().await
        }
    }
}

/// Whether each certificate may still be read alone: the vendor refuses the number of values or one
/// of the texts, or the list cannot be read.
fn may_be_read_alone(error: &Error) -> bool {
    error.concerns == Concerns::Parameters || error.code == ErrorCode::ProviderInvalidResponse
}

/// The texts of these spellings.
fn texts(number: &SerialNumber, spellings: Spellings) -> impl Iterator<Item = String> {
    let all = number.spellings().into_iter().enumerate();
    all.filter(move |(index, _)| (*index == 0) == (spellings == Spellings::Own))
        .map(|(_, text)| text)
}

/// Groups of numbers whose texts fit into one filter.
pub(super) fn in_groups<'a, 'b>(
    mut numbers: &'a [&'b SerialNumber],
    count_texts: impl Fn(&SerialNumber) -> usize,
) -> Vec<&'a [&'b SerialNumber]> {
    let mut groups = Vec::new();
    while !numbers.is_empty() {
        let mut values = 0_usize;
        let fits = |number: &&&SerialNumber| {
            values = values.saturating_add(count_texts(number));
            values <= LARGEST_GROUP
        };
        let count = numbers.iter().take_while(fits).count().max(1);
        let (group, rest) = numbers.split_at(count.min(numbers.len()));
        groups.push(group);
        numbers = rest;
    }
    groups
}

#[cfg(test)]
mod tests;
