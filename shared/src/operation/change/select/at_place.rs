//! Selects certificates at one place, and decides for each whether the order changes it.

use serde_json::json;

use super::MOST_SELECTED;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Certificate, ClientId, ClientIds, Source};
use crate::operation::change::admission::{check_allowed, check_in_time};
use crate::operation::change::answer::{InactivateResult, Outcome};
use crate::operation::change::certificate::result;
use crate::operation::change::clients::{may_be_shared, shared_by};
use crate::operation::change::places::OrderRun;
use crate::operation::change::protected::Protection;
use crate::operation::describe::{DescribedCertificate, whole_list};
use crate::provider::{Lister, StatusWriter, lister, status_writer};
use crate::request::{
    CertificateReference, CertificateState, Filter, InactivateRequest, OrderItem,
};

/// The certificates that a selection finds at one place.
#[derive(Default)]
pub(super) struct Selected {
    /// The certificates to change, each with the state in which it was found.
    pub(super) items: Vec<OrderItem>,
    /// Number of those whose status would be changed.
    pub(super) changes: usize,
    /// The results of those that need no change, or must not be changed.
    pub(super) settled: Vec<InactivateResult>,
    /// Number of certificates that the filter could not judge.
    pub(super) undecided_count: u64,
    /// Place, names and state of each certificate that was found.
    pub(super) states: Vec<String>,
}

impl Selected {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.settled.is_empty()
    }
}

/// A place at which the configuration and the request allow the order.
pub(super) struct AdmittedPlace<'a> {
    /// The place as the configuration completes it.
    pub(super) source: Source,
    pub(super) status_writer: Box<dyn StatusWriter + 'a>,
    pub(super) lister: Box<dyn Lister + 'a>,
}

/// Checks a place before any call to it.
///
/// # Errors
/// The reason why the order is forbidden there.
pub(super) fn admit_place<'a>(
    run: &OrderRun<'a>,
    source: Source,
) -> Result<AdmittedPlace<'a>, Error> {
    let context = run.context;
    let status_writer = status_writer(context, source)?;
    let source = Source::from(status_writer.scope());
    check_allowed(context, run.target, &source)?;
    check_in_time(context, run.request, run.order)?;
    Ok(AdmittedPlace {
        lister: lister(context, source.clone())?,
        source,
        status_writer,
    })
}

/// Selects at one place. Returns the place as the configuration completes it.
pub(super) async fn at_place(
    run: &OrderRun<'_>,
    source: Source,
    filter: &Filter,
) -> Result<(Source, Selected), Error> {
    let admitted = admit_place(run, source)?;
    let list = whole_list(run.context, admitted.lister.as_ref(), filter, MOST_SELECTED)
        .await
        .map_err(in_terms_of_select)?;
    let selected = Selected {
        undecided_count: list.undecided_count,
        ..admitted.judge(run, list.certificates)?
    };
    Ok((admitted.source, selected))
}

impl AdmittedPlace<'_> {
    /// Decides for each certificate of a list whether the order changes it.
    ///
    /// # Errors
    /// The error of a certificate about which a later request may learn more.
    pub(super) fn judge(
        &self,
        run: &OrderRun<'_>,
        certificates: Vec<DescribedCertificate>,
    ) -> Result<Selected, Error> {
        let status_writer = self.status_writer.as_ref();
        let protection = Protection::new(run.context, status_writer, run.target);
        let mut selected = Selected::default();
        for DescribedCertificate { certificate, error } in certificates {
            // A later request may learn whether the certificate belongs to that client alone.
            let is_unclear = matches!(certificate.client_ids, ClientIds::AtLeast(_));
            if let Some(error) = error.filter(|error| is_unclear && error.code.retryable()) {
                return Err(error);
            }
            let reference = CertificateReference::by_provider_names(&certificate);
            let state = json!([self.source, reference, CertificateState::of(&certificate)]);
            selected.states.push(state.to_string());
            match to_change(run, status_writer, &protection, reference, &certificate) {
                Ok(item) => {
                    let is_already = certificate.status == run.target.row().status;
                    if !is_already || run.request.force {
                        selected.changes = selected.changes.saturating_add(1);
                    }
                    selected.items.push(item);
                }
                Err(settled) => selected.settled.push(*settled),
            }
        }
        Ok(selected)
    }
}

/// The certificate with the state that the order expects, or its result if nothing is to be changed.
fn to_change(
    run: &OrderRun<'_>,
    status_writer: &dyn StatusWriter,
    protection: &Protection<'_>,
    reference: Option<CertificateReference>,
    certificate: &Certificate,
) -> Result<OrderItem, Box<InactivateResult>> {
    let target = run.target.row();
    let seen = |outcome| result(&CertificateReference::default(), outcome, Some(certificate));
    let refused = |error: Error| {
        Box::new(InactivateResult {
            error: Some(error),
            ..seen(Outcome::Refused)
        })
    };
    let is_changed = certificate.status != target.status || run.request.force;
    // The sessions of an inactive certificate are still ended.
    if !is_changed && !run.ends_sessions() {
        return Err(Box::new(seen(target.already)));
    }
    if let Some(reason) = (target.forbidden)(certificate) {
        return Err(refused(Error::new(ErrorCode::Forbidden, reason)));
    }
    if let Some(error) = protection
        .known_refusal(certificate)
        .or_else(|| shared(run.request, certificate))
    {
        return Err(refused(error));
    }
    match reference.filter(|reference| status_writer.check(reference).is_ok()) {
        Some(reference) => Ok(OrderItem {
            certificate: CertificateReference {
                client_ids: selected_by(run.request, certificate),
                ..reference
            },
            expected: Some(CertificateState::of(certificate)),
            is_done: false,
        }),
        None => {
            let detail = "the provider's record does not show the names by which it would find the certificate again";
            let error = Error::new(ErrorCode::ProviderRejected, detail);
            Err(refused(error.about(Concerns::Parameters)))
        }
    }
}

/// The error of a certificate that was selected by a client id, and is not shown to belong to that
/// client alone.
fn shared(request: &InactivateRequest, certificate: &Certificate) -> Option<Error> {
    let by_client_id = |filter: &Filter| !filter.client_ids.is_empty();
    if request.allow_shared || !request.select.as_ref().is_some_and(by_client_id) {
        return None;
    }
    match &certificate.client_ids {
        ClientIds::All(ids) if ids.len() > 1 => Some(shared_by(ids)),
        ClientIds::AtLeast(_) => Some(may_be_shared("may belong to several devices")),
        ClientIds::All(_) | ClientIds::Unknown => None,
    }
}

/// A client id of the filter that is tied to a certificate. Before the certificate is changed, it has
/// to be tied to it still.
fn selected_by(request: &InactivateRequest, certificate: &Certificate) -> Option<Vec<ClientId>> {
    let mut wanted = request.select.as_ref()?.client_ids.iter();
    let client_id = wanted.find(|id| certificate.has_client_id(id) == Some(true))?;
    Some(vec![ClientId::parse(client_id).ok()?])
}

/// The error in the caller's terms, who has sent the filter as `select`.
pub(super) fn in_terms_of_select(error: Error) -> Error {
    let member = error
        .field
        .as_deref()
        .and_then(|field| field.strip_prefix("filter."));
    match member.map(|member| format!("select.{member}")) {
        Some(field) => error.with_field(field),
        None if error.code == ErrorCode::SelectionTooLarge => error.with_field("select"),
        None => error,
    }
}
