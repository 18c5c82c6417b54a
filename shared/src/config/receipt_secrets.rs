//! The secrets that authenticate plans and receipts, which the function gives out and takes back.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::signing::hmac_sha256;

/// The variable of [`ReceiptSecrets`].
pub(crate) const RECEIPT_SECRETS: &str = "RECEIPT_SECRETS";

const MOST_SECRETS: usize = 4;
/// 32 characters of base64 are 192 random bits.
const SHORTEST_SECRET: usize = 32;

/// The secrets, several while one replaces another. They cannot be printed.
pub struct ReceiptSecrets {
    first: SecretString,
    others: Vec<SecretString>,
}

impl ReceiptSecrets {
    /// Takes one to four secrets separated by commas, each of at least 32 characters.
    ///
    /// # Errors
    /// A sentence that names the wrong secret by its number in the list, never by its value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries: Vec<&str> = text.split(',').map(str::trim).collect();
        let count = entries.len();
        if count > MOST_SECRETS {
            return Err(format!(
                "it lists {count} secrets, and at most {MOST_SECRETS} are taken"
            ));
        }
        for (index, entry) in entries.iter().enumerate() {
            let number = index.saturating_add(1);
            let length = entry.chars().count();
            if length < SHORTEST_SECRET {
                return Err(format!(
                    "secret {number} of {count} has {length} characters; it must have at least {SHORTEST_SECRET}, all of them random"
                ));
            }
            if entries.iter().take(index).any(|earlier| earlier == entry) {
                return Err(format!("secret {number} of {count} is in the list twice"));
            }
        }
        let mut secrets = entries.into_iter().map(SecretString::from);
        let first = secrets
            .next()
            .ok_or_else(|| "it lists no secret".to_owned())?;
        Ok(Self {
            first,
            others: secrets.collect(),
        })
    }

    /// The HMAC-SHA256 of a message under the first secret.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac_sha256(self.first.expose_secret().as_bytes(), message)
    }

    /// Whether this is the HMAC-SHA256 of the message under one of the secrets. Every secret is
    /// tried: the time taken does not reveal which one fits.
    pub fn verify(&self, message: &[u8], mac: &[u8]) -> bool {
        let mut is_known = Choice::from(0);
        for secret in std::iter::once(&self.first).chain(&self.others) {
            let expected = hmac_sha256(secret.expose_secret().as_bytes(), message);
            is_known |= expected.as_slice().ct_eq(mac);
        }
        is_known.into()
    }
}

impl fmt::Debug for ReceiptSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.others.len().saturating_add(1);
        write!(f, "ReceiptSecrets({count})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const TWO: &str = "another-secret-of-32-characters!";

    #[test]
    fn the_first_secret_signs_and_each_verifies() {
        let old = ReceiptSecrets::parse(ONE).unwrap();
        let both = ReceiptSecrets::parse(&format!("{TWO}, {ONE}")).unwrap();
        let new = ReceiptSecrets::parse(TWO).unwrap();
        let by_old = old.mac(b"message");
        assert_ne!(by_old, both.mac(b"message"));
        assert_eq!(new.mac(b"message"), both.mac(b"message"));
        assert!(both.verify(b"message", &by_old) && old.verify(b"message", &by_old));
        assert!(!new.verify(b"message", &by_old));
        assert!(!old.verify(b"messagE", &by_old));
        assert!(!old.verify(b"message", by_old.get(..31).unwrap()) && !old.verify(b"message", b""));
    }

    #[test]
    fn weak_or_repeated_secrets_are_refused_and_never_shown() {
        let short = ONE.get(1..).unwrap();
        let five = [ONE; 5].join(",");
        let twice = format!("{ONE},{ONE}");
        let with_a_short_one = format!("{ONE},{short}");
        for (text, reason) in [
            ("", "secret 1 of 1 has 0 characters"),
            (short, "secret 1 of 1 has 31 characters"),
            (&with_a_short_one, "secret 2 of 2 has 31 characters"),
            (&twice, "secret 2 of 2 is in the list twice"),
            (&five, "at most 4"),
        ] {
            let error = ReceiptSecrets::parse(text).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains(short), "{error}");
        }
        let secrets = ReceiptSecrets::parse(&format!("{ONE},{TWO}")).unwrap();
        assert_eq!(format!("{secrets:?}"), "ReceiptSecrets(2)");
    }
}
