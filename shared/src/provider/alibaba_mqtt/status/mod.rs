//! Status: one `GetDeviceCertificate` for each certificate, some of them side by side.

use super::{AlibabaMqtt, check_names};
use crate::error::Error;
use crate::model::Certificate;
use crate::provider::each::each;
use crate::provider::{Lookups, Scope, Spellings, StatusReader};
use crate::request::CertificateReference;
use crate::transport::LocalFuture;

impl StatusReader for AlibabaMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        check_names(reference)
    }

    /// Looks all certificates up under the caller's own spelling first, so that a known certificate
    /// need not wait while the other spellings of an unknown one are tried.
    fn look_up<'a>(
        &'a self,
        certificates: &'a [CertificateReference],
        _: bool,
    ) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let mut records: Vec<Result<Option<Certificate>, Error>> =
                certificates.iter().map(|_| Ok(None)).collect();
            let mut request_ids = Vec::new();
            for spellings in [Spellings::Own, Spellings::Others] {
                let open: Vec<_> = certificates
                    .iter()
                    .zip(&mut records)
                    .filter(|(_, record)| matches!(record, Ok(None)))
                    .collect();
                let references = open.iter().map(|(reference, _)| *reference);
                let answers = each(references, async |reference| {
                    self.find_first(reference, spellings).await
                })
                .await;
                for ((_, record), answer) in open.into_iter().zip(answers) {
                    *record = answer.map(|found| {
                        found.map(|found| {
                            // Certificates of one page share the id of its call.
                            request_ids
                                .extend(found.request_id.filter(|id| !request_ids.contains(id)));
                            found.certificate
                        })
                    });
                }
            }
            Lookups {
                records,
                request_ids,
            }
        })
    }
}

#[cfg(test)]
mod tests;
