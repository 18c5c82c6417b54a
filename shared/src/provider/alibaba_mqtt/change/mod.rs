//! Changes of the status: `InactivateDeviceCertificate` and `ActiveDeviceCertificate`.

use super::by_text::is_named_by_text;
use super::{API, AlibabaMqtt, absent_when_not_found, check_names, is_same_serial_number};
use crate::error::Error;
use crate::model::{Action, RequestId};
use crate::object::Members;
use crate::provider::alibaba::Call;
use crate::provider::each::{each, together_or_alone};
use crate::provider::{ConfirmedWrite, FoundCertificate, Scope, Spellings, StatusWriter, Target};
use crate::request::CertificateReference;
use crate::transport::{Failure, LocalFuture, Repeat};
use crate::vendor::codes::unexpected_answer;
use http::Method;

impl StatusWriter for AlibabaMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        check_names(reference)
    }

    /// A tenth of an order: while one group is changed, the next one is looked up. The writes wait for
    /// the first lookup and the answer for the last reads, so that larger groups, which need fewer lists
    /// of a CA, take longer.
    fn group_size(&self) -> usize {
        10
    }

    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>> {
        Box::pin(async move {
            match spellings {
                Spellings::Own => {
                    together_or_alone(
                        references,
                        is_named_by_text,
                        async |reference| self.find_only(reference, spellings).await,
                        async |group| self.find_group(group).await,
                    )
                    .await
                }
                Spellings::Others => {
                    each(references, async |reference: &&CertificateReference| {
                        self.find_only(reference, spellings).await
                    })
                    .await
                }
            }
        })
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
                Target::Inactive => Action::InactivateDeviceCertificate,
                Target::Active => Action::ActiveDeviceCertificate,
            };
            let call = Call {
                action,
                method: Method::POST,
                repeat: Repeat::OnlyIfNotDone,
                parameters: &[
                    ("MqttInstanceId", self.scope.instance()),
                    ("DeviceSn", &found.key),
                    ("CaSn", ca_key(found)),
                ],
            };
            // A success that names another certificate is no success. It is no refusal either: the
            // call may have had its effect, and a read has to show it.
            let accept = |answer: &Members<'_>| {
                let request_id = answer.text("RequestId");
                let device_sn = answer.text("DeviceSn");
                let is_confirmed = device_sn
                    .as_str()
                    .is_some_and(|device_sn| is_same_serial_number(&found.key, device_sn));
                if request_id.is_unknown() || !is_confirmed {
                    let problem =
                        "it does not confirm the change of the certificate that was requested";
                    return Err(unexpected_answer(API.provider, 200, problem));
                }
                Ok(ConfirmedWrite {
                    request_id: request_id.as_str().and_then(RequestId::read),
                })
            };
            absent_when_not_found(API.call(&self.connection, &call, accept).await)
        })
    }
}

fn ca_key(found: &FoundCertificate) -> &str {
    found.ca_key.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
