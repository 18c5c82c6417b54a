//! Rows that cannot be used in full, and certificates whose own record cannot be read.

use proptest::prelude::*;

use super::*;
use crate::provider::alibaba::tests::odd;

const WITHOUT_DETAILS: bool = false;

/// A vendor with these rows, as JSON.
fn listing(rows: Vec<String>) -> Network {
    Network::new(move |request| {
        let (page, size) = requested_page(request);
        let of_page: Vec<&str> = rows
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(String::as_str)
            .collect();
        let (total, rows) = (rows.len(), of_page.join(","));
        let body = format!(
            r#"{{"RequestId": "id-1", "Data": {{"Total": {total}, "DeviceCertificateVOS": [{rows}]}}}}"#
        );
        answer(200, body)
    })
}

async fn listed(network: &Network, position: Option<&str>, details: bool) -> Page {
    let query = ListQuery {
        filter: &Filter::default(),
        order: None,
        include_pem: false,
        include_clients: false,
        details,
    };
    page_with(network, &query, position).await.unwrap()
}

/// The text of each row, or the end of its error.
fn in_short(page: &Page) -> Vec<String> {
    let word = |entry: &Entry| match &entry.error {
        None => entry.certificate.provider_serial_number.clone().unwrap(),
        Some(error) => {
            assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
            let (_, problem) = error.detail.rsplit_once(": ").unwrap();
            problem.to_owned()
        }
    };
    page.certificates.iter().map(word).collect()
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_used_is_a_record_with_an_error_in_its_place() {
    let network = listing(vec![
        row("a001").to_string(),
        "null".to_owned(),
        r#"{"DeviceSn": "a002", "Status": "0", "DeviceName": "d"}"#.to_owned(),
        r#"{"DeviceSn": "\ud83d", "CaSn": "ca", "Status": "1"}"#.to_owned(),
        row("a003").to_string(),
    ]);
    for details in [true, false] {
        let page = listed(&network, None, details).await;
        assert_eq!(
            in_short(&page),
            [
                "a001",
                "it has neither a DeviceSn nor a CaSn that can be read",
                "it has no CaSn that can be read",
                "it has no DeviceSn that can be read",
                "a003"
            ]
        );
        let offsets: Vec<usize> = page.certificates.iter().map(|entry| entry.offset).collect();
        assert_eq!(offsets, [1, 2, 3, 4, 5]);
        assert_eq!(page.list_length, ListLength::Known(5));
        let facts = &page.certificates[2].certificate;
        assert_eq!(
            (
                facts.status,
                facts.name.as_deref(),
                facts.provider_serial_number.as_deref()
            ),
            (LifecycleStatus::Inactive, Some("d"), Some("a002")),
            "with what could be read"
        );
    }
    assert!(
        network
            .each(|sent| sent.parameter("DeviceSn"))
            .iter()
            .all(Option::is_none),
        "no call can name such a certificate"
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_no_number_is_listed_and_is_no_error() {
    let network = listing(vec![
        json!({"DeviceSn": "vin-1", "CaSn": "ca-******", "Status": "1"}).to_string(),
    ]);
    let page = listed(&network, None, WITHOUT_DETAILS).await;
    let Entry {
        certificate, error, ..
    } = &page.certificates[0];
    assert!(error.is_none());
    assert_eq!(
        (
            certificate.provider_serial_number.as_deref(),
            certificate.provider_ca_serial_number.as_deref(),
            certificate.serial_number.as_ref(),
            certificate.ca_serial_number.as_ref()
        ),
        (Some("vin-1"), Some("ca-******"), None, None)
    );
}

#[tokio::test(start_paused = true)]
async fn damaged_bytes_cost_the_text_that_holds_them() {
    let network = Network::new(|_| {
        let mut body = br#"{"RequestId": "id-1", "Data": {"DeviceCertificateVOS": [
            {"DeviceSn": "a001", "CaSn": "ca", "Status": "1", "DeviceName": "M"#
            .to_vec();
        body.extend(
            b"\xfcnchen\"}, {\"DeviceSn\": \"a002\", \"CaSn\": \"ca\", \"Status\": \"0\"}]}}",
        );
        answer(200, body)
    });
    let page = listed(&network, None, WITHOUT_DETAILS).await;
    assert_eq!(in_short(&page), ["a001", "a002"]);
    assert_eq!(page.certificates[0].certificate.name, None);
}

/// A vendor whose first row lacks members, and its answer about that certificate alone.
fn with_own_record(own: impl Fn() -> Answer + 'static) -> Network {
    let bare = json!({"DeviceSn": "11", "CaSn": "ca", "Status": "1", "DeviceName": "d"});
    let rows_of = vec![bare, row("a002")];
    Network::new(move |request| match header(request, "x-acs-action") {
        Some("GetDeviceCertificate") => own(),
        _ => rows(&json!(2), &rows_of),
    })
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_certificate_costs_only_its_own_members() {
    for (own, code) in [
        (
            ok(&json!({"RequestId": "id-2"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(
                &json!({"RequestId": "id-2", "Data": {"DeviceSn": "12", "CaSn": "ca", "Status": "0"}}),
            ),
            ErrorCode::ProviderInvalidResponse,
        ),
        (answer(200, "<html>"), ErrorCode::ProviderInvalidResponse),
        (
            recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
            ErrorCode::ProviderRejected,
        ),
        (
            recorded("alibaba-mqtt/Any.error-internal"),
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let (status, body) = {
            let response = own.unwrap();
            (response.status().as_u16(), response.into_body())
        };
        let network = with_own_record(move || answer(status, body.clone()));
        let page = page(&network, &Filter::default(), None).await.unwrap();
        assert_eq!(serials(&page), ["11", "a002"]);
        let errors: Vec<_> = page
            .certificates
            .iter()
            .map(|entry| entry.error.as_ref().map(|error| error.code))
            .collect();
        assert_eq!(errors, [Some(code), None]);
        let kept = &page.certificates[0].certificate;
        assert_eq!(
            (kept.status, kept.name.as_deref()),
            (LifecycleStatus::Active, Some("d"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_all_certificates_is_that_of_the_list() {
    for (case, code) in [
        ("alibaba-common/Any.error-throttling", ErrorCode::Throttled),
        (
            "alibaba-common/Any.error-signature",
            ErrorCode::ProviderRejected,
        ),
        (
            "alibaba-mqtt/InactivateDeviceCertificate.error-permission",
            ErrorCode::ProviderRejected,
        ),
        (
            "alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found",
            ErrorCode::NotFound,
        ),
    ] {
        let network = with_own_record(move || recorded(case));
        let error = page(&network, &Filter::default(), None).await.unwrap_err();
        assert_eq!(error.code, code, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_the_own_record_does_not_state_stays_as_the_row_has_it() {
    let own = json!({"DeviceSn": "11", "CaSn": "ca", "Status": [], "DeviceName": null,
        "ValidBegin": 1_740_787_200_000_i64, "ValidEnd": "1898467200000"});
    let network = with_own_record(move || ok(&json!({"RequestId": "id-2", "Data": own})));
    let page = page(&network, &Filter::default(), None).await.unwrap();
    let Entry {
        certificate, error, ..
    } = &page.certificates[0];
    assert!(error.is_none());
    assert_eq!(
        (
            certificate.status,
            certificate.name.as_deref(),
            certificate.not_after.unwrap().to_string().as_str()
        ),
        (LifecycleStatus::Active, Some("d"), "2030-02-28T00:00:00Z")
    );
}

/// A row, as JSON, and whether it can be used. `NAME` stands for its own serial number.
fn any_row() -> impl Strategy<Value = (String, bool)> {
    let sound = (odd(), odd(), odd()).prop_map(|(status, name, end)| {
        let members = format!(r#""Status": {status}, "DeviceName": {name}, "ValidEnd": {end}"#);
        (
            format!(r#"{{"DeviceSn": "NAME", "CaSn": "ca", {members}}}"#),
            true,
        )
    });
    let unnamed = (odd(), any::<bool>()).prop_map(|(odd, is_device)| {
        let (device, ca) = if is_device {
            (odd, "\"ca\"")
        } else {
            ("\"NAME\"", odd)
        };
        (
            format!(r#"{{"DeviceSn": {device}, "CaSn": {ca}, "Status": "1"}}"#),
            false,
        )
    });
    let contradicting = Just((
        r#"{"DeviceSn": "NAME", "DeviceSn": "b", "CaSn": "ca"}"#.to_owned(),
        false,
    ));
    let no_object = odd()
        .prop_filter("no object", |odd| !odd.starts_with('{'))
        .prop_map(|odd| (odd.to_owned(), false));
    prop_oneof![3 => sound, 2 => unnamed, 1 => contradicting, 2 => no_object]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn all_usable_rows_are_listed_in_their_places_and_every_position_goes_on(
        rows in prop::collection::vec(any_row(), 0..230)
    ) {
        let usable: Vec<bool> = rows.iter().map(|(_, is_usable)| *is_usable).collect();
        let named = |(index, (row, _)): (usize, &(String, bool))| row.replace("NAME", &format!("a{index:03}"));
        let network = listing(rows.iter().enumerate().map(named).collect());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            // The list from each position on, beginning with the first page.
            for begin in 0..=rows.len() {
                let (mut index, mut position) = (begin, (begin > 0).then(|| begin.to_string()));
                loop {
                    let page = listed(&network, position.as_deref(), WITHOUT_DETAILS).await;
                    for (offset, entry) in (1..).zip(&page.certificates) {
                        assert_eq!(entry.offset, offset);
                        assert_eq!(entry.error.is_none(), usable[index], "row {index}");
                        if usable[index] {
                            let name = entry.certificate.provider_serial_number.as_deref();
                            assert_eq!(name, Some(format!("a{index:03}").as_str()));
                        }
                        index += 1;
                    }
                    position = page.next;
                    if position.is_none() {
                        break;
                    }
                    // From the middle, one page is enough: the next one is another beginning.
                    if begin > 0 {
                        index = rows.len();
                        break;
                    }
                }
                assert_eq!(index, rows.len());
            }
        });
    }
}
