//! The certificates of one order, side by side: looked up in groups, switched off one by one, and
//! read again in groups.

use std::cell::RefCell;
use std::collections::HashSet;

use futures_util::stream::{self, StreamExt};

use super::answer::InactivateResult;
use super::case::{Case, Command, Decision};
use super::evidence::{Sent, settle};
use crate::error::Error;
use crate::provider::{CallContext, FoundCertificate, Spellings, StatusWriter};
use crate::request::CertificateReference;
use crate::transport::{SIDE_BY_SIDE, out_of_time};

/// One order being carried out.
pub(super) struct Run<'a> {
    pub(super) context: &'a CallContext<'a>,
    pub(super) status_writer: &'a dyn StatusWriter,
    pub(super) command: Command<'a>,
    /// Once an error speaks of the order as a whole, the provider wants less, or time is up, trying
    /// the rest would only repeat it.
    stopped: RefCell<Option<Error>>,
    /// The certificates that are being switched off, by the names by which the provider's change
    /// knows them.
    begun: RefCell<HashSet<(String, Option<String>)>>,
    /// The places of those that another reference has named before.
    named_twice: RefCell<HashSet<usize>>,
}

fn keep(
    results: &mut [Option<InactivateResult>],
    done: impl IntoIterator<Item = (usize, InactivateResult)>,
) {
    for (place, result) in done {
        if let Some(slot) = results.get_mut(place) {
            *slot = Some(result);
        }
    }
}

/// A certificate on its way: its place in the order, and what it is to be called.
type Placed<'a, T> = (usize, Case<'a>, T);

impl<'a> Run<'a> {
    pub(super) fn new(
        context: &'a CallContext<'a>,
        status_writer: &'a dyn StatusWriter,
        command: Command<'a>,
    ) -> Self {
        Self {
            context,
            status_writer,
            command,
            stopped: RefCell::default(),
            begun: RefCell::default(),
            named_twice: RefCell::default(),
        }
    }

    /// Every certificate under the caller's own spelling first, and then under the others those
    /// that were not found: however many spellings an unknown certificate has, it keeps none
    /// waiting that is known. One that is named twice comes last, when it has been switched off.
    /// The results are in the order of the references.
    pub(super) async fn results(
        &self,
        references: &'a [CertificateReference],
    ) -> Vec<InactivateResult> {
        let mut results: Vec<Option<InactivateResult>> = references.iter().map(|_| None).collect();
        let cases: Vec<(usize, Case<'a>)> = references
            .iter()
            .map(|reference| self.case(reference))
            .enumerate()
            .collect();
        for spellings in [Spellings::Own, Spellings::Others] {
            let open: Vec<(usize, Case<'a>)> = cases
                .iter()
                .filter(|(place, _)| self.is_open(*place, &results))
                .copied()
                .collect();
            let groups: Vec<&[(usize, Case<'a>)]> = open
                .chunks(self.status_writer.group_size().max(1))
                .collect();
            let at_once = self.groups_at_once().min(groups.len()).max(1);
            let writes_at_once = SIDE_BY_SIDE.div_ceil(at_once);
            let done = stream::iter(groups)
                .map(|group| self.group(group, spellings, writes_at_once))
                .buffer_unordered(at_once);
            keep(
                &mut results,
                done.collect::<Vec<_>>().await.into_iter().flatten(),
            );
        }
        let twice = self.named_twice.take();
        for (place, case) in cases.iter().filter(|(place, _)| twice.contains(place)) {
            self.begun.take();
            for spellings in [Spellings::Own, Spellings::Others] {
                if self.is_open(*place, &results) {
                    keep(
                        &mut results,
                        self.group(&[(*place, *case)], spellings, 1).await,
                    );
                }
            }
        }
        results
            .into_iter()
            .zip(&cases)
            .map(|(result, (_, case))| result.unwrap_or_else(|| case.not_found()))
            .collect()
    }

    /// The results of an order that is not carried out.
    pub(super) fn forbidden(
        &self,
        references: &'a [CertificateReference],
        error: &Error,
    ) -> Vec<InactivateResult> {
        references
            .iter()
            .map(|reference| self.case(reference).forbidden(error.clone()))
            .collect()
    }

    fn is_open(&self, place: usize, results: &[Option<InactivateResult>]) -> bool {
        results.get(place).is_some_and(Option::is_none)
            && !self.named_twice.borrow().contains(&place)
    }

    fn case(&self, reference: &'a CertificateReference) -> Case<'a> {
        Case {
            scope: self.status_writer.scope(),
            reference,
            command: self.command,
        }
    }

    /// As many as the rate limit lets through while one certificate takes a second. More would be
    /// looked up long before their turn to be switched off comes, or in vain. Three groups of
    /// several: one is looked up and one is read again while the third is switched off.
    fn groups_at_once(&self) -> usize {
        if self.status_writer.group_size() > 1 {
            return 3;
        }
        let in_a_second = self
            .context
            .limiter
            .calls_in_a_second(self.status_writer.scope().provider);
        in_a_second.map_or(SIDE_BY_SIDE, |calls| {
            calls.saturating_add(1).clamp(2, SIDE_BY_SIDE)
        })
    }

    /// Why the next certificate is not tried.
    fn reason_to_stop(&self) -> Option<Error> {
        let leaves_time = || {
            self.context
                .limiter
                .leaves_time(self.status_writer.scope().provider, self.context.deadline)
        };
        self.stopped
            .borrow()
            .clone()
            .or_else(|| (!leaves_time()).then(out_of_time))
    }

    /// Tells whether the error is the first that stops the order.
    fn stop(&self, error: &Error) -> bool {
        let mut stopped = self.stopped.borrow_mut();
        let is_first = stopped.is_none();
        if is_first && error.ends_the_request() {
            *stopped = Some(error.clone());
        }
        is_first
    }

    /// The results of a group, but for the certificates that the provider does not know under these
    /// spellings.
    async fn group(
        &self,
        group: &[(usize, Case<'a>)],
        spellings: Spellings,
        writes_at_once: usize,
    ) -> Vec<(usize, InactivateResult)> {
        if let Some(error) = self.reason_to_stop() {
            return group
                .iter()
                .map(|(place, case)| (*place, case.not_attempted(error.clone(), None)))
                .collect();
        }
        let references: Vec<&CertificateReference> =
            group.iter().map(|(_, case)| case.reference).collect();
        let answers = self.status_writer.find(&references, spellings).await;
        let mut results = Vec::new();
        let mut found = Vec::new();
        for ((place, case), answer) in group.iter().zip(answers) {
            match answer {
                // The first one has met what stops the order; the others were not asked for.
                Err(error) if error.ends_the_request() && !self.stop(&error) => {
                    results.push((*place, case.not_attempted(error, None)))
                }
                answer => match case.decide(answer) {
                    Decision::Settled(result) => {
                        if let Some(error) = &result.error {
                            self.stop(error);
                        }
                        results.push((*place, *result));
                    }
                    Decision::NotFound => {}
                    Decision::SwitchOff(one)
                        if self
                            .begun
                            .borrow_mut()
                            .insert((one.key.clone(), one.ca_key.clone())) =>
                    {
                        found.push((*place, *case, *one));
                    }
                    Decision::SwitchOff(_) => {
                        self.named_twice.borrow_mut().insert(*place);
                    }
                },
            }
        }
        let written = stream::iter(found)
            .map(|placed| self.switch_off(placed))
            .buffer_unordered(writes_at_once);
        let mut sent = Vec::new();
        for written in written.collect::<Vec<_>>().await {
            match written {
                Ok(order) => sent.push(order),
                Err(settled) => results.push(settled),
            }
        }
        for (place, result) in settle(self, sent).await {
            if let Some(error) = &result.error {
                self.stop(error);
            }
            results.push((place, result));
        }
        results
    }

    /// Sends the order for one certificate. An error is its result: nothing has changed.
    async fn switch_off(
        &self,
        (place, case, found): Placed<'a, FoundCertificate>,
    ) -> Result<Sent<'a>, (usize, InactivateResult)> {
        if let Some(error) = self.stopped.borrow().clone() {
            return Err((place, case.not_attempted(error, Some(&found))));
        }
        case.audit(&found, "inactivating a certificate", None);
        let sent = Sent::order(self, place, case, found).await;
        if let Err((_, result)) = &sent
            && let Some(error) = &result.error
        {
            self.stop(error);
        }
        sent
    }
}
