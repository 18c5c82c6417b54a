//! The first pages of CAs' lists. A first page that is not full is the CA's complete list.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::list::{PAGE_SIZE, Rows, is_unknown_ca};
use super::wire::DeviceCertificate;
use super::{AlibabaMqtt, same_number};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{ProviderRecord, SerialNumber, Timestamp};
use crate::provider::FoundCertificate;

/// An older page is read again: a device's first connection registers its certificate.
const OLDEST_PAGE: Duration = Duration::from_secs(60);

/// One page of a CA's list.
pub(super) struct CaPage {
    pub(super) rows: Vec<CaRow>,
    /// Whether the page is the CA's whole list, and each of its rows can be compared.
    pub(super) is_complete: bool,
    /// The vendor's total of the list: an estimate, because the documents give it two meanings.
    pub(super) total: Option<u64>,
    request_id: Option<String>,
}

pub(super) struct CaRow {
    pub(super) item: DeviceCertificate,
    /// The vendor's text, read in hex.
    pub(super) digits: Option<SerialNumber>,
}

/// The outcome of reading the first page of a CA's list.
#[derive(Clone)]
pub(super) enum Listed {
    /// The CA has certificates under this text.
    Page(Rc<CaPage>),
    /// The vendor lists nothing under this text.
    Nothing,
    /// The vendor refuses the parameters.
    Refused,
    /// The credentials may not list, or the documents do not allow such an answer.
    Unusable,
    /// The list is unavailable at the moment.
    Failed(Error),
}

/// A page that is read once for all certificates that need it.
type SharedPage = Rc<OnceCell<Listed>>;

/// The pages that a request has read, by the CA's text, each with the moment at which its read
/// began.
#[derive(Default)]
pub(super) struct Pages(RefCell<HashMap<String, (Instant, SharedPage)>>);

impl Pages {
    fn of(&self, ca_sn: &str) -> SharedPage {
        let mut pages = self.0.borrow_mut();
        pages.retain(|_, (begun, _)| begun.elapsed() < OLDEST_PAGE);
        let (_, page) = pages
            .entry(ca_sn.to_owned())
            .or_insert_with(|| (Instant::now(), Rc::default()));
        Rc::clone(page)
    }

    /// Whether the vendor has recently shown no list under this text.
    fn have_none_for(&self, ca_sn: &str) -> bool {
        let pages = self.0.borrow();
        let listed = pages
            .get(ca_sn)
            .filter(|(begun, _)| begun.elapsed() < OLDEST_PAGE)
            .and_then(|(_, page)| page.get());
        listed.is_some_and(|listed| !matches!(listed, Listed::Page(_)))
    }

    fn replace(&self, ca_sn: &str, listed: Listed) {
        let page = Rc::new(OnceCell::new_with(Some(listed)));
        self.0
            .borrow_mut()
            .insert(ca_sn.to_owned(), (Instant::now(), page));
    }
}

impl CaPage {
    fn new(rows: Rows, is_first: bool) -> Self {
        let total = rows.total;
        let count = u64::try_from(rows.items.len()).unwrap_or(u64::MAX);
        let is_not_full = rows.items.len() < PAGE_SIZE;
        let read = |item: DeviceCertificate| CaRow {
            digits: SerialNumber::parse(&item.device_sn).ok(),
            item,
        };
        let rows_read: Vec<CaRow> = rows.items.into_iter().map(read).collect();
        // Whether it counts pages or results, a larger total contradicts a page that is not full.
        let is_contradicted = total.is_some_and(|total| total > count.max(1));
        let is_complete = is_first
            && is_not_full
            && !is_contradicted
            && rows_read.iter().all(|row| row.digits.is_some());
        Self {
            rows: rows_read,
            is_complete,
            total,
            request_id: rows.request_id,
        }
    }

    /// The row of the certificate with exactly these texts.
    pub(super) fn row(&self, device_sn: &str, ca_sn: &str) -> Option<&CaRow> {
        self.rows
            .iter()
            .find(|row| row.item.device_sn == device_sn && row.item.ca_sn == ca_sn)
    }

    /// The rows whose text is a spelling of these digits, one for each text.
    pub(super) fn rows_of(&self, digits: &SerialNumber) -> Vec<&CaRow> {
        let mut rows: Vec<&CaRow> = Vec::new();
        for row in self
            .rows
            .iter()
            .filter(|row| row.digits.as_ref() == Some(digits))
        {
            if !rows
                .iter()
                .any(|earlier| earlier.item.device_sn == row.item.device_sn)
            {
                rows.push(row);
            }
        }
        rows
    }

    /// The row in the form in which a read of this one certificate is returned.
    pub(super) fn found(&self, row: &CaRow, now: Timestamp) -> FoundCertificate {
        FoundCertificate {
            key: row.item.device_sn.clone(),
            ca_key: Some(row.item.ca_sn.clone()),
            certificate: ProviderRecord::from(row.item.clone()).into_certificate(now, false),
            request_id: self.request_id.clone(),
        }
    }
}

impl AlibabaMqtt<'_> {
    /// The first page of the list that the vendor has under this text of a CA, and whether this
    /// call has read it.
    ///
    /// # Errors
    /// Where the error concerns other calls, too.
    pub(super) async fn ca_page(&self, ca_sn: &str) -> Result<(Listed, bool), Error> {
        let mut is_fresh = false;
        let page = self.pages.of(ca_sn);
        let read = async || {
            is_fresh = true;
            self.read_first_page(ca_sn).await
        };
        let listed = page.get_or_try_init(read).await?.clone();
        Ok((listed, is_fresh))
    }

    /// As [`Self::ca_page`], but always read now.
    pub(super) async fn fresh_ca_page(&self, ca_sn: &str) -> Result<Listed, Error> {
        let listed = self.read_first_page(ca_sn).await?;
        self.pages.replace(ca_sn, listed.clone());
        Ok(listed)
    }

    pub(super) fn has_no_list(&self, ca_sn: &str) -> bool {
        self.pages.have_none_for(ca_sn)
    }

    /// One page of a longer list. `None` where the answer cannot be used.
    ///
    /// # Errors
    /// Where the error concerns other calls, too.
    pub(super) async fn ca_page_at(
        &self,
        ca_sn: &str,
        page: usize,
    ) -> Result<Option<CaPage>, Error> {
        match self.rows(Some(ca_sn), page, PAGE_SIZE).await {
            Ok(rows)
                if rows
                    .items
                    .iter()
                    .all(|item| same_number(ca_sn, &item.ca_sn)) =>
            {
                Ok(Some(CaPage::new(rows, page == 1)))
            }
            Err(error)
                if error.concerns == Concerns::Key
                    || (error.ends_the_request() && error.code != ErrorCode::ProviderRejected) =>
            {
                Err(error)
            }
            _ => Ok(None),
        }
    }

    async fn read_first_page(&self, ca_sn: &str) -> Result<Listed, Error> {
        let listed = match self.rows(Some(ca_sn), 1, PAGE_SIZE).await {
            Ok(rows) if rows.items.is_empty() => Listed::Nothing,
            // The answer holds rows of another CA.
            Ok(rows)
                if rows
                    .items
                    .iter()
                    .any(|item| !same_number(ca_sn, &item.ca_sn)) =>
            {
                Listed::Unusable
            }
            Ok(rows) => Listed::Page(Rc::new(CaPage::new(rows, true))),
            Err(error) if is_unknown_ca(&error) => Listed::Nothing,
            Err(error) if error.concerns == Concerns::Parameters => Listed::Refused,
            // The provider would refuse another call with this key, too.
            Err(error) if error.concerns == Concerns::Key => return Err(error),
            Err(error) => match error.code {
                ErrorCode::ProviderRejected | ErrorCode::ProviderInvalidResponse => {
                    Listed::Unusable
                }
                _ if error.ends_the_request() => return Err(error),
                _ => Listed::Failed(error),
            },
        };
        if let Listed::Page(page) = &listed {
            let context = self.connection.context;
            if let Some(row) = page.rows.first() {
                context.learned.learn_ca(&self.scope, &row.item.ca_sn);
            }
            if page.rows.len() >= PAGE_SIZE {
                context
                    .learned
                    .learn_long_list(&self.scope, ca_sn, page.total, context.now);
            }
        }
        Ok(listed)
    }
}
