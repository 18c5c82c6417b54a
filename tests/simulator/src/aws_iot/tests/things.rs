//! Things and principals.

use super::*;
use crate::Options;
use crate::Thing;
use crate::testing::with_options;

/// `truck-1` has fifty certificates and a Cognito identity, of which the certificate `0` is also
/// that of `truck-10` to `truck-39`.
async fn fifty() -> Simulator {
    let certificates: Vec<AwsCertificate> = (0..50)
        .map(|number| AwsCertificate {
            certificate_id: id(number),
            ..AwsCertificate::default()
        })
        .collect();
    let shared = (10..40).map(|number| Thing::of(&format!("truck-{number}"), &certificates[..1]));
    let things: Vec<Thing> = shared.collect();
    let fleet = Fleet::of(certificates.clone())
        .with(things)
        .with([Thing::of("truck-1", &certificates).with_principal("eu-west-1:0f2c")]);
    simulator(fleet).await
}

fn arn(number: usize) -> String {
    format!("arn:aws:iot:eu-west-1:123456789012:cert/{}", id(number))
}

/// The members of all pages, and how many each page had.
fn all(
    simulator: &Simulator,
    member: &str,
    call: impl Fn(&str) -> AwsCall,
) -> (Vec<String>, Vec<usize>) {
    let (mut found, mut sizes, mut query) = (Vec::new(), Vec::new(), "maxResults=20".to_owned());
    loop {
        let answer = call(&query).send(simulator).json();
        let page = answer[member].as_array().unwrap();
        sizes.push(page.len());
        found.extend(page.iter().map(|text| text.as_str().unwrap().to_owned()));
        let Some(token) = answer.get("nextToken") else {
            return (found, sizes);
        };
        let token = token
            .as_str()
            .unwrap()
            .replace('+', "%2B")
            .replace('=', "%3D");
        query = format!("maxResults=20&nextToken={token}");
    }
}

#[tokio::test]
async fn the_principals_of_a_thing_are_read_page_by_page() {
    let simulator = fifty().await;
    let (found, sizes) = all(&simulator, "principals", |query| {
        AwsCall::principals_of("truck-1", query)
    });
    let mut expected: Vec<String> = (0..50).map(arn).collect();
    expected.push("eu-west-1:0f2c".to_owned());
    assert_eq!((found, sizes), (expected, vec![20, 20, 11]));
    let unless_more = AwsCall::principals_of("truck-1", "")
        .send(&simulator)
        .json();
    assert_eq!(unless_more["principals"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn the_things_of_a_principal_are_read_page_by_page() {
    let simulator = fifty().await;
    let (found, sizes) = all(&simulator, "things", |query| {
        AwsCall::things_of(&arn(0), query)
    });
    assert_eq!((found.len(), sizes), (31, vec![20, 11]));
    assert!(found.contains(&"truck-39".to_owned()) && found.contains(&"truck-1".to_owned()));
    let things_of = |principal: &str| {
        let answer = AwsCall::things_of(principal, "").send(&simulator).json();
        answer["things"].clone()
    };
    assert_eq!(things_of(&arn(1)), json!(["truck-1"]));
    assert_eq!(things_of("eu-west-1:0f2c"), json!(["truck-1"]));
    assert_eq!(things_of(&arn(99)), json!([]));
    let call = simulator.calls().pop().unwrap();
    assert_eq!(
        (call.action.as_str(), call.parameters),
        ("ListPrincipalThings", json!({"principal": arn(99)}))
    );
}

#[tokio::test]
async fn a_wrong_thing_or_page_is_refused() {
    let simulator = fifty().await;
    let elsewhere = AwsCall {
        region: "us-east-1",
        ..AwsCall::principals_of("truck-1", "")
    };
    let without_principal = AwsCall::new("GET", "/principals/things", "");
    for (status, code, call) in [
        (
            404,
            "ResourceNotFoundException",
            AwsCall::principals_of("truck", ""),
        ),
        (404, "ResourceNotFoundException", elsewhere),
        (
            400,
            "InvalidRequestException",
            AwsCall::principals_of("truck%201", ""),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::principals_of("truck-1", "maxResults=251"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::principals_of("truck-1", "maxResults=0"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::principals_of("truck-1", "nextToken=AAAA"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::things_of(&arn(0), "nextToken=1"),
        ),
        (400, "InvalidRequestException", without_principal),
    ] {
        assert_eq!(
            call.code(&simulator),
            (status, code.to_owned()),
            "{}?{}",
            call.path,
            call.query
        );
    }
}

#[tokio::test]
async fn the_principal_has_to_be_signed() {
    let simulator = fifty().await;
    let url = simulator.url(Vendor::AwsIot);
    let good = AwsCall::things_of(&arn(0), "").request(&url);
    for (from, to, code) in [
        (arn(0), arn(1), "InvalidSignatureException"),
        (
            "SignedHeaders=host;x-amz-date;x-amzn-principal".to_owned(),
            "SignedHeaders=host;x-amz-date".to_owned(),
            "IncompleteSignatureException",
        ),
    ] {
        let answer = exchange(&url, &good.replacen(&from, &to, 1))
            .unwrap()
            .unwrap();
        assert_eq!(error_type(&answer), (403, code.to_owned()));
    }
}

#[tokio::test]
async fn principals_may_be_listed_twice_as_often_as_things() {
    let fleet = fifty().await.with_fleet(|fleet| fleet.clone());
    let simulator = with_options(Options {
        enforce_rate_limits: true,
        ..Options::of(fleet)
    })
    .await;
    let admitted = |call: AwsCall| {
        let codes = (0..21).map(|_| call.code(&simulator).1);
        codes.filter(|code| code == "ok").count()
    };
    assert_eq!(admitted(AwsCall::principals_of("truck-1", "")), 20);
    assert_eq!(admitted(AwsCall::things_of(&arn(0), "")), 10);
}

#[tokio::test]
async fn a_revoked_certificate_stays_so_unless_an_option_says_otherwise() {
    let fleet = seven().await.with_fleet(|fleet| fleet.clone());
    for (revoked_may_return, expected) in [
        (false, (406, "CertificateStateException")),
        (true, (200, "ok")),
    ] {
        let simulator = with_options(Options {
            revoked_may_return,
            ..Options::of(fleet.clone())
        })
        .await;
        for _ in 0..2 {
            assert_eq!(AwsCall::update(&id(0), "REVOKED").code(&simulator).0, 200);
        }
        let (status, code) = expected;
        for wanted in ["ACTIVE", "INACTIVE"] {
            assert_eq!(
                AwsCall::update(&id(0), wanted).code(&simulator),
                (status, code.to_owned())
            );
        }
    }
}
