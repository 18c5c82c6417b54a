//! Writes that the provider refuses, and certificates that it does not find.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_refusal_because_of_the_status_is_no_failure_when_the_certificate_is_inactive_by_then() {
    let refusal = || {
        let error = Error {
            concerns: Concerns::CertificateState,
            ..Error::new(ErrorCode::ProviderRejected, "not in this state")
        };
        vec![Err(Failure {
            error,
            may_have_acted: false,
            lacked_time: false,
        })]
    };
    let (result, calls) = run(vec![shows(Active), shows(Inactive)], refusal(), false).await;
    assert_eq!(
        (summarized(&result), calls.as_str()),
        (
            (Outcome::AlreadyInactive, Some(Inactive), true, None),
            "find write read"
        )
    );
    let ambiguous = vec![unanswered(ErrorCode::Timeout)];
    let reads = [vec![shows(Active)], as_before(), vec![shows(Inactive)]].concat();
    let (result, calls) = run(reads, [ambiguous, refusal()].concat(), false).await;
    let expected = (Outcome::Inactivated, Some(Inactive), true, None);
    let sequence = "find write read read read read write read";
    assert_eq!(
        (summarized(&result), calls.as_str()),
        (expected, sequence),
        "the first write did it"
    );
    let expected = (
        Outcome::Refused,
        Some(Active),
        false,
        Some(ErrorCode::ProviderRejected),
    );
    // Another order may have inactivated it, which a read that lags shows a little later.
    for (read, sequence) in [
        (shows(Active), "find write read read read read"),
        (Ok(None), "find write read"),
        (fails(ErrorCode::Timeout), "find write read"),
    ] {
        let (result, calls) = run(vec![shows(Active), read], refusal(), false).await;
        assert_eq!((summarized(&result), calls.as_str()), (expected, sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_is_not_repeated() {
    for (write, outcome, code) in [
        (
            refused(ErrorCode::ProviderRejected, Concerns::Other),
            Outcome::Refused,
            ErrorCode::ProviderRejected,
        ),
        (
            refused(ErrorCode::ProviderRejected, Concerns::Parameters),
            Outcome::Refused,
            ErrorCode::ProviderRejected,
        ),
        (
            refused(ErrorCode::Throttled, Concerns::Other),
            Outcome::Failed,
            ErrorCode::Throttled,
        ),
        (
            refused(ErrorCode::NotFound, Concerns::Other),
            Outcome::Failed,
            ErrorCode::NotFound,
        ),
        (
            refused(ErrorCode::Timeout, Concerns::Other),
            Outcome::Failed,
            ErrorCode::Timeout,
        ),
        (
            refused(ErrorCode::ProviderUnavailable, Concerns::Other),
            Outcome::Failed,
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let (result, calls) = run(vec![shows(Active)], vec![write], false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            ((outcome, Some(Active), false, Some(code)), "find write")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_gone_when_the_write_arrives_is_not_found() {
    for (reads, writes, sequence) in [
        (
            vec![shows(Active), Ok(None)],
            vec![Ok(None)],
            "find write read",
        ),
        (
            [vec![shows(Active)], as_before(), vec![Ok(None)]].concat(),
            vec![unanswered(ErrorCode::ProviderUnavailable), Ok(None)],
            "find write read read read read write read",
        ),
    ] {
        let (result, calls) = run(reads, writes, false).await;
        assert_eq!(
            (result.outcome, result.status, result.error),
            (Outcome::NotFound, None, None)
        );
        assert_eq!(
            (result.status_before, calls.as_str()),
            (Some(Active), sequence)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_find_the_certificate_is_judged_by_another_read() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    for (read, expected) in [
        (shows(Active), (Outcome::Failed, None, false, invalid)),
        (
            shows(Inactive),
            (Outcome::Inactivated, Some(Inactive), true, None),
        ),
        (
            fails(ErrorCode::Throttled),
            (Outcome::Failed, None, false, invalid),
        ),
        (Ok(None), (Outcome::NotFound, None, true, None)),
    ] {
        let sequence = if matches!(read, Ok(Some(Active))) {
            "find write read read read read"
        } else {
            "find write read"
        };
        let (result, calls) = run(vec![shows(Active), read], vec![Ok(None)], false).await;
        assert_eq!((summarized(&result), calls.as_str()), (expected, sequence));
    }
}
