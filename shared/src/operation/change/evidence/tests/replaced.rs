//! Reads after a write that show another certificate under the same texts.

use super::*;
use crate::error::Concerns;
use crate::model::ProviderRecord;

fn record(digits: Option<&str>) -> ProviderRecord {
    ProviderRecord {
        ca_serial_number: Some("0b".to_owned()),
        fingerprint_sha256: digits.map(|digits| Fingerprint::parse(&digits.repeat(32)).unwrap()),
        ..ProviderRecord::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_of_another_certificate_proves_nothing_and_no_write_follows_it() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    let refused = || refused(ErrorCode::ProviderRejected, Concerns::CertificateState);
    for status in [Active, Inactive] {
        for (write, outcome) in [
            (confirmed(), Outcome::Unknown),
            (unanswered(ErrorCode::Timeout), Outcome::Unknown),
            (Ok(None), Outcome::Failed),
            (refused(), Outcome::Failed),
        ] {
            let broker = Broker::new([shows(Active), shows(status)], [write])
                .with(record(Some("ab")))
                .replaced_by(record(Some("cd")));
            let results = carry_out(&broker, &[reference("0a")], COMMAND, MINUTE).await;
            assert_eq!(
                (summarized(&results[0]), broker.calls().as_str()),
                ((outcome, None, false, invalid), "find write read"),
                "{status:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_without_the_certificate_itself_shows_the_same_one() {
    for (before, after) in [
        (Some("ab"), Some("ab")),
        (Some("ab"), None),
        (None, Some("ab")),
    ] {
        let broker = Broker::new([shows(Active), shows(Inactive)], [confirmed()])
            .with(record(before))
            .replaced_by(record(after));
        let results = carry_out(&broker, &[reference("0a")], COMMAND, MINUTE).await;
        assert_eq!(
            summarized(&results[0]),
            (Outcome::Inactivated, Some(Inactive), true, None),
            "{before:?} {after:?}"
        );
    }
}
