//! The client ids of an order, compared with those that the provider ties to a certificate.

use super::answer::Outcome;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{ClientId, quoted};

/// Number of client ids that an error shows.
const MOST_SHOWN: usize = 3;

/// The reason for which an order has client ids of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientIdsAre {
    /// The caller has named them.
    Named,
    /// The certificate was selected by them.
    Selected {
        /// Whether it may be other clients', too.
        allow_shared: bool,
    },
}

/// Why a certificate is left alone because of the client ids that an order has of it.
pub(super) fn contradiction(
    client_ids: &[ClientId],
    tied: &[String],
    are: ClientIdsAre,
) -> Option<(Outcome, Error)> {
    let is_tied = |client: &&ClientId| tied.iter().any(|tied| tied == client.as_str());
    let other = client_ids.iter().find(|client| !is_tied(client));
    let error = match (other, are) {
        // A provider that ties no client at all leaves it to the caller to name them.
        (_, ClientIdsAre::Named) if tied.is_empty() => return None,
        (None, ClientIdsAre::Selected { allow_shared }) if tied.len() > 1 && !allow_shared => {
            shared_by(tied)
        }
        (None, _) => return None,
        (Some(other), ClientIdsAre::Named) => {
            let detail = format!(
                "the provider ties other client ids to this certificate than {}; name only its own, or leave client_ids out",
                quoted(other.as_str())
            );
            Error::invalid("client_ids", detail).about(Concerns::Parameters)
        }
        (Some(other), ClientIdsAre::Selected { .. }) => {
            let detail = format!(
                "the certificate was selected by the client id {} and is not that client's any more; select again",
                quoted(other.as_str())
            );
            Error::new(ErrorCode::Conflict, detail)
        }
    };
    Some((Outcome::Refused, error))
}

/// The error of a certificate that was selected by a client id and belongs to all of these.
pub(super) fn shared_by(client_ids: &[String]) -> Error {
    let shown: Vec<String> = client_ids
        .iter()
        .take(MOST_SHOWN)
        .map(|id| quoted(id))
        .collect();
    let count = client_ids.len();
    may_be_shared(&format!(
        "belongs to {count} devices, like {}",
        shown.join(", ")
    ))
}

/// The error of a certificate that was selected by a client id, for this reason.
pub(super) fn may_be_shared(reason: &str) -> Error {
    let detail =
        format!("the certificate {reason}; to inactivate it all the same, set allow_shared");
    Error::new(ErrorCode::Forbidden, detail).with_field("allow_shared")
}
