//! Whole requests: the allow-list, the errors that end a run, and the answer.

mod allow_list;
pub(super) mod broker;
mod by_text;
mod contradictions;
mod later_parts;

use std::time::Duration;

use serde_json::{Value, json};

use super::admission::check_allowed;
use super::answer::summary;
use super::order::error_without_effect;
use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::model::LifecycleStatus::{Active, Inactive, Revoked};
use crate::model::{ProviderName, Region, SerialNumber};
use crate::operation::{Answer, shared_error};
use crate::provider::Scope;
use crate::request;
use crate::request::Summary;
use crate::testing::Bench;
use crate::testing::network::{Network, ok, parameter, recorded};
use broker::{
    Broker, COMMAND, MINUTE, carry_out, confirmed, fails, reference, refused, shows, unanswered,
};

pub(super) const BUDGET: AnswerBudget = AnswerBudget {
    bytes: 1_000_000,
    escaped: false,
};

fn request_of(count: usize) -> InactivateRequest {
    InactivateRequest {
        not_after: None,
        provider: None,
        region: None,
        instance_id: None,
        certificates: (0..count)
            .map(|number| reference(&format!("{:02x}", number + 10)))
            .collect(),
        sources: None,
        select: None,
        max_certificates: None,
        plan_id: None,
        allow_shared: false,
        force: false,
        undo: None,
        reason: None,
        dry_run: false,
        end_sessions: None,
        order: None,
        page: None,
        is_signed: false,
    }
}

/// The answer of one place.
fn one(answer: InactivateAnswer) -> OneInactivateAnswer {
    match answer {
        InactivateAnswer::One(answer) => answer,
        InactivateAnswer::Several(answer) => panic!("an answer of several places: {answer:?}"),
    }
}

/// The results, or the error that is the answer in their place.
async fn act(broker: &Broker, request: &InactivateRequest) -> Result<Vec<InactivateResult>, Error> {
    let results = carry_out(broker, &request.certificates, COMMAND, MINUTE).await;
    shared_error(results.iter().map(error_without_effect)).map_or(Ok(results), Err)
}

fn outcomes(results: &[InactivateResult]) -> Vec<Outcome> {
    results.iter().map(|result| result.outcome).collect()
}

/// A request for certificates of `post-cn-1` over a broker that has all of them active, but for 10;
/// and the calls.
async fn perform(
    variables: &[(&str, &str)],
    request: Value,
) -> (Result<OneInactivateAnswer, Error>, Vec<String>) {
    let network = Network::new(|request| {
        let sent = |name| parameter(request, name).unwrap();
        match crate::testing::network::header(request, "x-acs-action") {
            Some("GetDeviceCertificate") if sent("DeviceSn") == "10" => {
                recorded("alibaba-mqtt/InactivateDeviceCertificate.error-not-found")
            }
            Some("GetDeviceCertificate") => ok(
                &json!({"Data": {"DeviceSn": sent("DeviceSn"), "CaSn": sent("CaSn"), "Status": "1"}, "RequestId": "id-1"}),
            ),
            _ => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-permission"),
        }
    });
    let bench = Bench::with(&network, variables);
    let context = bench.context();
    let request = request::parse(&request.to_string()).unwrap();
    let result = Inactivate::perform(&context, request, BUDGET)
        .await
        .map(one);
    (
        result,
        network.each(|sent| {
            format!(
                "{} {}",
                sent.header("x-acs-action").unwrap(),
                sent.parameter("DeviceSn").unwrap()
            )
        }),
    )
}

/// Letters can only be hex: no other text may name another certificate.
const READ: &str = "GetDeviceCertificate 0A";

fn body(dry_run: bool) -> Value {
    json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1", "dry_run": dry_run,
        "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]
    })
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_certificate_by_its_names_is_its_result_and_does_not_stop_the_others() {
    let ambiguous = Err(Error::invalid(
        "serial_number",
        "these digits name two certificates",
    ));
    let broker = Broker::new([ambiguous, shows(Active), shows(Inactive)], [confirmed()]);
    let results = act(&broker, &request_of(2)).await.unwrap();
    assert_eq!(
        (outcomes(&results), broker.calls().as_str()),
        (
            vec![Outcome::Refused, Outcome::Inactivated],
            "find find write read"
        )
    );
    // Alone, too, it is a result and no error of the request.
    let ambiguous = Err(Error::invalid(
        "serial_number",
        "these digits name two certificates",
    ));
    let results = act(&Broker::new([ambiguous], []), &request_of(1))
        .await
        .unwrap();
    assert_eq!(outcomes(&results), [Outcome::Refused]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_cannot_be_found_stops_the_request_before_any_call() {
    let mut request = body(false);
    request["certificates"] =
        json!([{"serial_number": "0a", "ca_serial_number": "0b"}, {"serial_number": "0c"}]);
    let (result, calls) = perform(&[], request).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (
            ErrorCode::InvalidRequest,
            Some("certificates[1].ca_serial_number")
        )
    );
    assert!(calls.is_empty(), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn each_certificate_has_its_own_outcome_in_the_order_of_the_request_and_the_summary_counts_them()
 {
    let reads = [
        shows(Inactive),
        shows(Active),
        shows(Inactive),
        Ok(None),
        shows(Revoked),
        fails(ErrorCode::ProviderUnavailable),
        shows(Active),
        fails(ErrorCode::ProviderUnavailable),
    ];
    let writes = [confirmed(), unanswered(ErrorCode::ProviderUnavailable)];
    let results = act(&Broker::new(reads, writes), &request_of(6))
        .await
        .unwrap();
    use Outcome::{AlreadyInactive, Failed, Inactivated, NotFound, Refused, Unknown};
    assert_eq!(
        outcomes(&results),
        [
            AlreadyInactive,
            Inactivated,
            NotFound,
            Refused,
            Failed,
            Unknown
        ]
    );
    let serials: Vec<&str> = results
        .iter()
        .filter_map(|result| result.serial_number.as_ref())
        .map(SerialNumber::as_str)
        .collect();
    assert_eq!(serials, ["0a", "0b", "0c", "0d", "0e", "0f"]);
    let expected = Summary {
        inactivated: 1,
        already_inactive: 1,
        not_found: 1,
        refused: 1,
        failed: 1,
        unknown: 1,
        ..Summary::default()
    };
    assert_eq!(summary(&results), expected);
}

#[tokio::test(start_paused = true)]
async fn an_error_about_the_whole_request_leaves_the_rest_untouched() {
    for code in [
        ErrorCode::ProviderRejected,
        ErrorCode::Throttled,
        ErrorCode::Timeout,
        ErrorCode::NotFound,
    ] {
        let broker = Broker::new([shows(Inactive), fails(code)], []);
        let results = act(&broker, &request_of(4)).await.unwrap();
        use Outcome::{AlreadyInactive, Failed, NotAttempted};
        assert_eq!(
            outcomes(&results),
            [AlreadyInactive, Failed, NotAttempted, NotAttempted],
            "{code:?}"
        );
        assert_eq!(broker.calls(), "find find", "{code:?}");
        assert!(
            results[1..]
                .iter()
                .all(|result| result.error.as_ref().unwrap().code == code)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_stops_the_rest_only_when_it_does_not_concern_its_parameters() {
    for (concerns, calls) in [
        (Concerns::Other, "find write"),
        (Concerns::Parameters, "find write find"),
    ] {
        let reads = [shows(Active), shows(Inactive)];
        let broker = Broker::new(reads, [refused(ErrorCode::ProviderRejected, concerns)]);
        let results = act(&broker, &request_of(2)).await.unwrap();
        assert_eq!(
            (results[0].outcome, broker.calls().as_str()),
            (Outcome::Refused, calls)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_concerns_one_certificate_does_not_stop_the_others() {
    let invalid = ErrorCode::ProviderInvalidResponse;
    let reads = [
        fails(invalid),
        shows(Revoked),
        Ok(None),
        fails(ErrorCode::ProviderUnavailable),
        shows(Inactive),
    ];
    let broker = Broker::new(reads, []);
    act(&broker, &request_of(5)).await.unwrap();
    assert_eq!(
        broker.calls(),
        "find find find find find others",
        "the unknown one is looked for again when all have had their turn"
    );
}

#[tokio::test(start_paused = true)]
async fn when_nothing_could_be_done_the_reason_is_the_answer_and_one_that_may_pass_comes_first() {
    let rejected = || {
        Err(Error {
            concerns: Concerns::Parameters,
            ..Error::new(ErrorCode::ProviderRejected, "odd serial number")
        })
    };
    let broker = Broker::new([rejected(), fails(ErrorCode::ProviderUnavailable)], []);
    assert_eq!(
        act(&broker, &request_of(2)).await.unwrap_err().code,
        ErrorCode::ProviderUnavailable
    );
    let broker = Broker::new([rejected(), rejected()], []);
    assert_eq!(
        outcomes(&act(&broker, &request_of(2)).await.unwrap()),
        [Outcome::Failed, Outcome::Failed]
    );
    let broker = Broker::new([fails(ErrorCode::ProviderRejected)], []);
    assert_eq!(
        act(&broker, &request_of(2)).await.unwrap_err().code,
        ErrorCode::ProviderRejected
    );
    let broker = Broker::new([fails(ErrorCode::Throttled)], []);
    assert_eq!(
        act(&broker, &request_of(100)).await.unwrap_err().code,
        ErrorCode::Throttled
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_group_is_changed_while_the_second_one_is_looked_up() {
    let reads = [Active, Active, Active, Active, Inactive].map(shows);
    let mut broker = Broker::new(reads, [(); 4].map(|()| confirmed()));
    broker.group_size = 2;
    broker.time = Duration::from_millis(10);
    let order = ["0a", "0b", "0c", "0d"].map(reference);
    let results = carry_out(&broker, &order, COMMAND, MINUTE).await;
    let calls = broker.calls();
    assert!(
        calls.starts_with("find find write write find find "),
        "{calls}"
    );
    let outcomes: Vec<_> = results.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [Outcome::Inactivated; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_effect_is_not_known_is_an_answer_and_no_error() {
    let reads = [shows(Active), fails(ErrorCode::Timeout)];
    let results = act(
        &Broker::new(reads, [unanswered(ErrorCode::Timeout)]),
        &request_of(2),
    )
    .await
    .unwrap();
    assert_eq!(
        outcomes(&results),
        [Outcome::Unknown, Outcome::NotAttempted]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_provider_comes_with_the_status_that_was_read() {
    let (result, calls) = perform(&[], body(false)).await;
    let answer = result.unwrap();
    assert_eq!(calls, [READ, "InactivateDeviceCertificate 0A"]);
    let result = serde_json::to_value(&answer.results[0]).unwrap();
    assert_eq!(result["outcome"], "refused");
    assert_eq!(
        (
            &result["status_before"],
            &result["status"],
            &result["verified"]
        ),
        (&json!("active"), &json!("active"), &json!(false))
    );
    assert_eq!(
        (&result["serial_number"], &result["provider_serial_number"]),
        (&json!("0a"), &json!("0A"))
    );
    assert_eq!(
        result["error"]["provider_error"]["code"],
        "PermissionCheckFailed"
    );
    assert!(
        answer.order.summary.refused == 1 && InactivateAnswer::One(answer).failures().count() == 1
    );
}
