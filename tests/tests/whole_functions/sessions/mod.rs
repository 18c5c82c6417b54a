//! Orders that end the sessions of devices, too, at each broker.

mod faults;
mod orders;
mod stolen;

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    AwsCertificate, Client, Fleet, IssuedCertificate, Options, Simulator, Thing, Vendor,
};
use whole_function_tests::Runtime;

use crate::cells::{alibaba_serial, device, everywhere, provider, request, with};
use crate::every_cell_inactivate::own_reference;
use crate::setup::{function_with, options};

/// A broker and its actions on sessions.
#[derive(Clone, Copy, Debug)]
struct Broker {
    vendor: Vendor,
    look: &'static str,
    end: &'static str,
    /// A refusal of the credentials' permission.
    denial: (&'static str, u16),
}

const BROKERS: [Broker; 3] = [
    Broker {
        vendor: Vendor::TencentMqtt,
        look: "DescribeClientList",
        end: "KickOutClient",
        denial: ("UnauthorizedOperation", 200),
    },
    Broker {
        vendor: Vendor::AlibabaMqtt,
        look: "QuerySessionByClientId",
        end: "CloseConnection",
        denial: ("PermissionCheckFailed", 400),
    },
    Broker {
        vendor: Vendor::AwsIot,
        look: "GetConnection",
        end: "DeleteConnection",
        denial: ("ForbiddenException", 403),
    },
];

impl Broker {
    /// The instance, or at AWS the region.
    fn place(self) -> &'static str {
        let provider = provider(self.vendor);
        provider.instance_id().unwrap_or(provider.cloud().region.1)
    }

    /// A client of this broker that presents the certificate.
    fn client(self, client_id: &str, issued: &IssuedCertificate) -> Client {
        let certificate = match self.vendor {
            Vendor::AlibabaMqtt => alibaba_serial(issued),
            Vendor::AwsIot => issued.fingerprint_sha256.clone(),
            _ => issued.serial.clone(),
        };
        Client::of(client_id, &certificate)
    }
}

/// The certificates of the device under test and of its neighbour: one that is issued again has
/// another fingerprint.
static ISSUED: LazyLock<[IssuedCertificate; 2]> = LazyLock::new(|| [device(1), device(2)]);

fn stolen() -> IssuedCertificate {
    ISSUED[0].clone()
}

/// Its client id: at Tencent that of its record, at AWS its thing's name.
fn stolen_client() -> String {
    stolen().common_name
}

/// A neighbour, whose client id begins with the device's.
fn neighbour() -> String {
    format!("{}-b", stolen_client())
}

/// Two devices whose client ids begin alike, connected to every broker.
fn fleet() -> Fleet {
    let [issued, other] = ISSUED.clone();
    let fleet = everywhere(&[issued.clone(), other.clone()]);
    let things = [
        Thing::of(&stolen_client(), [&AwsCertificate::of(&issued)]),
        Thing::of(&neighbour(), [&AwsCertificate::of(&other)]),
    ];
    let region = BROKERS[2].place();
    let fleet = fleet.with(things.map(|thing| thing.in_region(region)));
    BROKERS.into_iter().fold(fleet, |fleet, broker| {
        let clients = [
            broker.client(&stolen_client(), &issued),
            broker.client(&neighbour(), &other),
        ];
        fleet.with_clients(broker.vendor, broker.place(), clients)
    })
}

async fn world(own: &[(&str, &str)]) -> (Simulator, Runtime) {
    world_with(options(fleet()), own).await
}

async fn world_with(options: Options, own: &[(&str, &str)]) -> (Simulator, Runtime) {
    let simulator = Simulator::start(options).await.unwrap();
    let data_plane = simulator.url(Vendor::AwsIot);
    let mut variables = vec![("AWS_ENDPOINT_URL_IOT_DATA_PLANE", data_plane.as_str())];
    variables.extend(own);
    let function = function_with("inactivate", &simulator, &variables).await;
    (simulator, function)
}

/// An order for the certificate of the device. Alibaba ties no client to a certificate, so that
/// the order names it there.
fn order(broker: Broker, own: &Value) -> Value {
    let reference = own_reference(broker.vendor, &stolen());
    let reference = match broker.vendor {
        Vendor::AlibabaMqtt => with(reference, &json!({ "client_ids": [stolen_client()] })),
        _ => reference,
    };
    let order = json!({ "certificates": [reference], "end_sessions": true });
    request(broker.vendor, &with(order, own))
}

fn is_connected(simulator: &Simulator, broker: Broker) -> bool {
    simulator.is_connected(broker.vendor, broker.place(), &stolen_client())
}

/// The only result's outcome, its client's outcome and whether that is verified, and `cut_off`.
fn in_short(answer: &Value) -> Value {
    let result = &answer["results"][0];
    let client = &result["sessions"]["clients"][0];
    assert_eq!(client["client_id"], stolen_client().as_str(), "{answer}");
    json!([
        result["outcome"],
        client["outcome"],
        client["verified"],
        result["cut_off"]
    ])
}

/// The calls about sessions in their order: `l` for a look, `e` for an end.
fn session_calls(simulator: &Simulator, broker: Broker) -> String {
    let calls = simulator.calls();
    let letters = calls.iter().filter_map(|call| match &call.action {
        action if action == broker.look => Some('l'),
        action if action == broker.end => Some('e'),
        _ => None,
    });
    letters.collect()
}

/// Enough for every wait of an order.
const TIME: Duration = Duration::from_secs(30);
