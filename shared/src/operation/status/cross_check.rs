//! A broker's word held against the certificate authority's. Nothing else looks for a certificate
//! that was revoked and can connect all the same.

use super::answer::{CrossChecked, Flag, StatusResult};
use super::tell;
use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, SerialNumber, Source};
use crate::provider::{CallContext, StatusReader, status_reader};
use crate::request::{CertificateReference, CrossCheck};

/// The authority that is asked.
pub(super) struct Authority<'a> {
    context: &'a CallContext<'a>,
    status_reader: Box<dyn StatusReader + 'a>,
}

impl<'a> Authority<'a> {
    /// # Errors
    /// `unsupported` when the provider is no certificate authority, and as [`status_reader`].
    pub(super) fn new(context: &'a CallContext<'a>, asked: &CrossCheck) -> Result<Self, Error> {
        if !asked.provider.is_certificate_authority() {
            let detail = format!(
                "{} is no certificate authority; cross_check asks one, like alibaba-pca",
                asked.provider
            );
            return Err(
                Error::new(ErrorCode::Unsupported, detail).with_field("cross_check.provider")
            );
        }
        let source = Source {
            provider: asked.provider,
            region: asked.region.clone(),
            instance_id: None,
        };
        let within = |error: Error| {
            let field = error
                .field
                .as_deref()
                .map(|field| format!("cross_check.{field}"));
            Error { field, ..error }
        };
        Ok(Self {
            context,
            status_reader: status_reader(context, source).map_err(within)?,
        })
    }

    /// Asks about the numbers of all these results, and adds what the authority says. Returns its
    /// ids of the calls.
    pub(super) async fn check(&self, results: Vec<&mut StatusResult>) -> Vec<String> {
        let numbers: Vec<Vec<SerialNumber>> =
            results.iter().map(|result| numbers(result)).collect();
        let nameless = CertificateReference {
            serial_number: None,
            ca_serial_number: None,
            fingerprint_sha256: None,
        };
        let named = |number: &SerialNumber| CertificateReference {
            serial_number: Some(number.clone()),
            ..nameless.clone()
        };
        let references: Vec<CertificateReference> = numbers.iter().flatten().map(named).collect();
        let told = tell(self.context, self.status_reader.as_ref(), &references).await;
        let mut words = told.results.into_iter();
        for (result, numbers) in results.into_iter().zip(numbers) {
            let word = words.by_ref().take(numbers.len()).reduce(gravest).unwrap_or_else(|| {
                let error =
                    Error::invalid("serial_number", "the certificate's serial number is not known, so the authority cannot be asked");
                StatusResult::new(&nameless, Err(error), self.context.now)
            });
            self.add(result, word);
        }
        told.request_ids
    }

    fn add(&self, result: &mut StatusResult, word: StatusResult) {
        result.flags = Some(flags(result, &word));
        let scope = self.status_reader.scope();
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

/// The numbers under which the authority may know the certificate: the one that the broker's record
/// or certificate shows, not the caller's spelling of it; and where the base of its digits is open,
/// the other one that they may stand for.
fn numbers(result: &StatusResult) -> Vec<SerialNumber> {
    let is_open = result.found && result.serial_number_base.is_none();
    let other = result
        .serial_number
        .as_ref()
        .filter(|_| is_open)
        .and_then(SerialNumber::read_as_decimal);
    result.serial_number.iter().cloned().chain(other).collect()
}

/// Of the authority's words about two numbers, one of which is the certificate's: a revocation
/// counts, whichever it is; a certificate may be called unknown only when it is unknown under both.
fn gravest(one: StatusResult, other: StatusResult) -> StatusResult {
    let gravity = |word: &StatusResult| match (word.status, &word.error) {
        (LifecycleStatus::Revoked, _) => 3,
        (_, Some(_)) => 2,
        _ if !is_unknown(word) => 1,
        _ => 0,
    };
    if gravity(&other) > gravity(&one) {
        other
    } else {
        one
    }
}

/// Whether the authority says that it does not know the certificate. A word that nobody documents
/// does not say so.
fn is_unknown(word: &StatusResult) -> bool {
    let says_so = |word: &str| word.eq_ignore_ascii_case("unknown");
    word.error.is_none() && (!word.found || word.provider_status.as_deref().is_some_and(says_so))
}

/// Only what both have said can be dangerous: an authority that could not be asked has said
/// nothing.
fn flags(broker: &StatusResult, authority: &StatusResult) -> Vec<Flag> {
    if broker.status != LifecycleStatus::Active || authority.error.is_some() {
        return Vec::new();
    }
    match authority.status {
        LifecycleStatus::Revoked => vec![Flag::RevokedAtCaButActive],
        LifecycleStatus::Unknown if is_unknown(authority) => {
            vec![Flag::ActiveAtBrokerButUnknownToCa]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProviderRecord, Timestamp};
    use LifecycleStatus as L;

    fn said(status: Result<Option<LifecycleStatus>, ErrorCode>) -> StatusResult {
        let word = |status| match status {
            L::Unknown => "unknown".to_owned(),
            other => format!("{other:?}"),
        };
        let now = Timestamp::from_epoch_milliseconds(1_763_800_000_000).unwrap();
        let reference = CertificateReference {
            serial_number: None,
            ca_serial_number: None,
            fingerprint_sha256: None,
        };
        let told = status.map_err(|code| Error::new(code, "it failed"));
        let told = told.map(|status| {
            let record = |status| ProviderRecord {
                status,
                provider_status: Some(word(status)),
                ..ProviderRecord::default()
            };
            status.map(|status| record(status).into_certificate(now, false))
        });
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
            assert_eq!(
                flags(&said(broker), &said(authority)),
                expected,
                "{broker:?} {authority:?}"
            );
        }
        let odd = StatusResult {
            provider_status: Some("renewed".to_owned()),
            ..said(Ok(Some(L::Unknown)))
        };
        assert_eq!(
            flags(&said(Ok(Some(L::Active))), &odd),
            [],
            "a word that is not understood accuses nobody"
        );
    }

    #[test]
    fn of_two_numbers_that_the_digits_may_stand_for_a_revoked_one_counts_and_unknown_means_both() {
        for (one, other, expected) in [
            (
                Ok(Some(L::Good)),
                Ok(Some(L::Revoked)),
                Ok(Some(L::Revoked)),
            ),
            (
                Err(ErrorCode::Timeout),
                Ok(Some(L::Revoked)),
                Ok(Some(L::Revoked)),
            ),
            (Ok(None), Ok(Some(L::Good)), Ok(Some(L::Good))),
            (Ok(None), Err(ErrorCode::Timeout), Err(ErrorCode::Timeout)),
            (
                Ok(Some(L::Good)),
                Err(ErrorCode::Timeout),
                Err(ErrorCode::Timeout),
            ),
            (Ok(None), Ok(None), Ok(None)),
        ] {
            let shown = |word: &StatusResult| {
                (
                    word.status,
                    word.found,
                    word.error.as_ref().map(|error| error.code),
                )
            };
            let expected = shown(&said(expected));
            assert_eq!(
                shown(&gravest(said(one), said(other))),
                expected,
                "{one:?} {other:?}"
            );
            assert_eq!(
                shown(&gravest(said(other), said(one))),
                expected,
                "{other:?} {one:?}"
            );
        }
    }
}
