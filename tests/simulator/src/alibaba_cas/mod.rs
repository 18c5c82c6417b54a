//! Alibaba Cloud Certificate Management Service, version 2020-06-30: client certificates of the
//! private CA.

mod list;
mod status;

use crate::alibaba::{Action, Method, Product};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::options::Rules;
use serde_json::Value;

const STATUS: &str = "DescribeClientCertificateStatusForSerialNumber";
const LIST: &str = "ListClientCertificate";

pub(crate) const PRODUCT: Product = Product {
    version: "2020-06-30",
    actions: &[
        Action {
            name: STATUS,
            method: Method::GetOrPost,
        },
        Action {
            name: LIST,
            method: Method::GetOrPost,
        },
    ],
};

/// Does what an admitted call asks for.
pub(crate) fn perform(
    store: &Store,
    action: &str,
    parameters: &Value,
    rules: Rules,
) -> Result<Value, Refusal> {
    match action {
        LIST => list::client_certificates(store, parameters, rules.most_rows_a_page),
        _ => status::of_serial_numbers(store, parameters, rules),
    }
}

fn invalid_parameter(name: &str) -> Refusal {
    Refusal::new(
        "InvalidParameter",
        400,
        format!("The specified value of parameter {name} is not valid."),
    )
}

#[cfg(test)]
mod tests;
