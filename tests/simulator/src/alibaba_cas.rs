//! Alibaba Cloud Certificate Management Service, version 2020-06-30: the status of client certificates.

use crate::alibaba::{Action, Method, Product, missing_parameter};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(crate) const PRODUCT: Product = Product {
    version: "2020-06-30",
    actions: &[Action { name: "DescribeClientCertificateStatusForSerialNumber", method: Method::GetOrPost }],
};

/// What the vendor's documents leave open.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// More serial numbers than this in one call are refused.
    pub(crate) most_serials_a_call: usize,
    /// Whether serial numbers that the vendor does not know become rows of status `unknown`.
    pub(crate) answer_unknown_serials: bool,
}

/// Does what an admitted call asks for. The rows are sorted by serial number, whatever order was asked.
pub(crate) fn perform(store: &Store, parameters: &Value, rules: Rules) -> Result<Value, Refusal> {
    let asked = parameters
        .get("SerialNumber")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| missing_parameter("SerialNumber"))?;
    if asked.split(',').count() > rules.most_serials_a_call {
        return Err(Refusal::new("InvalidParameter", 400, "The specified value of parameter SerialNumber holds too many serial numbers."));
    }
    let serials: BTreeSet<&str> = asked.split(',').collect();
    if serials.contains("") {
        return Err(Refusal::new("InvalidParameter", 400, "The specified value of parameter SerialNumber is not valid."));
    }
    let rows: Vec<Value> = serials
        .into_iter()
        .filter_map(|serial| match store.fleet().alibaba_cas.get(serial) {
            Some(certificate) => Some(json!(certificate)),
            None if rules.answer_unknown_serials => Some(json!({"SerialNumber": serial, "Status": "unknown"})),
            None => None,
        })
        .collect();
    Ok(json!({"CertificateStatus": rows}))
}

#[cfg(test)]
mod tests;
