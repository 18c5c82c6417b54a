//! Looks certificates up at one source.

use std::collections::HashMap;

use super::answer::StatusResult;
use crate::error::Error;
use crate::model::{Certificate, RequestId};
use crate::operation::contradiction;
use crate::provider::{CallContext, Lookups, StatusReader};
use crate::request::CertificateReference;

/// The results of one source.
pub(super) struct LookupResult {
    /// One for each certificate, in the order of the request.
    pub(super) results: Vec<StatusResult>,
    pub(super) request_ids: Vec<RequestId>,
}

/// Looks up each certificate that the source can find by the names given, once for all references to
/// it. With `include_clients`, the results also have the certificates' client ids.
pub(super) async fn look_up(
    context: &CallContext<'_>,
    status_reader: &dyn StatusReader,
    certificates: &[CertificateReference],
    include_clients: bool,
) -> LookupResult {
    let valid: Vec<CertificateReference> = certificates
        .iter()
        .filter(|reference| status_reader.check(reference).is_ok())
        .cloned()
        .collect();
    let (unique, indexes) = without_duplicates(&valid);
    let Lookups {
        records,
        request_ids,
    } = if unique.is_empty() {
        Lookups::default()
    } else {
        status_reader.look_up(&unique, include_clients).await
    };
    let records: Vec<Result<Option<Certificate>, Error>> = unique
        .iter()
        .zip(records)
        .map(|(reference, record)| {
            let record = record?;
            match record
                .as_ref()
                .and_then(|record| contradiction(reference, record))
            {
                Some(error) => Err(error),
                None if include_clients => Ok(record.map(Certificate::with_client_ids)),
                None => Ok(record),
            }
        })
        .collect();
    let mut indexes = indexes.into_iter();
    let mut result = |reference: &CertificateReference| {
        let record = status_reader.check(reference).and_then(|()| {
            match indexes.next().and_then(|index| records.get(index)) {
                Some(record) => record.clone(),
                None => Ok(None),
            }
        });
        StatusResult::new(reference, record, context.now)
    };
    LookupResult {
        results: certificates.iter().map(&mut result).collect(),
        request_ids,
    }
}

/// The distinct certificates in the order of their first occurrence, and for each reference the
/// index of its certificate among them.
pub(super) fn without_duplicates(
    certificates: &[CertificateReference],
) -> (Vec<CertificateReference>, Vec<usize>) {
    let mut unique: Vec<CertificateReference> = Vec::new();
    // References with equal names can still differ in their spellings.
    let mut of_name: HashMap<_, Vec<usize>> = HashMap::new();
    let mut indexes = Vec::with_capacity(certificates.len());
    for reference in certificates {
        let CertificateReference {
            serial_number,
            ca_serial_number,
            provider_serial_number,
            provider_ca_serial_number,
            fingerprint_sha256,
            client_ids: _,
        } = reference;
        let namesakes = of_name
            .entry((
                serial_number,
                ca_serial_number,
                provider_serial_number,
                provider_ca_serial_number,
                fingerprint_sha256,
            ))
            .or_default();
        let covers = |index: &&usize| {
            unique
                .get(**index)
                .is_some_and(|earlier| earlier.covers(reference))
        };
        let index = namesakes
            .iter()
            .find(covers)
            .copied()
            .unwrap_or(unique.len());
        if index == unique.len() {
            namesakes.push(index);
            unique.push(reference.clone());
        }
        indexes.push(index);
    }
    (unique, indexes)
}
