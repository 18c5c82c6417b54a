//! The status of many, by serial number: `DescribeClientCertificateStatusForSerialNumber`.

use std::collections::HashMap;

use super::wire::DescribeStatus;
use super::{API, AlibabaPca};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Action, Certificate, LifecycleStatus, ProviderRecord, SerialNumber};
use crate::provider::alibaba::Call;
use crate::provider::{Lookups, Scope, StatusReader, fact};
use crate::request::CertificateReference;
use crate::transport::{LocalFuture, Repeat};
use crate::vendor::codes::not_an_answer;
use http::Method;

/// Serial numbers in one call. The vendor documents no limit; should there be a lower one, the
/// group is halved until it fits.
const LARGEST_GROUP: usize = 200;
/// The same in characters of the query (a comma becomes three): 200 serial numbers of 16 octets,
/// 162 of 20. That leaves room in the 8 KiB that web servers commonly read of a request line; to
/// one that says that it is too long, the group is halved as well.
const LONGEST_GROUP: usize = 7_000;

/// A certificate is found by its serial number.
fn serial_number(reference: &CertificateReference) -> Result<&SerialNumber, Error> {
    reference.serial_number.as_ref().ok_or_else(|| {
        Error::invalid(
            "serial_number",
            "alibaba-pca finds a certificate by its serial number; name it",
        )
    })
}

impl AlibabaPca<'_> {
    /// What the provider says about these texts, by number; those that it does not know are left
    /// out.
    async fn ask(
        &self,
        texts: &[&str],
        request_ids: &mut Vec<String>,
    ) -> Result<HashMap<SerialNumber, Certificate>, Error> {
        let call = Call {
            action: Action::DescribeClientCertificateStatusForSerialNumber,
            method: Method::POST,
            repeat: Repeat::Always,
            parameters: &[("SerialNumber", &texts.join(","))],
        };
        let accept = |answer: DescribeStatus| match answer.certificate_status {
            Some(rows) => Ok((fact(answer.request_id), rows)),
            None => Err(not_an_answer(
                API.provider,
                200,
                "it has no CertificateStatus",
            )),
        };
        let (request_id, rows) = API.call(&self.connection, &call, accept).await?;
        request_ids.extend(request_id);
        let now = self.connection.context.now;
        let mut records = HashMap::new();
        for row in rows {
            // The order of the rows is not documented: match by number. Were there two rows for
            // one, the worse counts.
            let record = ProviderRecord::from(row).into_certificate(now, false);
            if let Some(number) = record.serial_number.clone() {
                keep_worse(&mut records, number, record);
            }
        }
        Ok(records)
    }
}

fn keep_worse(
    records: &mut HashMap<SerialNumber, Certificate>,
    number: SerialNumber,
    record: Certificate,
) {
    let rank = |status| match status {
        LifecycleStatus::Revoked => 2,
        LifecycleStatus::Good => 0,
        _ => 1,
    };
    match records.get(&number) {
        Some(earlier) if rank(earlier.status) >= rank(record.status) => {}
        _ => {
            records.insert(number, record);
        }
    }
}

/// Whether asking for fewer at once may help: the provider dislikes one of them, or their number,
/// or the length.
fn may_help_to_split(error: &Error) -> bool {
    error.concerns == Concerns::Parameters || error.code == ErrorCode::NotFound
}

/// The state of a certificate while its spellings are tried.
enum Progress {
    /// Not known under the spellings tried so far, or known with an unknown status.
    Open(Option<Certificate>),
    /// Answered for good.
    Settled(Result<Option<Certificate>, Error>),
}

impl StatusReader for AlibabaPca<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        serial_number(reference).map(drop)
    }

    /// All certificates under their own spelling in few calls; then, under the next spelling, those
    /// that the provider did not know. Whether the provider leaves out a serial number that it does
    /// not know, or answers `unknown` for it, is not documented: neither is final before every
    /// spelling was asked.
    fn look_up<'a>(&'a self, certificates: &'a [CertificateReference]) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let numbers: Vec<Option<&SerialNumber>> = certificates
                .iter()
                .map(|reference| reference.serial_number.as_ref())
                .collect();
            let spellings: Vec<Vec<String>> = numbers
                .iter()
                .map(|number| number.map(SerialNumber::spellings).unwrap_or_default())
                .collect();
            let mut progress: Vec<Progress> =
                certificates.iter().map(|_| Progress::Open(None)).collect();
            let mut request_ids = Vec::new();
            let rounds = spellings.iter().map(Vec::len).max().unwrap_or_default();
            for round in 0..rounds {
                let open: Vec<Asked<'_>> = spellings
                    .iter()
                    .zip(&numbers)
                    .zip(progress.iter_mut())
                    .filter(|(_, progress)| matches!(progress, Progress::Open(_)))
                    .filter_map(|((spellings, number), progress)| {
                        let text = spellings.get(round)?.as_str();
                        Some(Asked {
                            text,
                            number: (*number)?,
                            is_own_spelling: round == 0,
                            progress,
                        })
                    })
                    .collect();
                if let Err(error) = self.ask_in_groups(open, &mut request_ids).await {
                    let unasked =
                        spellings
                            .iter()
                            .zip(&mut progress)
                            .filter(|(texts, progress)| {
                                texts.len() > round && matches!(progress, Progress::Open(_))
                            });
                    unasked.for_each(|(_, progress)| {
                        *progress = Progress::Settled(Err(error.clone()))
                    });
                }
            }
            let records = progress.into_iter().map(|progress| match progress {
                Progress::Open(record) => Ok(record),
                Progress::Settled(result) => result,
            });
            Lookups {
                records: records.collect(),
                request_ids,
            }
        })
    }
}

/// One certificate under one spelling.
struct Asked<'a> {
    text: &'a str,
    is_own_spelling: bool,
    number: &'a SerialNumber,
    progress: &'a mut Progress,
}

impl AlibabaPca<'_> {
    /// # Errors
    /// One after which no further call is worth making.
    async fn ask_in_groups(
        &self,
        asked: Vec<Asked<'_>>,
        request_ids: &mut Vec<String>,
    ) -> Result<(), Error> {
        let mut groups = grouped(asked);
        // The first group is on top.
        groups.reverse();
        while let Some(mut group) = groups.pop() {
            let mut texts: Vec<&str> = Vec::with_capacity(group.len());
            for asked in &group {
                if !texts.contains(&asked.text) {
                    texts.push(asked.text);
                }
            }
            match self.ask(&texts, request_ids).await {
                // One serial number may be asked for several times, with different issuers.
                Ok(records) => group.into_iter().for_each(|asked| {
                    let record = records.get(asked.number).cloned();
                    asked.take(record);
                }),
                Err(error) if may_help_to_split(&error) && group.len() > 1 => {
                    let second_half = group.split_off(group.len().div_euclid(2));
                    groups.push(second_half);
                    groups.push(group);
                }
                // A spelling that is not the caller's own may break the provider's rules; then it
                // is not known under it.
                Err(error) if may_help_to_split(&error) => {
                    group.into_iter().for_each(|asked| match error.code {
                        ErrorCode::ProviderRejected if asked.is_own_spelling => {
                            *asked.progress = Progress::Settled(Err(error.clone()))
                        }
                        _ => asked.take(None),
                    })
                }
                // Refused credentials are refused for all; and who asks for less, or is late, is
                // not asked again.
                Err(error) if error.ends_the_request() => return Err(error),
                Err(error) => group
                    .into_iter()
                    .for_each(|asked| *asked.progress = Progress::Settled(Err(error.clone()))),
            }
        }
        Ok(())
    }
}

impl Asked<'_> {
    fn take(self, record: Option<Certificate>) {
        match (record, &*self.progress) {
            // The first spelling for which the provider had an answer stays, even if that was
            // "unknown".
            (Some(record), Progress::Open(None)) if record.status == LifecycleStatus::Unknown => {
                *self.progress = Progress::Open(Some(record));
            }
            (Some(record), Progress::Open(_)) if record.status != LifecycleStatus::Unknown => {
                *self.progress = Progress::Settled(Ok(Some(record)));
            }
            _ => {}
        }
    }
}

fn grouped(asked: Vec<Asked<'_>>) -> Vec<Vec<Asked<'_>>> {
    const COMMA: usize = "%2C".len();
    let mut groups: Vec<Vec<Asked<'_>>> = Vec::new();
    let mut length = 0_usize;
    for item in asked {
        let added = item.text.len().saturating_add(COMMA);
        length = length.saturating_add(added);
        match groups.last_mut() {
            Some(group) if group.len() < LARGEST_GROUP && length <= LONGEST_GROUP => {
                group.push(item)
            }
            _ => {
                length = added;
                groups.push(vec![item]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;
