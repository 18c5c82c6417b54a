//! The certificate that a search is for, and the records that may be it.

use super::super::ca_list::{CaPage, CaRow};
use super::super::reading::{Base, Reading, own_text, proven_number, readings};
use super::super::{Purpose, is_same_serial_number, serial_numbers};
use crate::error::{Concerns, Error};
use crate::model::{Certificate, SerialNumber, Timestamp};
use crate::provider::FoundCertificate;
use crate::request::CertificateReference;

/// The certificate that a search is for.
pub(in crate::provider::alibaba_mqtt) struct Wanted<'a> {
    reference: &'a CertificateReference,
    /// The caller's own spelling of the serial number.
    pub(super) own_text: String,
    pub(super) ca: &'a SerialNumber,
    pub(super) own_ca_text: String,
    pub(super) readings: Vec<Reading>,
    /// Before a change, a second certificate that the digits may mean is looked for.
    pub(super) purpose: Purpose,
}

impl<'a> Wanted<'a> {
    pub(in crate::provider::alibaba_mqtt) fn new(
        reference: &'a CertificateReference,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let (serial_number, ca) = serial_numbers(reference)?;
        Ok(Self {
            reference,
            own_text: own_text(serial_number),
            ca,
            own_ca_text: own_text(ca),
            readings: readings(serial_number),
            purpose,
        })
    }

    pub(super) fn is_for_change(&self) -> bool {
        self.purpose == Purpose::Change
    }

    /// Whether a row lacks a member that is needed here and that the certificate's own record may
    /// have: a write needs the status, and compares fingerprints and numbers, a read shows the
    /// dates, too.
    pub(super) fn lacks_members(&self, certificate: &Certificate) -> bool {
        certificate.serial_number_base.is_none()
            || certificate.provider_status.is_none()
            || (self.reference.fingerprint_sha256.is_some()
                && certificate.fingerprint_sha256.is_none())
            || (!self.is_for_change()
                && (certificate.not_before.is_none() || certificate.not_after.is_none()))
    }

    /// The rows of a page that may be the certificate in this reading.
    pub(super) fn rows_for<'p>(&self, reading: &Reading, page: &'p CaPage) -> Vec<&'p CaRow> {
        let mut rows = page.rows_of(&reading.digits);
        // A row under the caller's own text is the one that is meant.
        if let Some(own) = rows.iter().position(|row| row.device_sn == self.own_text) {
            rows.swap(0, own);
            rows.truncate(1);
        }
        rows
    }

    /// The certificates that the digits may mean in the complete list of the CA that the caller has
    /// named. `None` where a row lacks a member that decides.
    pub(in crate::provider::alibaba_mqtt) fn decide(
        &self,
        page: &CaPage,
        now: Timestamp,
    ) -> Option<Vec<FoundCertificate>> {
        let mut matches: Vec<FoundCertificate> = Vec::new();
        for reading in &self.readings {
            if matches
                .iter()
                .any(|found| proven_number(found) == Some(&reading.number))
            {
                continue;
            }
            for row in self.rows_for(reading, page) {
                let found = page.found(row, now);
                if self.lacks_members(&found.certificate) {
                    return None;
                }
                if may_be_meant(reading, &found, matches.first()) {
                    matches.push(found);
                }
            }
        }
        Some(matches)
    }

    /// Whether a record under the caller's own text is the certificate, and no other one can be.
    pub(in crate::provider::alibaba_mqtt) fn is_met_alone_by(
        &self,
        found: &FoundCertificate,
    ) -> bool {
        let is_met = self
            .readings
            .first()
            .is_some_and(|own| own.is_met_by(found));
        is_met
            && !self.lacks_members(&found.certificate)
            && self.other_readings(Base::Same, found).is_empty()
    }

    /// The other numbers that the digits may mean, once a certificate is found. A number that is
    /// proven to be found has no other certificate.
    pub(super) fn other_readings(&self, base: Base, first: &FoundCertificate) -> Vec<&Reading> {
        let proven = proven_number(first);
        let may_be_another =
            |reading: &&Reading| reading.base != base && proven != Some(&reading.number);
        self.readings
            .iter()
            .filter(|_| self.is_for_change())
            .filter(may_be_another)
            .collect()
    }
}

/// Whether a record is one of this reading. Where neither the record nor the first one that was
/// found proves its number, either may be the one that is meant.
pub(super) fn may_be_meant(
    reading: &Reading,
    found: &FoundCertificate,
    first: Option<&FoundCertificate>,
) -> bool {
    let is_open = first.is_some_and(|first| proven_number(first).is_none());
    reading.is_met_by(found) || (is_open && proven_number(found).is_none())
}

/// The one certificate of a search.
///
/// # Errors
/// `invalid_request` when there are two.
pub(in crate::provider::alibaba_mqtt) fn only_one(
    found: Vec<FoundCertificate>,
) -> Result<Option<FoundCertificate>, Error> {
    let mut found = found.into_iter();
    let first = found.next();
    if let (Some(first), Some(second)) = (&first, found.next()) {
        let detail = if is_same_serial_number(&first.key, &second.key) {
            format!(
                "two certificates have this serial number here, written {} and {}; write provider_serial_number as the provider writes the \
                 one that you mean",
                first.key, second.key
            )
        } else {
            format!(
                "read in hex and in decimal these digits may name two certificates here, {} and {}; write 0x before a serial_number in \
                 hex, or name the provider's own text as provider_serial_number",
                first.key, second.key
            )
        };
        return Err(Error {
            concerns: Concerns::Parameters,
            ..Error::invalid("serial_number", detail)
        });
    }
    Ok(first)
}
