//! Writes that are forced although a read shows an inactive certificate.

use super::*;

const FORCED: Command<'static> = Command {
    force: true,
    ..COMMAND
};

async fn force(broker: &Broker) -> InactivateResult {
    carry_out(broker, &[reference("0a")], FORCED, MINUTE)
        .await
        .remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_forced_write_on_an_inactive_certificate_is_reported_as_a_change() {
    let broker = Broker::new([shows(Inactive)], [confirmed()]);
    let result = force(&broker).await;
    assert_eq!(
        (result.outcome, result.status_before, result.verified),
        (Outcome::Inactivated, Some(Inactive), true)
    );
    assert_eq!(broker.calls(), "find write read");
}

#[tokio::test(start_paused = true)]
async fn a_forced_write_without_an_answer_is_not_proven_by_a_read_that_may_lag_behind() {
    let unanswered = unanswered(ErrorCode::Timeout);
    for (write, outcome) in [(unanswered, Outcome::Unknown), (Ok(None), Outcome::Failed)] {
        let broker = Broker::new([shows(Inactive)], [write]);
        let result = force(&broker).await;
        assert_eq!(
            (result.outcome, result.status, result.verified),
            (outcome, None, false)
        );
        assert!(result.error.is_some());
        assert_eq!(broker.calls(), "find write read");
    }
}

#[tokio::test(start_paused = true)]
async fn force_changes_nothing_else() {
    let broker = Broker::new([shows(Revoked)], []);
    assert_eq!(force(&broker).await.outcome, Outcome::Refused);
    let broker = Broker::new([Ok(None)], []);
    assert_eq!(force(&broker).await.outcome, Outcome::NotFound);
    let broker = Broker::new([shows(Active), shows(Inactive)], [confirmed()]);
    assert_eq!(force(&broker).await.outcome, Outcome::Inactivated);
    let broker = Broker::new([shows(Inactive)], []);
    let dry_run = Command {
        dry_run: true,
        ..FORCED
    };
    let results = carry_out(&broker, &[reference("0a")], dry_run, MINUTE).await;
    assert_eq!(results[0].outcome, Outcome::WouldInactivate);
}
