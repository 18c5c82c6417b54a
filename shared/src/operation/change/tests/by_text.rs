//! Orders that name certificates by the provider's own text.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::{BUDGET, one, outcomes};
use crate::operation::{Inactivate, OneInactivateAnswer, Operation, Outcome};
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, header, ok, parameter, recorded};
use crate::transport::HttpRequest;

/// No numbers in any base.
const TEXT: &str = "device-7/\u{fc}";
const CA: &str = "ca of the plant";

/// Carries out an order at a vendor that knows these texts, and returns the texts of its writes.
async fn give(
    provider: &'static str,
    known: &'static [(&'static str, &'static str)],
    certificates: Value,
) -> (OneInactivateAnswer, Vec<String>) {
    let written: Rc<RefCell<Vec<String>>> = Rc::default();
    let writes = Rc::clone(&written);
    let network = Network::new(move |request| {
        let mut written = writes.borrow_mut();
        match provider {
            "tencent-mqtt" => tencent(request, known, &mut written),
            _ => alibaba(request, known, &mut written),
        }
    });
    let bench = Bench::new(&network);
    let (region, instance) = match provider {
        "tencent-mqtt" => ("ap-guangzhou", "mqtt-1"),
        _ => ("cn-hangzhou", "post-cn-1"),
    };
    let request = json!({
        "provider": provider, "region": region, "instance_id": instance, "certificates": certificates
    });
    let request = request::parse(&request.to_string()).unwrap();
    let context = bench.context();
    let answer = Inactivate::perform(&context, request, BUDGET)
        .await
        .unwrap();
    let written = written.borrow().clone();
    (one(answer), written)
}

/// It finds texts in any case, and shows its own.
fn tencent(request: &HttpRequest, known: &[(&str, &str)], written: &mut Vec<String>) -> Answer {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let item = |(serial, ca): &(&str, &str)| {
        let is_off = written.iter().any(|written| written == serial);
        json!({"DeviceCertificateSn": serial, "CaSn": ca, "Status": if is_off { "INACTIVE" } else { "ACTIVE" }, "RequestId": "id-1"})
    };
    if header(request, "x-tc-action") == Some("DescribeDeviceCertificates") {
        let values = body["Filters"][0]["Values"].as_array().unwrap();
        let rows: Vec<Value> = known
            .iter()
            .filter(|(serial, _)| values.contains(&json!(serial)))
            .map(item)
            .collect();
        return ok(
            &json!({"Response": {"TotalCount": rows.len(), "Data": rows, "RequestId": "id-1"}}),
        );
    }
    if header(request, "x-tc-action") == Some("DescribeInstance") {
        return ok(&json!({"Response": {"X509Mode": "BYOC", "RequestId": "id-1"}}));
    }
    let text = body["DeviceCertificateSn"].as_str().unwrap();
    let Some(row) = known
        .iter()
        .find(|(serial, _)| serial.eq_ignore_ascii_case(text))
    else {
        return recorded("tencent-mqtt/RevokedDeviceCertificate.error-certificate-not-found");
    };
    if header(request, "x-tc-action") == Some("DescribeDeviceCertificate") {
        return ok(&json!({"Response": item(row)}));
    }
    written.push(text.to_owned());
    ok(&json!({"Response": {"RequestId": "id-2"}}))
}

fn alibaba(request: &HttpRequest, known: &[(&str, &str)], written: &mut Vec<String>) -> Answer {
    let row = |(serial, ca): &(&str, &str)| {
        let is_off = written.contains(&format!("{serial}|{ca}"));
        json!({"DeviceSn": serial, "CaSn": ca, "Status": if is_off { "0" } else { "1" }})
    };
    let ca = parameter(request, "CaSn").unwrap();
    let Some(device) = parameter(request, "DeviceSn") else {
        let rows: Vec<Value> = known
            .iter()
            .filter(|(_, known)| *known == ca)
            .map(row)
            .collect();
        return ok(&json!({"RequestId": "id-1", "Data": {"DeviceCertificateVOS": rows}}));
    };
    let Some(known) = known.iter().find(|known| **known == (&*device, &*ca)) else {
        return recorded("alibaba-mqtt/InactivateDeviceCertificate.error-not-found");
    };
    if header(request, "x-acs-action") == Some("GetDeviceCertificate") {
        return ok(&json!({"RequestId": "id-1", "Data": row(known)}));
    }
    written.push(format!("{device}|{ca}"));
    ok(&json!({"RequestId": "id-2", "DeviceSn": device}))
}

use Outcome::{AlreadyInactive, Inactivated, NotFound, Refused};

#[tokio::test(start_paused = true)]
async fn tencent_mqtt_finds_a_text_alone_beside_a_group_of_numbers() {
    let known = &[(TEXT, "0b"), ("0A", "0b"), ("0b", "0b"), ("0c", "")];
    let certificates = json!([
        {"serial_number": "0b"},
        {"provider_serial_number": TEXT},
        {"serial_number": "0c"},
        // The same certificate under two of its names, which is changed once.
        {"provider_serial_number": "0A", "serial_number": "0a"},
        {"serial_number": "0A"},
        // The vendor finds it, but spells it otherwise.
        {"provider_serial_number": "0B"},
        {"provider_serial_number": TEXT, "provider_ca_serial_number": "0B"},
        {"provider_serial_number": "unknown"}
    ]);
    let (answer, mut written) = give("tencent-mqtt", known, certificates).await;
    let outcomes = outcomes(&answer.results);
    assert_eq!(
        (&outcomes[..3], &outcomes[5..]),
        (
            &[Inactivated, Inactivated, Inactivated][..],
            &[NotFound, Refused, NotFound][..]
        )
    );
    let mut of_one = vec![outcomes[3], outcomes[4]];
    of_one.sort_by_key(|outcome| *outcome == AlreadyInactive);
    assert_eq!(of_one, [Inactivated, AlreadyInactive]);
    written.sort_unstable();
    assert_eq!(written, ["0A", "0b", "0c", TEXT]);
    let names: Vec<Option<&str>> = answer
        .results
        .iter()
        .map(|result| result.provider_serial_number.as_deref())
        .collect();
    assert_eq!(
        (names[1], names[5], names[7]),
        (Some(TEXT), Some("0B"), Some("unknown"))
    );
    assert_eq!(
        answer.results[6]
            .error
            .as_ref()
            .and_then(|error| error.field.as_deref()),
        Some("provider_ca_serial_number")
    );
}

#[tokio::test(start_paused = true)]
async fn alibaba_mqtt_finds_both_texts_or_one_beside_a_number() {
    let known = &[
        (TEXT, CA),
        ("0A", CA),
        ("device-8", "007269004887"),
        ("12", CA),
        ("0d", "0e"),
    ];
    let certificates = json!([
        {"provider_serial_number": TEXT, "provider_ca_serial_number": CA},
        {"serial_number": "0A", "provider_ca_serial_number": CA},
        {"provider_serial_number": "device-8", "ca_serial_number": "007269004887"},
        // Nobody knows the base of 12.
        {"serial_number": "0x12", "provider_ca_serial_number": CA},
        {"serial_number": "12", "provider_ca_serial_number": CA},
        {"serial_number": "0D", "ca_serial_number": "0E"},
        {"provider_serial_number": "0D", "provider_ca_serial_number": "0e"},
        // The CA's number cannot be compared with a text that is none.
        {"provider_serial_number": TEXT, "provider_ca_serial_number": CA, "ca_serial_number": "0b"}
    ]);
    let (answer, mut written) = give("alibaba-mqtt", known, certificates).await;
    assert_eq!(
        outcomes(&answer.results),
        [
            Inactivated,
            Inactivated,
            Inactivated,
            Refused,
            Inactivated,
            Inactivated,
            NotFound,
            Refused
        ]
    );
    written.sort_unstable();
    let expected = [
        "0A|ca of the plant".to_owned(),
        "0d|0e".to_owned(),
        "12|ca of the plant".to_owned(),
        format!("{TEXT}|{CA}"),
        "device-8|007269004887".to_owned(),
    ];
    assert_eq!(written, expected, "no text is spelled otherwise");
    let field = |index: usize| answer.results[index].error.as_ref().unwrap().field.clone();
    assert_eq!(
        (field(3).as_deref(), field(7).as_deref()),
        (Some("serial_number"), Some("ca_serial_number"))
    );
}
