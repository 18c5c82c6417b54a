//! Rules that the operations share: sources, contradictions, shared errors and query parameters.

mod answer_sizes;
mod hostile_answers;
mod nested_answers;

use serde_json::{Value, json};

use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::model::{Certificate, Fingerprint, ProviderName, ProviderRecord, SerialNumber};
use crate::request::{self, CertificateReference, object_from_query};
use crate::testing::network::Network;
use crate::testing::{Bench, now};

fn certificate(
    serial_number: Option<&str>,
    ca: Option<&str>,
    fingerprint: Option<&str>,
) -> Certificate {
    let record = ProviderRecord {
        serial_number: serial_number.map(str::to_owned),
        ca_serial_number: ca.map(str::to_owned),
        fingerprint_sha256: fingerprint.map(|text| Fingerprint::parse(text).unwrap()),
        ..ProviderRecord::default()
    };
    record.into_certificate(now(), false)
}

/// A certificate of a provider that does not document the base of its serial numbers.
fn open(certificate: Certificate) -> Certificate {
    Certificate {
        serial_number_base_is_open: true,
        ..certificate
    }
}

fn reference(
    serial_number: Option<&str>,
    ca: Option<&str>,
    fingerprint: Option<&str>,
) -> CertificateReference {
    CertificateReference {
        serial_number: serial_number.map(|text| SerialNumber::parse(text).unwrap()),
        ca_serial_number: ca.map(|text| SerialNumber::parse(text).unwrap()),
        fingerprint_sha256: fingerprint.map(|text| Fingerprint::parse(text).unwrap()),
        ..CertificateReference::default()
    }
}

#[test]
fn a_certificate_contradicts_a_reference_when_a_name_differs_in_every_possible_reading() {
    let (ab, cd) = ("ab".repeat(32), "cd".repeat(32));
    let (ab, cd) = (ab.as_str(), cd.as_str());
    for (requested, found, expected) in [
        (
            reference(Some("0a"), Some("0b"), Some(ab)),
            certificate(Some("A"), Some("00:0B"), Some(ab)),
            None,
        ),
        (
            reference(Some("0a"), None, None),
            certificate(Some("0c"), None, None),
            Some("serial_number"),
        ),
        (
            reference(Some("0a"), Some("0b"), None),
            certificate(Some("0a"), Some("0c"), None),
            Some("ca_serial_number"),
        ),
        (
            reference(Some("0a"), None, Some(ab)),
            certificate(Some("0a"), None, Some(cd)),
            Some("fingerprint_sha256"),
        ),
        (
            reference(None, None, Some(ab)),
            certificate(Some("0a"), Some("0b"), Some(cd)),
            Some("fingerprint_sha256"),
        ),
        // A name that either side lacks contradicts nothing.
        (
            reference(Some("0a"), Some("0b"), Some(ab)),
            certificate(None, None, None),
            None,
        ),
        (
            reference(None, None, Some(ab)),
            certificate(Some("0a"), Some("0b"), Some(ab)),
            None,
        ),
        // The same number in decimal, on either side: 356217374433 is 52f035c6e1.
        (
            reference(Some("356217374433"), None, None),
            open(certificate(Some("52f035c6e1"), None, None)),
            None,
        ),
        (
            reference(Some("52f035c6e1"), None, None),
            open(certificate(Some("356217374433"), None, None)),
            None,
        ),
        (
            reference(Some("0a"), Some("356217374433"), None),
            open(certificate(Some("0a"), Some("52f035c6e1"), None)),
            None,
        ),
        (
            reference(Some("0x356217374433"), None, None),
            open(certificate(Some("52f035c6e1"), None, None)),
            Some("serial_number"),
        ),
        (
            reference(Some("356217374433"), None, None),
            open(certificate(Some("52f035c6e2"), None, None)),
            Some("serial_number"),
        ),
        // Where the provider documents hex, they are different numbers.
        (
            reference(Some("356217374433"), None, None),
            certificate(Some("52f035c6e1"), None, None),
            Some("serial_number"),
        ),
        (
            reference(Some("52f035c6e1"), None, None),
            certificate(Some("356217374433"), None, None),
            Some("serial_number"),
        ),
        (
            reference(Some("0a"), Some("356217374433"), None),
            certificate(Some("0a"), Some("52f035c6e1"), None),
            Some("ca_serial_number"),
        ),
        // The first of several contradictions is reported.
        (
            reference(Some("0a"), Some("0b"), Some(ab)),
            certificate(Some("0c"), Some("0d"), Some(cd)),
            Some("serial_number"),
        ),
    ] {
        let error = contradiction(&requested, &found);
        assert_eq!(
            error.as_ref().and_then(|error| error.field.as_deref()),
            expected,
            "{requested:?} {found:?}"
        );
        if let Some(error) = error {
            assert_eq!(
                (
                    error.code,
                    error.concerns == Concerns::Parameters,
                    error.ends_the_request()
                ),
                (ErrorCode::InvalidRequest, true, false)
            );
        }
    }
}

#[test]
fn the_shared_error_is_a_retryable_one_or_else_one_about_the_whole_request() {
    let error = |code| Error::new(code, "");
    let odd = Error {
        concerns: Concerns::Parameters,
        ..error(ErrorCode::ProviderRejected)
    };
    let (busy, refused, late) = (
        error(ErrorCode::Throttled),
        error(ErrorCode::ProviderRejected),
        error(ErrorCode::Timeout),
    );
    for (errors, expected) in [
        (
            vec![Some(&refused), Some(&busy)],
            Some(ErrorCode::Throttled),
        ),
        (vec![Some(&late), Some(&busy)], Some(ErrorCode::Timeout)),
        (
            vec![Some(&odd), Some(&refused)],
            Some(ErrorCode::ProviderRejected),
        ),
        (vec![Some(&odd), Some(&odd)], None),
        (vec![Some(&busy), None], None),
        (vec![None, None], None),
        (vec![], None),
    ] {
        let shared = shared_error(errors.clone());
        assert_eq!(
            shared.as_ref().map(|error| error.code),
            expected,
            "{errors:?}"
        );
        assert!(shared.is_none_or(|error| error.concerns != Concerns::Parameters));
    }
}

#[test]
fn a_request_without_a_provider_uses_the_functions_default() {
    let network = Network::queue([]);
    for (requested, default, expected) in [
        (
            Some(ProviderName::AwsIot),
            Some("tencent-mqtt"),
            Ok(ProviderName::AwsIot),
        ),
        (None, Some("tencent-mqtt"), Ok(ProviderName::TencentMqtt)),
        (None, None, Err("provider")),
    ] {
        let bench = Bench::with(
            &network,
            &[("DEFAULT_PROVIDER", default.unwrap_or_default())],
        );
        let source = one_source(requested, None, None, &bench.config);
        assert_eq!(
            source
                .map(|source| source.provider)
                .map_err(|error| error.field.unwrap()),
            expected.map_err(str::to_owned)
        );
    }
}

/// The request of a GET.
fn from_query<O: Operation>(query: &str) -> Result<Value, Error> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let object = object_from_query(&pairs, O::QUERY.unwrap())?;
    request::parse::<O::Request>(&object.to_string()).map(|_| object)
}

#[test]
fn a_get_for_the_status_is_the_same_request_as_a_post() {
    let (ab, cd) = ("ab".repeat(32), "cd".repeat(32));
    for (query, expected) in [
        (
            "serial_number=0a,0b".to_owned(),
            json!({"certificates": [{"serial_number": "0a"}, {"serial_number": "0b"}]}),
        ),
        (
            "sources=all&serial_number=0a".to_owned(),
            json!({"sources": "all", "certificates": [{"serial_number": "0a"}]}),
        ),
        (
            format!("provider=aws-iot&fingerprint_sha256={ab},{cd}"),
            json!({"provider": "aws-iot", "certificates": [{"fingerprint_sha256": ab}, {"fingerprint_sha256": cd}]}),
        ),
        (
            format!("ca_serial_number=0c&serial_number=0a,0b&fingerprint_sha256={ab}"),
            json!({"certificates": [
                {"serial_number": "0a", "ca_serial_number": "0c"}, {"serial_number": "0b", "ca_serial_number": "0c"},
                {"fingerprint_sha256": ab, "ca_serial_number": "0c"}
            ]}),
        ),
        (
            "provider_serial_number=device%2D7,0A&provider_ca_serial_number=the%20ca".to_owned(),
            json!({"certificates": [
                {"provider_serial_number": "device-7", "provider_ca_serial_number": "the ca"},
                {"provider_serial_number": "0A", "provider_ca_serial_number": "the ca"}
            ]}),
        ),
        (
            format!("fingerprint_sha256={ab}&serial_number=0a"),
            json!({"certificates": [{"fingerprint_sha256": ab}, {"serial_number": "0a"}]}),
        ),
        (
            "serial_number=0a&cross_check=alibaba-pca".to_owned(),
            json!({"certificates": [{"serial_number": "0a"}], "cross_check": {"provider": "alibaba-pca"}}),
        ),
    ] {
        assert_eq!(from_query::<Status>(&query).unwrap(), expected, "{query}");
    }
    for (query, field) in [
        ("ca_serial_number=0c", "ca_serial_number"),
        (
            "ca_serial_number=0c,0d&serial_number=0a",
            "certificates[0].ca_serial_number",
        ),
        (
            "serial_number=0a&fingerprint_sha256=xy",
            "certificates[1].fingerprint_sha256",
        ),
        ("serial_number=0a&sources=some", "sources"),
        ("serial_number=0a&sources=all&provider=aws-iot", "provider"),
        (
            "serial_number=0a&cross_check=nobody",
            "cross_check.provider",
        ),
        ("serial_number=0a&serial_number=0b", "serial_number"),
        ("certificates=0a", "certificates"),
    ] {
        assert_eq!(
            from_query::<Status>(query).unwrap_err().field.as_deref(),
            Some(field),
            "{query}"
        );
    }
}

#[test]
fn a_get_for_the_list_is_the_same_request_as_a_post() {
    let ab = "ab".repeat(32);
    for (query, expected) in [
        (
            "sources=all&limit=0&summary=true".to_owned(),
            json!({"sources": "all", "limit": 0, "summary": true}),
        ),
        (
            "provider=aws-iot&details=false".to_owned(),
            json!({"provider": "aws-iot", "details": false}),
        ),
        (
            format!(
                "provider=aws-iot&fingerprints_sha256={ab},{ab}&ca_fingerprints_sha256={ab}&order_by=created_asc"
            ),
            json!({
                "provider": "aws-iot", "order_by": "created_asc",
                "filter": {"fingerprints_sha256": [ab, ab], "ca_fingerprints_sha256": [ab]}
            }),
        ),
    ] {
        assert_eq!(from_query::<Describe>(&query).unwrap(), expected, "{query}");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=0&summary=false", "limit"),
        ("summary=yes", "summary"),
        ("sources=all&region=eu-west-1", "region"),
        ("sources=all&instance_id=i", "instance_id"),
        ("fingerprints_sha256=ab", "filter.fingerprints_sha256[0]"),
    ] {
        assert_eq!(
            from_query::<Describe>(query).unwrap_err().field.as_deref(),
            Some(field),
            "{query}"
        );
    }
    assert!(
        Inactivate::QUERY.is_none(),
        "a GET must not change anything"
    );
}
