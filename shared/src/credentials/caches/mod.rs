//! The credentials of each cloud, kept for the life of the process.

use std::rc::Rc;
use std::time::Duration;

use super::cache::{Cache, ClockAndRandom, Fetched, Refresh};
use super::sts::Role;
use super::{CredentialSource, Credentials, KeyOrigin, RoleAuth};
use crate::error::{Concerns, Error};
use crate::model::ProviderName;
use crate::transport::{Deadline, Lane, LocalFuture, Transport};

/// A fetch ahead of need takes no longer: what is held would do.
const LONGEST_AHEAD: Duration = Duration::from_secs(4);

/// The credential_caches of all clouds. A new one holds nothing.
#[derive(Default)]
pub struct CredentialCaches {
    tencent: CredentialCache,
    alibaba: CredentialCache,
    aws: CredentialCache,
}

impl CredentialCaches {
    /// The credential_cache of this provider's cloud.
    pub const fn of(&self, provider: ProviderName) -> &CredentialCache {
        match provider {
            ProviderName::TencentMqtt => &self.tencent,
            ProviderName::AlibabaMqtt | ProviderName::AlibabaPca => &self.alibaba,
            ProviderName::AwsIot => &self.aws,
        }
    }
}

/// One cloud's credentials: the key of a store, and the temporary key of a role.
#[derive(Default)]
pub struct CredentialCache {
    key: Cache,
    role: Cache,
}

/// How to get at credentials that are not at hand.
#[derive(Clone, Copy)]
pub struct FetchContext<'a> {
    /// Which provider they are for, to tell of it.
    pub provider: ProviderName,
    /// The way out.
    pub transport: &'a Transport,
    /// These calls are none of the provider's, and not paced with them.
    pub lane: &'a Lane,
    /// When the answer is due.
    pub deadline: Deadline,
}

impl FetchContext<'_> {
    const fn chance(&self) -> ClockAndRandom {
        ClockAndRandom {
            clock: self.transport.clock,
            random: self.transport.random,
        }
    }

    fn for_need(self, need: Refresh) -> Self {
        match need {
            Refresh::Urgent => self,
            Refresh::Ahead => Self {
                deadline: self.deadline.at_most(LONGEST_AHEAD),
                ..self
            },
        }
    }
}

impl CredentialCache {
    /// What to sign the next call with.
    ///
    /// # Errors
    /// `provider_rejected` when the store or the STS refuses, else what the way there ended in.
    pub fn credentials<'a>(
        &'a self,
        origin: &'a CredentialSource,
        way: FetchContext<'a>,
    ) -> LocalFuture<'a, Result<Rc<Credentials>, Error>> {
        Box::pin(async move {
            match origin {
                CredentialSource::Key(key) => self.key(key, way).await,
                CredentialSource::Role(role, proof) => {
                    self.role
                        .get(way.chance(), |need| {
                            self.assume(role, proof, way.for_need(need))
                        })
                        .await
                }
            }
        })
    }

    /// What to make a call with once more, whose credentials the vendor has refused. They are
    /// fetched once. `None`: there are no others.
    ///
    /// # Errors
    /// As [`CredentialCache::credentials`].
    pub fn after_refusal<'a>(
        &'a self,
        origin: &'a CredentialSource,
        way: FetchContext<'a>,
        refused: &'a Credentials,
    ) -> LocalFuture<'a, Result<Option<Rc<Credentials>>, Error>> {
        Box::pin(async move {
            match origin {
                CredentialSource::Key(key) => self.other_key(key, way, refused).await,
                CredentialSource::Role(role, proof) => {
                    self.role
                        .replace(refused, way.chance(), |_| self.assume(role, proof, way))
                        .await
                }
            }
        })
    }

    async fn key(
        &self,
        origin: &KeyOrigin,
        way: FetchContext<'_>,
    ) -> Result<Rc<Credentials>, Error> {
        match origin {
            KeyOrigin::Environment(credentials) => Ok(Rc::clone(credentials)),
            KeyOrigin::Stored(stored) => {
                self.key
                    .get(way.chance(), |_| Box::pin(stored.fetch(way)))
                    .await
            }
        }
    }

    async fn other_key(
        &self,
        origin: &KeyOrigin,
        way: FetchContext<'_>,
        refused: &Credentials,
    ) -> Result<Option<Rc<Credentials>>, Error> {
        match origin {
            KeyOrigin::Environment(_) => Ok(None),
            KeyOrigin::Stored(stored) => {
                self.key
                    .replace(refused, way.chance(), |_| {
                        Box::pin(stored.fetch_other_than(refused, way))
                    })
                    .await
            }
        }
    }

    fn assume<'a>(
        &'a self,
        role: &'a Role,
        proof: &'a RoleAuth,
        way: FetchContext<'a>,
    ) -> LocalFuture<'a, Result<Fetched, Error>> {
        Box::pin(async move {
            match proof {
                RoleAuth::Identity(identity) => role.assume_as(identity, way).await,
                RoleAuth::Key(origin) => {
                    let key = self.key(origin, way).await?;
                    match role.assume_with(&key, way).await {
                        Err(error) if error.concerns == Concerns::Key => {
                            match self.other_key(origin, way, &key).await? {
                                Some(other) => role.assume_with(&other, way).await,
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
