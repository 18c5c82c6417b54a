//! The time at which an event was sent. The recorded events are years old.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The same event, or envelope of a topic, as if it had been sent so long ago: changes the times
/// that its queue, topic, bus or gateway states, but not those in its messages and their envelopes.
#[must_use]
pub fn aged(mut event: Value, age: Duration) -> Value {
    let moment = SystemTime::now()
        .checked_sub(age)
        .unwrap_or(SystemTime::UNIX_EPOCH);
    let moment = OffsetDateTime::from(moment);
    let moment = moment
        .replace_millisecond(moment.millisecond())
        .unwrap_or(moment);
    let milliseconds =
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or_default();
    let text = moment.format(&Rfc3339).unwrap_or_default();
    let mut set = |pointer: &str, value: Value| {
        if let Some(member) = event.pointer_mut(pointer) {
            *member = value;
        }
    };
    set("/Timestamp", text.as_str().into());
    set("/time", text.as_str().into());
    set("/requestContext/timeEpoch", milliseconds.into());
    set("/requestContext/requestTimeEpoch", milliseconds.into());
    let records = match &mut event {
        Value::Array(records) => Some(records),
        event => event.get_mut("Records").and_then(Value::as_array_mut),
    };
    for record in records.into_iter().flatten() {
        for (pointer, value) in [
            ("/attributes/SentTimestamp", milliseconds.to_string()),
            (
                "/attributes/ApproximateFirstReceiveTimestamp",
                milliseconds.to_string(),
            ),
            ("/Sns/Timestamp", text.clone()),
        ] {
            if let Some(member) = record.pointer_mut(pointer) {
                *member = value.into();
            }
        }
    }
    event
}

/// As if it had been sent just now.
pub(super) fn fresh(event: Value) -> Value {
    aged(event, Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::events::*;

    /// The members of an event that state the time at which it was sent.
    fn moments(event: &Value) -> Vec<OffsetDateTime> {
        let of_milliseconds = |value: &Value| {
            let milliseconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
            OffsetDateTime::from_unix_timestamp_nanos(
                i128::from(milliseconds).saturating_mul(1_000_000),
            )
            .ok()
        };
        let of_text = |value: &Value| OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok();
        let records = event.as_array().or_else(|| event["Records"].as_array());
        let in_records = records.into_iter().flatten().flat_map(|record| {
            let attributes = ["SentTimestamp", "ApproximateFirstReceiveTimestamp"]
                .map(|name| of_milliseconds(&record["attributes"][name]));
            attributes
                .into_iter()
                .chain([of_text(&record["Sns"]["Timestamp"])])
        });
        let own = ["timeEpoch", "requestTimeEpoch"]
            .map(|name| of_milliseconds(&event["requestContext"][name]));
        own.into_iter()
            .chain([of_text(&event["time"]), of_text(&event["Timestamp"])])
            .chain(in_records)
            .flatten()
            .collect()
    }

    #[test]
    fn every_event_that_tells_its_time_was_sent_just_now_or_as_long_ago_as_wanted() {
        let envelope: Value = serde_json::from_str(&sns_envelope("{}")).unwrap();
        let post = HttpRequest::post("/", "{}");
        for (kind, event, count) in [
            ("queue", sqs(&["{}", "{}"]), 4),
            ("ordered queue", sqs_fifo(&[("a", "{}")]), 2),
            ("pipe", pipes(&["{}"]), 2),
            ("topic", sns(&["{}", "{}"]), 2),
            ("envelope", envelope, 1),
            ("rule", eventbridge_rule(json!({})), 1),
            ("schedule", eventbridge_schedule(json!({})), 1),
            ("http api", post.event(HttpTrigger::HttpApi), 1),
            ("function url", post.event(HttpTrigger::FunctionUrl), 1),
            ("rest api", post.event(HttpTrigger::RestApi), 1),
            ("load balancer", post.event(HttpTrigger::LoadBalancer), 0),
        ] {
            for age in [Duration::ZERO, Duration::from_secs(100_000)] {
                let event = if age.is_zero() {
                    event.clone()
                } else {
                    aged(event.clone(), age)
                };
                let moments = moments(&event);
                assert_eq!(moments.len(), count, "{kind}: {event}");
                for moment in moments {
                    let off = (OffsetDateTime::now_utc() - age - moment).abs();
                    assert!(
                        off < time::Duration::seconds(10),
                        "{kind}: {moment} is {off} off"
                    );
                }
            }
        }
    }
}
