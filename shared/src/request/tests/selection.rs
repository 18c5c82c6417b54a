//! Orders that select their certificates.

use super::*;

fn refused(members: &str) -> (String, String) {
    let error = parse::<InactivateRequest>(members).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest, "{members}");
    (error.field.unwrap_or_default(), error.detail)
}

#[test]
fn an_order_names_or_selects_or_undoes() {
    let named = r#""certificates": [{"serial_number": "0a"}]"#;
    let selected = r#""select": {"client_ids": ["a"]}"#;
    let undone = r#""undo": {"receipts": ["a"]}"#;
    for one in [named, selected, undone] {
        parse::<InactivateRequest>(&format!("{{{one}}}")).unwrap();
    }
    for (several, field) in [
        (format!("{{{named}, {selected}}}"), "certificates"),
        (format!("{{{named}, {undone}}}"), "certificates"),
        (format!("{{{selected}, {undone}}}"), "select"),
        ("{}".to_owned(), "certificates"),
        (r#"{"select": null}"#.to_owned(), "certificates"),
        (
            format!(r#"{{"certificates": [], {selected}}}"#),
            "certificates",
        ),
        (format!(r#"{{{undone}, "force": true}}"#), "force"),
    ] {
        assert_eq!(refused(&several).0, field, "{several}");
    }
    assert_eq!(
        refused("{}").1,
        "one of certificates, select, undo is required"
    );
}

#[test]
fn a_selection_narrows_the_certificates_that_are_on() {
    for select in [
        r#"{"client_ids": ["a"]}"#,
        r#"{"ca_serial_numbers": ["0a"], "statuses": ["active"]}"#,
        r#"{"statuses": ["pending_activation"]}"#,
        r#"{"expires_within_days": 30}"#,
        r#"{"not_after_to": "2026-01-01T00:00:00Z"}"#,
    ] {
        parse::<InactivateRequest>(&format!(r#"{{"select": {select}}}"#)).unwrap();
    }
    let long = format!(r#"{{"client_ids": ["{}"]}}"#, "a".repeat(1024));
    for (select, field) in [
        ("{}", "select"),
        (r#"{"client_ids": []}"#, "select"),
        (r#"{"client_ids": [], "statuses": []}"#, "select"),
        (r#"{"statuses": ["active"]}"#, "select"),
        (
            r#"{"statuses": ["active", "inactive", "pending_activation", "revoked", "good", "unknown"]}"#,
            "select",
        ),
        (r#"{"client_id": ["a"]}"#, "select.client_id"),
        (r#"{"client_ids": ["a\n"]}"#, "select.client_ids[0]"),
        (r#"{"client_ids": ["a", ""]}"#, "select.client_ids[1]"),
        (&long, "select.client_ids[0]"),
        (
            r#"{"expires_within_days": 0}"#,
            "select.expires_within_days",
        ),
        (
            r#"{"not_after_from": "2026-01-02T00:00:00Z", "not_after_to": "2026-01-01T00:00:00Z"}"#,
            "select.not_after_to",
        ),
        ("[]", "select"),
        (r#""all""#, "select"),
    ] {
        assert_eq!(
            refused(&format!(r#"{{"select": {select}}}"#)).0,
            field,
            "{select}"
        );
    }
}

#[test]
fn the_members_of_a_selection_stand_beside_it_only() {
    let select = r#""select": {"client_ids": ["a"]}"#;
    for member in [
        r#""sources": "all""#,
        r#""sources": [{"provider": "aws-iot"}]"#,
        r#""max_certificates": 100"#,
        r#""plan_id": "a""#,
    ] {
        let field = member.split('"').nth(1).unwrap();
        parse::<InactivateRequest>(&format!("{{{select}, {member}}}")).unwrap();
        for other in [
            r#""certificates": [{"serial_number": "0a"}]"#,
            r#""undo": {"receipts": ["a"]}"#,
        ] {
            assert_eq!(refused(&format!("{{{other}, {member}}}")).0, field);
        }
    }
    for (members, field) in [
        (r#""max_certificates": 0"#, "max_certificates"),
        (r#""max_certificates": 101"#, "max_certificates"),
        (r#""max_certificates": "2""#, "max_certificates"),
        (r#""sources": "all", "provider": "aws-iot""#, "provider"),
        (r#""sources": []"#, "sources"),
        (r#""allow_shared": "yes""#, "allow_shared"),
        (r#""force": 1"#, "force"),
        (r#""unknown": 1"#, "unknown"),
    ] {
        assert_eq!(
            refused(&format!("{{{select}, {members}}}")).0,
            field,
            "{members}"
        );
    }
}

#[test]
fn a_page_is_one_of_a_dry_run_at_one_place_or_of_an_undo() {
    let select = r#""select": {"client_ids": ["a"]}, "dry_run": true"#;
    let undo = r#""undo": {"receipts": ["a"]}, "dry_run": true"#;
    for (page, limit) in [
        ("{}", 100),
        (r#"{"limit": 1}"#, 1),
        (r#"{"limit": 1e2, "cursor": "a"}"#, 100),
        (r#"{"limit": null, "cursor": null}"#, 100),
    ] {
        let request: InactivateRequest =
            parse(&format!(r#"{{{select}, "page": {page}}}"#)).unwrap();
        assert_eq!(request.page.unwrap().limit(), limit, "{page}");
    }
    for taken in [
        format!(r#"{{{undo}, "page": {{}}}}"#),
        format!(r#"{{{undo}, "page": {{"limit": 5, "cursor": null}}}}"#),
        format!(r#"{{{select}, "page": null, "sources": "all"}}"#),
        format!(
            r#"{{{select}, "page": {{}}, "force": true, "allow_shared": true, "end_sessions": true}}"#
        ),
    ] {
        parse::<InactivateRequest>(&taken).unwrap();
    }
    for (members, field) in [
        (
            format!(r#"{select}, "page": {{}}, "sources": "all""#),
            "sources",
        ),
        (
            format!(r#"{select}, "page": {{}}, "max_certificates": 1"#),
            "max_certificates",
        ),
        (
            format!(r#"{select}, "page": {{}}, "plan_id": "a""#),
            "plan_id",
        ),
        (
            format!(r#"{undo}, "page": {{"cursor": "a"}}"#),
            "page.cursor",
        ),
        (
            r#""certificates": [{"serial_number": "0a"}], "dry_run": true, "page": {}"#.to_owned(),
            "certificates",
        ),
        (
            r#""select": {"client_ids": ["a"]}, "page": {}"#.to_owned(),
            "page",
        ),
        (
            r#""select": {"client_ids": ["a"]}, "dry_run": false, "page": {}"#.to_owned(),
            "page",
        ),
        (
            r#""undo": {"receipts": ["a"]}, "page": {}"#.to_owned(),
            "page",
        ),
        (format!(r#"{select}, "page": {{"limit": 0}}"#), "page.limit"),
        (
            format!(r#"{select}, "page": {{"limit": 101}}"#),
            "page.limit",
        ),
        (
            format!(r#"{select}, "page": {{"cursor": 1}}"#),
            "page.cursor",
        ),
        (format!(r#"{select}, "page": {{"size": 1}}"#), "page.size"),
        (format!(r#"{select}, "page": []"#), "page"),
        (format!(r#"{select}, "page": true"#), "page"),
    ] {
        assert_eq!(refused(&format!("{{{members}}}")).0, field, "{members}");
    }
}
