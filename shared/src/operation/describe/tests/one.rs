//! Whole requests to one provider.

use serde_json::{Value, json};

use super::fleet::certificate;
use super::*;
use crate::model::{ProviderName, Region};
use crate::operation::Answer as _;
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Network, ok};

/// A broker with `count` certificates and PEMs of a given length.
fn broker(count: u64, pem_length: usize) -> Network {
    Network::new(move |request| {
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        let begin = parameters["Offset"].as_u64().unwrap();
        let end = (begin + parameters["Limit"].as_u64().unwrap()).min(count);
        let item = |number| json!({"DeviceCertificateSn": format!("a{number}"), "Status": "ACTIVE", "DeviceCertificate": "x".repeat(pem_length)});
        let items: Vec<Value> = (begin..end).map(item).collect();
        ok(
            &json!({"Response": {"TotalCount": count, "Data": items, "RequestId": format!("id-{begin}")}}),
        )
    })
}

async fn perform(
    network: &Network,
    request: Value,
    budget: AnswerBudget,
) -> Result<OneDescribeAnswer, Error> {
    let bench = Bench::with(
        network,
        &[
            ("DEFAULT_PROVIDER", "tencent-mqtt"),
            ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ],
    );
    let request = request::parse(&request.to_string()).unwrap();
    match Describe::perform(&bench.context(), request, budget).await? {
        DescribeAnswer::One(answer) => Ok(answer),
        DescribeAnswer::Several(answer) => panic!("one source was requested: {answer:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_page_by_page_with_a_cursor_that_continues_only_it() {
    let network = broker(5, 0);
    let perform = async |request: Value| perform(&network, request, PLENTY).await;
    let first = perform(json!({"instance_id": "mqtt-1", "limit": 3}))
        .await
        .unwrap();
    assert_eq!(
        (first.operation, first.region.as_str(), first.total_count),
        ("describe", "ap-guangzhou", Some(5))
    );
    assert_eq!(
        (
            first.certificates.unwrap().len(),
            first.provider_request_ids.as_slice()
        ),
        (3, &crate::testing::ids(["id-0"])[..])
    );
    let cursor = first.next_cursor.unwrap();
    let second = perform(json!({"instance_id": "mqtt-1", "limit": 3, "cursor": cursor}))
        .await
        .unwrap();
    let certificates = second.certificates.unwrap();
    let serials: Vec<_> = certificates
        .iter()
        .filter_map(|it| it.certificate.provider_serial_number.as_deref())
        .collect();
    assert_eq!(
        (serials, second.next_cursor, second.consistent),
        (vec!["a3", "a4"], None, Some(true))
    );
    let calls = network.sent().len();
    for other in [
        json!({"instance_id": "mqtt-2", "cursor": cursor}),
        json!({"instance_id": "mqtt-1", "region": "ap-beijing", "cursor": cursor}),
        json!({"instance_id": "mqtt-1", "cursor": cursor, "order_by": "created_asc"}),
        json!({"instance_id": "mqtt-1", "cursor": cursor, "filter": {"client_ids": ["a"]}}),
        json!({"instance_id": "mqtt-1", "cursor": ""}),
    ] {
        assert_eq!(
            perform(other.clone()).await.unwrap_err().field.as_deref(),
            Some("cursor"),
            "{other}"
        );
    }
    assert_eq!(network.sent().len(), calls, "a wrong cursor costs no call");
}

#[tokio::test(start_paused = true)]
async fn limit_pem_and_summary_may_change_between_pages_and_defaults_may_be_written_out() {
    let network = broker(5, 0);
    let first = perform(
        &network,
        json!({"instance_id": "mqtt-1", "limit": 2}),
        PLENTY,
    )
    .await
    .unwrap();
    let next = json!({
        "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1", "order_by": "created_desc", "filter": {},
        "limit": 10, "include_pem": true, "summary": true, "cursor": first.next_cursor
    });
    let second = perform(&network, next, PLENTY).await.unwrap();
    assert_eq!(
        (
            second.certificates.unwrap().len(),
            second.counts.unwrap().certificates
        ),
        (3, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_stays_within_its_budget() {
    for escaped in [false, true] {
        let budget = AnswerBudget {
            bytes: ENVELOPE_BYTES + 30_000,
            escaped,
        };
        let request = json!({"instance_id": "mqtt-1", "include_pem": true});
        let answer = perform(&broker(100, 1_000), request, budget).await.unwrap();
        assert!(answer.next_cursor.is_some());
        let json = serde_json::to_string(&answer).unwrap();
        let carried = if escaped {
            serde_json::to_string(&json).unwrap().len()
        } else {
            json.len()
        };
        assert!(
            carried > 15_000 && carried <= budget.bytes,
            "{carried} of {}, escaped: {escaped}",
            budget.bytes
        );
        let certificates = serde_json::to_string(&answer.certificates).unwrap();
        let certificates = if escaped {
            serde_json::to_string(&certificates).unwrap().len()
        } else {
            certificates.len()
        };
        assert!(
            certificates <= 30_000 + 4,
            "the rest is kept free for what is beside them: {certificates}"
        );
    }
}

#[tokio::test]
async fn the_answer_has_the_documented_members_and_no_others() {
    let answer = perform(&broker(0, 0), json!({"instance_id": "mqtt-1"}), PLENTY)
        .await
        .unwrap();
    let expected = json!({
        "operation": "describe", "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1", "certificates": [],
        "total_count": 0, "consistent": true, "next_cursor": null, "provider_request_ids": ["id-0"]
    });
    assert_eq!(
        serde_json::to_value(DescribeAnswer::One(answer)).unwrap(),
        expected
    );
}

#[test]
fn an_answer_in_the_log_has_no_pem() {
    let described = || DescribedCertificate {
        certificate: crate::model::Certificate {
            pem: Some("-----BEGIN".to_owned()),
            ..certificate(1, "client-1")
        },
        error: None,
    };
    let undecided = || UndecidedCertificate {
        described: described(),
        undecided_by: vec!["common_names"],
    };
    let region = || Region::parse("ap-guangzhou").unwrap();
    let one = DescribeAnswer::One(OneDescribeAnswer {
        operation: "describe",
        provider: ProviderName::TencentMqtt,
        region: region(),
        instance_id: None,
        certificates: Some(vec![described()]),
        undecided: Some(vec![undecided()]),
        undecided_count: Some(1),
        counts: None,
        total_count: Some(1),
        consistent: None,
        next_cursor: None,
        provider_request_ids: Vec::new(),
    });
    let sourced = SourcedCertificate {
        provider: ProviderName::TencentMqtt,
        region: region(),
        instance_id: None,
        described: described(),
    };
    let several = DescribeAnswer::Several(SeveralDescribeAnswer {
        operation: "describe",
        sources: Vec::new(),
        certificates: Some(vec![sourced]),
        undecided: Some(vec![SourcedUndecided {
            provider: ProviderName::TencentMqtt,
            region: region(),
            instance_id: None,
            undecided: undecided(),
        }]),
        undecided_count: Some(1),
        counts: None,
        total_count: Some(1),
        consistent: None,
        next_cursor: None,
    });
    for answer in [one, several] {
        let logged = serde_json::to_string(&answer.for_log()).unwrap();
        assert!(
            logged.contains("client-1") && !logged.contains("BEGIN"),
            "{logged}"
        );
    }
}
