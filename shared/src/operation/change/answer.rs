//! What inactivate answers.

use serde::Serialize;

use crate::error::Error;
use crate::model::{
    Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber, SerialNumberBase,
};
use crate::operation::{Answer, counted, place};
use crate::request::{InactivateRequest, Summary};

/// What inactivate answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateAnswer {
    /// `inactivate`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "inactivate")))]
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// The order's id, the same in every part's answer, in the log and in the results queue.
    pub order_id: String,
    /// Which part of the order this answer tells of, counted from 1.
    pub part: u32,
    /// Whether nothing of the order is left to do.
    pub last: bool,
    /// One for each certificate, in the order asked.
    pub results: Vec<InactivateResult>,
    /// How many results have each outcome.
    pub summary: Summary,
    /// How many certificates of the whole order have each outcome; `null` but in its last part.
    pub order_summary: Option<Summary>,
    /// The request that goes on with exactly the certificates that are left to do; `null` where
    /// none is left, and where the function goes on with them itself.
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "crate::schema::request_or_null")
    )]
    pub rest: Option<InactivateRequest>,
}

/// What became of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is off now, on the evidence of the provider's success answer or of a read.
    Inactivated,
    /// It was off before.
    AlreadyInactive,
    /// It would be switched off; this was a dry run.
    WouldInactivate,
    /// The provider does not know it.
    NotFound,
    /// A rule here or at the provider forbids it.
    Refused,
    /// It was not switched off.
    Failed,
    /// The order was sent and not answered, and its state cannot be read.
    Unknown,
    /// It was not tried.
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

/// What became of one certificate, and how that is known.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InactivateResult {
    /// Canonical serial number; `null` when only the fingerprint was given and the certificate was
    /// not found.
    pub serial_number: Option<SerialNumber>,
    /// The spelling that the provider knows; `null` when it was not found, or knows it by another
    /// name.
    pub provider_serial_number: Option<String>,
    /// How `provider_serial_number` was read; `null` where its digits allow both bases and the
    /// certificate is not at hand.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// SHA-256 of the DER form, where it was given or is known.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// What became of it.
    pub outcome: Outcome,
    /// What a read said before; `null` when there was none.
    pub status_before: Option<LifecycleStatus>,
    /// What is known of it now; `null` when nothing is.
    pub status: Option<LifecycleStatus>,
    /// Whether a read confirms `status`.
    pub verified: bool,
    /// The provider's id of the call that changed it.
    pub provider_request_id: Option<String>,
    /// Why it was not switched off.
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
