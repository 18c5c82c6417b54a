//! Checks of the certificates that a request names, before the calls and after them.

use std::fmt::Display;

use crate::error::{Concerns, Error};
use crate::model::{Certificate, quoted};
use crate::request::CertificateReference;

/// Checks that the provider can find each certificate of a request by the names given.
///
/// # Errors
/// The error of the first certificate that the provider cannot find; its field holds the index.
pub(super) fn check_each<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateReference>,
    check: impl Fn(&CertificateReference) -> Result<(), Error>,
) -> Result<(), Error> {
    certificates
        .into_iter()
        .enumerate()
        .try_for_each(|(index, reference)| {
            check(reference).map_err(|error| {
                let field = format!(
                    "certificates[{index}].{}",
                    error.field.as_deref().unwrap_or_default()
                );
                error.with_field(field)
            })
        })
}

/// The error of a certificate that the provider found by one of its names, but whose other names
/// differ from the request's. It concerns this one certificate and not the whole request.
pub(super) fn contradiction(
    reference: &CertificateReference,
    certificate: &Certificate,
) -> Option<Error> {
    let differs = |member, found: &dyn Display| {
        let detail = format!(
            "{member} differs: the certificate that the provider knows by the other names has {found}"
        );
        Some(Error {
            concerns: Concerns::Parameters,
            ..Error::invalid(member, detail)
        })
    };
    let serial_numbers = [
        (
            "serial_number",
            &reference.serial_number,
            &certificate.serial_number,
        ),
        (
            "ca_serial_number",
            &reference.ca_serial_number,
            &certificate.ca_serial_number,
        ),
    ];
    for (member, requested, found) in serial_numbers {
        if let (Some(requested), Some(found)) = (requested, found)
            && requested != found
            && !(certificate.serial_number_base_is_open && requested.may_mean(found))
        {
            return differs(member, found);
        }
    }
    let texts = [
        (
            "provider_serial_number",
            &reference.provider_serial_number,
            &certificate.provider_serial_number,
        ),
        (
            "provider_ca_serial_number",
            &reference.provider_ca_serial_number,
            &certificate.provider_ca_serial_number,
        ),
    ];
    for (member, requested, found) in texts {
        if let (Some(requested), Some(found)) = (requested, found)
            && requested.as_str() != found
        {
            return differs(member, &quoted(found));
        }
    }
    match (
        &reference.fingerprint_sha256,
        &certificate.fingerprint_sha256,
    ) {
        (Some(requested), Some(found)) if requested != found => {
            differs("fingerprint_sha256", found)
        }
        _ => None,
    }
}

/// The error of the whole request when none of its certificates could be processed: a retryable
/// error if there is one, so that callers and queues try again, otherwise an error that concerns
/// the whole request. Errors that each concern one certificate stay in the results.
pub(super) fn shared_error<'a>(
    errors: impl IntoIterator<Item = Option<&'a Error>>,
) -> Option<Error> {
    let errors: Vec<&Error> = errors.into_iter().collect::<Option<_>>()?;
    let retryable = errors.iter().find(|error| error.code.retryable());
    retryable
        .or_else(|| {
            errors
                .iter()
                .find(|error| error.concerns != Concerns::Parameters)
        })
        .map(|error| (*error).clone())
}
