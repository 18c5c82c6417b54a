//! Every signing vector, with every intermediate.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong here has to fail the test"
)]

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use certificate_provider::signing::{hmac_sha256, sha256_hex, tc3};
use serde_json::Value;
use time::PrimitiveDateTime;
use time::macros::format_description;
use whole_function_tests::signing_input::{Signed, sign_acs3, sign_tc3};

fn vectors(file: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(file).unwrap();
    vectors["vectors"].as_array().unwrap().clone()
}

fn input<'a>(vector: &'a Value, member: &str) -> &'a str {
    vector["input"][member]
        .as_str()
        .unwrap_or_else(|| panic!("{}: input.{member} is not a text", vector["name"]))
}

/// Compares one intermediate with the vector's.
fn same(vector: &Value, member: &str, actual: &str) {
    assert_eq!(
        Some(actual),
        vector["expected"][member].as_str(),
        "{}: {member}",
        vector["name"]
    );
}

#[test]
fn tencent_tc3() {
    let vectors = vectors(include_str!("../vectors/tencent-tc3.json"));
    assert_eq!(vectors.len(), 13);
    for vector in &vectors {
        let signed = sign_tc3(&vector["input"]).unwrap();
        let Signed::Tc3(steps) = &signed.steps else {
            panic!("not signed by TC3")
        };
        assert_eq!(signed.body, input(vector, "body_utf8").as_bytes());
        same(vector, "date", &steps.date);
        same(vector, "payload_sha256", &sha256_hex(&signed.body));
        same(
            vector,
            "canonical_headers",
            canonical_headers(&steps.canonical_request),
        );
        same(vector, "canonical_request", &steps.canonical_request);
        same(
            vector,
            "canonical_request_sha256",
            &sha256_hex(steps.canonical_request.as_bytes()),
        );
        same(vector, "credential_scope", &steps.credential_scope);
        same(vector, "string_to_sign", &steps.string_to_sign);
        let secret_date = hmac_sha256(
            format!("TC3{}", input(vector, "secret_key")).as_bytes(),
            steps.date.as_bytes(),
        );
        let secret_service = hmac_sha256(&secret_date, input(vector, "service").as_bytes());
        same(vector, "secret_date_hex", &hex::encode(secret_date));
        same(vector, "secret_service_hex", &hex::encode(secret_service));
        same(
            vector,
            "secret_signing_hex",
            &hex::encode(tc3::signing_key(
                &signed.secret,
                &steps.date,
                input(vector, "service"),
            )),
        );
        same(vector, "signature", &signed.signature);
        same(vector, "authorization", &signed.authorization);
    }
}

#[test]
fn alibaba_acs3() {
    let vectors = vectors(include_str!("../vectors/alibaba-acs3.json"));
    assert_eq!(vectors.len(), 12);
    for vector in &vectors {
        let signed = sign_acs3(&vector["input"]).unwrap();
        let Signed::Acs3(canonical_query, steps) = &signed.steps else {
            panic!("not signed by ACS3")
        };
        same(vector, "canonical_query", canonical_query);
        same(
            vector,
            "canonical_headers",
            canonical_headers(&steps.canonical_request),
        );
        same(vector, "signed_headers", &steps.signed_headers);
        same(vector, "payload_sha256", &sha256_hex(&signed.body));
        same(vector, "canonical_request", &steps.canonical_request);
        same(
            vector,
            "canonical_request_sha256",
            &sha256_hex(steps.canonical_request.as_bytes()),
        );
        same(vector, "string_to_sign", &steps.string_to_sign);
        same(vector, "signature", &signed.signature);
        same(vector, "authorization", &signed.authorization);
        let question_mark = if canonical_query.is_empty() { "" } else { "?" };
        same(
            vector,
            "url",
            &format!(
                "https://{}/{question_mark}{canonical_query}",
                input(vector, "host")
            ),
        );
    }
}

/// The official crate with these settings signs for AWS IoT as botocore does. It shows only the end
/// of its steps.
#[test]
fn aws_signature_version_4() {
    let vectors = vectors(include_str!("../vectors/aws-sigv4-iot.json"));
    assert_eq!(vectors.len(), 6);
    for vector in &vectors {
        let input = |member| input(vector, member);
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let moment = PrimitiveDateTime::parse(input("datetime"), format)
            .unwrap()
            .assume_utc()
            .unix_timestamp();
        let token = vector["input"]["session_token"].as_str().map(str::to_owned);
        let identity = Credentials::new(
            input("access_key_id"),
            input("secret_access_key"),
            token,
            None,
            "vector",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(input("region"))
            .name(input("service"))
            .time(UNIX_EPOCH + Duration::from_secs(moment.try_into().unwrap()))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let body = SignableBody::Bytes(input("body_utf8").as_bytes());
        let request =
            SignableRequest::new(input("method"), input("url"), std::iter::empty(), body).unwrap();
        let (instructions, signature) = sign(request, &parameters).unwrap().into_parts();
        let header = |name| {
            instructions
                .headers()
                .find(|(header, _)| *header == name)
                .map(|(_, value)| value)
                .unwrap()
        };
        same(vector, "signature", &signature);
        same(vector, "authorization", header("authorization"));
        same(vector, "x_amz_date", header("x-amz-date"));
    }
}

/// The fourth part of a canonical request: everything between the query and the blank line.
fn canonical_headers(canonical_request: &str) -> &str {
    let start = canonical_request.match_indices('\n').nth(2).unwrap().0 + 1;
    let end = start + canonical_request[start..].find("\n\n").unwrap() + 1;
    &canonical_request[start..end]
}
