//! Finding one certificate. Base, case and zeros of the vendor's texts are not documented.

use super::{AlibabaMqtt, serial_numbers};
use crate::error::Error;
use crate::model::SerialNumber;
use crate::provider::{Found, Spellings};
use crate::request::CertificateReference;

/// How a caller's text and the vendor's may be of different bases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The vendor writes what the caller writes.
    Same,
    /// The caller writes decimal, the vendor hex.
    CallersIsDecimal,
    /// The caller writes hex, the vendor decimal.
    VendorsIsDecimal,
}

/// What a caller's text may stand for, and the texts under which the vendor may know that.
struct Reading {
    base: Base,
    number: SerialNumber,
    texts: Vec<String>,
}

/// The caller's own text in each of its spellings; what its digits mean as a decimal number, in the vendor's hex; and its number in
/// the vendor's decimal.
fn readings(serial_number: &SerialNumber) -> Vec<Reading> {
    let own = serial_number.spellings();
    let decimal_text = Some(serial_number.to_decimal()).filter(|text| !own.contains(text));
    let mut readings = vec![Reading { base: Base::Same, number: serial_number.clone(), texts: own }];
    if let Some(number) = serial_number.read_as_decimal() {
        readings.push(Reading { base: Base::CallersIsDecimal, texts: number.spellings(), number });
    }
    let number = serial_number.clone();
    readings.extend(decimal_text.map(|text| Reading { base: Base::VendorsIsDecimal, number, texts: vec![text] }));
    readings
}

/// The texts of a CA's serial number that go with a reading of the device's: caller and vendor write both of them alike. The vendor's own
/// text may have been copied.
fn ca_texts(ca: &SerialNumber, base: Base) -> Vec<String> {
    let readings = readings(ca).into_iter().filter(|reading| reading.base == Base::Same || reading.base == base);
    readings.flat_map(|reading| reading.texts).collect()
}

impl Reading {
    /// Whether the vendor's record is one of this reading. The caller's own digits may be the vendor's decimal text, copied; a text of
    /// another base may be another number's, unless the record proves it.
    fn is_met_by(&self, found: &Found) -> bool {
        match proven_number(found) {
            Some(proven) if *proven == self.number => true,
            Some(proven) => self.base == Base::Same && self.number.read_as_decimal().as_ref() == Some(proven),
            None => self.base == Base::Same,
        }
    }
}

/// The number of a certificate, where the base of the vendor's text is known.
fn proven_number(found: &Found) -> Option<&SerialNumber> {
    found.certificate.serial_number.as_ref().filter(|_| found.certificate.serial_number_base.is_some())
}

impl AlibabaMqtt<'_> {
    /// The first reading of the caller's texts under which the vendor knows a certificate.
    pub(super) async fn find_first(&self, reference: &CertificateReference, spellings: Spellings) -> Result<Option<Found>, Error> {
        Ok(self.search(reference, spellings, false).await?.into_iter().next())
    }

    /// The one certificate that any reading of the caller's texts means.
    ///
    /// # Errors
    /// `invalid_request` when there are two.
    pub(super) async fn find_only(&self, reference: &CertificateReference, spellings: Spellings) -> Result<Option<Found>, Error> {
        let mut found = self.search(reference, spellings, true).await?.into_iter();
        let (first, second) = (found.next(), found.next());
        if let (Some(first), Some(second)) = (&first, &second) {
            let detail = format!(
                "read in hex and in decimal these digits name two certificates here, {} and {}; write 0x before a serial number in hex",
                first.key, second.key
            );
            return Err(Error::invalid("serial_number", detail));
        }
        Ok(first)
    }

    /// Each spelling of one serial number may go with each of the other; the spelling under which the CA was found for another
    /// certificate comes first. Of each reading one certificate at most, and no more than two.
    async fn search(&self, reference: &CertificateReference, spellings: Spellings, thorough: bool) -> Result<Vec<Found>, Error> {
        let (serial_number, ca) = serial_numbers(reference)?;
        let own_ca_text = ca.spellings().into_iter().next();
        let known = self.known_ca_spellings.borrow().get(ca).cloned();
        let mut matches: Vec<Found> = Vec::new();
        for (index, reading) in readings(serial_number).iter().enumerate() {
            // A number that is proven to be found has no other certificate.
            if matches.iter().any(|found| proven_number(found) == Some(&reading.number)) {
                continue;
            }
            // Once one is found, its CA's spelling is known.
            let found_ca = matches.first().and_then(|found| found.ca_key.clone());
            let mut ca_texts = found_ca.map_or_else(|| ca_texts(ca, reading.base), |found| vec![found]);
            ca_texts.sort_by_key(|text| Some(text) != known.as_ref());
            let pairs = ca_texts.iter().flat_map(|ca_sn| reading.texts.iter().map(move |device_sn| (device_sn, ca_sn)));
            for (device_sn, ca_sn) in pairs {
                let is_own = index == 0 && reading.texts.first() == Some(device_sn) && own_ca_text.as_ref() == Some(ca_sn);
                if matches.is_empty() && is_own != (spellings == Spellings::Own) {
                    continue;
                }
                let found = match self.get(device_sn, ca_sn, false).await {
                    // A spelling that is not the caller's own may break the provider's rules; then it is not known under it.
                    Err(error) if error.concerns_parameters && !is_own => None,
                    found => found?,
                };
                if let Some(found) = found.filter(|found| reading.is_met_by(found)) {
                    self.known_ca_spellings.borrow_mut().insert(ca.clone(), ca_sn.clone());
                    matches.push(found);
                    break;
                }
            }
            if matches.len() >= if thorough { 2 } else { 1 } {
                break;
            }
        }
        Ok(matches)
    }
}

#[cfg(test)]
mod tests;
