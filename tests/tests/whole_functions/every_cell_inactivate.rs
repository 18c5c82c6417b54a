//! inactivate at each provider: whole results, the vendor's own state afterwards, and what the
//! vendor was asked.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, IssuedCertificate, Simulator, Vendor};

use crate::cells::{
    BROKERS, WRONG_SECRETS, actions, calls, device, everywhere, inactivation, on_and_off,
    pair_everywhere, place, provider, refusal_of_a_wrong_key, request, set_word, throttling, with,
    words,
};
use crate::order_members::apart_from_the_order;
use crate::setup::{at_once, function_with, in_short, problem, simulator, texts};

/// The actions that read and switch off one certificate.
pub(crate) fn read_and_write(vendor: Vendor) -> (&'static str, &'static str) {
    let inactivation = inactivation(vendor);
    (inactivation.read, inactivation.write)
}

/// The certificate in the vendor's own spelling, which is found by the first call.
pub(crate) fn own_reference(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    provider(vendor).own_reference(issued)
}

/// An order for these certificates.
pub(crate) fn order(vendor: Vendor, issued: &[&IssuedCertificate]) -> Value {
    let certificates: Vec<Value> = issued
        .iter()
        .map(|one| own_reference(vendor, one))
        .collect();
    request(vendor, &json!({ "certificates": certificates }))
}

/// A whole result, with these members of its own.
fn result(vendor: Vendor, issued: &IssuedCertificate, own: &Value) -> Value {
    let names = (inactivation(vendor).result)(issued);
    let bare = json!({
        "serial_number": issued.serial, "provider_serial_number": null, "serial_number_base": "hex", "ca_serial_number": null,
        "provider_ca_serial_number": null,
        "fingerprint_sha256": issued.fingerprint_sha256, "status_before": "active", "verified": true, "provider_request_id": null,
        "sessions": null, "cut_off": null, "receipt": null, "error": null
    });
    with(with(bare, &names), own)
}

fn summary(outcome: &str) -> Value {
    let none = json!({
        "inactivated": 0, "already_inactive": 0, "would_inactivate": 0, "not_found": 0, "refused": 0, "failed": 0, "unknown": 0,
        "not_attempted": 0
    });
    with(none, &json!({ outcome: 1 }))
}

/// The only result, without the vendor's id of the call that changed it.
fn only_result(answer: &Value) -> Value {
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{answer}");
    with(results[0].clone(), &json!({ "provider_request_id": null }))
}

/// The calls by which one certificate is inactivated.
fn expected_calls(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    let (read, write) = read_and_write(vendor);
    let names = (inactivation(vendor).read_parameters)(issued);
    let order = with(names.clone(), &(inactivation(vendor).write_parameters)());
    json!([[read, names], [write, order], [read, names]])
}

async fn two(
    vendor: Vendor,
) -> (
    Simulator,
    whole_function_tests::Runtime,
    [IssuedCertificate; 2],
) {
    let issued = [1, 2].map(device);
    let (simulator, function) = pair_everywhere("inactivate", &issued).await;
    assert_eq!(words(&simulator, vendor), [on_and_off(vendor).0; 2]);
    (simulator, function, issued)
}

/// Number of calls that look up the two certificates of an order: Tencent is asked for both at once, the
/// others for one beside the other.
fn reads_of_two(vendor: Vendor) -> usize {
    if vendor == Vendor::TencentMqtt { 1 } else { 2 }
}

/// Number of certificates that the vendor has inactivated.
pub(crate) fn switched_off(simulator: &Simulator, vendor: Vendor) -> usize {
    words(simulator, vendor)
        .iter()
        .filter(|word| *word == on_and_off(vendor).1)
        .count()
}

#[tokio::test]
async fn a_certificate_is_inactivated_on_evidence_and_then_already_inactive() {
    for vendor in BROKERS {
        let (simulator, mut function, [one, other]) = two(vendor).await;
        let order_of_one = order(vendor, &[&one]);
        let answer =
            apart_from_the_order(&order_of_one, function.invoke(&order_of_one).await.json());
        assert!(
            answer["results"][0]["provider_request_id"].is_string(),
            "{answer}"
        );
        let inactivated = result(
            vendor,
            &one,
            &json!({ "outcome": "inactivated", "status": "inactive" }),
        );
        let whole = json!({ "operation": "inactivate", "dry_run": false, "results": [inactivated], "summary": summary("inactivated") });
        let actual = with(
            answer.clone(),
            &json!({ "results": [only_result(&answer)] }),
        );
        assert_eq!(actual, with(whole, &place(vendor)), "{vendor:?}");
        assert_eq!(
            calls(&simulator),
            expected_calls(vendor, &one),
            "{vendor:?}"
        );
        assert_eq!(
            switched_off(&simulator, vendor),
            1,
            "{vendor:?}: the other one stays on"
        );

        let again = function.invoke(order_of_one).await.json();
        let already = json!({ "outcome": "already_inactive", "status_before": "inactive", "status": "inactive" });
        assert_eq!(
            again["results"],
            json!([result(vendor, &one, &already)]),
            "{vendor:?}"
        );
        assert_eq!(
            actions(&simulator),
            [read_and_write(vendor).0],
            "{vendor:?}"
        );
        // Nothing was done elsewhere.
        for elsewhere in BROKERS.into_iter().filter(|elsewhere| *elsewhere != vendor) {
            assert_eq!(switched_off(&simulator, elsewhere), 0);
        }
        drop(other);
    }
}

#[tokio::test]
async fn a_dry_run_reports_the_changes_and_makes_none() {
    for vendor in BROKERS {
        let (simulator, mut function, [one, other]) = two(vendor).await;
        set_word(&simulator, vendor, &other, on_and_off(vendor).1);
        let order = with(
            order(vendor, &[&one, &other, &device(3)]),
            &json!({ "dry_run": true }),
        );
        let answer = function.invoke(order).await.json();
        assert_eq!(
            texts(&answer["results"], "outcome"),
            ["would_inactivate", "already_inactive", "not_found"],
            "{vendor:?}"
        );
        assert_eq!(
            answer["results"][0],
            result(
                vendor,
                &one,
                &json!({ "outcome": "would_inactivate", "status": "active" })
            )
        );
        assert!(
            !actions(&simulator).contains(&read_and_write(vendor).1.to_owned()),
            "{vendor:?}"
        );
        assert_eq!(switched_off(&simulator, vendor), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn an_unknown_certificate_is_not_found_and_keeps_no_other_waiting() {
    for vendor in BROKERS {
        let (simulator, mut function, [one, _]) = two(vendor).await;
        let stranger = device(9);
        let answer = function
            .invoke(order(vendor, &[&stranger, &one]))
            .await
            .json();
        assert_eq!(
            texts(&answer["results"], "outcome"),
            ["not_found", "inactivated"],
            "{vendor:?}"
        );
        let is_aws = vendor == Vendor::AwsIot;
        assert_eq!(
            answer["results"][0],
            json!({
                "serial_number": if is_aws { Value::Null } else { json!(stranger.serial) },
                "provider_serial_number": null, "serial_number_base": null,
                "ca_serial_number": if vendor == Vendor::AlibabaMqtt { json!("7269004887") } else { Value::Null },
                "provider_ca_serial_number": null,
                "fingerprint_sha256": if is_aws { json!(stranger.fingerprint_sha256) } else { Value::Null },
                "outcome": "not_found", "status_before": null, "status": null, "verified": false,
                "provider_request_id": null, "sessions": null, "cut_off": null, "receipt": null, "error": null
            })
        );
        let actions = actions(&simulator);
        let written = actions
            .iter()
            .position(|action| action == read_and_write(vendor).1)
            .unwrap();
        assert_eq!(
            written, 2,
            "{vendor:?}: the known one comes before the stranger's other spellings"
        );
        assert_eq!(
            actions
                .iter()
                .filter(|action| *action == read_and_write(vendor).1)
                .count(),
            1,
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_without_an_order() {
    for vendor in [Vendor::TencentMqtt, Vendor::AwsIot] {
        let (simulator, mut function, [one, other]) = two(vendor).await;
        set_word(&simulator, vendor, &one, "REVOKED");
        let answer = function.invoke(order(vendor, &[&one, &other])).await.json();
        assert_eq!(
            texts(&answer["results"], "outcome"),
            ["refused", "inactivated"],
            "{vendor:?}"
        );
        let mut refused = answer["results"][0].clone();
        let error = refused["error"].take();
        assert_eq!(in_short(&error), ("forbidden", false, None), "{error}");
        assert!(
            error["detail"].as_str().unwrap().contains("revoked"),
            "{error}"
        );
        let expected =
            json!({ "outcome": "refused", "status_before": "revoked", "status": "revoked" });
        assert_eq!(refused, result(vendor, &one, &expected), "{vendor:?}");
        assert!(
            words(&simulator, vendor).contains(&"REVOKED".to_owned()),
            "{vendor:?}: inactive would hide it"
        );
        assert_eq!(
            simulator.count(vendor, read_and_write(vendor).1),
            1,
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn an_instance_that_is_not_on_the_allow_list_is_forbidden_without_a_call() {
    for vendor in BROKERS {
        let own = inactivation(vendor).allowed;
        let all = BROKERS.map(|broker| inactivation(broker).allowed);
        let others: Vec<&str> = all.into_iter().filter(|name| *name != own).collect();
        for (list, is_allowed) in [
            (others.join(","), false),
            (String::new(), false),
            (own.to_owned(), true),
            ("*".to_owned(), true),
        ] {
            let issued = device(1);
            let simulator = simulator(everywhere(std::slice::from_ref(&issued))).await;
            let mut function = function_with(
                "inactivate",
                &simulator,
                &[("INACTIVATE_ALLOWED_INSTANCES", &list)],
            )
            .await;
            for dry_run in [true, false] {
                let answer = function
                    .invoke(with(
                        order(vendor, &[&issued]),
                        &json!({ "dry_run": dry_run }),
                    ))
                    .await;
                if is_allowed {
                    let outcome = if dry_run {
                        "would_inactivate"
                    } else {
                        "inactivated"
                    };
                    assert_eq!(
                        texts(&answer.json()["results"], "outcome"),
                        [outcome],
                        "{vendor:?} {list}"
                    );
                } else {
                    let problem = problem(&answer);
                    assert_eq!(
                        in_short(&problem),
                        ("forbidden", false, None),
                        "{vendor:?} {list}"
                    );
                    let detail = problem["detail"].as_str().unwrap();
                    assert!(
                        detail.contains(own) && detail.contains("INACTIVATE_ALLOWED_INSTANCES"),
                        "{detail}"
                    );
                    assert_eq!(simulator.calls(), [], "{vendor:?} {list}: not even read");
                }
            }
            assert_eq!(
                switched_off(&simulator, vendor),
                usize::from(is_allowed),
                "{vendor:?} {list}"
            );
        }
    }
}

#[tokio::test]
async fn a_provider_that_throttles_is_called_three_times_for_each_begun_certificate_and_nothing_is_changed()
 {
    at_once(BROKERS, |vendor| async move {
        let (simulator, mut function, [one, other]) = two(vendor).await;
        simulator.fail(vendor, FaultRule::always(Fault::ThrottleFor(1)));
        let problem = problem(&function.invoke(order(vendor, &[&one, &other])).await);
        assert_eq!(
            in_short(&problem),
            ("throttled", true, Some(throttling(vendor))),
            "{problem}"
        );
        assert_eq!(
            actions(&simulator).len(),
            3 * reads_of_two(vendor),
            "{vendor:?}"
        );
        assert_eq!(switched_off(&simulator, vendor), 0, "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_are_refused_at_the_first_call_for_each_that_is_begun() {
    let issued = [1, 2].map(device);
    for vendor in BROKERS {
        let simulator = simulator(everywhere(&issued)).await;
        let mut function = function_with("inactivate", &simulator, &WRONG_SECRETS).await;
        let problem = problem(
            &function
                .invoke(order(vendor, &[&issued[0], &issued[1]]))
                .await,
        );
        assert_eq!(
            in_short(&problem),
            (
                "provider_rejected",
                false,
                Some(refusal_of_a_wrong_key(vendor))
            ),
            "{problem}"
        );
        assert_eq!(
            actions(&simulator).len(),
            reads_of_two(vendor),
            "{vendor:?}"
        );
    }
}
