//! Failures of a part: of a group, of one certificate, of all.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_group_leaves_the_others_alone() {
    let serials = numbered(120);
    let known: Vec<&str> = serials.iter().map(String::as_str).collect();
    let vendor = Vendor::of(&known);
    let network = Network::new(move |request| {
        match String::from_utf8_lossy(request.body()).contains("\"1051\"") {
            true => recorded("tencent-mqtt/Any.error-unavailable"),
            false => vendor.answer(request),
        }
    });
    let words = results_of(&look_up(&network, &references(&serials)).await);
    assert!(
        words[..50]
            .iter()
            .chain(&words[100..])
            .all(|word| *word == "active")
    );
    assert!(
        words[50..100]
            .iter()
            .all(|word| *word == "provider_unavailable")
    );
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_not_tried_for_every_group() {
    for (case, word, most_calls) in [
        ("signature", "provider_rejected", 10),
        ("instance-not-found", "not_found", 10),
        ("rate", "throttled", 30),
    ] {
        let network = Network::new(move |_| recorded(&format!("tencent-mqtt/Any.error-{case}")));
        let answer = look_up(&network, &references(&numbered(1000))).await;
        assert!(
            results_of(&answer).iter().all(|shown| *shown == word),
            "{case}"
        );
        assert!(
            network.sent().len() <= most_calls,
            "{case}: {} calls for 20 groups",
            network.sent().len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_the_vendor_refuses_in_its_own_spelling_fails_alone() {
    let vendor = Vendor::of(&["11", "13"]);
    let network = Network::new(move |request| {
        match String::from_utf8_lossy(request.body()).contains("\"12\"") {
            true => refused("InvalidParameterValue"),
            false => vendor.answer(request),
        }
    });
    let answer = look_up(&network, &references(&["11", "12", "13"])).await;
    assert_eq!(
        results_of(&answer),
        ["active", "provider_rejected", "active"],
        "a refusal does not say that it is unknown"
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_whose_list_is_refused_is_read_in_each_spelling() {
    let network = Vendor {
        most_values: Some(1),
        ..Vendor::of(&["00AB"])
    }
    .network();
    let answer = look_up(&network, &references(&["ab", "11"])).await;
    assert_eq!(results_of(&answer), ["active", "-"]);
    assert!(
        answer.request_ids.iter().any(|id| **id == *"id-one"),
        "{:?}",
        answer.request_ids
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_form_is_not_an_answer() {
    for body in [
        json!({}),
        json!({"Data": []}),
        json!({"TotalCount": 1}),
        json!({"TotalCount": 1, "Data": [{"Status": "ACTIVE"}]}),
    ] {
        let network = Network::new(move |_| ok(&json!({"Response": body})));
        assert_eq!(
            results_of(&look_up(&network, &references(&["12"])).await),
            ["provider_invalid_response"]
        );
    }
    let network = Network::new(|_| answer(200, "<html>"));
    assert_eq!(
        results_of(&look_up(&network, &references(&["12"])).await),
        ["provider_invalid_response"]
    );
}
