//! The deployed HTTP API on this machine: prints one JSON line with its address, then serves until
//! SIGTERM or SIGINT.
//!
//! The functions are found as the tests find them: beside this program, or where `FUNCTIONS_DIR`
//! says.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use whole_function_tests::{HttpApi, Variables};

const USAGE: &str = "\
Usage: gateway [--port PORT] [--processes COUNT]

A stand-in for the HTTP API of template.yaml, open to everyone on 127.0.0.1: GET and POST /describe, POST /inactivate,
GET and POST /status.

  --port PORT        the port to listen on; 0, the default, takes a free one
  --processes COUNT  how many processes each function has, and so how many requests it answers at once; 2 by default

The functions get the variables of this program that they know. DEFAULT_PROVIDER_DESCRIBE, DEFAULT_PROVIDER_INACTIVATE and
DEFAULT_PROVIDER_STATUS reach that function as DEFAULT_PROVIDER.
";

/// The beginnings of the names of variables that are passed to every function.
const PASSED: [&str; 13] = [
    "TENCENT",
    "ALIBABA",
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "INACTIVATE_",
    "REACTIVATE_",
    "RECEIPT_",
    "SOURCES",
    "SSL_CERT_FILE",
    "AWS_LAMBDA_LOG",
];

struct Options {
    port: u16,
    processes: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let result = match options(&arguments) {
        Ok(options) => serve(&options).await,
        Err(error) => {
            eprint!("gateway: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        port: 0,
        processes: 2,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => {
                let port = arguments.next().and_then(|text| text.parse().ok());
                options.port = port.ok_or("--port needs a port")?;
            }
            "--processes" => {
                let count = arguments.next().and_then(|text| text.parse().ok());
                options.processes = count
                    .filter(|count| (1..=100).contains(count))
                    .ok_or("--processes needs a count from 1 to 100")?;
            }
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(options)
}

async fn serve(options: &Options) -> Result<(), String> {
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let own = own_variables(std::env::vars_os())?;
    let api = HttpApi::start(options.port, options.processes, |function| {
        variables(&own, function)
    })
    .await?;
    let mut out = io::stdout();
    writeln!(out, "{}", json!({ "url": api.url() }))
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    tokio::select! {
        () = api.serve() => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

/// This program's variables that concern the functions.
fn own_variables(all: impl Iterator<Item = (OsString, OsString)>) -> Result<Variables, String> {
    let concerns = |name: &OsStr| {
        name.to_str()
            .is_some_and(|name| is_passed(name) || name.starts_with("DEFAULT_PROVIDER_"))
    };
    let read = |(name, value): (OsString, OsString)| {
        let name = name.to_string_lossy().into_owned();
        let value = value
            .into_string()
            .map_err(|_| format!("the variable {name} is not UTF-8"))?;
        Ok((name, value))
    };
    all.filter(|(name, _)| concerns(name)).map(read).collect()
}

fn is_passed(name: &str) -> bool {
    PASSED.iter().any(|beginning| name.starts_with(beginning))
}

/// The variables of one function.
fn variables(own: &Variables, function: &str) -> Variables {
    let default_provider = format!("DEFAULT_PROVIDER_{}", function.to_uppercase());
    let pick = |(name, value): &(String, String)| match name.as_str() {
        name if name == default_provider => Some(("DEFAULT_PROVIDER".to_owned(), value.clone())),
        name if is_passed(name) => Some((name.to_owned(), value.clone())),
        _ => None,
    };
    own.iter().filter_map(pick).collect()
}
