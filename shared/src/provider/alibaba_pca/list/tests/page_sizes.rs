//! Page sizes that differ from the requested one.

use super::*;

#[tokio::test(start_paused = true)]
async fn every_certificate_comes_once_however_small_the_vendors_pages_are() {
    for says in [Says::PageSize, Says::Requested, Says::Nothing] {
        for (count, most) in [
            (250, 100),
            (250, 50),
            (130, 20),
            (100, 20),
            (5, 20),
            (21, 20),
            (7, 1),
        ] {
            let network = vendor(count, most, says);
            assert_eq!(
                whole(&network, None).await,
                (1..=count as u64).collect::<Vec<_>>(),
                "{count} by {most}"
            );
            let sizes: Vec<String> = requested(&network).into_iter().skip(1).collect();
            assert!(
                sizes
                    .iter()
                    .all(|size| size.ends_with(&format!("x{}", most.min(100)))),
                "{sizes:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_size_that_the_vendor_lowers_on_the_first_page_makes_that_page() {
    let network = vendor(130, 20, Says::PageSize);
    let first = page(&network, &Filter::default(), None).await.unwrap();
    assert_eq!(
        (
            first.position.as_str(),
            first.next.as_deref(),
            first.certificates.len()
        ),
        ("20x0", Some("20x20"), 20)
    );
    assert_eq!(
        requested(&network),
        ["1x100"],
        "the page that was given is the first one at any size"
    );
}

#[tokio::test(start_paused = true)]
async fn a_size_that_the_vendor_lowers_later_makes_another_page_of_that_number() {
    let network = vendor(250, 20, Says::PageSize);
    let later = page(&network, &Filter::default(), Some("100x105"))
        .await
        .unwrap();
    assert_eq!(
        (
            later.position.as_str(),
            later.next.as_deref(),
            later.certificates.len()
        ),
        ("20x105", Some("20x120"), 15)
    );
    assert_eq!(
        later.certificates[0]
            .certificate
            .serial_number
            .as_ref()
            .unwrap()
            .as_str(),
        "6a"
    );
    assert_eq!(requested(&network), ["2x100", "6x20"]);
    // A position on the first page that is beyond it now.
    let network = vendor(250, 20, Says::PageSize);
    let later = page(&network, &Filter::default(), Some("100x45"))
        .await
        .unwrap();
    assert_eq!(
        (
            later.certificates[0]
                .certificate
                .serial_number
                .as_ref()
                .unwrap()
                .as_str(),
            later.next.as_deref()
        ),
        ("2e", Some("20x60"))
    );
    assert_eq!(requested(&network), ["1x100", "3x20"]);
    assert_eq!(
        whole(&vendor(250, 20, Says::PageSize), Some("100x105".to_owned())).await,
        (106..=250).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_larger_than_requested_hides_nothing() {
    let network = Network::new(|request| {
        let url = url(request).replace("ShowSize=100", "ShowSize=150");
        page_of(400, 150, Says::Nothing, &url)
    });
    assert_eq!(whole(&network, None).await, (1..=400).collect::<Vec<_>>());
    assert_eq!(
        whole(&network, Some("100x105".to_owned())).await,
        (106..=400).collect::<Vec<_>>()
    );
}
