//! The part of an inactivate request that plans page by page.

use serde::{Deserialize, Serialize};

/// Maximum of `limit`: a page's order is carried out in one part.
const MOST_PLANNED: u16 = 100;

/// One page of a plan that is made page by page. The answer to its dry run has a signed order that
/// carries out exactly this page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanPage {
    /// Maximum number of certificates of the list that the page is made of, 1 to 100, those included
    /// that are not to be changed. Default: 100. Without effect on an undo, whose page has all its
    /// receipts.
    #[serde(
        default,
        deserialize_with = "super::parse::whole_number::<_, 1, MOST_PLANNED>",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    limit: Option<u16>,
    /// `page.next_cursor` of the answer to the page before. An undo has only one page, and takes no
    /// cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl PlanPage {
    /// Maximum number of certificates of the list.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(MOST_PLANNED))
    }
}
