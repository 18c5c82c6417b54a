//! Protected certificates are not changed, however they were named.

use super::*;

/// The outcome for the device `0001`, named in both ways.
async fn named_and_selected(device: Device, filters: &Value) -> (Outcome, Outcome, usize) {
    let provider = device.provider;
    let place = source(provider, device.instance);
    let stage = Stage::with(
        Clouds::of([device]),
        &[("INACTIVATE_PROTECTED", &filters.to_string())],
    );
    let outcome = async |members: Value| {
        let mut request = place.clone();
        let members = members.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(members);
        request["dry_run"] = json!(true);
        let dry_run = stage.perform(&request).await.unwrap().results()[0].outcome;
        request["dry_run"] = json!(false);
        let real = stage.perform(&request).await.unwrap().results()[0].outcome;
        assert_eq!(
            dry_run == Outcome::Refused,
            real == Outcome::Refused,
            "{filters}"
        );
        real
    };
    let reference = json!({"serial_number": "01", "ca_serial_number": "0b"});
    let named = outcome(json!({"certificates": [reference]})).await;
    stage.change("0001", |device| {
        device.status = Device::new(provider, "", "", 0).status;
    });
    let selected = outcome(json!({"select": {"ca_serial_numbers": ["0b"]}})).await;
    (named, selected, stage.writes())
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_a_filter_matches_or_may_match_is_refused() {
    let (refused, changed) = (Outcome::Refused, Outcome::Inactivated);
    let known = || tencent(1, "gateway-7");
    let absent = || tencent(1, "");
    let unknown = || Device {
        client_id: None,
        ..tencent(1, "")
    };
    let alibaba = || Device::new(AlibabaMqtt, "post-cn-1", "0001", 1);
    let clients = |pattern: &str| json!([{"client_ids": [pattern]}]);
    for (device, filters, expected) in [
        (known(), clients("gateway-*"), refused),
        (known(), clients("gateway-7"), refused),
        (known(), clients("gateway-"), changed),
        (
            known(),
            json!([{"client_ids": ["gateway-*"], "providers": ["aws-iot"]}]),
            changed,
        ),
        (
            known(),
            json!([{"client_ids": ["x"]}, {"serial_numbers": ["1"]}]),
            refused,
        ),
        (
            known(),
            json!([{"client_ids": ["gateway-*"], "serial_numbers": ["2"]}]),
            changed,
        ),
        (
            known(),
            json!([{"fingerprints_sha256": ["ab".repeat(32)]}]),
            refused,
        ),
        (known(), json!([{"common_names": ["a"]}]), refused),
        (absent(), clients("gateway-*"), changed),
        (absent(), clients("*"), changed),
        (unknown(), clients("gateway-*"), refused),
        (alibaba(), clients("gateway-*"), refused),
        (
            alibaba(),
            json!([{"client_ids": ["gateway-*"], "providers": ["tencent-mqtt", "aws-iot"]}]),
            changed,
        ),
        (alibaba(), json!([]), changed),
    ] {
        let (named, selected, writes) = named_and_selected(device, &filters).await;
        assert_eq!((named, selected), (expected, expected), "{filters}");
        assert_eq!(writes, if expected == refused { 0 } else { 2 }, "{filters}");
    }
}

#[tokio::test(start_paused = true)]
async fn protected_certificates_count_as_no_change_of_a_selection() {
    let stage = Stage::with(
        Clouds::of([tencent(1, "gateway-7"), tencent(2, "truck-1")]),
        &[("INACTIVATE_PROTECTED", r#"[{"client_ids": ["gateway-*"]}]"#)],
    );
    let answer = stage.perform(&of_the_ca(json!({}))).await.unwrap();
    let summary = answer.order().summary;
    assert_eq!((summary.inactivated, summary.refused), (1, 1));
    let refused = answer.results()[1].error.as_ref().unwrap();
    assert!(
        refused.detail.contains("filter 0") && refused.detail.contains("INACTIVATE_PROTECTED"),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_certificates_own_facts_protect_it_although_the_record_states_others() {
    const PEM: &str = include_str!("../../../../model/x509/device.pem");
    let filters = |number: &str| json!([{"serial_numbers": [number]}]).to_string();
    // The certificate itself has another number than the record.
    for (number, expected) in [
        ("8085f52ece5bd88308df6d98d9707716", Outcome::Refused),
        ("01", Outcome::Refused),
        ("02", Outcome::Inactivated),
    ] {
        let device = Device {
            pem: Some(PEM),
            ..tencent(1, "truck-1")
        };
        let variable = filters(number);
        let stage = Stage::with(
            Clouds::of([device]),
            &[("INACTIVATE_PROTECTED", variable.as_str())],
        );
        let named = order(json!({"certificates": [{"provider_serial_number": "0001"}]}));
        let answer = stage.perform(&named).await.unwrap();
        assert_eq!(answer.results()[0].outcome, expected, "{number}");
        let writes = usize::from(expected == Outcome::Inactivated);
        assert_eq!(stage.writes(), writes, "{number}");
    }
}
