//! Status: the list, filtered by groups of serial numbers.

use std::collections::{HashMap, HashSet};

use super::group::{GroupRows, Row, RowsByNumber, in_groups};
use super::{Purpose, TencentMqtt, check_name, serial_number};
use crate::error::{Concerns, Error};
use crate::model::{Certificate, RequestId, SerialNumber};
use crate::provider::each::{each, next_answer};
use crate::provider::{Lookups, Scope, StatusReader};
use crate::request::CertificateReference;
use crate::transport::LocalFuture;

/// The vendor's answers for a group.
#[derive(Default)]
struct GroupAnswer {
    rows: RowsByNumber,
    /// The vendor refuses these in the caller's own spelling, which does not mean that they are
    /// unknown.
    refused: HashMap<SerialNumber, Error>,
    request_ids: Vec<RequestId>,
}

impl StatusReader for TencentMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        check_name(reference)
    }

    fn look_up<'a>(
        &'a self,
        certificates: &'a [CertificateReference],
        _: bool,
    ) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let numbers = certificates
                .iter()
                .filter(|reference| reference.provider_serial_number.is_none())
                .filter_map(|reference| reference.serial_number.as_ref());
            let NumberAnswers {
                known,
                failure,
                mut request_ids,
            } = self.look_up_numbers(numbers).await;
            let texts = certificates
                .iter()
                .filter_map(|reference| reference.provider_serial_number.as_ref());
            let mut by_text = each(texts, async |text| {
                self.get_by_text(text, Purpose::Show).await
            })
            .await
            .into_iter();
            let record_of = |reference: &CertificateReference| {
                if reference.provider_serial_number.is_some() {
                    let found = next_answer(&mut by_text)?;
                    return Ok(found.map(|found| {
                        request_ids.extend(found.request_id);
                        found.certificate
                    }));
                }
                let number = serial_number(reference)?;
                match (known.get(number), &failure) {
                    (Some(Ok(rows)), _) => only_one(rows, reference),
                    (Some(Err(error)), _) => Err(error.clone()),
                    (None, Some(error)) => Err(error.clone()),
                    (None, None) => Ok(None),
                }
            };
            let records = certificates.iter().map(record_of).collect();
            Lookups {
                records,
                request_ids,
            }
        })
    }
}

/// The vendor's answers for serial numbers.
struct NumberAnswers<'a> {
    known: HashMap<&'a SerialNumber, Result<Vec<Row>, Error>>,
    /// The first error of a group that failed. Its numbers have no other answer.
    failure: Option<Error>,
    request_ids: Vec<RequestId>,
}

impl TencentMqtt<'_> {
    async fn look_up_numbers<'a>(
        &self,
        numbers: impl Iterator<Item = &'a SerialNumber>,
    ) -> NumberAnswers<'a> {
        // A request may hold one number with several CAs.
        let mut seen = HashSet::new();
        let numbers: Vec<&SerialNumber> = numbers.filter(|number| seen.insert(*number)).collect();
        let groups = in_groups(&numbers, |number| number.spellings().len());
        let answers = each(groups, async |group: &[&'a SerialNumber]| {
            Ok((group, self.look_up_group(group).await?))
        })
        .await;
        let mut all = NumberAnswers {
            known: HashMap::new(),
            failure: None,
            request_ids: Vec::new(),
        };
        for answer in answers {
            match answer {
                Ok((group, mut answer)) => {
                    all.request_ids.extend(answer.request_ids);
                    all.known.extend(group.iter().map(|&number| {
                        let rows = answer.rows.remove(number).unwrap_or_default();
                        (number, answer.refused.remove(number).map_or(Ok(rows), Err))
                    }));
                }
                Err(error) => all.failure = all.failure.or(Some(error)),
            }
        }
        all
    }

    /// The rows of a group, which is halved while the vendor refuses its parameters. A missing
    /// certificate counts as unknown only when several values of a filter are known to be
    /// alternatives.
    async fn look_up_group(&self, group: &[&SerialNumber]) -> Result<GroupAnswer, Error> {
        let mut answer = GroupAnswer::default();
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            match self
                .rows(
                    group,
                    group.iter().flat_map(|number| number.spellings()).collect(),
                )
                .await
            {
                Ok(listed) => {
                    let GroupRows {
                        rows,
                        is_whole,
                        request_ids,
                    } = listed;
                    answer.request_ids.extend(request_ids);
                    let missing: Vec<&SerialNumber> = group
                        .iter()
                        .copied()
                        .filter(|number| !rows.contains_key(*number))
                        .collect();
                    answer.rows.extend(rows);
                    if is_whole {
                        self.look_up_missing(&missing, group.len(), &mut answer)
                            .await?;
                    } else {
                        self.get_each_spelling(&missing, &mut answer).await?;
                    }
                }
                Err(error) if error.concerns == Concerns::Parameters && group.len() > 1 => {
                    let (first, second) = group.split_at(group.len().div_euclid(2));
                    groups.extend([second, first]);
                }
                Err(error) if error.concerns == Concerns::Parameters => {
                    self.get_each_spelling(group, &mut answer).await?
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answer)
    }

    async fn look_up_missing(
        &self,
        missing: &[&SerialNumber],
        group_size: usize,
        answer: &mut GroupAnswer,
    ) -> Result<(), Error> {
        // A vendor that requires all values to match, or uses only one of them, cannot have found
        // two of a group.
        if group_size.saturating_sub(missing.len()) > 1 {
            self.takes_alternatives_for_certain();
        }
        if missing.is_empty() || self.takes_values_as_alternatives().await? {
            return Ok(());
        }
        self.get_each_spelling(missing, answer).await
    }

    async fn get_each_spelling(
        &self,
        numbers: &[&SerialNumber],
        answer: &mut GroupAnswer,
    ) -> Result<(), Error> {
        for number in numbers {
            for (index, text) in number.spellings().iter().enumerate() {
                match self.get(text, Purpose::Show).await {
                    Ok(Some(found)) => {
                        answer.request_ids.extend(found.request_id);
                        answer.refused.remove(*number);
                        answer.rows.insert(
                            (*number).clone(),
                            vec![Row {
                                key: found.key,
                                certificate: found.certificate,
                            }],
                        );
                        break;
                    }
                    Ok(None) => {}
                    // A spelling that is not the caller's own may break the provider's rules; then
                    // the provider does not know the certificate under it.
                    Err(error) if error.concerns == Concerns::Parameters && index == 0 => {
                        answer.refused.insert((*number).clone(), error);
                    }
                    Err(error) if error.concerns == Concerns::Parameters => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// The certificate that is meant.
///
/// # Errors
/// `invalid_request` when several have the number.
fn only_one(rows: &[Row], reference: &CertificateReference) -> Result<Option<Certificate>, Error> {
    let is_meant = |certificate: &&Certificate| {
        let has_number = match (&reference.ca_serial_number, &certificate.ca_serial_number) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        };
        let has_text = match (
            &reference.provider_ca_serial_number,
            &certificate.provider_ca_serial_number,
        ) {
            (Some(wanted), Some(found)) => wanted.as_str() == found,
            _ => true,
        };
        has_number && has_text
    };
    let mut meant = rows.iter().map(|row| &row.certificate).filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(_), Some(_)) => Err(several()),
        (only, _) => Ok(only.cloned()),
    }
}

fn several() -> Error {
    let detail =
        "several certificates have this serial number: ca_serial_number is required as well";
    Error {
        concerns: Concerns::Parameters,
        ..Error::invalid("ca_serial_number", detail)
    }
}

#[cfg(test)]
pub(super) mod tests;
