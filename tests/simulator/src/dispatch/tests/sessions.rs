//! Faults of the calls that end sessions.

use super::*;
use crate::{Client, Reconnects};

const CLIENT: &str = "truck-1";

/// A call that ends the session of the one client of a broker.
struct Ending {
    vendor: Vendor,
    place: &'static str,
    request: fn(&str) -> String,
    throttled: u16,
}

const ENDINGS: [Ending; 3] = [
    Ending {
        vendor: Vendor::TencentMqtt,
        place: "mqtt-1",
        request: |url| {
            let parameters = json!({"InstanceId": "mqtt-1", "ClientId": CLIENT});
            TencentCall::new("KickOutClient", &parameters).request(url)
        },
        throttled: 200,
    },
    Ending {
        vendor: Vendor::AlibabaMqtt,
        place: "post-cn-1",
        request: |url| {
            let parameters = [("InstanceId", "post-cn-1"), ("ClientId", CLIENT)];
            AlibabaCall::mqtt("CloseConnection", &parameters).request(url)
        },
        throttled: 400,
    },
    Ending {
        vendor: Vendor::AwsIot,
        place: "eu-west-1",
        request: |url| AwsCall::connection("DELETE", CLIENT, "").request(url),
        throttled: 429,
    },
];

impl Ending {
    /// The answer, or none, of one call with this fault, and whether the client is connected after.
    fn with(&self, simulator: &Simulator, fault: Fault) -> (Option<Answer>, bool) {
        simulator.reset();
        simulator.fail(self.vendor, fault);
        let url = simulator.url(self.vendor);
        let answer = exchange(&url, &(self.request)(&url)).unwrap_or_default();
        let connected = simulator.is_connected(self.vendor, self.place, CLIENT);
        (answer, connected)
    }
}

async fn connected_everywhere() -> Simulator {
    let client = Client {
        reconnects: Reconnects::Never,
        ..Client::of(CLIENT, "ab")
    };
    let fleet = ENDINGS.iter().fold(fleet(), |fleet, ending| {
        fleet.with_clients(ending.vendor, ending.place, [client.clone()])
    });
    simulator(fleet).await
}

#[tokio::test]
async fn every_fault_leaves_a_session_or_ends_it_as_it_says() {
    let simulator = connected_everywhere().await;
    for ending in &ENDINGS {
        for (fault, status, is_left) in [
            (Fault::Throttle, Some(ending.throttled), true),
            (Fault::Unavailable, Some(503), true),
            (Fault::body(200, "text/html", "<p>"), Some(200), true),
            (Fault::SucceedWithoutEffect, Some(200), true),
            (Fault::CutBefore, None, true),
            (Fault::CutAfter, None, false),
            (Fault::Truncated, Some(200), false),
            (Fault::Delay(50), Some(200), false),
        ] {
            let (answer, connected) = ending.with(&simulator, fault.clone());
            assert_eq!(
                (answer.map(|answer| answer.status), connected),
                (status, is_left),
                "{fault:?} of {:?}",
                ending.vendor
            );
        }
        let (_, connected) = ending.with(&simulator, Fault::Stall);
        assert!(connected);
        let (answer, connected) = ending.with(&simulator, Fault::Internal);
        assert!(answer.is_some() && connected);
    }
}
