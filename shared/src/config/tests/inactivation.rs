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

#[test]
fn a_selection_of_more_than_ten_needs_a_plan_unless_another_number_is_configured() {
    const VARIABLE: &str = "INACTIVATE_MAX_UNPLANNED";
    for (text, number) in [("", 10), ("1", 1), ("100", 100)] {
        let config = config(&[(VARIABLE, text)]).unwrap();
        assert_eq!(config.inactivate_max_unplanned, number, "{text:?}");
    }
    for text in ["0", "-1", "101", "ten", "1.5", "99999"] {
        let error = config(&[(VARIABLE, text)]).unwrap_err();
        assert_eq!(error.variable, VARIABLE, "{text}");
    }
}

#[test]
fn filters_of_protected_certificates_are_read_or_the_function_does_not_start() {
    const VARIABLE: &str = "INACTIVATE_PROTECTED";
    let list = r#"[
        {"client_ids": ["gateway-*", "backup"], "providers": ["tencent-mqtt"]},
        {"serial_numbers": ["0A"], "common_names": ["*"]}
    ]"#;
    let filters = config(&[(VARIABLE, list)]).unwrap().inactivate_protected;
    assert_eq!(filters.len(), 2);
    assert!(filters[0].concerns(ProviderName::TencentMqtt));
    assert!(!filters[0].concerns(ProviderName::AwsIot));
    assert!(filters[1].concerns(ProviderName::AwsIot));
    for (name, is_meant) in [
        ("gateway-", true),
        ("gateway-1", true),
        ("Gateway-1", false),
        ("gateway", false),
        ("backup", true),
        ("backup-2", false),
    ] {
        let matches = filters[0]
            .client_ids
            .iter()
            .any(|pattern| pattern.matches(name));
        assert_eq!(matches, is_meant, "{name}");
    }
    assert!(filters[1].common_names[0].matches("any") && filters[1].common_names[0].matches(""));
    assert!(config(&[]).unwrap().inactivate_protected.is_empty());
    let none_named = "no serial_numbers, fingerprints_sha256, common_names or client_ids";
    for (list, reason) in [
        ("{}", "JSON list"),
        ("gateway-*", "JSON list"),
        (r#"[["0a"]]"#, "JSON list"),
        (r#"[{"client_id": ["a"]}]"#, "unknown field"),
        (r#"[{"statuses": ["active"]}]"#, "unknown field"),
        (r#"[{"client_ids": ["a*b"]}]"#, "* at most at its end"),
        (r#"[{"client_ids": ["a**"]}]"#, "* at most at its end"),
        (r#"[{"client_ids": [""]}]"#, "1 to 256 characters"),
        (r#"[{"serial_numbers": ["device"]}]"#, "serial number"),
        (
            r#"[{"client_ids": ["a"], "providers": ["tencent"]}]"#,
            "unknown provider",
        ),
        ("[{}]", none_named),
        (
            r#"[{"client_ids": ["a"]}, {"providers": ["aws-iot"], "client_ids": []}]"#,
            none_named,
        ),
    ] {
        let error = config(&[(VARIABLE, list)]).unwrap_err();
        assert_eq!(error.variable, VARIABLE, "{list}");
        assert!(error.reason.contains(reason), "{list}: {error}");
    }
}

#[test]
fn sessions_are_ended_by_default_only_where_the_variable_says_yes() {
    for (value, ends) in [("yes", true), ("no", false), ("", false)] {
        let config = config(&[("END_SESSIONS", value)]).unwrap();
        assert_eq!(config.end_sessions, ends, "{value}");
    }
    assert!(!config(&[]).unwrap().end_sessions);
    for value in ["true", "Yes", "1"] {
        let error = config(&[("END_SESSIONS", value)]).unwrap_err();
        assert_eq!(error.variable, "END_SESSIONS", "{value}");
    }
}
