//! Writes one line per log event to standard output, as JSON or as text. No line holds a secret, at
//! any level.

mod lines;
mod scope;
mod text;

pub use scope::EventScope;
pub use text::shortened_name;

use std::io::Write as _;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;

use self::lines::Lines;

/// The target of the audit: lines about changes, the answers to messages, and each event's metrics.
/// They are written at every level, and always as JSON. Lambda itself drops JSON lines below the
/// configured level, so they state that level when it is above their own.
pub const AUDIT: &str = "audit";

/// Sets up logging for this service from `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT`. Panics
/// are logged without their message, which could hold data. Only the first call in a process has an
/// effect.
pub fn init(service: &'static str, lookup: &dyn Fn(&str) -> Option<String>) {
    let level = lookup("AWS_LAMBDA_LOG_LEVEL");
    let format = LogFormat::parse(lookup("AWS_LAMBDA_LOG_FORMAT").as_deref());
    if tracing::subscriber::set_global_default(log(
        service,
        level.as_deref(),
        format,
        to_standard_output,
    ))
    .is_ok()
    {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            tracing::error!(location, "a panic: this is a bug in the function");
        }));
    }
}

/// Writes log events. It ignores spans: the Lambda event under way is an [`EventScope`].
pub(crate) struct Log<W> {
    lines: Lines,
    targets: Targets,
    most_verbose: LevelFilter,
    writer: W,
}

/// The form of the lines, except those of the audit, which are JSON in either form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Time, level, message and fields, separated by blanks.
    Text,
}

impl LogFormat {
    /// Reads Lambda's variable. Every other value than `JSON` stands for text, Lambda's default.
    fn parse(text: Option<&str>) -> Self {
        match text {
            Some(text) if text.eq_ignore_ascii_case("json") => Self::Json,
            _ => Self::Text,
        }
    }
}

pub(crate) fn log<W>(
    service: &'static str,
    level: Option<&str>,
    format: LogFormat,
    writer: W,
) -> Log<W> {
    let lines = Lines {
        service,
        format,
        audit_level: audit_level(level),
    };
    let threshold = threshold(level);
    Log {
        lines,
        targets: targets(threshold),
        most_verbose: threshold.max(LevelFilter::INFO),
        writer,
    }
}

impl<W: Fn(&str) + 'static> Subscriber for Log<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && self
                .targets
                .would_enable(metadata.target(), metadata.level())
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    /// Lets `tracing` skip more verbose log events where they arise.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most_verbose)
    }

    fn event(&self, event: &Event<'_>) {
        (self.writer)(&self.lines.line(event));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // No span is enabled, so this is never called; ids begin with one.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A line that cannot be written is lost: there is no other place to report it.
fn to_standard_output(line: &str) {
    drop(std::io::stdout().lock().write_all(line.as_bytes()));
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

fn audit_level(text: Option<&str>) -> &'static str {
    match text.map(str::to_ascii_uppercase).as_deref() {
        Some("WARN") => "WARN",
        Some("ERROR") => "ERROR",
        Some("FATAL") => "FATAL",
        _ => "INFO",
    }
}

/// Libraries are silent below their warnings: they would log requests, events and headers.
fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target(AUDIT, LevelFilter::INFO)
}

#[cfg(test)]
mod tests;
