//! Interleaves the certificates of several sources into one list.

use std::cmp::Ordering;

use super::read::SourceReply;
use crate::operation::describe::answer::SourcedCertificate;
use crate::operation::describe::listing::Collected;
use crate::request::SortOrder;

/// Chooses the certificates to show and their sequence, as indexes of their sources. Each turn takes
/// the first of the sources' next certificates, so that the rest of each source is the end of its
/// list.
pub(super) fn turns(
    replies: &mut [SourceReply<'_>],
    limit: Option<usize>,
    order: SortOrder,
) -> Vec<usize> {
    let mut turns = Vec::new();
    while turns.len() < limit.unwrap_or_default() {
        let candidates = replies
            .iter()
            .enumerate()
            .filter_map(|(index, reply)| Some((index, reply.candidate()?)));
        let first = candidates.reduce(|first, next| {
            if order.compare(next.1, first.1) == Ordering::Less {
                next
            } else {
                first
            }
        });
        let Some(index) = first.map(|(index, _)| index) else {
            break;
        };
        if let Some(reply) = replies.get_mut(index) {
            reply.shown = reply.shown.saturating_add(1);
            turns.push(index);
        }
    }
    turns
}

/// The certificates in the sequence of the turns.
pub(super) fn interleave(
    replies: Vec<SourceReply<'_>>,
    turns: &[usize],
) -> Vec<SourcedCertificate> {
    let mut lists: Vec<_> = replies
        .into_iter()
        .map(|reply| {
            let scope = reply.read.scope().cloned();
            let certificates = reply
                .outcome
                .ok()
                .flatten()
                .map(Collected::into_certificates);
            (scope, certificates)
        })
        .collect();
    let next = |index: &usize| {
        let (scope, certificates) = lists.get_mut(*index)?;
        let described = certificates.as_mut()?.next()?;
        let scope = scope.clone()?;
        Some(SourcedCertificate {
            provider: scope.provider,
            region: scope.region,
            instance_id: scope.instance_id,
            described,
        })
    };
    turns.iter().filter_map(next).collect()
}
