//! The rate limits that the configuration gives one instance: the vendor's limit holds, and the
//! answer tells what there was no time for.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, Options, Simulator, Vendor};
use tokio::sync::Mutex;
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::cells::request;
use crate::setup::{
    TENCENT_INSTANCE, alibaba, alibaba_certificates, at_once, cas, cas_certificates, function_with,
    invoke_within, options, tencent, tencent_certificates, texts,
};

/// A vendor that throttles what passes its limit.
async fn strict(fleet: simulator::Fleet) -> Simulator {
    Simulator::start(Options {
        enforce_rate_limits: true,
        ..options(fleet)
    })
    .await
    .unwrap()
}

fn outcomes(simulator: &Simulator) -> HashSet<String> {
    simulator
        .calls()
        .into_iter()
        .map(|call| call.outcome)
        .collect()
}

#[tokio::test]
async fn a_thousand_messages_that_ask_for_ten_thousand_certificates_are_all_answered_and_none_is_throttled()
 {
    const SLOTS: usize = 2;
    let certificates = cas_certificates(10_000);
    let serials: Vec<String> = certificates
        .iter()
        .map(|one| one.serial_number.clone())
        .collect();
    let simulator = Arc::new(strict(cas(certificates)).await);
    let message = |serials: &[String]| {
        let requested: Vec<Value> = serials
            .iter()
            .map(|serial| json!({ "serial_number": serial }))
            .collect();
        json!({ "certificates": requested }).to_string()
    };
    let messages: Vec<String> = serials.chunks(10).map(message).collect();
    let batches: VecDeque<Value> = messages.chunks(100).map(events::sqs).collect();
    assert_eq!((messages.len(), batches.len()), (1_000, 10));
    let batches = Arc::new(Mutex::new(batches));
    let slots = (0..SLOTS).map(|_| {
        let (simulator, batches) = (Arc::clone(&simulator), Arc::clone(&batches));
        tokio::spawn(async move {
            let limits = [
                (
                    "CALLS_PER_SECOND",
                    "alibaba-pca:DescribeClientCertificateStatusForSerialNumber=8+0.5",
                ),
                ("RESERVED_CONCURRENCY", "3"),
                ("QUEUE_CONCURRENCY", "2"),
            ];
            let mut good = 0;
            loop {
                let Some(batch) = batches.lock().await.pop_front() else {
                    return good;
                };
                // Each batch goes to another sandbox, as when more of them are kept warm than may
                // run.
                let mut instance = function_with("status", &simulator, &limits).await;
                let answer = instance.invoke(batch).await;
                assert_eq!(answer.batch_item_failures(), [] as [String; 0]);
                good += good_results(&instance);
            }
        })
    });
    let mut good = 0;
    for slot in slots.collect::<Vec<_>>() {
        good += slot.await.unwrap();
    }
    assert_eq!(good, 10_000, "each certificate has its answer");
    assert_eq!(
        outcomes(&simulator),
        HashSet::from(["ok".to_owned()]),
        "the vendor takes ten calls a second and was not called more often"
    );
    assert_eq!(
        simulator.calls().len(),
        50,
        "two hundred certificates in each call"
    );
}

/// Number of certificates that are good according to the answers in an instance's log.
fn good_results(instance: &Runtime) -> u64 {
    let logs = instance.json_logs();
    let results = logs
        .iter()
        .filter_map(|line| line["answer"]["status_good"].as_u64());
    results.sum()
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end_without_being_throttled() {
    let certificates = tencent_certificates(2_500);
    let stored: Vec<String> = certificates
        .iter()
        .map(|one| one.device_certificate_sn.clone())
        .collect();
    let simulator = strict(tencent(certificates)).await;
    let limits = [
        (
            "CALLS_PER_SECOND",
            "tencent-mqtt:DescribeDeviceCertificates=16+16.2",
        ),
        ("RESERVED_CONCURRENCY", "2"),
        ("QUEUE_CONCURRENCY", "1"),
    ];
    let mut function = function_with("describe", &simulator, &limits).await;
    let requested =
        json!({ "instance_id": TENCENT_INSTANCE, "limit": 2_500, "order_by": "created_asc" });
    let answer = function.invoke(requested).await.json();
    assert_eq!(
        texts(&answer["certificates"], "provider_serial_number"),
        stored
    );
    assert_eq!(
        (simulator.calls().len(), outcomes(&simulator)),
        (25, HashSet::from(["ok".to_owned()]))
    );
}

/// One call a second, and three seconds: two calls, since an attempt needs a second and the answer
/// half of one.
#[tokio::test]
async fn the_answer_lists_the_certificates_for_which_the_rate_limits_left_no_time() {
    const LIMITS: [(&str, &str); 3] = [
        (
            "CALLS_PER_SECOND",
            "tencent-mqtt:DescribeDeviceCertificates=1+1.2,alibaba-mqtt:GetDeviceCertificate=1+1.4,\
             alibaba-mqtt:InactivateDeviceCertificate=1+1.2,alibaba-mqtt:ListDeviceCertificateByCaSn=1+1.4,\
             alibaba-pca:DescribeClientCertificateStatusForSerialNumber=1+1.2",
        ),
        ("RESERVED_CONCURRENCY", "2"),
        ("QUEUE_CONCURRENCY", "1"),
    ];
    const TIME: Duration = Duration::from_secs(3);
    let mut fleet = tencent(tencent_certificates(300));
    fleet.alibaba_mqtt = alibaba(alibaba_certificates(3)).alibaba_mqtt;
    fleet.alibaba_cas = cas(cas_certificates(600)).alibaba_cas;
    let simulator = Arc::new(strict(fleet).await);
    at_once(["describe", "inactivate", "status"], |name| {
        let simulator = Arc::clone(&simulator);
        async move {
            let mut function = function_with(name, &simulator, &LIMITS).await;
            let requested = match name {
                "describe" => request(Vendor::TencentMqtt, &json!({ "limit": 300 })),
                "inactivate" => {
                    let of = |one: &AlibabaMqttCertificate| json!({ "serial_number": one.device_sn, "ca_serial_number": one.ca_sn });
                    let all: Vec<Value> = alibaba_certificates(3).iter().map(of).collect();
                    request(Vendor::AlibabaMqtt, &json!({ "certificates": all }))
                }
                _ => {
                    let all: Vec<Value> = cas_certificates(600).iter().map(|one| json!({ "serial_number": one.serial_number })).collect();
                    request(Vendor::AlibabaCas, &json!({ "certificates": all }))
                }
            };
            // The first answer of a process takes longer than the later ones.
            function.invoke(json!({})).await;
            let begun = Instant::now();
            let answer = invoke_within(&mut function, TIME, &requested).await;
            assert!(begun.elapsed() < TIME, "{name} took {:?}", begun.elapsed());
            match name {
                "describe" => {
                    let answer = answer.json();
                    assert_eq!(answer["certificates"].as_array().unwrap().len(), 200);
                    assert!(answer["next_cursor"].is_string(), "a cursor leads to the rest");
                }
                "inactivate" => {
                    let problem = crate::setup::problem(&answer);
                    assert_eq!(problem["code"], "timeout", "an order is not given that could not be checked: {problem}");
                    assert_eq!(simulator.count(Vendor::AlibabaMqtt, "InactivateDeviceCertificate"), 0);
                }
                _ => {
                    let answer = answer.json();
                    let results = answer["results"].as_array().unwrap();
                    let of = |word: &str| results.iter().filter(|result| result["status"] == word).count();
                    let late = results.iter().filter(|result| result["error"]["code"] == "timeout").count();
                    assert_eq!((results.len(), of("good"), late), (600, 400, 200));
                }
            }
            let batch = events::sqs(&[requested.to_string()]);
            assert_eq!(invoke_within(&mut function, TIME, batch).await.batch_item_failures(), failures(name), "{name}");
        }
    })
    .await;
}

/// The expected batch item failures: a list ends with a cursor and succeeds, and the messages of the
/// other functions are redelivered.
fn failures(name: &str) -> Vec<String> {
    if name == "describe" {
        Vec::new()
    } else {
        vec![message_id(0)]
    }
}
