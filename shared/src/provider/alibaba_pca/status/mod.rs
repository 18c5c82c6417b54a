//! Status by serial number: `DescribeClientCertificateStatusForSerialNumber`.

use std::cell::RefCell;

use super::wire::{CertificateStatus, statuses};
use super::{API, AlibabaPca};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{
    Action, Certificate, LifecycleStatus, ProviderRecord, RequestId, SerialNumber, Timestamp,
};
use crate::object::Members;
use crate::provider::alibaba::Call;
use crate::provider::{Lookups, Scope, StatusReader};
use crate::request::CertificateReference;
use crate::transport::{LocalFuture, Repeat};
use crate::vendor::codes::{unexpected_answer, unusable_record};
use crate::vendor::request_id;
use http::Method;

/// Serial numbers in one call. The vendor documents no limit; a group that is refused is halved.
const LARGEST_GROUP: usize = 200;
/// Characters of the query in one call (a comma becomes three): 200 serial numbers of 16 octets, or
/// 162 of 20. That leaves room in the 8 KiB that web servers commonly read of a request line. A
/// group whose length is refused is halved as well.
const LONGEST_GROUP: usize = 7_000;

/// The vendor finds a certificate by its serial number. A call names several, separated by commas.
fn check_name(reference: &CertificateReference) -> Result<(), Error> {
    match (&reference.provider_serial_number, &reference.serial_number) {
        (Some(text), _) if text.as_str().contains(',') => Err(Error::invalid(
            "provider_serial_number",
            "provider_serial_number must have no comma at alibaba-pca, which separates serial numbers by commas",
        )),
        (None, None) => Err(Error::invalid(
            "serial_number",
            "alibaba-pca finds a certificate by its serial number: serial_number or provider_serial_number is required",
        )),
        _ => Ok(()),
    }
}

/// The name under which a record is looked up.
enum Name {
    /// A number in any spelling.
    Number(SerialNumber),
    /// The provider's own text.
    Text(String),
}

impl Name {
    fn of(reference: &CertificateReference) -> Option<Self> {
        let text = reference.provider_serial_number.as_ref();
        text.map(|text| Self::Text(text.as_str().to_owned()))
            .or_else(|| reference.serial_number.clone().map(Self::Number))
    }

    fn spellings(&self) -> Vec<String> {
        match self {
            Self::Number(number) => number.spellings(),
            Self::Text(text) => vec![text.clone()],
        }
    }
}

impl AlibabaPca<'_> {
    /// The provider's answer about these texts. One with rows that cannot be used is asked for again,
    /// and taken as it is when it stays so.
    async fn read(
        &self,
        texts: &[&str],
        request_ids: &mut Vec<RequestId>,
    ) -> Result<Records, Error> {
        let call = Call {
            action: Action::DescribeClientCertificateStatusForSerialNumber,
            method: Method::POST,
            repeat: Repeat::Always,
            parameters: &[("SerialNumber", &texts.join(","))],
        };
        let now = self.connection.context.now;
        let partly_usable = RefCell::new(None);
        let accept = |answer: &Members<'_>| {
            let invalid = |problem| unexpected_answer(API.provider, 200, problem);
            let records = Records::new(statuses(answer).map_err(invalid)?, texts, now);
            let is_usable = !records.has_unnamed && records.without_status.is_empty();
            let read = (request_id(answer), records);
            if is_usable {
                return Ok(read);
            }
            partly_usable.replace(Some(read));
            Err(invalid("a row cannot be used"))
        };
        let answer = API.call(&self.connection, &call, accept).await;
        let (request_id, records) = match (answer, partly_usable.into_inner()) {
            (Err(failure), Some(read))
                if failure.error.code == ErrorCode::ProviderInvalidResponse =>
            {
                read
            }
            (answer, _) => answer?,
        };
        request_ids.extend(request_id);
        Ok(records)
    }
}

/// The rows of one answer.
struct Records {
    /// The rows with a name and a status.
    readable: Vec<Certificate>,
    /// The rows without a status that can be read.
    without_status: Vec<Certificate>,
    /// Whether there is a row that may be any certificate's.
    has_unnamed: bool,
}

impl Records {
    fn new(rows: Vec<CertificateStatus>, texts: &[&str], now: Timestamp) -> Self {
        let mut records = Self {
            readable: Vec::new(),
            without_status: Vec::new(),
            has_unnamed: false,
        };
        for row in rows {
            let record = ProviderRecord::from(row).into_certificate(now, false);
            // A text that is no number names a certificate where it is one of the requested texts.
            let is_requested = |text: &String| texts.contains(&text.as_str());
            let has_name = record.serial_number.is_some()
                || record
                    .provider_serial_number
                    .as_ref()
                    .is_some_and(is_requested);
            match (has_name, record.provider_status.is_some()) {
                (false, _) => records.has_unnamed = true,
                (true, true) => records.readable.push(record),
                (true, false) => records.without_status.push(record),
            }
        }
        records
    }

    /// The record of the certificate with this name. `None`: the provider does not know it. The
    /// order of the rows is not documented. Of several rows, the worst status counts.
    ///
    /// # Errors
    /// Where no row answers, and one that cannot be read may have.
    fn of(&self, name: &Name) -> Result<Option<Certificate>, Error> {
        let is_meant = |record: &&Certificate| match name {
            Name::Number(number) => record.serial_number.as_ref() == Some(number),
            Name::Text(text) => record.provider_serial_number.as_ref() == Some(text),
        };
        let rank = |record: &&Certificate| match record.status {
            LifecycleStatus::Revoked => 2,
            LifecycleStatus::Good => 0,
            _ => 1,
        };
        // Of equal ones the first counts.
        let rows = self.readable.iter().rev().filter(is_meant);
        if let Some(worst) = rows.max_by_key(rank) {
            return Ok(Some(worst.clone()));
        }
        let problem = if self.without_status.iter().any(|record| is_meant(&record)) {
            "it has no Status that can be read"
        } else if self.has_unnamed {
            "it has no SerialNumber that can be read"
        } else {
            return Ok(None);
        };
        Err(unusable_record(API.provider, problem))
    }
}

/// Whether smaller groups may help: the provider refuses one of the serial numbers, their count, or
/// their length.
fn may_help_to_split(error: &Error) -> bool {
    error.concerns == Concerns::Parameters || error.code == ErrorCode::NotFound
}

/// The outcome for a certificate while its spellings are tried.
enum Progress {
    /// The provider does not know it under the spellings so far, or knows it with an unknown
    /// status.
    Open(Option<Certificate>),
    /// The answer is final.
    Settled(Result<Option<Certificate>, Error>),
}

impl StatusReader for AlibabaPca<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        check_name(reference)
    }

    /// Looks all certificates up under their own spelling in few calls, then under the next
    /// spelling those that the provider did not know. The documents do not say whether the provider
    /// leaves an unknown serial number out or answers `unknown` for it: neither is final before
    /// every spelling was tried.
    fn look_up<'a>(
        &'a self,
        certificates: &'a [CertificateReference],
        _: bool,
    ) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let names: Vec<Option<Name>> = certificates.iter().map(Name::of).collect();
            let spellings: Vec<Vec<String>> = names
                .iter()
                .map(|name| name.as_ref().map(Name::spellings).unwrap_or_default())
                .collect();
            let mut progress: Vec<Progress> =
                certificates.iter().map(|_| Progress::Open(None)).collect();
            let mut request_ids = Vec::new();
            let rounds = spellings.iter().map(Vec::len).max().unwrap_or_default();
            for round in 0..rounds {
                let open: Vec<Lookup<'_>> = spellings
                    .iter()
                    .zip(&names)
                    .zip(progress.iter_mut())
                    .filter(|(_, progress)| matches!(progress, Progress::Open(_)))
                    .filter_map(|((spellings, name), progress)| {
                        let text = spellings.get(round)?.as_str();
                        Some(Lookup {
                            text,
                            name: name.as_ref()?,
                            is_own_spelling: round == 0,
                            progress,
                        })
                    })
                    .collect();
                if let Err(error) = self.look_up_in_groups(open, &mut request_ids).await {
                    let not_looked_up =
                        spellings
                            .iter()
                            .zip(&mut progress)
                            .filter(|(texts, progress)| {
                                texts.len() > round && matches!(progress, Progress::Open(_))
                            });
                    not_looked_up.for_each(|(_, progress)| {
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
struct Lookup<'a> {
    text: &'a str,
    is_own_spelling: bool,
    name: &'a Name,
    progress: &'a mut Progress,
}

impl AlibabaPca<'_> {
    /// # Errors
    /// One after which no further call is worth making.
    async fn look_up_in_groups(
        &self,
        lookups: Vec<Lookup<'_>>,
        request_ids: &mut Vec<RequestId>,
    ) -> Result<(), Error> {
        let mut groups = grouped(lookups);
        // The first group is on top.
        groups.reverse();
        while let Some(mut group) = groups.pop() {
            let mut texts: Vec<&str> = Vec::with_capacity(group.len());
            for lookup in &group {
                if !texts.contains(&lookup.text) {
                    texts.push(lookup.text);
                }
            }
            match self.read(&texts, request_ids).await {
                // A request may hold one serial number several times, with different issuers.
                Ok(records) => group.into_iter().for_each(|lookup| {
                    let record = records.of(lookup.name);
                    lookup.take(record);
                }),
                Err(error) if may_help_to_split(&error) && group.len() > 1 => {
                    let second_half = group.split_off(group.len().div_euclid(2));
                    groups.push(second_half);
                    groups.push(group);
                }
                // A spelling that is not the caller's own may break the provider's rules; then the
                // provider does not know the certificate under it.
                Err(error) if may_help_to_split(&error) => {
                    group.into_iter().for_each(|lookup| match error.code {
                        ErrorCode::ProviderRejected if lookup.is_own_spelling => {
                            *lookup.progress = Progress::Settled(Err(error.clone()))
                        }
                        _ => lookup.take(Ok(None)),
                    })
                }
                // Credentials that are refused are refused for all. A provider that throttles, or
                // is late, gets no further call.
                Err(error) if error.ends_the_request() => return Err(error),
                Err(error) => group
                    .into_iter()
                    .for_each(|lookup| *lookup.progress = Progress::Settled(Err(error.clone()))),
            }
        }
        Ok(())
    }
}

impl Lookup<'_> {
    fn take(self, record: Result<Option<Certificate>, Error>) {
        match (record, &*self.progress) {
            (Err(error), Progress::Open(_)) => *self.progress = Progress::Settled(Err(error)),
            // The record of the first spelling that the provider knew stays, even with an unknown
            // status.
            (Ok(Some(record)), Progress::Open(_)) if record.status != LifecycleStatus::Unknown => {
                *self.progress = Progress::Settled(Ok(Some(record)));
            }
            (Ok(record @ Some(_)), Progress::Open(None)) => *self.progress = Progress::Open(record),
            _ => {}
        }
    }
}

fn grouped(lookups: Vec<Lookup<'_>>) -> Vec<Vec<Lookup<'_>>> {
    const COMMA: usize = "%2C".len();
    let mut groups: Vec<Vec<Lookup<'_>>> = Vec::new();
    let mut length = 0_usize;
    for item in lookups {
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
