//! Certificates are changed only where the deployment allows it.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_on_the_list_is_not_even_read() {
    for allowed in ["", "post-cn-2", "post-cn-11,post-cn", "POST-CN-1"] {
        for dry_run in [false, true] {
            let (result, calls) =
                perform(&[("INACTIVATE_ALLOWED_INSTANCES", allowed)], body(dry_run)).await;
            let error = result.unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (ErrorCode::Forbidden, Some("instance_id")),
                "{allowed:?}"
            );
            assert!(
                error.detail.contains("post-cn-1")
                    && error.detail.contains("INACTIVATE_ALLOWED_INSTANCES"),
                "{}",
                error.detail
            );
            assert!(calls.is_empty(), "{calls:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_on_the_list_is_read_and_a_dry_run_stops_there() {
    for allowed in ["post-cn-1", "post-cn-2, post-cn-1", "*"] {
        let (result, calls) =
            perform(&[("INACTIVATE_ALLOWED_INSTANCES", allowed)], body(true)).await;
        let answer = result.unwrap();
        assert_eq!(outcomes(&answer.results), [Outcome::WouldInactivate]);
        assert_eq!(calls, [READ], "{allowed}");
        assert_eq!(
            (
                answer.operation,
                answer.order.dry_run,
                answer.order.summary.would_inactivate
            ),
            ("inactivate", true, 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn where_only_dry_runs_are_allowed_an_order_makes_no_call() {
    let variables = [
        ("INACTIVATE_ALLOWED_INSTANCES", "*"),
        ("DRY_RUNS_ONLY", "yes"),
    ];
    let (result, calls) = perform(&variables, body(true)).await;
    assert_eq!(
        outcomes(&result.unwrap().results),
        [Outcome::WouldInactivate]
    );
    assert_eq!(calls, [READ]);

    let (result, calls) = perform(&variables, body(false)).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::Forbidden, Some("dry_run"))
    );
    assert!(error.detail.contains("DRY_RUNS_ONLY"), "{}", error.detail);
    assert!(calls.is_empty(), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_instances_is_allowed_by_its_own_name_and_by_the_star() {
    let network = Network::queue([]);
    for (allowed, expected) in [
        ("*", true),
        ("aws-iot", true),
        ("post-cn-1, aws-iot", true),
        ("post-cn-1", false),
        ("alibaba-pca", false),
        ("AWS-IOT", false),
        ("aws-iot-2,aws", false),
        ("", false),
    ] {
        let bench = Bench::with(&network, &[("INACTIVATE_ALLOWED_INSTANCES", allowed)]);
        let scope = Scope {
            provider: ProviderName::AwsIot,
            region: Region::parse("eu-west-1").unwrap(),
            instance_id: None,
        };
        match check_allowed(&bench.context(), Target::Inactive, &Source::from(&scope)) {
            Ok(()) => assert!(expected, "{allowed:?}"),
            Err(error) => {
                assert!(!expected, "{allowed:?}");
                assert_eq!(
                    (error.code, error.field.as_deref()),
                    (ErrorCode::Forbidden, Some("provider"))
                );
                assert!(
                    error.detail.contains("aws-iot")
                        && error.detail.contains("INACTIVATE_ALLOWED_INSTANCES"),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_provider_does_not_allow_its_instances() {
    let (result, calls) = perform(
        &[("INACTIVATE_ALLOWED_INSTANCES", "alibaba-mqtt")],
        body(false),
    )
    .await;
    assert_eq!(
        (result.unwrap_err().code, calls.len()),
        (ErrorCode::Forbidden, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_aws_is_read_and_inactivated_by_its_fingerprint_where_its_provider_is_allowed()
 {
    let id = "ab".repeat(32);
    let order = json!({"provider": "aws-iot", "region": "eu-west-1", "certificates": [{"fingerprint_sha256": id}]});
    for (allowed, outcome) in [
        ("mqtt-1", None),
        ("mqtt-1,aws-iot", Some(Outcome::Inactivated)),
    ] {
        let is_off = std::cell::Cell::new(false);
        let network = Network::new(move |request| {
            let changes = request.method() == http::Method::PUT;
            is_off.set(is_off.get() || changes);
            let status = if is_off.get() { "INACTIVE" } else { "ACTIVE" };
            let id = request.uri().path().rsplit('/').next().unwrap();
            if changes {
                ok(&json!({}))
            } else {
                ok(&json!({"certificateDescription": {"certificateId": id, "status": status}}))
            }
        });
        let bench = Bench::with(&network, &[("INACTIVATE_ALLOWED_INSTANCES", allowed)]);
        let result = Inactivate::perform(
            &bench.context(),
            request::parse(&order.to_string()).unwrap(),
            BUDGET,
        )
        .await;
        match outcome {
            Some(outcome) => {
                let answer = one(result.unwrap());
                assert_eq!(
                    (outcomes(&answer.results), answer.results[0].verified),
                    (vec![outcome], true)
                );
                let methods = network.each(|sent| sent.request.method().to_string());
                assert_eq!(
                    (methods, &answer.instance_id),
                    (["GET", "PUT", "GET"].map(str::to_owned).to_vec(), &None)
                );
            }
            None => assert_eq!(
                (result.unwrap_err().code, network.sent().len()),
                (ErrorCode::Forbidden, 0)
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_only_revokes_is_unsupported_whatever_is_allowed() {
    let order = json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{"serial_number": "0a"}]});
    let (result, calls) = perform(&[("INACTIVATE_ALLOWED_INSTANCES", "*")], order).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref(), calls.len()),
        (ErrorCode::Unsupported, Some("provider"), 0)
    );
}
