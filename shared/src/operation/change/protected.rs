//! The certificates that the configuration protects: nothing inactivates them, however they were
//! named.

use crate::config::{INACTIVATE_PROTECTED, NamePattern, ProtectedFilter};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, Fact, ProviderName, Timestamp};
use crate::provider::{CallContext, FoundCertificate, Target};
use crate::request::{Filter, Verdict};

/// The protection of the certificates of one provider.
pub(super) struct Protection<'a> {
    filters: Vec<Protected<'a>>,
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
    /// A certificate is protected from being inactivated only.
    pub(super) fn new(context: &CallContext<'a>, provider: ProviderName, target: Target) -> Self {
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
            now: context.now,
        }
    }

    /// The reason why a certificate that was read must not be changed: a filter matches it, or is
    /// not shown not to.
    pub(super) fn refusal(&self, found: &FoundCertificate) -> Option<Error> {
        let verdict = |filter: &Protected<'_>| filter.judge(&found.certificate, self.now);
        self.filters
            .iter()
            .find_map(|filter| filter.refusal(&verdict(filter)))
    }

    /// The reason why a certificate of a list must not be changed, where a filter is known to match
    /// it. The certificate's own record may show more than the list.
    pub(super) fn known_refusal(&self, certificate: &Certificate) -> Option<Error> {
        let verdict = |filter: &Protected<'_>| filter.judge(certificate, self.now);
        let known = |filter: &&Protected<'_>| verdict(filter) == Verdict::Match;
        self.filters.iter().find(known)?.refusal(&Verdict::Match)
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

    /// As in a list: a member that decides against the certificate settles it.
    fn judge(&self, certificate: &Certificate, now: Timestamp) -> Verdict {
        let Certificate {
            client_id, subject, ..
        } = certificate;
        let mut undecided = match self.numbers.judge(certificate, now) {
            Verdict::Excluded => return Verdict::Excluded,
            Verdict::Match => Vec::new(),
            Verdict::Undecided(members) => members,
        };
        for (member, decision) in [
            (
                "common_names",
                has(&self.names.common_names, &subject.common_name),
            ),
            ("client_ids", has(&self.names.client_ids, client_id)),
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

/// Whether one of the patterns means this name; `None` when the name is not known.
fn has(patterns: &[NamePattern], name: &Fact<String>) -> Option<bool> {
    match name {
        _ if patterns.is_empty() => Some(true),
        Fact::Unknown => None,
        Fact::Absent => Some(false),
        Fact::Known(name) => Some(patterns.iter().any(|pattern| pattern.matches(name))),
    }
}
