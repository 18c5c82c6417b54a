//! The sort orders of lists.

use std::cmp::Ordering;

use serde::Serialize;

use crate::model::{Certificate, deserialize_by_parse, quoted};

/// Sort order of the listed certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename_all = "snake_case")
)]
pub enum OrderBy {
    /// Most recently created first.
    CreatedDesc,
    /// Least recently created first.
    CreatedAsc,
    /// Most recently changed first.
    UpdatedDesc,
    /// Least recently changed first.
    UpdatedAsc,
    /// Soonest end of validity first, unknown ends last. Refused unless one answer can hold the
    /// whole list.
    NotAfterAsc,
}

impl OrderBy {
    /// Every sort order.
    pub const ALL: [Self; 5] = [
        Self::CreatedDesc,
        Self::CreatedAsc,
        Self::UpdatedDesc,
        Self::UpdatedAsc,
        Self::NotAfterAsc,
    ];

    /// Its name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedDesc => "created_desc",
            Self::CreatedAsc => "created_asc",
            Self::UpdatedDesc => "updated_desc",
            Self::UpdatedAsc => "updated_asc",
            Self::NotAfterAsc => "not_after_asc",
        }
    }

    /// Reads the name of a sort order.
    ///
    /// # Errors
    /// A sentence that lists the sort orders.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|order| order.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                format!("unknown sort order {}; known are {known}", quoted(text))
            })
    }

    /// The sort order that a provider is asked for. `None` if no provider has it, so that the function
    /// sorts the whole list itself.
    pub const fn listed(self) -> Option<SortOrder> {
        match self {
            Self::CreatedDesc => Some(SortOrder::CreatedDesc),
            Self::CreatedAsc => Some(SortOrder::CreatedAsc),
            Self::UpdatedDesc => Some(SortOrder::UpdatedDesc),
            Self::UpdatedAsc => Some(SortOrder::UpdatedAsc),
            Self::NotAfterAsc => None,
        }
    }
}

deserialize_by_parse!(OrderBy, "a sort order as a string");

/// Sort order of a provider's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// Most recently created first.
    #[default]
    CreatedDesc,
    /// Least recently created first.
    CreatedAsc,
    /// Most recently changed first.
    UpdatedDesc,
    /// Least recently changed first.
    UpdatedAsc,
}

impl SortOrder {
    /// Every sort order.
    pub const ALL: [Self; 4] = [
        Self::CreatedDesc,
        Self::CreatedAsc,
        Self::UpdatedDesc,
        Self::UpdatedAsc,
    ];

    /// Compares two certificates; certificates without the time come last.
    pub fn compare(self, one: &Certificate, other: &Certificate) -> Ordering {
        let time = |certificate: &Certificate| match self {
            Self::CreatedDesc | Self::CreatedAsc => certificate.created_at,
            Self::UpdatedDesc | Self::UpdatedAsc => certificate.updated_at,
        };
        match (time(one), time(other)) {
            (Some(one), Some(other)) if matches!(self, Self::CreatedDesc | Self::UpdatedDesc) => {
                other.cmp(&one)
            }
            (Some(one), Some(other)) => one.cmp(&other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        }
    }
}

/// Compares two certificates by the end of validity that answers show; unknown ends come last.
pub fn compare_ends(one: &Certificate, other: &Certificate) -> Ordering {
    let key = |certificate: &Certificate| (certificate.not_after.is_none(), certificate.not_after);
    key(one).cmp(&key(other))
}
