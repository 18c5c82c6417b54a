//! The part of an answer that has signed orders.

use serde::Serialize;

use crate::request::SignedOrder;

/// Page of a plan that is made page by page.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedPage {
    /// Order that carries this page out, to send by direct invocation as it is; `null` when nothing is
    /// to be changed.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::signed_order_or_null")
    )]
    pub order: Option<SignedOrder>,
    /// Number of certificates in the order.
    pub certificates: usize,
    /// Whether the provider's list stayed the same from the page before to the end of this page, so
    /// that a whole plan is of one list only where each page says so; `null` where the provider does
    /// not report enough to decide, and for an undo.
    pub consistent: Option<bool>,
    /// `page.cursor` of the request for the next page; `null` when the list ends here.
    pub next_cursor: Option<String>,
}

/// The order of the next part, if there is one.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct NextOrder(Option<SignedOrder>);

impl From<Option<SignedOrder>> for NextOrder {
    fn from(order: Option<SignedOrder>) -> Self {
        Self(order)
    }
}

impl NextOrder {
    /// The order.
    pub const fn order(&self) -> Option<&SignedOrder> {
        self.0.as_ref()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for NextOrder {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NextOrder".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::signed_order_or_null(generator)
    }
}
