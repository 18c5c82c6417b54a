//! Lists and texts of CAs that several searches share.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_certificate_under_the_callers_text_of_a_ca_is_found_after_another_text_was_learned() {
    let network = vendor(&[("11", "f2"), ("AB", "00f2")]);
    let bench = Bench::new(&network);
    let context = bench.context();
    for (serial, ca, found) in [("11", "f2", "11"), ("ff", "f2", ""), ("ab", "00f2", "AB")] {
        let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
        let key = find_with(&provider, &reference(serial, ca), true)
            .await
            .unwrap()
            .map(|found| found.key);
        assert_eq!(key.unwrap_or_default(), found, "{serial}/{ca}");
    }
    let sent = requested(&network);
    assert!(
        sent.ends_with(&[
            "ab/00f2".to_owned(),
            "list/f2".to_owned(),
            "list/00f2".to_owned()
        ]),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_ca_is_known_to_the_next_request_of_the_sandbox_and_that_it_is_not_there_is_not()
 {
    let network = vendor(&[("11", "00F2"), ("ee", "00F2")]);
    let bench = Bench::new(&network);
    let context = bench.context();
    for (serial, ca, expected) in [
        (
            "11",
            "f2",
            &[
                "11/f2",
                "list/f2",
                "list/00f2",
                "list/F2",
                "list/242",
                "list/00F2",
            ][..],
        ),
        ("11", "F2", &["11/F2", "list/00F2", "11/00F2"]),
        ("0xAB", "F2", &["AB/F2", "list/00F2", "list/F2"]),
        (
            "ab",
            "f3",
            &[
                "ab/f3",
                "list/f3",
                "list/00f3",
                "list/F3",
                "list/243",
                "list/00F3",
            ],
        ),
        (
            "ab",
            "f3",
            &[
                "ab/f3",
                "list/f3",
                "list/00f3",
                "list/F3",
                "list/243",
                "list/00F3",
            ],
        ),
    ] {
        let before = network.sent().len();
        let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
        find_with(&provider, &reference(serial, ca), true)
            .await
            .unwrap();
        assert_eq!(requested(&network)[before..], *expected, "{expected:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_of_one_request_share_a_page_that_only_a_read_is_acted_on() {
    let network = vendor(&[("00ab", "ca"), ("00ac", "ca")]);
    let mut bench = Bench::new(&network);
    bench.deadline = Deadline::after(Duration::from_secs(600));
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    for (serial, expected) in [
        ("ab", &["ab/ca", "list/ca"][..]),
        ("ac", &["ac/ca", "00ac/ca"]),
        ("ad", &["ad/ca"]),
    ] {
        let before = network.sent().len();
        find_with(&provider, &reference(serial, "ca"), true)
            .await
            .unwrap();
        assert_eq!(requested(&network)[before..], *expected);
    }
    tokio::time::advance(Duration::from_secs(60)).await;
    let before = network.sent().len();
    find_with(&provider, &reference("ad", "ca"), true)
        .await
        .unwrap();
    assert_eq!(
        requested(&network)[before..],
        ["ad/ca", "list/ca"],
        "a device may have connected since"
    );
}
