//! Whether several values of one filter are alternatives. The vendor does not document it, so the
//! certificates have to prove it.

use super::NAME;
use super::TencentMqtt;
use super::filter::order_by;
use super::wire::{DescribeDeviceCertificates, Filter, STATUS_NAMES};
use crate::error::{Concerns, Error, ErrorCode};
use crate::provider::ListLength;
use crate::request::SortOrder;
use crate::vendor::codes::unexpected_answer;

impl TencentMqtt<'_> {
    /// Whether several values of one filter are alternatives, where this is known by now.
    pub(super) fn knows_alternatives(&self) -> Option<bool> {
        let context = self.connection.context;
        self.takes_alternatives
            .get()
            .copied()
            .or_else(|| context.learned.takes_alternatives(&self.scope, context.now))
    }

    /// Whether several values of one filter are alternatives. Finds it out where it is not known.
    pub(super) async fn takes_values_as_alternatives(&self) -> Result<bool, Error> {
        let find_out = async || {
            let context = self.connection.context;
            if let Some(known) = context.learned.takes_alternatives(&self.scope, context.now) {
                return Ok(known);
            }
            let proven = match self.finds_every_status().await {
                // The vendor refuses so many values.
                Err(error) if error.concerns == Concerns::Parameters => Some(false),
                // Nothing is proven, and nothing is learned about the vendor.
                Err(error) if error.code == ErrorCode::ProviderInvalidResponse => {
                    return Ok(false);
                }
                proven => proven?,
            };
            // An instance without certificates has none to miss. It proves nothing for the next
            // request.
            let Some(proven) = proven else {
                return Ok(true);
            };
            context
                .learned
                .learn_alternatives(&self.scope, proven, context.now);
            Ok(proven)
        };
        self.takes_alternatives
            .get_or_try_init(find_out)
            .await
            .copied()
    }

    /// Keeps that the vendor has shown that several values are alternatives.
    pub(super) fn takes_alternatives_for_certain(&self) {
        // An answer that this request has already found stays.
        drop(self.takes_alternatives.set(true));
        let context = self.connection.context;
        context
            .learned
            .learn_alternatives(&self.scope, true, context.now);
    }

    /// Counts the certificates of all statuses at once, with the statuses in two opposite orders.
    /// No certificate has two statuses, so
    /// * alternatives count all certificates both times;
    /// * conditions that must all hold count none;
    /// * a vendor that uses only the first or the last value counts the certificates of one status
    ///   and then those of another. The counts differ, or are equal but not the count of all
    ///   certificates.
    ///
    /// Where a certificate has an undocumented status, alternatives do not count all certificates
    /// either. Then the count has to differ from that of the last status alone.
    ///
    /// `None` where the instance has no certificates.
    async fn finds_every_status(&self) -> Result<Option<bool>, Error> {
        let mut backwards = STATUS_NAMES;
        backwards.reverse();
        let [last, ..] = backwards;
        let found = self.count_statuses(&STATUS_NAMES).await?;
        if found == 0 {
            return Ok((self.count(&[]).await? > 0).then_some(false));
        }
        if self.count_statuses(&backwards).await? != found {
            return Ok(Some(false));
        }
        Ok(Some(
            self.count(&[]).await? == found || self.count_statuses(&[last]).await? != found,
        ))
    }

    async fn count_statuses(&self, words: &[&str]) -> Result<u64, Error> {
        self.count(&[Filter {
            name: "Status",
            values: words.iter().map(|word| (*word).to_owned()).collect(),
        }])
        .await
    }

    async fn count(&self, filters: &[Filter]) -> Result<u64, Error> {
        let order_by = order_by(SortOrder::default());
        let request = DescribeDeviceCertificates {
            instance_id: self.scope.instance(),
            filters,
            limit: 1,
            offset: 0,
            order_by,
        };
        match self.list(&request).await?.length {
            ListLength::Known(total) => Ok(total),
            _ => Err(unexpected_answer(
                NAME,
                200,
                "its TotalCount cannot be read, or is not that of its Data",
            )),
        }
    }
}
