//! One run of an order at one place: certificates are read in groups, changed one by one, and read
//! again in groups, and several of them are in progress side by side.

use std::cell::RefCell;
use std::collections::HashSet;

use futures_util::future;
use futures_util::stream::{self, StreamExt};
use tokio::sync::Semaphore;

use super::answer::{InactivateResult, Outcome};
use super::certificate::{CertificateChange, Command, Decision};
use super::evidence::{SentWrite, prove};
use super::protected::Protection;
use super::sessions::SessionSteps;
use crate::error::Error;
use crate::provider::{CallContext, FoundCertificate, Spellings, StatusWriter};
use crate::request::{CertificateReference, OrderItem};
use crate::transport::{MAX_CONCURRENT_CALLS, out_of_time};

/// One run of an order at one place.
pub(super) struct PlaceRun<'a> {
    pub(super) context: &'a CallContext<'a>,
    pub(super) status_writer: &'a dyn StatusWriter,
    command: Command<'a>,
    protection: Protection<'a>,
    sessions: SessionSteps<'a>,
    /// The turns to look a group up, and to change it: see [`PlaceRun::groups_at_once`].
    lookup_turns: Semaphore,
    change_turns: Semaphore,
    /// The error that ends the run: it concerns the whole order, the provider throttles, or time is
    /// up. Trying the other certificates would only repeat it.
    stopped: RefCell<Option<Error>>,
    /// The certificates whose change has begun, by the texts by which the provider's write knows
    /// them.
    begun: RefCell<HashSet<(String, Option<String>)>>,
    /// The indexes of references to a certificate that an earlier reference names, too.
    repeated: RefCell<HashSet<usize>>,
}

/// The results of a run by index; `None` for a certificate that has none yet.
struct Results(Vec<Option<InactivateResult>>);

impl Results {
    fn insert(&mut self, results: impl IntoIterator<Item = (usize, InactivateResult)>) {
        for (index, result) in results {
            if let Some(slot) = self.0.get_mut(index) {
                *slot = Some(result);
            }
        }
    }

    fn lacks(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(Option::is_none)
    }
}

impl<'a> PlaceRun<'a> {
    pub(super) fn new(
        context: &'a CallContext<'a>,
        status_writer: &'a dyn StatusWriter,
        command: Command<'a>,
    ) -> Self {
        let turns = || {
            Semaphore::new(match status_writer.group_size() {
                0 | 1 => MAX_CONCURRENT_CALLS,
                _ => 1,
            })
        };
        Self {
            context,
            status_writer,
            command,
            lookup_turns: turns(),
            change_turns: turns(),
            protection: Protection::new(context, status_writer, command.target),
            sessions: SessionSteps::new(context, status_writer, command),
            stopped: RefCell::default(),
            begun: RefCell::default(),
            repeated: RefCell::default(),
        }
    }

    /// Changes every certificate; the results are in the order of the items. All certificates
    /// are looked up under the caller's own spelling first, so that a known certificate need not
    /// wait while the other spellings of an unknown one are tried. A repeated reference comes last,
    /// when its certificate has been changed.
    pub(super) async fn results(&self, items: &'a [OrderItem]) -> Vec<InactivateResult> {
        let mut results = Results(items.iter().map(|_| None).collect());
        let changes = self.changes(items);
        for spellings in [Spellings::Own, Spellings::Others] {
            let open: Vec<CertificateChange<'a>> = changes
                .iter()
                .filter(|change| {
                    results.lacks(change.index) && !self.repeated.borrow().contains(&change.index)
                })
                .copied()
                .collect();
            results.insert(self.change_in_groups(&open, spellings).await);
        }
        let repeated = self.repeated.take();
        for change in changes
            .iter()
            .filter(|change| repeated.contains(&change.index))
        {
            self.begun.take();
            let change = CertificateChange {
                // The write for the earlier reference was forced.
                is_forced: false,
                ..*change
            };
            for spellings in [Spellings::Own, Spellings::Others] {
                if results.lacks(change.index) {
                    results.insert(self.change_group(&[change], spellings).await);
                }
            }
        }
        results
            .0
            .into_iter()
            .zip(&changes)
            .map(|(result, change)| result.unwrap_or_else(|| change.not_found()))
            .collect()
    }

    fn changes(&self, items: &'a [OrderItem]) -> Vec<CertificateChange<'a>> {
        let change = |(index, item): (usize, &'a OrderItem)| CertificateChange {
            index,
            scope: self.status_writer.scope(),
            reference: &item.certificate,
            expected: item.expected,
            is_forced: self.command.force && !item.is_done,
            command: self.command,
        };
        items.iter().enumerate().map(change).collect()
    }

    async fn change_in_groups(
        &self,
        changes: &[CertificateChange<'a>],
        spellings: Spellings,
    ) -> Vec<(usize, InactivateResult)> {
        let groups: Vec<&[CertificateChange<'a>]> = changes
            .chunks(self.status_writer.group_size().max(1))
            .collect();
        let at_once = self.groups_at_once().min(groups.len()).max(1);
        let results = stream::iter(groups)
            .map(|group| self.change_group(group, spellings))
            .buffer_unordered(at_once);
        results.collect::<Vec<_>>().await.concat()
    }

    /// Number of groups that are in progress side by side. Of groups of one certificate, as many as
    /// the rate limit allows if each takes a second: more would be looked up long before their write,
    /// or in vain. Of larger groups, three: one is looked up and one is read again while the third is
    /// changed. They take turns, because lookups side by side would let the first change wait for all
    /// of them.
    fn groups_at_once(&self) -> usize {
        if self.status_writer.group_size() > 1 {
            return 3;
        }
        let in_a_second = self
            .context
            .limiter
            .calls_in_a_second(self.status_writer.scope().provider);
        in_a_second.map_or(MAX_CONCURRENT_CALLS, |calls| {
            calls.saturating_add(1).clamp(2, MAX_CONCURRENT_CALLS)
        })
    }

    /// The error because of which no further certificate is tried.
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

    /// Ends the run, if this is an error that ends it. Returns whether the run had not ended before.
    fn stop(&self, error: &Error) -> bool {
        let mut stopped = self.stopped.borrow_mut();
        let is_first = stopped.is_none();
        if is_first && error.ends_the_request() {
            *stopped = Some(error.clone());
        }
        is_first
    }

    fn stop_after(&self, result: &InactivateResult) {
        if let Some(error) = &result.error {
            self.stop(error);
        }
    }

    /// Changes the certificates of a group. Certificates that the provider does not know under
    /// these spellings have no result.
    async fn change_group(
        &self,
        group: &[CertificateChange<'a>],
        spellings: Spellings,
    ) -> Vec<(usize, InactivateResult)> {
        let lookup = self.lookup_turns.acquire().await;
        if let Some(error) = self.reason_to_stop() {
            return group
                .iter()
                .map(|change| (change.index, change.not_attempted(error.clone(), None)))
                .collect();
        }
        let (found, mut results) = self.find(group, spellings).await;
        drop(lookup);
        let change = self.change_turns.acquire().await;
        let indexes: Vec<usize> = found.iter().map(|(change, _)| change.index).collect();
        let writes = stream::iter(found)
            .map(|(change, found)| self.write(change, found))
            .buffer_unordered(MAX_CONCURRENT_CALLS)
            .collect::<Vec<_>>();
        let (writes, ()) = future::join(writes, self.sessions.ask_for_client_ids(indexes)).await;
        drop(change);
        let mut sent = Vec::new();
        for write in writes {
            match write {
                Ok(write) => sent.push(write),
                Err(result) => results.push(result),
            }
        }
        for (index, result) in prove(self.status_writer, self.context.deadline, sent).await {
            self.stop_after(&result);
            results.push((index, result));
        }
        self.sessions.end(&mut results).await;
        results
    }

    /// The certificates of a group that are to be changed, and the results of those that are not.
    async fn find(
        &self,
        group: &[CertificateChange<'a>],
        spellings: Spellings,
    ) -> (
        Vec<(CertificateChange<'a>, FoundCertificate)>,
        Vec<(usize, InactivateResult)>,
    ) {
        let references: Vec<&CertificateReference> =
            group.iter().map(|change| change.reference).collect();
        let answers = self.status_writer.find(&references, spellings).await;
        let asks_for_all = self.protection.needs_client_ids();
        self.sessions.keep(group, &answers, asks_for_all).await;
        let (mut to_change, mut results) = (Vec::new(), Vec::new());
        for (change, answer) in group.iter().zip(answers) {
            let contradiction = match &answer {
                Ok(Some(found)) => self.contradiction(change.index, found),
                _ => None,
            };
            match answer {
                // The first certificate has met the error that ends the run; no call was made for
                // the others.
                Err(error) if error.ends_the_request() && !self.stop(&error) => {
                    results.push((change.index, change.not_attempted(error, None)))
                }
                answer => match change.decide(answer, contradiction) {
                    Decision::Finished(result) => {
                        self.stop_after(&result);
                        results.push((change.index, *result));
                    }
                    Decision::NotFound => {}
                    Decision::Change(found) => {
                        let names = (found.key.clone(), found.ca_key.clone());
                        if self.begun.borrow_mut().insert(names) {
                            to_change.push((*change, *found));
                        } else {
                            self.repeated.borrow_mut().insert(change.index);
                        }
                    }
                },
            }
        }
        (to_change, results)
    }

    /// The outcome and the error of a certificate that was found and must not be changed.
    fn contradiction(&self, index: usize, found: &FoundCertificate) -> Option<(Outcome, Error)> {
        self.sessions.contradiction(index).or_else(|| {
            self.protection
                .refusal(&found.certificate, self.sessions.tied(index))
        })
    }

    /// Sends the write for one certificate. The error is its result: nothing has changed.
    async fn write(
        &self,
        change: CertificateChange<'a>,
        found: FoundCertificate,
    ) -> Result<SentWrite<'a>, (usize, InactivateResult)> {
        if let Some(error) = self.stopped.borrow().clone() {
            return Err((change.index, change.not_attempted(error, Some(&found))));
        }
        change.audit_begin(&found);
        let sent = SentWrite::send(self.status_writer, change, found).await;
        if let Err((_, result)) = &sent {
            self.stop_after(result);
        }
        sent
    }
}
