//! The maximum number of certificates that a selection may change.

use super::*;
use crate::transport::Deadline;

#[tokio::test(start_paused = true)]
async fn a_selection_changes_one_certificate_unless_the_request_allows_more() {
    let stage = Stage::new(fleet(3));
    for members in [json!({}), json!({"max_certificates": 2})] {
        let error = stage.perform(&of_the_ca(members)).await.unwrap_err();
        assert_eq!(
            in_short(&error),
            (ErrorCode::SelectionTooLarge, Some("max_certificates"))
        );
        assert!(
            error.detail.contains("3 certificates") && error.detail.contains("plan_id"),
            "{error}"
        );
        assert_eq!(stage.writes(), 0);
    }
    let answer = stage
        .perform(&of_the_ca(json!({"max_certificates": 3})))
        .await
        .unwrap();
    assert_eq!((answer.order().summary.inactivated, stage.in_use()), (3, 0));
    // Those that are off would not be changed.
    stage.change("0001", |device| device.status = "ACTIVE");
    let answer = stage.perform(&of_the_ca(json!({}))).await.unwrap();
    let summary = answer.order().summary;
    assert_eq!((summary.inactivated, summary.already_inactive), (1, 2));
    assert_eq!(stage.writes(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_configuration_limits_the_number_that_a_request_may_allow() {
    let stage = Stage::with(Clouds::of(fleet(3)), &[("INACTIVATE_MAX_UNPLANNED", "2")]);
    let request = of_the_ca(json!({"max_certificates": 3}));
    let error = stage.perform(&request).await.unwrap_err();
    assert_eq!(
        in_short(&error),
        (ErrorCode::InvalidRequest, Some("max_certificates"))
    );
    assert!(error.detail.contains("at most 2"), "{error}");
    let request = request::parse(&request.to_string()).unwrap();
    let deferred = Inactivate::deferral_message(&stage.context(), &request).unwrap_err();
    assert_eq!(
        (deferred.code, stage.calls()),
        (ErrorCode::InvalidRequest, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn where_only_dry_runs_are_allowed_a_selection_is_not_carried_out_later_either() {
    let stage = Stage::with(Clouds::of(fleet(1)), &[("DRY_RUNS_ONLY", "yes")]);
    let request = of_the_ca(json!({}));
    let error = stage.perform(&request).await.unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::Forbidden, Some("dry_run")));
    let request = request::parse(&request.to_string()).unwrap();
    let deferred = Inactivate::deferral_message(&stage.context(), &request).unwrap_err();
    assert_eq!((deferred, stage.calls()), (error, 0));
}

#[tokio::test(start_paused = true)]
async fn results_without_a_change_are_told_as_far_as_there_is_room_and_all_are_counted() {
    let mut devices = fleet(130);
    devices.iter_mut().for_each(Device::take_out_of_use);
    devices.push(tencent(131, ""));
    let stage = Stage::new(devices);
    let answer = stage.perform(&of_the_ca(json!({}))).await.unwrap();
    let summary = answer.order().summary;
    assert_eq!((summary.inactivated, summary.already_inactive), (1, 130));
    assert_eq!(answer.results().len(), 101);
    assert_eq!(answer.order().order_summary, Some(summary));
    assert_eq!(answer.results()[0].outcome, Outcome::Inactivated);
}

#[tokio::test(start_paused = true)]
async fn more_than_one_order_selects_is_an_error_that_says_to_narrow() {
    let stage = Stage::new(fleet(MOST_SELECTED + 1));
    for dry_run in [true, false] {
        let error = stage
            .perform(&of_the_ca(json!({"dry_run": dry_run})))
            .await
            .unwrap_err();
        assert_eq!(
            in_short(&error),
            (ErrorCode::SelectionTooLarge, Some("select"))
        );
        assert!(error.detail.contains("narrow"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_was_off_and_is_switched_on_meanwhile_is_not_changed_beyond_the_bound() {
    for (force, most, writes) in [(false, 1, 1), (true, 2, 2)] {
        let off = Device {
            status: "INACTIVE",
            ..tencent(2, "truck-2")
        };
        let clouds = Clouds::of([tencent(1, "truck-1"), off]);
        let vendor = clouds.clone();
        let is_read = std::cell::Cell::new(false);
        let network = Network::new(move |request| match header(request, "x-tc-action") {
            Some("DescribeClientList") => {
                crate::testing::network::ok(&json!({"Response": {"Clients": []}}))
            }
            _ => {
                // The selection is listed by the CA, and its certificates are read by their numbers.
                let is_by_number =
                    String::from_utf8_lossy(request.body()).contains("DeviceCertificateSn");
                if is_by_number && !is_read.replace(true) {
                    vendor.devices.borrow_mut()[1].status = "ACTIVE";
                }
                vendor.answer(request)
            }
        });
        let stage = Stage {
            bench: Bench::new(&network),
            clouds,
            network,
            continues: false,
        };
        let members = json!({"end_sessions": true, "force": force, "max_certificates": most});
        let answer = stage.perform(&of_the_ca(members)).await.unwrap();
        let result = answer.results()[1];
        let code = result.error.as_ref().map(|error| error.code);
        let expected = (!force).then_some(ErrorCode::Conflict);
        assert_eq!((code, stage.writes()), (expected, writes), "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_selection_that_cannot_be_read_in_time_changes_nothing_and_says_how_to_go_on() {
    let slowly = [
        (
            "CALLS_PER_SECOND",
            "tencent-mqtt:DescribeDeviceCertificates=1+1",
        ),
        ("RESERVED_CONCURRENCY", "2"),
        ("QUEUE_CONCURRENCY", "1"),
    ];
    let mut stage = Stage::with(Clouds::of(fleet(1_900)), &slowly);
    stage.bench.deadline = Deadline::after(std::time::Duration::from_secs(10));
    let request = of_the_ca(json!({"max_certificates": 10}));
    let error = stage.perform(&request).await.unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::Timeout, None));
    for way in ["narrow", "name the certificates", "page by page"] {
        assert!(error.detail.contains(way), "{error}");
    }
    assert_eq!((stage.writes(), stage.in_use()), (0, 1_900));
}
