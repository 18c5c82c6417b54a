//! The search in a page of a CA's list.

use super::super::AlibabaMqtt;
use super::super::ca_list::{CaPage, CaRow};
use super::super::reading::{Base, Reading, proven_number};
use super::super::spelling::{CaText, Styles};
use super::Calls;
use super::wanted::{Wanted, may_be_meant};
use crate::error::Error;
use crate::provider::FoundCertificate;

/// A certificate that was found, and the base of the reading under which it was.
type Match = (Base, FoundCertificate);

/// Under a CA's text of another base, only the reading of that base fits.
fn fits(ca: &CaText, reading: &Reading) -> bool {
    ca.base == Base::Same || ca.base == reading.base
}

impl AlibabaMqtt<'_> {
    /// Searches a page of the CA's list, and, where the list is longer, tries the styles that the
    /// page shows. `is_fresh`: this search has read the page.
    pub(super) async fn search_page(
        &self,
        wanted: &Wanted<'_>,
        ca: &CaText,
        page: &CaPage,
        is_fresh: bool,
        calls: &mut Calls,
    ) -> Result<Vec<FoundCertificate>, Error> {
        let mut matches = self.search_rows(wanted, ca, page, is_fresh, calls).await?;
        // Under a CA's text of another base, the readings that do not fit are still ruled out.
        if matches.len() > 1 || (page.is_complete && (ca.base == Base::Same || matches.is_empty()))
        {
            return Ok(matches.into_iter().map(|(_, found)| found).collect());
        }
        let found = match matches.pop() {
            Some(found) => Some(found),
            None => self.search_by_styles(wanted, ca, page, calls).await?,
        };
        match found {
            Some((base, first)) => self.with_second(wanted, base, first).await,
            None => Ok(Vec::new()),
        }
    }

    async fn search_rows(
        &self,
        wanted: &Wanted<'_>,
        ca: &CaText,
        page: &CaPage,
        is_fresh: bool,
        calls: &mut Calls,
    ) -> Result<Vec<Match>, Error> {
        let mut matches: Vec<Match> = Vec::new();
        for reading in wanted.readings.iter().filter(|reading| fits(ca, reading)) {
            let is_settled = |(_, found): &Match| {
                !wanted.is_for_change() || proven_number(found) == Some(&reading.number)
            };
            if matches.iter().any(is_settled) {
                continue;
            }
            for row in wanted.rows_for(reading, page) {
                // A page that was read for another certificate may be older than a change that this
                // request has made.
                let needs_read = !is_fresh && wanted.is_for_change();
                let Some(found) = self.row_found(wanted, page, row, needs_read, calls).await?
                else {
                    continue;
                };
                if may_be_meant(reading, &found, matches.first().map(|(_, first)| first)) {
                    matches.push((reading.base, found));
                }
            }
        }
        Ok(matches)
    }

    /// Asks for the certificate under the texts that the page's styles lead to.
    async fn search_by_styles(
        &self,
        wanted: &Wanted<'_>,
        ca: &CaText,
        page: &CaPage,
        calls: &mut Calls,
    ) -> Result<Option<Match>, Error> {
        // The caller's own text comes first, where every reading fits.
        let own = wanted
            .readings
            .first()
            .filter(|_| wanted.readings.iter().all(|reading| fits(ca, reading)))
            .map(|own| (own, wanted.own_text.clone()));
        let styled = Styles::of(page, self.connection.context.now).texts(&wanted.readings);
        let is_own_ca = ca.text == wanted.own_ca_text;
        let mut tried: Vec<String> = Vec::new();
        for (reading, device_sn) in own.into_iter().chain(styled) {
            let is_tried =
                tried.contains(&device_sn) || (is_own_ca && device_sn == wanted.own_text);
            if is_tried || !fits(ca, reading) {
                continue;
            }
            if !calls.take() {
                break;
            }
            if let Some(found) = self
                .get_other(wanted, &device_sn, &ca.text)
                .await?
                .filter(|found| reading.is_met_by(found))
            {
                return Ok(Some((reading.base, found)));
            }
            tried.push(device_sn);
        }
        Ok(None)
    }

    /// A row, or the certificate's own record where the row is not enough. `None`: the certificate
    /// is gone by now.
    pub(super) async fn row_found(
        &self,
        wanted: &Wanted<'_>,
        page: &CaPage,
        row: &CaRow,
        needs_read: bool,
        calls: &mut Calls,
    ) -> Result<Option<FoundCertificate>, Error> {
        let found = page.found(row, self.connection.context.now);
        let lacks_status = wanted.is_for_change() && found.certificate.provider_status.is_none();
        let needs_read = needs_read || wanted.lacks_members(&found.certificate);
        // A change cannot do without the status, whatever the read costs.
        if (needs_read && calls.take()) || lacks_status {
            let names = (row.device_sn.as_str(), row.ca_sn.as_str());
            let own = self.completed(&row.item, names, wanted.purpose).await?;
            return Ok(own.map(|own| self.found(names.0, names.1, own)));
        }
        Ok(Some(found))
    }
}
