mod gateway;
mod things;

use crate::testing::{Answer, AwsCall, error_type, exchange, simulator};
use crate::{AwsCertificate, Credentials, Fault, Fleet, Simulator, Vendor};
use serde_json::json;

fn id(number: usize) -> String {
    format!("{number:064x}")
}

const CA: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

/// Seven certificates `0` to `6`, each two of which were registered at the same time, and one in
/// another region. The odd ones have a CA of their own.
async fn seven() -> Simulator {
    let certificates = (0..8_usize).map(|number| AwsCertificate {
        certificate_id: id(number),
        ca_certificate_id: (number % 2 == 1).then(|| CA.to_owned()),
        region: if number == 7 {
            "us-east-1"
        } else {
            "eu-west-1"
        }
        .to_owned(),
        status: if number == 5 {
            "PENDING_TRANSFER"
        } else {
            "ACTIVE"
        }
        .to_owned(),
        creation_date: i64::try_from(number / 2).unwrap() * 1000 + 500,
        ..AwsCertificate::default()
    });
    simulator(Fleet::of(certificates)).await
}

/// The numbers of the listed certificates, and the marker as a query needs it.
fn listed(answer: &Answer) -> (String, Option<String>) {
    let answer = answer.json();
    let numbers = answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["certificateId"].as_str().unwrap()[63..].to_owned());
    let marker = answer
        .get("nextMarker")
        .map(|marker| marker.as_str().unwrap());
    (
        numbers.collect(),
        marker.map(|marker| {
            marker
                .replace('+', "%2B")
                .replace('/', "%2F")
                .replace('=', "%3D")
        }),
    )
}

#[tokio::test]
async fn pages_follow_one_another_by_their_markers() {
    let simulator = seven().await;
    for (order, expected) in [
        ("", ["654", "321", "0"]),
        ("&isAscendingOrder=false", ["654", "321", "0"]),
        ("&isAscendingOrder=true", ["012", "345", "6"]),
    ] {
        let mut query = format!("pageSize=3{order}");
        for (position, numbers) in expected.iter().enumerate() {
            let (found, marker) = listed(&AwsCall::list(&query).send(&simulator));
            assert_eq!(found, *numbers, "{query}");
            assert_eq!(marker.is_none(), position == 2, "{query}");
            query = format!("pageSize=3{order}&marker={}", marker.unwrap_or_default());
        }
    }
    let (found, marker) = listed(&AwsCall::list("pageSize=7").send(&simulator));
    assert_eq!((found.as_str(), marker), ("6543210", None));
    let elsewhere = AwsCall {
        region: "us-east-1",
        ..AwsCall::list("")
    };
    assert_eq!(listed(&elsewhere.send(&simulator)).0, "7");
    let row = &AwsCall::list("pageSize=1").send(&simulator).json()["certificates"][0];
    assert_eq!(
        (&row["creationDate"], row.as_object().unwrap().len()),
        (&json!(3.5), 5)
    );
}

#[tokio::test]
async fn a_marker_survives_the_end_of_its_certificate() {
    let simulator = seven().await;
    let (found, marker) = listed(&AwsCall::list("pageSize=3").send(&simulator));
    assert_eq!(found, "654");
    simulator.with_fleet(|fleet| [3, 4, 6].map(|number| fleet.aws_iot.remove(&id(number))));
    let (found, _) =
        listed(&AwsCall::list(&format!("pageSize=3&marker={}", marker.unwrap())).send(&simulator));
    assert_eq!(found, "210");
}

#[tokio::test]
async fn twenty_five_are_listed_unless_more_are_requested() {
    let certificates = (0..300).map(|number| AwsCertificate {
        certificate_id: id(number),
        ..AwsCertificate::default()
    });
    let simulator = simulator(Fleet::of(certificates)).await;
    for (query, rows) in [("", 25), ("pageSize=250", 250), ("pageSize=1", 1)] {
        assert_eq!(
            AwsCall::list(query).send(&simulator).json()["certificates"]
                .as_array()
                .unwrap()
                .len(),
            rows
        );
    }
}

#[tokio::test]
async fn the_certificates_of_one_ca_are_listed() {
    let simulator = seven().await;
    let by_ca =
        |ca: &str, query: &str| AwsCall::new("GET", &format!("/certificates-by-ca/{ca}"), query);
    assert_eq!(listed(&by_ca(CA, "").send(&simulator)).0, "531");
    let (found, marker) = listed(&by_ca(CA, "pageSize=2&isAscendingOrder=true").send(&simulator));
    assert_eq!((found.as_str(), marker.is_some()), ("13", true));
    assert_eq!(
        listed(&by_ca(&"ef".repeat(32), "").send(&simulator)),
        (String::new(), None)
    );
    assert_eq!(
        by_ca("cd", "").code(&simulator),
        (400, "InvalidRequestException".to_owned())
    );
    let call = simulator.calls().pop().unwrap();
    assert_eq!(
        (call.action.as_str(), call.parameters),
        ("ListCertificatesByCA", json!({"caCertificateId": "cd"}))
    );
}

#[tokio::test]
async fn a_certificate_is_switched_off_and_on_and_off_for_good() {
    let simulator = seven().await;
    for (status, version) in [
        ("INACTIVE", 2),
        ("INACTIVE", 2),
        ("ACTIVE", 3),
        ("REVOKED", 4),
    ] {
        let answer = AwsCall::update(&id(0), status).send(&simulator);
        assert_eq!(
            (error_type(&answer), answer.body.len()),
            ((200, "ok".to_owned()), 0)
        );
        let described =
            AwsCall::describe(&id(0)).send(&simulator).json()["certificateDescription"].clone();
        assert_eq!(
            (&described["status"], &described["customerVersion"]),
            (&json!(status), &json!(version))
        );
        assert!(described["lastModifiedDate"].as_f64().unwrap() > 1_750_000_000.0);
    }
    let call = &simulator.calls()[0];
    assert_eq!(
        (call.action.as_str(), &call.parameters),
        (
            "UpdateCertificate",
            &json!({"certificateId": id(0), "newStatus": "INACTIVE"})
        )
    );
}

#[tokio::test]
async fn a_write_can_be_made_to_succeed_without_effect() {
    let simulator = seven().await;
    simulator.fail(Vendor::AwsIot, Fault::SucceedWithoutEffect);
    assert_eq!(AwsCall::update(&id(0), "INACTIVE").code(&simulator).1, "ok");
    assert_eq!(
        simulator.with_fleet(|fleet| fleet.aws_iot[&id(0)].status.clone()),
        "ACTIVE"
    );
}

#[tokio::test]
async fn an_impossible_call_is_refused() {
    let simulator = seven().await;
    let elsewhere = |call: AwsCall| AwsCall {
        region: "us-east-1",
        ..call
    };
    for (status, code, call) in [
        (404, "ResourceNotFoundException", AwsCall::describe(&id(9))),
        (
            404,
            "ResourceNotFoundException",
            elsewhere(AwsCall::describe(&id(0))),
        ),
        (
            404,
            "ResourceNotFoundException",
            AwsCall::update(&id(9), "INACTIVE"),
        ),
        (
            404,
            "ResourceNotFoundException",
            elsewhere(AwsCall::update(&id(0), "INACTIVE")),
        ),
        (
            406,
            "CertificateStateException",
            AwsCall::update(&id(5), "INACTIVE"),
        ),
        (400, "InvalidRequestException", AwsCall::describe("ab")),
        (
            400,
            "InvalidRequestException",
            AwsCall::describe(&"x".repeat(64)),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::update(&id(0), "inactive"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::update(&id(0), "PENDING_TRANSFER"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall {
                query: String::new(),
                ..AwsCall::update(&id(0), "")
            },
        ),
        (400, "InvalidRequestException", AwsCall::list("pageSize=0")),
        (
            400,
            "InvalidRequestException",
            AwsCall::list("pageSize=251"),
        ),
        (400, "InvalidRequestException", AwsCall::list("pageSize=")),
        (
            400,
            "InvalidRequestException",
            AwsCall::list("isAscendingOrder=1"),
        ),
        (
            400,
            "InvalidRequestException",
            AwsCall::list("marker=AAAb%2Bc%2Fd9%3D%3D"),
        ),
        (
            404,
            "UnknownOperationException",
            AwsCall::new("DELETE", &format!("/certificates/{}", id(0)), ""),
        ),
    ] {
        assert_eq!(
            call.code(&simulator),
            (status, code.to_owned()),
            "{} {}?{}",
            call.method,
            call.path,
            call.query
        );
    }
}
