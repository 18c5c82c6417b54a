//! Reads many certificates by their CAs' lists, where that takes fewer calls than one
//! `GetDeviceCertificate` for each.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ca_list::{CaPage, FirstPage};
use super::find::{Wanted, only_one};
use super::list::PAGE_SIZE;
use super::reading::own_text;
use super::{AlibabaMqtt, Purpose};
use crate::error::Error;
use crate::model::{Action, SerialNumber};
use crate::provider::each::each;
use crate::provider::{FoundCertificate, Spellings};
use crate::request::CertificateReference;

/// The smallest number of certificates for which their CA's list is read. With two, a list that
/// turns out to be long would cost half as much again as two reads.
const SMALLEST_GROUP: usize = 3;

/// The texts of one certificate.
struct Names {
    device_sn: String,
    ca_sn: String,
}

/// The pages of one CA's list that were read. Several pages can miss a certificate, because a
/// deletion between two reads shifts the rows after it: only a complete list in one page shows that
/// a certificate is not there.
#[derive(Default)]
struct CaPages(Vec<Rc<CaPage>>);

impl CaPages {
    fn complete(&self) -> Option<&Rc<CaPage>> {
        self.0.iter().find(|page| page.is_complete)
    }
}

impl AlibabaMqtt<'_> {
    /// The certificates under the caller's own spellings, as [`Self::find_only`] finds each of
    /// them, except that a list shows a certificate under any spelling. `None`: the vendor does not
    /// know it under the caller's own one.
    pub(super) async fn find_group(
        &self,
        references: &[&CertificateReference],
    ) -> Vec<Result<Option<FoundCertificate>, Error>> {
        let wanted: Vec<Result<Wanted<'_>, Error>> = references
            .iter()
            .map(|reference| Wanted::new(reference, Purpose::Change))
            .collect();
        let names: Vec<Option<Names>> = references
            .iter()
            .map(|reference| names_of(reference))
            .collect();
        let lists = self.lists_for(names.iter().flatten()).await;
        let mut answers: Vec<Option<Result<Option<FoundCertificate>, Error>>> = Vec::new();
        for (wanted, names) in wanted.iter().zip(&names) {
            answers.push(match (wanted, names, &lists) {
                (Err(error), _, _) | (_, _, Err(error)) => Some(Err(error.clone())),
                (Ok(wanted), Some(names), Ok(lists)) => lists
                    .get(&names.ca_sn)
                    .and_then(|pages| self.shown(wanted, names, pages)),
                (Ok(_), None, Ok(_)) => None,
            });
        }
        let open: Vec<_> = references
            .iter()
            .zip(&mut answers)
            .filter(|(_, answer)| answer.is_none())
            .collect();
        let left = open.iter().map(|(reference, _)| **reference);
        let read = each(left, async |reference| {
            self.find_only(reference, Spellings::Own).await
        })
        .await;
        for ((_, answer), read) in open.into_iter().zip(read) {
            *answer = Some(read);
        }
        answers.into_iter().flatten().collect()
    }

    /// Reads certificates again. `None`: a read of this one certificate does not find it any more.
    pub(super) async fn read_group(
        &self,
        found: &[&FoundCertificate],
    ) -> Vec<Result<Option<FoundCertificate>, Error>> {
        let names = |found: &FoundCertificate| Names {
            device_sn: found.key.clone(),
            ca_sn: found.ca_key.clone().unwrap_or_default(),
        };
        let names: Vec<Names> = found.iter().map(|found| names(found)).collect();
        let lists = match self.lists_for(names.iter()).await {
            Ok(lists) => lists,
            Err(error) => return found.iter().map(|_| Err(error.clone())).collect(),
        };
        let now = self.connection.context.now;
        let shown = |(names, before): (&Names, &&FoundCertificate)| {
            let pages = lists.get(&names.ca_sn)?;
            let shown = pages.0.iter().find_map(|page| {
                Some(page.found(page.row(&names.device_sn, &names.ca_sn)?, now))
            })?;
            Some(shown).filter(|shown| shows_as_much(before, shown))
        };
        let answers: Vec<Option<FoundCertificate>> = names.iter().zip(found).map(shown).collect();
        let mut read = {
            let open = names
                .iter()
                .zip(&answers)
                .filter(|(_, answer)| answer.is_none())
                .map(|(names, _)| names);
            each(open, async |names: &Names| {
                self.get(&names.device_sn, &names.ca_sn, Purpose::Change)
                    .await
            })
            .await
            .into_iter()
        };
        answers
            .into_iter()
            .filter_map(|answer| answer.map(|found| Ok(Some(found))).or_else(|| read.next()))
            .collect()
    }

    /// The answer of a CA's pages for one certificate. `None`: the certificate has to be looked up
    /// separately.
    fn shown(
        &self,
        wanted: &Wanted<'_>,
        names: &Names,
        pages: &CaPages,
    ) -> Option<Result<Option<FoundCertificate>, Error>> {
        let now = self.connection.context.now;
        if let Some(page) = pages.complete() {
            return wanted.decide(page, now).map(only_one);
        }
        let page = pages
            .0
            .iter()
            .find(|page| page.row(&names.device_sn, &names.ca_sn).is_some())?;
        let found = page.found(page.row(&names.device_sn, &names.ca_sn)?, now);
        // Pages of a longer list cannot rule out that the digits mean another certificate.
        wanted.is_met_alone_by(&found).then_some(Ok(Some(found)))
    }

    /// The pages of CAs' lists, by the CA's text, where they take fewer calls than one for each
    /// certificate.
    ///
    /// # Errors
    /// Where the error concerns the other calls of the request, too.
    async fn lists_for<'a>(
        &self,
        names: impl Iterator<Item = &'a Names>,
    ) -> Result<BTreeMap<String, CaPages>, Error> {
        // The rate limits of the two actions may differ much: a call that waits long for its turn
        // is worth that many calls of the other action.
        let worth = self.connection.context.limiter.worth(
            Action::ListDeviceCertificateByCaSn,
            Action::GetDeviceCertificate,
        );
        let mut groups = by_ca(names);
        groups.retain(|_, group| group.len() >= worth.max(SMALLEST_GROUP));
        let mut lists = self.first_pages(&groups).await?;
        let pages = self.pages_left(&groups, &lists, worth);
        let read = each(pages, async |(ca_sn, page)| {
            Ok((ca_sn, self.ca_page_at(ca_sn, page).await?))
        })
        .await;
        for answer in read {
            if let (ca_sn, Some(mut page)) = answer? {
                // A long list has many rows that this request does not need.
                if !page.is_complete {
                    page.rows.retain(|row| {
                        groups
                            .get(ca_sn)
                            .is_some_and(|group| group.contains(&row.device_sn.as_str()))
                    });
                }
                lists
                    .entry(ca_sn.to_owned())
                    .or_default()
                    .0
                    .push(Rc::new(page));
            }
        }
        Ok(lists)
    }

    /// The first page of each list that is not known to have more than one page, or to be missing.
    async fn first_pages(
        &self,
        groups: &DevicesByCa<'_>,
    ) -> Result<BTreeMap<String, CaPages>, Error> {
        let unread = groups
            .keys()
            .copied()
            .filter(|ca_sn| self.long_list(ca_sn).is_none() && !self.has_no_list(ca_sn));
        let read = each(unread, async |ca_sn: &str| {
            Ok((ca_sn, self.fresh_ca_page(ca_sn).await?))
        })
        .await;
        let mut lists: BTreeMap<String, CaPages> = BTreeMap::new();
        for answer in read {
            if let (ca_sn, FirstPage::Page(page)) = answer? {
                lists.insert(ca_sn.to_owned(), CaPages(vec![page]));
            }
        }
        Ok(lists)
    }

    /// The pages that are left of long lists and are worth reading: the CA's text, and the number of
    /// the page.
    fn pages_left<'a>(
        &self,
        groups: &DevicesByCa<'a>,
        lists: &BTreeMap<String, CaPages>,
        worth: usize,
    ) -> Vec<(&'a str, usize)> {
        let mut pages = Vec::new();
        for (&ca_sn, group) in groups {
            let read = lists.get(ca_sn).map_or(&[][..], |pages| &pages.0);
            let left = group
                .iter()
                .filter(|device_sn| read.iter().all(|page| page.row(device_sn, ca_sn).is_none()))
                .count();
            let total = self.long_list(ca_sn).and_then(|list| list.total);
            let numbers = pages_worth_reading(total, read.len(), left, worth);
            pages.extend(numbers.map(|number| (ca_sn, number)));
        }
        pages
    }
}

/// The texts of certificates, none twice, by the text of their CA.
type DevicesByCa<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn by_ca<'a>(names: impl Iterator<Item = &'a Names>) -> DevicesByCa<'a> {
    let mut groups = DevicesByCa::new();
    for names in names {
        let group = groups.entry(names.ca_sn.as_str()).or_default();
        if !group.contains(&names.device_sn.as_str()) {
            group.push(&names.device_sn);
        }
    }
    groups
}

/// The numbers of the pages that are left of a long list, where reading them costs less than
/// reading the certificates that are left. A page costs as much as `worth` certificates.
fn pages_worth_reading(
    total: Option<u64>,
    read: usize,
    left: usize,
    worth: usize,
) -> impl Iterator<Item = usize> {
    let last = total
        .and_then(|total| usize::try_from(total).ok())
        .map_or(0, |total| total.div_ceil(PAGE_SIZE));
    // A total that the pages read do not reach may be a number of pages, which does not show the
    // length.
    let is_worth = last > 1 && last.saturating_sub(read).saturating_mul(worth) < left;
    (read.saturating_add(1)..=last).filter(move |_| is_worth)
}

/// Whether a row has a status, and the members that the earlier read had: a list may leave out the
/// certificate itself.
fn shows_as_much(before: &FoundCertificate, shown: &FoundCertificate) -> bool {
    let (before, shown) = (&before.certificate, &shown.certificate);
    if shown.provider_status.is_none() {
        return false;
    }
    let keeps_fingerprint =
        before.fingerprint_sha256.is_none() || shown.fingerprint_sha256.is_some();
    keeps_fingerprint && (before.serial_number_base.is_none() || shown.serial_number_base.is_some())
}

fn names_of(reference: &CertificateReference) -> Option<Names> {
    let text = |number: &Option<SerialNumber>| number.as_ref().map(own_text);
    Some(Names {
        device_sn: text(&reference.serial_number)?,
        ca_sn: text(&reference.ca_serial_number)?,
    })
}

#[cfg(test)]
mod tests;
