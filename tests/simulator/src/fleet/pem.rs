//! Real certificates for some of the records.

use super::IssuedCertificate;
use crate::signature::sha256_hex;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, Error, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use std::sync::OnceLock;
use time::OffsetDateTime;

/// A certification authority with its own P-256 key.
pub(crate) struct Authority(Issuer<'static, KeyPair>);

/// The facts that a certificate states.
pub(crate) struct Facts<'a> {
    /// Serial number, in hex digits.
    pub(crate) serial: &'a str,
    pub(crate) common_name: &'a str,
    pub(crate) organizational_unit: Option<&'a str>,
    /// Epoch milliseconds.
    pub(crate) not_before: i64,
    /// Epoch milliseconds.
    pub(crate) not_after: i64,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(name, Some("Device Certificates"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(Issuer::new(params, KeyPair::generate()?)))
    }

    /// A certificate with the one P-256 key that all devices of this process share.
    pub(crate) fn issue(&self, facts: &Facts<'_>) -> Result<IssuedCertificate, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(facts.common_name, facts.organizational_unit);
        params.serial_number = Some(SerialNumber::from_slice(&octets(facts.serial)));
        params.not_before = date(facts.not_before)?;
        params.not_after = date(facts.not_after)?;
        let certificate = params.signed_by(device_key()?, &self.0)?;
        Ok(IssuedCertificate {
            pem: certificate.pem().replace("\r\n", "\n"),
            fingerprint_sha256: sha256_hex(certificate.der()),
            serial: facts.serial.to_owned(),
            common_name: facts.common_name.to_owned(),
            organizational_unit: facts.organizational_unit.map(str::to_owned),
            not_before_ms: facts.not_before,
            not_after_ms: facts.not_after,
        })
    }
}

fn device_key() -> Result<&'static KeyPair, Error> {
    static KEY: OnceLock<Option<KeyPair>> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate().ok())
        .as_ref()
        .ok_or(Error::KeyGenerationUnavailable)
}

fn subject(common_name: &str, organizational_unit: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "CN");
    name.push(DnType::OrganizationName, "Example Mobility");
    if let Some(unit) = organizational_unit {
        name.push(DnType::OrganizationalUnitName, unit);
    }
    name.push(DnType::CommonName, common_name);
    name
}

fn date(milliseconds: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)).map_err(|_| Error::Time)
}

/// The octets of hex digits whose leading zero digit may be missing.
fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .rchunks(2)
        .rev()
        .map(|pair| pair.iter().fold(0, |octet, digit| (octet << 4) | digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_of_an_odd_number_of_digits_begin_with_a_zero_digit() {
        assert_eq!(octets("eef68"), [0x0e, 0xef, 0x68]);
        assert_eq!(octets("0EEF68"), [0x0e, 0xef, 0x68]);
    }
}
