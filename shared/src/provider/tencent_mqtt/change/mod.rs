//! Changes of the status: `DeactivateDeviceCertificate` and `ActivateDeviceCertificate`.

use super::group::LARGEST_GROUP;
use super::wire::{self, OneDeviceCertificate};
use super::{Purpose, TencentMqtt, absent_when_not_found, check_name, serial_number};
use crate::error::{Concerns, Error};
use crate::model::Action;
use crate::provider::each::in_two_groups;
use crate::provider::{ConfirmedWrite, FoundCertificate, Scope, Spellings, StatusWriter, Target};
use crate::request::CertificateReference;
use crate::transport::{Failure, LocalFuture, Repeat};

impl StatusWriter for TencentMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        check_name(reference)
    }

    fn warnings(&self) -> Option<LocalFuture<'_, Vec<String>>> {
        Some(Box::pin(self.warnings_of_mode()))
    }

    /// One list call finds several serial numbers, unless the vendor has shown otherwise.
    fn group_size(&self) -> usize {
        if self.knows_alternatives() == Some(false) {
            1
        } else {
            LARGEST_GROUP
        }
    }

    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        Box::pin(in_two_groups(
            references,
            |reference| reference.provider_serial_number.as_ref(),
            async move |texts| match spellings {
                Spellings::Own => self.find_by_text(texts).await,
                // The text is exactly the provider's.
                Spellings::Others => texts.iter().map(|_| Ok(None)).collect(),
            },
            async move |group| self.find_group(group, spellings).await,
        ))
    }

    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        Box::pin(self.read_group(found))
    }

    fn set<'a>(
        &'a self,
        found: &'a FoundCertificate,
        target: Target,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            let action = match target {
                Target::Inactive => Action::DeactivateDeviceCertificate,
                Target::Active => Action::ActivateDeviceCertificate,
            };
            let parameters = OneDeviceCertificate {
                instance_id: self.scope.instance(),
                device_certificate_sn: &found.key,
            };
            absent_when_not_found(
                self.call(action, Repeat::OnlyIfNotDone, &parameters, wire::confirmed)
                    .await,
            )
        })
    }
}

impl TencentMqtt<'_> {
    /// The vendor's serial numbers are hex, with or without the leading zero.
    pub(super) async fn find_one(
        &self,
        reference: &CertificateReference,
        spellings: Spellings,
    ) -> Result<Option<FoundCertificate>, Error> {
        let texts = serial_number(reference)?.spellings();
        let texts = texts
            .iter()
            .enumerate()
            .filter(|(index, _)| (*index == 0) == (spellings == Spellings::Own));
        for (_, text) in texts {
            match self.get(text, Purpose::Change).await {
                // A spelling that is not the caller's own may break the provider's rules; then the
                // provider does not know the certificate under it.
                Err(error)
                    if error.concerns == Concerns::Parameters && spellings == Spellings::Others => {
                }
                Ok(None) => {}
                answer => return answer,
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
