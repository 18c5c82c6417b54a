//! Names of providers, regions and instances, and the source that the three make.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ProviderName, deserialize_by_parse, quoted};

/// A cloud's region id, like `ap-guangzhou`: lower-case words joined by hyphens. This form is safe
/// in host names and headers. Each provider's table says which regions it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Region(String);

impl Region {
    /// # Errors
    /// A sentence when the text is not in the form of a region id.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split('-');
        let first = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let lower = |word: &str| {
            word.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let well_formed = first.len() == 2
            && first.bytes().all(|byte| byte.is_ascii_lowercase())
            && !rest.is_empty()
            && rest.iter().all(|word| !word.is_empty() && lower(word))
            && text.len() <= 40;
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "a region must be a region id like ap-guangzhou or cn-hangzhou, not {}",
                quoted(text)
            ))
        }
    }

    /// The region id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

deserialize_by_parse!(Region, "a region as a string");

/// Id of the MQTT instance with which a device certificate is registered, like `mqtt-qgzaawn9` or
/// `post-cn-7mz2d0000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct InstanceId(String);

impl InstanceId {
    /// # Errors
    /// A sentence when it is not 1 to 64 letters, digits, hyphens and underscores.
    pub fn parse(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "an instance id must be 1 to 64 letters, digits, hyphens or underscores, not {}",
                quoted(text)
            ))
        }
    }

    /// The instance id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

deserialize_by_parse!(InstanceId, "an instance id as a string");

/// Provider, region and instance that keep certificates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Provider to query.
    pub provider: ProviderName,
    /// Region to query. Default: the region that is configured for the provider.
    pub region: Option<Region>,
    /// MQTT instance to query. Required for the `-mqtt` providers; others have none.
    pub instance_id: Option<InstanceId>,
}

/// Maximum number of sources in one request and in the configuration.
pub const MOST_SOURCES: usize = 20;

/// Checks that there are 1 to [`MOST_SOURCES`] sources and none twice, because its certificates would
/// be listed twice.
///
/// # Errors
/// A sentence.
pub fn check_sources(sources: &[Source]) -> Result<(), String> {
    if !(1..=MOST_SOURCES).contains(&sources.len()) {
        return Err(format!(
            "a list of sources must have 1 to {MOST_SOURCES} items, not {}",
            sources.len()
        ));
    }
    let repeated = sources.iter().enumerate().find(|(index, source)| {
        sources
            .iter()
            .take(*index)
            .any(|earlier| earlier == *source)
    });
    match repeated {
        Some((index, _)) => Err(format!(
            "source {index} (counted from 0) repeats an earlier one"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_regions_and_instances_are_refused() {
        let hostile = [
            "",
            "-",
            "a",
            "cn-",
            "-cn",
            "cn--x",
            "CN-hangzhou",
            "cn-hang zhou",
            "cn-hangzhou\n",
            "cn-hangzhou\r\nx: y",
            "x@evil:443/#",
            "cn-hangzhou.evil",
            "cn-hangzhou/",
            "cn-h\0",
            "ｃｎ-hangzhou",
            "us-east-1#",
            "cn_hangzhou",
        ];
        for text in hostile {
            assert!(Region::parse(text).is_err(), "{text:?}");
        }
        for text in [
            "",
            "a b",
            "a\r\nb",
            "a/b",
            "a@b",
            "a#b",
            "a\0b",
            "é",
            "a.b",
            "a,b",
            "*",
            &"a".repeat(65),
            &"a".repeat(100_000),
        ] {
            assert!(InstanceId::parse(text).is_err(), "{text:?}");
            assert!(InstanceId::parse(text).unwrap_err().len() < 250);
        }
    }

    #[test]
    fn real_ones_are_taken() {
        for text in [
            "ap-guangzhou",
            "cn-hangzhou",
            "cn-heyuan-acdr-1",
            "mq-internet-access",
            "us-east-1",
            "ap-guangzhou-open",
        ] {
            assert_eq!(Region::parse(text).unwrap().as_str(), text);
        }
        for text in ["mqtt-qgzaawn9", "post-cn-7mz2d0000", "mqtt-cn-sim_0002"] {
            assert_eq!(InstanceId::parse(text).unwrap().as_str(), text);
        }
    }
}
