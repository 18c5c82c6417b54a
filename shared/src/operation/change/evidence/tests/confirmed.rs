//! Writes that the provider confirms.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_confirmed_write_is_believed_unless_reads_contradict_it() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    let cases: [(Vec<Read>, Summarized, &str); 9] = [
        (
            vec![shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read",
        ),
        (
            vec![shows(Unknown)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![fails(ErrorCode::Timeout)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![fails(ErrorCode::Throttled)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![Ok(None), Ok(None)],
            (Outcome::NotFound, None, true, None),
            "find write read read",
        ),
        (
            vec![Ok(None), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read",
        ),
        (
            vec![shows(Active), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read",
        ),
        (
            vec![shows(Active)],
            (Outcome::Unknown, None, false, invalid),
            "find write read read read read",
        ),
        (
            vec![shows(Active), shows(Unknown)],
            (Outcome::Unknown, None, false, invalid),
            "find write read read read read",
        ),
    ];
    for (reads, expected, sequence) in cases {
        let all_reads = [vec![shows(Active)], reads.clone()].concat();
        let (result, calls) = run_within(SHORT, all_reads, vec![confirmed()], false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (expected, sequence),
            "{reads:?}"
        );
        assert_eq!(result.status_before, Some(Active));
        assert_eq!(
            result.provider_request_id.as_deref(),
            Some("id-1"),
            "{reads:?}"
        );
    }
}

/// A read may lag behind the write: a contradiction is read again for as long as there is time, and
/// the result claims nothing that is not proven.
#[tokio::test(start_paused = true)]
async fn a_read_that_lags_behind_the_change_is_waited_for_as_long_as_the_deadline_allows() {
    for (seconds, expected) in [
        (0, (Outcome::Inactivated, Some(Inactive), true, None)),
        (1, (Outcome::Inactivated, Some(Inactive), true, None)),
        (5, (Outcome::Inactivated, Some(Inactive), true, None)),
        (
            60,
            (
                Outcome::Unknown,
                None,
                false,
                Some(ErrorCode::ProviderInvalidResponse),
            ),
        ),
    ] {
        for writes in [
            vec![confirmed()],
            vec![unanswered(ErrorCode::Timeout), confirmed()],
        ] {
            let begun = tokio::time::Instant::now();
            let lag = Duration::from_secs(seconds);
            let broker = Broker::new([shows(Active)], writes).lagging(lag);
            let results = carry_out(
                &broker,
                &[reference("0a")],
                COMMAND,
                Duration::from_secs(29),
            )
            .await;
            assert_eq!(
                summarized(&results[0]),
                expected,
                "{seconds} s: {}",
                broker.calls()
            );
            assert!(
                begun.elapsed() <= Duration::from_secs(29)
                    && (seconds == 60 || begun.elapsed() <= lag + LONGEST_WAIT),
                "{seconds} s"
            );
        }
    }
}
