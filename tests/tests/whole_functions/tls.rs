//! Certificates of a vendor's host: one that is sound, and others that are not to be trusted.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ALL_VERSIONS, NamedGroup, ServerConfig, SupportedProtocolVersion};

/// A CA that the functions trust, so that nothing but the one fault is wrong with each certificate.
static AUTHORITY: LazyLock<(Issuer<'static, KeyPair>, String)> = LazyLock::new(|| {
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "CA of vendors' hosts");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    (Issuer::new(authority, key), pem)
});

/// The CA's certificate.
pub(crate) fn authority_pem() -> &'static str {
    &AUTHORITY.1
}

fn for_host(host: &str) -> CertificateParams {
    CertificateParams::new(vec![host.to_owned()]).unwrap()
}

pub(crate) fn sound() -> TlsAcceptor {
    issued(&for_host("localhost"))
}

pub(crate) fn of_another_host() -> TlsAcceptor {
    issued(&for_host("vendor.example"))
}

pub(crate) fn expired() -> TlsAcceptor {
    let mut expired = for_host("localhost");
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2021, 1, 1);
    issued(&expired)
}

pub(crate) fn self_signed() -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    acceptor(
        ring::default_provider(),
        ALL_VERSIONS,
        &for_host("localhost").self_signed(&key).unwrap(),
        &key,
    )
}

fn issued(parameters: &CertificateParams) -> TlsAcceptor {
    issued_at(ring::default_provider(), ALL_VERSIONS, parameters)
}

/// A sound certificate at a host that speaks this version only, and agrees on keys with this group
/// only.
pub(crate) fn sound_with(
    version: &'static SupportedProtocolVersion,
    group: NamedGroup,
) -> TlsAcceptor {
    let mut cryptography = ring::default_provider();
    cryptography
        .kx_groups
        .retain(|offered| offered.name() == group);
    issued_at(cryptography, &[version], &for_host("localhost"))
}

type Versions<'a> = &'a [&'static SupportedProtocolVersion];

fn issued_at(
    cryptography: CryptoProvider,
    versions: Versions<'_>,
    parameters: &CertificateParams,
) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    acceptor(
        cryptography,
        versions,
        &parameters.signed_by(&key, &AUTHORITY.0).unwrap(),
        &key,
    )
}

fn acceptor(
    cryptography: CryptoProvider,
    versions: Versions<'_>,
    certificate: &rcgen::Certificate,
    key: &KeyPair,
) -> TlsAcceptor {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(cryptography))
        .with_protocol_versions(versions);
    let config = config
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into());
    TlsAcceptor::from(Arc::new(config.unwrap()))
}
