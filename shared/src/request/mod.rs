//! JSON to a validated request. Nothing invalid gets past; nothing here knows Lambda or a cloud.

mod describe;
mod inactivate;
mod order;
mod query;
#[cfg(feature = "schema")]
mod schema;
mod sources;
mod status;

pub use describe::{DescribeRequest, Filter, SortOrder};
pub use inactivate::InactivateRequest;
pub use order::{InactivationOrder, Summary};
pub use query::{Member, MemberKind, object_from_query};
pub use sources::Sources;
pub use status::{CrossCheck, StatusRequest};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::Error;
use crate::model::{Fingerprint, SerialNumber};
use crate::object::Object;

/// Longest request that is read, in bytes. A queue message has at most as many.
pub const LARGEST_REQUEST: usize = 1_048_576;

/// Longest detail made from a parser's message, in characters: it may quote the caller.
const LONGEST_DETAIL: usize = 300;

/// A request type: how it is read from JSON, and the rules that need more than one member.
pub trait Request: Clone + DeserializeOwned {
    /// # Errors
    /// `invalid_request` with the member at fault.
    fn check(&self) -> Result<(), Error>;
}

/// Certificate that a request names by its serial number or its fingerprint. With both, the
/// certificate must have both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = schema::one_of_its_names))]
#[serde(deny_unknown_fields)]
pub struct CertificateReference {
    /// Serial number of the certificate.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_written")]
    pub serial_number: Option<SerialNumber>,
    /// Serial number of the issuing CA's certificate, where the provider requires it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_written")]
    pub ca_serial_number: Option<SerialNumber>,
    /// SHA-256 fingerprint of the certificate's DER form, which AWS IoT uses as the certificate id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_sha256: Option<Fingerprint>,
}

/// A request that goes on keeps the caller's own spelling, by which the vendor is asked first.
fn as_written<S: Serializer>(
    number: &Option<SerialNumber>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    number
        .as_ref()
        .map(SerialNumber::as_written)
        .serialize(serializer)
}

impl CertificateReference {
    /// Whether looking for this certificate is looking for the other, too.
    pub fn covers(&self, other: &Self) -> bool {
        let covers = |one: &Option<SerialNumber>, two: &Option<SerialNumber>| match (one, two) {
            (Some(one), Some(two)) => one.covers(two),
            (one, two) => one.is_none() && two.is_none(),
        };
        covers(&self.serial_number, &other.serial_number)
            && covers(&self.ca_serial_number, &other.ca_serial_number)
            && self.fingerprint_sha256 == other.fingerprint_sha256
    }
}

/// 1 to `most` certificates, each of which is named.
fn check_certificates(certificates: &[CertificateReference], most: usize) -> Result<(), Error> {
    check_count("certificates", certificates.len(), most)?;
    let nameless = |reference: &CertificateReference| {
        reference.serial_number.is_none() && reference.fingerprint_sha256.is_none()
    };
    match certificates.iter().position(nameless) {
        Some(index) => {
            let detail = "name the certificate by its serial_number, or by its fingerprint_sha256 where the provider is aws-iot";
            Err(Error::invalid(
                format!("certificates[{index}].serial_number"),
                detail,
            ))
        }
        None => Ok(()),
    }
}

/// Reads one request.
///
/// # Errors
/// `invalid_request` that names the member at fault, or says where the text stops being JSON.
pub fn parse<R: Request>(json: &str) -> Result<R, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let Object(request): Object<R> =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| explain(&error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    request.check()?;
    Ok(request)
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::invalid(
        "body",
        format!(
            "the request is not one JSON object: {}",
            shortened(&error.to_string())
        ),
    )
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let cause = error.inner();
    if !cause.is_data() {
        return malformed(cause);
    }
    let message = cause.to_string();
    let path = error.path().to_string();
    let parent = if path == "." { "" } else { path.as_str() };
    let field = match member_named_by(&message) {
        // Serde names an unknown, missing or repeated member in its message and only its parent in
        // the path.
        Some(member) if parent.is_empty() => member.to_owned(),
        Some(member) if parent == member || parent.ends_with(&format!(".{member}")) => {
            parent.to_owned()
        }
        Some(member) => format!("{parent}.{member}"),
        None if parent.is_empty() => "body".to_owned(),
        None => parent.to_owned(),
    };
    Error::invalid(shortened(&field), shortened(&message))
}

/// The name between the first backquotes of serde's messages about unknown, missing and repeated
/// members.
fn member_named_by(message: &str) -> Option<&str> {
    ["unknown field `", "missing field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next())
}

/// The first characters, with everything unprintable escaped.
fn shortened(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST_DETAIL)
        .collect();
    if text.chars().nth(LONGEST_DETAIL).is_some() {
        format!("{printable}...")
    } else {
        printable
    }
}

/// A list with 1 to `most` items.
pub(crate) fn check_count(field: &str, count: usize, most: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::invalid(
            field,
            "the list is empty; name at least one",
        )),
        count if count > most => Err(Error::invalid(
            field,
            format!("the list has {count} items; at most {most} are taken"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
