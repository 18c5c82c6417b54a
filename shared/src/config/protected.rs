//! Certificates that are never inactivated.

use serde::Deserialize;

use crate::model::{Fingerprint, ProviderName, SerialNumber, deserialize_by_parse, quoted};
use crate::object::Object;

/// Maximum length of a name, in characters: that of a name in a filter of a request.
const LONGEST_NAME: usize = 256;

/// A filter of protected certificates. A certificate must satisfy every member; the values of one
/// list are alternatives, and an empty list excludes nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectedFilter {
    /// Serial numbers of the certificates.
    pub serial_numbers: Vec<SerialNumber>,
    /// SHA-256 fingerprints of the certificates.
    pub fingerprints_sha256: Vec<Fingerprint>,
    /// Common names (CN) of the subject.
    pub common_names: Vec<NamePattern>,
    /// MQTT client ids, which are the names of things at AWS IoT.
    pub client_ids: Vec<NamePattern>,
    /// Providers whose certificates the filter protects; empty means all.
    pub providers: Vec<ProviderName>,
}

impl ProtectedFilter {
    /// Whether it protects certificates of this provider.
    pub fn concerns(&self, provider: ProviderName) -> bool {
        self.providers.is_empty() || self.providers.contains(&provider)
    }

    /// Whether it names no certificates, so that it would protect every one.
    const fn names_none(&self) -> bool {
        self.serial_numbers.is_empty()
            && self.fingerprints_sha256.is_empty()
            && self.common_names.is_empty()
            && self.client_ids.is_empty()
    }
}

/// A pattern of names: one name, or a beginning of names that is written with `*` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    is_prefix: bool,
}

impl NamePattern {
    /// # Errors
    /// A sentence when it is not 1 to 256 characters, or has a control character, or a `*` before
    /// its end.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let text = pattern.strip_suffix('*').unwrap_or(pattern);
        let is_well_formed = (1..=LONGEST_NAME).contains(&pattern.chars().count())
            && !text.chars().any(|c| c.is_control() || c == '*');
        if !is_well_formed {
            return Err(format!(
                "a name must have 1 to {LONGEST_NAME} characters, no control character, and * at most at its end, not {}",
                quoted(pattern)
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            is_prefix: text.len() < pattern.len(),
        })
    }

    /// Whether this name matches the pattern.
    pub fn matches(&self, name: &str) -> bool {
        if self.is_prefix {
            name.starts_with(&self.text)
        } else {
            name == self.text
        }
    }
}

deserialize_by_parse!(NamePattern, "a name as a string");

/// A JSON list of filters.
pub(super) fn filters(list: &str) -> Result<Vec<ProtectedFilter>, String> {
    let filters: Vec<Object<ProtectedFilter>> = serde_json::from_str(list).map_err(|error| {
        format!("it must be a JSON list like [{{\"client_ids\": [\"gateway-*\"]}}]: {error}")
    })?;
    let filters: Vec<ProtectedFilter> = filters.into_iter().map(|Object(filter)| filter).collect();
    match filters.iter().position(ProtectedFilter::names_none) {
        Some(index) => Err(format!(
            "filter {index} (counted from 0) has no serial_numbers, fingerprints_sha256, common_names or client_ids; to protect a whole \
             instance, leave it out of INACTIVATE_ALLOWED_INSTANCES"
        )),
        None => Ok(filters),
    }
}
