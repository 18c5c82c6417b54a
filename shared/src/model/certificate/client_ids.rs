//! The client ids that are tied to a certificate, as far as they are known.

use serde::{Serialize, Serializer};

/// The client ids that are tied to a certificate, as far as they are known. Answers show them only
/// when all are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientIds {
    /// Nobody states them, or nobody has asked for them.
    #[default]
    Unknown,
    /// These, and perhaps others.
    AtLeast(Vec<String>),
    /// Exactly these.
    All(Vec<String>),
}

impl ClientIds {
    /// All of them, where all are known.
    pub fn all(&self) -> Option<&[String]> {
        match self {
            Self::All(ids) => Some(ids),
            Self::Unknown | Self::AtLeast(_) => None,
        }
    }

    /// Whether this client id is one of them; `None` when that is not known.
    pub(super) fn contain(&self, client_id: &str) -> Option<bool> {
        match self {
            Self::All(ids) => Some(ids.iter().any(|id| id == client_id)),
            Self::AtLeast(ids) if ids.iter().any(|id| id == client_id) => Some(true),
            Self::Unknown | Self::AtLeast(_) => None,
        }
    }
}

impl Serialize for ClientIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}
