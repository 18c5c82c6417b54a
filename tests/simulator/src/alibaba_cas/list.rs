//! ListClientCertificate.

use super::{CasCertificate, invalid_parameter};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use serde_json::{Value, json};
use std::cmp::Reverse;

const DEFAULT_SIZE: usize = 20;

/// A page of the certificates, those first whose validity began last; those of equal begin are
/// sorted by serial number.
///
/// The order and the greatest page are not documented. A page of more than `most_rows` is silently
/// cut to it.
pub(super) fn client_certificates(
    store: &Store,
    parameters: &Value,
    most_rows: usize,
) -> Result<Value, Refusal> {
    let page = number(parameters, "CurrentPage", 1)?;
    let size = number(parameters, "ShowSize", DEFAULT_SIZE)?.min(most_rows.max(1));
    let identifier = text(parameters, "Identifier");
    let mut wanted: Vec<&CasCertificate> = store
        .fleet()
        .alibaba_cas
        .values()
        .filter(|certificate| {
            identifier.is_none_or(|identifier| certificate.shown_identifier() == identifier)
        })
        .collect();
    // They come sorted by serial number, and a stable sort keeps that.
    wanted.sort_by_key(|certificate| Reverse(certificate.before_date));
    let rows = wanted
        .iter()
        .skip(page.saturating_sub(1).saturating_mul(size))
        .take(size);
    let rows: Vec<Value> = rows.map(|certificate| certificate.list_row()).collect();
    Ok(json!({
        "CertificateList": rows,
        "CurrentPage": page,
        "ShowSize": size,
        "PageCount": wanted.len().div_ceil(size),
        "TotalCount": wanted.len(),
    }))
}

/// A parameter that is not empty, if it is there.
fn text<'a>(parameters: &'a Value, name: &str) -> Option<&'a str> {
    parameters
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// A number from 1.
fn number(parameters: &Value, name: &str, unless_given: usize) -> Result<usize, Refusal> {
    let number = text(parameters, name).map_or(Some(unless_given), |text| text.parse().ok());
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| invalid_parameter(name))
}
