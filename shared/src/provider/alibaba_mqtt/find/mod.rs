//! The search for one certificate, which takes at most [`MOST_CALLS`] calls before the certificate
//! counts as not found.
//!
//! The first call uses the caller's own spelling, and the second one reads the first page of the
//! CA's list. Where that page is the whole list, it decides. Where the list is longer, its rows
//! show how the vendor writes serial numbers, and the remaining calls use those styles. Where the
//! CA has no list under its text, its other texts are tried; where no list can be read, the
//! likeliest pairs of spellings.
//!
//! Before a write, a certificate that was found may take more calls, to rule out that the digits
//! mean another one.

mod page;
mod second;
mod wanted;

pub(super) use wanted::{Wanted, only_one};

use super::by_text::NamedTexts;
use super::ca_list::FirstPage;
use super::reading::Base;
use super::spelling::{ca_texts, pairs};
use super::{AlibabaMqtt, Purpose};
use crate::error::{Concerns, Error};
use crate::provider::{FoundCertificate, Spellings};
use crate::request::CertificateReference;

/// Calls for a certificate that is not there, the one under the caller's own spelling included.
const MOST_CALLS: usize = 6;

/// The calls that are left. A page that another certificate's search has read counts as a call,
/// too, so that the result does not depend on the other certificates of the request.
struct Calls(usize);

impl Calls {
    fn take(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

impl AlibabaMqtt<'_> {
    /// The certificate of the first reading of the caller's texts under which the vendor knows one.
    pub(super) async fn find_first(
        &self,
        reference: &CertificateReference,
        spellings: Spellings,
    ) -> Result<Option<FoundCertificate>, Error> {
        if let Some(texts) = NamedTexts::of(reference) {
            return self.find_by_texts(&texts, spellings, Purpose::Show).await;
        }
        let wanted = Wanted::new(reference, Purpose::Show)?;
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
        if let Some(texts) = NamedTexts::of(reference) {
            return self.find_by_texts(&texts, spellings, Purpose::Change).await;
        }
        let wanted = Wanted::new(reference, Purpose::Change)?;
        only_one(self.search(&wanted, spellings).await?)
    }

    /// One certificate at most, or two before a change.
    async fn search(
        &self,
        wanted: &Wanted<'_>,
        spellings: Spellings,
    ) -> Result<Vec<FoundCertificate>, Error> {
        match spellings {
            Spellings::Own => self.search_own(wanted).await,
            Spellings::Others => self.search_others(wanted).await,
        }
    }

    async fn search_own(&self, wanted: &Wanted<'_>) -> Result<Vec<FoundCertificate>, Error> {
        let Some(found) = self
            .get(&wanted.own_text, &wanted.own_ca_text, wanted.purpose)
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

    async fn search_others(&self, wanted: &Wanted<'_>) -> Result<Vec<FoundCertificate>, Error> {
        let mut calls = Calls(MOST_CALLS.saturating_sub(1));
        let mut failure = None;
        let learned = self.connection.context.learned;
        let ca_texts = ca_texts(wanted.ca, &wanted.readings, |ca| {
            learned.ca_text(&self.scope, ca)
        });
        let mut is_listed = false;
        for (index, ca) in ca_texts.iter().enumerate() {
            // The list under a learned text does not decide for the caller's own one.
            if is_listed && ca.text != wanted.own_ca_text {
                return Ok(Vec::new());
            }
            if !calls.take() {
                break;
            }
            match self.ca_page(&ca.text).await? {
                (FirstPage::Page(page), is_fresh) => {
                    let found = self
                        .search_page(wanted, ca, &page, is_fresh, &mut calls)
                        .await?;
                    if !found.is_empty() {
                        return Ok(found);
                    }
                    // A text of another base may be another CA's.
                    is_listed |= ca.base == Base::Same;
                }
                (FirstPage::Nothing, _) => {}
                // A text that is not the caller's own may break the vendor's rules; then the vendor
                // does not know the CA under it.
                (FirstPage::Refused, _) if index > 0 => {}
                (FirstPage::Refused | FirstPage::Unusable, _) => break,
                (FirstPage::Failed(error), _) => {
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
                .get_other(wanted, &pair.device_sn, &pair.ca_sn)
                .await?
                .filter(|found| pair.reading.is_met_by(found))
            {
                return self.with_second(wanted, pair.reading.base, found).await;
            }
        }
        Ok(Vec::new())
    }

    /// The certificate under texts that are not the caller's own. They may break the vendor's
    /// rules; then the vendor does not know the certificate under them.
    async fn get_other(
        &self,
        wanted: &Wanted<'_>,
        device_sn: &str,
        ca_sn: &str,
    ) -> Result<Option<FoundCertificate>, Error> {
        match self.get(device_sn, ca_sn, wanted.purpose).await {
            Err(error) if error.concerns == Concerns::Parameters => Ok(None),
            found => found,
        }
    }
}

#[cfg(test)]
mod tests;
