//! Requests of a batch that are answered by the same calls, each with its own answer.

use super::*;
use crate::request::StatusRequest;

fn with(change: &[(&str, Value)]) -> StatusRequest {
    let mut request = request_for(&["a1"]);
    for (member, value) in change {
        request[*member] = value.clone();
    }
    request::parse(&request.to_string()).unwrap()
}

#[test]
fn requests_to_the_same_source_and_authority_are_one_group_and_those_to_several_sources_stay_alone()
{
    let several = |list: &Value| {
        let request = json!({"sources": list, "certificates": [{"serial_number": "a1"}]});
        request::parse::<StatusRequest>(&request.to_string()).unwrap()
    };
    let broker = [
        ("provider", json!("alibaba-mqtt")),
        ("instance_id", json!("post-cn-1")),
    ];
    let other = [
        ("provider", json!("alibaba-mqtt")),
        ("instance_id", json!("post-cn-2")),
    ];
    let checked = [
        broker[0].clone(),
        broker[1].clone(),
        ("cross_check", json!({"provider": "alibaba-pca"})),
    ];
    let elsewhere = [
        broker[0].clone(),
        broker[1].clone(),
        (
            "cross_check",
            json!({"provider": "alibaba-pca", "region": "ap-southeast-1"}),
        ),
    ];
    let requests = [
        with(&[]),
        with(&[(
            "certificates",
            json!([{"serial_number": "b2"}, {"serial_number": "a1"}]),
        )]),
        with(&[("region", json!("ap-southeast-1"))]),
        with(&broker),
        with(&other),
        with(&broker),
        with(&checked),
        with(&elsewhere),
        several(&json!("all")),
        several(&json!("all")),
        with(&checked),
        with(&[]),
        with(&[("provider", json!(null))]),
        with(&[("include_clients", json!(true))]),
    ];
    let network = Network::queue([]);
    for (default, expected) in [
        (
            "alibaba-pca",
            vec![
                vec![0, 1, 11, 12],
                vec![2],
                vec![3, 5],
                vec![4],
                vec![6, 10],
                vec![7],
                vec![8],
                vec![9],
                vec![13],
            ],
        ),
        (
            "tencent-mqtt",
            vec![
                vec![0, 1, 11],
                vec![2],
                vec![3, 5],
                vec![4],
                vec![6, 10],
                vec![7],
                vec![8],
                vec![9],
                vec![12],
                vec![13],
            ],
        ),
    ] {
        let config = Bench::with(&network, &[("DEFAULT_PROVIDER", default)]).config;
        assert_eq!(
            Status::groups(&requests.iter().collect::<Vec<_>>(), &config),
            expected,
            "{default}"
        );
        assert_eq!(Status::groups(&[], &config), [[0; 0]; 0]);
    }
}

async fn perform_group(network: &Network, requests: &[Value]) -> Vec<Result<Value, Error>> {
    let bench = Bench::new(network);
    let requests = requests
        .iter()
        .map(|request| request::parse(&request.to_string()).unwrap())
        .collect();
    let answers = Status::perform_group(&bench.context(), requests, BUDGET).await;
    answers
        .into_iter()
        .map(|answer| answer.map(|answer| serde_json::to_value(answer).unwrap()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_group_has_the_answer_that_it_would_have_alone() {
    let requests = [
        request_for(&["b2", "a1"]),
        request_for(&["d4"]),
        request_for(&["a1", "a1", "c3"]),
        request_for(&["A1"]),
    ];
    let network = Network::new(authority);
    let together = perform_group(&network, &requests).await;
    let requested = network
        .each(|sent| requested(&sent.request).join(","))
        .join(" ");
    assert!(requested.starts_with("b2,a1,d4,c3"), "{requested}");
    for (request, answer) in requests.iter().zip(together) {
        let alone = perform(&Network::new(authority), request).await.unwrap();
        assert_eq!(answer.unwrap()["results"], alone["results"], "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_group_fails_alone_unless_the_error_concerns_all() {
    let nameless = json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{"fingerprint_sha256": "ab".repeat(32)}]});
    let network = Network::new(|request| {
        let refused = requested(request).iter().any(|text| text == "a3");
        if refused {
            answer(503, "")
        } else {
            authority(request)
        }
    });
    let answers = perform_group(&network, &[nameless.clone(), nameless]).await;
    assert!(answers.iter().all(|answer| {
        answer
            .as_ref()
            .is_err_and(|error| error.code == ErrorCode::InvalidRequest)
    }));
    assert_eq!(network.sent().len(), 0, "none of them can be requested");
    let unconfigured =
        json!({"provider": "alibaba-pca", "certificates": [{"serial_number": "a1"}]});
    let answers = perform_group(&network, &[unconfigured.clone(), unconfigured]).await;
    assert!(answers.iter().all(|answer| {
        answer
            .as_ref()
            .is_err_and(|error| error.field.as_deref() == Some("region"))
    }));
    let throttled = Network::new(|_| recorded("alibaba-common/Any.error-throttling"));
    let answers = perform_group(&throttled, &[request_for(&["a1"]), request_for(&["a2"])]).await;
    assert!(answers.iter().all(|answer| {
        answer
            .as_ref()
            .is_err_and(|error| error.code == ErrorCode::Throttled)
    }));
}
