//! The functions as the template deploys them: with its rate limits, its concurrency and its
//! timeout, against the simulated providers.

mod orders;
mod single;
mod template;

use std::error::Error;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    AlibabaInstance, AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet, Options,
    Simulator, TencentCertificate, TencentInstance, Vendor,
};
use whole_function_tests::Runtime;

pub(crate) use self::template::Template;

/// How far away the providers are.
const ROUND_TRIP: Duration = Duration::from_millis(30);
const TENCENT_INSTANCE: &str = "mqtt-qgzaawn9";
const ALIBABA_INSTANCE: &str = "post-cn-7mz2d0000";
/// The brokers, in the order of the tables.
const BROKERS: [Broker; 3] = [Broker::Tencent, Broker::Alibaba, Broker::Aws];

/// Runs both stages and prints their tables. `is_long`: orders of 10,000 certificates with rate
/// limits, too.
pub(crate) fn run(
    template: &Template,
    stages: &[String],
    is_long: bool,
) -> Result<Value, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut values = serde_json::Map::new();
    if stages.iter().any(|stage| stage == "deployed") {
        values.insert(
            "deployed".to_owned(),
            runtime.block_on(single::run(template))?,
        );
    }
    if stages.iter().any(|stage| stage == "orders") {
        values.insert(
            "orders".to_owned(),
            runtime.block_on(orders::run(template, is_long))?,
        );
    }
    Ok(Value::Object(values))
}

/// A provider whose certificates can be switched off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broker {
    Tencent,
    Alibaba,
    Aws,
}

impl Broker {
    const fn name(self) -> &'static str {
        match self {
            Self::Tencent => "tencent-mqtt",
            Self::Alibaba => "alibaba-mqtt",
            Self::Aws => "aws-iot",
        }
    }

    /// The action that switches a certificate off.
    const fn write(self) -> &'static str {
        match self {
            Self::Tencent => "DeactivateDeviceCertificate",
            Self::Alibaba => "InactivateDeviceCertificate",
            Self::Aws => "UpdateCertificate",
        }
    }

    /// So many of the fleet's certificates, from this one on, as an order names them.
    fn order(self, first: usize, count: usize) -> Value {
        let named = (first..first.saturating_add(count)).map(|number| match self {
            Self::Tencent => json!({ "serial_number": tencent_serial(number) }),
            Self::Alibaba => {
                json!({ "serial_number": alibaba_serial(number), "ca_serial_number": AlibabaMqttCertificate::default().ca_sn })
            }
            Self::Aws => json!({ "fingerprint_sha256": aws_id(number) }),
        });
        let mut order =
            json!({ "provider": self.name(), "certificates": named.collect::<Vec<_>>() });
        let instance = match self {
            Self::Tencent => TENCENT_INSTANCE,
            Self::Alibaba => ALIBABA_INSTANCE,
            Self::Aws => return order,
        };
        if let Some(members) = order.as_object_mut() {
            members.insert("instance_id".to_owned(), json!(instance));
        }
        order
    }
}

/// The simulated providers with so many active certificates each.
async fn simulator(count: usize, round_trip: Duration) -> Result<Simulator, Box<dyn Error>> {
    let instance = TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: (0..count)
            .map(|number| TencentCertificate {
                device_certificate_sn: tencent_serial(number),
                ..TencentCertificate::default()
            })
            .collect(),
    };
    let broker = AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates: (0..count)
            .map(|number| AlibabaMqttCertificate {
                device_sn: alibaba_serial(number),
                ..AlibabaMqttCertificate::default()
            })
            .collect(),
    };
    let known = (0..count.min(1_000)).map(|number| CasCertificate {
        serial_number: format!("5{number:031x}"),
        ..CasCertificate::default()
    });
    let registered = (0..count).map(|number| AwsCertificate {
        certificate_id: aws_id(number),
        ..AwsCertificate::default()
    });
    let fleet = Fleet::of([instance])
        .with([broker])
        .with(known)
        .with(registered);
    Ok(Simulator::start(Options {
        round_trip,
        ..Options::of(fleet)
    })
    .await?)
}

fn tencent_serial(number: usize) -> String {
    format!("5{number:039x}")
}

fn alibaba_serial(number: usize) -> String {
    format!("d{number:011x}")
}

fn aws_id(number: usize) -> String {
    format!("{number:064x}")
}

/// A function's variables, by their names.
type Variables = Vec<(String, String)>;

/// The variables that wire a function to the providers.
fn wiring(simulator: &Simulator) -> Variables {
    let key = |vendor| simulator.credentials(vendor);
    let (tencent, alibaba, aws) = (
        key(Vendor::TencentMqtt),
        key(Vendor::AlibabaMqtt),
        key(Vendor::AwsIot),
    );
    let pairs = [
        ("TENCENTCLOUD_SECRET_ID", tencent.id),
        ("TENCENTCLOUD_SECRET_KEY", tencent.secret),
        ("TENCENTCLOUD_REGION", "ap-guangzhou".to_owned()),
        ("TENCENT_MQTT_ENDPOINT", simulator.url(Vendor::TencentMqtt)),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", alibaba.id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", alibaba.secret),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou".to_owned()),
        ("ALIBABA_MQTT_ENDPOINT", simulator.url(Vendor::AlibabaMqtt)),
        ("ALIBABA_CAS_ENDPOINT", simulator.url(Vendor::AlibabaCas)),
        ("AWS_ACCESS_KEY_ID", aws.id),
        ("AWS_SECRET_ACCESS_KEY", aws.secret),
        ("AWS_SESSION_TOKEN", String::new()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ENDPOINT_URL_IOT", simulator.url(Vendor::AwsIot)),
        ("INACTIVATE_ALLOWED_INSTANCES", "*".to_owned()),
        ("AWS_LAMBDA_LOG_LEVEL", "WARN".to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A warm process of a function.
async fn start(function: &str, variables: &Variables) -> Runtime {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let runtime = Runtime::start(function, &variables).await;
    runtime.ready().await;
    runtime
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// A table in Markdown whose first columns are texts.
fn print_table(title: &str, columns: &[&str], texts: usize, rows: &[Vec<String>]) {
    let rule = columns
        .iter()
        .enumerate()
        .map(|(index, _)| if index < texts { "---" } else { "---:" })
        .collect::<Vec<_>>()
        .join(" | ");
    println!("{title}\n\n| {} |\n| {rule} |", columns.join(" | "));
    rows.iter().for_each(|cells| println!("{}", row(cells)));
    println!();
}
