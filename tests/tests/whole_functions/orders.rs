//! Orders that take several runs: a vendor with devices, the function's queues around it, and what
//! can be said of them in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{IssuedCertificate, Options, Simulator, Vendor};
use whole_function_tests::queue::{DeadLetters, Queue, QueueSettings, Queues};
use whole_function_tests::{Mapping, Redelivery, Runtime, Variables, events};

use crate::cells::{device, everywhere, request};
use crate::every_cell_inactivate::{own_reference, read_and_write};
use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, function_with, invoke_within, options, variables,
};

/// A write each quarter of a second for an instance that handles messages, so that a run of [`RUN`]
/// switches a few certificates off.
pub(crate) const SLOWLY: [(&str, &str); 3] = [
    (
        "CALLS_PER_SECOND",
        "tencent-mqtt:DeactivateDeviceCertificate=8+8,alibaba-mqtt:InactivateDeviceCertificate=8+8,aws-iot:UpdateCertificate=8+8",
    ),
    ("RESERVED_CONCURRENCY", "4"),
    ("QUEUE_CONCURRENCY", "2"),
];

/// The time for one run.
pub(crate) const RUN: Duration = Duration::from_secs(6);

/// More time than a queue ever needs to get empty.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A vendor with devices, and the queues around the function.
pub(crate) struct Stage {
    pub(crate) vendor: Vendor,
    pub(crate) issued: Vec<IssuedCertificate>,
    pub(crate) simulator: Simulator,
    pub(crate) orders: Queue,
    pub(crate) results: Queue,
    pub(crate) dead: Queue,
    _queues: Queues,
}

impl Stage {
    /// This many devices at this vendor; messages that were not acknowledged come again after this
    /// time.
    pub(crate) async fn new(vendor: Vendor, count: u8, visibility_timeout: Duration) -> Self {
        Self::with(vendor, count, visibility_timeout, |options| options).await
    }

    pub(crate) async fn with(
        vendor: Vendor,
        count: u8,
        visibility_timeout: Duration,
        change: impl FnOnce(Options) -> Options,
    ) -> Self {
        let issued: Vec<IssuedCertificate> = (1..=count).map(device).collect();
        let simulator = Simulator::start(change(options(everywhere(&issued))))
            .await
            .unwrap();
        let queues = Queues::start().await;
        let dead = queues.create("dead", QueueSettings::default());
        let dead_letters = Some(DeadLetters {
            queue: dead.clone(),
            max_receive_count: 3,
        });
        let orders = queues.create(
            "orders",
            QueueSettings {
                visibility_timeout,
                dead_letters,
            },
        );
        let results = queues.create("results", QueueSettings::default());
        Self {
            vendor,
            issued,
            simulator,
            orders,
            results,
            dead,
            _queues: queues,
        }
    }

    /// The variables of the function: this vendor, both queues, logs in JSON, and its own, which
    /// win.
    pub(crate) fn variables(&self, own: &[(&str, &str)]) -> Variables {
        let queues = [
            ("RESULTS_QUEUE_URL", self.results.url().to_owned()),
            ("ORDERS_QUEUE_URL", self.orders.url().to_owned()),
        ];
        let wired = variables("inactivate", &self.simulator)
            .into_iter()
            .chain(queues);
        let wired = wired.chain([("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned())]);
        let own = own.iter().map(|(name, value)| (*name, (*value).to_owned()));
        wired
            .chain(own)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// One run at a time, each of [`RUN`].
    pub(crate) fn mapping(&self, own: &[(&str, &str)]) -> Mapping {
        let mapping = Mapping::new("inactivate", self.variables(own), &self.orders);
        Mapping {
            maximum_concurrency: 1,
            batch_size: 1,
            timeout: RUN,
            redelivery: Redelivery::AtOnce,
            ..mapping
        }
    }

    pub(crate) async fn function(&self, own: &[(&str, &str)]) -> Runtime {
        let wired = self.variables(own);
        let wired: Vec<(&str, &str)> = wired
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        function_with("inactivate", &self.simulator, &wired).await
    }

    /// An order for all devices.
    pub(crate) fn order(&self) -> Value {
        let certificates: Vec<Value> = self
            .issued
            .iter()
            .map(|one| own_reference(self.vendor, one))
            .collect();
        request(
            self.vendor,
            &json!({ "certificates": certificates, "reason": "stolen" }),
        )
    }

    /// The vendor's name of a device in calls that change it.
    pub(crate) fn key(&self, number: usize) -> String {
        let one = &self.issued[number];
        let reference = own_reference(self.vendor, one);
        let name = if self.vendor == Vendor::AwsIot {
            "fingerprint_sha256"
        } else {
            "serial_number"
        };
        reference[name].as_str().unwrap().to_owned()
    }

    /// Number of writes for each device, in the order of the devices.
    pub(crate) fn writes(&self) -> Vec<usize> {
        let calls = self.simulator.calls();
        let written: Vec<String> = calls
            .iter()
            .filter(|call| call.action == read_and_write(self.vendor).1)
            .map(|call| {
                let names = ["DeviceCertificateSn", "DeviceSn", "certificateId"];
                names
                    .iter()
                    .find_map(|name| call.parameters[name].as_str())
                    .unwrap()
                    .to_owned()
            })
            .collect();
        (0..self.issued.len())
            .map(|number| {
                written
                    .iter()
                    .filter(|key| **key == self.key(number))
                    .count()
            })
            .collect()
    }

    /// Whether a device is off in truth.
    pub(crate) fn is_off(&self, number: usize) -> bool {
        let key = self.key(number);
        self.simulator.with_fleet(|fleet| match self.vendor {
            Vendor::TencentMqtt => {
                fleet
                    .tencent_certificate(TENCENT_INSTANCE, &key)
                    .unwrap()
                    .status
                    == "INACTIVE"
            }
            Vendor::AlibabaMqtt => {
                fleet
                    .alibaba_certificate(ALIBABA_INSTANCE, &key, crate::cells::ALIBABA_CA)
                    .unwrap()
                    .status
                    == "0"
            }
            _ => fleet.aws_iot[&key].status == "INACTIVE",
        })
    }

    pub(crate) fn all_are_off(&self) -> bool {
        (0..self.issued.len()).all(|number| self.is_off(number))
    }

    /// Every message of the results queue, in the order of sending.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.results
            .bodies()
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }

    /// The device of a result.
    pub(crate) fn number(&self, result: &Value) -> usize {
        let is_of = |one: &IssuedCertificate| {
            result["serial_number"] == one.serial.as_str()
                || result["fingerprint_sha256"] == one.fingerprint_sha256.as_str()
        };
        self.issued
            .iter()
            .position(is_of)
            .unwrap_or_else(|| panic!("no device has this result: {result}"))
    }

    /// The outcomes of each device that need nothing more to be done, in the order in which they
    /// were told.
    pub(crate) fn settled(&self, events: &[Value]) -> Vec<Vec<String>> {
        let mut settled = vec![Vec::new(); self.issued.len()];
        let results = events
            .iter()
            .filter_map(|event| event["data"]["results"].as_array())
            .flatten();
        for result in results.filter(|result| is_settled(result)) {
            settled[self.number(result)].push(result["outcome"].as_str().unwrap().to_owned());
        }
        settled
    }

    /// Takes the oldest message, gives it to the function as sent by this sender so long ago, and
    /// deletes it unless it is to be redelivered. Whether it was deleted.
    pub(crate) async fn deliver(
        &self,
        function: &mut Runtime,
        sender: &str,
        age: Duration,
    ) -> bool {
        let messages = self.orders.receive(1);
        let mut event = events::sqs_messages(&self.orders.arn(), &messages);
        let attributes = &mut event["Records"][0]["attributes"];
        attributes["SenderId"] = json!(sender);
        let sent_at = u128::from(messages[0].sent_at) - age.as_millis();
        attributes["SentTimestamp"] = json!(sent_at.to_string());
        let failures = invoke_within(function, RUN, event)
            .await
            .batch_item_failures();
        assert!(function.idle().await);
        failures.is_empty() && self.orders.delete(&messages[0])
    }
}

/// Whether nothing more has to be done about a certificate.
pub(crate) fn is_settled(result: &Value) -> bool {
    result["outcome"] != "not_attempted" && result["error"]["retryable"] != true
}

/// All numbers of a summary together.
pub(crate) fn total(summary: &Value) -> u64 {
    summary
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum()
}

/// Number of settled results by outcome.
pub(crate) fn counts(settled: &[Vec<String>]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for outcome in settled.iter().flatten() {
        *counts.entry(outcome.as_str()).or_default() += 1;
    }
    counts
}

/// Those numbers of a summary that are not 0.
pub(crate) fn counts_above_zero(summary: &Value) -> BTreeMap<&str, u64> {
    let numbers = summary
        .as_object()
        .unwrap()
        .iter()
        .map(|(outcome, count)| (outcome.as_str(), count.as_u64().unwrap()));
    numbers.filter(|(_, count)| *count > 0).collect()
}

/// The earliest event of each id, which is the one that counts.
pub(crate) fn without_repetitions(events: &[Value]) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    let mut events = events.to_vec();
    events.sort_by_key(|event| event["time"].as_str().unwrap().to_owned());
    events.retain(|event| seen.insert(event["id"].clone()));
    events
}

/// The lines of the audit before each change.
pub(crate) fn audited(function: &Runtime) -> Vec<Value> {
    function
        .json_logs()
        .into_iter()
        .filter(|line| line["status_before"].is_string() && line["result"].is_null())
        .collect()
}
