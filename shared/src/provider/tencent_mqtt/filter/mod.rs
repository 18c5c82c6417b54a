//! The contract's filter in the vendor's words.

use super::wire::{Filter as WireFilter, status_word};
use crate::model::{LifecycleStatus, SerialNumber};
use crate::request::{Filter, SortOrder};

/// What the vendor is asked to narrow by.
pub(super) struct Narrowing {
    pub(super) filters: Vec<WireFilter>,
    /// Whether the vendor's filters say all that the request's filter says. If not, whole pages are
    /// read and filtered here, and the vendor's total is not the request's.
    pub(super) complete: bool,
    /// Whether no filter depends on how the vendor compares texts.
    pub(super) is_sure: bool,
}

/// * `NotAfterStart` and `NotAfterEnd` are not sent: the form of their values is not documented,
///   and a misread bound would silently hide certificates. The window is applied here, on
///   `NotAfterTime`.
/// * A serial number is sent in each of its spellings: the vendor's own examples show one with and
///   without its leading zero.
/// * That the values of one filter are alternatives, and how many there may be, is not confirmed.
///   `several_values` says whether to rely on it; if not, filters with more than one value stay
///   here.
pub(super) fn narrowing(filter: &Filter, several_values: bool) -> Narrowing {
    // An unknown status is any word that the vendor does not document, so there is none to ask for.
    // It never says good.
    let all_words_known = !filter.statuses.contains(&LifecycleStatus::Unknown);
    let statuses: Vec<String> = filter
        .statuses
        .iter()
        .filter_map(|status| status_word(*status))
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
    let is_sure = sent.iter().all(|filter| filter.name == "Status");
    // The vendor has no filter for fingerprints.
    let says_all = all_words_known && filter.fingerprints_sha256.is_empty() && !filter.has_window();
    Narrowing {
        filters: sent,
        complete: kept.is_empty() && says_all,
        is_sure,
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
