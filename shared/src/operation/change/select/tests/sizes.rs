//! The sizes of answers to pages and signed orders: AWS Step Functions takes at most 256 KiB as the
//! answer of a task.

use super::pages::{SECRETS, json_of};
use super::*;
use crate::testing::network::{header, ok};

/// Some of the 262,144 bytes are for what the machine adds.
const MOST_BYTES: usize = 250_000;

/// So many devices whose names have this length.
fn devices(count: usize, length: usize, letter: &str) -> Vec<Device> {
    let text = |end: &str| {
        let begin = letter.repeat(length - end.len());
        format!("{begin}{end}")
    };
    let ca: &'static str = text("b").leak();
    let device = |number: usize| Device {
        ca,
        client_id: Some("c".repeat(256).leak()),
        not_after: Some(1_770_000_000),
        ..Device::new(TencentMqtt, "mqtt-1", text(&format!("{number:03x}")), 100)
    };
    (1..=count).map(device).collect()
}

/// The sizes of the answers to a page of all these devices, and to its order.
async fn sizes(devices: Vec<Device>, members: &Value) -> (usize, usize) {
    let count = devices.len();
    let clouds = Clouds::of(devices);
    let network = Network::new(move |request| match header(request, "x-tc-action") {
        // As long as an error of the vendor can be.
        Some(action) if action.contains("Client") => ok(&json!({"Response": {
            "Error": {"Code": "InternalError", "Message": "m".repeat(256)}, "RequestId": "i".repeat(128)
        }})),
        _ => clouds.answer(request),
    });
    let bench = Bench::with(&network, &[SECRETS]);
    let perform = async |request: InactivateRequest| {
        let answer = Inactivate::perform(&bench.context(), request, BUDGET).await;
        json_of(&answer.unwrap())
    };
    let mut request = order(json!({
        "select": {"not_after_to": "2027-01-01T00:00:00Z"}, "reason": "r".repeat(256), "dry_run": true, "page": {}
    }));
    request
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let page = perform(request::parse(&request.to_string()).unwrap()).await;
    assert_eq!(page["page"]["certificates"], count);
    let text = page["page"]["order"].to_string();
    let answer = perform(Inactivate::from_signed(&text, &bench.config).unwrap()).await;
    assert_eq!(answer["summary"]["inactivated"], count);
    assert!(answer["results"][0]["receipt"].is_string());
    (page.to_string().len(), answer.to_string().len())
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_a_page_fits_into_a_task_of_a_machine_however_long_the_names_are() {
    let no_sessions = json!({});
    let sessions = json!({"end_sessions": true});
    for (count, length, letter, members) in [
        // Texts of the vendor's own; and the longest numbers, which are shown in two forms.
        (100, 256, "x", &no_sessions),
        (100, 128, "a", &no_sessions),
        // No session can be ended, and each error is as long as it can be.
        (50, 256, "x", &sessions),
    ] {
        let (page, answer) = sizes(devices(count, length, letter), members).await;
        let is_small = page < MOST_BYTES && answer < MOST_BYTES;
        assert!(is_small, "{count} of {length}: {page} and {answer} bytes");
    }
}
