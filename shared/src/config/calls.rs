//! How often an instance may call each provider.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::model::ProviderName;
use crate::transport::CallIntervals;

/// An instance that has to wait longer before each call would spend its time on waiting.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);

/// From `tencent-mqtt=12,alibaba-pca=8`: the calls that all instances together may make in a second.
///
/// # Errors
/// A sentence when it is not such a list, or leaves too little for each of so many instances.
pub(super) fn intervals(list: &str, instances: NonZeroU32) -> Result<CallIntervals, String> {
    let mut intervals: Vec<(ProviderName, Duration)> = Vec::new();
    for item in list.split(',') {
        let (name, calls) = item.trim().split_once('=').ok_or("it is not a list like tencent-mqtt=12,alibaba-pca=8")?;
        let provider = ProviderName::parse(name)?;
        let calls: NonZeroU32 = calls.parse().map_err(|_| format!("the calls to {provider} are not a whole number from 1"))?;
        if intervals.iter().any(|(named, _)| *named == provider) {
            return Err(format!("it names {provider} twice"));
        }
        let interval = interval(calls, instances);
        if interval > LONGEST_INTERVAL {
            let detail =
                format!("{instances} instances share {calls} calls a second to {provider}, which leaves each less than one in 5 s");
            return Err(format!("{detail}; lower RESERVED_CONCURRENCY"));
        }
        intervals.push((provider, interval));
    }
    Ok(intervals.into_iter().collect())
}

/// Rounded up, so that all instances together never make more.
fn interval(calls: NonZeroU32, instances: NonZeroU32) -> Duration {
    let nanoseconds = Duration::from_secs(u64::from(instances.get())).as_nanos();
    let each = nanoseconds.div_ceil(u128::from(calls.get()));
    Duration::from_nanos(u64::try_from(each).unwrap_or(u64::MAX))
}

/// How many instances may run at once.
///
/// # Errors
/// A sentence when it is no such number.
pub(super) fn instances(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "it is not a whole number from 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str, count: &str) -> Result<Vec<(&'static str, u128)>, String> {
        let intervals = intervals(list, instances(count)?)?;
        Ok(intervals.iter().map(|(provider, interval)| (provider.as_str(), interval.as_nanos())).collect())
    }

    #[test]
    fn each_instance_has_its_share() {
        assert_eq!(parsed("alibaba-pca=8", "2"), Ok(vec![("alibaba-pca", 250_000_000)]));
        assert_eq!(parsed("tencent-mqtt=12, alibaba-mqtt=60", "4"), Ok(vec![("tencent-mqtt", 333_333_334), ("alibaba-mqtt", 66_666_667)]));
        assert_eq!(parsed("aws-iot=1", "5"), Ok(vec![("aws-iot", 5_000_000_000)]));
    }

    #[test]
    fn what_would_be_no_bound_is_refused() {
        for (list, count) in [
            ("", "2"),
            ("8", "2"),
            ("alibaba-pca", "2"),
            ("alibaba-pca=", "2"),
            ("alibaba-pca=0", "2"),
            ("alibaba-pca=-8", "2"),
            ("alibaba-pca=8.5", "2"),
            ("alibaba-pca=8,alibaba-pca=8", "2"),
            ("alibaba-pca=8,", "2"),
            ("alibaba=8", "2"),
            ("alibaba-pca=8", "0"),
            ("alibaba-pca=8", "two"),
            ("alibaba-pca=8", "41"),
        ] {
            assert!(parsed(list, count).is_err(), "{list}, {count}");
        }
    }

    proptest::proptest! {
        #[test]
        fn all_instances_together_make_no_more_calls(calls in 1_u32..5_000, instances in 1_u32..2_000) {
            let interval = interval(NonZeroU32::new(calls).unwrap(), NonZeroU32::new(instances).unwrap()).as_nanos();
            let (wanted, given) = (u128::from(instances) * 1_000_000_000, u128::from(calls) * interval);
            proptest::prop_assert!(given >= wanted, "{given} < {wanted}");
            proptest::prop_assert!(given - wanted < u128::from(calls), "{given} > {wanted}");
        }
    }
}
