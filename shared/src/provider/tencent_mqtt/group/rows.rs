//! The rows of a list that is filtered by serial numbers.

use std::collections::{HashMap, HashSet};

use crate::error::{Concerns, Error};
use crate::model::{Certificate, ProviderRecord, RequestId, SerialNumber, Timestamp};
use crate::provider::FoundCertificate;

/// The vendor's rows by serial number. Two certificates of one number have different issuers.
pub(in crate::provider::tencent_mqtt) type RowsByNumber = HashMap<SerialNumber, Vec<Row>>;

/// A row of the list.
pub(in crate::provider::tencent_mqtt) struct Row {
    /// The vendor's own text, by which its other actions know the certificate.
    pub(in crate::provider::tencent_mqtt) key: String,
    pub(in crate::provider::tencent_mqtt) certificate: Certificate,
}

impl Row {
    /// A change acts on the status.
    pub(super) const fn states_status(&self) -> bool {
        self.certificate.provider_status.is_some()
    }
}

/// The rows of all pages of a list that is filtered by serial numbers.
#[derive(Default)]
pub(in crate::provider::tencent_mqtt) struct GroupRows {
    pub(in crate::provider::tencent_mqtt) rows: RowsByNumber,
    /// Whether a certificate that has no row is certainly not listed: every row has a serial
    /// number, and there are as many rows as the vendor says.
    pub(in crate::provider::tencent_mqtt) is_whole: bool,
    /// The vendor's ids of the calls.
    pub(in crate::provider::tencent_mqtt) request_ids: Vec<RequestId>,
}

/// The certificates that the pages have shown so far: the vendor's text, and the CA.
pub(super) type Shown = HashSet<(String, Option<SerialNumber>)>;

impl GroupRows {
    /// Adds the record of a row, unless it has another number than these: the documents do not say
    /// whether the vendor matches whole texts.
    pub(super) fn add(
        &mut self,
        record: ProviderRecord,
        numbers: &[&SerialNumber],
        now: Timestamp,
        shown: &mut Shown,
    ) {
        let Some(key) = record.serial_number.clone() else {
            self.is_whole = false;
            return;
        };
        let certificate = record.into_certificate(now, false);
        shown.insert((key.clone(), certificate.ca_serial_number.clone()));
        let number = certificate.serial_number.clone();
        if let Some(number) = number.filter(|number| numbers.contains(&number)) {
            keep(
                self.rows.entry(number).or_default(),
                Row { key, certificate },
            );
        }
    }
}

/// The row in the form in which a read of this one certificate is returned.
pub(super) fn found(row: &Row) -> FoundCertificate {
    FoundCertificate {
        key: row.key.clone(),
        ca_key: None,
        certificate: row.certificate.clone(),
        request_id: None,
    }
}

/// A list that changes while its pages are read may show a certificate twice: the later row is the
/// newer one.
pub(super) fn keep(rows: &mut Vec<Row>, row: Row) {
    let is_same = |one: &Row| {
        one.key == row.key && one.certificate.ca_serial_number == row.certificate.ca_serial_number
    };
    match rows.iter_mut().find(|one| is_same(one)) {
        Some(one) => *one = row,
        None => rows.push(row),
    }
}

/// The one certificate of a number: the vendor's write names a certificate by its serial number
/// only.
pub(super) fn only_row<'a>(rows: &[&'a Row]) -> Result<&'a Row, Error> {
    match rows {
        [row] => Ok(*row),
        _ => {
            let detail = "several certificates have this serial number, and the provider's change cannot distinguish them; none is changed";
            Err(Error {
                concerns: Concerns::Parameters,
                ..Error::invalid("serial_number", detail)
            })
        }
    }
}
