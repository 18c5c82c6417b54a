//! The command line.

use std::path::PathBuf;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
Usage: bench [--stages cold,throttled,warm,growth,deployed,orders] [--contestants NAME,..] [--rounds N] [--invocations N] [--round-trip MILLISECONDS]
             [--other FOLDER] [--long yes]

  --stages       which are run; all unless given
  --contestants  who takes part beside `empty`: call, describe, inactivate, status, and each of the last three as python-.. and
                 node-..; all unless given. The stage growth has describe and status always
  --rounds       cold starts of each, 31 unless given
  --invocations  of each that is warm, 1000 unless given
  --round-trip   how far the providers are away, 0 unless given
  --long         yes for the orders that take minutes by the template's rate limits: 10,000 certificates, and 100 at aws-iot
  --other        a folder with the functions of another build, which take part as other-..
";

/// The options of a measurement.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) stages: Vec<String>,
    /// The names of the contestants to measure; `None` for all.
    pub(crate) contestants: Option<Vec<String>>,
    pub(crate) rounds: usize,
    pub(crate) invocations: usize,
    pub(crate) round_trip: Duration,
    /// Whether the longest orders are measured, too.
    pub(crate) is_long: bool,
    /// The folder of another build.
    pub(crate) other: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments behind the program's name.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            stages: list("cold,throttled,warm,growth,deployed,orders"),
            contestants: None,
            rounds: 31,
            invocations: 1000,
            round_trip: Duration::ZERO,
            is_long: false,
            other: None,
        };
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} is no option, or lacks its value"))?;
            let number = || {
                value
                    .parse::<u32>()
                    .map_err(|_| format!("{name} takes a number"))
            };
            match name.as_str() {
                "--stages" => options.stages = list(&value),
                "--contestants" => options.contestants = Some(list(&value)),
                "--rounds" => options.rounds = number()? as usize,
                "--invocations" => options.invocations = number()? as usize,
                "--round-trip" => options.round_trip = Duration::from_millis(number()?.into()),
                "--long" => options.is_long = value == "yes",
                "--other" => options.other = Some(value.into()),
                _ => return Err(format!("{name} is no option")),
            }
        }
        match options.stages.iter().find(|stage| {
            !["cold", "throttled", "warm", "growth", "deployed", "orders"].contains(&stage.as_str())
        }) {
            Some(stage) => Err(format!("{stage} is no stage")),
            None => Ok(options),
        }
    }

    /// Whether this stage is run.
    pub(crate) fn runs(&self, stage: &str) -> bool {
        self.stages.iter().any(|name| name == stage)
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let options =
            parse("--stages cold --contestants describe,status --rounds 5 --round-trip 30")
                .unwrap();
        assert!(options.runs("cold") && !options.runs("warm"));
        assert_eq!(options.contestants.unwrap(), ["describe", "status"]);
        assert_eq!(
            (options.rounds, options.invocations, options.round_trip),
            (5, 1000, Duration::from_millis(30))
        );
    }

    #[test]
    fn invalid_options_are_explained() {
        assert_eq!(
            parse("--rounds many").unwrap_err(),
            "--rounds takes a number"
        );
        assert_eq!(parse("--stages hot").unwrap_err(), "hot is no stage");
        assert_eq!(parse("--verbose on").unwrap_err(), "--verbose is no option");
    }
}
