//! Compares the names of a certificate in an order with the facts that the provider shows. An order
//! is carried out only on a certificate that is shown to have all of them: a name that cannot be
//! compared refuses the order as one that differs does.

use crate::error::{Concerns, Error};
use crate::model::{Certificate, SerialNumber, SerialNumberBase};
use crate::operation::contradiction;
use crate::provider::FoundCertificate;
use crate::request::CertificateReference;

/// The error where the certificate that was found is not shown to be the one that the order names.
pub(super) fn not_shown_to_be_meant(
    reference: &CertificateReference,
    found: &FoundCertificate,
) -> Option<Error> {
    let certificate = &found.certificate;
    contradiction(reference, certificate)
        .or_else(|| unclear_record(reference, found))
        .or_else(|| missing(reference, certificate))
        .or_else(|| unclear_base(reference, certificate))
}

fn refusal(member: &str, detail: String) -> Error {
    Error {
        concerns: Concerns::Parameters,
        ..Error::invalid(member, detail)
    }
}

/// The error where the provider's record and the certificate itself differ in a fact that was named.
/// AWS does not document that its id is the certificate's hash: where the id is named, and the
/// provider finds the certificate by it, it is shown whatever the hash is.
fn unclear_record(reference: &CertificateReference, found: &FoundCertificate) -> Option<Error> {
    let is_named = |member: &str| match member {
        "serial_number" => reference.serial_number.is_some(),
        "fingerprint_sha256" => reference
            .fingerprint_sha256
            .as_ref()
            .is_some_and(|named| named.as_str() != found.key),
        _ => false,
    };
    let disagreement = found
        .certificate
        .disagreements
        .iter()
        .find(|disagreement| is_named(disagreement.member))?;
    let member = disagreement.member;
    let detail = format!(
        "the provider's record has the {member} {} and the certificate itself has {}, so the certificate is not shown to be the one \
         that {member} names",
        disagreement.provider, disagreement.certificate
    );
    Some(refusal(member, detail))
}

/// The error where the provider does not show a fact that was named.
fn missing(reference: &CertificateReference, certificate: &Certificate) -> Option<Error> {
    let names = [
        (
            "serial_number",
            reference.serial_number.is_some(),
            certificate.serial_number.is_some(),
            "the provider's record has no serial number, and the certificate itself cannot be read",
        ),
        (
            "ca_serial_number",
            reference.ca_serial_number.is_some(),
            certificate.ca_serial_number.is_some(),
            "the provider's record does not show the serial number of the CA",
        ),
        (
            "provider_serial_number",
            reference.provider_serial_number.is_some(),
            certificate.provider_serial_number.is_some(),
            "the provider has no text of its own for the serial number",
        ),
        (
            "provider_ca_serial_number",
            reference.provider_ca_serial_number.is_some(),
            certificate.provider_ca_serial_number.is_some(),
            "the provider has no text of its own for the CA's serial number",
        ),
        (
            "fingerprint_sha256",
            reference.fingerprint_sha256.is_some(),
            certificate.fingerprint_sha256.is_some(),
            "the provider does not show the certificate itself",
        ),
    ];
    let (member, _, _, reason) = names
        .into_iter()
        .find(|(_, is_named, is_shown, _)| *is_named && !is_shown)?;
    let detail = format!(
        "{reason}, so {member} cannot be compared; leave {member} out to rely on the other names alone"
    );
    Some(refusal(member, detail))
}

/// The error where the provider does not document the base of its serial numbers, and the digits
/// that it shows only may be the number that was named.
fn unclear_base(reference: &CertificateReference, certificate: &Certificate) -> Option<Error> {
    if !certificate.serial_number_base_is_open {
        return None;
    }
    let numbers = [
        (
            "serial_number",
            &reference.serial_number,
            certificate.serial_number.as_ref().map(|number| Digits {
                number: number.clone(),
                is_decided: certificate.serial_number_base.is_some()
                    || number.read_as_decimal().is_none(),
            }),
        ),
        (
            "ca_serial_number",
            &reference.ca_serial_number,
            ca_digits(certificate),
        ),
    ];
    for (member, named, shown) in numbers {
        if let (Some(named), Some(shown)) = (named, shown)
            && !shown.are_shown_to_be(named)
        {
            let detail = if shown.is_decided {
                format!(
                    "{member} differs: the certificate that was found has {}",
                    shown.number
                )
            } else {
                format!(
                    "the provider does not show whether its digits {} are hex or decimal, so they are not shown to be {named} in hex; \
                     leave {member} out and name the provider's own text as provider_{member}",
                    shown.number
                )
            };
            return Some(refusal(member, detail));
        }
    }
    None
}

/// A serial number as the provider shows it.
struct Digits {
    number: SerialNumber,
    /// Whether the base of its text is known. Where it is not, the number is that of hex digits.
    is_decided: bool,
}

impl Digits {
    /// Whether a caller's number is this one. The caller's own digits may be decimal: the lookup has
    /// ruled out that they mean another certificate. Where the provider's base is not known, a copy
    /// of its digits means them in either base, and a number that is marked as hex does not.
    fn are_shown_to_be(&self, named: &SerialNumber) -> bool {
        let as_decimal = named.read_as_decimal();
        if self.is_decided {
            *named == self.number || as_decimal.as_ref() == Some(&self.number)
        } else {
            *named == self.number && as_decimal.is_some()
        }
    }
}

/// The CA's serial number. No certificate decides its base, but a vendor writes both numbers in one
/// base.
fn ca_digits(certificate: &Certificate) -> Option<Digits> {
    let digits = certificate.ca_serial_number.clone()?;
    let Some(as_decimal) = digits.read_as_decimal() else {
        return Some(Digits {
            number: digits,
            is_decided: true,
        });
    };
    let base = certificate
        .serial_number_base
        .filter(|_| shows_a_base(certificate));
    Some(Digits {
        number: match base {
            Some(SerialNumberBase::Decimal) => as_decimal,
            _ => digits,
        },
        is_decided: base.is_some(),
    })
}

/// Whether the vendor's text of the certificate has another value in each base. A single digit has
/// not, and shows no base.
fn shows_a_base(certificate: &Certificate) -> bool {
    let is_single_digit = |number: &SerialNumber| matches!(number.as_str().as_bytes(), [b'0', digit] if digit.is_ascii_digit());
    !certificate
        .serial_number
        .as_ref()
        .is_some_and(is_single_digit)
}

#[cfg(test)]
mod tests;
