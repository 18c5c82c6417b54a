//! A certificate chain like those of providers: root, intermediate and server, all with P-256 keys.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;

/// The TLS configuration of the provider stand-in, and its root as PEM text, which contestants have to
/// trust.
pub(crate) fn server() -> Result<(Arc<ServerConfig>, String), Box<dyn Error>> {
    let root_key = KeyPair::generate()?;
    let root = authority("Bench root, for this run only", 1);
    let root_pem = root.self_signed(&root_key)?.pem();
    let root = Issuer::new(root, root_key);

    let intermediate_key = KeyPair::generate()?;
    let intermediate = authority("Bench intermediate, for this run only", 0);
    let intermediate_certificate = intermediate.signed_by(&intermediate_key, &root)?;
    let intermediate = Issuer::new(intermediate, intermediate_key);

    let mut server = CertificateParams::new(vec!["localhost".to_owned()])?;
    server
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let server_key = KeyPair::generate()?;
    let server = server.signed_by(&server_key, &intermediate)?;

    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone(), intermediate_certificate.der().clone()],
            PrivatePkcs8KeyDer::from(server_key.serialize_der()).into(),
        )?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), root_pem))
}

fn authority(name: &str, authorities_below: u8) -> CertificateParams {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(authorities_below));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.use_authority_key_identifier_extension = true;
    authority
}
