//! One event of the log as one line.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{EventScope, RECORD};
use crate::model::Timestamp;

/// Fields with this prefix hold JSON, which becomes part of a JSON line as it is.
const JSON_PREFIX: &str = "json.";
/// Fields with this one hold a JSON object, whose members become members of the line.
const MEMBERS_PREFIX: &str = "members.";

/// How a line is written.
pub(super) struct Lines {
    pub(super) service: &'static str,
    pub(super) json: bool,
    pub(super) record_level: &'static str,
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
        let (message, service) = (Value::from(line.message), Value::from(self.service));
        write!(writer, r#"{{"timestamp":"{timestamp}","level":"{level}","message":{message},"service":{service}"#)?;
        EventScope::write_to(&mut writer)?;
        for (name, value) in line.fields {
            match value {
                Value::String(text) if name.starts_with(JSON_PREFIX) => {
                    let name = Value::from(name.trim_start_matches(JSON_PREFIX));
                    match RawValue::from_string(text) {
                        Ok(json) => write!(writer, ",{name}:{json}")?,
                        Err(_) => write!(writer, ",{name}:null")?,
                    }
                }
                Value::String(text) if name.starts_with(MEMBERS_PREFIX) => {
                    let members: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
                    for (name, value) in members {
                        write!(writer, ",{}:{value}", Value::from(name))?;
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
