//! The sources of a request that queries several.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::check_left_out;
use crate::error::Error;
use crate::model::{InstanceId, MOST_SOURCES, ProviderName, Region, Source, check_sources};
use crate::object::Object;

/// The sources that a request queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources {
    /// `"all"`: the sources of the variable `SOURCES`.
    All,
    /// A list of sources.
    These(Vec<Source>),
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrAll;
        impl<'de> Visitor<'de> for ListOrAll {
            type Value = Sources;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of sources or \"all\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Sources, E> {
                match text {
                    "all" => Ok(Sources::All),
                    _ => Err(E::invalid_value(
                        serde::de::Unexpected::Str(&crate::model::shown(text)),
                        &self,
                    )),
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sources, A::Error> {
                let mut sources = Vec::new();
                while let Some(Object(source)) = list.next_element::<Object<Source>>()? {
                    sources.push(source);
                    if sources.len() > MOST_SOURCES {
                        return Err(A::Error::custom(format!(
                            "sources must have 1 to {MOST_SOURCES} items"
                        )));
                    }
                }
                Ok(Sources::These(sources))
            }
        }
        deserializer.deserialize_any(ListOrAll)
    }
}

impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::These(sources) => sources.serialize(serializer),
        }
    }
}

impl Sources {
    /// Checks that a list is valid and that no member beside it names a source, too.
    ///
    /// # Errors
    /// `invalid_request` that names the member at fault.
    pub(super) fn check(
        this: Option<&Self>,
        provider: Option<ProviderName>,
        region: Option<&Region>,
        instance_id: Option<&InstanceId>,
    ) -> Result<(), Error> {
        let Some(sources) = this else { return Ok(()) };
        check_left_out(
            [
                ("provider", provider.is_some()),
                ("region", region.is_some()),
                ("instance_id", instance_id.is_some()),
            ],
            "when sources is given",
        )?;
        match sources {
            Self::All => Ok(()),
            Self::These(sources) => {
                check_sources(sources).map_err(|reason| Error::invalid("sources", reason))
            }
        }
    }
}
