//! The sort order of a list.

use std::cmp::Ordering;

use serde::Serialize;

use crate::model::{Certificate, deserialize_by_parse, quoted};

/// Sort order of the listed certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

    /// Its name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedDesc => "created_desc",
            Self::CreatedAsc => "created_asc",
            Self::UpdatedDesc => "updated_desc",
            Self::UpdatedAsc => "updated_asc",
        }
    }

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

deserialize_by_parse!(SortOrder, "a sort order as a string");
