//! Writes without an answer, which may have had their effect.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_unanswered_write_is_followed_by_reads_and_repeated_only_when_they_show_it_active() {
    use ErrorCode::{ProviderUnavailable, Timeout};
    let cases: [(Vec<Read>, Vec<Write>, Summarized, &str); 8] = [
        (
            vec![shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read",
        ),
        (
            vec![Ok(None)],
            vec![],
            (Outcome::NotFound, None, true, None),
            "find write read",
        ),
        (
            vec![fails(Timeout)],
            vec![],
            (Outcome::Unknown, None, false, Some(ProviderUnavailable)),
            "find write read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![confirmed()],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read read write read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read read write read",
        ),
        (
            vec![shows(Active), shows(Active), shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read",
        ),
        (
            [as_before(), vec![fails(Timeout)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Unknown, None, false, Some(Timeout)),
            "find write read read read read write read",
        ),
        (
            as_before(),
            vec![refused(ErrorCode::ProviderRejected, Concerns::Other)],
            (
                Outcome::Refused,
                Some(Active),
                false,
                Some(ErrorCode::ProviderRejected),
            ),
            "find write read read read read write",
        ),
    ];
    for (reads, further, expected, sequence) in cases {
        let all_reads = [vec![shows(Active)], reads.clone()].concat();
        let writes = [vec![unanswered(ProviderUnavailable)], further].concat();
        let (result, calls) = run(all_reads, writes, false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (expected, sequence),
            "{reads:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_says_why_in_its_detail() {
    let (result, _) = run(
        vec![shows(Active), fails(ErrorCode::Timeout)],
        vec![unanswered(ErrorCode::ProviderUnavailable)],
        false,
    )
    .await;
    let detail = result.error.unwrap().detail;
    assert!(
        detail.contains("the change was sent") && detail.contains("the write was not answered"),
        "{detail}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_when_reads_show_the_certificate_as_it_was() {
    for (status, outcome, reported) in [
        (Revoked, Outcome::Failed, Some(Revoked)),
        (Unknown, Outcome::Unknown, None),
    ] {
        let (result, calls) = run(
            vec![shows(Active), shows(status)],
            vec![unanswered(ErrorCode::ProviderUnavailable)],
            false,
        )
        .await;
        assert_eq!(calls, "find write read", "{status:?}");
        assert_eq!((result.outcome, result.status), (outcome, reported));
    }
}

#[tokio::test(start_paused = true)]
async fn two_writes_without_an_answer_and_without_a_visible_effect_are_unknown() {
    let writes = vec![
        unanswered(ErrorCode::ProviderUnavailable),
        unanswered(ErrorCode::Timeout),
    ];
    let (result, calls) = run_within(
        Duration::from_secs(20),
        vec![shows(PendingActivation), shows(Active)],
        writes,
        false,
    )
    .await;
    assert_eq!(
        summarized(&result),
        (
            Outcome::Unknown,
            Some(Active),
            false,
            Some(ErrorCode::Timeout)
        ),
        "a read may lag behind"
    );
    assert_eq!(calls.matches("write").count(), 2);
}
