//! Facts in an X.509 certificate itself (RFC 5280).
//!
//! The elements are walked one by one, because a decoder of whole certificates refuses all facts
//! for one that is odd: a month 13, an unknown extension, bytes behind the end. Each fact is read
//! from its own place, as openssl reads it, and only the fact that is odd stays unknown.

mod element;
mod name;
mod pem;
#[cfg(test)]
pub(crate) mod tests;
mod time;

use self::element::{Elements, INTEGER, SEQUENCE};
use self::name::subject;
pub(super) use self::pem::{certificates, to_pem};
use self::time::moment;
use super::{Fingerprint, SerialNumber, Subject, Validity};

/// The bits of a tag that tell its class, and the class of the version's tag.
const CLASS: u8 = 0xc0;
const CONTEXT_SPECIFIC: u8 = 0x80;

/// The facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct X509 {
    /// Its serial number; `None` when it cannot be read.
    pub(super) serial_number: Option<SerialNumber>,
    /// Its subject's first CN and OU.
    pub(super) subject: Subject,
    /// Its validity.
    pub(super) validity: Validity,
    /// SHA-256 of its DER form.
    pub(super) fingerprint_sha256: Fingerprint,
}

impl X509 {
    /// Reads the facts that can be read.
    pub(super) fn from_der(der: &[u8]) -> Self {
        // Certificate and TBSCertificate.
        let mut fields = Elements::new(der).enter(SEQUENCE).enter(SEQUENCE);
        let first = fields.next();
        let is_version = first.is_some_and(|first| first.tag & CLASS == CONTEXT_SPECIFIC);
        let serial_number = if is_version { fields.next() } else { first };
        // With two integers in a row it cannot be told which is the serial number.
        let algorithm = fields.next().filter(|algorithm| algorithm.tag != INTEGER);
        let _issuer = fields.next();
        let mut validity = fields.enter(SEQUENCE);
        Self {
            serial_number: serial_number
                .filter(|_| algorithm.is_some())
                .and_then(|number| number.content_of(INTEGER))
                .and_then(SerialNumber::from_octets),
            validity: Validity {
                not_before: moment(validity.next()),
                not_after: moment(validity.next()),
            },
            subject: subject(fields.next()),
            fingerprint_sha256: Fingerprint::of(der),
        }
    }
}
