//! Formats one log event as one line.

use std::fmt;
use std::time::SystemTime;

use serde_json::value::RawValue;
use tracing::Event;
use tracing::field::{Field, Visit};

use super::text::{escaped, escaped_json, json_text};
use super::{AUDIT, EventScope, LogFormat};
use crate::model::Timestamp;

/// Fields with this prefix hold JSON, which becomes part of a JSON line as it is.
const JSON_PREFIX: &str = "json.";
/// Fields with this prefix hold a JSON object, whose members become members of the line.
const MEMBERS_PREFIX: &str = "members.";

/// Formats the lines.
pub(super) struct Lines {
    pub(super) service: &'static str,
    pub(super) format: LogFormat,
    pub(super) audit_level: &'static str,
}

impl Lines {
    /// A log event with the line feed after it.
    pub(super) fn line(&self, event: &Event<'_>) -> String {
        let is_audit = event.metadata().target() == AUDIT;
        let mut fields = FieldWriter {
            format: if is_audit {
                LogFormat::Json
            } else {
                self.format
            },
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut fields);
        let timestamp = Timestamp::from_system_time(SystemTime::now());
        let level = if is_audit {
            self.audit_level
        } else {
            event.metadata().level().as_str()
        };
        if fields.format == LogFormat::Text {
            let line = escaped(format!(
                "{timestamp} {level} {}{}",
                fields.message, fields.fields
            ));
            return format!("{line}\n");
        }
        let (message, service, scope) = (
            json_text(&fields.message),
            json_text(self.service),
            EventScope::members(),
        );
        let line = escaped_json(format!(
            "{{\"timestamp\":\"{timestamp}\",\"level\":\"{level}\",\"message\":{message},\"service\":{service}{scope}{}}}",
            fields.fields
        ));
        format!("{line}\n")
    }
}

/// Writes the fields of a log event in the form that the line takes them.
struct FieldWriter {
    format: LogFormat,
    message: String,
    fields: String,
}

impl FieldWriter {
    fn field(&mut self, name: &str, value: &str) {
        let parts = match self.format {
            LogFormat::Json => [",\"", name, "\":", value],
            LogFormat::Text => [" ", name, "=", value],
        };
        self.fields.extend(parts);
    }
}

impl Visit for FieldWriter {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let name = field.name();
        if name == "message" {
            value.clone_into(&mut self.message);
        } else if let Some(name) = name.strip_prefix(JSON_PREFIX) {
            let json = match self.format {
                LogFormat::Json => {
                    serde_json::from_str::<&RawValue>(value).map_or("null", RawValue::get)
                }
                LogFormat::Text => value,
            };
            self.field(name, json);
        } else if self.format == LogFormat::Json && name.starts_with(MEMBERS_PREFIX) {
            let members = serde_json::from_str::<&RawValue>(value).map_or("", RawValue::get);
            let members = members
                .strip_prefix('{')
                .and_then(|members| members.strip_suffix('}'))
                .unwrap_or_default();
            if !members.is_empty() {
                self.fields.extend([",", members]);
            }
        } else {
            let text = match self.format {
                LogFormat::Json => json_text(value),
                LogFormat::Text => format!("{value:?}"),
            };
            self.field(name, &text);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field.name(), if value { "true" } else { "false" });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field.name(), &value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field.name(), &value.to_string());
    }
}
