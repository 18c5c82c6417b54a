//! Finding one certificate in at most [`MOST_CALLS`] calls before it is called not found.
//!
//! The first call asks under the caller's own spelling, the second one reads the first page of the
//! CA's list. Where that is the whole list, it decides. Where the list is longer, its rows show how
//! the vendor writes, and the calls that are left ask in those styles. Where the CA has no list
//! under this text, its other texts are tried; where no list can be read, the likeliest pairs of
//! spellings.
//!
//! A certificate that is found takes more calls where a write needs them to rule out that the
//! digits mean another one.

use super::ca_list::{CaPage, CaRow, Listed};
use super::reading::{Base, Reading, own_text, proven_number, readings};
use super::spelling::{CaText, Styles, ca_texts, pairs};
use super::{AlibabaMqtt, same_number, serial_numbers};
use crate::error::{Concerns, Error};
use crate::model::{Certificate, SerialNumber, Timestamp};
use crate::provider::{FoundCertificate, Spellings};
use crate::request::CertificateReference;

/// Calls for a certificate that is not there, the one under the caller's own spelling included.
const MOST_CALLS: usize = 6;

/// The calls that are left. A page that another certificate's search has read counts as well, so
/// that the result does not depend on the other certificates of the request.
struct Calls(usize);

impl Calls {
    fn take(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// The certificate that a search is for.
pub(super) struct Wanted<'a> {
    reference: &'a CertificateReference,
    own_text: String,
    ca: &'a SerialNumber,
    own_ca_text: String,
    readings: Vec<Reading>,
    /// Whether a second certificate that the digits may mean is looked for.
    is_thorough: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(
        reference: &'a CertificateReference,
        is_thorough: bool,
    ) -> Result<Self, Error> {
        let (serial_number, ca) = serial_numbers(reference)?;
        let (own_text, own_ca_text) = (own_text(serial_number), own_text(ca));
        Ok(Self {
            reference,
            own_text,
            ca,
            own_ca_text,
            readings: readings(serial_number),
            is_thorough,
        })
    }

    /// Whether a row leaves out a fact that is needed here, which the certificate's own record may
    /// have: a write compares fingerprints and numbers, a read tells the dates, too.
    pub(super) fn misses_facts_in(&self, certificate: &Certificate) -> bool {
        certificate.serial_number_base.is_none()
            || (self.reference.fingerprint_sha256.is_some()
                && certificate.fingerprint_sha256.is_none())
            || (!self.is_thorough
                && (certificate.not_before.is_none() || certificate.not_after.is_none()))
    }

    /// The rows of a page that may be the certificate in this reading.
    fn rows_for<'p>(&self, reading: &Reading, page: &'p CaPage) -> Vec<&'p CaRow> {
        let mut rows = page.rows_of(&reading.digits);
        // The caller's own text says which is meant.
        if let Some(own) = rows
            .iter()
            .position(|row| row.item.device_sn == self.own_text)
        {
            rows.swap(0, own);
            rows.truncate(1);
        }
        rows
    }

    /// The certificates that the digits may mean in the complete list of the CA that the caller has
    /// named. `None` where a row leaves out a fact that decides.
    pub(super) fn decide(&self, page: &CaPage, now: Timestamp) -> Option<Vec<FoundCertificate>> {
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
                if self.misses_facts_in(&found.certificate) {
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
    pub(super) fn is_met_alone_by(&self, found: &FoundCertificate) -> bool {
        let is_met = self
            .readings
            .first()
            .is_some_and(|own| own.is_met_by(found));
        is_met
            && !self.misses_facts_in(&found.certificate)
            && self.other_readings(Base::Same, found).is_empty()
    }

    /// The other numbers that the digits may mean, once a certificate is found. A number that is
    /// proven to be found has no other certificate.
    fn other_readings(&self, base: Base, first: &FoundCertificate) -> Vec<&Reading> {
        let proven = proven_number(first);
        let may_be_another =
            |reading: &&Reading| reading.base != base && proven != Some(&reading.number);
        self.readings
            .iter()
            .filter(|_| self.is_thorough)
            .filter(may_be_another)
            .collect()
    }
}

/// Whether a record is one of this reading. Where neither it nor the first record proves its
/// number, it may be the one that is meant.
fn may_be_meant(
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
pub(super) fn only_one(found: Vec<FoundCertificate>) -> Result<Option<FoundCertificate>, Error> {
    let mut found = found.into_iter();
    let first = found.next();
    if let (Some(first), Some(second)) = (&first, found.next()) {
        let detail = if same_number(&first.key, &second.key) {
            format!(
                "two certificates have this serial number here, written {} and {}; write it as the provider writes the one that is meant",
                first.key, second.key
            )
        } else {
            format!(
                "read in hex and in decimal these digits may name two certificates here, {} and {}; write 0x before a serial number in hex",
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

impl AlibabaMqtt<'_> {
    /// The first reading of the caller's texts under which the vendor knows a certificate.
    pub(super) async fn find_first(
        &self,
        reference: &CertificateReference,
        spellings: Spellings,
    ) -> Result<Option<FoundCertificate>, Error> {
        let wanted = Wanted::new(reference, false)?;
        Ok(self.search(&wanted, spellings).await?.into_iter().next())
    }

    /// The one certificate that any reading of the caller's texts means.
    ///
    /// # Errors
    /// `invalid_request` when there are two.
    pub(super) async fn find_only(
        &self,
        reference: &CertificateReference,
        spellings: Spellings,
    ) -> Result<Option<FoundCertificate>, Error> {
        let wanted = Wanted::new(reference, true)?;
        only_one(self.search(&wanted, spellings).await?)
    }

    /// One certificate at most, or two in a thorough search.
    async fn search(
        &self,
        wanted: &Wanted<'_>,
        spellings: Spellings,
    ) -> Result<Vec<FoundCertificate>, Error> {
        match spellings {
            Spellings::Own => {
                let Some(found) = self
                    .get(&wanted.own_text, &wanted.own_ca_text, false)
                    .await?
                else {
                    return Ok(Vec::new());
                };
                let own = wanted
                    .readings
                    .iter()
                    .find(|reading| reading.base == Base::Same);
                if !own.is_some_and(|own| own.is_met_by(&found)) {
                    return Ok(Vec::new());
                }
                self.with_second(wanted, Base::Same, found).await
            }
            Spellings::Others => self.search_others(wanted).await,
        }
    }

    async fn search_others(&self, wanted: &Wanted<'_>) -> Result<Vec<FoundCertificate>, Error> {
        let mut calls = Calls(MOST_CALLS.saturating_sub(1));
        let mut failure = None;
        let learned = self.connection.context.learned;
        for (index, ca) in ca_texts(wanted.ca, &wanted.readings, |ca| {
            learned.ca_text(&self.scope, ca)
        })
        .iter()
        .enumerate()
        {
            if !calls.take() {
                break;
            }
            match self.ca_page(&ca.text).await? {
                (Listed::Page(page), is_fresh) => {
                    let found = self
                        .search_page(wanted, ca, &page, is_fresh, &mut calls)
                        .await?;
                    // A text of another base may be another CA's.
                    if ca.base == Base::Same || !found.is_empty() {
                        return Ok(found);
                    }
                }
                (Listed::Nothing, _) => {}
                // A text that is not the caller's own may break the vendor's rules; then the vendor
                // does not know the CA under it.
                (Listed::Refused, _) if index > 0 => {}
                (Listed::Refused | Listed::Untold, _) => break,
                (Listed::Failed(error), _) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let found = self.search_pairs(wanted, &mut calls).await?;
        match failure {
            // The list might have shown the certificate.
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// In a page of the CA's list, and, where the list is longer, in the styles that the page
    /// shows.
    async fn search_page(
        &self,
        wanted: &Wanted<'_>,
        ca: &CaText,
        page: &CaPage,
        is_fresh: bool,
        calls: &mut Calls,
    ) -> Result<Vec<FoundCertificate>, Error> {
        let fits = |reading: &&Reading| ca.base == Base::Same || ca.base == reading.base;
        let mut matches: Vec<(Base, FoundCertificate)> = Vec::new();
        for reading in wanted.readings.iter().filter(fits) {
            let is_settled = |(_, found): &(Base, FoundCertificate)| {
                !wanted.is_thorough || proven_number(found) == Some(&reading.number)
            };
            if matches.iter().any(is_settled) {
                continue;
            }
            for row in wanted.rows_for(reading, page) {
                // A page that was read for another certificate may be older than a change that this
                // request has made.
                let needs_read = !is_fresh && wanted.is_thorough;
                let Some(found) = self.row_found(wanted, page, row, needs_read, calls).await?
                else {
                    continue;
                };
                if may_be_meant(reading, &found, matches.first().map(|(_, first)| first)) {
                    matches.push((reading.base, found));
                }
            }
        }
        // Under a CA's text of another base, the readings that do not fit are still ruled out.
        if matches.len() > 1 || (page.is_complete && (ca.base == Base::Same || matches.is_empty()))
        {
            return Ok(matches.into_iter().map(|(_, found)| found).collect());
        }
        if let Some((base, first)) = matches.pop() {
            return self.with_second(wanted, base, first).await;
        }
        let readings = wanted.readings.iter().filter(fits).count();
        let own = wanted
            .readings
            .first()
            .filter(|_| readings == wanted.readings.len())
            .map(|own| (own, wanted.own_text.clone()));
        let styled = Styles::of(page, self.connection.context.now).texts(&wanted.readings);
        let is_own_ca = ca.text == wanted.own_ca_text;
        let mut asked: Vec<String> = Vec::new();
        for (reading, device_sn) in own.into_iter().chain(styled) {
            let is_asked =
                asked.contains(&device_sn) || (is_own_ca && device_sn == wanted.own_text);
            if is_asked || !fits(&reading) {
                continue;
            }
            if !calls.take() {
                break;
            }
            if let Some(found) = self
                .get_other(&device_sn, &ca.text)
                .await?
                .filter(|found| reading.is_met_by(found))
            {
                return self.with_second(wanted, reading.base, found).await;
            }
            asked.push(device_sn);
        }
        Ok(Vec::new())
    }

    /// A row, or the certificate's own record where the row is not enough. `None`: the certificate
    /// has gone meanwhile.
    async fn row_found(
        &self,
        wanted: &Wanted<'_>,
        page: &CaPage,
        row: &CaRow,
        needs_read: bool,
        calls: &mut Calls,
    ) -> Result<Option<FoundCertificate>, Error> {
        let found = page.found(row, self.connection.context.now);
        if (needs_read || wanted.misses_facts_in(&found.certificate)) && calls.take() {
            return self.get(&row.item.device_sn, &row.item.ca_sn, false).await;
        }
        Ok(Some(found))
    }

    async fn search_pairs(
        &self,
        wanted: &Wanted<'_>,
        calls: &mut Calls,
    ) -> Result<Vec<FoundCertificate>, Error> {
        let known = self
            .connection
            .context
            .learned
            .ca_text(&self.scope, wanted.ca);
        for pair in pairs(
            &wanted.readings,
            wanted.ca,
            known.as_deref().unwrap_or(&wanted.own_ca_text),
        ) {
            if !calls.take() {
                break;
            }
            if let Some(found) = self
                .get_other(&pair.device_sn, &pair.ca_sn)
                .await?
                .filter(|found| pair.reading.is_met_by(found))
            {
                return self.with_second(wanted, pair.reading.base, found).await;
            }
        }
        Ok(Vec::new())
    }

    /// The certificate that was found, and behind it a second one that the digits may mean in
    /// another reading: every text of each of them is ruled out before a write, however many calls
    /// that takes.
    async fn with_second(
        &self,
        wanted: &Wanted<'_>,
        base: Base,
        first: FoundCertificate,
    ) -> Result<Vec<FoundCertificate>, Error> {
        let ca_sn = first.ca_key.clone().unwrap_or_default();
        self.connection
            .context
            .learned
            .learn_ca(&self.scope, &ca_sn);
        let others = wanted.other_readings(base, &first);
        let mut found = vec![first];
        let Some(first) = found.first().filter(|_| !others.is_empty()) else {
            return Ok(found);
        };
        let second = match self.complete_list(&ca_sn, &first.key).await {
            Some(page) => self.second_in_list(wanted, &others, first, &page).await?,
            None => self.second_by_reads(&others, first, &ca_sn).await?,
        };
        found.extend(second);
        Ok(found)
    }

    /// The CA's list, where one page is known to be all of it. A list that lacks the certificate
    /// that was just read is not.
    async fn complete_list(&self, ca_sn: &str, device_sn: &str) -> Option<std::rc::Rc<CaPage>> {
        let context = self.connection.context;
        if context
            .learned
            .long_list(&self.scope, ca_sn, context.now)
            .is_some()
        {
            return None;
        }
        // Where the list cannot be read, the reads tell why.
        match self.ca_page(ca_sn).await {
            Ok((Listed::Page(page), _))
                if page.is_complete && page.row(device_sn, ca_sn).is_some() =>
            {
                Some(page)
            }
            _ => None,
        }
    }

    async fn second_in_list(
        &self,
        wanted: &Wanted<'_>,
        others: &[&Reading],
        first: &FoundCertificate,
        page: &CaPage,
    ) -> Result<Option<FoundCertificate>, Error> {
        for reading in others {
            for row in page.rows_of(&reading.digits) {
                let found = self
                    .row_found(wanted, page, row, false, &mut Calls(1))
                    .await?;
                if let Some(found) = found.filter(|found| may_be_meant(reading, found, Some(first)))
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    async fn second_by_reads(
        &self,
        others: &[&Reading],
        first: &FoundCertificate,
        ca_sn: &str,
    ) -> Result<Option<FoundCertificate>, Error> {
        for reading in others {
            for device_sn in reading.texts() {
                let found = self.get_other(&device_sn, ca_sn).await?;
                if let Some(found) = found.filter(|found| may_be_meant(reading, found, Some(first)))
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The certificate under texts that are not the caller's own, which may break the vendor's
    /// rules; then it is not known under them.
    async fn get_other(
        &self,
        device_sn: &str,
        ca_sn: &str,
    ) -> Result<Option<FoundCertificate>, Error> {
        match self.get(device_sn, ca_sn, false).await {
            Err(error) if error.concerns == Concerns::Parameters => Ok(None),
            found => found,
        }
    }
}

#[cfg(test)]
mod tests;
