//! Turns JSON into validated requests. This module knows neither Lambda nor a cloud.

mod continuation;
mod describe;
mod filter;
mod inactivate;
mod order;
mod page;
mod parse;
mod query;
#[cfg(feature = "schema")]
mod schema;
mod signed_order;
mod sort_order;
mod sources;
mod status;
mod undo;

pub use describe::DescribeRequest;
pub use filter::{Filter, Verdict};
pub use inactivate::{InactivateRequest, MOST_CERTIFICATES};
pub use order::{
    CertificateState, InactivationOrder, MessageIdentity, OrderItem, OrderPart, Place, Summary,
};
pub use page::PlanPage;
pub use parse::parse;
pub(crate) use parse::{described, read, without_byte_order_mark};
pub(crate) use query::in_terms_of_query;
pub use query::{ParameterKind, QueryParameter, object_from_query};
pub use signed_order::{SentOrder, SignedOrder};
pub use sort_order::{OrderBy, SortOrder, compare_ends};
pub use sources::Sources;
pub use status::{CrossCheck, StatusRequest};
pub use undo::{LONGEST_RECEIPT, Undo};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::Error;
use crate::model::{Certificate, ClientId, Fingerprint, ProviderText, SerialNumber};

/// Maximum number of client ids of one certificate.
const MOST_CLIENT_IDS: usize = 10;

/// Maximum size of a request in bytes, which is also the maximum of an SQS message.
pub const LARGEST_REQUEST: usize = 1_048_576;

/// A request that can be read from JSON.
pub trait Request: Clone + DeserializeOwned {
    /// Checks the rules that the members' types do not enforce.
    ///
    /// # Errors
    /// `invalid_request` that names the member at fault.
    fn check(&self) -> Result<(), Error>;
}

/// Certificate that a request names by its serial number or its fingerprint. With several names, the
/// certificate must have all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = schema::one_of_its_names))]
#[serde(deny_unknown_fields)]
pub struct CertificateReference {
    /// Serial number of the certificate.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_written")]
    pub serial_number: Option<SerialNumber>,
    /// Serial number of the issuing CA's certificate, where the provider requires it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_written")]
    pub ca_serial_number: Option<SerialNumber>,
    /// Serial number of the certificate exactly as the provider spells it, in place of
    /// `serial_number` or beside it. The provider is asked for no other spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_serial_number: Option<ProviderText>,
    /// Serial number of the issuing CA's certificate exactly as the provider spells it, in place of
    /// `ca_serial_number` or beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_ca_serial_number: Option<ProviderText>,
    /// SHA-256 fingerprint of the certificate's DER form, which AWS IoT uses as the certificate id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_sha256: Option<Fingerprint>,
    /// MQTT client ids of the certificate's devices, 1 to 10, whose sessions an order ends. Where the
    /// provider ties client ids to the certificate, these must be among them. Only inactivate takes
    /// this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 10)))]
    pub client_ids: Option<Vec<ClientId>>,
}

/// Keeps the caller's own spelling in a request that continues another: a lookup tries that spelling
/// first.
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
    /// The reference to a certificate by the provider's own names. `None` if the record shows no name by
    /// which the provider finds the certificate again.
    pub fn by_provider_names(certificate: &Certificate) -> Option<Self> {
        let text = |text: &Option<String>| match text {
            Some(text) => ProviderText::parse(text).map(Some),
            None => Ok(None),
        };
        let provider_serial_number = text(&certificate.provider_serial_number).ok()?;
        let named = Self {
            // The provider's own text is enough. A fingerprint could not always be compared, because
            // rows of a list may lack the certificate itself.
            fingerprint_sha256: match provider_serial_number {
                Some(_) => None,
                None => Some(certificate.fingerprint_sha256.clone()?),
            },
            provider_serial_number,
            provider_ca_serial_number: text(&certificate.provider_ca_serial_number).ok()?,
            ..Self::default()
        };
        Some(named)
    }

    /// Whether a lookup of this certificate also looks up the other.
    pub fn covers(&self, other: &Self) -> bool {
        // With a provider's text, a number is looked up in the caller's own spelling only.
        let is_exact =
            self.provider_serial_number.is_some() || self.provider_ca_serial_number.is_some();
        let covers = |one: &Option<SerialNumber>, two: &Option<SerialNumber>| match (one, two) {
            (Some(one), Some(two)) if is_exact => one.as_written() == two.as_written(),
            (Some(one), Some(two)) => one.covers(two),
            (one, two) => one.is_none() && two.is_none(),
        };
        covers(&self.serial_number, &other.serial_number)
            && covers(&self.ca_serial_number, &other.ca_serial_number)
            && self.provider_serial_number == other.provider_serial_number
            && self.provider_ca_serial_number == other.provider_ca_serial_number
            && self.fingerprint_sha256 == other.fingerprint_sha256
            && self.client_ids == other.client_ids
    }
}

/// Refuses the first of these members that is given. `reason` says in which case it must be left out.
fn check_left_out<'a>(
    members: impl IntoIterator<Item = (&'a str, bool)>,
    reason: &str,
) -> Result<(), Error> {
    match members.into_iter().find(|(_, is_given)| *is_given) {
        Some((member, _)) => Err(Error::invalid(
            member,
            format!("{member} must be left out {reason}"),
        )),
        None => Ok(()),
    }
}

/// `skip_serializing_if` passes a reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde decides the signature"
)]
const fn is_false(member: &bool) -> bool {
    !*member
}

/// Checks that there are 1 to `most` certificates, each with at least one name.
fn check_certificates(certificates: &[CertificateReference], most: usize) -> Result<(), Error> {
    check_count("certificates", certificates.len(), most)?;
    let nameless = |reference: &CertificateReference| {
        reference.serial_number.is_none()
            && reference.provider_serial_number.is_none()
            && reference.fingerprint_sha256.is_none()
    };
    match certificates.iter().position(nameless) {
        Some(index) => Err(Error::invalid(
            format!("certificates[{index}].serial_number"),
            "serial_number, provider_serial_number or fingerprint_sha256 is required",
        )),
        None => check_client_ids(certificates),
    }
}

fn check_client_ids(certificates: &[CertificateReference]) -> Result<(), Error> {
    for (index, reference) in certificates.iter().enumerate() {
        if let Some(client_ids) = &reference.client_ids {
            let field = format!("certificates[{index}].client_ids");
            check_count(&field, client_ids.len(), MOST_CLIENT_IDS)?;
        }
    }
    Ok(())
}

/// Checks that a list has 1 to `most` items.
fn check_count(field: &str, count: usize, most: usize) -> Result<(), Error> {
    if (1..=most).contains(&count) {
        Ok(())
    } else {
        let detail = format!("{field} must have 1 to {most} items, not {count}");
        Err(Error::invalid(field, detail))
    }
}

#[cfg(test)]
mod tests;
