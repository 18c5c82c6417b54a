//! The stages: cold starts, cold starts at a small share of a processor, and invocations of
//! sandboxes that are warm.

use std::error::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use crate::contestants::Contestant;
use crate::samples::Samples;
use crate::sandbox::Sandbox;
use crate::setting::Setting;
use crate::throttle::Throttle;

/// Number of invocations of one contestant in a row, before the next one's turn.
const BLOCK: usize = 50;

/// Number of invocations before the measured ones, in which an interpreter compiles its hot code.
const WARM_UP: usize = 20;

/// Starts each contestant once in each round. Throttled, its share of a processor is small from the
/// first event on: Lambda does not throttle the start.
pub(crate) fn cold(
    contestants: &[Contestant],
    setting: &Setting,
    rounds: usize,
    is_throttled: bool,
) -> Result<Samples, Box<dyn Error>> {
    let mut samples = Samples::default();
    for _ in 0..rounds {
        for contestant in shuffled(contestants) {
            // Each sandbox has a control group of its own, so that no debt of processor time is left
            // from the one before. The group outlives the sandbox, so that it can be removed.
            let throttle = if is_throttled {
                Some(Throttle::new()?)
            } else {
                None
            };
            let sandbox = Sandbox::start(contestant, setting)?;
            let ready = sandbox.ready()?;
            if let Some(throttle) = &throttle {
                throttle.add(sandbox.process_id())?;
            }
            let answers = sandbox.invoke(1)?;
            let usage = sandbox.usage()?;
            let Some(answer) = answers.first() else {
                continue;
            };
            let until_ready = milliseconds(sandbox.started, ready);
            let invocation = milliseconds(answer.from, answer.to);
            // The harness's own work between the two counts for neither.
            for (quantity, value) in [
                ("cold_ms", until_ready + invocation),
                ("ready_ms", until_ready),
                ("first_invocation_ms", invocation),
                ("cpu_ms", usage.cpu_milliseconds),
                ("page_faults", usage.page_faults),
                ("peak_mib", usage.peak_mebibytes),
            ] {
                samples.add(contestant.name, quantity, vec![value]);
            }
        }
    }
    Ok(samples)
}

/// Gives each contestant this many events, in blocks.
pub(crate) fn warm(
    contestants: &[Contestant],
    setting: &Setting,
    invocations: usize,
) -> Result<Samples, Box<dyn Error>> {
    let mut sandboxes = Vec::new();
    for contestant in contestants {
        let sandbox = Sandbox::start(contestant, setting)?;
        sandbox.ready()?;
        sandbox.invoke(WARM_UP)?;
        sandboxes.push((contestant, sandbox));
    }
    let mut samples = Samples::default();
    for _ in 0..invocations.div_ceil(BLOCK) {
        for (contestant, sandbox) in shuffled(&sandboxes) {
            let before = sandbox.usage()?;
            let answers = sandbox.invoke(BLOCK)?;
            let after = sandbox.usage()?;
            let times: Vec<f64> = answers
                .iter()
                .map(|answer| milliseconds(answer.from, answer.to))
                .collect();
            let all = answers
                .first()
                .zip(answers.last())
                .map_or(f64::NAN, |(first, last)| milliseconds(first.from, last.to));
            let count = answers.len() as f64;
            samples.add(contestant.name, "invocation_ms", times);
            samples.add(
                contestant.name,
                "invocations_per_second",
                vec![count / all * 1e3],
            );
            samples.add(
                contestant.name,
                "cpu_ms",
                vec![(after.cpu_milliseconds - before.cpu_milliseconds) / count],
            );
            samples.add(contestant.name, "peak_mib", vec![after.peak_mebibytes]);
        }
    }
    Ok(samples)
}

fn shuffled<T>(list: &[T]) -> Vec<&T> {
    let order = RandomState::new();
    let mut numbered: Vec<_> = list.iter().enumerate().collect();
    numbered.sort_by_cached_key(|(number, _)| order.hash_one(number));
    numbered.into_iter().map(|(_, item)| item).collect()
}

fn milliseconds(from: Instant, to: Instant) -> f64 {
    to.checked_duration_since(from)
        .unwrap_or(Duration::ZERO)
        .as_secs_f64()
        * 1e3
}
