//! Compares the functions with an empty function and with the vendors' official SDKs in Python and
//! Node.js: the time to start and to answer, and the CPU time and memory, for growing work as well.

#![forbid(unsafe_code)]

mod certificates;
mod chart;
mod contestants;
mod deployment;
mod growth;
mod http;
mod options;
mod process;
mod provider;
mod relay;
mod report;
mod runtime_api;
mod samples;
mod sandbox;
mod setting;
mod stages;
mod throttle;

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::contestants::Contestant;
use crate::deployment::Template;
use crate::growth::{Point, SERIES};
use crate::options::{Options, USAGE};
use crate::report::{cold_columns, column, growth_table, table, warm_columns};
use crate::setting::Setting;
use crate::throttle::Throttle;

/// The contestant that the others are compared with.
const BASE: &str = "empty";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprint!("bench: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let setting = Setting::new(options.round_trip, options.other.as_deref())?;
    let contestants = chosen(options, &setting)?;
    let names: Vec<&'static str> = contestants
        .iter()
        .map(|contestant| contestant.name)
        .collect();
    let mut results = Map::new();
    results.insert(
        "round_trip_ms".to_owned(),
        json!(options.round_trip.as_millis()),
    );
    let sizes: Map<String, Value> = contestants
        .iter()
        .map(|contestant| {
            (
                contestant.name.to_owned(),
                json!(contestant.zip_size(&setting)),
            )
        })
        .collect();
    results.insert("zip_bytes".to_owned(), Value::Object(sizes));

    let zip = |name| {
        let size = contestants
            .iter()
            .find(|contestant| contestant.name == name)
            .and_then(|contestant| contestant.zip_size(&setting));
        size.map_or_else(
            || "–".to_owned(),
            |size| format!("{:.2}", size as f64 / 1_048_576.0),
        )
    };
    if options.runs("cold") {
        let samples = stages::cold(&contestants, &setting, options.rounds, false)?;
        let mut columns = cold_columns(&samples, BASE);
        columns.push(column("zip MiB", zip));
        println!(
            "Cold starts, {} of each:\n\n{}",
            options.rounds,
            table(&names, &columns)
        );
        results.insert("cold".to_owned(), samples.to_json());
    }
    if options.runs("throttled") {
        match Throttle::new().map(drop) {
            Ok(()) => {
                let samples = stages::cold(&contestants, &setting, options.rounds, true)?;
                println!(
                    "At the share of 128 MB from the first event on:\n\n{}",
                    table(&names, &cold_columns(&samples, BASE))
                );
                results.insert("throttled".to_owned(), samples.to_json());
            }
            Err(error) => eprintln!(
                "bench: the stage `throttled` is left out: this machine gives no control group ({error})"
            ),
        }
    }
    if options.runs("warm") {
        let samples = stages::warm(&contestants, &setting, options.invocations)?;
        println!(
            "Warm, {} invocations of each:\n\n{}",
            options.invocations,
            table(&names, &warm_columns(&samples, BASE))
        );
        results.insert("warm".to_owned(), samples.to_json());
    }
    if options.runs("growth") {
        results.insert("growth".to_owned(), grow(&setting)?);
    }
    if options.runs("deployed") || options.runs("orders") {
        let template = Template::read(&setting.root)?;
        results.insert(
            "deployment".to_owned(),
            deployment::run(&template, &options.stages, options.is_long)?,
        );
    }
    let file = setting.output.join("results.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&results)?)?;
    eprintln!("bench: all values are in {}", file.display());
    Ok(())
}

fn grow(setting: &Setting) -> Result<Value, Box<dyn Error>> {
    let mut measured = Vec::new();
    for series in &SERIES {
        let points = series.measure(setting)?;
        println!(
            "{}, {} calls a second:\n\n{}",
            series.name,
            series.calls_per_second,
            growth_table(&points, series.calls_per_second)
        );
        measured.push((series, points));
    }
    let file = setting.output.join("growth.svg");
    chart::draw(&file, &measured)?;
    eprintln!("bench: the growth is drawn in {}", file.display());
    let all = measured.iter().map(|(series, points)| {
        (
            series.name.to_owned(),
            points.iter().map(Point::to_json).collect(),
        )
    });
    Ok(Value::Object(all.collect()))
}

/// The contestants that are measured.
///
/// # Errors
/// When a contestant that the options name does not exist or is not installed.
fn chosen(options: &Options, setting: &Setting) -> Result<Vec<Contestant>, Box<dyn Error>> {
    let mut all = contestants::all();
    if options.other.is_none() {
        all.retain(|contestant| !contestant.is_optional());
    }
    if let Some(names) = &options.contestants {
        if let Some(unknown) = names
            .iter()
            .find(|name| !all.iter().any(|contestant| contestant.name == **name))
        {
            return Err(format!("there is no contestant {unknown}").into());
        }
        all.retain(|contestant| {
            contestant.name == BASE || names.iter().any(|name| name == contestant.name)
        });
    }
    all.iter()
        .try_for_each(|contestant| contestant.install(setting))?;
    let (installed, missing): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|contestant| contestant.is_installed(setting));
    let missing: Vec<&str> = missing.iter().map(|contestant| contestant.name).collect();
    if missing.is_empty() {
        return Ok(installed);
    }
    let missing = format!(
        "not installed: {}; `make bench` installs what it can",
        missing.join(", ")
    );
    if options.contestants.is_some() || !installed.iter().any(|contestant| contestant.name == BASE)
    {
        return Err(missing.into());
    }
    eprintln!("bench: {missing}");
    Ok(installed)
}
