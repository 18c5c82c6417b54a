//! The credentials of each cloud, kept for the life of the process.

use std::rc::Rc;

use super::cache::{Cache, Fetched};
use super::sts::Role;
use super::{CredentialSource, Credentials, FetchContext, KeyOrigin, RoleAuth};
use crate::error::{Concerns, Error};
use crate::model::{ByCloud, ProviderName};
use crate::transport::LocalFuture;

/// The credentials of all clouds. A new value holds none.
#[derive(Default)]
pub struct CredentialCaches(ByCloud<CredentialCache>);

impl CredentialCaches {
    /// The cache of this provider's cloud.
    pub const fn of(&self, provider: ProviderName) -> &CredentialCache {
        self.0.of(provider.cloud())
    }
}

/// One cloud's credentials: the key of a store, and the temporary key of a role.
#[derive(Default)]
pub struct CredentialCache {
    key: Cache,
    role: Cache,
}

impl CredentialCache {
    /// The credentials that sign the next call.
    ///
    /// # Errors
    /// `provider_rejected` when the store or the STS refuses, or the error of the call to them.
    pub fn credentials<'a>(
        &'a self,
        source: &'a CredentialSource,
        context: FetchContext<'a>,
    ) -> LocalFuture<'a, Result<Rc<Credentials>, Error>> {
        Box::pin(async move {
            match source {
                CredentialSource::Key(origin) => self.key(origin, context).await,
                CredentialSource::Role(role, auth) => {
                    self.role
                        .get(context.clock_and_random(), |refresh| {
                            self.assume(role, auth, context.for_refresh(refresh))
                        })
                        .await
                }
            }
        })
    }

    /// The credentials with which to repeat a call whose credentials the vendor has refused.
    /// `None`: there are no others.
    ///
    /// # Errors
    /// As [`CredentialCache::credentials`].
    pub fn after_refusal<'a>(
        &'a self,
        source: &'a CredentialSource,
        context: FetchContext<'a>,
        refused: &'a Credentials,
    ) -> LocalFuture<'a, Result<Option<Rc<Credentials>>, Error>> {
        Box::pin(async move {
            match source {
                CredentialSource::Key(origin) => self.other_key(origin, context, refused).await,
                CredentialSource::Role(role, auth) => {
                    self.role
                        .replace(refused, context.clock_and_random(), |_| {
                            self.assume(role, auth, context)
                        })
                        .await
                }
            }
        })
    }

    async fn key(
        &self,
        origin: &KeyOrigin,
        context: FetchContext<'_>,
    ) -> Result<Rc<Credentials>, Error> {
        match origin {
            KeyOrigin::Environment(credentials) => Ok(Rc::clone(credentials)),
            KeyOrigin::Stored(stored) => {
                self.key
                    .get(context.clock_and_random(), |_| {
                        Box::pin(stored.fetch(context))
                    })
                    .await
            }
        }
    }

    async fn other_key(
        &self,
        origin: &KeyOrigin,
        context: FetchContext<'_>,
        refused: &Credentials,
    ) -> Result<Option<Rc<Credentials>>, Error> {
        match origin {
            KeyOrigin::Environment(_) => Ok(None),
            KeyOrigin::Stored(stored) => {
                self.key
                    .replace(refused, context.clock_and_random(), |_| {
                        Box::pin(stored.fetch_other_than(refused, context))
                    })
                    .await
            }
        }
    }

    fn assume<'a>(
        &'a self,
        role: &'a Role,
        auth: &'a RoleAuth,
        context: FetchContext<'a>,
    ) -> LocalFuture<'a, Result<Fetched, Error>> {
        Box::pin(async move {
            match auth {
                RoleAuth::Identity(identity) => role.assume_as(identity, context).await,
                RoleAuth::Key(origin) => {
                    let key = self.key(origin, context).await?;
                    match role.assume_with(&key, context).await {
                        Err(error) if error.concerns == Concerns::Key => {
                            match self.other_key(origin, context, &key).await? {
                                Some(other) => role.assume_with(&other, context).await,
                                None => Err(error),
                            }
                        }
                        answer => answer,
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
