//! One function with its vendor behind the trouble of a row, and what can be seen of an invocation.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Call, Fault, FaultRule, Simulator, Vendor};
use tempfile::NamedTempFile;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, aged, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use super::expected::{Asked, FUNCTIONS, Function, Row, Trouble, WRITE};
use super::line::{Break, Line, Seen};
use crate::cells::{provider, words};
use crate::setup::{full, function_with, invoke_within, simulator, texts};
use crate::tls;

const LATE: Duration = Duration::from_secs(25 * 60 * 60);

/// A record that nobody can read.
const POISON: &str = "not JSON";

pub(crate) struct Stage<'a> {
    row: &'a Row,
    /// Its place in [`FUNCTIONS`].
    place: usize,
    simulator: Simulator,
    line: Option<Line>,
    runtime: Runtime,
    /// Read by the function when it starts.
    _trusted_roots: NamedTempFile,
}

/// What came of the invocations of one cell.
#[derive(Default)]
pub(crate) struct Report {
    /// Each answer or error: the body over HTTP, and from a queue what the log says.
    pub(crate) told: Vec<Value>,
    /// Over HTTP the status and `retry-after` of each answer.
    pub(crate) heads: Vec<(u16, bool)>,
    /// Of a queue's batch the message ids of the readable records and of those that came back.
    pub(crate) records: Option<(Vec<String>, Vec<String>)>,
    /// As in [`super::expected::Expected`].
    pub(crate) calls: String,
    /// The vendor's words for the state of each certificate, as the answer found them.
    pub(crate) states: Vec<String>,
    /// How many connections another host has seen.
    pub(crate) strayed: usize,
    pub(crate) longest: Duration,
    pub(crate) output: Vec<u8>,
}

impl<'a> Stage<'a> {
    pub(crate) async fn start(row: &'a Row, place: usize) -> Self {
        let Function {
            name,
            vendor,
            action,
        } = FUNCTIONS[place];
        let simulator = simulator(full(2)).await;
        let line = match (&row.trouble, row.asked) {
            (Trouble::Line(broken), _) => Some(broken.clone()),
            (_, Asked::AfterAFreeze) => Some(Break::Sound),
            _ => None,
        };
        let trusted_roots = NamedTempFile::new().unwrap();
        std::fs::write(trusted_roots.path(), tls::authority_pem()).unwrap();
        let mut own = vec![
            ("SSL_CERT_FILE", trusted_roots.path().to_str().unwrap()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ("RUST_LOG", "trace"),
        ];
        if row.asked == Asked::OffTheList {
            own.push(("INACTIVATE_ALLOWED_INSTANCES", "post-cn-another"));
        }
        let line = match line {
            Some(broken) => Some(Line::start(broken, &simulator.url(vendor), action).await),
            None => None,
        };
        let endpoint = provider(vendor).endpoint_variable();
        own.extend(line.iter().map(|line| (endpoint, line.url.as_str())));
        let runtime = function_with(name, &simulator, &own).await;
        Self {
            row,
            place,
            simulator,
            line,
            runtime,
            _trusted_roots: trusted_roots,
        }
    }

    pub(crate) fn request(&self) -> Value {
        let provider = provider(FUNCTIONS[self.place].vendor);
        if self.place == 0 {
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
            report.told.push(answer.json());
            report
                .heads
                .push((answer.status, answer.headers.contains_key("retry-after")));
        }
        self.note_calls(&mut report);
        report
    }

    pub(crate) async fn by_queue(&mut self) -> Report {
        let request = self.request().to_string();
        let mut bodies = vec![POISON.to_owned()];
        bodies.extend((0..self.times()).map(|_| request.clone()));
        let event = self.sent(events::sqs(&bodies));
        let mut report = self.prepare().await;
        let answer = self.invoke(&event, &mut report).await;
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
            let told = if line["answer"].is_null() {
                &line["error"]
            } else {
                &line["answer"]
            };
            report.told.push(told.clone());
        }
        let back: Vec<String> = answer.batch_item_failures();
        assert_eq!(
            back[0],
            message_id(0),
            "{}: the record that nobody can read comes back, whatever becomes of the others",
            self.row.name
        );
        report.records = Some((readable, back[1..].to_vec()));
        report
    }

    fn times(&self) -> usize {
        if self.row.asked == Asked::Twice { 2 } else { 1 }
    }

    fn sent(&self, event: Value) -> Value {
        if self.row.asked == Asked::Late {
            aged(event, LATE)
        } else {
            event
        }
    }

    /// Puts everything back to the start and the trouble in place.
    async fn prepare(&mut self) -> Report {
        let Function { vendor, action, .. } = FUNCTIONS[self.place];
        self.simulator.reset();
        if self.row.asked == Asked::AfterAFreeze {
            let mut harmless = self.request();
            if self.place == 1 {
                harmless["dry_run"] = json!(true);
            }
            self.runtime.invoke(harmless).await.json();
            self.line.iter().for_each(|line| drop(line.take_seen()));
            self.freeze().await;
        }
        match &self.row.trouble {
            Trouble::Always(faults) => self.simulator.fail(
                vendor,
                FaultRule::always(faults[self.place].clone()).on(action),
            ),
            Trouble::Once(faults) => self.simulator.fail(
                vendor,
                FaultRule::once(faults[self.place].clone()).on(action),
            ),
            Trouble::Redirect(status) => {
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
            Trouble::Nothing | Trouble::Line(_) => {}
        }
        self.simulator.reset_numbers();
        Report::default()
    }

    /// Stops the process as Lambda does between two events, closes its connections, and lets it go
    /// on when the next event waits.
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
        let Function { name, vendor, .. } = FUNCTIONS[self.place];
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
        if self.place != 1 || seen.iter().all(|seen| seen.letter == 'c') {
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
        let mut words: Vec<String> = serials
            .iter()
            .map(|serial| letters(&mut seen.iter().filter(|seen| seen.text.contains(serial))))
            .collect();
        words.retain(|word| !word.is_empty());
        words.sort_unstable();
        report.calls = words.join(" ");
    }
}
