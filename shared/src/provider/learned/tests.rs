//! What is kept, under which key, and for how long.

use super::*;
use crate::model::{InstanceId, ProviderName, Region};
use crate::provider::fixture::now;

fn scope(region: &str, instance: &str) -> Scope {
    let (region, instance_id) = (Region::parse(region).unwrap(), InstanceId::parse(instance).ok());
    Scope { provider: ProviderName::TencentMqtt, region, instance_id }
}

#[test]
fn that_alternatives_are_taken_stays_and_that_they_are_not_expires() {
    let learned = Learned::default();
    let (one, other) = (scope("ap-guangzhou", "mqtt-1"), scope("ap-guangzhou", "mqtt-2"));
    assert_eq!(learned.takes_alternatives(&one, now()), None);
    learned.learn_alternatives(&one, false, now());
    assert_eq!(learned.takes_alternatives(&one, now().plus(Duration::from_secs(59))), Some(false));
    assert_eq!(learned.takes_alternatives(&one, now().plus(SHORT_LIFE)), None);
    learned.learn_alternatives(&one, true, now());
    assert_eq!(learned.takes_alternatives(&other, now().plus_days(30)), Some(true), "instances of a region share one API");
    assert_eq!(learned.takes_alternatives(&scope("ap-beijing", "mqtt-1"), now()), None);
}
