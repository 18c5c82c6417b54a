//! One function with the injected fault of a row at its vendor, and the report of an invocation.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Call, Fault, FaultRule, Simulator, Vendor};
use tempfile::NamedTempFile;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, aged, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use super::expected::{Delivery, Function, Injected, Row, WRITE};
use super::line::{Break, Line, Seen};
use crate::cells::{provider, words};
use crate::setup::{full, function_with, invoke_within, simulator, texts};
use crate::tls;

const LATE: Duration = Duration::from_secs(25 * 60 * 60);

/// The body of an unreadable record.
const UNREADABLE: &str = "not JSON";

pub(crate) struct Stage<'a> {
    row: &'a Row,
    function: Function,
    simulator: Simulator,
    line: Option<Line>,
    runtime: Runtime,
    /// Read by the function when it starts.
    _trusted_roots: NamedTempFile,
}

/// The report of the invocations of one cell.
#[derive(Default)]
pub(crate) struct Report {
    /// Each answer or error: the body over HTTP, the line of the log from a queue.
    pub(crate) answers: Vec<Value>,
    /// Over HTTP the status and `retry-after` of each answer.
    pub(crate) heads: Vec<(u16, bool)>,
    /// Of a queue's batch the message ids of the readable records and of those that are redelivered.
    pub(crate) records: Option<(Vec<String>, Vec<String>)>,
    /// The calls in their order: `r` for a read, `w` for a write, `c` for a connection that broke
    /// before anything could be read from it. The calls for certificates that are inactivated side
    /// by side interleave, so each certificate has a group of its own.
    pub(crate) calls: String,
    /// The vendor's status of each certificate after the answer.
    pub(crate) states: Vec<String>,
    /// The number of connections to another host.
    pub(crate) strayed: usize,
    pub(crate) longest: Duration,
    pub(crate) output: Vec<u8>,
}

impl<'a> Stage<'a> {
    pub(crate) async fn start(row: &'a Row, function: Function) -> Self {
        let vendor = function.vendor();
        let simulator = simulator(full(2)).await;
        let line = match (&row.injected, row.delivery) {
            (Injected::Connection(broken), _) => Some(broken.clone()),
            (_, Delivery::AfterFreeze) => Some(Break::Sound),
            _ => None,
        };
        let trusted_roots = NamedTempFile::new().unwrap();
        std::fs::write(trusted_roots.path(), tls::authority_pem()).unwrap();
        let mut own = vec![
            ("SSL_CERT_FILE", trusted_roots.path().to_str().unwrap()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ("LOG_ANSWERS", "yes"),
            ("RUST_LOG", "trace"),
        ];
        if row.delivery == Delivery::NotAllowed {
            own.push(("INACTIVATE_ALLOWED_INSTANCES", "post-cn-another"));
        }
        let line = match line {
            Some(broken) => {
                Some(Line::start(broken, &simulator.url(vendor), function.action()).await)
            }
            None => None,
        };
        let endpoint = provider(vendor).endpoint_variable();
        own.extend(line.iter().map(|line| (endpoint, line.url.as_str())));
        let runtime = function_with(function.name(), &simulator, &own).await;
        Self {
            row,
            function,
            simulator,
            line,
            runtime,
            _trusted_roots: trusted_roots,
        }
    }

    pub(crate) fn request(&self) -> Value {
        let provider = provider(self.function.vendor());
        if self.function == Function::Describe {
            return json!({ "instance_id": provider.instance_id() });
        }
        provider.numbered_request(0, 2)
    }

    /// The serial numbers of the certificates of a request.
    fn serials(&self) -> Vec<String> {
        texts(&self.request()["certificates"], "serial_number")
    }

    /// All that the function has logged.
    pub(crate) fn log(&self) -> Vec<u8> {
        self.runtime.logs().into_bytes()
    }

    pub(crate) fn peak_memory(&self) -> u64 {
        self.runtime.peak_memory().unwrap_or_default()
    }

    pub(crate) async fn by_http(&mut self) -> Report {
        let event = self.sent(HttpRequest::post("/", self.request()).event(HttpTrigger::HttpApi));
        let mut report = self.prepare().await;
        for _ in 0..self.times() {
            let answer = HttpAnswer::read(
                HttpTrigger::HttpApi,
                &self.invoke(&event, &mut report).await,
            );
            report.answers.push(answer.json());
            report
                .heads
                .push((answer.status, answer.headers.contains_key("retry-after")));
        }
        self.note_calls(&mut report);
        report
    }

    pub(crate) async fn by_queue(&mut self) -> Report {
        let request = self.request().to_string();
        let mut bodies = vec![UNREADABLE.to_owned()];
        bodies.extend((0..self.times()).map(|_| request.clone()));
        let event = self.sent(events::sqs(&bodies));
        let mut report = self.prepare().await;
        let response = self.invoke(&event, &mut report).await;
        self.note_calls(&mut report);
        let readable: Vec<String> = (1..bodies.len()).map(message_id).collect();
        let lines = self.runtime.json_logs();
        for id in &readable {
            let answers: Vec<&Value> = lines
                .iter()
                .filter(|line| line["message_id"] == *id && line["message"] == "answer")
                .collect();
            let [line] = answers[..] else {
                panic!(
                    "{}: {} lines of the log answer {id}",
                    self.row.name,
                    answers.len()
                )
            };
            let answer = if line["answer"].is_null() {
                &line["error"]
            } else {
                &line["answer"]
            };
            report.answers.push(answer.clone());
        }
        let redelivered: Vec<String> = response.batch_item_failures();
        assert_eq!(
            redelivered[0],
            message_id(0),
            "{}: the unreadable record is redelivered, whatever the outcome of the others",
            self.row.name
        );
        report.records = Some((readable, redelivered[1..].to_vec()));
        report
    }

    fn times(&self) -> usize {
        if self.row.delivery == Delivery::Twice {
            2
        } else {
            1
        }
    }

    fn sent(&self, event: Value) -> Value {
        if self.row.delivery == Delivery::Late {
            aged(event, LATE)
        } else {
            event
        }
    }

    /// Resets the simulator and injects the fault.
    async fn prepare(&mut self) -> Report {
        let (vendor, action) = (self.function.vendor(), self.function.action());
        self.simulator.reset();
        if self.row.delivery == Delivery::AfterFreeze {
            let mut harmless = self.request();
            if self.function == Function::Inactivate {
                harmless["dry_run"] = json!(true);
            }
            self.runtime.invoke(harmless).await.json();
            self.line.iter().for_each(|line| drop(line.take_seen()));
            self.freeze().await;
        }
        match &self.row.injected {
            Injected::Always(faults) => self.simulator.fail(
                vendor,
                FaultRule::always(self.function.of(faults).clone()).on(action),
            ),
            Injected::Once(faults) => self.simulator.fail(
                vendor,
                FaultRule::once(self.function.of(faults).clone()).on(action),
            ),
            Injected::Redirect(status) => {
                let elsewhere = [(
                    "location".to_owned(),
                    format!("{}/", self.simulator.url(Vendor::AwsIot)),
                )];
                let fault = Fault::body_with_headers(
                    *status,
                    "text/html",
                    elsewhere.into(),
                    "<a href=\"/\">moved</a>",
                );
                self.simulator
                    .fail(vendor, FaultRule::always(fault).on(action));
            }
            Injected::NoFault | Injected::Connection(_) => {}
        }
        self.simulator.reset_numbers();
        Report::default()
    }

    /// Stops the process as Lambda does between two events, closes its connections, and continues it when the next event waits.
    async fn freeze(&self) {
        let pid = self.runtime.pid();
        let signal = move |name: &str| {
            let sent = std::process::Command::new("kill")
                .args([name, &pid.to_string()])
                .status()
                .unwrap();
            assert!(sent.success(), "{name} {pid}");
        };
        signal("-STOP");
        self.line.iter().for_each(Line::hang_up);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            signal("-CONT");
        });
    }

    async fn invoke(&mut self, event: &Value, report: &mut Report) -> Answer {
        let (name, vendor) = (self.function.name(), self.function.vendor());
        let begun = Instant::now();
        let answer = invoke_within(&mut self.runtime, self.row.time, event).await;
        assert!(
            matches!(answer, Answer::Response(_)),
            "{}, {name}: {answer}",
            self.row.name
        );
        report.longest = report.longest.max(begun.elapsed());
        report.states = words(&self.simulator, vendor);
        report.output.extend(answer.output());
        answer
    }

    fn note_calls(&self, report: &mut Report) {
        report.strayed = self.simulator.connections(Vendor::AwsIot);
        let seen = match &self.line {
            Some(line) => line.take_seen(),
            None => {
                let letter = |call: &Call| if call.action == WRITE { 'w' } else { 'r' };
                self.simulator
                    .calls()
                    .iter()
                    .map(|call| Seen {
                        letter: letter(call),
                        text: call.parameters.to_string(),
                    })
                    .collect()
            }
        };
        let letters = |seen: &mut dyn Iterator<Item = &Seen>| {
            seen.map(|seen| seen.letter).collect::<String>()
        };
        // A connection that broke brought no call for any certificate, and describe and status ask
        // for all together.
        if self.function != Function::Inactivate || seen.iter().all(|seen| seen.letter == 'c') {
            report.calls = letters(&mut seen.iter());
            return;
        }
        let serials = self.serials();
        let names_one = |seen: &Seen| serials.iter().any(|serial| seen.text.contains(serial));
        assert!(
            seen.iter().all(names_one),
            "{}: a call that is for neither certificate",
            self.row.name
        );
        let mut groups: Vec<String> = serials
            .iter()
            .map(|serial| letters(&mut seen.iter().filter(|seen| seen.text.contains(serial))))
            .collect();
        groups.retain(|group| !group.is_empty());
        groups.sort_unstable();
        report.calls = groups.join(" ");
    }
}
