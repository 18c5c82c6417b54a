use super::*;
use crate::testing::{AlibabaCall, exchange, with_options};
use std::net::TcpStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

fn empty() -> Options {
    Options::of(Fleet::empty())
}

#[tokio::test]
async fn each_vendor_has_its_own_listener_until_the_end() {
    let simulator = with_options(empty()).await;
    let mut urls: Vec<String> = Vendor::ALL.map(|vendor| simulator.url(vendor)).to_vec();
    urls.push(simulator.control_url());
    let addresses: Vec<String> = urls
        .iter()
        .map(|url| url.strip_prefix("http://").unwrap().to_owned())
        .collect();
    for (position, address) in addresses.iter().enumerate() {
        assert!(address.starts_with("127.0.0.1:"));
        assert!(!addresses[..position].contains(address));
        assert!(TcpStream::connect(address).is_ok());
    }
    drop(simulator);
    for address in addresses {
        assert!(TcpStream::connect(address).is_err());
    }
}

#[tokio::test]
async fn calls_are_numbered_by_their_connection() {
    let simulator = with_options(empty()).await;
    let url = simulator.url(Vendor::AlibabaCas);
    let two_on_one = [AlibabaCall::status("1"), AlibabaCall::status("2")]
        .map(|call| call.request(&url))
        .join("")
        .replacen("Connection: close\r\n", "", 1);
    exchange(&url, &two_on_one).unwrap();
    AlibabaCall::status("3").send(&simulator);
    let calls = simulator.calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].connection, calls[1].connection);
    assert_ne!(calls[1].connection, calls[2].connection);
    assert_eq!(simulator.connections(Vendor::AlibabaCas), 2);
    assert_eq!(simulator.count(Vendor::AlibabaCas, &calls[0].action), 3);
    assert_eq!(
        simulator.most_in_any_second(Vendor::AlibabaCas, &calls[0].action),
        3
    );
    simulator.reset_numbers();
    assert_eq!(simulator.calls(), []);
    assert_eq!(simulator.connections(Vendor::AlibabaCas), 0);
}

#[tokio::test]
async fn with_tls_the_vendors_answer_whoever_trusts_the_ca() {
    let simulator = with_options(Options {
        tls: true,
        ..empty()
    })
    .await;
    let url = simulator.url(Vendor::AlibabaCas);
    let address = url
        .strip_prefix("https://")
        .unwrap()
        .replace("localhost", "127.0.0.1");
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(simulator.ca_pem().unwrap().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    for name in ["localhost", "127.0.0.1"] {
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let mut stream = TlsConnector::from(Arc::new(config.clone()))
            .connect(ServerName::try_from(name).unwrap(), stream)
            .await
            .unwrap();
        let request = AlibabaCall::status("1").request(&url);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
}
