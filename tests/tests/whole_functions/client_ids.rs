//! Certificates found by the client ids of their devices, and the client ids of a certificate.

use serde_json::{Value, json};
use simulator::{AwsCertificate, Fault, FaultRule, Fleet, Thing, Vendor};
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::providers::tencent_instance;

use crate::cells::{actions, request};
use crate::setup::{aws_certificates, in_short, pair, problem, tencent_certificates, texts};

const COGNITO: &str = "eu-west-1:5d2f9a3c-0000-4000-8000-000000000001";

/// Certificates at AWS IoT that are attached to things as `things` says, with their ids, oldest first.
fn at_aws(count: usize, things: impl Fn(&[AwsCertificate]) -> Vec<Thing>) -> (Fleet, Vec<String>) {
    let certificates = aws_certificates(count);
    let things = things(&certificates);
    let ids = certificates.iter().map(|it| it.certificate_id.clone());
    let ids = ids.collect();
    (Fleet::empty().with(certificates).with(things), ids)
}

/// Of four certificates, the first two have the thing `excavator-7940`, which also has a principal
/// that is no certificate, and the second and third one `crane:1`.
fn devices() -> (Fleet, Vec<String>) {
    at_aws(4, |all| {
        vec![
            Thing::of("excavator-7940", &all[..2]).with_principal(COGNITO),
            Thing::of("crane:1", &all[1..3]),
            Thing::of("without-certificate", []),
        ]
    })
}

fn ids_of(answer: &Value) -> Vec<String> {
    texts(&answer["certificates"], "fingerprint_sha256")
}

#[tokio::test]
async fn describe_finds_the_certificates_of_a_device_at_aws_iot() {
    let (fleet, ids) = devices();
    let (simulator, mut function) = pair("describe", fleet).await;
    // Client ids, the certificates, newest first, and the calls.
    for (clients, expected, lookups) in [
        (json!(["excavator-7940"]), vec![1, 0], 1),
        (json!(["crane:1", "excavator-7940"]), vec![2, 1, 0], 2),
        (json!(["crane:1", "crane:1"]), vec![2, 1], 1),
        (json!(["without-certificate", "unknown"]), vec![], 2),
        // Names are compared exactly, and these are none of a thing.
        (json!(["excavator-794", "EXCAVATOR-7940"]), vec![], 2),
        (json!(["excavator*", "a/b", "$a", "..", "a?"]), vec![], 0),
    ] {
        simulator.reset_numbers();
        let own = json!({ "filter": { "client_ids": clients } });
        let answer = function.invoke(request(Vendor::AwsIot, &own)).await.json();
        let newest_first: Vec<String> = expected.iter().map(|index| ids[*index].clone()).collect();
        assert_eq!(ids_of(&answer), newest_first, "{clients}");
        assert_eq!(
            json!([
                answer["undecided_count"],
                answer["next_cursor"],
                answer["consistent"]
            ]),
            json!([0, null, true]),
            "{clients}"
        );
        let calls = [
            vec!["ListThingPrincipals"; lookups],
            vec!["DescribeCertificate"; expected.len()],
        ];
        assert_eq!(actions(&simulator), calls.concat(), "{clients}");
    }
}

#[tokio::test]
async fn describe_shows_the_things_of_each_certificate_on_request() {
    let (fleet, ids) = devices();
    let (simulator, mut function) = pair("describe", fleet).await;
    let get = HttpRequest::get("/describe")
        .query("provider", "aws-iot")
        .query("include_clients", "true");
    let answer = function.invoke(get.event(HttpTrigger::HttpApi)).await;
    let answer = HttpAnswer::read(HttpTrigger::HttpApi, &answer).json();
    let shown = answer["certificates"].as_array().unwrap();
    let things: Vec<&Value> = shown.iter().map(|it| &it["client_ids"]).collect();
    assert_eq!(
        json!(things),
        json!([
            [],
            ["crane:1"],
            ["crane:1", "excavator-7940"],
            ["excavator-7940"]
        ])
    );
    assert_eq!(simulator.count(Vendor::AwsIot, "ListPrincipalThings"), 4);
    // One of them cannot be read.
    let failure = FaultRule::always(Fault::code("InternalFailureException", 500));
    let rule = failure.on("ListPrincipalThings").containing(&ids[1]);
    simulator.fail(Vendor::AwsIot, rule);
    let answer = function
        .invoke(request(Vendor::AwsIot, &json!({ "include_clients": true })))
        .await
        .json();
    let shown = answer["certificates"].as_array().unwrap();
    let states: Vec<Value> = shown
        .iter()
        .map(|it| json!([it["client_ids"], it["status"], it["error"]["code"]]))
        .collect();
    assert_eq!(
        json!(states),
        json!([
            [[], "active", null],
            [["crane:1"], "active", null],
            [null, "active", "provider_unavailable"],
            [["excavator-7940"], "active", null]
        ])
    );
}

#[tokio::test]
async fn a_device_with_many_certificates_and_a_certificate_with_many_devices_are_shown_whole() {
    // More than one page of each.
    let names: Vec<String> = (0..260)
        .map(|number| format!("gateway-{number:03}"))
        .collect();
    let (fleet, ids) = at_aws(55, |all| {
        let mut things: Vec<Thing> = names.iter().map(|it| Thing::of(it, &all[..1])).collect();
        let mut shared = Thing::of("shared", &all[1..51]);
        for number in 0..250 {
            shared.principals.insert(0, format!("eu-west-1:{number}"));
        }
        things.push(shared);
        things
    });
    let (simulator, mut function) = pair("describe", fleet).await;
    let own = json!({ "filter": { "client_ids": ["shared"] }, "include_clients": true });
    let answer = function.invoke(request(Vendor::AwsIot, &own)).await.json();
    let newest_first: Vec<String> = ids[1..51].iter().rev().cloned().collect();
    assert_eq!(ids_of(&answer), newest_first);
    let shown = answer["certificates"].as_array().unwrap();
    assert!(shown.iter().all(|it| it["client_ids"] == json!(["shared"])));
    assert_eq!(simulator.count(Vendor::AwsIot, "ListThingPrincipals"), 2);
    let own = json!({ "filter": { "client_ids": ["gateway-259"] }, "include_clients": true });
    let answer = function.invoke(request(Vendor::AwsIot, &own)).await.json();
    assert_eq!(ids_of(&answer), ids[..1]);
    assert_eq!(answer["certificates"][0]["client_ids"], json!(names));
    // Over the cursor, all of them once.
    let own = json!({ "filter": { "client_ids": ["shared"] }, "limit": 20 });
    let mut own = request(Vendor::AwsIot, &own);
    let mut listed = Vec::new();
    for expected in [20, 20, 10] {
        let answer = function.invoke(own.clone()).await.json();
        let ids = ids_of(&answer);
        assert_eq!(ids.len(), expected);
        listed.extend(ids);
        own["cursor"] = answer["next_cursor"].clone();
    }
    assert_eq!((listed, &own["cursor"]), (newest_first, &Value::Null));
}

#[tokio::test]
async fn one_client_id_finds_the_device_at_every_provider_that_knows_client_ids() {
    let (fleet, ids) = devices();
    let mut at_tencent = tencent_certificates(2);
    "excavator-7940".clone_into(&mut at_tencent[1].client_id);
    let fleet = fleet.with([tencent_instance(at_tencent)]);
    let (_simulator, mut function) = pair("describe", fleet).await;
    let sources = [
        request(Vendor::TencentMqtt, &json!({})),
        request(Vendor::AwsIot, &json!({})),
        request(Vendor::AlibabaCas, &json!({})),
    ];
    let own = json!({
        "sources": sources, "filter": { "client_ids": ["excavator-7940"] }, "include_clients": true
    });
    let answer = function.invoke(own).await.json();
    let shown = answer["certificates"].as_array().unwrap();
    let mut devices: Vec<(&str, &Value)> = shown
        .iter()
        .map(|it| (it["provider"].as_str().unwrap(), &it["client_ids"]))
        .collect();
    devices.sort_by_key(|(provider, things)| (*provider, things.to_string()));
    let alone = json!(["excavator-7940"]);
    let both = json!(["crane:1", "excavator-7940"]);
    assert_eq!(
        devices,
        [
            ("aws-iot", &both),
            ("aws-iot", &alone),
            ("tencent-mqtt", &alone)
        ]
    );
    assert_eq!(shown.len(), ids[..2].len() + 1);
    let errors: Vec<&Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| &source["error"]["code"])
        .collect();
    assert_eq!(json!(errors), json!([null, null, "unsupported"]));
}

#[tokio::test]
async fn client_ids_at_aws_iot_take_details() {
    let (fleet, _) = devices();
    let (simulator, mut function) = pair("describe", fleet).await;
    for own in [
        json!({ "details": false, "filter": { "client_ids": ["a"] } }),
        json!({ "details": false, "include_clients": true }),
    ] {
        let answer = function.invoke(request(Vendor::AwsIot, &own)).await;
        let problem = problem(&answer);
        assert_eq!(in_short(&problem), ("unsupported", false, None), "{own}");
    }
    assert!(actions(&simulator).is_empty());
}

#[tokio::test]
async fn status_shows_the_client_ids_of_each_certificate_on_request() {
    let (fleet, ids) = devices();
    let (simulator, mut function) = pair("status", fleet).await;
    let unknown = "f".repeat(64);
    let named = |id: &String| json!({ "fingerprint_sha256": id });
    let certificates: Vec<Value> = ids.iter().chain([&unknown]).map(named).collect();
    let mut own = request(Vendor::AwsIot, &json!({ "certificates": certificates }));
    let shown = |answer: &Value| {
        let results = answer["results"].as_array().unwrap();
        let things: Vec<Value> = results.iter().map(|it| it["client_ids"].clone()).collect();
        json!(things)
    };
    let answer = function.invoke(own.clone()).await.json();
    assert_eq!(shown(&answer), json!([null, null, null, null, null]));
    assert_eq!(simulator.count(Vendor::AwsIot, "ListPrincipalThings"), 0);
    own["include_clients"] = json!(true);
    let answer = function.invoke(own.clone()).await.json();
    let both = json!(["crane:1", "excavator-7940"]);
    assert_eq!(
        shown(&answer),
        json!([["excavator-7940"], both, ["crane:1"], [], null])
    );
    assert_eq!(simulator.count(Vendor::AwsIot, "ListPrincipalThings"), 4);
    let failure = FaultRule::always(Fault::code("InternalFailureException", 500));
    let rule = failure.on("ListPrincipalThings").containing(&ids[1]);
    simulator.fail(Vendor::AwsIot, rule);
    let answer = function.invoke(own).await.json();
    assert_eq!(
        shown(&answer),
        json!([["excavator-7940"], null, ["crane:1"], [], null])
    );
    let error = &answer["results"][1]["error"];
    assert_eq!(in_short(error).0, "provider_unavailable");
}
