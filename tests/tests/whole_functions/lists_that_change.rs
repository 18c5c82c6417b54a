//! Lists that change while they are read: nothing comes twice, and the answer says so where the
//! vendor lets it be known.

use serde_json::json;
use simulator::{Simulator, Vendor};

use crate::cells::{calls, request};
use crate::fleets_of_ten_thousand::{MANY, at, followed, held, is_reported, names};
use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, function, simulator};

/// The action that lists, at the vendors whose pages are counted and not marked.
const LISTS: [(Vendor, &str); 3] = [
    (Vendor::TencentMqtt, "DescribeDeviceCertificates"),
    (Vendor::AlibabaMqtt, "ListDeviceCertificate"),
    (Vendor::AlibabaCas, "ListClientCertificate"),
];

/// Removes the certificate at this index of the vendor's list.
fn remove(simulator: &Simulator, vendor: Vendor, action: &str, calls: usize, place: usize) {
    simulator.change_after(vendor, action, calls, move |fleet| match vendor {
        // The list begins with the newest.
        Vendor::TencentMqtt => {
            let certificates = &mut fleet
                .tencent_mqtt
                .get_mut(TENCENT_INSTANCE)
                .unwrap()
                .certificates;
            certificates.remove(certificates.len() - 1 - place);
        }
        Vendor::AlibabaMqtt => drop(
            fleet
                .alibaba_mqtt
                .get_mut(ALIBABA_INSTANCE)
                .unwrap()
                .certificates
                .remove(place),
        ),
        _ => {
            let serial = fleet.alibaba_cas.keys().nth(place).unwrap().clone();
            fleet.alibaba_cas.remove(&serial);
        }
    });
}

#[tokio::test]
async fn a_certificate_that_is_removed_while_its_list_is_read_makes_it_inconsistent() {
    for (vendor, action) in LISTS {
        let simulator = simulator(at(vendor, MANY)).await;
        let before = held(&simulator, vendor);
        // Everything behind moves up by one: the first of the next page slips into the page that
        // was read.
        remove(&simulator, vendor, action, 30, 500);
        let mut function = function("describe", &simulator).await;
        let answers = followed(&mut function, request(vendor, &json!({ "limit": MANY }))).await;
        let names = names(&answers, vendor);
        assert!(is_reported(&answers), "{vendor:?}");
        assert_eq!(
            (names.len(), before.len()),
            (MANY - 1, MANY),
            "{vendor:?}: one was missed, and the answer says so"
        );
    }
}

#[tokio::test]
async fn at_aws_deletions_while_the_list_is_read_neither_repeat_nor_skip_any() {
    let simulator = simulator(at(Vendor::AwsIot, 2_000)).await;
    let newest_first: Vec<String> = simulator.with_fleet(|fleet| {
        let mut all: Vec<_> = fleet.aws_iot.values().cloned().collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.creation_date));
        all.into_iter().map(|one| one.certificate_id).collect()
    });
    // One that was listed, the last of the third page, whose place the marker names, one of the
    // page that is read now, and one to come.
    let deleted: Vec<String> = [7, 299, 250, 1_500]
        .map(|place| newest_first[place].clone())
        .into();
    let gone = deleted.clone();
    simulator.change_after(Vendor::AwsIot, "ListCertificates", 3, move |fleet| {
        gone.iter().for_each(|id| drop(fleet.aws_iot.remove(id)))
    });
    let mut function = function("describe", &simulator).await;
    let answers = followed(
        &mut function,
        request(Vendor::AwsIot, &json!({ "limit": MANY })),
    )
    .await;
    let names = names(&answers, Vendor::AwsIot);
    let expected: Vec<&String> = newest_first
        .iter()
        .filter(|id| **id == deleted[0] || !deleted.contains(id))
        .collect();
    assert_eq!(
        names.iter().collect::<Vec<_>>(),
        expected,
        "in their order, each once, without those that are gone"
    );
    assert!(answers.iter().all(|answer| answer["consistent"] == true));
    assert_eq!(
        calls(&simulator).as_array().unwrap().len(),
        20 + 1_999,
        "the one to come was not listed any more"
    );
}
