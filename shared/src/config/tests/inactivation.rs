//! The instances whose certificates may be changed, and the age of messages.

use super::*;

#[test]
fn the_allow_list_is_exact() {
    let listed = config(&[("INACTIVATE_ALLOWED_INSTANCES", "post-cn-1, post-cn-2")]).unwrap();
    for (instance, allowed) in [
        ("post-cn-1", true),
        ("post-cn-2", true),
        ("post-cn-", false),
        ("post-cn-11", false),
        ("POST-CN-1", false),
    ] {
        let instance = InstanceId::parse(instance).unwrap();
        assert_eq!(
            listed.inactivate_allowed_instances.allow(&instance),
            allowed,
            "{instance}"
        );
    }
    assert_eq!(
        config(&[("INACTIVATE_ALLOWED_INSTANCES", "*")])
            .unwrap()
            .inactivate_allowed_instances,
        AllowedInstances::All
    );
    for list in ["a,,b", ",", "a,*", "post-*", "a b"] {
        assert!(
            config(&[("INACTIVATE_ALLOWED_INSTANCES", list)]).is_err(),
            "{list}"
        );
    }
}

#[test]
fn a_provider_without_instances_is_allowed_by_its_name() {
    for (list, allowed) in [
        ("aws-iot", true),
        ("post-cn-1,aws-iot", true),
        ("*", true),
        ("post-cn-1", false),
        ("aws", false),
        ("AWS-IOT", false),
        ("", false),
    ] {
        let config = config(&[("INACTIVATE_ALLOWED_INSTANCES", list)]).unwrap();
        assert_eq!(
            config
                .inactivate_allowed_instances
                .allow_provider(ProviderName::AwsIot),
            allowed,
            "{list}"
        );
        let of_another = list == "*";
        assert_eq!(
            config
                .inactivate_allowed_instances
                .allow_provider(ProviderName::AlibabaPca),
            of_another,
            "{list}"
        );
    }
}

#[test]
fn a_message_may_be_a_day_old_or_as_old_as_is_configured() {
    const VARIABLE: &str = "INACTIVATE_MESSAGE_MAX_AGE_SECONDS";
    for (text, seconds) in [
        ("", 86_400),
        ("60", 60),
        ("86400", 86_400),
        ("1209600", 1_209_600),
    ] {
        assert_eq!(
            config(&[(VARIABLE, text)])
                .unwrap()
                .inactivate_message_max_age,
            Duration::from_secs(seconds),
            "{text:?}"
        );
    }
    assert_eq!(
        config(&[]).unwrap().inactivate_message_max_age,
        Duration::from_secs(86_400)
    );
    for text in [
        "59",
        "0",
        "-60",
        "1209601",
        "1e3",
        "1 day",
        "24h",
        "60.5",
        "99999999999999999999",
    ] {
        assert_eq!(
            config(&[(VARIABLE, text)]).unwrap_err().variable,
            VARIABLE,
            "{text}"
        );
    }
}

#[test]
fn secrets_of_receipts_are_strong_or_not_there_at_all() {
    let strong = "0123456789abcdef0123456789abcdef";
    for unset in [&[] as &[_], &[("RECEIPT_SECRETS", "")]] {
        assert!(config(unset).unwrap().receipt_secrets.is_none());
    }
    let set = config(&[("RECEIPT_SECRETS", strong)]).unwrap();
    assert!(set.receipt_secrets.is_some() && !format!("{set:?}").contains(strong));
    for value in ["secret", &format!("{strong},")] {
        let error = config(&[("RECEIPT_SECRETS", value)]).unwrap_err();
        assert_eq!(error.variable, "RECEIPT_SECRETS", "{value}");
    }
}
