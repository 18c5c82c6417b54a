//! What one event came to: a line of the log at its end, of which CloudWatch makes metrics by
//! itself.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::operation::Answer;
use crate::telemetry::RECORD;
use crate::transport::CallCounts;

/// Where CloudWatch keeps the metrics, each with the dimension `service`.
const NAMESPACE: &str = "DeviceCertificates";
/// More of the providers' ids of calls would make the line long.
const MOST_REQUEST_IDS: usize = 100;

/// What one event came to.
#[derive(Debug, Default)]
pub(super) struct EventRecord {
    /// Messages that it brought.
    pub(super) messages: u64,
    /// Those of them that come back.
    pub(super) messages_coming_back: u64,
    /// Requests that failed as a whole.
    pub(super) errors: u64,
    counts: BTreeMap<String, u64>,
    request_ids: Vec<String>,
}

impl EventRecord {
    /// Takes what an answer tells about itself.
    pub(super) fn add(&mut self, answer: &impl Answer) {
        for (name, count) in answer.counts() {
            let sum = self.counts.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
        let room = MOST_REQUEST_IDS.saturating_sub(self.request_ids.len());
        self.request_ids.extend(
            answer
                .provider_request_ids()
                .into_iter()
                .take(room)
                .map(str::to_owned),
        );
    }

    /// Writes the line, with [embedded
    /// metrics](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
    pub(super) fn write(self, trigger: &str, took: Duration, calls: CallCounts) {
        let Self {
            messages,
            messages_coming_back,
            errors,
            counts,
            request_ids,
        } = self;
        let fixed = [
            ("provider_calls", calls.calls),
            ("provider_retries", calls.retries),
            ("provider_throttles", calls.throttles),
            ("messages", messages),
            ("messages_coming_back", messages_coming_back),
            ("errors", errors),
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
        tracing::info!(
            target: RECORD,
            trigger,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            json.provider_request_ids = json(&request_ids),
            members.metrics = json(&metrics),
            json._aws = json(&embedded),
            "event"
        );
    }
}

/// What tells CloudWatch which members of the line are metrics.
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

/// Nothing of this can fail to be written.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::log::written;

    /// An answer with these ids of calls, that counts this.
    struct Told(Vec<String>, Vec<(String, u64)>);

    impl serde::Serialize for Told {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }

    impl Answer for Told {
        fn failures(&self) -> impl Iterator<Item = &crate::error::Error> {
            std::iter::empty()
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

        fn for_log(self) -> Self {
            self
        }
    }

    /// The
    /// [format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
    /// each metric that is declared stands in the line as a number, and so does each dimension as a
    /// text.
    #[test]
    fn an_event_leaves_one_line_with_embedded_metrics() {
        let line = written("error", false, || {
            let mut record = EventRecord::default();
            (record.messages, record.messages_coming_back, record.errors) = (3, 1, 1);
            record.add(&Told(
                vec!["call-1".to_owned()],
                vec![
                    ("outcome_refused".to_owned(), 2),
                    ("status_good".to_owned(), 0),
                ],
            ));
            record.add(&Told(
                (0..500).map(|number| format!("call {number}")).collect(),
                vec![("outcome_refused".to_owned(), 1)],
            ));
            let calls = CallCounts {
                calls: 9,
                retries: 2,
                throttles: 1,
            };
            record.write("queue", Duration::from_millis(1_250), calls);
        });
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        let expected = [
            ("provider_calls", 9),
            ("provider_retries", 2),
            ("provider_throttles", 1),
            ("messages", 3),
            ("messages_coming_back", 1),
            ("errors", 1),
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
