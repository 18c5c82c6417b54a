//! The first pages of CAs' lists. A first page that is not full is the CA's complete list.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::list::{PAGE_SIZE, Rows, has_more_than_a_short_page, is_unknown_ca};
use super::wire::DeviceCertificate;
use super::{AlibabaMqtt, is_same_serial_number};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{ProviderRecord, RequestId, SerialNumber, Timestamp};
use crate::provider::FoundCertificate;
use crate::provider::learned::LongList;

/// An older page is read again: a device's first connection registers its certificate.
const OLDEST_PAGE: Duration = Duration::from_secs(60);

/// One page of a CA's list.
pub(super) struct CaPage {
    /// The rows that name a certificate.
    pub(super) rows: Vec<CaRow>,
    /// Whether the page is the CA's whole list, and each of its rows can be compared: a row that
    /// cannot be read may be any certificate.
    pub(super) is_complete: bool,
    is_full: bool,
    /// The vendor's total of the list: an estimate, because the documents give it two meanings.
    pub(super) total: Option<u64>,
    request_id: Option<RequestId>,
}

pub(super) struct CaRow {
    pub(super) device_sn: String,
    pub(super) ca_sn: String,
    pub(super) item: DeviceCertificate,
    /// The vendor's text, read in hex.
    pub(super) digits: Option<SerialNumber>,
}

/// The outcome of a read of the first page of a CA's list.
#[derive(Clone)]
pub(super) enum FirstPage {
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
type SharedPage = Rc<OnceCell<FirstPage>>;

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
        listed.is_some_and(|listed| !matches!(listed, FirstPage::Page(_)))
    }

    fn replace(&self, ca_sn: &str, listed: FirstPage) {
        let page = Rc::new(OnceCell::new_with(Some(listed)));
        self.0
            .borrow_mut()
            .insert(ca_sn.to_owned(), (Instant::now(), page));
    }
}

impl CaRow {
    /// `None` where the row names no certificate.
    fn new(item: DeviceCertificate) -> Option<Self> {
        let (device_sn, ca_sn) = item.names().ok()?;
        Some(Self {
            device_sn: device_sn.to_owned(),
            ca_sn: ca_sn.to_owned(),
            digits: SerialNumber::parse(device_sn).ok(),
            item,
        })
    }
}

impl CaPage {
    fn new(rows: Rows, is_first: bool) -> Self {
        let total = rows.total;
        let count = rows.items.len();
        let is_full = count >= PAGE_SIZE;
        let read: Vec<CaRow> = rows.items.into_iter().filter_map(CaRow::new).collect();
        let are_comparable = read.len() == count && read.iter().all(|row| row.digits.is_some());
        Self {
            rows: read,
            is_complete: is_first
                && !is_full
                && !has_more_than_a_short_page(total, count)
                && are_comparable,
            is_full,
            total,
            request_id: rows.request_id,
        }
    }

    /// The row of the certificate with exactly these texts.
    pub(super) fn row(&self, device_sn: &str, ca_sn: &str) -> Option<&CaRow> {
        self.rows
            .iter()
            .find(|row| row.device_sn == device_sn && row.ca_sn == ca_sn)
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
                .any(|earlier| earlier.device_sn == row.device_sn)
            {
                rows.push(row);
            }
        }
        rows
    }

    /// The row in the form in which a read of this one certificate is returned.
    pub(super) fn found(&self, row: &CaRow, now: Timestamp) -> FoundCertificate {
        FoundCertificate {
            key: row.device_sn.clone(),
            ca_key: Some(row.ca_sn.clone()),
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
    pub(super) async fn ca_page(&self, ca_sn: &str) -> Result<(FirstPage, bool), Error> {
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
    pub(super) async fn fresh_ca_page(&self, ca_sn: &str) -> Result<FirstPage, Error> {
        let listed = self.read_first_page(ca_sn).await?;
        self.pages.replace(ca_sn, listed.clone());
        Ok(listed)
    }

    /// The list of the CA with this text, where it is known not to fit on one page.
    pub(super) fn long_list(&self, ca_sn: &str) -> Option<LongList> {
        let context = self.connection.context;
        context.learned.long_list(&self.scope, ca_sn, context.now)
    }

    /// Whether the vendor has recently shown no list under this text.
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
            Ok(rows) if !has_another_ca(&rows, ca_sn) => Ok(Some(CaPage::new(rows, page == 1))),
            Err(error)
                if error.concerns == Concerns::Key
                    || (error.ends_the_request() && error.code != ErrorCode::ProviderRejected) =>
            {
                Err(error)
            }
            _ => Ok(None),
        }
    }

    async fn read_first_page(&self, ca_sn: &str) -> Result<FirstPage, Error> {
        let listed = match self.rows(Some(ca_sn), 1, PAGE_SIZE).await {
            Ok(rows) if rows.items.is_empty() => FirstPage::Nothing,
            Ok(rows) if has_another_ca(&rows, ca_sn) => FirstPage::Unusable,
            Ok(rows) => FirstPage::Page(Rc::new(CaPage::new(rows, true))),
            Err(error) if is_unknown_ca(&error) => FirstPage::Nothing,
            Err(error) if error.concerns == Concerns::Parameters => FirstPage::Refused,
            // The provider would refuse another call with this key, too.
            Err(error) if error.concerns == Concerns::Key => return Err(error),
            Err(error) => match error.code {
                ErrorCode::ProviderRejected | ErrorCode::ProviderInvalidResponse => {
                    FirstPage::Unusable
                }
                _ if error.ends_the_request() => return Err(error),
                _ => FirstPage::Failed(error),
            },
        };
        if let FirstPage::Page(page) = &listed {
            let context = self.connection.context;
            if let Some(row) = page.rows.first() {
                context.learned.learn_ca(&self.scope, &row.ca_sn);
            }
            if page.is_full {
                context
                    .learned
                    .learn_long_list(&self.scope, ca_sn, page.total, context.now);
            }
        }
        Ok(listed)
    }
}

/// Whether the answer holds rows of another CA than the one that was asked for.
fn has_another_ca(rows: &Rows, ca_sn: &str) -> bool {
    let mut texts = rows.items.iter().filter_map(|item| item.ca_sn.as_deref());
    texts.any(|text| !is_same_serial_number(ca_sn, text))
}
