//! What one event came to: a line of the log at its end, of which CloudWatch makes metrics by itself.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::RECORD;
use crate::operation::Answer;
use crate::transport::CallCounts;

/// Where CloudWatch keeps the metrics, each with the dimension `service`.
const NAMESPACE: &str = "DeviceCertificates";
/// More of the providers' ids of calls would make the line long.
const MOST_REQUEST_IDS: usize = 100;

/// What one event came to.
#[derive(Debug, Default)]
pub struct EventRecord {
    /// Messages that it brought.
    pub messages: u64,
    /// Those of them that come back.
    pub messages_coming_back: u64,
    /// Requests that failed as a whole.
    pub errors: u64,
    counts: BTreeMap<String, u64>,
    request_ids: Vec<String>,
}

impl EventRecord {
    /// Takes what an answer tells about itself.
    pub fn add(&mut self, answer: &impl Answer) {
        for (name, count) in answer.counts() {
            let sum = self.counts.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
        let room = MOST_REQUEST_IDS.saturating_sub(self.request_ids.len());
        self.request_ids.extend(answer.provider_request_ids().into_iter().take(room).map(str::to_owned));
    }

    /// Writes the line, with [embedded metrics](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
    pub fn write(self, trigger: &str, took: Duration, calls: CallCounts) {
        let Self { messages, messages_coming_back, errors, counts, request_ids } = self;
        let fixed = [
            ("provider_calls", calls.calls),
            ("provider_retries", calls.retries),
            ("provider_throttles", calls.throttles),
            ("messages", messages),
            ("messages_coming_back", messages_coming_back),
            ("errors", errors),
        ];
        let metrics: Map<String, Value> = fixed
            .map(|(name, count)| (name.to_owned(), json!(count)))
            .into_iter()
            .chain(counts.into_iter().map(|(name, count)| (name, json!(count))))
            .collect();
        let declared: Vec<Value> = metrics.keys().map(|name| json!({"Name": name, "Unit": "Count"})).collect();
        let metrics = Value::Object(metrics).to_string();
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let embedded = json!({
            "Timestamp": u64::try_from(since_epoch.as_millis()).unwrap_or_default(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": declared}]
        });
        tracing::info!(
            target: RECORD,
            trigger,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            json.provider_request_ids = json!(request_ids).to_string(),
            members.metrics = metrics,
            json._aws = embedded.to_string(),
            "event"
        );
    }
}
