//! A filter decides, or says that it could not.

use serde_json::{Value, json};
use simulator::{
    AlibabaMqttCertificate, Fault, FaultRule, Fleet, IssuedCertificate, TencentCertificate, Vendor,
    issue,
};
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{HttpRequest, HttpTrigger};

use crate::cells::{device, everywhere, request, source};
use crate::fleets_of_ten_thousand::followed;
use crate::setup::{
    ALIBABA_INSTANCE, DAY, TENCENT_INSTANCE, alibaba, alibaba_certificates, aws_certificates,
    cas_certificates, now, pair, tencent, tencent_certificates, texts,
};

/// Certificates of other people whose text nobody can read.
const UNREADABLE: usize = 39;

/// A real certificate at every vendor, among others that cannot be read.
fn one_of_forty(issued: &IssuedCertificate) -> Fleet {
    let mut fleet = everywhere(std::slice::from_ref(issued))
        .with(aws_certificates(UNREADABLE))
        .with(cas_certificates(UNREADABLE));
    let tencent = fleet.tencent_mqtt.get_mut(TENCENT_INSTANCE).unwrap();
    tencent
        .certificates
        .extend(tencent_certificates(UNREADABLE));
    let alibaba = fleet.alibaba_mqtt.get_mut(ALIBABA_INSTANCE).unwrap();
    alibaba
        .certificates
        .extend(alibaba_certificates(UNREADABLE));
    fleet
}

#[tokio::test]
async fn a_filter_for_one_device_does_not_list_those_that_cannot_be_read() {
    let issued = device(1);
    let (_simulator, mut function) = pair("describe", one_of_forty(&issued)).await;
    let get = HttpRequest::get("/describe")
        .query("provider", "alibaba-mqtt")
        .query("instance_id", ALIBABA_INSTANCE)
        .query("common_names", &issued.common_name);
    for (get, listed) in [
        (get.clone(), None),
        (get.query("include_undecided", "true"), Some(UNREADABLE)),
    ] {
        let answer = function.invoke(get.event(HttpTrigger::HttpApi)).await;
        let answer = HttpAnswer::read(HttpTrigger::HttpApi, &answer).json();
        let found = answer["certificates"].as_array().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["subject"]["common_name"], issued.common_name);
        assert_eq!(
            (&answer["undecided_count"], &answer["total_count"]),
            (&json!(UNREADABLE), &Value::Null)
        );
        let undecided = answer["undecided"].as_array();
        assert_eq!(undecided.map(Vec::len), listed);
        for one in undecided.into_iter().flatten() {
            assert_eq!(one["undecided_by"], json!(["common_names"]));
            assert_eq!(
                (&one["subject"]["common_name"], &one["status"]),
                (&Value::Null, &json!("active"))
            );
        }
    }
}

/// A filter by a fact that only the certificate itself shows at this vendor.
fn by_certificate(vendor: Vendor, issued: &IssuedCertificate) -> (Value, &'static str) {
    match vendor {
        Vendor::TencentMqtt | Vendor::AlibabaCas => (
            json!({ "fingerprints_sha256": [issued.fingerprint_sha256] }),
            "fingerprints_sha256",
        ),
        Vendor::AlibabaMqtt => (
            json!({ "organizational_units": [issued.organizational_unit] }),
            "organizational_units",
        ),
        Vendor::AwsIot => (
            json!({ "serial_numbers": [issued.serial] }),
            "serial_numbers",
        ),
    }
}

#[tokio::test]
async fn every_provider_counts_and_lists_what_it_could_not_judge_over_pages_of_any_size() {
    let issued = device(2);
    let (_simulator, mut function) = pair("describe", one_of_forty(&issued)).await;
    for vendor in Vendor::ALL {
        let (filter, member) = by_certificate(vendor, &issued);
        for (limit, include) in [(100, true), (100, false), (7, true), (7, false), (1, true)] {
            let own = json!({ "filter": filter, "limit": limit, "include_undecided": include });
            let answers = followed(&mut function, request(vendor, &own)).await;
            let numbers = |of: fn(&Value) -> usize| answers.iter().map(of).sum::<usize>();
            let listed =
                |answer: &Value, member: &str| answer[member].as_array().map_or(0, Vec::len);
            let matches: usize = answers
                .iter()
                .map(|answer| listed(answer, "certificates"))
                .sum();
            let undecided: usize = answers
                .iter()
                .map(|answer| listed(answer, "undecided"))
                .sum();
            let counted = numbers(|answer| {
                answer["undecided_count"]
                    .as_u64()
                    .unwrap()
                    .try_into()
                    .unwrap()
            });
            assert_eq!(
                (matches, counted, undecided),
                (1, UNREADABLE, if include { UNREADABLE } else { 0 }),
                "{vendor:?} {own}"
            );
            for answer in &answers {
                assert!(listed(answer, "certificates") + listed(answer, "undecided") <= limit);
                for one in answer["undecided"].as_array().into_iter().flatten() {
                    assert_eq!(one["undecided_by"], json!([member]), "{vendor:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn over_several_sources_each_reports_its_own_number_and_all_are_listed_with_their_source() {
    let issued = device(3);
    let (simulator, mut function) = pair("describe", one_of_forty(&issued)).await;
    let sources = [Vendor::AlibabaCas, Vendor::AwsIot, Vendor::AlibabaMqtt].map(source);
    let filter = json!({ "common_names": [issued.common_name], "fingerprints_sha256": [issued.fingerprint_sha256] });
    let base = json!({ "sources": sources, "filter": filter });
    for (limit, include) in [(100, true), (100, false), (9, true), (9, false)] {
        let mut request = base.clone();
        request["limit"] = json!(limit);
        request["include_undecided"] = json!(include);
        let answers = followed(&mut function, request).await;
        let mut by_source = [0; 3];
        for answer in &answers {
            let each = answer["sources"].as_array().unwrap();
            let counts: Vec<u64> = each
                .iter()
                .map(|source| source["undecided_count"].as_u64().unwrap())
                .collect();
            assert_eq!(answer["undecided_count"], counts.iter().sum::<u64>());
            by_source
                .iter_mut()
                .zip(counts)
                .for_each(|(sum, count)| *sum += count);
        }
        // The authority's rows show a common name, which is another. At aws-iot the fingerprint
        // decides: it is the id.
        assert_eq!(by_source, [0, 0, 39], "{limit} {include}");
        let undecided = answers
            .iter()
            .flat_map(|answer| answer["undecided"].as_array().into_iter().flatten());
        let undecided: Vec<&Value> = undecided.collect();
        assert_eq!(undecided.len(), if include { 39 } else { 0 });
        for one in undecided {
            assert_eq!(
                (&one["provider"], &one["instance_id"]),
                (&json!("alibaba-mqtt"), &json!(ALIBABA_INSTANCE))
            );
            assert_eq!(
                one["undecided_by"],
                json!(["common_names", "fingerprints_sha256"])
            );
        }
        let matches: usize = answers
            .iter()
            .map(|answer| answer["certificates"].as_array().unwrap().len())
            .sum();
        assert_eq!(matches, 3);
    }
    simulator.fail(Vendor::AlibabaCas, FaultRule::always(Fault::Throttle));
    let answer = function.invoke(base).await.json();
    assert_eq!(
        (
            &answer["sources"][0]["undecided_count"],
            &answer["undecided_count"]
        ),
        (&json!(0), &json!(39))
    );
}

#[tokio::test]
async fn a_fact_that_the_record_lacks_is_undecided_and_one_that_it_denies_is_not() {
    let row = |client: Value, unit: Value, end: Value| {
        json!({
            "ClientId": client, "DeviceCertificateSn": "0a1b", "DeviceCertificateCn": "cn", "CaSn": "ca",
            "Status": "ACTIVE", "OrganizationalUnit": unit, "NotAfterTime": end
        })
    };
    let (simulator, mut function) = pair("describe", tencent(Vec::new())).await;
    let window = json!({ "not_after_from": "2020-01-01T00:00:00Z", "expires_within_days": 30 });
    let both = json!(["not_after_from", "expires_within_days"]);
    for (filter, row, undecided_by) in [
        (
            json!({ "client_ids": ["a"] }),
            row(Value::Null, json!("u"), json!(1)),
            json!(["client_ids"]),
        ),
        (
            json!({ "client_ids": ["a"] }),
            row(json!(""), json!("u"), json!(1)),
            Value::Null,
        ),
        (
            json!({ "organizational_units": ["u"] }),
            row(json!("a"), Value::Null, json!(1)),
            json!(["organizational_units"]),
        ),
        (window.clone(), row(json!("a"), json!("u"), json!(0)), both),
        (window, row(json!("a"), json!("u"), json!(1)), Value::Null),
        (
            // One that decides against settles it.
            json!({ "client_ids": ["a"], "common_names": ["other"] }),
            row(Value::Null, json!("u"), json!(1)),
            Value::Null,
        ),
        (
            json!({ "client_ids": ["a"], "organizational_units": ["u"], "common_names": ["cn"] }),
            row(Value::Null, Value::Null, json!(1)),
            json!(["client_ids", "organizational_units"]),
        ),
    ] {
        let body = json!({ "Response": { "TotalCount": 1, "Data": [row], "RequestId": "1" } });
        let rule = FaultRule::once(Fault::body(200, "application/json", body.to_string()));
        simulator.fail(Vendor::TencentMqtt, rule);
        let own = json!({ "filter": filter, "include_undecided": true });
        let answer = function
            .invoke(request(Vendor::TencentMqtt, &own))
            .await
            .json();
        assert_eq!(answer["certificates"], json!([]), "{filter}");
        let count = usize::from(!undecided_by.is_null());
        assert_eq!(answer["undecided_count"], count, "{filter}");
        assert_eq!(
            answer["undecided"][0]["undecided_by"], undecided_by,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn a_ca_whose_serial_number_cannot_be_read_may_be_the_wanted_one() {
    let of = |device_sn: &str, ca_sn: &str| AlibabaMqttCertificate {
        device_sn: device_sn.to_owned(),
        ca_sn: ca_sn.to_owned(),
        ..AlibabaMqttCertificate::default()
    };
    let certificates = vec![
        of("d1", "ca"),
        of("d2", "n/a"),
        of("d3", "cc"),
        of("d4", ""),
    ];
    let (_simulator, mut function) = pair("describe", alibaba(certificates)).await;
    let filter = json!({ "ca_serial_numbers": ["ca", "cb"] });
    let own = json!({ "filter": filter, "include_undecided": true });
    let answer = function
        .invoke(request(Vendor::AlibabaMqtt, &own))
        .await
        .json();
    let named = |member: &str| texts(&answer[member], "provider_serial_number");
    assert_eq!(named("certificates"), ["d1"]);
    assert_eq!(named("undecided"), ["d2", "d4"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_used_is_undecided_by_all_that_is_asked_of_it() {
    let (simulator, mut function) = pair("describe", alibaba(Vec::new())).await;
    let good = json!({ "DeviceSn": "d1", "CaSn": "ca", "Status": "1", "ValidBegin": "1654137303000", "ValidEnd": "1969497303000" });
    let rows = json!([{ "DeviceName": "odd" }, good]);
    let body = json!({ "RequestId": "1", "Success": true, "Data": { "DeviceCertificateVOS": rows, "Total": 2 } });
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(Fault::body(200, "application/json", body.to_string())),
    );
    let filter = json!({
        "serial_numbers": ["d1"], "ca_serial_numbers": ["ca", "cb"], "statuses": ["active"], "not_after_to": "2033-01-01T00:00:00Z"
    });
    let asked = json!([
        "serial_numbers",
        "ca_serial_numbers",
        "statuses",
        "not_after_to"
    ]);
    let own = json!({ "filter": filter, "include_undecided": true });
    let answer = function
        .invoke(request(Vendor::AlibabaMqtt, &own))
        .await
        .json();
    assert_eq!(
        texts(&answer["certificates"], "provider_serial_number"),
        ["d1"]
    );
    let odd = &answer["undecided"][0];
    assert_eq!(
        (&odd["undecided_by"], &odd["name"]),
        (&asked, &json!("odd"))
    );
    assert_eq!(odd["error"]["code"], "provider_invalid_response");
    let all = function
        .invoke(request(Vendor::AlibabaMqtt, &json!({})))
        .await
        .json();
    let errors: Vec<bool> = all["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["error"].is_null())
        .collect();
    assert_eq!(errors, [false, true]);
}

#[tokio::test]
async fn digits_that_may_be_of_another_base_are_undecided_and_the_certificate_decides_them() {
    let readable = issue(
        "22",
        "gateway",
        None,
        now() / 1000 * 1000,
        now() / 1000 * 1000 + DAY,
    );
    let decimal = issue(
        "16",
        "gateway",
        None,
        now() / 1000 * 1000,
        now() / 1000 * 1000 + DAY,
    );
    let written = |issued: &IssuedCertificate| AlibabaMqttCertificate {
        device_sn: "22".to_owned(),
        ..AlibabaMqttCertificate::of(issued)
    };
    let unreadable = AlibabaMqttCertificate {
        device_sn: "22".to_owned(),
        ..AlibabaMqttCertificate::default()
    };
    for (certificate, matching, undecided) in [
        (unreadable, &["22", "0x22"][..], &["0x16", "34"][..]),
        (written(&readable), &["22", "0x22"], &["34"]),
        (written(&decimal), &["22", "0x16"], &[]),
    ] {
        let (_simulator, mut function) = pair("describe", alibaba(vec![certificate])).await;
        for text in ["22", "0x22", "0x16", "34", "0x34"] {
            let own = json!({ "filter": { "serial_numbers": [text] } });
            let answer = function
                .invoke(request(Vendor::AlibabaMqtt, &own))
                .await
                .json();
            let verdict = (
                answer["certificates"].as_array().unwrap().len(),
                answer["undecided_count"].as_u64().unwrap(),
            );
            let expected = (
                usize::from(matching.contains(&text)),
                u64::from(undecided.contains(&text)),
            );
            assert_eq!(verdict, expected, "{text}");
        }
    }
}

#[tokio::test]
async fn a_status_that_the_provider_does_not_document_is_known_to_be_unknown() {
    let of = |number: usize, status: &str| TencentCertificate {
        status: status.to_owned(),
        ..tencent_certificates(number + 1).remove(number)
    };
    let certificates = vec![of(0, "ACTIVE"), of(1, "PARKED")];
    let (_simulator, mut function) = pair("describe", tencent(certificates)).await;
    for (wanted, found) in [
        (json!(["unknown"]), vec!["truck-1"]),
        (json!(["active", "unknown"]), vec!["truck-1", "truck-0"]),
        (json!(["active"]), vec!["truck-0"]),
        (json!(["inactive"]), vec![]),
    ] {
        let own = json!({ "filter": { "statuses": wanted } });
        let answer = function
            .invoke(request(Vendor::TencentMqtt, &own))
            .await
            .json();
        assert_eq!(
            texts(&answer["certificates"], "client_id"),
            found,
            "{wanted}"
        );
        assert_eq!(answer["undecided_count"], 0, "{wanted}");
    }
}
