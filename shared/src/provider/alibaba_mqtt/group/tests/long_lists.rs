//! Lists of more than one page.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_pages_of_a_longer_list_are_read_where_they_are_fewer_than_the_certificates() {
    for (count, wanted_numbers, expected) in [
        // Two pages more for three certificates of the last ones.
        (
            250,
            vec!["a0f0", "a0f1", "a0f2"],
            vec!["list/ca", "list2/ca", "list3/ca"],
        ),
        (
            250,
            vec!["a001", "a0f1", "a0f2"],
            vec!["list/ca", "a0f1/ca", "a0f2/ca"],
        ),
        // Certificates that the pages do not show are read alone: they may have moved.
        (
            250,
            vec!["a0f0", "a0f1", "a0f2", "b001"],
            vec!["list/ca", "list2/ca", "list3/ca", "b001/ca"],
        ),
    ] {
        let known = numbered(count);
        let network = vendor(&known);
        let expected_keys: Vec<&str> = wanted_numbers
            .iter()
            .map(|serial| if *serial == "b001" { "-" } else { serial })
            .collect();
        assert_eq!(
            results_of(&find_group(&network, &wanted_numbers).await),
            expected_keys
        );
        assert_eq!(requested(&network), expected, "{wanted_numbers:?}");
        let network = vendor(&known);
        assert_eq!(
            results_of(&read_group(&network, &wanted_numbers).await),
            expected_keys
        );
        assert_eq!(requested(&network), expected, "{wanted_numbers:?}");
    }
}

#[test]
fn pages_are_read_where_they_take_less_than_the_certificates() {
    // Total, pages read, certificates left, and how many certificates a page is worth.
    for ((total, read, left, worth), expected) in [
        ((Some(1_000), 1, 20, 1), 2..11),
        ((Some(1_000), 1, 20, 2), 2..11),
        ((Some(1_000), 1, 20, 3), 0..0),
        ((Some(1_000), 1, 9, 1), 0..0),
        ((Some(1_000), 0, 20, 16), 0..0),
        ((Some(150), 1, 20, 16), 2..3),
        ((None, 1, 20, 1), 0..0),
    ] {
        let pages: Vec<usize> = pages_worth_reading(total, read, left, worth).collect();
        assert_eq!(
            pages,
            expected.collect::<Vec<_>>(),
            "{total:?} {read} {left} {worth}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_that_may_be_a_number_of_pages_is_no_reason_to_read_them() {
    for total in [json!(3), json!(null)] {
        let network = Network::new(move |request| match parameter(request, "DeviceSn") {
            None => {
                let rows: Vec<_> = (0..100)
                    .map(|_| json!({"DeviceSn": "b001", "CaSn": "ca", "Status": "1"}))
                    .collect();
                ok(
                    &json!({"RequestId": "id-2", "Data": {"Total": total, "DeviceCertificateVOS": rows}}),
                )
            }
            Some(device) => certificate(&device, "ca", "1"),
        });
        assert_eq!(
            results_of(&find_group(&network, &["a001", "a002", "a003"]).await),
            ["a001", "a002", "a003"]
        );
        assert_eq!(
            requested(&network),
            ["list/ca", "a001/ca", "a002/ca", "a003/ca"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_known_to_be_long_is_not_probed_again() {
    let known = numbered(1000);
    let network = vendor(&known);
    let few: &[&str] = &["a301", "a302", "a303"];
    let many: Vec<&str> = known[980..].iter().map(|(serial, _)| *serial).collect();
    let answers = find_groups(&network, &[few, few, &many]).await;
    assert_eq!(results_of(&answers[2]), many);
    let requested = requested(&network);
    assert_eq!(
        requested[..7],
        [
            "list/ca", "a301/ca", "a302/ca", "a303/ca", "a301/ca", "a302/ca", "a303/ca"
        ]
    );
    assert_eq!(
        requested[7..],
        [
            "list/ca",
            "list2/ca",
            "list3/ca",
            "list4/ca",
            "list5/ca",
            "list6/ca",
            "list7/ca",
            "list8/ca",
            "list9/ca",
            "list10/ca"
        ]
    );
}
