//! DescribeClientCertificateStatusForSerialNumber.

use super::invalid_parameter;
use crate::alibaba::missing_parameter;
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::options::Rules;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rows are sorted by serial number, whatever the order of the request.
pub(super) fn of_serial_numbers(
    store: &Store,
    parameters: &Value,
    rules: Rules,
) -> Result<Value, Refusal> {
    let requested = parameters
        .get("SerialNumber")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| missing_parameter("SerialNumber"))?;
    if requested.split(',').count() > rules.most_serials_a_call {
        return Err(Refusal::new(
            "InvalidParameter",
            400,
            "The specified value of parameter SerialNumber holds too many serial numbers.",
        ));
    }
    let serials: BTreeSet<&str> = requested.split(',').collect();
    if serials.contains("") {
        return Err(invalid_parameter("SerialNumber"));
    }
    let rows: Vec<Value> = serials
        .into_iter()
        .filter_map(|serial| match store.fleet().alibaba_cas.get(serial) {
            Some(certificate) => Some(certificate.status_row()),
            None if rules.answer_unknown_serials => {
                Some(json!({"SerialNumber": serial, "Status": "unknown"}))
            }
            None => None,
        })
        .collect();
    Ok(json!({"CertificateStatus": rows}))
}
