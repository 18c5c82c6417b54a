//! The connections that are opened while a function starts.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

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
async fn the_first_event_finds_the_default_providers_connection_open() {
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
async fn without_a_default_provider_its_region_or_its_key_no_connection_is_opened() {
    let of_tencent = [
        vec!["TENCENTCLOUD_REGION"],
        vec!["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"],
    ];
    let of_alibaba = [
        vec!["ALIBABA_CLOUD_REGION_ID"],
        vec![
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ],
    ];
    let cells = DEFAULTS.into_iter().flat_map(|(name, vendor)| {
        let own = match vendor {
            Vendor::TencentMqtt => of_tencent.clone(),
            _ => of_alibaba.clone(),
        };
        own.into_iter()
            .chain([vec!["DEFAULT_PROVIDER"]])
            .map(move |variables| (name, variables))
    });
    at_once(cells, |(name, variables)| async move {
        let simulator = Simulator::start(options(full(1))).await.unwrap();
        let unset: Vec<(&str, &str)> = variables.iter().map(|variable| (*variable, "")).collect();
        let function = function_with(name, &simulator, &unset).await;
        function.ready().await;
        assert_eq!(
            Vendor::ALL.map(|vendor| simulator.connections(vendor)),
            [0; Vendor::ALL.len()],
            "{name} without {variables:?}"
        );
    })
    .await;
}

/// A service that answers nothing but the request that opens a connection, and remembers all that
/// it was sent.
struct Service {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = [0; 4096];
                let length = stream.read(&mut bytes).unwrap();
                let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
                seen.lock().unwrap().push(request);
                stream
                    .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                    .unwrap();
                // The connection stays open.
                std::mem::forget(stream);
            }
        });
        Self { url, requests }
    }

    /// Number of connections that were opened, each by one request without any data of the function.
    fn connections(&self) -> usize {
        let requests = self.requests.lock().unwrap();
        for request in requests.iter() {
            let mut lines = request.trim_end().split("\r\n");
            assert_eq!(lines.next(), Some("HEAD / HTTP/1.1"));
            let mut names: Vec<&str> = lines.filter_map(|line| line.split(':').next()).collect();
            names.sort_unstable();
            assert_eq!(names, ["accept", "host", "user-agent"]);
        }
        requests.len()
    }
}

#[tokio::test]
async fn the_first_event_finds_the_connections_to_the_services_of_the_key_open() {
    let cells = VENDORS.into_iter().flat_map(|vendor| {
        [
            (vendor, Way::RoleWithKey, [1, 0]),
            (vendor, Way::Keyless, [1, 1]),
            (vendor, Way::Secret, [0, 0]),
        ]
    });
    at_once(cells, |(vendor, way, expected)| async move {
        let simulator = simulator(full(1)).await;
        let services = [(); 2].map(|()| Service::start());
        let [own, of_aws] = services.each_ref().map(|service| service.url.clone());
        let others = [
            ("TENCENT_STS_ENDPOINT", own.as_str()),
            ("ALIBABA_STS_ENDPOINT", &own),
            ("AWS_ENDPOINT_URL_STS", &of_aws),
        ];
        let function = ways::start(vendor, way, &simulator, &others).await;
        function.ready().await;
        assert_eq!(
            services.each_ref().map(Service::connections),
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
