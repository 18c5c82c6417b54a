//! A broker's word held against the certificate authority's. Nothing else looks for a certificate that was revoked and can connect all
//! the same.

use super::answer::{CrossChecked, Flag, StatusResult};
use super::tell;
use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, Source};
use crate::provider::{Session, Status as Teller, is_certificate_authority, status_teller};
use crate::request::{CertificateReference, CrossCheck};

/// The authority that is asked.
pub(super) struct Authority<'a> {
    session: &'a Session<'a>,
    teller: Box<dyn Teller + 'a>,
}

impl<'a> Authority<'a> {
    /// # Errors
    /// `unsupported` when the provider is no certificate authority, and as [`status_teller`].
    pub(super) fn new(session: &'a Session<'a>, asked: &CrossCheck) -> Result<Self, Error> {
        if !is_certificate_authority(asked.provider) {
            let detail = format!("{} is no certificate authority; cross_check asks one, like alibaba-pca", asked.provider);
            return Err(Error::new(ErrorCode::Unsupported, detail).with_field("cross_check.provider"));
        }
        let source = Source { provider: asked.provider, region: asked.region.clone(), instance_id: None };
        let within = |error: Error| {
            let field = error.field.as_deref().map(|field| format!("cross_check.{field}"));
            Error { field, ..error }
        };
        Ok(Self { session, teller: status_teller(session, source).map_err(within)? })
    }

    /// Asks about the numbers of all these results, and adds what the authority says. Returns its ids of the calls.
    pub(super) async fn check(&self, results: Vec<&mut StatusResult>) -> Vec<String> {
        let (named, nameless): (Vec<_>, Vec<_>) = results.into_iter().partition(|result| result.serial_number.is_some());
        let references: Vec<CertificateReference> = named
            .iter()
            // The number is the one that the broker's record or certificate shows, not the caller's spelling of it.
            .map(|result| CertificateReference {
                serial_number: result.serial_number.clone(),
                ca_serial_number: None,
                fingerprint_sha256: None,
            })
            .collect();
        let told = tell(self.session, self.teller.as_ref(), &references).await;
        for (result, word) in named.into_iter().zip(told.results) {
            self.add(result, word);
        }
        for result in nameless {
            let reference = CertificateReference { serial_number: None, ca_serial_number: None, fingerprint_sha256: None };
            let error = Error::invalid("serial_number", "the certificate's serial number is not known, so the authority cannot be asked");
            self.add(result, StatusResult::new(&reference, Err(error), self.session.now));
        }
        told.request_ids
    }

    fn add(&self, result: &mut StatusResult, word: StatusResult) {
        result.flags = Some(flags(result, &word));
        let scope = self.teller.scope();
        result.cross_check = Some(CrossChecked {
            provider: scope.provider,
            region: scope.region.clone(),
            found: word.found,
            status: word.status,
            provider_status: word.provider_status,
            revoked_at: word.revoked_at,
            error: word.error,
        });
    }
}

/// Only what both have said can be dangerous: an authority that could not be asked has said nothing.
fn flags(broker: &StatusResult, authority: &StatusResult) -> Vec<Flag> {
    if broker.status != LifecycleStatus::Active || authority.error.is_some() {
        return Vec::new();
    }
    match authority.status {
        LifecycleStatus::Revoked => vec![Flag::RevokedAtCaButActive],
        LifecycleStatus::Unknown => vec![Flag::ActiveAtBrokerButUnknownToCa],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProviderRecord, Timestamp};
    use LifecycleStatus as L;

    fn said(status: Result<Option<LifecycleStatus>, ErrorCode>) -> StatusResult {
        let now = Timestamp::from_epoch_milliseconds(1_763_800_000_000).unwrap();
        let reference = CertificateReference { serial_number: None, ca_serial_number: None, fingerprint_sha256: None };
        let told = status.map_err(|code| Error::new(code, "it failed"));
        let told =
            told.map(|status| status.map(|status| ProviderRecord { status, ..ProviderRecord::default() }.into_certificate(now, false)));
        StatusResult::new(&reference, told, now)
    }

    #[test]
    fn every_pair_of_words_has_its_verdict() {
        let revoked = [Flag::RevokedAtCaButActive];
        let unknown = [Flag::ActiveAtBrokerButUnknownToCa];
        for (broker, authority, expected) in [
            (Ok(Some(L::Active)), Ok(Some(L::Revoked)), &revoked[..]),
            (Ok(Some(L::Active)), Ok(None), &unknown),
            (Ok(Some(L::Active)), Ok(Some(L::Unknown)), &unknown),
            (Ok(Some(L::Active)), Ok(Some(L::Good)), &[]),
            (Ok(Some(L::Active)), Err(ErrorCode::Throttled), &[]),
            (Ok(Some(L::Inactive)), Ok(Some(L::Revoked)), &[]),
            (Ok(Some(L::Inactive)), Ok(None), &[]),
            (Ok(Some(L::PendingActivation)), Ok(Some(L::Revoked)), &[]),
            (Ok(Some(L::Revoked)), Ok(Some(L::Revoked)), &[]),
            (Ok(Some(L::Unknown)), Ok(Some(L::Revoked)), &[]),
            (Ok(None), Ok(Some(L::Revoked)), &[]),
            (Err(ErrorCode::Timeout), Ok(Some(L::Revoked)), &[]),
        ] {
            assert_eq!(flags(&said(broker), &said(authority)), expected, "{broker:?} {authority:?}");
        }
    }
}
