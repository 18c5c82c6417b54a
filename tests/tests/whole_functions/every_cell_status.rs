//! status at each provider: whole results, unknown certificates, refusals, and what the vendor was
//! asked.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, IssuedCertificate, Vendor};

use crate::cells::{
    WRONG_SECRETS, actions, calls, device, everywhere, pair_everywhere, place, provider, reference,
    refusal_of_a_wrong_key, request, set_word, throttling, with, without,
};
use crate::setup::{at_once, function, function_with, in_short, problem, simulator, texts};

/// The whole result for a certificate in use.
fn known(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    let broker = json!({
        "serial_number": issued.serial, "provider_serial_number": null, "serial_number_base": "hex", "ca_serial_number": null,
        "provider_ca_serial_number": null,
        "fingerprint_sha256": issued.fingerprint_sha256, "client_ids": null, "found": true, "status": "active", "provider_status": "ACTIVE",
        "effective_status": "active", "usable": true, "revoked_at": null, "not_before": "2025-01-01T00:00:00Z",
        "not_after": "2035-01-01T00:00:00Z", "disagreements": [], "error": null
    });
    let own = provider(vendor).status_result(issued);
    with(broker, &own)
}

/// The whole result for a certificate that the provider does not know, as it was named.
fn unknown(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    let is_aws = vendor == Vendor::AwsIot;
    json!({
        "serial_number": if is_aws { Value::Null } else { json!(issued.serial) }, "provider_serial_number": null,
        "serial_number_base": null, "ca_serial_number": if vendor == Vendor::AlibabaMqtt { json!("7269004887") } else { Value::Null },
        "provider_ca_serial_number": null,
        "fingerprint_sha256": if is_aws { json!(issued.fingerprint_sha256) } else { Value::Null }, "client_ids": null, "found": false, "status": "unknown",
        "provider_status": null, "effective_status": "unknown", "usable": null, "revoked_at": null, "not_before": null,
        "not_after": null, "disagreements": [], "error": null
    })
}

#[tokio::test]
async fn each_provider_gives_the_whole_result() {
    let issued = device(1);
    let (simulator, mut function) = pair_everywhere("status", std::slice::from_ref(&issued)).await;
    for vendor in Vendor::ALL {
        let answer = function
            .invoke(request(
                vendor,
                &json!({ "certificates": [provider(vendor).status_reference(&issued)] }),
            ))
            .await
            .json();
        let expected = json!({ "operation": "status", "results": [known(vendor, &issued)] });
        assert_eq!(
            answer["provider_request_ids"].as_array().unwrap().len(),
            1,
            "{vendor:?}"
        );
        assert_eq!(
            without(answer, &["provider_request_ids"]),
            with(expected, &place(vendor)),
            "{vendor:?}"
        );
        assert_eq!(
            calls(&simulator),
            provider(vendor).status_calls(&issued),
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn known_and_unknown_certificates_have_their_results_in_the_order_of_the_request_duplicates_included()
 {
    let [one, two, stranger] = [1, 2, 3].map(device);
    let (_simulator, mut function) = pair_everywhere("status", &[one.clone(), two.clone()]).await;
    for vendor in Vendor::ALL {
        let certificates: Vec<Value> = [&two, &stranger, &one, &two]
            .map(|issued| reference(vendor, issued))
            .into();
        let answer = function
            .invoke(request(vendor, &json!({ "certificates": certificates })))
            .await
            .json();
        let expected = json!([
            known(vendor, &two),
            unknown(vendor, &stranger),
            known(vendor, &one),
            known(vendor, &two)
        ]);
        assert_eq!(answer["results"], expected, "{vendor:?}");
    }
}

#[tokio::test]
async fn an_instance_that_the_provider_does_not_know_is_not_found_after_one_call() {
    let issued = device(1);
    let (simulator, mut function) = pair_everywhere("status", std::slice::from_ref(&issued)).await;
    for (vendor, code) in [
        (Vendor::TencentMqtt, "ResourceNotFound.Instance"),
        (Vendor::AlibabaMqtt, "MqttInstanceNotFound"),
    ] {
        let request = request(
            vendor,
            &json!({ "instance_id": "nowhere", "certificates": [reference(vendor, &issued)] }),
        );
        let problem = problem(&function.invoke(request).await);
        assert_eq!(
            in_short(&problem),
            ("not_found", false, Some(code)),
            "{problem}"
        );
        assert_eq!(calls(&simulator).as_array().unwrap().len(), 1, "{vendor:?}");
    }
}

/// Provider, its word, and what it means: status, effective status, usable.
#[rustfmt::skip]
const WORDS: &[(Vendor, &str, &str, &str, Option<bool>)] = &[
    (Vendor::TencentMqtt, "INACTIVE", "inactive", "inactive", Some(false)),
    (Vendor::TencentMqtt, "REVOKED", "revoked", "revoked", Some(false)),
    (Vendor::TencentMqtt, "PENDING_ACTIVATION", "pending_activation", "pending_activation", Some(false)),
    (Vendor::TencentMqtt, "SUSPENDED", "unknown", "unknown", None),
    (Vendor::AlibabaMqtt, "0", "inactive", "inactive", Some(false)),
    (Vendor::AlibabaMqtt, "2", "unknown", "unknown", None),
    (Vendor::AlibabaCas, "revoked", "revoked", "revoked", Some(false)),
    (Vendor::AlibabaCas, "unknown", "unknown", "unknown", None),
    (Vendor::AwsIot, "INACTIVE", "inactive", "inactive", Some(false)),
    (Vendor::AwsIot, "REGISTER_INACTIVE", "inactive", "inactive", Some(false)),
    (Vendor::AwsIot, "PENDING_ACTIVATION", "pending_activation", "pending_activation", Some(false)),
    (Vendor::AwsIot, "REVOKED", "revoked", "revoked", Some(false)),
    (Vendor::AwsIot, "PENDING_TRANSFER", "unknown", "unknown", None),
];

#[tokio::test]
async fn every_word_of_a_provider_is_kept_and_has_its_meaning() {
    let issued = device(1);
    let (simulator, mut function) = pair_everywhere("status", std::slice::from_ref(&issued)).await;
    for (vendor, word, status, effective, usable) in WORDS {
        set_word(&simulator, *vendor, &issued, word);
        let answer = function
            .invoke(request(
                *vendor,
                &json!({ "certificates": [reference(*vendor, &issued)] }),
            ))
            .await
            .json();
        let result = &answer["results"][0];
        let actual = json!([
            result["status"],
            result["provider_status"],
            result["effective_status"],
            result["usable"]
        ]);
        assert_eq!(
            actual,
            json!([status, word, effective, usable]),
            "{vendor:?} {word}"
        );
    }
}

#[tokio::test]
async fn a_missing_identifier_is_refused_by_name_before_any_call() {
    let issued = device(1);
    let (simulator, mut function) = pair_everywhere("status", std::slice::from_ref(&issued)).await;
    let fingerprint = json!({ "fingerprint_sha256": issued.fingerprint_sha256 });
    let serial = json!({ "serial_number": issued.serial });
    for (vendor, wrong, field) in [
        (Vendor::TencentMqtt, &fingerprint, "serial_number"),
        (Vendor::AlibabaMqtt, &fingerprint, "serial_number"),
        (Vendor::AlibabaMqtt, &serial, "ca_serial_number"),
        (Vendor::AlibabaCas, &fingerprint, "serial_number"),
        (Vendor::AwsIot, &serial, "fingerprint_sha256"),
    ] {
        let certificates = json!([reference(vendor, &issued), wrong]);
        let problem = problem(
            &function
                .invoke(request(vendor, &json!({ "certificates": certificates })))
                .await,
        );
        assert_eq!(
            in_short(&problem),
            ("invalid_request", false, None),
            "{problem}"
        );
        assert_eq!(
            problem["field"],
            format!("certificates[1].{field}"),
            "{vendor:?}"
        );
    }
    assert_eq!(simulator.calls(), []);
}

#[tokio::test]
async fn a_provider_that_throttles_is_called_three_times() {
    at_once(Vendor::ALL, |vendor| async move {
        let issued = device(1);
        let (simulator, mut function) =
            pair_everywhere("status", std::slice::from_ref(&issued)).await;
        simulator.fail(vendor, FaultRule::always(Fault::ThrottleFor(1)));
        let request = request(
            vendor,
            &json!({ "certificates": [reference(vendor, &issued)] }),
        );
        let problem = problem(&function.invoke(request).await);
        assert_eq!(
            in_short(&problem),
            ("throttled", true, Some(throttling(vendor))),
            "{problem}"
        );
        assert_eq!(simulator.calls().len(), 3, "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_are_refused_after_one_call() {
    let issued = device(1);
    for vendor in Vendor::ALL {
        let simulator = simulator(everywhere(std::slice::from_ref(&issued))).await;
        let mut function = function_with("status", &simulator, &WRONG_SECRETS).await;
        let problem = problem(
            &function
                .invoke(request(
                    vendor,
                    &json!({ "certificates": [reference(vendor, &issued)] }),
                ))
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
        assert_eq!(simulator.calls().len(), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn one_certificate_that_cannot_be_looked_up_fails_alone() {
    for vendor in [Vendor::AlibabaMqtt, Vendor::AwsIot] {
        let issued: Vec<IssuedCertificate> = (1..=20).map(device).collect();
        let (simulator, mut function) = pair_everywhere("status", &issued).await;
        let own = if vendor == Vendor::AwsIot {
            issued[7].fingerprint_sha256.clone()
        } else {
            issued[7].serial.to_uppercase()
        };
        simulator.fail(vendor, FaultRule::always(Fault::Internal).containing(&own));
        let certificates: Vec<Value> = issued
            .iter()
            .map(|one| provider(vendor).status_reference(one))
            .collect();
        let answer = function
            .invoke(request(vendor, &json!({ "certificates": certificates })))
            .await
            .json();
        for (position, result) in answer["results"].as_array().unwrap().iter().enumerate() {
            let code = &result["error"]["code"];
            assert_eq!(
                code,
                &if position == 7 {
                    json!("provider_unavailable")
                } else {
                    Value::Null
                },
                "{vendor:?} {position}"
            );
            assert_eq!(result["found"], position != 7, "{vendor:?} {position}");
        }
        assert_eq!(
            actions(&simulator).len(),
            22,
            "{vendor:?}: one call for each, and three for the one"
        );
    }
}

#[tokio::test]
async fn a_thousand_certificates_of_one_request_take_few_calls_or_one_each() {
    let simulator = simulator(crate::setup::full(1_000)).await;
    let mut function = function("status", &simulator).await;
    // Tencent's serial numbers go with four or so spellings each into groups of a hundred texts.
    for (vendor, most) in Vendor::ALL
        .into_iter()
        .zip([1_000 / 25 + 10, 1_000, 5, 1_000])
    {
        simulator.reset_numbers();
        let request = provider(vendor).numbered_request(0, 1_000);
        let answer = function.invoke(request.clone()).await.json();
        let status = if vendor == Vendor::AlibabaCas {
            "good"
        } else {
            "active"
        };
        assert!(
            texts(&answer["results"], "status")
                .iter()
                .all(|actual| actual == status),
            "{vendor:?}"
        );
        let member = if vendor == Vendor::AwsIot {
            "fingerprint_sha256"
        } else {
            "provider_serial_number"
        };
        let requested = texts(
            &request["certificates"],
            if vendor == Vendor::AwsIot {
                member
            } else {
                "serial_number"
            },
        );
        assert_eq!(
            texts(&answer["results"], member),
            requested,
            "{vendor:?}: in the order asked"
        );
        let calls = simulator.calls().len();
        assert!(calls <= most, "{vendor:?}: {calls} calls");
    }
}
