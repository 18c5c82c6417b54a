//! Failures of a part: of a group, of one certificate, of all.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_that_the_provider_refuses_fails_alone() {
    let network = obliging(|requested| {
        requested
            .iter()
            .any(|text| text == "1003")
            .then(|| refusal("InvalidParameter"))
    });
    let answer = look_up(&network, &numbered(8)).await;
    let mut expected = ["good"; 8];
    expected[2] = "provider_rejected";
    assert_eq!(results_of(&answer), expected);
}

#[tokio::test(start_paused = true)]
async fn not_found_is_a_result_of_one_certificate() {
    let network = obliging(|requested| {
        requested
            .iter()
            .any(|text| text.contains("1003"))
            .then(|| recorded("alibaba-cas/Any.error-not-found"))
    });
    assert_eq!(
        results_of(&look_up(&network, &numbered(4)).await),
        ["good", "good", "-", "good"]
    );
    assert_eq!(
        network.each(texts)[1..],
        ["1001,1002", "1003,1004", "1003", "1004", "001003"]
    );
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_not_tried_again() {
    for case in [
        "access-key-not-found",
        "signature",
        "token-expired",
        "ram",
        "timestamp-expired",
        "action-not-found",
    ] {
        let network = Network::new(move |_| recorded(&format!("alibaba-common/Any.error-{case}")));
        let answer = look_up(&network, &numbered(450)).await;
        assert_eq!(network.sent().len(), 1, "{case}");
        assert!(
            results_of(&answer)
                .iter()
                .all(|word| *word == "provider_rejected"),
            "{case}"
        );
        assert_eq!(answer.records.len(), 450);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_throttles_gets_no_call_for_the_rest() {
    let network = obliging(|requested| {
        (requested[0] != "1001").then(|| recorded("alibaba-common/Any.error-throttling-user"))
    });
    let answer = look_up(&network, &numbered(450)).await;
    assert_eq!(
        sizes(&network),
        [200, 200, 200, 200],
        "the second call three times"
    );
    let words = results_of(&answer);
    assert!(
        words[..200].iter().all(|word| *word == "good")
            && words[200..].iter().all(|word| *word == "throttled")
    );
    assert!(
        answer.records[449]
            .as_ref()
            .unwrap_err()
            .retry_after
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_call_leaves_the_others_alone() {
    let network = obliging(|requested| {
        (requested[0] == "1201").then(|| recorded("alibaba-common/Any.error-unavailable"))
    });
    let words = results_of(&look_up(&network, &numbered(450)).await);
    assert!(
        words[..200]
            .iter()
            .chain(&words[400..])
            .all(|word| *word == "good")
    );
    assert!(
        words[200..400]
            .iter()
            .all(|word| *word == "provider_unavailable")
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_was_not_looked_up_in_time_has_a_timeout() {
    let network = obliging(|_| None).delayed(Duration::from_secs(4));
    let bench = Bench {
        deadline: Deadline::after(Duration::from_secs(6)),
        ..Bench::new(&network)
    };
    let context = bench.context();
    let answer = AlibabaPca::new(&context, target(API.provider))
        .unwrap()
        .look_up(&numbered(450), false)
        .await;
    let words = results_of(&answer);
    assert!(
        words[..200].iter().all(|word| *word == "good")
            && words[200..].iter().all(|word| *word == "timeout")
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_form_is_not_an_answer() {
    for body in [
        json!({"RequestId": "id-1"}),
        json!({"RequestId": "id-1", "CertificateStatus": {}}),
        json!({"RequestId": "id-1", "CertificateStatus": null}),
    ] {
        let network = Network::new(move |_| ok(&body));
        assert_eq!(
            results_of(&look_up(&network, &references(&["12"])).await),
            ["provider_invalid_response"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_throttles_gets_no_call_in_further_spellings() {
    let network = Network::new(|request| {
        if requested(request)[0].ends_with("1001") {
            rows([])
        } else {
            recorded("alibaba-common/Any.error-throttling-user")
        }
    });
    look_up(&network, &numbered(300)).await;
    assert_eq!(sizes(&network), [200, 100, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_is_one_that_it_does_not_know() {
    let network = Network::new(|request| {
        let upper = |text: &String| text.bytes().any(|byte| byte.is_ascii_uppercase());
        if requested(request).iter().any(upper) {
            refusal("InvalidParameter")
        } else {
            rows([])
        }
    });
    assert_eq!(
        results_of(&look_up(&network, &references(&["ab", "ac"])).await),
        ["-", "-"]
    );
}
