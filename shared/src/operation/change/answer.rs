//! The answer of inactivate.

use serde::Serialize;

use crate::error::Error;
use crate::model::{
    Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, RequestId, SerialNumber,
    SerialNumberBase,
};
use crate::operation::{Answer, Extent, counted, scope_path};
use crate::request::{InactivateRequest, Summary};

/// Answer to an inactivate request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateAnswer {
    /// Name of the operation: `inactivate`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "inactivate")))]
    pub operation: &'static str,
    /// Provider that was called.
    pub provider: ProviderName,
    /// Region that was called.
    pub region: Region,
    /// MQTT instance that was called; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// Whether the request was a dry run, which changes nothing.
    pub dry_run: bool,
    /// Id of the order: the same in the answer to each part, in the log and in the results queue.
    pub order_id: String,
    /// Number of the part of the order that this answer reports, counted from 1.
    pub part: u32,
    /// Whether this is the last part of the order.
    pub last: bool,
    /// One result for each certificate, in the order of the request.
    pub results: Vec<InactivateResult>,
    /// Number of results by outcome.
    pub summary: Summary,
    /// Number of certificates of the whole order by outcome; `null` unless this is the last part.
    pub order_summary: Option<Summary>,
    /// Request that continues with exactly the remaining certificates; `null` when none remains,
    /// and when the function continues by itself.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::request_or_null")
    )]
    pub rest: Option<InactivateRequest>,
}

/// Outcome for one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The certificate is inactive now, as the provider's success answer or a read proves.
    Inactivated,
    /// The certificate was inactive before.
    AlreadyInactive,
    /// The certificate would be inactivated; this was a dry run.
    WouldInactivate,
    /// The provider does not know the certificate.
    NotFound,
    /// A rule of this deployment or of the provider forbids the change.
    Refused,
    /// The certificate was not inactivated.
    Failed,
    /// The provider did not answer the change, and the certificate's status cannot be read.
    Unknown,
    /// The change was not attempted.
    NotAttempted,
}

/// How many of these results have each outcome.
pub(super) fn summary(results: &[InactivateResult]) -> Summary {
    let count = |outcome| {
        results
            .iter()
            .filter(|result| result.outcome == outcome)
            .count()
    };
    Summary {
        inactivated: count(Outcome::Inactivated),
        already_inactive: count(Outcome::AlreadyInactive),
        would_inactivate: count(Outcome::WouldInactivate),
        not_found: count(Outcome::NotFound),
        refused: count(Outcome::Refused),
        failed: count(Outcome::Failed),
        unknown: count(Outcome::Unknown),
        not_attempted: count(Outcome::NotAttempted),
    }
}

/// Outcome for one certificate and its evidence.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateResult {
    /// Serial number in the canonical form; `null` when the request does not name it and the
    /// certificate was not found or does not show it.
    pub serial_number: Option<SerialNumber>,
    /// Serial number as the provider spells it, or else as the request does; `null` when the
    /// certificate was not found by such a text or the provider identifies it by another name.
    pub provider_serial_number: Option<String>,
    /// Base in which `provider_serial_number` was read; `null` when its digits are valid in both
    /// bases and the certificate itself is not available to decide.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// Serial number of the issuing CA's certificate as the provider spells it, from the provider
    /// or from the request.
    pub provider_ca_serial_number: Option<String>,
    /// SHA-256 fingerprint of the certificate's DER form, from the provider or from the request.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// Outcome for this certificate.
    pub outcome: Outcome,
    /// Status that a read showed before the change; `null` without such a read.
    pub status_before: Option<LifecycleStatus>,
    /// Status that is known now; `null` when it is unproven or the certificate is gone.
    pub status: Option<LifecycleStatus>,
    /// Whether a read confirms `status`.
    pub verified: bool,
    /// Provider's request id of the call that changed the status.
    pub provider_request_id: Option<RequestId>,
    /// Reason why the certificate was not inactivated.
    pub error: Option<Error>,
}

impl Answer for InactivateAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        self.results
            .iter()
            .filter_map(|result| result.error.as_ref())
    }

    fn subject(&self) -> Option<String> {
        Some(scope_path(
            self.provider,
            &self.region,
            self.instance_id.as_ref(),
        ))
    }

    fn provider_request_ids(&self) -> Vec<&str> {
        self.results
            .iter()
            .filter_map(|result| result.provider_request_id.as_deref())
            .collect()
    }

    fn counts(&self) -> Vec<(String, u64)> {
        counted("outcome", &self.summary)
    }

    fn part(&self) -> Option<(&str, usize)> {
        Some((
            &self.order_id,
            usize::try_from(self.part).unwrap_or(usize::MAX),
        ))
    }

    fn extent(&self) -> Extent {
        Extent {
            certificates: self.results.len(),
            has_more: !self.last,
        }
    }

    fn for_log(self) -> Self {
        self
    }

    fn note_continuation(&mut self) {
        self.rest = None;
    }
}
