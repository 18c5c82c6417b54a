//! The credentials that sign calls, and their sources: the environment, a store of AWS, or a role
//! at the vendor's security token service (STS). A role is assumed with a key, or without any key
//! with the identity of the function's own AWS role.

mod cache;
mod caches;
mod extension;
mod fetch_context;
pub mod sts;

pub use caches::{CredentialCache, CredentialCaches};
pub use extension::{Store, StoredKey};
pub use fetch_context::FetchContext;

use std::fmt;
use std::rc::Rc;

use secrecy::{ExposeSecret, SecretString};

use self::sts::{Identity, Role};
use crate::transport::Endpoint;

/// An access key, with a session token when it is a temporary one. It cannot be printed.
pub struct Credentials {
    /// `SecretId` or AccessKey id.
    pub id: String,
    /// `SecretKey` or AccessKey secret.
    pub secret: SecretString,
    /// Session token.
    pub token: Option<SecretString>,
}

impl Credentials {
    /// The three texts, which only the vendor may see.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let secrets = [Some(&self.secret), self.token.as_ref()];
        std::iter::once(self.id.as_str()).chain(
            secrets
                .into_iter()
                .flatten()
                .map(ExposeSecret::expose_secret),
        )
    }

    fn equals(&self, other: &Self) -> bool {
        self.texts().eq(other.texts())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// Checks that a text can be sent in a header. Most texts that cannot were copied by mistake with a
/// line feed at the end.
///
/// # Errors
/// The fault, without the text.
pub fn sendable(text: &str) -> Result<(), &'static str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("a blank, a control character or a character beyond ASCII")
    }
}

/// The source of one cloud's credentials.
#[derive(Debug)]
pub enum CredentialSource {
    /// A key signs the calls itself.
    Key(KeyOrigin),
    /// A temporary key from the vendor's STS signs the calls.
    Role(Role, RoleAuth),
}

impl CredentialSource {
    /// The token services that are called to get a key, in the order of the calls.
    pub fn token_services(&self) -> impl Iterator<Item = &Endpoint> {
        let [first, second] = match self {
            Self::Key(_) => [None, None],
            Self::Role(role, RoleAuth::Key(_)) => [Some(&role.endpoint), None],
            Self::Role(role, RoleAuth::Identity(identity)) => {
                [Some(&identity.endpoint), Some(&role.endpoint)]
            }
        };
        first.into_iter().chain(second)
    }

    /// The key, where it is in the environment and signs the calls itself.
    pub fn environment_key(&self) -> Option<&Credentials> {
        match self {
            Self::Key(KeyOrigin::Environment(credentials)) => Some(credentials),
            Self::Key(KeyOrigin::Stored(_)) | Self::Role(..) => None,
        }
    }
}

/// The place that a key comes from.
#[derive(Debug)]
pub enum KeyOrigin {
    /// Environment variables, for the life of the process.
    Environment(Rc<Credentials>),
    /// AWS Secrets Manager or SSM Parameter Store.
    Stored(StoredKey),
}

/// The means by which a role is assumed.
#[derive(Debug)]
pub enum RoleAuth {
    /// A key that may assume it.
    Key(KeyOrigin),
    /// The function's own AWS role. There is no key.
    Identity(Identity),
}

impl From<Credentials> for KeyOrigin {
    fn from(credentials: Credentials) -> Self {
        Self::Environment(Rc::new(credentials))
    }
}
