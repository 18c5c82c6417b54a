//! The certificates that the configuration protects. No order inactivates them, by whatever name it
//! refers to them.

use super::answer::Outcome;
use crate::config::{INACTIVATE_PROTECTED, NamePattern, ProtectedFilter};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, Fact, Fingerprint, SerialNumber, Timestamp};
use crate::provider::{CallContext, StatusWriter, Target};
use crate::request::{Filter, Verdict};

/// The protection of the certificates of one provider.
pub(super) struct Protection<'a> {
    filters: Vec<Protected<'a>>,
    /// Whether the provider states client ids apart from the record of a certificate.
    states_client_ids_apart: bool,
    now: Timestamp,
}

/// A filter of protected certificates.
struct Protected<'a> {
    /// Its number in the configuration, counted from 0.
    index: usize,
    names: &'a ProtectedFilter,
    /// Its numbers and fingerprints, which are compared as in a list.
    numbers: Filter,
}

impl<'a> Protection<'a> {
    /// The protection against this change. Only inactivating is prevented.
    pub(super) fn new(
        context: &CallContext<'a>,
        status_writer: &dyn StatusWriter,
        target: Target,
    ) -> Self {
        let provider = status_writer.scope().provider;
        let protected = |(index, names): (usize, &'a ProtectedFilter)| Protected {
            index,
            names,
            numbers: Filter {
                serial_numbers: names.serial_numbers.clone(),
                fingerprints_sha256: names.fingerprints_sha256.clone(),
                ..Filter::default()
            },
        };
        let filters = match target {
            Target::Inactive => context.config.inactivate_protected.as_slice(),
            Target::Active => &[],
        };
        let filters = filters.iter().enumerate();
        Self {
            filters: filters
                .filter(|(_, names)| names.concerns(provider))
                .map(protected)
                .collect(),
            states_client_ids_apart: status_writer.states_client_ids_apart(),
            now: context.now,
        }
    }

    /// Whether the provider has to be asked for the client ids of each certificate.
    pub(super) fn needs_client_ids(&self) -> bool {
        let names_clients = |filter: &Protected<'_>| !filter.names.client_ids.is_empty();
        self.states_client_ids_apart && self.filters.iter().any(names_clients)
    }

    /// The outcome and the error of a certificate that was read and must not be changed: a filter
    /// matches it, or nothing shows that none does. `tied` are the client ids that the provider states
    /// apart from the record; `None` if it was not asked.
    pub(super) fn refusal(
        &self,
        certificate: &Certificate,
        tied: Option<Result<Vec<String>, Error>>,
    ) -> Option<(Outcome, Error)> {
        if self.filters.is_empty() {
            return None;
        }
        let client_ids = match tied {
            // The provider may answer another time.
            Some(Err(error)) if self.needs_client_ids() => return Some((Outcome::Failed, error)),
            Some(Ok(tied)) if self.states_client_ids_apart => Fact::Known(tied),
            _ => of_the_record(certificate),
        };
        let own = as_it_states_itself(certificate);
        let refusal = |filter: &Protected<'_>| {
            let mut faces = std::iter::once(certificate).chain(&own);
            faces.find_map(|face| filter.refusal(&filter.judge(face, &client_ids, self.now)))
        };
        self.filters
            .iter()
            .find_map(refusal)
            .map(|error| (Outcome::Refused, error))
    }

    /// The reason why a certificate of a list must not be changed, where a filter is known to match
    /// it. The certificate's own record may show more than the list.
    pub(super) fn known_refusal(&self, certificate: &Certificate) -> Option<Error> {
        let client_ids = of_the_record(certificate);
        let verdict = |filter: &Protected<'_>| filter.judge(certificate, &client_ids, self.now);
        let known = |filter: &&Protected<'_>| verdict(filter) == Verdict::Match;
        self.filters.iter().find(known)?.refusal(&Verdict::Match)
    }
}

/// The certificate with the facts that it states itself, where the provider's record states others:
/// nothing shows which of the two are true.
fn as_it_states_itself(certificate: &Certificate) -> Option<Certificate> {
    if certificate.disagreements.is_empty() {
        return None;
    }
    let mut own = certificate.clone();
    for disagreement in &certificate.disagreements {
        let text = disagreement.certificate.as_str();
        match disagreement.member {
            "serial_number" => own.serial_number = SerialNumber::parse(text).ok(),
            "subject.common_name" => own.subject.common_name = Fact::Known(text.to_owned()),
            "fingerprint_sha256" => own.fingerprint_sha256 = Fingerprint::parse(text).ok(),
            _ => {}
        }
    }
    Some(own)
}

/// The client ids that the record of a certificate states.
fn of_the_record(certificate: &Certificate) -> Fact<Vec<String>> {
    match (&certificate.client_id, certificate.client_ids.all()) {
        (Fact::Known(client_id), _) => Fact::Known(vec![client_id.clone()]),
        (Fact::Absent, _) => Fact::Absent,
        (Fact::Unknown, Some(client_ids)) => Fact::Known(client_ids.to_vec()),
        (Fact::Unknown, None) => Fact::Unknown,
    }
}

impl Protected<'_> {
    fn refusal(&self, verdict: &Verdict) -> Option<Error> {
        let filter = format!(
            "filter {} (counted from 0) of {INACTIVATE_PROTECTED}",
            self.index
        );
        let detail = match verdict {
            Verdict::Excluded => return None,
            Verdict::Match => format!("the certificate is protected: {filter} matches it"),
            Verdict::Undecided(members) => format!(
                "the certificate may be protected: it is not known whether {filter} matches its {}",
                members.join(" and ")
            ),
        };
        Some(Error::new(ErrorCode::Forbidden, detail))
    }

    /// Judges a certificate as in a list: one member that excludes the certificate is enough.
    fn judge(
        &self,
        certificate: &Certificate,
        client_ids: &Fact<Vec<String>>,
        now: Timestamp,
    ) -> Verdict {
        let common_names = match &certificate.subject.common_name {
            Fact::Known(name) => Fact::Known(vec![name.clone()]),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => Fact::Unknown,
        };
        let mut undecided = match self.numbers.judge(certificate, now) {
            Verdict::Excluded => return Verdict::Excluded,
            Verdict::Match => Vec::new(),
            Verdict::Undecided(members) => members,
        };
        for (member, decision) in [
            ("common_names", has(&self.names.common_names, &common_names)),
            ("client_ids", has(&self.names.client_ids, client_ids)),
        ] {
            match decision {
                Some(true) => {}
                Some(false) => return Verdict::Excluded,
                None => undecided.push(member),
            }
        }
        if undecided.is_empty() {
            Verdict::Match
        } else {
            Verdict::Undecided(undecided)
        }
    }
}

/// Whether one of the patterns matches one of these names; `None` when the names are not known.
fn has(patterns: &[NamePattern], names: &Fact<Vec<String>>) -> Option<bool> {
    let is_match = |name: &String| patterns.iter().any(|pattern| pattern.matches(name));
    match names {
        _ if patterns.is_empty() => Some(true),
        Fact::Unknown => None,
        Fact::Absent => Some(false),
        Fact::Known(names) => Some(names.iter().any(is_match)),
    }
}
