//! Rows that cannot be read, which must not make a certificate unknown.

use super::*;

/// A vendor that always answers with these rows, as JSON.
fn answering(rows: &'static str) -> Network {
    Network::new(move |_| {
        answer(
            200,
            format!(r#"{{"RequestId": "id-1", "CertificateStatus": [{rows}]}}"#),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_costs_only_the_certificates_that_no_other_answers() {
    const INVALID: &str = "provider_invalid_response";
    for (rows, expected) in [
        // A row that may be any certificate's.
        (
            r#"{"SerialNumber": "1001", "Status": "good"}, null"#,
            ["good", INVALID],
        ),
        (
            r#"["1002", "good"], {"SerialNumber": "1001", "Status": "revoked"}"#,
            ["revoked", INVALID],
        ),
        (
            r#"{"SerialNumber": "1001", "Status": "good"}, {"Status": "good"}"#,
            ["good", INVALID],
        ),
        (
            r#"{"SerialNumber": "1001", "Status": "good"}, {"SerialNumber": "\ud83d", "Status": "good"}"#,
            ["good", INVALID],
        ),
        (
            r#"{"SerialNumber": "1001", "Status": "good"}, {"SerialNumber": "10**", "Status": "good"}"#,
            ["good", INVALID],
        ),
        ("null, null", [INVALID, INVALID]),
        // A row without a status that can be read.
        (
            r#"{"SerialNumber": "1001", "Status": "good"}, {"SerialNumber": "1002", "Status": []}"#,
            ["good", INVALID],
        ),
        (r#"{"SerialNumber": "1001"}"#, [INVALID, "-"]),
        (
            r#"{"SerialNumber": "1001", "Status": "good", "Status": "revoked"}"#,
            [INVALID, "-"],
        ),
        (r#"{"SerialNumber": "2001", "Status": null}"#, ["-", "-"]),
        // Another row answers.
        (
            r#"{"SerialNumber": "1001", "Status": 1e400}, {"SerialNumber": "1001", "Status": "revoked"}"#,
            ["revoked", "-"],
        ),
        (
            r#"null, {"SerialNumber": "1001", "Status": "good"}, {"SerialNumber": 1002, "Status": "good"}"#,
            ["good", "good"],
        ),
        (
            r#"null, {"SerialNumber": "1001", "Status": "odd"}"#,
            ["unknown", INVALID],
        ),
        (
            r#"{"SerialNumber": "1001", "Status": "good", "RevokeTime": "\ud83d"}"#,
            ["good", "-"],
        ),
    ] {
        let answer = look_up(&answering(rows), &numbered(2)).await;
        assert_eq!(results_of(&answer), expected, "{rows}");
        assert_eq!(answer.request_ids.first().map(|id| &**id), Some("id-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_asked_for_again() {
    let mut answers = 0;
    let network = Network::new(move |_| {
        answers += 1;
        match answers {
            1 | 2 => answer(200, r#"{"CertificateStatus": [{"SerialNumber": "ab"}]}"#),
            _ => rows([("ab".to_owned(), "good")]),
        }
    });
    assert_eq!(
        results_of(&look_up(&network, &references(&["ab"])).await),
        ["good"]
    );
    assert_eq!(network.sent().len(), 3);
    let network = answering(r#"{"SerialNumber": "ab"}"#);
    assert_eq!(
        results_of(&look_up(&network, &references(&["ab"])).await),
        ["provider_invalid_response"]
    );
    assert_eq!(network.sent().len(), 3, "no other spelling is tried");
}

#[tokio::test(start_paused = true)]
async fn a_time_of_revocation_is_read_in_every_form() {
    for time in [
        "1630454400000",
        r#""1630454400""#,
        "1.6304544E12",
        r#""2021-09-01T00:00Z""#,
    ] {
        let body = format!(
            r#"{{"CertificateStatus": [{{"SerialNumber": 1001, "Status": "revoked", "RevokeTime": {time}}}]}}"#
        );
        let network = Network::new(move |_| answer(200, body.clone()));
        let answer = look_up(&network, &numbered(1)).await;
        let record = answer.records[0].as_ref().unwrap().as_ref().unwrap();
        assert_eq!(
            record.revoked_at.unwrap().to_string(),
            "2021-09-01T00:00:00Z",
            "{time}"
        );
    }
}
