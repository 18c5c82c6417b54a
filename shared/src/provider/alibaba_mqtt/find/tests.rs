//! Spellings, and what digits alone may mean.

use serde_json::json;

use super::super::API;
use super::super::tests::{asked, certificate, reference, unknown, vendor};
use super::*;
use crate::error::ErrorCode;
use crate::provider::fixture::{Bench, target};
use crate::transport::fake::{Network, ok, parameter, recorded};

/// The numbers of the certificates in two recorded answers.
const NUMBER: &str = "8085f52ece5bd88308df6d98d9707716";
const IN_DECIMAL: &str = "170836731841367680842800395194138130198";
const PEM_OF_ANOTHER: &str = "181cf3245523979e";

/// The certificate itself, by its serial number.
fn pem(number: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(&recorded("alibaba-mqtt/ListDeviceCertificate.ok-two").unwrap().body).unwrap();
    let rows = body["Data"]["DeviceCertificateVOS"].as_array().unwrap();
    rows.iter().find(|row| row["DeviceSn"] == number).unwrap()["DeviceContent"].as_str().unwrap().to_owned()
}

/// A vendor that knows one certificate under this text, of the CA `ca`, and shows this certificate for it.
fn showing(known: &'static str, pem: Option<String>) -> Network {
    Network::new(move |request| {
        let (device, ca) = (parameter(request, "DeviceSn").unwrap(), parameter(request, "CaSn").unwrap());
        match device == known && ca == "ca" {
            true => ok(&json!({"RequestId": "id-1", "Data": {"DeviceSn": known, "CaSn": ca, "Status": "1", "DeviceContent": pem}})),
            false => unknown(),
        }
    })
}

/// As a write looks for it, under the caller's own spelling and then under the others; or as a read does.
async fn find(network: &Network, reference: &CertificateReference, writes: bool) -> Result<Option<Found>, Error> {
    let bench = Bench::new(network);
    let session = bench.session();
    find_with(&AlibabaMqtt::new(&session, target(API.provider)).unwrap(), reference, writes).await
}

async fn find_with(provider: &AlibabaMqtt<'_>, reference: &CertificateReference, writes: bool) -> Result<Option<Found>, Error> {
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
async fn both_serial_numbers_are_tried_in_every_spelling_the_callers_own_first() {
    for writes in [true, false] {
        let network = vendor(&[]);
        assert!(find(&network, &reference("0xAB", "0x11"), writes).await.unwrap().is_none());
        let hex = ["AB", "ab", "00ab", "00AB"];
        let of_ca = |ca: &'static str| hex.map(|text| format!("{text}/{ca}"));
        let decimal = ["11", "0011", "17"].map(|ca| format!("171/{ca}"));
        let expected: Vec<String> = ["11", "0011"].into_iter().flat_map(of_ca).chain(decimal).collect();
        assert_eq!(asked(&network), expected, "nothing is called not found before, and both are of one base");
    }
    let network = vendor(&[("ab", "0011")]);
    let read = find(&network, &reference("0xAB", "0x11"), false).await.unwrap().unwrap();
    assert_eq!(asked(&network).len(), 6);
    assert_eq!((read.key.as_str(), read.ca_key.as_deref()), ("ab", Some("0011")), "the spelling that a write uses");
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_writes_is_found_under_what_the_vendor_may_write_for_it() {
    for (written, known, shown, expected) in [
        // The caller's own text, and its number in other spellings, need no proof.
        ("AB", "AB", None, true),
        ("AB", "00ab", None, true),
        ("171", "171", None, true),
        ("0x171", "0171", None, true),
        // Unless the certificate shows that the vendor's text is another number than the caller's could be.
        (IN_DECIMAL, IN_DECIMAL, Some(NUMBER), true),
        ("0x170836731841367680842800395194138130198", IN_DECIMAL, Some(NUMBER), false),
        // A caller in decimal, a vendor in hex: the vendor's letters show that it writes hex.
        ("171", "ab", None, true),
        (IN_DECIMAL, NUMBER, None, true),
        (IN_DECIMAL, NUMBER, Some(NUMBER), true),
        // With digits alone it may write another number; with other letters in the certificate it does.
        ("16", "10", None, false),
        (IN_DECIMAL, NUMBER, Some(PEM_OF_ANOTHER), true),
        // A caller in hex, a vendor in decimal: only the certificate shows that.
        (NUMBER, IN_DECIMAL, Some(NUMBER), true),
        (NUMBER, IN_DECIMAL, None, false),
        (NUMBER, IN_DECIMAL, Some(PEM_OF_ANOTHER), false),
        ("0x16", "22", None, false),
        // Whoever writes 0x or letters does not mean a decimal number.
        ("0x171", "ab", None, false),
        ("01:71", "ab", None, false),
        ("0xab", "ab", None, true),
    ] {
        for writes in [true, false] {
            let network = showing(known, shown.map(pem));
            let found = find(&network, &reference(written, "0xca"), writes).await.unwrap();
            assert_eq!(found.map(|found| found.key), expected.then(|| known.to_owned()), "{written} at a vendor with {known}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn digits_alone_are_asked_for_in_both_bases_and_no_text_twice() {
    let own_ca = |network: &Network| -> Vec<String> {
        asked(network).iter().filter_map(|pair| pair.strip_suffix("/ca")).map(str::to_owned).collect()
    };
    for (written, expected) in [
        ("16", &["16", "0016", "10", "0010", "22"][..]),
        ("0x16", &["16", "0016", "22"]),
        ("171", &["171", "0171", "000171", "ab", "AB", "00ab", "00AB", "369"]),
        ("7", &["7", "07", "0007"]),
        ("ca", &["ca", "CA", "00ca", "00CA", "202"]),
    ] {
        let network = vendor(&[]);
        find(&network, &reference(written, "0xca"), true).await.unwrap();
        assert_eq!(own_ca(&network), expected, "{written}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_certificates_that_digits_may_mean_are_refused_for_a_write_and_the_callers_own_is_read() {
    let known = &[("171", "ca"), ("ab", "ca")];
    let network = vendor(known);
    let error = find(&network, &reference("171", "0xca"), true).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidRequest, Some("serial_number")));
    assert!(error.detail.contains("171 and ab") && error.detail.contains("0x"), "{}", error.detail);
    assert_eq!(asked(&network), ["171/ca", "ab/ca"], "once a certificate is found its CA's spelling is known");
    let network = vendor(known);
    assert_eq!(find(&network, &reference("171", "0xca"), false).await.unwrap().unwrap().key, "171");
    assert_eq!(asked(&network), ["171/ca"]);
    let network = vendor(known);
    assert_eq!(find(&network, &reference("0x171", "0xca"), true).await.unwrap().unwrap().key, "171", "0x says which");
    let network = vendor(known);
    assert_eq!(find(&network, &reference("0xab", "0xca"), true).await.unwrap().unwrap().key, "ab", "171 is not proven to be it");
}

#[tokio::test(start_paused = true)]
async fn before_a_write_every_other_meaning_of_the_digits_is_ruled_out() {
    let network = vendor(&[("171", "ca")]);
    assert_eq!(find(&network, &reference("171", "0xca"), true).await.unwrap().unwrap().key, "171");
    assert_eq!(asked(&network), ["171/ca", "ab/ca", "AB/ca", "00ab/ca", "00AB/ca", "369/ca"]);
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
            Some(ca) if ca == known => certificate(&parameter(request, "DeviceSn").unwrap(), known, "1"),
            _ => answer_without_ca(),
        });
        for writes in [false, true] {
            let found = find(&network, &reference("ab", written), writes).await.unwrap();
            assert_eq!(found.map(|found| found.key), is_found.then(|| "ab".to_owned()), "{written} as {known}");
        }
    }
}

fn answer_without_ca() -> crate::transport::fake::Answer {
    crate::transport::fake::answer(500, r#"{"Code": "FindCaBySnError", "Message": "no CA"}"#)
}

#[tokio::test(start_paused = true)]
async fn the_spelling_under_which_a_ca_was_found_comes_first_after_the_callers_own() {
    let network = vendor(&[("11", "00F2"), ("22", "00F2")]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let provider = AlibabaMqtt::new(&session, target(API.provider)).unwrap();
    find_with(&provider, &reference("11", "f2"), false).await.unwrap().unwrap();
    let before = network.sent().len();
    find_with(&provider, &reference("22", "F2"), false).await.unwrap().unwrap();
    assert_eq!(asked(&network)[before..], ["22/F2", "22/00F2"]);
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_is_one_that_it_does_not_know() {
    let network = Network::new(|request| {
        let device = parameter(request, "DeviceSn").unwrap();
        if device == "ab" { unknown() } else { recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400") }
    });
    assert!(find(&network, &reference("ab", "22"), true).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_does_not_hide_the_next() {
    let network = Network::new(|request| {
        let device = parameter(request, "DeviceSn").unwrap();
        match device.as_str() {
            "ab" => unknown(),
            "00ab" => certificate("00ab", &parameter(request, "CaSn").unwrap(), "1"),
            _ => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
        }
    });
    assert!(find(&network, &reference("ab", "22"), true).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_spelling_refused_is_an_error() {
    let network = Network::new(|_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"));
    let error = find(&network, &reference("ab", "22"), true).await.unwrap_err();
    assert_eq!((error.code, error.concerns_parameters, network.sent().len()), (ErrorCode::ProviderRejected, true, 1));
}
