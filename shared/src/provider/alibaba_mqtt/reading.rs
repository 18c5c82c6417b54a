//! The numbers that a caller's text may mean. The vendor does not document the base of its serial
//! numbers.

use crate::model::SerialNumber;
use crate::provider::FoundCertificate;

/// The bases of the caller's text and of the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The vendor writes the caller's digits.
    Same,
    /// The caller writes decimal, the vendor hex.
    CallersIsDecimal,
    /// The caller writes hex, the vendor decimal.
    VendorsIsDecimal,
}

/// One number that a caller's text may mean.
pub(super) struct Reading {
    pub(super) base: Base,
    /// The certificate's serial number in this reading.
    pub(super) number: SerialNumber,
    /// The vendor's text for it, read in hex, so that all its spellings are equal.
    pub(super) digits: SerialNumber,
}

/// All readings of a caller's text, the one without a change of base first.
pub(super) fn readings(serial_number: &SerialNumber) -> Vec<Reading> {
    let same = Reading {
        base: Base::Same,
        number: serial_number.clone(),
        digits: serial_number.clone(),
    };
    let callers = serial_number.read_as_decimal().map(|number| Reading {
        base: Base::CallersIsDecimal,
        digits: number.clone(),
        number,
    });
    // A decimal text that is too long to be parsed is too long for the vendor's parameter, too.
    let digits = SerialNumber::parse(&serial_number.to_decimal())
        .ok()
        .filter(|digits| digits != serial_number);
    let vendors = digits.map(|digits| Reading {
        base: Base::VendorsIsDecimal,
        number: serial_number.clone(),
        digits,
    });
    [Some(same), callers, vendors]
        .into_iter()
        .flatten()
        .collect()
}

impl Reading {
    /// Every text under which the vendor may know the certificate in this reading. A decimal number
    /// has one text.
    pub(super) fn texts(&self) -> Vec<String> {
        match self.base {
            Base::VendorsIsDecimal => vec![self.number.to_decimal()],
            Base::Same | Base::CallersIsDecimal => self.digits.spellings(),
        }
    }

    /// Whether the vendor's record is the certificate of this reading. The caller may have copied
    /// the vendor's decimal text. A text of another base may be another certificate's, unless the
    /// record proves the number.
    pub(super) fn is_met_by(&self, found: &FoundCertificate) -> bool {
        match proven_number(found) {
            Some(proven) if *proven == self.number => true,
            Some(proven) => {
                self.base == Base::Same && self.number.read_as_decimal().as_ref() == Some(proven)
            }
            None => self.base == Base::Same,
        }
    }
}

/// The number of a certificate, where the base of the vendor's text is known.
pub(super) fn proven_number(found: &FoundCertificate) -> Option<&SerialNumber> {
    found
        .certificate
        .serial_number
        .as_ref()
        .filter(|_| found.certificate.serial_number_base.is_some())
}

/// The caller's own spelling without separators.
pub(super) fn own_text(serial_number: &SerialNumber) -> String {
    serial_number.own_spelling().to_owned()
}
