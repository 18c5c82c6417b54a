//! The status of many: the list, narrowed to groups of serial numbers.

use std::collections::HashMap;

use super::group::{LARGEST_GROUP, Row, Rows};
use super::{TencentMqtt, serial_number};
use crate::error::{Concerns, Error};
use crate::model::{Certificate, SerialNumber};
use crate::provider::each::each;
use crate::provider::{Lookups, Scope, StatusReader};
use crate::request::CertificateReference;
use crate::transport::LocalFuture;

/// Everything that was learned about a group.
#[derive(Default)]
struct Told {
    rows: Rows,
    /// What the vendor refuses in the caller's own spelling: it does not say that it is unknown.
    refused: HashMap<SerialNumber, Error>,
    request_ids: Vec<String>,
}

impl StatusReader for TencentMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        serial_number(reference).map(drop)
    }

    fn look_up<'a>(&'a self, certificates: &'a [CertificateReference]) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let groups = grouped(
                certificates
                    .iter()
                    .filter_map(|reference| reference.serial_number.as_ref()),
            );
            let answers = each(groups, async |group: Vec<&SerialNumber>| {
                let told = self.ask(&group).await;
                Ok((group, told?))
            })
            .await;
            let mut request_ids = Vec::new();
            // Groups whose asking failed have no answer; the error is that of the first.
            let mut failure = None;
            let mut known: HashMap<&SerialNumber, Result<Vec<Row>, Error>> = HashMap::new();
            for answer in answers {
                match answer {
                    Ok((group, mut told)) => {
                        request_ids.extend(told.request_ids);
                        known.extend(group.into_iter().map(|number| {
                            let rows = told.rows.remove(number).unwrap_or_default();
                            (number, told.refused.remove(number).map_or(Ok(rows), Err))
                        }));
                    }
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            let told = |reference: &CertificateReference| {
                let number = serial_number(reference)?;
                match (known.get(number), &failure) {
                    (Some(Ok(rows)), _) => only_one(rows, reference),
                    (Some(Err(error)), _) => Err(error.clone()),
                    (None, Some(error)) => Err(error.clone()),
                    (None, None) => Ok(None),
                }
            };
            Lookups {
                records: certificates.iter().map(told).collect(),
                request_ids,
            }
        })
    }
}

impl TencentMqtt<'_> {
    /// The rows of a group, which is halved while the vendor refuses its parameters. What is
    /// missing is not called unknown before the vendor has shown that it takes several values as
    /// alternatives.
    async fn ask(&self, group: &[&SerialNumber]) -> Result<Told, Error> {
        let mut told = Told::default();
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            match self
                .rows(
                    group,
                    group.iter().flat_map(|number| number.spellings()).collect(),
                )
                .await
            {
                Ok((found, ids)) => {
                    told.request_ids.extend(ids);
                    let missing: Vec<&SerialNumber> = group
                        .iter()
                        .copied()
                        .filter(|number| !found.contains_key(*number))
                        .collect();
                    told.rows.extend(found);
                    self.ask_one_by_one(&missing, group.len(), &mut told)
                        .await?;
                }
                Err(error) if error.concerns == Concerns::Parameters && group.len() > 1 => {
                    let (first, second) = group.split_at(group.len().div_euclid(2));
                    groups.extend([second, first]);
                }
                Err(error) if error.concerns == Concerns::Parameters => {
                    self.ask_each_spelling(group, &mut told).await?
                }
                Err(error) => return Err(error),
            }
        }
        Ok(told)
    }

    async fn ask_one_by_one(
        &self,
        missing: &[&SerialNumber],
        asked: usize,
        told: &mut Told,
    ) -> Result<(), Error> {
        // Two of a group cannot have been found by a vendor that wants all values to match, or uses
        // only one of them.
        if asked.saturating_sub(missing.len()) > 1 {
            self.takes_alternatives_for_certain();
        }
        if missing.is_empty() || self.takes_values_as_alternatives().await? {
            return Ok(());
        }
        self.ask_each_spelling(missing, told).await
    }

    async fn ask_each_spelling(
        &self,
        numbers: &[&SerialNumber],
        told: &mut Told,
    ) -> Result<(), Error> {
        for number in numbers {
            for (index, text) in number.spellings().iter().enumerate() {
                match self.get(text).await {
                    Ok(Some(found)) => {
                        told.request_ids.extend(found.request_id);
                        told.refused.remove(*number);
                        told.rows.insert(
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
                    // it is not known under it.
                    Err(error) if error.concerns == Concerns::Parameters && index == 0 => {
                        told.refused.insert((*number).clone(), error);
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
    let is_meant = |certificate: &&Certificate| match (
        &reference.ca_serial_number,
        &certificate.ca_serial_number,
    ) {
        (Some(asked), Some(told)) => asked == told,
        _ => true,
    };
    let mut meant = rows.iter().map(|row| &row.certificate).filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(_), Some(_)) => Err(several()),
        (only, _) => Ok(only.cloned()),
    }
}

fn several() -> Error {
    let detail = "several certificates have this serial number; name the CA's, too";
    Error {
        concerns: Concerns::Parameters,
        ..Error::invalid("ca_serial_number", detail)
    }
}

fn grouped<'a>(numbers: impl Iterator<Item = &'a SerialNumber>) -> Vec<Vec<&'a SerialNumber>> {
    let mut groups: Vec<Vec<&SerialNumber>> = Vec::new();
    let mut values = LARGEST_GROUP;
    for number in numbers {
        values = values.saturating_add(number.spellings().len());
        match groups.last_mut() {
            Some(group) if values <= LARGEST_GROUP => {
                // One number may be asked for with several CAs.
                if !group.contains(&number) {
                    group.push(number);
                }
            }
            _ => {
                values = number.spellings().len();
                groups.push(vec![number]);
            }
        }
    }
    groups
}

#[cfg(test)]
pub(super) mod tests;
