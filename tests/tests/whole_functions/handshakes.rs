//! The TLS of vendors' hosts: they differ in version, and in what they agree on keys with.

use simulator::Simulator;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{HandshakeKind, NamedGroup};

use crate::setup::{at_once, full, function_with, options};
use crate::tls;

#[tokio::test]
async fn hosts_of_either_version_are_connected_to_and_with_p_256_by_one_hello() {
    let cells = [
        (&TLS13, NamedGroup::secp256r1, HandshakeKind::Full),
        (
            &TLS13,
            NamedGroup::X25519,
            HandshakeKind::FullWithHelloRetryRequest,
        ),
        (
            &TLS13,
            NamedGroup::secp384r1,
            HandshakeKind::FullWithHelloRetryRequest,
        ),
        (&TLS12, NamedGroup::secp256r1, HandshakeKind::Full),
        (&TLS12, NamedGroup::X25519, HandshakeKind::Full),
    ];
    at_once(cells, |(version, group, expected)| async move {
        let simulator = Simulator::start(options(full(1))).await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let roots = NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), tls::authority_pem()).unwrap();
        let own = [
            ("TENCENT_MQTT_ENDPOINT", url.as_str()),
            ("SSL_CERT_FILE", roots.path().to_str().unwrap()),
        ];
        let function = function_with("describe", &simulator, &own).await;
        let accepted = async {
            tls::sound_with(version, group)
                .accept(listener.accept().await.unwrap().0)
                .await
        };
        let (accepted, ()) = tokio::join!(accepted, function.ready());
        let stream = accepted.unwrap_or_else(|error| panic!("{version:?}, {group:?}: {error}"));
        let handshake = stream.get_ref().1;
        assert_eq!(
            (handshake.protocol_version(), handshake.handshake_kind()),
            (Some(version.version), Some(expected)),
            "{group:?}"
        );
    })
    .await;
}
