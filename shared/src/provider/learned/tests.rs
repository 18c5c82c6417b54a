//! The knowledge that is kept, its key, and its life.

use super::*;
use crate::model::{InstanceId, ProviderName, Region};
use crate::testing::now;

fn scope(region: &str, instance: &str) -> Scope {
    let (region, instance_id) = (
        Region::parse(region).unwrap(),
        InstanceId::parse(instance).ok(),
    );
    Scope {
        provider: ProviderName::TencentMqtt,
        region,
        instance_id,
    }
}

#[test]
fn that_alternatives_are_taken_stays_and_that_they_are_not_expires() {
    let learned = Learned::default();
    let (one, other) = (
        scope("ap-guangzhou", "mqtt-1"),
        scope("ap-guangzhou", "mqtt-2"),
    );
    assert_eq!(learned.takes_alternatives(&one, now()), None);
    learned.learn_alternatives(&one, false, now());
    assert_eq!(
        learned.takes_alternatives(&one, now().plus(Duration::from_secs(59))),
        Some(false)
    );
    assert_eq!(
        learned.takes_alternatives(&one, now().plus(SHORT_LIFE)),
        None
    );
    learned.learn_alternatives(&one, true, now());
    assert_eq!(
        learned.takes_alternatives(&other, now().plus_days(30)),
        Some(true),
        "instances of a region share one API"
    );
    assert_eq!(
        learned.takes_alternatives(&scope("ap-beijing", "mqtt-1"), now()),
        None
    );
}

#[test]
fn the_text_of_a_ca_stays_and_that_its_list_is_long_expires() {
    let learned = Learned::default();
    let (one, other) = (
        scope("cn-hangzhou", "post-cn-1"),
        scope("cn-hangzhou", "post-cn-2"),
    );
    let ca = SerialNumber::parse("0xF2").unwrap();
    learned.learn_ca(&one, "00f2");
    learned.learn_long_list(&one, "00f2", Some(250), now());
    assert_eq!(learned.ca_text(&one, &ca).as_deref(), Some("00f2"));
    assert_eq!(
        (
            learned.ca_text(&other, &ca),
            learned.ca_text(&scope("cn-beijing", "post-cn-1"), &ca)
        ),
        (None, None)
    );
    let total = |seconds| {
        learned
            .long_list(&one, "00f2", now().plus(Duration::from_secs(seconds)))
            .map(|list| list.total)
    };
    assert_eq!((total(59), total(60)), (Some(Some(250)), None));
    assert!(
        learned.long_list(&other, "00f2", now()).is_none()
            && learned.long_list(&one, "f2", now()).is_none()
    );
}

#[test]
fn beyond_the_most_cas_all_are_forgotten() {
    let learned = Learned::default();
    let scope = scope("cn-hangzhou", "post-cn-1");
    let known = |number: usize| {
        learned
            .ca_text(
                &scope,
                &SerialNumber::parse(&format!("{number:x}")).unwrap(),
            )
            .is_some()
    };
    for number in 1..=MOST_ENTRIES {
        learned.learn_ca(&scope, &format!("{number:x}"));
    }
    learned.learn_ca(&scope, "001");
    assert!(
        known(1) && known(MOST_ENTRIES),
        "a CA that is known already takes no room"
    );
    learned.learn_ca(&scope, "ffff");
    assert!(!known(1) && !known(MOST_ENTRIES) && known(0xffff));
}
