//! The answer of inactivate.

use serde::Serialize;

use crate::error::Error;
use crate::model::{
    Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber, SerialNumberBase,
};
use crate::operation::{Answer, counted, place};
use crate::request::{InactivateRequest, Summary};

/// The answer of inactivate.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateAnswer {
    /// `inactivate`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "inactivate")))]
    pub operation: &'static str,
    /// Provider that was called.
    pub provider: ProviderName,
    /// Region that was called.
    pub region: Region,
    /// MQTT instance id; `null` for providers without instances.
    pub instance_id: Option<InstanceId>,
    /// Whether this was a dry run, which changes nothing.
    pub dry_run: bool,
    /// Id of the order, the same in the answer of every part, in the log and in the results queue.
    pub order_id: String,
    /// Number of the part of the order that this answer is for, counted from 1.
    pub part: u32,
    /// Whether no certificate of the order is left to do.
    pub last: bool,
    /// One result for each certificate, in the order of the request.
    pub results: Vec<InactivateResult>,
    /// Number of results with each outcome.
    pub summary: Summary,
    /// Number of certificates of the whole order with each outcome; `null` except in its last part.
    pub order_summary: Option<Summary>,
    /// Request for exactly the certificates that are left to do; `null` where none is left, and
    /// where the function continues the order itself.
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
    /// It is inactive now, on the evidence of the provider's success answer or of a read.
    Inactivated,
    /// It was inactive before.
    AlreadyInactive,
    /// It would be inactivated; this was a dry run.
    WouldInactivate,
    /// The provider does not know it.
    NotFound,
    /// A rule of the function or of the provider forbids the change.
    Refused,
    /// It was not changed.
    Failed,
    /// The change was sent, and neither its answer nor its effect could be read.
    Unknown,
    /// It was not tried.
    NotAttempted,
}

/// The number of results with each outcome.
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

/// Outcome for one certificate, and its evidence.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateResult {
    /// Canonical serial number; `null` when the request named only the fingerprint and the
    /// certificate was not found.
    pub serial_number: Option<SerialNumber>,
    /// Serial number in the provider's spelling; `null` when the certificate was not found, or the
    /// provider knows it by another name.
    pub provider_serial_number: Option<String>,
    /// Base of `provider_serial_number`; `null` where its digits allow both bases and the provider
    /// does not show the certificate itself.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// SHA-256 of the certificate's DER form, where the request or the provider has it.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// Outcome for this certificate.
    pub outcome: Outcome,
    /// Status that a read showed before the change; `null` when there was no read.
    pub status_before: Option<LifecycleStatus>,
    /// Status that is known now; `null` when none is.
    pub status: Option<LifecycleStatus>,
    /// Whether a read confirms `status`.
    pub verified: bool,
    /// Provider's id of the call that changed it.
    pub provider_request_id: Option<String>,
    /// Reason why it was not changed.
    pub error: Option<Error>,
}

impl Answer for InactivateAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        self.results
            .iter()
            .filter_map(|result| result.error.as_ref())
    }

    fn subject(&self) -> Option<String> {
        Some(place(
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

    fn for_log(self) -> Self {
        self
    }

    fn goes_on(&mut self) {
        self.rest = None;
    }
}
