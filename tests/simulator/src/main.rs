//! The simulator as a program: prints one JSON line with its addresses and keys, then serves until
//! SIGTERM or SIGINT.

#![forbid(unsafe_code)]

use serde_json::{Map, Value, json};
use simulator::{Fleet, Options, Simulator, TencentCertificate, Vendor};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
Usage: simulator [--tls] [--enforce-rate-limits] [--round-trip MS] [--reads-lag MS]
                 [--sessions-lag MS] [--aws-ends-sessions MS]
                 [--calls-per-second NUMBER] [--of-one-ca NUMBER]

A stand-in for the certificate APIs of Tencent Cloud MQTT, Alibaba Cloud MQTT, Alibaba Cloud CAS and AWS IoT.

  --tls                  the vendors speak TLS; the CA to trust is written to a file that the printed line names
  --enforce-rate-limits  throttle calls above the vendors' limits in a second
  --round-trip MS        every answer of a vendor comes MS milliseconds later
  --reads-lag MS         reads show the statuses of MS milliseconds ago
  --sessions-lag MS      reads show the sessions of MS milliseconds ago
  --aws-ends-sessions MS AWS IoT ends the connections of a certificate so long after it was switched off
  --calls-per-second N   throttle calls to an action above N in a second, in place of its vendor's limit
  --of-one-ca N          N more active certificates, all of one CA, at Tencent's instance mqtt-qgzaawn9
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let result = match options(&arguments) {
        Ok(options) => serve(options).await,
        Err(error) => {
            eprint!("simulator: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--tls" => options.tls = true,
            "--enforce-rate-limits" => options.enforce_rate_limits = true,
            "--round-trip" => {
                options.round_trip =
                    milliseconds(arguments.next()).ok_or("--round-trip needs a number")?
            }
            "--reads-lag" => {
                options.reads_lag =
                    milliseconds(arguments.next()).ok_or("--reads-lag needs a number")?
            }
            "--sessions-lag" => {
                options.sessions_lag =
                    milliseconds(arguments.next()).ok_or("--sessions-lag needs a number")?
            }
            "--aws-ends-sessions" => {
                let after =
                    milliseconds(arguments.next()).ok_or("--aws-ends-sessions needs a number")?;
                options
                    .deactivation_ends_sessions
                    .insert(Vendor::AwsIot, after);
            }
            "--calls-per-second" => {
                let calls = number(arguments.next()).ok_or("--calls-per-second needs a number")?;
                options.enforce_rate_limits = true;
                options.calls_of_one_action = Some(calls);
            }
            "--of-one-ca" => {
                let count = number(arguments.next()).ok_or("--of-one-ca needs a number")?;
                add_of_one_ca(&mut options.fleet, count);
            }
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(options)
}

fn number(text: Option<&String>) -> Option<usize> {
    text?.parse().ok()
}

/// Adds active certificates of a CA that has no others.
fn add_of_one_ca(fleet: &mut Fleet, count: usize) {
    if let Some(instance) = fleet.tencent_mqtt.get_mut("mqtt-qgzaawn9") {
        instance
            .certificates
            .extend((1..=count).map(|number| TencentCertificate {
                client_id: format!("fleet-{number:06}"),
                device_certificate_sn: format!("f1ee7{number:011x}"),
                device_certificate_cn: format!("fleet-{number:06}"),
                ca_sn: "00f1ee7ca0".to_owned(),
                not_after_time: Some(4_000_000_000_000),
                ..TencentCertificate::default()
            }));
    }
}

fn milliseconds(text: Option<&String>) -> Option<Duration> {
    text?.parse().ok().map(Duration::from_millis)
}

async fn serve(options: Options) -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let simulator = Simulator::start(options).await?;
    let ca_file = simulator.ca_pem().map(CaFile::write).transpose()?;
    let mut out = io::stdout();
    writeln!(out, "{}", description(&simulator, ca_file.as_ref()))?;
    out.flush()?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

/// The addresses and credentials that a client needs.
fn description(simulator: &Simulator, ca_file: Option<&CaFile>) -> Value {
    let by_vendor = |of: &dyn Fn(Vendor) -> Value| -> Map<String, Value> {
        Vendor::ALL
            .into_iter()
            .map(|vendor| (vendor.name().to_owned(), of(vendor)))
            .collect()
    };
    json!({
        "urls": by_vendor(&|vendor| json!(simulator.url(vendor))),
        "control_url": simulator.control_url(),
        "credentials": by_vendor(&|vendor| json!(simulator.credentials(vendor))),
        "temporary_credentials": by_vendor(&|vendor| json!(simulator.temporary_credentials(vendor))),
        "ca_file": ca_file.map(|file| file.0.display().to_string()),
    })
}

/// The CA's file, removed at the end.
struct CaFile(PathBuf);

impl CaFile {
    fn write(pem: &str) -> io::Result<Self> {
        let name = format!("simulator-ca-{}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, pem)?;
        Ok(Self(path))
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // The file is of no value and its name is not used again soon.
        drop(std::fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, String> {
        options(
            &arguments
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn arguments_become_options() {
        let given = read(&[
            "--tls",
            "--enforce-rate-limits",
            "--round-trip",
            "40",
            "--reads-lag",
            "2000",
            "--sessions-lag",
            "300",
            "--aws-ends-sessions",
            "700",
            "--calls-per-second",
            "90",
            "--of-one-ca",
            "3",
        ])
        .unwrap();
        assert!(given.tls && given.enforce_rate_limits);
        assert_eq!(
            (given.round_trip, given.reads_lag),
            (Duration::from_millis(40), Duration::from_secs(2))
        );
        assert_eq!(
            (
                given.sessions_lag,
                given.deactivation_ends_sessions[&Vendor::AwsIot]
            ),
            (Duration::from_millis(300), Duration::from_millis(700))
        );
        assert_eq!(given.calls_of_one_action, Some(90));
        let of_one_ca = given.fleet.tencent_mqtt["mqtt-qgzaawn9"]
            .certificates
            .iter()
            .filter(|one| one.ca_sn == "00f1ee7ca0" && one.status == "ACTIVE");
        assert_eq!(of_one_ca.count(), 3);
        let plain = read(&[]).unwrap();
        assert!(!plain.tls && !plain.enforce_rate_limits);
    }

    #[test]
    fn times_and_counts_need_numbers() {
        for wrong in [
            &["--round-trip"][..],
            &["--round-trip", "-1"],
            &["--reads-lag", "2s"],
            &["--reads-lag"],
            &["--sessions-lag"],
            &["--aws-ends-sessions", "soon"],
            &["--calls-per-second", "-1"],
            &["--of-one-ca"],
        ] {
            assert!(read(wrong).err().unwrap().contains("needs a number"));
        }
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let error = read(&["--port"]).err().unwrap();
        assert!(error.contains("--port"), "{error}");
    }
}
