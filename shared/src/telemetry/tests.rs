//! The form of lines at each level.

use serde_json::Value;

use super::*;
use crate::model::disrupts_a_line;
use crate::testing::log::written;

#[test]
fn a_json_line_is_one_object_whatever_the_texts_hold() {
    let hostile = "a\n{\"level\":\"ERROR\"}\r\u{2028}\0";
    let line = written("info", true, || {
        tracing::info!(
            reason = hostile,
            calls = 3_u64,
            failed = true,
            none = None::<&str>,
            "tried\n it"
        )
    });
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["message"], "tried\n it");
    assert_eq!(line["reason"], hostile);
    assert_eq!(
        (
            line["calls"].as_u64(),
            line["failed"].as_bool(),
            line["level"].as_str()
        ),
        (Some(3), Some(true), Some("INFO"))
    );
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(line.get("none").is_none());
}

#[test]
fn json_fields_are_embedded_and_broken_ones_are_null() {
    let line = written("info", true, || {
        tracing::info!(json.answer = r#"{"a":[1]}"#, json.broken = "{", "answer")
    });
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["answer"]["a"][0], 1);
    assert!(line["broken"].is_null());
}

#[test]
fn a_text_line_cannot_be_broken_in_two() {
    let line = written("info", false, || {
        tracing::info!(reason = "a\nERROR b", json.answer = "{\n}", "tried\nit")
    });
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    assert!(line.contains(r#"INFO tried\nit"#), "{line}");
}

#[test]
fn no_line_holds_a_character_that_disrupts_it() {
    let hostile: String = ('\0'..='\u{ffff}')
        .filter(|c| disrupts_a_line(*c))
        .collect();
    let hostile = format!("stolen {hostile} by \u{fc}");
    let embedded = serde_json::json!({ "name": hostile }).to_string();
    // Some writers escape no more of these than JSON demands.
    assert!(embedded.contains('\u{202e}'));
    for json in [true, false] {
        let line = written("info", json, || {
            tracing::info!(
                reason = hostile,
                json.answer = embedded,
                members.more = embedded,
                "{hostile}"
            )
        });
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.contains(disrupts_a_line), "{line}");
        assert!(line.contains("by \u{fc}"), "{line}");
        if json {
            let line: Value = serde_json::from_str(line).unwrap();
            for text in [
                &line["message"],
                &line["reason"],
                &line["answer"]["name"],
                &line["name"],
            ] {
                assert_eq!(*text, hostile);
            }
        } else {
            assert!(line.contains(r"\u{202e}"), "{line}");
        }
    }
}

#[test]
fn embedded_json_of_several_lines_becomes_one() {
    let line = written("info", true, || {
        tracing::info!(json.answer = "{\r\n\t\"a\": [1,\n2]\n}", "answer")
    });
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["answer"], serde_json::json!({"a": [1, 2]}));
}

#[test]
fn libraries_stay_silent_below_warnings_at_every_level() {
    let both = || {
        tracing::trace!(target: "lambda_runtime", body = "the event");
        tracing::info!(target: "hyper", "on the wire");
        tracing::warn!(target: "hyper", "odd");
        tracing::trace!("own detail");
    };
    let lines = written("trace", true, both);
    assert!(
        !lines.contains("the event") && !lines.contains("on the wire"),
        "{lines}"
    );
    assert!(
        lines.contains("odd") && lines.contains("own detail"),
        "{lines}"
    );
    assert_eq!(written("fatal", true, both), "");
}

#[test]
fn audit_lines_are_written_at_every_level_and_as_json() {
    for (configured, level) in [
        ("trace", "INFO"),
        ("info", "INFO"),
        ("warn", "WARN"),
        ("error", "ERROR"),
        ("fatal", "FATAL"),
    ] {
        let line = written(
            configured,
            false,
            || tracing::info!(target: AUDIT, message_id = "1", json.answer = "{}", "answer"),
        );
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&line["answer"], &line["level"]),
            (&serde_json::json!({}), &Value::from(level))
        );
    }
}

#[test]
fn levels_are_lambdas() {
    for (text, expected) in [
        (None, LevelFilter::INFO),
        (Some("trace"), LevelFilter::TRACE),
        (Some("DEBUG"), LevelFilter::DEBUG),
        (Some("Info"), LevelFilter::INFO),
        (Some("WARN"), LevelFilter::WARN),
        (Some("ERROR"), LevelFilter::ERROR),
        (Some("FATAL"), LevelFilter::ERROR),
        (Some("certificate_provider=trace"), LevelFilter::INFO),
    ] {
        assert_eq!(threshold(text), expected, "{text:?}");
    }
}

#[test]
fn lines_name_the_event_while_it_is_under_way_and_the_first_one_is_cold() {
    let lines = written("info", true, || {
        tracing::info!("before");
        for (request_id, trace) in [
            (
                "id-1",
                Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
            ),
            ("id-2", None),
        ] {
            let _scope = EventScope::enter(request_id, trace);
            tracing::info!("within");
        }
        tracing::info!("after");
    });
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let members = |line: &Value| {
        [
            "service",
            "cold_start",
            "function_request_id",
            "xray_trace_id",
        ]
        .map(|member| line[member].clone())
    };
    let service = || Value::from("describe");
    let none = Value::Null;
    assert_eq!(
        members(&lines[0]),
        [service(), none.clone(), none.clone(), none.clone()]
    );
    assert_eq!(
        members(&lines[1]),
        [
            service(),
            true.into(),
            "id-1".into(),
            "1-5759e988-bd862e3fe1be46a994272793".into()
        ]
    );
    assert_eq!(
        members(&lines[2]),
        [service(), false.into(), "id-2".into(), none.clone()]
    );
    assert_eq!(
        members(&lines[3]),
        [service(), none.clone(), none.clone(), none]
    );
}
