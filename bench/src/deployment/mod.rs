//! The functions as the template deploys them: with its rate limits, its concurrency and its
//! timeout, against the simulated providers.

mod orders;
mod single;
mod template;

use std::error::Error;
use std::time::Duration;

use serde_json::Value;
use simulator::{Options, Simulator};
use whole_function_tests::Runtime;
use whole_function_tests::providers::{self, Inactivation, Provider};

pub(crate) use self::template::Template;

/// The round trip to the providers.
const ROUND_TRIP: Duration = Duration::from_millis(30);
/// Runs both stages and prints their tables. `is_long` adds orders of 10,000 certificates with rate
/// limits.
pub(crate) fn run(
    template: &Template,
    stages: &[String],
    is_long: bool,
) -> Result<Value, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut values = serde_json::Map::new();
    if stages.iter().any(|stage| stage == "deployed") {
        values.insert(
            "deployed".to_owned(),
            runtime.block_on(single::run(template))?,
        );
    }
    if stages.iter().any(|stage| stage == "orders") {
        values.insert(
            "orders".to_owned(),
            runtime.block_on(orders::run(template, is_long))?,
        );
    }
    Ok(Value::Object(values))
}

/// A provider whose certificates can be inactivated.
type Broker = &'static dyn Provider;

/// The action that inactivates a certificate.
fn write_of(broker: Broker) -> &'static str {
    broker
        .inactivation()
        .map(|Inactivation { write, .. }| write)
        .unwrap_or_default()
}

/// The simulated providers with this many active certificates each.
async fn simulator(count: usize, round_trip: Duration) -> Result<Simulator, Box<dyn Error>> {
    Ok(Simulator::start(Options {
        round_trip,
        ..Options::of(providers::numbered(count))
    })
    .await?)
}

/// A function's variables, by their names.
type Variables = Vec<(String, String)>;

/// The variables that wire a function to the providers.
fn wiring(simulator: &Simulator) -> Variables {
    let own = [
        ("INACTIVATE_ALLOWED_INSTANCES", "*".to_owned()),
        ("AWS_LAMBDA_LOG_LEVEL", "WARN".to_owned()),
    ];
    providers::variables(simulator)
        .into_iter()
        .chain(own)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A warm process of a function.
async fn start(function: &str, variables: &Variables) -> Runtime {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let runtime = Runtime::start(function, &variables).await;
    runtime.ready().await;
    runtime
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// A table in Markdown whose first columns are texts.
fn print_table(title: &str, columns: &[&str], texts: usize, rows: &[Vec<String>]) {
    let rule = columns
        .iter()
        .enumerate()
        .map(|(index, _)| if index < texts { "---" } else { "---:" })
        .collect::<Vec<_>>()
        .join(" | ");
    println!("{title}\n\n| {} |\n| {rule} |", columns.join(" | "));
    rows.iter().for_each(|cells| println!("{}", row(cells)));
    println!();
}
