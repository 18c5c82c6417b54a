//! The connections that are opened while a function starts.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use serde_json::{Value, json};
use simulator::{Options, Simulator, Vendor};
use tempfile::NamedTempFile;

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, full, function_with, options, simulator,
};
use crate::ways::{self, VENDORS, Way};

const DEFAULTS: [(&str, Vendor); 3] = [
    ("describe", Vendor::TencentMqtt),
    ("inactivate", Vendor::AlibabaMqtt),
    ("status", Vendor::AlibabaCas),
];

fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE }),
        "inactivate" => {
            let certificate =
                json!({ "serial_number": "d00000000000", "ca_serial_number": "007269004887" });
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [certificate], "dry_run": true })
        }
        _ => json!({ "certificates": [{ "serial_number": format!("5{:031x}", 0) }] }),
    }
}

#[tokio::test]
async fn the_first_event_finds_the_default_providers_connection_open_and_unused() {
    at_once(DEFAULTS, |(name, vendor)| async move {
        let simulator = Simulator::start(Options {
            tls: true,
            ..options(full(1))
        })
        .await
        .unwrap();
        let roots = NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), simulator.ca_pem().unwrap()).unwrap();
        let mut function = function_with(
            name,
            &simulator,
            &[("SSL_CERT_FILE", roots.path().to_str().unwrap())],
        )
        .await;
        function.ready().await;
        let connections = || Vendor::ALL.map(|vendor| simulator.connections(vendor));
        let expected = Vendor::ALL.map(|other| usize::from(other == vendor));
        assert_eq!(
            (connections(), simulator.calls().len()),
            (expected, 0),
            "{name}"
        );
        function.invoke(request(name)).await.json();
        assert_ne!(simulator.calls().len(), 0, "{name}");
        assert_eq!(connections(), expected, "{name}: the calls went over it");
    })
    .await;
}

#[tokio::test]
async fn without_a_default_provider_or_its_region_no_connection_is_opened() {
    let regions = [
        "TENCENTCLOUD_REGION",
        "ALIBABA_CLOUD_REGION_ID",
        "ALIBABA_CLOUD_REGION_ID",
    ];
    let cells = DEFAULTS
        .into_iter()
        .zip(regions)
        .flat_map(|((name, _), region)| [(name, "DEFAULT_PROVIDER"), (name, region)]);
    at_once(cells, |(name, variable)| async move {
        let simulator = Simulator::start(options(full(1))).await.unwrap();
        let function = function_with(name, &simulator, &[(variable, "")]).await;
        function.ready().await;
        assert_eq!(
            Vendor::ALL.map(|vendor| simulator.connections(vendor)),
            [0; 4],
            "{name} without {variable}"
        );
    })
    .await;
}

/// Nobody speaks on the connections that the listener has taken.
fn silent_connections(listener: &TcpListener) -> usize {
    listener.set_nonblocking(true).unwrap();
    let taken: Vec<TcpStream> = std::iter::from_fn(|| listener.accept().ok())
        .map(|(stream, _)| stream)
        .collect();
    for mut stream in &taken {
        stream.set_nonblocking(true).unwrap();
        assert_eq!(
            stream.read(&mut [0]).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
    }
    taken.len()
}

#[tokio::test]
async fn so_are_those_to_the_services_that_give_out_its_key() {
    let cells = VENDORS.into_iter().flat_map(|vendor| {
        [
            (vendor, Way::RoleWithKey, [1, 0]),
            (vendor, Way::Keyless, [1, 1]),
            (vendor, Way::Secret, [0, 0]),
        ]
    });
    at_once(cells, |(vendor, way, expected)| async move {
        let simulator = simulator(full(1)).await;
        let services = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let [own, of_aws] = services
            .each_ref()
            .map(|service| format!("http://{}", service.local_addr().unwrap()));
        let others = [
            ("TENCENT_STS_ENDPOINT", own.as_str()),
            ("ALIBABA_STS_ENDPOINT", &own),
            ("AWS_ENDPOINT_URL_STS", &of_aws),
        ];
        let function = ways::start(vendor, way, &simulator, &others).await;
        function.ready().await;
        assert_eq!(
            services.each_ref().map(silent_connections),
            expected,
            "{vendor:?} {way:?}"
        );
        assert_eq!(
            (simulator.connections(vendor), simulator.calls().len()),
            (1, 0),
            "{vendor:?} {way:?}"
        );
    })
    .await;
}
