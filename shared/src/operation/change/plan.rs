//! The ids of plans. An id states the request, the selected certificates and their states as digests,
//! so that the function stores no plan.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::ReceiptSecrets;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::request::InactivateRequest;

/// The time in which a plan can be carried out.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Begins each text that is authenticated, so that no order or receipt passes for a plan.
const PURPOSE: &[u8] = b"plan\0";
/// The members that may differ between the dry run and the order. `max_certificates` decides whether
/// an order needs a plan, and has no effect on one with a plan.
const FREE_MEMBERS: [&str; 5] = [
    "dry_run",
    "plan_id",
    "reason",
    "not_after",
    "max_certificates",
];

type Sha256Digest = [u8; 32];

/// The contents of a plan's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlanId {
    pub(super) expires_at: Timestamp,
    /// Number of certificates that would be changed.
    pub(super) certificates: u32,
    request: Sha256Digest,
    selection: Sha256Digest,
}

impl PlanId {
    /// The contents for a selection. `states` has a text for each certificate, with its place, its
    /// names and its state.
    pub(super) fn new(
        request: &InactivateRequest,
        certificates: usize,
        states: &[&str],
        now: Timestamp,
    ) -> Self {
        Self {
            // An id holds whole seconds.
            expires_at: whole_seconds(now.plus(LIFETIME)),
            certificates: u32::try_from(certificates).unwrap_or(u32::MAX),
            request: digest_of_request(request),
            selection: digest_of_selection(states),
        }
    }

    /// The id as a caller gets it.
    pub(super) fn encode(&self, secrets: Option<&ReceiptSecrets>) -> String {
        let mut bytes = self.to_bytes();
        let message = [PURPOSE, &bytes].concat();
        let mac = match secrets {
            Some(secrets) => secrets.mac(&message),
            None => Sha256::digest(&message).into(),
        };
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn to_bytes(&self) -> Vec<u8> {
        [
            &self.expires_at.epoch_seconds().to_be_bytes()[..],
            &self.certificates.to_be_bytes(),
            &self.request,
            &self.selection,
        ]
        .concat()
    }

    /// Reads the id of a plan, and checks that the plan belongs to this request and has not expired.
    ///
    /// # Errors
    /// `invalid_request` when the text is no id of a plan, or the plan belongs to another request. `conflict` when
    /// the plan has expired.
    pub(super) fn decode(
        id: &str,
        request: &InactivateRequest,
        secrets: Option<&ReceiptSecrets>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let planned = parse(id, secrets).ok_or_else(|| {
            let detail = "plan_id must be the plan.id of a dry run of this function, under its present secrets";
            Error::invalid("plan_id", detail)
        })?;
        if planned.request != digest_of_request(request) {
            let detail = format!(
                "the plan belongs to another request; only {} may differ from the dry run's",
                FREE_MEMBERS.join(", ")
            );
            return Err(Error::invalid("plan_id", detail));
        }
        if now > planned.expires_at {
            let detail = format!(
                "the plan expired at {}; plan again by a dry run",
                planned.expires_at
            );
            return Err(Error::new(ErrorCode::Conflict, detail).with_field("plan_id"));
        }
        Ok(planned)
    }

    /// Checks that a selection is the one that was planned.
    ///
    /// # Errors
    /// `conflict` with both numbers of certificates.
    pub(super) fn check(&self, certificates: usize, states: &[&str]) -> Result<(), Error> {
        if digest_of_selection(states) == self.selection {
            return Ok(());
        }
        let detail = format!(
            "the selection is not the one that was planned: {} certificates would have been changed by the plan, and {certificates} would be \
             now, or some are others or in other states; nothing was changed; plan again by a dry run",
            self.certificates
        );
        Err(Error::new(ErrorCode::Conflict, detail).with_field("plan_id"))
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    let milliseconds = moment.epoch_seconds().saturating_mul(1000);
    Timestamp::from_epoch_milliseconds(milliseconds).unwrap_or(moment)
}

fn parse(id: &str, secrets: Option<&ReceiptSecrets>) -> Option<PlanId> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let (stated, mac) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    let message = [PURPOSE, stated].concat();
    let is_authentic = match secrets {
        Some(secrets) => secrets.verify(&message, mac),
        None => Sha256::digest(&message).as_slice() == mac,
    };
    let (expires_at, rest) = stated.split_first_chunk()?;
    let (certificates, rest) = rest.split_first_chunk()?;
    let (request, rest) = rest.split_first_chunk()?;
    let selection = rest.try_into().ok()?;
    let milliseconds = i64::from_be_bytes(*expires_at).checked_mul(1000)?;
    is_authentic.then_some(PlanId {
        expires_at: Timestamp::from_epoch_milliseconds(milliseconds)?,
        certificates: u32::from_be_bytes(*certificates),
        request: *request,
        selection,
    })
}

fn digest_of_request(request: &InactivateRequest) -> Sha256Digest {
    // Plain data with text keys always serializes.
    let mut members = serde_json::to_value(request).unwrap_or_default();
    if let Value::Object(members) = &mut members {
        for member in FREE_MEMBERS {
            members.remove(member);
        }
    }
    Sha256::digest(members.to_string()).into()
}

/// The order in which a list shows its certificates does not count.
fn digest_of_selection(states: &[&str]) -> Sha256Digest {
    let mut sorted = states.to_vec();
    sorted.sort_unstable();
    let mut digest = Sha256::new();
    for state in sorted {
        digest.update(state);
        digest.update([0]);
    }
    digest.finalize().into()
}
