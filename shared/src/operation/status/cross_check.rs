//! Compares the broker's status of a certificate with the certificate authority's. Nothing else
//! finds a revoked certificate that can still connect.

use super::answer::{CrossChecked, Flag, StatusResult};
use super::lookup::look_up;
use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, RequestId, SerialNumber, Source};
use crate::provider::{CallContext, StatusReader, status_reader};
use crate::request::{CertificateReference, CrossCheck};

/// The certificate authority of a cross check.
pub(super) struct Authority<'a> {
    context: &'a CallContext<'a>,
    status_reader: Box<dyn StatusReader + 'a>,
}

impl<'a> Authority<'a> {
    /// Connects to the certificate authority.
    ///
    /// # Errors
    /// `unsupported` when the provider is no certificate authority, and the errors of
    /// [`status_reader`].
    pub(super) fn new(
        context: &'a CallContext<'a>,
        cross_check: &CrossCheck,
    ) -> Result<Self, Error> {
        if !cross_check.provider.is_certificate_authority() {
            let detail = format!(
                "cross_check.provider must be a certificate authority, like alibaba-pca, not {}",
                cross_check.provider
            );
            return Err(
                Error::new(ErrorCode::Unsupported, detail).with_field("cross_check.provider")
            );
        }
        let source = Source {
            provider: cross_check.provider,
            region: cross_check.region.clone(),
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

    /// Looks up the serial numbers of all these results and adds the authority's statuses. Returns
    /// the authority's request ids.
    pub(super) async fn check(&self, results: Vec<&mut StatusResult>) -> Vec<RequestId> {
        let numbers: Vec<Vec<SerialNumber>> =
            results.iter().map(|result| numbers(result)).collect();
        let nameless = CertificateReference::default();
        let named = |number: &SerialNumber| CertificateReference {
            serial_number: Some(number.clone()),
            ..CertificateReference::default()
        };
        let references: Vec<CertificateReference> = numbers.iter().flatten().map(named).collect();
        let lookup = look_up(
            self.context,
            self.status_reader.as_ref(),
            &references,
            false,
        )
        .await;
        let mut found = lookup.results.into_iter();
        for (result, numbers) in results.into_iter().zip(numbers) {
            let at_authority = found
                .by_ref()
                .take(numbers.len())
                .reduce(most_severe)
                .unwrap_or_else(|| {
                    let error = Error::invalid(
                        "serial_number",
                        "the certificate's serial number is unknown, so the authority cannot look it up",
                    );
                    StatusResult::new(&nameless, Err(error), self.context.now)
                });
            self.add(result, at_authority);
        }
        lookup.request_ids
    }

    fn add(&self, result: &mut StatusResult, at_authority: StatusResult) {
        result.flags = Some(flags(result, &at_authority));
        let scope = self.status_reader.scope();
        result.cross_check = Some(CrossChecked {
            provider: scope.provider,
            region: scope.region.clone(),
            found: at_authority.found,
            status: at_authority.status,
            provider_status: at_authority.provider_status,
            revoked_at: at_authority.revoked_at,
            error: at_authority.error,
        });
    }
}

/// The serial numbers under which the authority may know the certificate: the one in the broker's
/// record or in the certificate, not the caller's spelling of it, and, where the base of its digits
/// is unknown, their decimal reading.
fn numbers(result: &StatusResult) -> Vec<SerialNumber> {
    let is_open = result.found && result.serial_number_base.is_none();
    let other = result
        .serial_number
        .as_ref()
        .filter(|_| is_open)
        .and_then(SerialNumber::read_as_decimal);
    result.serial_number.iter().cloned().chain(other).collect()
}

/// The more severe of the authority's results for two serial numbers, one of which is the
/// certificate's. A revocation of either counts; the certificate is unknown only when both are.
fn most_severe(one: StatusResult, other: StatusResult) -> StatusResult {
    let severity = |result: &StatusResult| match (result.status, &result.error) {
        (LifecycleStatus::Revoked, _) => 3,
        (_, Some(_)) => 2,
        _ if !is_unknown(result) => 1,
        _ => 0,
    };
    if severity(&other) > severity(&one) {
        other
    } else {
        one
    }
}

/// Whether the authority reports that it does not know the certificate. An undocumented status does
/// not report that.
fn is_unknown(result: &StatusResult) -> bool {
    let status = result.provider_status.as_deref();
    let reports_unknown = status.is_some_and(|status| status.eq_ignore_ascii_case("unknown"));
    result.error.is_none() && (!result.found || reports_unknown)
}

/// The dangerous combinations of both statuses. There is none when the authority could not look the
/// certificate up.
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

    fn result(status: Result<Option<LifecycleStatus>, ErrorCode>) -> StatusResult {
        let spelling = |status| match status {
            L::Unknown => "unknown".to_owned(),
            other => format!("{other:?}"),
        };
        let now = Timestamp::from_epoch_milliseconds(1_763_800_000_000).unwrap();
        let reference = CertificateReference::default();
        let record = status.map_err(|code| Error::new(code, "it failed"));
        let record = record.map(|status| {
            let record = |status| ProviderRecord {
                status,
                provider_status: Some(spelling(status)),
                ..ProviderRecord::default()
            };
            status.map(|status| record(status).into_certificate(now, false))
        });
        StatusResult::new(&reference, record, now)
    }

    #[test]
    fn every_pair_of_statuses_has_its_flags() {
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
                flags(&result(broker), &result(authority)),
                expected,
                "{broker:?} {authority:?}"
            );
        }
        let odd = StatusResult {
            provider_status: Some("renewed".to_owned()),
            ..result(Ok(Some(L::Unknown)))
        };
        assert_eq!(
            flags(&result(Ok(Some(L::Active))), &odd),
            [],
            "an undocumented status raises no flag"
        );
    }

    #[test]
    fn a_revocation_under_either_serial_number_counts_and_unknown_needs_both() {
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
            let shown = |result: &StatusResult| {
                (
                    result.status,
                    result.found,
                    result.error.as_ref().map(|error| error.code),
                )
            };
            let expected = shown(&result(expected));
            assert_eq!(
                shown(&most_severe(result(one), result(other))),
                expected,
                "{one:?} {other:?}"
            );
            assert_eq!(
                shown(&most_severe(result(other), result(one))),
                expected,
                "{other:?} {one:?}"
            );
        }
    }
}
