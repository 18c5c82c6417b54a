use super::*;

const FOUR: Sandboxes = Sandboxes {
    reserved: 4,
    queue: 2,
};

fn milliseconds(list: &str, sandboxes: Sandboxes) -> Result<Vec<(u128, u128, u32)>, String> {
    let limits = limits(list, sandboxes)?;
    let of = |limit: &RateLimit| {
        (
            limit.queue_interval.as_millis(),
            limit.caller_interval.as_millis(),
            limit.burst,
        )
    };
    Ok(limits.iter().map(of).collect())
}

#[test]
fn each_instance_has_its_part_of_the_share() {
    for (list, expected) in [
        // 2 sandboxes of the queue make 12 calls a second; 40 - 4 x 1 calls in ten seconds are
        // shared by the other 2.
        (
            "tencent-mqtt:DeactivateDeviceCertificate=12+4",
            (166, 555, 1),
        ),
        // 18 - 4 x 2 calls in ten seconds.
        ("aws-iot:DescribeCertificate=1.6+1.8", (1250, 2000, 2)),
        // All 4 sandboxes, when the queue uses none, make no more than 20 + 56 calls in ten
        // seconds.
        (
            "tencent-mqtt:DescribeDeviceCertificates=2+6",
            (1000, 526, 1),
        ),
        // A burst of 2 would use up more than half of 10 calls.
        ("aws-iot:DescribeCertificate=1+1", (2000, 3333, 1)),
    ] {
        assert_eq!(milliseconds(list, FOUR), Ok(vec![expected]), "{list}");
    }
    let two =
        " tencent-mqtt:DescribeDeviceCertificate=3+8 , alibaba-mqtt:GetDeviceCertificate=64+16";
    assert_eq!(
        milliseconds(two, FOUR),
        Ok(vec![(666, 392, 2), (31, 131, 2)])
    );
}

#[test]
fn a_function_without_a_queue_gives_its_share_to_all_instances() {
    let two = Sandboxes {
        reserved: 2,
        queue: 0,
    };
    for (list, expected) in [
        // 10 - 2 x 1 calls in ten seconds, shared by 2 sandboxes.
        (
            "tencent-mqtt:DescribeDeviceCertificates=0+1",
            (2500, 2500, 1),
        ),
        ("aws-iot:DescribeCertificate=0+0.6", (5000, 5000, 1)),
    ] {
        assert_eq!(milliseconds(list, two), Ok(vec![expected]), "{list}");
    }
    for (list, reason) in [
        ("aws-iot:DescribeCertificate=1+1", "must be like 0+6"),
        ("aws-iot:DescribeCertificate=0+0", "must be like 0+6"),
        ("aws-iot:DescribeCertificate=0+0.5", "too small"),
    ] {
        let refused = limits(list, two).unwrap_err();
        assert!(refused.contains(reason), "{list}: {refused}");
    }
}

#[test]
fn a_text_that_is_no_share_is_refused_with_the_right_form() {
    for (list, reason) in [
        ("", "must be a list like"),
        ("tencent-mqtt=8", "unknown action"),
        ("8", "must be a list like"),
        ("aws-iot:UpdateCertificate", "must be a list like"),
        ("aws-iot:UpdateCertificate=1+1,", "must be a list like"),
        ("aws-iot:Update=1+1", "aws-iot:UpdateCertificate"),
        ("aws-iot:UpdateCertificate=8", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=8+", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=0+8", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=8+0.0", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=-8+8", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=1.25+8", "must be like 2+6"),
        ("aws-iot:UpdateCertificate=1.+8", "must be like 2+6"),
        (
            "aws-iot:UpdateCertificate=99999999999+8",
            "must be like 2+6",
        ),
        (
            "aws-iot:UpdateCertificate=1+2,aws-iot:UpdateCertificate=1+2",
            "twice",
        ),
        ("aws-iot:UpdateCertificate=0.3+2", "too small"),
        ("aws-iot:UpdateCertificate=2+0.4", "too small"),
    ] {
        let refused = limits(list, FOUR).unwrap_err();
        assert!(refused.contains(reason), "{list}: {refused}");
    }
}

#[test]
fn the_three_variables_come_together_and_leave_instances_for_http() {
    let read = |set: [Option<&'static str>; 3]| {
        let lookup = |name: &str| {
            let at = [CALLS, RESERVED, QUEUE]
                .iter()
                .position(|variable| *variable == name)?;
            set[at].map(str::to_owned)
        };
        rate_limits(&lookup).map_err(|error| error.variable)
    };
    let list = Some("aws-iot:UpdateCertificate=0.8+2");
    assert_eq!(read([None; 3]), Ok(RateLimits::default()));
    let without_a_queue = Some("aws-iot:UpdateCertificate=0+2");
    for set in [
        [list, Some("4"), Some("2")],
        [without_a_queue, Some("1"), Some("0")],
    ] {
        assert!(read(set).is_ok_and(|limits| limits.iter().count() == 1));
    }
    for (set, variable) in [
        ([None, Some("4"), Some("2")], CALLS),
        ([list, None, Some("2")], RESERVED),
        ([list, Some("4"), None], QUEUE),
        ([list, Some("0"), Some("2")], RESERVED),
        ([list, Some("four"), Some("2")], RESERVED),
        ([list, Some("2"), Some("2")], QUEUE),
        ([list, Some("2"), Some("3")], QUEUE),
        ([list, Some("4"), Some("none")], QUEUE),
        ([list, Some("4"), Some("0")], CALLS),
    ] {
        assert_eq!(read(set), Err(variable), "{set:?}");
    }
}

proptest::proptest! {
    #[test]
    fn the_share_holds_in_any_ten_seconds_whatever_the_instances_do(
        queue_calls in 1_u32..5_000, caller_calls in 1_u32..5_000, reserved in 1_u32..200, of_queue in 0_u32..200,
    ) {
        let sandboxes = Sandboxes { reserved, queue: of_queue.min(reserved - 1) };
        let queue_calls = if sandboxes.queue == 0 { 0 } else { queue_calls };
        let share = Share { queue: queue_calls, callers: caller_calls };
        if let Some(limit) = limit(Action::DescribeCertificate, share, sandboxes) {
            let in_ten_seconds = |interval: Duration| WINDOW.as_secs_f64() / interval.as_secs_f64();
            for busy in 0..=sandboxes.queue {
                let paid = f64::from(busy) * in_ten_seconds(limit.queue_interval)
                    + f64::from(reserved - busy) * in_ten_seconds(limit.caller_interval);
                let most = paid + f64::from(reserved * limit.burst);
                proptest::prop_assert!(most <= f64::from(queue_calls + caller_calls) + 0.001, "{limit:?}: {most}");
            }
        }
    }
}
