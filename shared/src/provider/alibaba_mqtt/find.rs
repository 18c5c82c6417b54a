//! Finding one certificate. Base, case and zeros of the vendor's texts are not documented.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::OnceCell;

use super::{AlibabaMqtt, same_number, serial_numbers};
use crate::error::Error;
use crate::model::SerialNumber;
use crate::provider::{Found, Spellings};
use crate::request::CertificateReference;

/// How a caller's text and the vendor's may be of different bases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Under which of a CA's texts of one base the vendor has certificates.
#[derive(Clone)]
enum CaTexts {
    /// Under this one.
    One(String),
    /// Under none.
    None,
    /// It does not tell: each of them may be the one.
    Any,
}

/// Learned once, whoever asks for it meanwhile.
type Learned = Rc<OnceCell<CaTexts>>;

/// What is known of the CAs by now.
#[derive(Default)]
pub(super) struct KnownCas(RefCell<HashMap<(SerialNumber, Base), Learned>>);

impl KnownCas {
    fn of(&self, ca: &SerialNumber, base: Base) -> Learned {
        Rc::clone(self.0.borrow_mut().entry((ca.clone(), base)).or_default())
    }

    /// A certificate was found under this text, which goes with this base or is the caller's own number.
    fn found(&self, ca: &SerialNumber, base: Base, text: &str) {
        let base = if SerialNumber::parse(text).as_ref() == Ok(ca) { Base::Same } else { base };
        let known = OnceCell::new_with(Some(CaTexts::One(text.to_owned())));
        self.0.borrow_mut().insert((ca.clone(), base), Rc::new(known));
    }
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
                "read in hex and in decimal these digits may name two certificates here, {} and {}; write 0x before a serial number in hex",
                first.key, second.key
            );
            return Err(Error { concerns_parameters: true, ..Error::invalid("serial_number", detail) });
        }
        Ok(first)
    }

    /// Every spelling of the certificate's serial number under the text that the vendor has for the CA. Of each reading one certificate
    /// at most, and no more than two.
    async fn search(&self, reference: &CertificateReference, spellings: Spellings, thorough: bool) -> Result<Vec<Found>, Error> {
        let (serial_number, ca) = serial_numbers(reference)?;
        let own_ca_text = own_text(ca);
        let mut matches: Vec<Found> = Vec::new();
        for (index, reading) in readings(serial_number).iter().enumerate() {
            // A number that is proven to be found has no other certificate.
            if matches.iter().any(|found| proven_number(found) == Some(&reading.number)) {
                continue;
            }
            // Once one is found, its CA's spelling is known.
            let ca_texts = match matches.first().and_then(|found| found.ca_key.clone()) {
                Some(found) => vec![found],
                None if spellings == Spellings::Own => vec![own_ca_text.clone()],
                None => self.ca_texts(ca, reading.base).await,
            };
            let pairs = ca_texts.iter().flat_map(|ca_sn| reading.texts.iter().map(move |device_sn| (device_sn, ca_sn)));
            for (device_sn, ca_sn) in pairs {
                let is_own = index == 0 && reading.texts.first() == Some(device_sn) && own_ca_text == *ca_sn;
                if matches.is_empty() && is_own != (spellings == Spellings::Own) {
                    continue;
                }
                let found = match self.get(device_sn, ca_sn, false).await {
                    // A spelling that is not the caller's own may break the provider's rules; then it is not known under it.
                    Err(error) if error.concerns_parameters && !is_own => None,
                    found => found?,
                };
                // Where neither record proves its number, the second may be the one that is meant.
                let is_open = thorough && matches.first().is_some_and(|first| proven_number(first).is_none());
                let may_be_meant = |found: &Found| reading.is_met_by(found) || (is_open && proven_number(found).is_none());
                if let Some(found) = found.filter(may_be_meant) {
                    if matches.is_empty() {
                        self.known_cas.found(ca, reading.base, ca_sn);
                    }
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

    /// The texts of a CA's serial number to ask with for a reading of the device's: caller and vendor write both of them alike. The
    /// vendor's own text may have been copied. Of a CA that the vendor lists nothing for, the caller's own text is left.
    async fn ca_texts(&self, ca: &SerialNumber, base: Base) -> Vec<String> {
        let mut texts = match self.known_ca(ca, Base::Same).await {
            CaTexts::One(text) => return vec![text],
            CaTexts::None if base == Base::Same => vec![own_text(ca)],
            CaTexts::None => Vec::new(),
            CaTexts::Any => ca.spellings(),
        };
        if base != Base::Same {
            match self.known_ca(ca, base).await {
                CaTexts::One(text) => texts.push(text),
                CaTexts::None => {}
                CaTexts::Any => texts.extend(texts_of(ca, base)),
            }
        }
        texts
    }

    /// The CA's texts of one base, by the list that the vendor has for one CA: a few short calls once, instead of all spellings of the CA
    /// for each certificate that is not there.
    async fn known_ca(&self, ca: &SerialNumber, base: Base) -> CaTexts {
        let texts = texts_of(ca, base);
        if texts.is_empty() {
            return CaTexts::None;
        }
        let learn = async || {
            for text in &texts {
                match self.listed_ca(text).await {
                    Ok(Some(told)) if same_number(text, &told) => return CaTexts::One(told),
                    Ok(None) => {}
                    // The list may be forbidden to these credentials, or its answer may be odd.
                    Ok(Some(_)) | Err(_) => return CaTexts::Any,
                }
            }
            CaTexts::None
        };
        self.known_cas.of(ca, base).get_or_init(learn).await.clone()
    }
}

/// The texts of one base; none where the caller cannot have written so.
fn texts_of(serial_number: &SerialNumber, base: Base) -> Vec<String> {
    readings(serial_number).into_iter().find(|reading| reading.base == base).map_or_else(Vec::new, |reading| reading.texts)
}

/// As the caller wrote it.
fn own_text(serial_number: &SerialNumber) -> String {
    serial_number.spellings().into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
