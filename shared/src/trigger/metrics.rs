//! The metrics of one event: a line of the log at its end, from which CloudWatch extracts metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::error::{Concerns, Error};
use crate::operation::Answer;
use crate::telemetry::{AUDIT, shortened_name};
use crate::transport::CallCounts;

/// The namespace of the metrics, each of which has the dimension `service`.
const NAMESPACE: &str = "DeviceCertificates";
/// Maximum number of providers' request ids in the line, so that it stays short.
const MOST_REQUEST_IDS: usize = 100;
/// Maximum number of callers in the line.
const MOST_CALLERS: usize = 10;

/// The figures of one event.
#[derive(Debug, Default)]
pub(super) struct EventMetrics {
    /// Messages in the event.
    messages: u64,
    /// Messages that need redelivery.
    messages_needing_redelivery: u64,
    /// Requests that failed as a whole.
    errors: u64,
    /// Errors because the credentials were refused, those of single certificates included.
    credentials_refused: u64,
    counts: BTreeMap<String, u64>,
    request_ids: Vec<String>,
    callers: BTreeSet<String>,
    /// Whether each request's caller is verified; `None` while no request is known.
    are_callers_verified: Option<bool>,
}

impl EventMetrics {
    /// Adds the number of messages, and of those that need redelivery.
    pub(super) fn count_messages(&mut self, messages: usize, redeliveries: usize) {
        let add = |sum: &mut u64, count: usize| {
            *sum = sum.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        };
        add(&mut self.messages, messages);
        add(&mut self.messages_needing_redelivery, redeliveries);
    }

    /// Adds the caller of a request; `None` if it is not known. The caller is verified if AWS, a token
    /// or a signature proves it.
    pub(super) fn add_caller(&mut self, name: Option<&str>, is_verified: bool) {
        self.callers
            .extend(name.map(|name| shortened_name(name).into_owned()));
        self.are_callers_verified = Some(is_verified && self.are_callers_verified != Some(false));
    }

    /// Adds a request that failed as a whole.
    pub(super) fn count_error(&mut self, error: &Error) {
        self.errors = self.errors.saturating_add(1);
        self.count_refusals([error]);
    }

    /// Adds the figures of an answer.
    pub(super) fn add(&mut self, answer: &impl Answer) {
        for (name, count) in answer.counts() {
            let sum = self.counts.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
        self.count_refusals(answer.failures());
        let room = MOST_REQUEST_IDS.saturating_sub(self.request_ids.len());
        self.request_ids.extend(
            answer
                .provider_request_ids()
                .into_iter()
                .take(room)
                .map(str::to_owned),
        );
    }

    fn count_refusals<'a>(&mut self, errors: impl IntoIterator<Item = &'a Error>) {
        for error in errors {
            if matches!(error.concerns, Concerns::Credentials | Concerns::Key) {
                self.credentials_refused = self.credentials_refused.saturating_add(1);
            }
        }
    }

    /// Writes the line, with [embedded
    /// metrics](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
    pub(super) fn write(self, trigger: &str, took: Duration, calls: CallCounts) {
        let Self {
            messages,
            messages_needing_redelivery,
            errors,
            credentials_refused,
            counts,
            request_ids,
            callers,
            are_callers_verified,
        } = self;
        let fixed = [
            ("provider_calls", calls.calls),
            ("provider_retries", calls.retries),
            ("provider_throttles", calls.throttles),
            ("messages", messages),
            ("messages_needing_redelivery", messages_needing_redelivery),
            ("errors", errors),
            ("credentials_refused", credentials_refused),
        ];
        let metrics: BTreeMap<&str, u64> = fixed
            .into_iter()
            .chain(counts.iter().map(|(name, count)| (name.as_str(), *count)))
            .collect();
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let directive = Directive {
            namespace: NAMESPACE,
            dimensions: [["service"]],
            metrics: metrics
                .keys()
                .map(|name| Declared {
                    name,
                    unit: "Count",
                })
                .collect(),
        };
        let embedded = Embedded {
            timestamp: u64::try_from(since_epoch.as_millis()).unwrap_or_default(),
            cloud_watch_metrics: [directive],
        };
        let are_several = callers.len() > 1;
        let named: Vec<&String> = callers.iter().take(MOST_CALLERS).collect();
        tracing::info!(
            target: AUDIT,
            trigger,
            caller = callers.first().filter(|_| !are_several),
            json.callers = are_several.then(|| json(&named)),
            caller_count = callers.len(),
            caller_verified = are_callers_verified.unwrap_or_default(),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            json.provider_request_ids = json(&request_ids),
            members.metrics = json(&metrics),
            json._aws = json(&embedded),
            "event"
        );
    }
}

/// The metadata by which CloudWatch knows which members of the line are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Embedded<'a> {
    /// Epoch milliseconds.
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'static str,
    dimensions: [[&'static str; 1]; 1],
    metrics: Vec<Declared<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Declared<'a> {
    name: &'a str,
    unit: &'static str,
}

/// The JSON of a value. Plain data always serializes.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorCode;
    use crate::operation::Extent;
    use crate::testing::log::written;

    /// An answer with these request ids, these figures and these errors.
    struct CountedAnswer(Vec<String>, Vec<(String, u64)>, Vec<Error>);

    impl serde::Serialize for CountedAnswer {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }

    impl Answer for CountedAnswer {
        fn failures(&self) -> impl Iterator<Item = &Error> {
            self.2.iter()
        }

        fn subject(&self) -> Option<String> {
            None
        }

        fn provider_request_ids(&self) -> Vec<&str> {
            self.0.iter().map(String::as_str).collect()
        }

        fn counts(&self) -> Vec<(String, u64)> {
            self.1.clone()
        }

        fn extent(&self) -> Extent {
            Extent {
                certificates: 0,
                has_more: false,
            }
        }

        fn for_log(self) -> Self {
            self
        }
    }

    /// The members about the callers in the line of an event with these callers.
    fn named(callers: &[(Option<&str>, bool)]) -> Value {
        let line = written("error", false, || {
            let mut metrics = EventMetrics::default();
            for (name, is_verified) in callers {
                metrics.add_caller(*name, *is_verified);
            }
            metrics.write("queue", Duration::ZERO, CallCounts::default());
        });
        let line: Value = serde_json::from_str(&line).unwrap();
        let members = ["caller", "callers", "caller_count", "caller_verified"];
        members
            .map(|member| line[member].clone())
            .into_iter()
            .collect()
    }

    #[test]
    fn the_line_names_each_caller_once_and_ten_at_most() {
        assert_eq!(named(&[]), json!([null, null, 0, false]));
        assert_eq!(named(&[(None, true)]), json!([null, null, 0, true]));
        assert_eq!(named(&[(Some("a"), true)]), json!(["a", null, 1, true]));
        assert_eq!(
            named(&[(Some("b"), true), (Some("a"), true), (Some("b"), true)]),
            json!([null, ["a", "b"], 2, true])
        );
        for callers in [
            [(Some("a"), false), (Some("a"), true)],
            [(Some("a"), true), (Some("a"), false)],
        ] {
            assert_eq!(named(&callers), json!(["a", null, 1, false]));
        }
        let names: Vec<String> = (10..35).map(|number| format!("caller {number}")).collect();
        let many: Vec<_> = names
            .iter()
            .map(|name| (Some(name.as_str()), true))
            .collect();
        assert_eq!(named(&many), json!([null, names[..10], 25, true]));
        let long = "\u{fc}".repeat(1_025);
        let cut = format!("{}...", "\u{fc}".repeat(1_024));
        assert_eq!(named(&[(Some(&long), true)]), json!([cut, null, 1, true]));
        let whole = "\u{fc}".repeat(1_024);
        assert_eq!(
            named(&[(Some(&whole), true)]),
            json!([whole, null, 1, true])
        );
    }

    fn refusal(concerns: Concerns) -> Error {
        Error::new(ErrorCode::ProviderRejected, "refused").about(concerns)
    }

    /// The
    /// [format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
    /// each metric that is declared stands in the line as a number, and so does each dimension as a
    /// text.
    #[test]
    fn an_event_leaves_one_line_with_embedded_metrics() {
        let line = written("error", false, || {
            let mut metrics = EventMetrics::default();
            metrics.count_messages(3, 1);
            metrics.count_error(&refusal(Concerns::Key));
            metrics.count_error(&refusal(Concerns::Other));
            metrics.add(&CountedAnswer(
                vec!["call-1".to_owned()],
                vec![
                    ("outcome_refused".to_owned(), 2),
                    ("status_good".to_owned(), 0),
                ],
                vec![
                    refusal(Concerns::Credentials),
                    refusal(Concerns::Parameters),
                    refusal(Concerns::CertificateState),
                ],
            ));
            metrics.add(&CountedAnswer(
                (0..500).map(|number| format!("call {number}")).collect(),
                vec![("outcome_refused".to_owned(), 1)],
                Vec::new(),
            ));
            let calls = CallCounts {
                calls: 9,
                retries: 2,
                throttles: 1,
            };
            metrics.write("queue", Duration::from_millis(1_250), calls);
        });
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        let expected = [
            ("provider_calls", 9),
            ("provider_retries", 2),
            ("provider_throttles", 1),
            ("messages", 3),
            ("messages_needing_redelivery", 1),
            ("errors", 2),
            ("credentials_refused", 2),
            ("outcome_refused", 3),
            ("status_good", 0),
        ];
        for (name, count) in expected {
            assert_eq!(line[name], count, "{name}");
        }
        assert_eq!(
            (&line["message"], &line["trigger"], &line["duration_ms"]),
            (&"event".into(), &"queue".into(), &1_250.into())
        );
        assert_eq!(line["provider_request_ids"].as_array().unwrap().len(), 100);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(
            (&directive["Namespace"], &directive["Dimensions"]),
            (&"DeviceCertificates".into(), &json!([["service"]]))
        );
        assert_eq!(line["service"], "describe");
        assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
        let declared: Vec<&str> = directive["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| metric["Name"].as_str().unwrap())
            .collect();
        assert_eq!(declared.len(), expected.len());
        assert!(
            declared.iter().all(|name| line[name].is_u64()),
            "{declared:?}"
        );
        assert!(
            directive["Metrics"]
                .as_array()
                .unwrap()
                .iter()
                .all(|metric| metric["Unit"] == "Count")
        );
    }
}
