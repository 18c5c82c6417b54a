//! Spellings, and the possible meanings of digits alone.

mod calls;

use serde_json::json;

use super::super::API;
use super::super::tests::{certificate, list_of, reference, requested, unknown, vendor};
use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::testing::network::{Answer, Network, answer, ok, parameter, recorded};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

/// The numbers of the certificates in two recorded answers.
const NUMBER: &str = "8085f52ece5bd88308df6d98d9707716";
const IN_DECIMAL: &str = "170836731841367680842800395194138130198";
const PEM_OF_ANOTHER: &str = "181cf3245523979e";

/// The certificate itself, by its serial number.
fn pem(number: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(
        &recorded("alibaba-mqtt/ListDeviceCertificate.ok-two")
            .unwrap()
            .into_body(),
    )
    .unwrap();
    let rows = body["Data"]["DeviceCertificateVOS"].as_array().unwrap();
    rows.iter().find(|row| row["DeviceSn"] == number).unwrap()["DeviceContent"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A vendor that knows one certificate under this text, of the CA `ca`, and shows this certificate
/// for it.
fn showing(known: &'static str, pem: Option<String>) -> Network {
    Network::new(move |request| {
        let (device, ca) = (
            parameter(request, "DeviceSn"),
            parameter(request, "CaSn").unwrap(),
        );
        match device {
            None if ca == "ca" => list_with(known, pem.as_ref()),
            None => list_of(request, &[]),
            Some(device) if device == known && ca == "ca" => ok(
                &json!({"RequestId": "id-1", "Data": {"DeviceSn": known, "CaSn": ca, "Status": "1", "DeviceContent": pem}}),
            ),
            Some(_) => unknown(),
        }
    })
}

fn list_with(known: &str, pem: Option<&String>) -> Answer {
    let row = json!({"DeviceSn": known, "CaSn": "ca", "Status": "1", "DeviceContent": pem});
    ok(&json!({"RequestId": "id-2", "Data": {"Total": 1, "DeviceCertificateVOS": [row]}}))
}

/// As a write looks for it, under the caller's own spelling and then under the others; or as a read
/// does.
async fn find(
    network: &Network,
    reference: &CertificateReference,
    writes: bool,
) -> Result<Option<FoundCertificate>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    find_with(
        &AlibabaMqtt::new(&context, target(API.provider)).unwrap(),
        reference,
        writes,
    )
    .await
}

async fn find_with(
    provider: &AlibabaMqtt<'_>,
    reference: &CertificateReference,
    writes: bool,
) -> Result<Option<FoundCertificate>, Error> {
    for spellings in [Spellings::Own, Spellings::Others] {
        let found = match writes {
            true => provider.find_only(reference, spellings).await?,
            false => provider.find_first(reference, spellings).await?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

#[tokio::test(start_paused = true)]
async fn a_callers_spelling_finds_each_spelling_that_the_vendor_may_have() {
    for (written, known, shown, expected) in [
        // The caller's own text, and its number in other spellings, need no proof.
        ("AB", "AB", None, true),
        ("AB", "00ab", None, true),
        ("171", "171", None, true),
        ("0x171", "0171", None, true),
        // Unless the certificate shows that the vendor's text is another number than the caller's
        // could be.
        (IN_DECIMAL, IN_DECIMAL, Some(NUMBER), true),
        (
            "0x170836731841367680842800395194138130198",
            IN_DECIMAL,
            Some(NUMBER),
            false,
        ),
        // A caller in decimal, a vendor in hex: the vendor's letters show that it writes hex.
        ("171", "ab", None, true),
        (IN_DECIMAL, NUMBER, None, true),
        (IN_DECIMAL, NUMBER, Some(NUMBER), true),
        // With digits alone it may write another number; with other letters in the certificate it
        // does.
        ("16", "10", None, false),
        (IN_DECIMAL, NUMBER, Some(PEM_OF_ANOTHER), true),
        // A caller in hex, a vendor in decimal: only the certificate shows that.
        (NUMBER, IN_DECIMAL, Some(NUMBER), true),
        (NUMBER, IN_DECIMAL, None, false),
        (NUMBER, IN_DECIMAL, Some(PEM_OF_ANOTHER), false),
        ("0x16", "22", None, false),
        // 0x or letters rule out a decimal number.
        ("0x171", "ab", None, false),
        ("01:71", "ab", None, false),
        ("0xab", "ab", None, true),
    ] {
        for writes in [true, false] {
            let network = showing(known, shown.map(pem));
            let found = find(&network, &reference(written, "0xca"), writes)
                .await
                .unwrap();
            assert_eq!(
                found.map(|found| found.key),
                expected.then(|| known.to_owned()),
                "{written} at a vendor with {known}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_certificates_that_digits_may_mean_are_refused_for_a_write_and_the_callers_own_is_read()
{
    let known = &[("171", "ca"), ("ab", "ca")];
    let network = vendor(known);
    let error = find(&network, &reference("171", "0xca"), true)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("serial_number"))
    );
    assert!(
        error.detail.contains("171 and ab") && error.detail.contains("0x"),
        "{}",
        error.detail
    );
    assert_eq!(
        requested(&network),
        ["171/ca", "list/ca"],
        "once a certificate is found its CA's spelling is known"
    );
    let network = vendor(known);
    assert_eq!(
        find(&network, &reference("171", "0xca"), false)
            .await
            .unwrap()
            .unwrap()
            .key,
        "171"
    );
    assert_eq!(requested(&network), ["171/ca"]);
    let network = vendor(known);
    assert_eq!(
        find(&network, &reference("0x171", "0xca"), true)
            .await
            .unwrap()
            .unwrap()
            .key,
        "171",
        "0x says which"
    );
    let network = vendor(known);
    assert_eq!(
        find(&network, &reference("0xab", "0xca"), true)
            .await
            .unwrap()
            .unwrap()
            .key,
        "ab",
        "171 is not proven to be it"
    );
    // Neither record proves its number: 171 may be hex at the vendor, or 369 its decimal.
    for text in ["171", "0x171"] {
        let network = vendor(&[("171", "ca"), ("369", "ca")]);
        let error = find(&network, &reference(text, "0xca"), true)
            .await
            .unwrap_err();
        assert!(
            error.concerns == Concerns::Parameters && error.detail.contains("171 and 369"),
            "{text}: {}",
            error.detail
        );
    }
}

#[tokio::test(start_paused = true)]
async fn before_a_write_every_other_meaning_of_the_digits_is_ruled_out() {
    let network = vendor(&[("171", "ca")]);
    assert_eq!(
        find(&network, &reference("171", "0xca"), true)
            .await
            .unwrap()
            .unwrap()
            .key,
        "171"
    );
    assert_eq!(
        requested(&network),
        ["171/ca", "list/ca"],
        "the complete list rules them out"
    );
    // Without a list that is known to be complete, every text is.
    let lists: [fn(&HttpRequest) -> Answer; 5] = [
        |_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-permission"),
        |_| recorded("alibaba-mqtt/Any.error-internal"),
        |request| list_of(request, &[]),
        |request| list_of(request, &[("ff", "ca")]),
        |request| list_of(request, &[("171", "ca"); 100]),
    ];
    for list in lists {
        let network =
            Network::new(
                move |request| match parameter(request, "DeviceSn").as_deref() {
                    None => list(request),
                    Some("171") => certificate("171", "ca", "1"),
                    Some(_) => unknown(),
                },
            );
        assert_eq!(
            find(&network, &reference("171", "0xca"), true)
                .await
                .unwrap()
                .unwrap()
                .key,
            "171"
        );
        let mut pairs = requested(&network);
        pairs.retain(|pair| !pair.starts_with("list"));
        assert_eq!(
            pairs,
            ["171/ca", "ab/ca", "AB/ca", "00ab/ca", "00AB/ca", "369/ca"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_ca_is_found_in_its_spellings_and_never_by_a_guess_at_its_base() {
    for (written, known, is_found) in [
        ("0xca", "CA", true),
        ("0xca", "00ca", true),
        ("202", "0202", true),
        ("0xca", "202", false),
        ("202", "ca", false),
        ("202", "514", false),
    ] {
        let network = Network::new(move |request| match parameter(request, "CaSn").as_deref() {
            Some(ca) if ca == known => match parameter(request, "DeviceSn") {
                Some(device) => certificate(&device, known, "1"),
                None => list_of(request, &[("ab", known)]),
            },
            _ => answer_without_ca(),
        });
        for writes in [false, true] {
            let found = find(&network, &reference("ab", written), writes)
                .await
                .unwrap();
            assert_eq!(
                found.map(|found| found.key),
                is_found.then(|| "ab".to_owned()),
                "{written} as {known}"
            );
        }
    }
}

fn answer_without_ca() -> Answer {
    answer(500, r#"{"Code": "FindCaBySnError", "Message": "no CA"}"#)
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_is_one_that_it_does_not_know() {
    let network = Network::new(|request| {
        let device = parameter(request, "DeviceSn");
        if device.as_deref() == Some("ab") {
            unknown()
        } else {
            recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400")
        }
    });
    assert!(
        find(&network, &reference("ab", "22"), true)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_does_not_hide_the_next() {
    let network = Network::new(|request| match parameter(request, "DeviceSn").as_deref() {
        Some("ab") => unknown(),
        Some("00ab") => certificate("00ab", &parameter(request, "CaSn").unwrap(), "1"),
        _ => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
    });
    assert!(
        find(&network, &reference("ab", "22"), true)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_spelling_refused_is_an_error() {
    let network =
        Network::new(|_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"));
    let error = find(&network, &reference("ab", "22"), true)
        .await
        .unwrap_err();
    assert_eq!(
        (
            error.code,
            error.concerns == Concerns::Parameters,
            network.sent().len()
        ),
        (ErrorCode::ProviderRejected, true, 1)
    );
}
