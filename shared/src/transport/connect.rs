//! How a connection is made: TCP, and TLS by rustls with ring and compiled-in roots.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{NamedGroup, SupportedCipherSuite};
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

use super::connection::{Connection, innermost};

/// A host that has not answered a connection attempt by then will not do so in time.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a key is agreed on with. Every server of TLS 1.3 must have it (RFC 8446, 9.1), so the key
/// share in the first message is one that it takes; and both sides were quicker with it than with
/// X25519.
const FIRST_GROUP: NamedGroup = NamedGroup::secp256r1;

/// Whom a connection leads to: scheme, host and port of a URL.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Server(Uri);

impl Server {
    /// `None` for a URL without scheme or host.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Uri::from_parts(parts)
            .ok()
            .filter(|uri| uri.authority().is_some())
            .map(Self)
    }

    /// Host and port, as the URL has them.
    pub(super) fn host_header(&self) -> Result<HeaderValue, String> {
        let authority = self
            .0
            .authority()
            .map_or("", |authority| authority.as_str());
        HeaderValue::from_str(authority).map_err(|error| error.to_string())
    }

    fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    fn is_encrypted(&self) -> bool {
        self.0.scheme() != Some(&Scheme::HTTP)
    }

    fn name(&self) -> Result<ServerName<'static>, String> {
        let host = self.host().to_owned();
        ServerName::try_from(host)
            .map_err(|_| format!("{} is no name that a certificate can be for", self.host()))
    }
}

/// Why the client cannot be made.
#[derive(Debug)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Makes connections.
pub(super) struct Connector {
    tcp: HttpConnector,
    tls: TlsConnector,
}

impl Connector {
    /// Trusts the compiled-in roots and those of the PEM file `extra_roots`.
    pub(super) fn new(extra_roots: Option<&Path>) -> Result<Self, StartError> {
        let mut roots = rustls::RootCertStore {
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
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(cryptography))
            .with_safe_default_protocol_versions()
            .map_err(|error| StartError(format!("TLS cannot be set up: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // The addresses of a name share it, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(Some(TIMEOUT));
        Ok(Self {
            tcp,
            tls: TlsConnector::from(Arc::new(tls)),
        })
    }

    /// A new connection, within two seconds.
    ///
    /// # Errors
    /// Why there is none. No request has been sent.
    pub(super) async fn connect(&self, server: &Server) -> Result<Connection, String> {
        tokio::time::timeout(TIMEOUT, self.connect_at_leisure(server))
            .await
            .unwrap_or_else(|_| Err(format!("no connection within {} s", TIMEOUT.as_secs())))
    }

    async fn connect_at_leisure(&self, server: &Server) -> Result<Connection, String> {
        let tcp = self
            .tcp
            .clone()
            .call(server.0.clone())
            .await
            .map_err(|error| innermost(&error))?
            .into_inner();
        if server.is_encrypted() {
            let tls = self
                .tls
                .connect(server.name()?, tcp)
                .await
                .map_err(|error| innermost(&error))?;
            Connection::begin(Box::new(tls)).await
        } else {
            Connection::begin(Box::new(tcp)).await
        }
    }
}

/// A handshake is mostly hashing and signatures. For SHA-256 processors have instructions, for
/// SHA-384 most have not; so that is offered last, as browsers do.
fn hash_length(suite: &SupportedCipherSuite) -> usize {
    let common = match suite {
        SupportedCipherSuite::Tls12(suite) => &suite.common,
        SupportedCipherSuite::Tls13(suite) => &suite.common,
    };
    common.hash_provider.output_len()
}

fn add_roots(roots: &mut rustls::RootCertStore, path: &Path) -> Result<(), StartError> {
    let unusable = |reason: String| {
        StartError(format!(
            "SSL_CERT_FILE {} cannot be used: {reason}",
            path.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(unusable("it holds no CA certificate".to_owned()));
    }
    Ok(())
}
