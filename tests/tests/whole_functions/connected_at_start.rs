//! The connection that is opened while a function starts.

use serde_json::{Value, json};
use simulator::{Options, Simulator, Vendor};
use tempfile::NamedTempFile;

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, full, function_with, options};

const DEFAULTS: [(&str, Vendor); 3] =
    [("describe", Vendor::TencentMqtt), ("inactivate", Vendor::AlibabaMqtt), ("status", Vendor::AlibabaCas)];

fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE }),
        "inactivate" => {
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }], "dry_run": true })
        }
        _ => json!({ "certificates": [{ "serial_number": format!("5{:031x}", 0) }] }),
    }
}

#[tokio::test]
async fn the_first_event_finds_the_default_providers_connection_open_and_unused() {
    at_once(DEFAULTS, |(name, vendor)| async move {
        let simulator = Simulator::start(Options { tls: true, ..options(full(1)) }).await.unwrap();
        let roots = NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), simulator.ca_pem().unwrap()).unwrap();
        let mut function = function_with(name, &simulator, &[("SSL_CERT_FILE", roots.path().to_str().unwrap())]).await;
        function.ready().await;
        let connections = || Vendor::ALL.map(|vendor| simulator.connections(vendor));
        let expected = Vendor::ALL.map(|other| usize::from(other == vendor));
        assert_eq!((connections(), simulator.calls().len()), (expected, 0), "{name}");
        function.invoke(request(name)).await.json();
        assert_ne!(simulator.calls().len(), 0, "{name}");
        assert_eq!(connections(), expected, "{name}: the calls went over it");
    })
    .await;
}

#[tokio::test]
async fn without_a_default_provider_or_its_region_no_connection_is_opened() {
    let regions = ["TENCENTCLOUD_REGION", "ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION_ID"];
    let cells = DEFAULTS.into_iter().zip(regions).flat_map(|((name, _), region)| [(name, "DEFAULT_PROVIDER"), (name, region)]);
    at_once(cells, |(name, variable)| async move {
        let simulator = Simulator::start(options(full(1))).await.unwrap();
        let function = function_with(name, &simulator, &[(variable, "")]).await;
        function.ready().await;
        assert_eq!(Vendor::ALL.map(|vendor| simulator.connections(vendor)), [0; 4], "{name} without {variable}");
    })
    .await;
}
