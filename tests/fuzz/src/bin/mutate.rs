//! Runs a target with a number of inputs, and counts those on which it panics.

use std::process::ExitCode;
use std::time::Instant;

use fuzz_targets::{Random, TARGETS, Target, mutated};

const USAGE: &str = "\
Usage: mutate TARGET NUMBER [SEED]

Changes the seeds of the target at random, NUMBER times, and fails when one of these inputs fails it. The same SEED makes the same
inputs; it is 1 when left out.
";
/// Inputs of failures that are shown.
const MOST_SHOWN: u64 = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, number, seed) = match arguments.as_slice() {
        [name, number] => (*name, number.parse(), Ok(1)),
        [name, number, seed] => (*name, number.parse(), seed.parse()),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let target = TARGETS.into_iter().find(|target| target.name == name);
    let (Some(target), Ok(number), Ok(seed)) = (target, number, seed) else {
        eprintln!(
            "mutate: TARGET is one of {}; NUMBER and SEED are whole numbers",
            TARGETS.map(|target| target.name).join(", ")
        );
        return ExitCode::from(2);
    };
    run(&target, number, seed)
}

fn run(target: &Target, number: u64, seed: u64) -> ExitCode {
    let seeds = (target.seeds)();
    let mut random = Random(seed);
    let mut failures = 0_u64;
    let begin = Instant::now();
    for index in 0..number {
        let input = mutated(&seeds, &mut random);
        if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
            failures = failures.saturating_add(1);
            if failures <= MOST_SHOWN {
                eprintln!(
                    "mutate: input {index} of seed {seed} fails {}: {}",
                    target.name,
                    input.escape_ascii()
                );
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{}: {number} executions, seed {seed}, {seconds:.1} seconds, {failures} panics",
        target.name
    );
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
