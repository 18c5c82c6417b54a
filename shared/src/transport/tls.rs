//! TLS by rustls with ring and compiled-in roots.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, NamedGroup, RootCertStore, SupportedCipherSuite};

use super::StartError;

/// The group of the key share in the first message. Every server of TLS 1.3 must support it (RFC
/// 8446, section 9.1), and both sides were quicker with it than with X25519.
const FIRST_GROUP: NamedGroup = NamedGroup::secp256r1;

/// Trusts the compiled-in roots and those of the PEM file `extra_roots`.
pub(super) fn client_config(extra_roots: Option<&Path>) -> Result<ClientConfig, StartError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = extra_roots {
        add_roots(&mut roots, path)?;
    }
    let mut cryptography = rustls::crypto::ring::default_provider();
    cryptography.cipher_suites.sort_by_key(hash_length);
    cryptography
        .kx_groups
        .sort_by_key(|group| group.name() != FIRST_GROUP);
    Ok(ClientConfig::builder_with_provider(Arc::new(cryptography))
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::new("TLS cannot be set up".to_owned(), error))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The length by which cipher suites are sorted, so that those with SHA-384 are offered last, as
/// browsers do. A handshake is mostly hashing and signatures, and most processors have instructions
/// for SHA-256 only.
fn hash_length(suite: &SupportedCipherSuite) -> usize {
    let common = match suite {
        SupportedCipherSuite::Tls12(suite) => &suite.common,
        SupportedCipherSuite::Tls13(suite) => &suite.common,
    };
    common.hash_provider.output_len()
}

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), StartError> {
    let unusable = || format!("SSL_CERT_FILE {} cannot be used", path.display());
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| StartError::new(unusable(), error))?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(StartError::new(
            unusable(),
            std::io::Error::other("it holds no CA certificate"),
        ));
    }
    Ok(())
}
