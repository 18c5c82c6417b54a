//! Interleaves the certificates of several sources into one list.

use std::cmp::Ordering;

use super::read::SourceReply;
use crate::model::Certificate;
use crate::operation::describe::answer::{SourcedCertificate, SourcedUndecided};
use crate::operation::describe::listing::{Collected, Judged};
use crate::provider::Scope;
use crate::request::{OrderBy, compare_ends};

/// Chooses the certificates to show and their sequence, as indexes of their sources. Each turn takes
/// the first of the sources' next certificates, so that the rest of each source is the end of its
/// list. Each source may have kept one certificate that is larger than its share of the answer, so
/// no turn follows one that would not fit.
pub(super) fn turns(
    replies: &mut [SourceReply<'_>],
    limit: Option<usize>,
    bytes: usize,
    order: Option<OrderBy>,
) -> Vec<usize> {
    let compare = |one: &Certificate, other: &Certificate| match order.map(OrderBy::listed) {
        Some(None) => compare_ends(one, other),
        listed => listed.flatten().unwrap_or_default().compare(one, other),
    };
    let (mut turns, mut taken) = (Vec::new(), 0_usize);
    while turns.len() < limit.unwrap_or_default() {
        let candidates = replies
            .iter()
            .enumerate()
            .filter_map(|(index, reply)| Some((index, reply.candidate()?)));
        let first = candidates.reduce(|first, next| {
            if compare(next.1, first.1) == Ordering::Less {
                next
            } else {
                first
            }
        });
        let Some(index) = first.map(|(index, _)| index) else {
            break;
        };
        if let Some(reply) = replies.get_mut(index) {
            taken = taken.saturating_add(reply.candidate_bytes());
            if taken > bytes && !turns.is_empty() {
                break;
            }
            reply.shown = reply.shown.saturating_add(1);
            turns.push(index);
        }
    }
    turns
}

/// The certificates in the sequence of the turns: those that match, and those that the filter could
/// not judge.
pub(super) fn interleave(
    replies: Vec<SourceReply<'_>>,
    turns: &[usize],
) -> (Vec<SourcedCertificate>, Vec<SourcedUndecided>) {
    let mut lists: Vec<_> = replies
        .into_iter()
        .map(|reply| {
            let scope = reply.read.scope().cloned();
            let judged = reply.outcome.ok().flatten().map(Collected::into_judged);
            (scope, judged)
        })
        .collect();
    let (mut certificates, mut undecided) = (Vec::new(), Vec::new());
    for index in turns {
        let next = lists
            .get_mut(*index)
            .and_then(|(scope, judged)| Some((scope.clone()?, judged.as_mut()?.next()?)));
        let Some((scope, judged)) = next else {
            continue;
        };
        let Scope {
            provider,
            region,
            instance_id,
        } = scope;
        match judged {
            Judged::Match(described) => certificates.push(SourcedCertificate {
                provider,
                region,
                instance_id,
                described,
            }),
            Judged::Undecided(certificate) => undecided.push(SourcedUndecided {
                provider,
                region,
                instance_id,
                undecided: certificate,
            }),
        }
    }
    (certificates, undecided)
}
