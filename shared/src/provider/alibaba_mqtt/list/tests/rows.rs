//! The members of a row, and those that are read from the certificate's own record.

use super::*;
use crate::model::Fingerprint;
use crate::request::Verdict;

/// A vendor whose one row lacks members, and its record of that certificate.
fn incomplete(row: Value, alone: impl Fn() -> Answer + 'static) -> Network {
    Network::new(move |request| match header(request, "x-acs-action") {
        Some("GetDeviceCertificate") => alone(),
        _ => rows(&json!(1), std::slice::from_ref(&row)),
    })
}

#[tokio::test(start_paused = true)]
async fn members_that_a_row_lacks_are_read_from_the_certificates_own_record() {
    let whole = recorded("alibaba-mqtt/GetDeviceCertificate.ok-active")
        .unwrap()
        .into_body();
    let whole: Value = serde_json::from_slice(&whole).unwrap();
    let without = |members: &[&str]| {
        let mut row = whole["Data"].clone();
        members
            .iter()
            .for_each(|member| drop(row.as_object_mut().unwrap().remove(*member)));
        row
    };
    let all = Filter::default();
    let named = Filter {
        common_names: vec!["a".to_owned()],
        ..Filter::default()
    };
    let in_unit = Filter {
        organizational_units: vec!["a".to_owned()],
        ..Filter::default()
    };
    let by_print = Filter {
        fingerprints_sha256: vec![Fingerprint::parse(&"ab".repeat(32)).unwrap()],
        ..Filter::default()
    };
    for (row, filter, include_pem, calls) in [
        (without(&[]), &all, true, 1),
        (without(&["DeviceContent"]), &all, false, 1),
        (without(&["DeviceContent"]), &all, true, 2),
        (without(&["ValidBegin", "DeviceContent"]), &all, false, 2),
        (without(&["ValidEnd", "DeviceContent"]), &all, false, 2),
        // The certificate itself has the dates.
        (without(&["ValidBegin", "ValidEnd"]), &all, false, 1),
        // Only the certificate has the member that a filter compares.
        (without(&["DeviceContent"]), &named, false, 2),
        (without(&["DeviceContent"]), &in_unit, false, 2),
        (without(&["DeviceContent"]), &by_print, false, 2),
        (without(&[]), &named, false, 1),
        (without(&[]), &by_print, false, 1),
    ] {
        let shown = row.to_string();
        let network = incomplete(row, || {
            recorded("alibaba-mqtt/GetDeviceCertificate.ok-active")
        });
        let page = page_with(
            &network,
            &ListQuery {
                filter,
                order: None,
                include_pem,
                include_clients: false,
                details: true,
            },
            None,
        )
        .await
        .unwrap();
        let certificate = &page.certificates[0].certificate;
        assert_eq!(network.sent().len(), calls, "{shown} {filter:?}");
        assert!(
            !certificate.subject.common_name.is_unknown() || filter.is_empty(),
            "{shown} {filter:?}"
        );
        assert_eq!(certificate.pem.is_some(), include_pem, "{shown}");
        assert_eq!(
            certificate.not_after.unwrap().to_string(),
            "2030-02-28T00:00:00Z",
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_details_a_row_is_all_that_is_read_and_filters_that_may_need_more_are_refused() {
    let bare = json!({"DeviceSn": "11", "CaSn": "ca", "Status": "1"});
    let network = incomplete(bare, || panic!("no call for a certificate"));
    for filter in [
        Filter::default(),
        of_ca("ca"),
        Filter {
            expires_within_days: Some(30),
            ..Filter::default()
        },
    ] {
        let query = ListQuery {
            filter: &filter,
            order: None,
            include_pem: false,
            include_clients: false,
            details: false,
        };
        let page = page_with(&network, &query, None).await.unwrap();
        let certificate = &page.certificates[0].certificate;
        assert_eq!(
            (
                certificate.not_after,
                certificate.status,
                certificate.usable
            ),
            (None, LifecycleStatus::Active, None)
        );
        let verdict = match filter.expires_within_days {
            Some(_) => Verdict::Undecided(vec!["expires_within_days"]),
            None => Verdict::Match,
        };
        assert_eq!(
            filter.judge(certificate, crate::testing::now()),
            verdict,
            "its end is not known: {filter:?}"
        );
    }
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let (texts, fingerprint) = (
        || vec!["a".to_owned()],
        Fingerprint::parse(&"ab".repeat(32)).unwrap(),
    );
    for (filter, field) in [
        (
            Filter {
                common_names: texts(),
                ..Filter::default()
            },
            Some("filter.common_names"),
        ),
        (
            Filter {
                organizational_units: texts(),
                ..Filter::default()
            },
            Some("filter.organizational_units"),
        ),
        (
            Filter {
                fingerprints_sha256: vec![fingerprint],
                ..Filter::default()
            },
            Some("filter.fingerprints_sha256"),
        ),
        (
            Filter {
                serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
                ..of_ca("ca")
            },
            None,
        ),
        (
            Filter {
                expires_within_days: Some(30),
                ..Filter::default()
            },
            None,
        ),
    ] {
        provider.capabilities().check(&filter, None, true).unwrap();
        let error = provider.capabilities().check(&filter, None, false).err();
        assert_eq!(
            error.as_ref().and_then(|error| error.field.as_deref()),
            field,
            "{filter:?}"
        );
        assert!(error.is_none_or(|error| error.code == ErrorCode::Unsupported));
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_whose_own_record_is_gone_stays() {
    let bare = json!({"DeviceSn": "11", "CaSn": "ca", "Status": "1"});
    let network = incomplete(bare, unknown);
    let listed = page(&network, &Filter::default(), None).await.unwrap();
    assert_eq!(
        (
            serials(&listed),
            listed.certificates[0].certificate.not_after
        ),
        (vec!["11"], None)
    );
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_read() {
    for (case, filter, expected) in [
        (
            "ListDeviceCertificate.ok-two",
            Filter::default(),
            &["8085f52ece5bd88308df6d98d9707716", "181cf3245523979e"][..],
        ),
        (
            "ListDeviceCertificateByCaSn.ok-two",
            of_ca("1b1e3bf3702110125887a3a721a7e66f05522513"),
            &["8085f52ece5bd88308df6d98d9707716", "181cf3245523979e"],
        ),
        ("ListDeviceCertificate.ok-empty", Filter::default(), &[]),
        (
            "ListDeviceCertificate.ok-doc-example",
            Filter::default(),
            &["356217374433000001"],
        ),
    ] {
        let network = Network::queue([recorded(&format!("alibaba-mqtt/{case}"))]);
        let page = page(&network, &filter, None).await.unwrap();
        assert_eq!(
            (serials(&page), page.next.as_deref()),
            (expected.to_vec(), None),
            "{case}"
        );
        assert_eq!(
            page.list_length,
            ListLength::Known(expected.len() as u64),
            "{case}: whatever Total says"
        );
        assert_eq!(page.request_ids.len(), 1);
    }
    let network = Network::queue([recorded("alibaba-mqtt/ListDeviceCertificate.ok-two")]);
    let page = page(&network, &Filter::default(), None).await.unwrap();
    let [first, second] = [0, 1].map(|index| &page.certificates[index].certificate);
    assert_eq!(
        (first.status, first.usable, first.name.as_deref()),
        (LifecycleStatus::Active, Some(true), Some("vin-0001"))
    );
    assert_eq!(
        first.fingerprint_sha256.as_ref().unwrap().as_str(),
        "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33"
    );
    assert_eq!(
        (second.status, second.subject.common_name.as_str()),
        (LifecycleStatus::Inactive, Some("vin-0002.example.test"))
    );
    assert!(first.disagreements.is_empty() && second.disagreements.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_may_be_left_out_and_other_forms_are_not_an_answer() {
    for data in [
        json!({"Total": 0}),
        json!({"Total": 1}),
        json!({"Total": 0, "DeviceCertificateVOS": null}),
        json!({"DeviceCertificateVOS": []}),
    ] {
        let network = Network::queue([ok(&json!({"RequestId": "id-1", "Data": data}))]);
        assert_eq!(
            page(&network, &Filter::default(), None)
                .await
                .unwrap()
                .list_length,
            ListLength::Known(0)
        );
    }
    for body in [
        json!({"RequestId": "id-1"}),
        json!({"RequestId": "id-1", "Data": []}),
        json!({"RequestId": "id-1", "Data": {"DeviceCertificateVOS": {}}}),
        json!({"RequestId": "id-1", "Data": {"DeviceCertificateVOS": "none"}}),
        json!({"RequestId": "id-1", "Data": {"DeviceCertificateVOS": [], "Total": 3}}),
        json!({"RequestId": "id-1", "Data": {"Total": "2"}}),
    ] {
        let network = Network::new(move |_| ok(&body));
        assert_eq!(
            page(&network, &Filter::default(), None)
                .await
                .unwrap_err()
                .code,
            ErrorCode::ProviderInvalidResponse
        );
    }
}
