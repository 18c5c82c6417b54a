//! Whether the vendor takes several values of one filter as alternatives.

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_is_called_unknown_before_the_vendor_has_shown_how_it_reads_several_values() {
    for (vendor, requested, expected, made) in [
        // One is missing: the vendor counts every status at once, in two orders, which both
        // find everything.
        (
            Vendor::of(&["0d"]),
            &["ab"][..],
            &["-"][..],
            &[
                "DeviceCertificateSn=ab|AB|00ab|00AB",
                EVERY_STATUS,
                BACKWARDS,
                "everything",
            ][..],
        ),
        // An instance without certificates has none to miss.
        (
            Vendor::of(&[]),
            &["ab"],
            &["-"],
            &[
                "DeviceCertificateSn=ab|AB|00ab|00AB",
                EVERY_STATUS,
                "everything",
            ],
        ),
        // Found alone, which says nothing about alternatives.
        (
            Vendor::of(&["11"]),
            &["11", "12"],
            &["active", "-"],
            &[
                "DeviceCertificateSn=11|0011|12|0012",
                EVERY_STATUS,
                BACKWARDS,
                "everything",
            ],
        ),
        // Two different numbers cannot have been found by a vendor that does not take alternatives.
        (
            Vendor::of(&["11", "12"]),
            &["11", "12", "13"],
            &["active", "active", "-"],
            &["DeviceCertificateSn=11|0011|12|0012|13|0013"],
        ),
        (
            Vendor::of(&["11"]),
            &["11"],
            &["active"],
            &["DeviceCertificateSn=11|0011"],
        ),
    ] {
        let network = vendor.network();
        assert_eq!(
            results_of(&look_up(&network, &references(requested)).await),
            expected,
            "{requested:?}"
        );
        assert_eq!(calls(&network), made);
    }
}

#[tokio::test(start_paused = true)]
async fn without_alternatives_certificates_are_read_one_by_one() {
    let network = Vendor {
        wants_all_values: true,
        ..Vendor::of(&["00ab", "11"])
    }
    .network();
    let answer = look_up(&network, &references(&["ab", "11", "12"])).await;
    assert_eq!(results_of(&answer), ["active", "active", "-"]);
    let expected = [
        "DeviceCertificateSn=ab|AB|00ab|00AB|11|0011|12|0012",
        EVERY_STATUS,
        "everything",
        "ab",
        "AB",
        "00ab",
        "11",
        "12",
        "0012",
    ];
    assert_eq!(
        calls(&network),
        expected,
        "every spelling, and none after it is found"
    );
}

#[tokio::test(start_paused = true)]
async fn with_a_vendor_that_uses_only_the_first_value_certificates_are_read_one_by_one() {
    let network = Vendor {
        uses_only_the_first: true,
        ..Vendor::of(&["ab", "11"])
    }
    .network();
    let answer = look_up(&network, &references(&["ab", "11", "12"])).await;
    assert_eq!(results_of(&answer), ["active", "active", "-"]);
    let expected = [
        "DeviceCertificateSn=ab|AB|00ab|00AB|11|0011|12|0012",
        EVERY_STATUS,
        BACKWARDS,
        "11",
        "12",
        "0012",
    ];
    assert_eq!(calls(&network), expected);
}

#[tokio::test(start_paused = true)]
async fn with_a_vendor_that_refuses_so_many_values_certificates_are_read_one_by_one() {
    let network = Vendor {
        most_values: Some(2),
        ..Vendor::of(&["11"])
    }
    .network();
    assert_eq!(
        results_of(&look_up(&network, &references(&["11", "12"])).await),
        ["active", "-"]
    );
    assert!(
        calls(&network).ends_with(&["12".to_owned(), "0012".to_owned()]),
        "{:?}",
        calls(&network)
    );
}

#[tokio::test(start_paused = true)]
async fn groups_that_wait_side_by_side_find_out_about_alternatives_once() {
    let network = Vendor::of(&["0d"])
        .network()
        .delayed(std::time::Duration::from_millis(10));
    look_up(&network, &references(&numbered(300))).await;
    let calls = calls(&network);
    assert_eq!(
        calls
            .iter()
            .filter(|call| !call.starts_with("DeviceCertificateSn="))
            .count(),
        3,
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn knowledge_about_several_values_is_not_probed_again() {
    for (wants_all_values, second) in [(false, 1), (true, 3)] {
        let network = Vendor {
            wants_all_values,
            ..Vendor::of(&["0d"])
        }
        .network();
        let bench = Bench::new(&network);
        let context = bench.context();
        let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
        provider.look_up(&references(&["11"]), false).await;
        let before = network.sent().len();
        provider.look_up(&references(&["12"]), false).await;
        assert_eq!(
            network.sent().len() - before,
            second,
            "{:?}",
            calls(&network)
        );
    }
}
