//! One line per log event on standard output, as JSON or as text, and nothing of a secret at any level.

mod lines;
mod scope;
#[cfg(test)]
pub(crate) mod written;

pub use scope::EventScope;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use self::lines::Lines;

/// The target of lines that are records rather than messages: the audit of changes, and the answers to queues. They are
/// written at every level, and always as JSON. Lambda itself drops JSON lines below the configured level, so they state
/// that level when it is above their own.
pub const RECORD: &str = "record";

/// Sets logging up for this service as `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` say, and logs panics without their message,
/// which could hold data. Only the first call in a process has an effect.
pub fn init(service: &'static str, lookup: &dyn Fn(&str) -> Option<String>) {
    let level = lookup("AWS_LAMBDA_LOG_LEVEL");
    let json = lookup("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    if tracing::subscriber::set_global_default(subscriber(service, level.as_deref(), json, std::io::stdout)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "a panic: this is a defect");
        }));
    }
}

fn subscriber<W>(service: &'static str, level: Option<&str>, json: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = Lines { service, json, record_level: record_level(level) };
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

#[cfg(test)]
mod tests;
