//! The certificates that a selection finds at one place, and what is to be done with each.

use serde_json::json;

use super::MOST_SELECTED;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Certificate, LifecycleStatus, ProviderText, Source};
use crate::operation::change::admission::{check_allowed, check_in_time};
use crate::operation::change::answer::{InactivateResult, Outcome};
use crate::operation::change::places::OrderRun;
use crate::operation::change::protected::Protection;
use crate::operation::describe::whole_list;
use crate::provider::{StatusWriter, lister, status_writer};
use crate::request::{CertificateReference, CertificateState, Filter, OrderItem};

/// The certificates that a selection finds at one place.
#[derive(Default)]
pub(super) struct Selected {
    /// The certificates to change, each with the state in which it was found.
    pub(super) items: Vec<OrderItem>,
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

/// Selects at one place. Returns the place as the configuration completes it.
pub(super) async fn at_place(
    run: &OrderRun<'_>,
    source: Source,
    filter: &Filter,
) -> Result<(Source, Selected), Error> {
    let context = run.context;
    let status_writer = status_writer(context, source)?;
    let source = Source::from(status_writer.scope());
    check_allowed(context, &source)?;
    check_in_time(context, run.request, run.order)?;
    let lister = lister(context, source.clone())?;
    let list = whole_list(context, lister.as_ref(), filter, MOST_SELECTED)
        .await
        .map_err(in_terms_of_select)?;
    let protection = Protection::new(context, source.provider, run.target);
    let mut selected = Selected {
        undecided_count: list.undecided_count,
        ..Selected::default()
    };
    for certificate in list.certificates.into_iter().map(|one| one.certificate) {
        let reference = reference_of(&certificate);
        selected
            .states
            .push(state_of(&source, &reference, &certificate));
        match settled(
            run,
            status_writer.as_ref(),
            &protection,
            &reference,
            &certificate,
        ) {
            Some(result) => selected.settled.push(result),
            None => selected.items.push(OrderItem {
                certificate: reference,
                expected: Some(CertificateState::of(&certificate)),
            }),
        }
    }
    Ok((source, selected))
}

/// The result of a certificate that is not to be changed.
fn settled(
    run: &OrderRun<'_>,
    status_writer: &dyn StatusWriter,
    protection: &Protection<'_>,
    reference: &CertificateReference,
    certificate: &Certificate,
) -> Option<InactivateResult> {
    let target = run.target.row();
    let refused = |error: Error| {
        Some(InactivateResult {
            error: Some(error),
            ..InactivateResult::seen(Outcome::Refused, certificate)
        })
    };
    if certificate.status == target.status && !run.request.force {
        return Some(InactivateResult::seen(target.already, certificate));
    }
    if certificate.status == LifecycleStatus::Revoked {
        return refused(Error::new(ErrorCode::Forbidden, target.revoked));
    }
    if let Some(error) = protection.known_refusal(certificate) {
        return refused(error);
    }
    let named = status_writer.check(reference).err()?;
    let detail = format!(
        "the provider's record does not show the names by which the certificate could be found again: {}",
        named.detail
    );
    refused(Error {
        concerns: Concerns::Parameters,
        ..Error::new(ErrorCode::ProviderInvalidResponse, detail)
    })
}

/// The provider's own names, and the certificate's hash where the provider shows it.
fn reference_of(certificate: &Certificate) -> CertificateReference {
    let text = |text: &Option<String>| ProviderText::parse(text.as_deref()?).ok();
    CertificateReference {
        provider_serial_number: text(&certificate.provider_serial_number),
        provider_ca_serial_number: text(&certificate.provider_ca_serial_number),
        fingerprint_sha256: certificate.fingerprint_sha256.clone(),
        ..CertificateReference::default()
    }
}

/// The certificate with its place and its state, as a plan binds it.
fn state_of(
    source: &Source,
    reference: &CertificateReference,
    certificate: &Certificate,
) -> String {
    json!([source, reference, CertificateState::of(certificate)]).to_string()
}

/// The caller has given the filter as `select`.
fn in_terms_of_select(error: Error) -> Error {
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
