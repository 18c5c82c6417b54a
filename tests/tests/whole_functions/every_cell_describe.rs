//! describe at each provider: whole records, empty lists, refusals, and what the vendor was asked.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Fleet, IssuedCertificate, Vendor};

use crate::cells::{
    WRONG_SECRETS, calls, device, everywhere, pair_everywhere, place, provider,
    refusal_of_a_wrong_key, request, throttling, with, without,
};
use crate::setup::{at_once, function, function_with, in_short, problem, simulator, texts};

/// The whole record of a certificate in use, but for the certificate itself.
fn record(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    let bare = json!({
        "serial_number": issued.serial, "serial_number_base": "hex", "provider_serial_number": null, "ca_serial_number": null,
        "provider_ca_serial_number": null,
        "name": null, "client_id": null, "client_ids": null,
        "subject": { "common_name": issued.common_name, "organizational_unit": issued.organizational_unit },
        "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "usable": true, "source": null,
        "not_before": "2025-01-01T00:00:00Z", "not_after": "2035-01-01T00:00:00Z",
        "created_at": null, "updated_at": null, "last_activated_at": null, "last_inactivated_at": null, "revoked_at": null,
        "fingerprint_sha256": issued.fingerprint_sha256, "ca_fingerprint_sha256": null, "disagreements": [], "pem": null, "error": null
    });
    let own = provider(vendor).described(issued);
    with(bare, &own)
}

#[tokio::test]
async fn each_provider_gives_the_whole_record() {
    let issued = device(1);
    for vendor in Vendor::ALL {
        let (simulator, mut function) =
            pair_everywhere("describe", std::slice::from_ref(&issued)).await;
        for include_pem in [false, true] {
            let answer = function
                .invoke(request(vendor, &json!({ "include_pem": include_pem })))
                .await
                .json();
            let total = if vendor == Vendor::AwsIot {
                Value::Null
            } else {
                json!(1)
            };
            let pem = if include_pem {
                json!(issued.pem)
            } else {
                Value::Null
            };
            let expected = json!({
                "operation": "describe", "certificates": [with(record(vendor, &issued), &json!({ "pem": pem }))],
                "total_count": total, "consistent": true, "next_cursor": null
            });
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
                provider(vendor).list_calls(&issued),
                "{vendor:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_provider_without_certificates_has_an_empty_list() {
    let simulator = simulator(everywhere(&[])).await;
    let mut function = function("describe", &simulator).await;
    for vendor in Vendor::ALL {
        let answer = function.invoke(request(vendor, &json!({}))).await.json();
        let actual = json!([
            answer["certificates"],
            answer["consistent"],
            answer["next_cursor"]
        ]);
        assert_eq!(actual, json!([[], true, null]), "{vendor:?}: {answer}");
        assert_eq!(
            answer["total_count"],
            if vendor == Vendor::AwsIot {
                Value::Null
            } else {
                json!(0)
            },
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn an_instance_that_the_provider_does_not_know_is_not_found_after_one_call() {
    let simulator = simulator(Fleet::empty()).await;
    let mut function = function("describe", &simulator).await;
    for (vendor, code) in [
        (Vendor::TencentMqtt, "ResourceNotFound.Instance"),
        (Vendor::AlibabaMqtt, "MqttInstanceNotFound"),
    ] {
        let problem = problem(&function.invoke(request(vendor, &json!({}))).await);
        assert_eq!(
            in_short(&problem),
            ("not_found", false, Some(code)),
            "{problem}"
        );
        assert_eq!(calls(&simulator).as_array().unwrap().len(), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn a_filter_finds_the_one_certificate_at_each_provider() {
    let issued: Vec<IssuedCertificate> = (1..=4).map(device).collect();
    let (_simulator, mut function) = pair_everywhere("describe", &issued).await;
    let wanted = &issued[2];
    for vendor in Vendor::ALL {
        for filter in [
            json!({ "serial_numbers": [wanted.serial.to_uppercase()] }),
            json!({ "common_names": [wanted.common_name] }),
            json!({ "fingerprints_sha256": [wanted.fingerprint_sha256.to_uppercase()] }),
            json!({ "common_names": [wanted.common_name], "organizational_units": ["Werk München"], "serial_numbers": [wanted.serial],
                    "not_after_from": "2034-12-31T00:00:00Z", "not_after_to": "2035-01-01T00:00:00Z" }),
        ] {
            let answer = function
                .invoke(request(vendor, &json!({ "filter": filter })))
                .await
                .json();
            assert_eq!(
                answer["certificates"],
                json!([record(vendor, wanted)]),
                "{vendor:?} {filter}"
            );
            assert_eq!(answer["next_cursor"], Value::Null, "{vendor:?} {filter}");
        }
        for filter in [
            json!({ "serial_numbers": ["0a7e"] }),
            json!({ "common_names": ["gateway"] }),
            json!({ "organizational_units": ["Werk"] }),
            json!({ "not_after_to": "2034-12-31T23:59:59Z" }),
            json!({ "fingerprints_sha256": ["00".repeat(32)] }),
            json!({ "statuses": [if vendor == Vendor::AlibabaMqtt { "inactive" } else { "revoked" }] }),
        ] {
            let answer = function
                .invoke(request(vendor, &json!({ "filter": filter })))
                .await
                .json();
            assert_eq!(answer["certificates"], json!([]), "{vendor:?} {filter}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_throttles_is_called_three_times() {
    at_once(Vendor::ALL, |vendor| async move {
        let (simulator, mut function) = pair_everywhere("describe", &[device(1)]).await;
        simulator.fail(vendor, FaultRule::always(Fault::ThrottleFor(1)));
        let problem = problem(&function.invoke(request(vendor, &json!({}))).await);
        assert_eq!(
            in_short(&problem),
            ("throttled", true, Some(throttling(vendor))),
            "{problem}"
        );
        assert_eq!(
            problem["provider_error"]["provider"],
            place(vendor)["provider"]
        );
        assert_eq!(simulator.calls().len(), 3, "{vendor:?}");
    })
    .await;
}

/// The calls after the first page, which fail.
fn second_page(vendor: Vendor, fault: Fault) -> FaultRule {
    let rule = FaultRule::always(fault);
    rule.containing(provider(vendor).second_page())
}

#[tokio::test]
async fn a_failure_in_the_middle_of_a_list_leaves_the_certificates_before_it_and_a_cursor() {
    let cases = Vendor::ALL.into_iter().flat_map(|vendor| {
        [
            Fault::ThrottleFor(1),
            Fault::CutBefore,
            Fault::Internal,
            Fault::Unavailable,
            Fault::body(200, "text/html", "<html>"),
        ]
        .map(|fault| (vendor, fault))
    });
    at_once(cases, |(vendor, fault)| async move {
        let fleet = crate::setup::full(150);
        let simulator = simulator(fleet).await;
        let mut function = function("describe", &simulator).await;
        simulator.fail(vendor, second_page(vendor, fault.clone()));
        let first = function
            .invoke(request(vendor, &json!({ "limit": 150 })))
            .await
            .json();
        assert_eq!(
            first["certificates"].as_array().unwrap().len(),
            100,
            "{vendor:?} {fault:?}: {first}"
        );
        let cursor = first["next_cursor"].as_str().unwrap();
        simulator.reset();
        let rest = function
            .invoke(request(vendor, &json!({ "limit": 150, "cursor": cursor })))
            .await
            .json();
        assert_eq!(
            (
                rest["certificates"].as_array().unwrap().len(),
                &rest["next_cursor"]
            ),
            (50, &Value::Null),
            "{vendor:?} {fault:?}"
        );
        let name = if vendor == Vendor::AwsIot {
            "fingerprint_sha256"
        } else {
            "provider_serial_number"
        };
        let mut names: Vec<String> = [&first, &rest]
            .into_iter()
            .flat_map(|answer| texts(&answer["certificates"], name))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 150, "{vendor:?} {fault:?}");
    })
    .await;
}

#[tokio::test]
async fn a_lasting_failure_in_the_middle_of_a_list_is_an_error() {
    at_once(Vendor::ALL, |vendor| async move {
        let simulator = simulator(crate::setup::full(150)).await;
        let mut function = function("describe", &simulator).await;
        let code = if vendor == Vendor::AwsIot {
            "AccessDeniedException"
        } else {
            "OperationDenied"
        };
        simulator.fail(vendor, second_page(vendor, Fault::code(code, 403)));
        let problem = problem(
            &function
                .invoke(request(vendor, &json!({ "limit": 150 })))
                .await,
        );
        assert_eq!(
            in_short(&problem),
            ("provider_rejected", false, Some(code)),
            "{vendor:?}: {problem}"
        );
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_are_refused_after_one_call() {
    for vendor in Vendor::ALL {
        let simulator = simulator(everywhere(&[device(1)])).await;
        let mut function = function_with("describe", &simulator, &WRONG_SECRETS).await;
        let problem = problem(&function.invoke(request(vendor, &json!({}))).await);
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
            problem["provider_error"]["message"],
            Value::Null,
            "it may repeat what was signed"
        );
        assert_eq!(simulator.calls().len(), 1, "{vendor:?}");
    }
}
