//! One line per log event on standard output, as JSON or as text, and nothing of a secret at any level.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::model::Timestamp;

/// The target of lines that are records rather than messages: the audit of changes, and the answers to queues. They are
/// written at every level, and always as JSON. Lambda itself drops JSON lines below the configured level, so they state
/// that level when it is above their own.
pub const RECORD: &str = "record";

/// Fields with this prefix hold JSON, which becomes part of a JSON line as it is.
const JSON_PREFIX: &str = "json.";

/// Sets logging up as `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` say, and logs panics without their message,
/// which could hold data. Only the first call in a process has an effect.
pub fn init(lookup: &dyn Fn(&str) -> Option<String>) {
    let level = lookup("AWS_LAMBDA_LOG_LEVEL");
    let json = lookup("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    if tracing::subscriber::set_global_default(subscriber(level.as_deref(), json, std::io::stdout)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "a panic: this is a defect");
        }));
    }
}

fn subscriber<W>(level: Option<&str>, json: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = Lines { json, record_level: record_level(level) };
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).event_format(lines);
    tracing_subscriber::registry().with(targets(threshold(level))).with(layer)
}

fn threshold(text: Option<&str>) -> LevelFilter {
    match text.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        // Lambda's FATAL has no counterpart.
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

fn record_level(text: Option<&str>) -> &'static str {
    match text.map(str::to_ascii_uppercase).as_deref() {
        Some("WARN") => "WARN",
        Some("ERROR") => "ERROR",
        Some("FATAL") => "FATAL",
        _ => "INFO",
    }
}

/// Libraries below their warnings print what goes over the wire, events and headers included.
fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target(RECORD, LevelFilter::INFO)
}

struct Lines {
    json: bool,
    record_level: &'static str,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line::default();
        event.record(&mut line);
        let timestamp = Timestamp::from_system_time(SystemTime::now());
        let is_record = event.metadata().target() == RECORD;
        let level = if is_record { self.record_level } else { event.metadata().level().as_str() };
        if !self.json && !is_record {
            write!(writer, "{timestamp} {level} {}", escaped(&line.message))?;
            for (name, value) in &line.fields {
                match value {
                    Value::String(text) if !name.starts_with(JSON_PREFIX) => write!(writer, " {name}={:?}", text)?,
                    Value::String(text) => write!(writer, " {}={}", name.trim_start_matches(JSON_PREFIX), escaped(text))?,
                    value => write!(writer, " {name}={value}")?,
                }
            }
            return writeln!(writer);
        }
        write!(writer, r#"{{"timestamp":"{timestamp}","level":"{level}","message":{}"#, Value::from(line.message))?;
        for (name, value) in line.fields {
            match value {
                Value::String(text) if name.starts_with(JSON_PREFIX) => {
                    let name = Value::from(name.trim_start_matches(JSON_PREFIX));
                    match RawValue::from_string(text) {
                        Ok(json) => write!(writer, ",{name}:{json}")?,
                        Err(_) => write!(writer, ",{name}:null")?,
                    }
                }
                value => write!(writer, ",{}:{value}", Value::from(name))?,
            }
        }
        writeln!(writer, "}}")
    }
}

/// A text without anything that could begin another line.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if c.is_control() {
            // Writing into a String cannot fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

#[derive(Default)]
struct Line {
    message: String,
    fields: Map<String, Value>,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.fields.insert(field.name().to_owned(), Value::from(value));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.insert(field.name().to_owned(), Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(level: &str, json: bool, log: impl FnOnce()) -> String {
        let output = Written::default();
        let writer = output.clone();
        tracing::subscriber::with_default(subscriber(Some(level), json, move || writer.clone()), log);
        String::from_utf8(output.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_json_line_is_one_object_whatever_the_texts_hold() {
        let hostile = "a\n{\"level\":\"ERROR\"}\r\u{2028}\0";
        let line =
            written("info", true, || tracing::info!(reason = hostile, calls = 3_u64, failed = true, none = None::<&str>, "tried\n it"));
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["message"], "tried\n it");
        assert_eq!(line["reason"], hostile);
        assert_eq!((line["calls"].as_u64(), line["failed"].as_bool(), line["level"].as_str()), (Some(3), Some(true), Some("INFO")));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        assert!(line.get("none").is_none());
    }

    #[test]
    fn json_fields_are_embedded_and_broken_ones_are_null() {
        let line = written("info", true, || tracing::info!(json.answer = r#"{"a":[1]}"#, json.broken = "{", "answer"));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["answer"]["a"][0], 1);
        assert!(line["broken"].is_null());
    }

    #[test]
    fn a_text_line_cannot_be_broken_in_two() {
        let line = written("info", false, || tracing::info!(reason = "a\nERROR b", json.answer = "{\n}", "tried\nit"));
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(line.contains(r#"INFO tried\nit"#), "{line}");
    }

    #[test]
    fn libraries_stay_silent_below_warnings_at_every_level() {
        let both = || {
            tracing::trace!(target: "lambda_runtime", body = "the event");
            tracing::info!(target: "hyper", "on the wire");
            tracing::warn!(target: "hyper", "odd");
            tracing::trace!("own detail");
        };
        let lines = written("trace", true, both);
        assert!(!lines.contains("the event") && !lines.contains("on the wire"), "{lines}");
        assert!(lines.contains("odd") && lines.contains("own detail"), "{lines}");
        assert_eq!(written("fatal", true, both), "");
    }

    #[test]
    fn records_are_written_at_every_level_and_as_json() {
        for (configured, told) in [("trace", "INFO"), ("info", "INFO"), ("warn", "WARN"), ("error", "ERROR"), ("fatal", "FATAL")] {
            let line = written(configured, false, || tracing::info!(target: RECORD, message_id = "1", json.answer = "{}", "answer"));
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&line["answer"], &line["level"]), (&serde_json::json!({}), &Value::from(told)));
        }
    }

    #[test]
    fn levels_are_lambdas() {
        for (text, expected) in [
            (None, LevelFilter::INFO),
            (Some("trace"), LevelFilter::TRACE),
            (Some("DEBUG"), LevelFilter::DEBUG),
            (Some("Info"), LevelFilter::INFO),
            (Some("WARN"), LevelFilter::WARN),
            (Some("ERROR"), LevelFilter::ERROR),
            (Some("FATAL"), LevelFilter::ERROR),
            (Some("certificate_provider=trace"), LevelFilter::INFO),
        ] {
            assert_eq!(threshold(text), expected, "{text:?}");
        }
    }
}
