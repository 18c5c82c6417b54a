//! The search for a second certificate that the digits of the first one may mean, before a write.

use std::rc::Rc;

use super::super::AlibabaMqtt;
use super::super::ca_list::{CaPage, FirstPage};
use super::super::reading::{Base, Reading};
use super::Calls;
use super::wanted::{Wanted, may_be_meant};
use crate::error::Error;
use crate::provider::FoundCertificate;

impl AlibabaMqtt<'_> {
    /// The certificate that was found, followed by a second one that the digits may mean in another
    /// reading. A write is safe only when every text of each other reading is ruled out, however
    /// many calls that takes.
    pub(super) async fn with_second(
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
        let second = if others.is_empty() {
            None
        } else {
            match self.complete_list(&ca_sn, &first.key).await {
                Some(page) => self.second_in_list(wanted, &others, &first, &page).await?,
                None => {
                    self.second_by_reads(wanted, &others, &first, &ca_sn)
                        .await?
                }
            }
        };
        Ok(std::iter::once(first).chain(second).collect())
    }

    /// The CA's list, where one page is known to be all of it. A list that lacks the certificate
    /// that was just read is not complete.
    async fn complete_list(&self, ca_sn: &str, device_sn: &str) -> Option<Rc<CaPage>> {
        if self.long_list(ca_sn).is_some() {
            return None;
        }
        // Where the list cannot be read, the reads that follow return the reason.
        match self.ca_page(ca_sn).await {
            Ok((FirstPage::Page(page), _))
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
        wanted: &Wanted<'_>,
        others: &[&Reading],
        first: &FoundCertificate,
        ca_sn: &str,
    ) -> Result<Option<FoundCertificate>, Error> {
        for reading in others {
            for device_sn in reading.texts() {
                let found = self.get_other(wanted, &device_sn, ca_sn).await?;
                if let Some(found) = found.filter(|found| may_be_meant(reading, found, Some(first)))
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }
}
