//! The SDK's own signatures (`tests/vectors/aws-sigv4-iot.json`, a run of botocore with a stopped
//! clock).

use serde_json::Value;

use super::*;
use crate::model::Timestamp;

/// `20251218T064000Z` as epoch seconds.
fn epoch_seconds(datetime: &str) -> i64 {
    let part = |range| datetime.get(range).unwrap();
    let (year, month, day) = (part(0..4), part(4..6), part(6..8));
    let (hour, minute, second) = (part(9..11), part(11..13), part(13..15));
    Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
        .unwrap()
        .epoch_seconds()
}

#[test]
fn every_vector_of_the_sdk_is_signed_alike() {
    let file: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/aws-sigv4-iot.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let (name, expected) = (&vector["name"], &vector["expected"]);
        let input = |member: &str| vector["input"][member].as_str();
        let request = Request {
            method: input("method").unwrap(),
            url: input("url").unwrap(),
            region: input("region").unwrap(),
            service: input("service").unwrap(),
            timestamp: epoch_seconds(input("datetime").unwrap()),
            headers: &[],
            body: input("body_utf8").unwrap().as_bytes(),
        };
        let secret = SecretString::from(input("secret_access_key").unwrap());
        let token = input("session_token").map(SecretString::from);
        let headers = request
            .signed_headers(input("access_key_id").unwrap(), &secret, token.as_ref())
            .unwrap();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            header("authorization"),
            expected["authorization"].as_str(),
            "{name}"
        );
        assert_eq!(
            header("x-amz-date"),
            expected["x_amz_date"].as_str(),
            "{name}"
        );
        assert_eq!(
            header("x-amz-security-token"),
            input("session_token"),
            "{name}"
        );
        assert_eq!(
            headers.len(),
            if token.is_some() { 3 } else { 2 },
            "{name}: nothing else is sent"
        );
    }
}

/// Of botocore 1.43.127, with a stopped clock.
#[test]
fn a_body_and_headers_are_signed_as_the_sdk_signs_them() {
    let body = br#"{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/results","Entries":[{"Id":"0","MessageBody":"{}"}]}"#;
    let request = Request {
        method: "POST",
        url: "https://sqs.eu-west-1.amazonaws.com/",
        region: "eu-west-1",
        service: "sqs",
        timestamp: epoch_seconds("20251218T064000Z"),
        headers: &[
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "AmazonSQS.SendMessageBatch"),
        ],
        body,
    };
    let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let headers = request
        .signed_headers(
            "AKIDEXAMPLE",
            &secret,
            Some(&SecretString::from("session/token+=")),
        )
        .unwrap();
    let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251218/eu-west-1/sqs/aws4_request, \
                    SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
                    Signature=3a8886587c71f4488f693b702640ea41c00a0dd653c2074cc4b3d59ad7566928";
    assert_eq!(headers["authorization"], expected);
    assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessageBatch");
    for (name, value) in &headers {
        let is_secret = matches!(name.as_str(), "authorization" | "x-amz-security-token");
        assert_eq!(value.is_sensitive(), is_secret, "{name}");
    }
}

#[test]
fn a_text_that_is_no_url_is_not_signed() {
    let request = Request {
        method: "GET",
        url: "not a url",
        region: "eu-west-1",
        service: "iot",
        timestamp: 1_763_800_000,
        headers: &[],
        body: &[],
    };
    assert!(
        request
            .signed_headers("AKIAtest", &SecretString::from("aws-key"), None)
            .is_err()
    );
}
