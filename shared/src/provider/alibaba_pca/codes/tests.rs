//! Every code of the product.

use super::*;
use crate::model::ProviderName;
use crate::vendor::codes::tests::{CREDENTIALS, assert_meaning, means};

#[test]
fn not_found_is_the_products_own_and_the_rest_is_the_gateways() {
    let tables = [CODES, crate::vendor::alibaba::codes::CODES];
    assert_meaning(
        ProviderName::AlibabaPca,
        &tables,
        "NotFound",
        &means(NotFound),
    );
    assert_meaning(
        ProviderName::AlibabaPca,
        &tables,
        "InvalidAccessKeyId.NotFound",
        &CREDENTIALS,
    );
}
