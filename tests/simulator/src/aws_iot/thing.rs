//! Things: ListThingPrincipals and ListPrincipalThings.

use super::{invalid_request, not_found};
use crate::exchange::Refusal;
use crate::fleet::Entry;
use crate::fleet::store::Store;
use crate::{AwsCertificate, Fleet};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const DEFAULT_SIZE: usize = 25;
const MOST_A_PAGE: usize = 250;

/// The beginning of a token, so that its base64 text holds characters that a query has to encode.
const TOKEN_START: [u8; 2] = [0xfb, 0xef];

/// A thing of AWS IoT's registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    /// The vendor recommends it as the MQTT client id.
    pub name: String,
    /// The one region where it is registered, like `eu-west-1`.
    pub region: String,
    /// ARNs of certificates, or Cognito identities, in the order in which they are listed.
    pub principals: Vec<String>,
}

impl Thing {
    /// A thing that has these certificates, in the region of the last one, or `eu-west-1`.
    pub fn of<'a>(name: &str, certificates: impl IntoIterator<Item = &'a AwsCertificate>) -> Self {
        let mut thing = Self {
            name: name.to_owned(),
            region: "eu-west-1".to_owned(),
            principals: Vec::new(),
        };
        for certificate in certificates {
            thing.region.clone_from(&certificate.region);
            thing.principals.push(certificate.arn());
        }
        thing
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self
        }
    }

    /// The same with one more principal: a Cognito identity's id, or any ARN.
    #[must_use]
    pub fn with_principal(mut self, principal: &str) -> Self {
        self.principals.push(principal.to_owned());
        self
    }
}

/// The things of every region by their name.
pub(crate) type Things = BTreeMap<String, Thing>;

impl Entry for Thing {
    fn all(fleet: &mut Fleet) -> &mut BTreeMap<String, Self> {
        &mut fleet.things
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// A page of the principals of a thing.
pub(super) fn principals(
    store: &Store,
    region: &str,
    parameters: &Value,
    name: &str,
) -> Result<Value, Refusal> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || ":_-".contains(character);
    if name.is_empty() || name.len() > 128 || !name.chars().all(is_name) {
        return Err(invalid_request("The name of the thing is not valid."));
    }
    let thing = store
        .fleet()
        .things
        .get(name)
        .filter(|thing| thing.region == region)
        .ok_or_else(not_found)?;
    let principals = thing.principals.iter().map(String::as_str);
    page("principals", principals.collect(), parameters)
}

/// A page of the things of a principal. Not documented, and decided here: an unknown principal has
/// none.
pub(super) fn of_principal(
    store: &Store,
    region: &str,
    parameters: &Value,
) -> Result<Value, Refusal> {
    let principal = text(parameters, "principal")
        .filter(|principal| !principal.is_empty())
        .ok_or_else(|| invalid_request("The principal is missing."))?;
    let things = store.fleet().things.values().filter(|thing| {
        thing.region == region && thing.principals.iter().any(|one| one == principal)
    });
    let names = things.map(|thing| thing.name.as_str());
    page("things", names.collect(), parameters)
}

fn text<'a>(parameters: &'a Value, name: &str) -> Option<&'a str> {
    parameters.get(name).and_then(Value::as_str)
}

/// The page of `items` that the caller asks for, under that name.
fn page(name: &str, items: Vec<&str>, parameters: &Value) -> Result<Value, Refusal> {
    let size = text(parameters, "maxResults").map_or(Some(DEFAULT_SIZE), |size| size.parse().ok());
    let size = size
        .filter(|size| (1..=MOST_A_PAGE).contains(size))
        .ok_or_else(|| invalid_request("maxResults must be a number from 1 to 250."))?;
    let start = match text(parameters, "nextToken") {
        None => 0,
        Some(token) => {
            read_token(token).ok_or_else(|| invalid_request("The nextToken is not valid."))?
        }
    };
    let end = start.saturating_add(size);
    let rows: Vec<&str> = items.iter().copied().skip(start).take(size).collect();
    let mut answer = Map::from_iter([(name.to_owned(), json!(rows))]);
    if end < items.len() {
        answer.insert("nextToken".to_owned(), json!(token(end)));
    }
    Ok(Value::Object(answer))
}

/// A token that continues behind this many items.
fn token(end: usize) -> String {
    STANDARD.encode([&TOKEN_START, format!("{end:08}").as_bytes()].concat())
}

fn read_token(text: &str) -> Option<usize> {
    let bytes = STANDARD.decode(text).ok()?;
    let end = std::str::from_utf8(bytes.strip_prefix(&TOKEN_START)?).ok()?;
    end.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_and_needs_encoding() {
        let token = token(250);
        assert!(token.starts_with('+') && token.ends_with('='), "{token}");
        assert_eq!(read_token(&token), Some(250));
        for wrong in ["", "++8", "AAAA", "*"] {
            assert_eq!(read_token(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_thing_is_in_the_region_of_its_certificates() {
        let certificate = AwsCertificate {
            region: "us-east-1".to_owned(),
            ..AwsCertificate::default()
        };
        let thing = Thing::of("truck-1", [&certificate]).with_principal("eu-west-1:0f");
        assert_eq!(thing.region, "us-east-1");
        assert_eq!(
            thing.principals,
            [certificate.arn(), "eu-west-1:0f".to_owned()]
        );
        assert_eq!(Thing::of("truck-2", []).region, "eu-west-1");
    }
}
