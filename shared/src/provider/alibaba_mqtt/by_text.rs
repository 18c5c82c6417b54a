//! The certificate that a reference names by the vendor's own text for a serial number.

use super::reading::own_text;
use super::{AlibabaMqtt, Purpose};
use crate::error::Error;
use crate::model::{Certificate, ProviderText, SerialNumber};
use crate::provider::{FoundCertificate, Spellings};
use crate::request::CertificateReference;

/// The vendor's texts that a reference names. Beside one of them, the other serial number may be a
/// number in the caller's own spelling.
pub(super) struct NamedTexts<'a> {
    reference: &'a CertificateReference,
    device_sn: String,
    ca_sn: String,
}

impl<'a> NamedTexts<'a> {
    /// `None` where the reference names numbers only.
    pub(super) fn of(reference: &'a CertificateReference) -> Option<Self> {
        let text = |text: &Option<ProviderText>, number: &Option<SerialNumber>| match text {
            Some(text) => Some(text.as_str().to_owned()),
            None => number.as_ref().map(own_text),
        };
        is_named_by_text(reference).then_some(Self {
            device_sn: text(&reference.provider_serial_number, &reference.serial_number)?,
            ca_sn: text(
                &reference.provider_ca_serial_number,
                &reference.ca_serial_number,
            )?,
            reference,
        })
    }

    /// Whether a record has exactly the texts that the reference names.
    fn are_of(&self, certificate: &Certificate) -> bool {
        let is_equal = |named: &Option<ProviderText>, shown: &Option<String>| {
            named
                .as_ref()
                .is_none_or(|named| shown.as_deref() == Some(named.as_str()))
        };
        is_equal(
            &self.reference.provider_serial_number,
            &certificate.provider_serial_number,
        ) && is_equal(
            &self.reference.provider_ca_serial_number,
            &certificate.provider_ca_serial_number,
        )
    }
}

pub(super) fn is_named_by_text(reference: &CertificateReference) -> bool {
    reference.provider_serial_number.is_some() || reference.provider_ca_serial_number.is_some()
}

impl AlibabaMqtt<'_> {
    /// The certificate under these texts, of which no other spelling is tried.
    pub(super) async fn find_by_texts(
        &self,
        texts: &NamedTexts<'_>,
        spellings: Spellings,
        purpose: Purpose,
    ) -> Result<Option<FoundCertificate>, Error> {
        if spellings == Spellings::Others {
            return Ok(None);
        }
        let found = self.get(&texts.device_sn, &texts.ca_sn, purpose).await?;
        Ok(found.filter(|found| texts.are_of(&found.certificate)))
    }
}
