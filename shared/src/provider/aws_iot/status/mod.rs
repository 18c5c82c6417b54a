//! Status: one `DescribeCertificate` for each certificate, some of them side by side. Each of the
//! certificates' things, where they are wanted, takes one `ListPrincipalThings`.

use super::{AwsIot, Purpose, fingerprint};
use crate::error::Error;
use crate::provider::each::each;
use crate::provider::{FoundCertificate, Lookups, Scope, StatusReader};
use crate::request::CertificateReference;
use crate::transport::LocalFuture;

impl StatusReader for AwsIot<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn check(&self, reference: &CertificateReference) -> Result<(), Error> {
        let texts = [
            ("provider_serial_number", &reference.provider_serial_number),
            (
                "provider_ca_serial_number",
                &reference.provider_ca_serial_number,
            ),
        ];
        if let Some((member, _)) = texts.iter().find(|(_, text)| text.is_some()) {
            let detail =
                format!("aws-iot has no text of its own for serial numbers; leave {member} out");
            return Err(Error::invalid(*member, detail));
        }
        fingerprint(reference).map(drop)
    }

    fn look_up<'a>(
        &'a self,
        certificates: &'a [CertificateReference],
        include_clients: bool,
    ) -> LocalFuture<'a, Lookups> {
        Box::pin(async move {
            let answers = each(certificates, async |reference: &CertificateReference| {
                let found = self
                    .get(fingerprint(reference)?, Purpose::Show, false)
                    .await?;
                match found {
                    Some(found) if include_clients => Ok(Some(FoundCertificate {
                        certificate: self.with_things(found.certificate).await?,
                        ..found
                    })),
                    found => Ok(found),
                }
            })
            .await;
            let mut lookups = Lookups::default();
            for answer in answers {
                lookups.records.push(answer.map(|found| {
                    found.map(|found| {
                        lookups.request_ids.extend(found.request_id);
                        found.certificate
                    })
                }));
            }
            lookups
        })
    }
}

#[cfg(test)]
mod tests;
