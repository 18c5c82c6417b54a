//! Changes of the status: `UpdateCertificate`.

use super::{AwsIot, Purpose, absent_when_not_found, confirmed, fingerprint};
use crate::error::Error;
use crate::model::{Action, Fingerprint};
use crate::provider::each::each;
use crate::provider::{ConfirmedWrite, FoundCertificate, Scope, Spellings, StatusWriter, Target};
use crate::request::CertificateReference;
use crate::transport::{Failure, LocalFuture};

impl StatusWriter for AwsIot<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        fingerprint(reference).map(drop)
    }

    /// Each certificate is read by a call of its own.
    fn group_size(&self) -> usize {
        1
    }

    /// An id has one spelling.
    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        Box::pin(each(
            references,
            async move |reference: &&CertificateReference| match spellings {
                Spellings::Own => {
                    self.get(fingerprint(reference)?, Purpose::Change, false)
                        .await
                }
                Spellings::Others => Ok(None),
            },
        ))
    }

    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        Box::pin(each(found, async move |found: &&FoundCertificate| {
            let id = Fingerprint::parse(&found.key)
                .map_err(|reason| Error::invalid("fingerprint_sha256", reason))?;
            self.get(&id, Purpose::Change, false).await
        }))
    }

    fn set<'a>(
        &'a self,
        found: &'a FoundCertificate,
        target: Target,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            let status = match target {
                Target::Inactive => "INACTIVE",
                Target::Active => "ACTIVE",
            };
            let path_and_query = format!("/certificates/{}?newStatus={status}", found.key);
            absent_when_not_found(
                self.call(Action::UpdateCertificate, &path_and_query, confirmed)
                    .await,
            )
        })
    }
}

#[cfg(test)]
mod tests;
