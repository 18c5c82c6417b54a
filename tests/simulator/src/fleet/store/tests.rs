use super::*;
use crate::tencent_mqtt::{self, ListOrder, ordered};
use crate::{TencentCertificate, TencentInstance};

fn store() -> Store {
    let certificate = |serial: &str, created_time, update_time| TencentCertificate {
        device_certificate_sn: serial.to_owned(),
        created_time,
        update_time,
        ..TencentCertificate::default()
    };
    Store::new(
        Fleet::of([TencentInstance {
            instance_id: "mqtt-a".to_owned(),
            certificates: vec![
                certificate("a", 2, 9),
                certificate("b", 1, 8),
                certificate("c", 2, 7),
            ],
            ..TencentInstance::default()
        }]),
        Duration::ZERO,
    )
}

fn serials(store: &mut Store, order: ListOrder) -> String {
    ordered(store, "mqtt-a", order)
        .map(|certificate| certificate.device_certificate_sn.as_str())
        .collect()
}

#[test]
fn every_order_sorts_by_its_time_and_keeps_equals_in_place() {
    let mut store = store();
    assert_eq!(serials(&mut store, ListOrder::CreatedDescending), "acb");
    assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "bac");
    assert_eq!(serials(&mut store, ListOrder::UpdatedDescending), "abc");
    assert_eq!(serials(&mut store, ListOrder::UpdatedAscending), "cba");
    assert!(
        ordered(&mut store, "mqtt-b", ListOrder::CreatedAscending)
            .next()
            .is_none()
    );
}

#[test]
fn a_change_is_seen_by_the_next_list() {
    let mut store = store();
    assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "bac");
    store.edit(Instant::now(), |fleet| {
        fleet
            .tencent_certificate("mqtt-a", "c")
            .unwrap()
            .created_time = 0
    });
    assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "cba");
}

/// A store whose reads are ten seconds behind, and a way to say a time in seconds.
fn behind() -> (Store, impl Fn(u64) -> Instant) {
    let (mut store, start) = (store(), Instant::now() + Duration::from_secs(60));
    store.set_reads_lag(Duration::from_secs(10));
    (store, move |seconds| start + Duration::from_secs(seconds))
}

fn switch(store: &mut Store, status: &str, now: Instant) {
    let certificate = store
        .change::<tencent_mqtt::Instances>(&("mqtt-a".to_owned(), "b".to_owned()), now)
        .unwrap();
    status.clone_into(&mut certificate.status);
    certificate.update_time += 10;
}

fn status_seen(store: &mut Store, now: Instant) -> String {
    store.read(now, |store| {
        store.fleet().tencent_mqtt["mqtt-a"].certificates[1]
            .status
            .clone()
    })
}

#[test]
fn a_read_sees_the_state_of_one_lag_ago_between_several_changes() {
    let (mut store, at) = behind();
    for (seconds, status) in [(0, "one"), (4, "two"), (9, "three")] {
        switch(&mut store, status, at(seconds));
        assert_eq!(
            store.fleet().tencent_mqtt["mqtt-a"].certificates[1].status,
            status,
            "the true state is changed at once"
        );
    }
    for (seconds, status) in [
        (9, "ACTIVE"),
        (10, "one"),
        (13, "one"),
        (14, "two"),
        (18, "two"),
        (19, "three"),
        (99, "three"),
    ] {
        assert_eq!(
            status_seen(&mut store, at(seconds)),
            status,
            "after {seconds} seconds"
        );
    }
    assert_eq!(
        store.fleet().tencent_mqtt["mqtt-a"].certificates[1].status,
        "three",
        "reads leave the true state as it is"
    );
}

#[test]
fn a_list_by_the_time_of_update_is_in_the_order_of_one_lag_ago() {
    let (mut store, at) = behind();
    let list = |store: &mut Store, seconds| {
        store.read(at(seconds), |store| {
            serials(store, ListOrder::UpdatedDescending)
        })
    };
    assert_eq!(list(&mut store, 0), "abc");
    switch(&mut store, "INACTIVE", at(0));
    assert_eq!(
        (
            list(&mut store, 9),
            serials(&mut store, ListOrder::UpdatedDescending)
        ),
        ("abc".to_owned(), "bac".to_owned())
    );
    assert_eq!(list(&mut store, 10), "bac");
}

#[test]
fn a_longer_lag_shows_what_is_remembered_and_no_lag_shows_the_truth() {
    let (mut store, at) = behind();
    switch(&mut store, "INACTIVE", at(0));
    store.set_reads_lag(Duration::from_secs(20));
    assert_eq!(
        (
            status_seen(&mut store, at(19)),
            status_seen(&mut store, at(20))
        ),
        ("ACTIVE".to_owned(), "INACTIVE".to_owned())
    );
    store.set_reads_lag(Duration::ZERO);
    assert_eq!(status_seen(&mut store, at(0)), "INACTIVE");
}

#[test]
fn an_edit_is_remembered_where_it_changes_a_status_even_when_the_certificate_moves() {
    let (mut store, at) = behind();
    store.edit(at(0), |fleet| {
        fleet.tencent_certificate("mqtt-a", "b").unwrap().status = "REVOKED".to_owned()
    });
    store.edit(at(1), |fleet| {
        drop(
            fleet
                .tencent_mqtt
                .get_mut("mqtt-a")
                .unwrap()
                .certificates
                .remove(0),
        )
    });
    let seen = |store: &mut Store, seconds| {
        store.read(at(seconds), |store| {
            let instance = &store.fleet().tencent_mqtt["mqtt-a"];
            instance
                .certificates
                .iter()
                .map(|one| one.status.clone())
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    assert_eq!(
        seen(&mut store, 9),
        "ACTIVE ACTIVE",
        "a removed certificate is gone at once"
    );
    assert_eq!(seen(&mut store, 10), "REVOKED ACTIVE");
}

#[test]
fn changes_older_than_the_lag_are_forgotten() {
    let (mut store, at) = behind();
    for seconds in 0..100 {
        switch(&mut store, "INACTIVE", at(seconds));
    }
    store.histories.forget_until(at(98));
    assert!(!store.histories.is_empty());
    store.histories.forget_until(at(99));
    assert!(store.histories.is_empty());
}
