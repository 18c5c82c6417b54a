//! Receipts. A receipt proves that this function has inactivated a certificate, so that the function
//! can undo the change. It consists of a JSON document in base64url, a dot, and the HMAC-SHA256 of
//! `receipt 1 ` and that base64url text, itself in base64url without padding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::config::ReceiptSecrets;
use crate::model::{Source, Timestamp};
use crate::request::{CertificateReference, CertificateState, LONGEST_RECEIPT};

/// Begins each text that is authenticated, so that no receipt can pass for another kind of text
/// under the same secret.
const PURPOSE: &str = "receipt 1 ";

/// The contents of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    /// The place of the change.
    pub(super) source: Source,
    /// The certificate, by the provider's own names.
    pub(super) certificate: CertificateReference,
    /// The state of the certificate after the change.
    pub(super) state: CertificateState,
    /// The moment for which the order held.
    pub(super) at: Timestamp,
}

impl Receipt {
    /// The receipt as a caller gets it. `None` if it would be longer than [`LONGEST_RECEIPT`], because
    /// the provider's names of the certificate are extraordinarily long.
    pub(super) fn encode(&self, secrets: &ReceiptSecrets) -> Option<String> {
        let contents = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).ok()?);
        let mac = URL_SAFE_NO_PAD.encode(secrets.mac(authenticated(&contents).as_bytes()));
        let receipt = format!("{contents}.{mac}");
        (receipt.len() <= LONGEST_RECEIPT).then_some(receipt)
    }

    /// The contents of a receipt that this function has given. `None` for any other text.
    pub(super) fn decode(receipt: &str, secrets: &ReceiptSecrets) -> Option<Self> {
        let (contents, mac) = receipt.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !secrets.verify(authenticated(contents).as_bytes(), &mac) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(contents).ok()?).ok()
    }
}

fn authenticated(contents: &str) -> String {
    format!("{PURPOSE}{contents}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LifecycleStatus, ProviderName, ProviderText};

    fn secrets(letter: &str) -> ReceiptSecrets {
        ReceiptSecrets::parse(&letter.repeat(32)).unwrap()
    }

    fn receipt(text: &str) -> Receipt {
        Receipt {
            source: Source {
                provider: ProviderName::AlibabaMqtt,
                region: None,
                instance_id: None,
            },
            certificate: CertificateReference {
                provider_serial_number: ProviderText::parse(text).ok(),
                ..CertificateReference::default()
            },
            state: CertificateState {
                status: LifecycleStatus::Inactive,
                changed_at: Timestamp::parse("2026-01-02T03:04:05.678Z").ok(),
            },
            at: Timestamp::parse("2026-01-02T03:04:05Z").unwrap(),
        }
    }

    #[test]
    fn a_receipt_is_read_only_as_it_was_given() {
        let given = receipt("0A").encode(&secrets("a")).unwrap();
        assert_eq!(Receipt::decode(&given, &secrets("a")), Some(receipt("0A")));
        assert_eq!(Receipt::decode(&given, &secrets("b")), None);
        let both = ReceiptSecrets::parse(&format!("{},{}", "b".repeat(32), "a".repeat(32)));
        assert!(Receipt::decode(&given, &both.unwrap()).is_some());
        for index in 0..given.len() {
            let mut changed = given.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Receipt::decode(&changed, &secrets("a")), None, "{changed}");
            assert_eq!(
                Receipt::decode(given.get(..index).unwrap(), &secrets("a")),
                None
            );
        }
        for text in [
            "",
            ".",
            "e30.e30",
            "{}",
            &format!("{given}="),
            &format!("{given}."),
        ] {
            assert_eq!(Receipt::decode(text, &secrets("a")), None, "{text}");
        }
    }

    #[test]
    fn a_receipt_has_at_most_a_thousand_and_twenty_four_bytes() {
        let usual = receipt(&"a".repeat(40)).encode(&secrets("a")).unwrap();
        assert!(usual.len() < 500, "{}", usual.len());
        assert_eq!(receipt(&"字".repeat(256)).encode(&secrets("a")), None);
    }
}
