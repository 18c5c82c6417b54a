//! The cost of work by its size: calls, time and memory, at a vendor with a rate limit. The vendors are
//! the simulator, which counts the calls.

use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{
    CasCertificate, Credentials, Fleet, Options, Simulator, TencentCertificate, TencentInstance,
    Vendor, issue,
};

use crate::contestants::{self, Contestant};
use crate::process::Process;
use crate::runtime_api::{Answer, Report, RuntimeApi};
use crate::setting::Setting;

/// The longest timeout of a Lambda function.
const TIME_LIMIT: Duration = Duration::from_secs(900);
const INSTANCE: &str = "mqtt-qgzaawn9";
/// Serial numbers that a record of a batch asks for.
const IN_A_RECORD: usize = 10;
/// Serial numbers that one request may ask for.
const IN_A_REQUEST: usize = 1_000;

/// A kind of work, in several sizes.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    kind: Kind,
    sizes: &'static [usize],
    /// The vendor's rate limit, all of which the one sandbox may use.
    pub(crate) calls_per_second: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A list of certificates, with this maximum in one answer.
    Describe(usize),
    /// Certificates whose status is requested.
    Status,
    /// Records of one batch of a queue, each of which asks for several certificates.
    Batch,
}

/// All series. A thousand certificates and their PEMs are an answer that any trigger can carry.
pub(crate) const SERIES: [Series; 4] = [
    Series {
        name: "describe, 1,000 certificates an answer",
        kind: Kind::Describe(1_000),
        sizes: &[100, 1_000, 10_000, 100_000],
        calls_per_second: 20,
    },
    Series {
        name: "describe, as many certificates as an answer can hold",
        kind: Kind::Describe(10_000),
        sizes: &[100, 1_000, 10_000],
        calls_per_second: 20,
    },
    Series {
        name: "status, serial numbers",
        kind: Kind::Status,
        sizes: &[10, 100, 1_000, 10_000],
        calls_per_second: 10,
    },
    Series {
        name: "status, records of ten in one batch",
        kind: Kind::Batch,
        sizes: &[1, 10, 100, 1_000],
        calls_per_second: 10,
    },
];

/// The measured cost of work of one size.
pub(crate) struct Point {
    pub(crate) size: usize,
    pub(crate) invocations: usize,
    pub(crate) calls: usize,
    /// Calls that the vendor has refused because of its rate limit.
    pub(crate) refused: usize,
    pub(crate) seconds: f64,
    pub(crate) cpu_milliseconds: f64,
    pub(crate) peak_mebibytes: f64,
}

impl Point {
    pub(crate) fn to_json(&self) -> Value {
        let Self {
            size,
            invocations,
            calls,
            refused,
            seconds,
            cpu_milliseconds,
            peak_mebibytes,
        } = self;
        json!({
            "size": size, "invocations": invocations, "calls": calls, "refused": refused, "seconds": seconds,
            "cpu_ms": cpu_milliseconds, "peak_mib": peak_mebibytes
        })
    }
}

impl Series {
    pub(crate) fn measure(&self, setting: &Setting) -> Result<Vec<Point>, Box<dyn Error>> {
        self.sizes
            .iter()
            .map(|size| self.point(setting, *size))
            .collect()
    }

    fn point(&self, setting: &Setting, size: usize) -> Result<Point, Box<dyn Error>> {
        let (name, vendor, fleet) = match self.kind {
            Kind::Describe(_) => ("describe", Vendor::TencentMqtt, listed(size)),
            Kind::Status => ("status", Vendor::AlibabaCas, known(size)),
            Kind::Batch => (
                "status",
                Vendor::AlibabaCas,
                known(size.saturating_mul(IN_A_RECORD)),
            ),
        };
        let simulator = start(fleet)?;
        let contestant = contestants::all()
            .into_iter()
            .find(|contestant| contestant.name == name)
            .ok_or("there is no such function")?;
        contestant.install(setting)?;
        let api = RuntimeApi::start(TIME_LIMIT)?;
        let command = self.command(&contestant, setting, &simulator, &api)?;
        let worker = Worker {
            process: Process::start(command, setting.output.join(format!("{name}-growth.log")))?,
            api,
        };
        let invocations = match self.kind {
            Kind::Describe(most) => worker.describe(size, most),
            Kind::Status => worker.status(size),
            Kind::Batch => worker.batch(size),
        }?;
        let (first, last) = invocations
            .first()
            .zip(invocations.last())
            .ok_or("nothing was invoked")?;
        let seconds = last.1.saturating_duration_since(first.0).as_secs_f64();
        let usage = worker.process.usage()?;
        let calls = simulator.calls();
        Ok(Point {
            size,
            invocations: invocations.len(),
            calls: calls.len(),
            refused: calls
                .iter()
                .filter(|call| call.vendor == vendor && call.outcome != "ok")
                .count(),
            seconds,
            cpu_milliseconds: usage.cpu_milliseconds,
            peak_mebibytes: usage.peak_mebibytes,
        })
    }

    fn command(
        &self,
        contestant: &Contestant,
        setting: &Setting,
        simulator: &Simulator,
        api: &RuntimeApi,
    ) -> Result<Command, Box<dyn Error>> {
        let mut command = contestant.command(setting, &api.address());
        let roots = setting.output.join("growth-root.pem");
        fs::write(&roots, simulator.ca_pem().unwrap_or_default())?;
        let Credentials { id, secret, .. } = simulator.credentials(Vendor::TencentMqtt);
        command
            .env("TENCENTCLOUD_SECRET_ID", id)
            .env("TENCENTCLOUD_SECRET_KEY", secret);
        let Credentials { id, secret, .. } = simulator.credentials(Vendor::AlibabaCas);
        command
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", id)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
        command.env("TENCENT_MQTT_ENDPOINT", simulator.url(Vendor::TencentMqtt));
        command.env("ALIBABA_CAS_ENDPOINT", simulator.url(Vendor::AlibabaCas));
        let action = match self.kind {
            Kind::Describe(_) => "tencent-mqtt:DescribeDeviceCertificates",
            Kind::Status | Kind::Batch => {
                "alibaba-pca:DescribeClientCertificateStatusForSerialNumber"
            }
        };
        // Two sandboxes are the least. By these shares each of them may use the whole limit, for
        // messages and for other events: the 0.2 calls are the two sandboxes' bursts in ten
        // seconds.
        let limit = self.calls_per_second;
        command.env("CALLS_PER_SECOND", format!("{action}={limit}+{limit}.2"));
        command
            .env("RESERVED_CONCURRENCY", "2")
            .env("QUEUE_CONCURRENCY", "1");
        command
            .env("SSL_CERT_FILE", roots)
            .env("AWS_LAMBDA_LOG_LEVEL", "WARN");
        Ok(command)
    }
}

/// The function at work.
struct Worker {
    process: Process,
    api: RuntimeApi,
}

/// The moments at which an event was handed out and at which its answer was received.
type Span = (Instant, Instant);

impl Worker {
    /// Follows the cursor to the end of the list.
    fn describe(&self, size: usize, most: usize) -> Result<Vec<Span>, Box<dyn Error>> {
        let mut spans = Vec::new();
        let (mut cursor, mut shown) = (Value::Null, 0_usize);
        loop {
            let event = json!({ "provider": "tencent-mqtt", "instance_id": INSTANCE, "limit": most, "include_pem": true, "cursor": cursor });
            let (span, mut answer) = self.invoke(&event)?;
            spans.push(span);
            shown = shown.saturating_add(
                answer
                    .pointer("/certificates")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len),
            );
            cursor = answer
                .pointer_mut("/next_cursor")
                .map(Value::take)
                .unwrap_or_default();
            if cursor.is_null() {
                return if shown == size {
                    Ok(spans)
                } else {
                    Err(format!("{shown} of {size} certificates were shown").into())
                };
            }
        }
    }

    fn status(&self, size: usize) -> Result<Vec<Span>, Box<dyn Error>> {
        let serials: Vec<String> = (0..size).map(serial).collect();
        let requested = serials.chunks(IN_A_REQUEST).map(|serials| {
            let (span, answer) = self.invoke(&status_of(serials))?;
            let results = answer
                .pointer("/results")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let good = results
                .iter()
                .filter(|result| result.pointer("/status").and_then(Value::as_str) == Some("good"))
                .count();
            if good == serials.len() {
                Ok(span)
            } else {
                Err(format!("{good} of {} were good", serials.len()).into())
            }
        });
        requested.collect()
    }

    fn batch(&self, size: usize) -> Result<Vec<Span>, Box<dyn Error>> {
        let serials: Vec<String> = (0..size.saturating_mul(IN_A_RECORD)).map(serial).collect();
        let records: Vec<Value> = serials
            .chunks(IN_A_RECORD)
            .zip(0_u64..)
            .map(|(serials, number)| record(number, serials))
            .collect();
        let (span, answer) = self.invoke(&json!({ "Records": records }))?;
        match answer
            .pointer("/batchItemFailures")
            .and_then(Value::as_array)
        {
            Some(back) if back.is_empty() => Ok(vec![span]),
            _ => Err(format!("messages need redelivery: {answer}").into()),
        }
    }

    fn invoke(&self, event: &Value) -> Result<(Span, Value), Box<dyn Error>> {
        self.api.offer(event.to_string())?;
        loop {
            match self.api.report()? {
                Report::Ready(_) => {}
                Report::Answered(Answer { from, to, body }) => {
                    return Ok(((from, to), serde_json::from_slice(&body)?));
                }
                Report::Failed(error) => {
                    return Err(format!("{error}\n{}", self.process.log()).into());
                }
            }
        }
    }
}

fn start(fleet: Fleet) -> Result<Simulator, Box<dyn Error>> {
    let options = Options {
        tls: true,
        enforce_rate_limits: true,
        ..Options::of(fleet)
    };
    Ok(tokio::runtime::Builder::new_current_thread()
        .build()?
        .block_on(Simulator::start(options))?)
}

/// Of 16 octets, like those of Alibaba Cloud's private CA.
fn serial(number: usize) -> String {
    format!("5{number:031x}")
}

fn listed(size: usize) -> Fleet {
    const BEGIN: i64 = 1_740_787_200_000;
    const END: i64 = 1_898_467_200_000;
    let certificates = (0..size).map(|number| {
        TencentCertificate::of(&issue(
            &serial(number),
            &format!("truck-{number}.example.com"),
            Some("Cold Chain"),
            BEGIN,
            END,
        ))
    });
    let (instance_id, region) = (INSTANCE.to_owned(), "ap-guangzhou".to_owned());
    Fleet::of([TencentInstance {
        instance_id,
        region,
        certificates: certificates.collect(),
        ..TencentInstance::default()
    }])
}

fn known(size: usize) -> Fleet {
    Fleet::of((0..size).map(|number| CasCertificate {
        serial_number: serial(number),
        ..CasCertificate::default()
    }))
}

fn status_of(serials: &[String]) -> Value {
    let requested: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial }))
        .collect();
    json!({ "provider": "alibaba-pca", "certificates": requested })
}

fn record(number: u64, serials: &[String]) -> Value {
    json!({
        "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012x}"),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": status_of(serials).to_string(),
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183" },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:requests",
        "awsRegion": "eu-west-1"
    })
}
