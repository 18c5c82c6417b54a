//! Alibaba Cloud's recorded lists, of the broker and of the private CA, given to describe.

use serde_json::{Value, json};
use simulator::{FaultRule, Vendor};

use crate::cells::{calls, place, request, with};
use crate::recorded;
use crate::setup::{ALIBABA_INSTANCE, alibaba, at_once, cas, pair};

const PUBLISHED: &str = "alibaba-mqtt/ListDeviceCertificate.ok-doc-example";
const EMPTY: &str = "alibaba-mqtt/ListDeviceCertificate.ok-empty";
const TWO: &str = "alibaba-mqtt/ListDeviceCertificate.ok-two";
const TWO_OF_ONE_CA: &str = "alibaba-mqtt/ListDeviceCertificateByCaSn.ok-two";
const PCA_EMPTY: &str = "alibaba-cas/ListClientCertificate.ok-empty";
const PCA_ONE: &str = "alibaba-cas/ListClientCertificate.ok-one";

const CA: &str = "1b1e3bf3702110125887a3a721a7e66f05522513";

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    [PUBLISHED, EMPTY, TWO, TWO_OF_ONE_CA, PCA_EMPTY, PCA_ONE].into_iter()
}

/// A whole record, with these members of its own.
fn record(own: &Value) -> Value {
    let bare = json!({
        "serial_number_base": "hex", "ca_serial_number": null, "client_id": null, "source": null, "created_at": null,
        "updated_at": null, "last_activated_at": null, "last_inactivated_at": null, "revoked_at": null, "fingerprint_sha256": null,
        "ca_fingerprint_sha256": null, "disagreements": [], "pem": null
    });
    with(bare, own)
}

/// The two certificates of both of the broker's lists.
fn two() -> Value {
    json!([
        record(&json!({
            "serial_number": "8085f52ece5bd88308df6d98d9707716", "provider_serial_number": "8085f52ece5bd88308df6d98d9707716",
            "ca_serial_number": CA, "name": "vin-0001",
            "subject": { "common_name": "vin-0001.example.test", "organizational_unit": "设备部" },
            "status": "active", "provider_status": "1", "effective_status": "active", "usable": true,
            "not_before": "2025-03-01T00:00:00Z", "not_after": "2030-02-28T00:00:00Z",
            "fingerprint_sha256": "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33"
        })),
        record(&json!({
            "serial_number": "181cf3245523979e", "provider_serial_number": "181cf3245523979e",
            "ca_serial_number": CA, "name": "vin-0002",
            "subject": { "common_name": "vin-0002.example.test", "organizational_unit": "fleet" },
            "status": "inactive", "provider_status": "0", "effective_status": "expired", "usable": false,
            "not_before": "2024-07-01T00:00:00Z", "not_after": "2025-07-01T00:00:00Z",
            "fingerprint_sha256": "9971b9dceb6dfdf926d68e8f0750faf273789ee58a3ffb4c178a9f7757b0303a"
        }))
    ])
}

/// The certificate of the published example, whose text is no certificate; its serial number may be
/// read in both bases.
fn published() -> Value {
    json!([record(&json!({
        "serial_number": "356217374433000001", "serial_number_base": null, "provider_serial_number": "356217374433000001",
        "ca_serial_number": "f26900ba87000001", "name": "mqtt_device",
        "subject": { "common_name": null, "organizational_unit": null },
        "status": "active", "provider_status": "1", "effective_status": "active", "usable": true,
        "not_before": "2022-06-02T02:35:03Z", "not_after": "2032-05-30T02:35:03Z"
    }))])
}

/// The certificate of the private CA, which says what is good but not what a broker accepts.
fn of_the_pca() -> Value {
    json!([record(&json!({
        "serial_number": "62b2b943a32d96883a6650e672ea02760002", "provider_serial_number": "62b2b943a32d96883a6650e672ea02760002",
        "name": "vin-0001",
        "subject": { "common_name": "vin-0001.example.test", "organizational_unit": "Security" },
        "status": "good", "provider_status": "ISSUE", "effective_status": "expired", "usable": false,
        "not_before": "2021-10-15T07:45:58Z", "not_after": "2022-10-15T07:45:58Z",
        "fingerprint_sha256": "dbc7551c0c6f3d75224c906dcdd459a3f99fb7cb47e2a5b872d27a688693ea5e"
    }))])
}

#[tokio::test]
async fn every_list_gives_the_whole_answer_by_one_call() {
    let all = json!({ "MqttInstanceId": ALIBABA_INSTANCE, "PageNo": "1", "PageSize": "100" });
    let of_one_ca = with(all.clone(), &json!({ "CaSn": CA }));
    let narrowed = json!({ "filter": { "ca_serial_numbers": [CA] } });
    let pca = json!(["ListClientCertificate", { "CurrentPage": "1", "ShowSize": "100" }]);
    let all = json!(["ListDeviceCertificate", all]);
    let cases = [
        // Whatever its total and page number say.
        (
            Vendor::AlibabaMqtt,
            PUBLISHED,
            json!({}),
            published(),
            json!(1),
            all.clone(),
        ),
        (
            Vendor::AlibabaMqtt,
            EMPTY,
            json!({}),
            json!([]),
            json!(0),
            all.clone(),
        ),
        (Vendor::AlibabaMqtt, TWO, json!({}), two(), json!(2), all),
        // How many pass a filter is not known.
        (
            Vendor::AlibabaMqtt,
            TWO_OF_ONE_CA,
            narrowed,
            two(),
            Value::Null,
            json!(["ListDeviceCertificateByCaSn", of_one_ca]),
        ),
        (
            Vendor::AlibabaCas,
            PCA_EMPTY,
            json!({}),
            json!([]),
            json!(0),
            pca.clone(),
        ),
        (
            Vendor::AlibabaCas,
            PCA_ONE,
            json!({}),
            of_the_pca(),
            json!(1),
            pca,
        ),
    ];
    at_once(cases, |(vendor, name, own, certificates, total_count, call)| async move {
        let fleet = if vendor == Vendor::AlibabaMqtt { alibaba(vec![]) } else { cas(vec![]) };
        let (simulator, mut function) = pair("describe", fleet).await;
        simulator.fail(vendor, FaultRule::always(recorded::answer(name)));
        let expected = json!({
            "operation": "describe", "certificates": certificates, "total_count": total_count, "consistent": true, "next_cursor": null,
            "provider_request_ids": [recorded::body(name)["RequestId"]]
        });
        assert_eq!(function.invoke(request(vendor, &own)).await.json(), with(expected, &place(vendor)), "{name}");
        assert_eq!(calls(&simulator), json!([call]), "{name}");
    })
    .await;
}
