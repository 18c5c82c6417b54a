//! The contract's filter in the vendor's terms.

use super::wire::{Filter as WireFilter, status_name};
use crate::model::{LifecycleStatus, SerialNumber};
use crate::request::{Filter, SortOrder};

/// The filters that the vendor applies.
pub(super) struct Narrowing {
    pub(super) filters: Vec<WireFilter>,
    /// Whether the vendor's filters cover the request's whole filter. If not, whole pages are read
    /// and filtered here, and the vendor's total is not the request's.
    pub(super) is_complete: bool,
    /// Whether no filter depends on the way in which the vendor compares texts.
    pub(super) is_exact: bool,
}

/// Translates the filter, as far as the vendor can apply it:
///
/// * `NotAfterStart` and `NotAfterEnd` are not sent: the form of their values is not documented,
///   and a misread bound would silently hide certificates. The dates are filtered here, by
///   `NotAfterTime`.
/// * A serial number is sent in each of its spellings: the vendor's own examples show one with and
///   without its leading zero.
/// * It is not confirmed that the values of one filter are alternatives, nor how many there may be.
///   Without `several_values`, filters with more than one value are applied here.
pub(super) fn narrowing(filter: &Filter, several_values: bool) -> Narrowing {
    // `unknown` stands for every undocumented status, so the vendor has no value for it. The vendor
    // has no value for `good` either.
    let all_words_known = !filter.statuses.contains(&LifecycleStatus::Unknown);
    let statuses: Vec<String> = filter
        .statuses
        .iter()
        .filter_map(|status| status_name(*status))
        .map(str::to_owned)
        .collect();

    let wanted = [
        ("ClientId", filter.client_ids.clone()),
        ("DeviceCertificateSn", spellings(&filter.serial_numbers)),
        ("CaSn", spellings(&filter.ca_serial_numbers)),
        ("DeviceCertificateCn", filter.common_names.clone()),
        ("OrganizationalUnit", filter.organizational_units.clone()),
        (
            "Status",
            if all_words_known {
                statuses
            } else {
                Vec::new()
            },
        ),
    ];
    let (sent, kept): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| WireFilter { name, values })
        .partition(|filter| several_values || filter.values.len() == 1);
    let is_exact = sent.iter().all(|filter| filter.name == "Status");
    // The vendor has no filter for fingerprints.
    let says_all = all_words_known && filter.fingerprints_sha256.is_empty() && !filter.has_window();
    Narrowing {
        filters: sent,
        is_complete: kept.is_empty() && says_all,
        is_exact,
    }
}

fn spellings(serial_numbers: &[SerialNumber]) -> Vec<String> {
    serial_numbers
        .iter()
        .flat_map(SerialNumber::spellings)
        .collect()
}

pub(super) const fn order_by(order: SortOrder) -> &'static str {
    match order {
        SortOrder::CreatedDesc => "CREATE_TIME_DESC",
        SortOrder::CreatedAsc => "CREATE_TIME_ASC",
        SortOrder::UpdatedDesc => "UPDATE_TIME_DESC",
        SortOrder::UpdatedAsc => "UPDATE_TIME_ASC",
    }
}

#[cfg(test)]
mod tests;
