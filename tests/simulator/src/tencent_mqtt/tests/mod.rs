mod gateway;

use super::*;
use crate::testing::{TencentCall, exchange, with_options};
use crate::{FilterValues, Fleet, Options, Simulator, TencentCertificate, Vendor};

/// Ten certificates `c0` to `c9`, created in this order, of which every third is inactive.
async fn ten() -> Simulator {
    ten_with(FilterValues::Alternatives).await
}

async fn ten_with(filter_values: FilterValues) -> Simulator {
    let certificates = (0..10_i64)
        .map(|number| TencentCertificate {
            client_id: format!("client-{number}"),
            device_certificate_sn: format!("c{number}"),
            device_certificate_cn: format!("car-{}", number % 2),
            ca_sn: format!("ca-{}", number % 5),
            status: if number % 3 == 0 {
                "INACTIVE"
            } else {
                "ACTIVE"
            }
            .to_owned(),
            created_time: number,
            update_time: (number * 7) % 10,
            organizational_unit: (number != 9).then(|| "车联网".to_owned()),
            not_after_time: (number != 8).then_some(number * 1000),
            ..TencentCertificate::default()
        })
        .collect();
    let instance = TencentInstance {
        instance_id: "mqtt-ten".to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates,
        ..TencentInstance::default()
    };
    with_options(Options {
        filter_values,
        ..Options::of(Fleet::of([instance]))
    })
    .await
}

fn list(mut parameters: Value) -> TencentCall {
    let members = parameters.as_object_mut().unwrap();
    members
        .entry("InstanceId")
        .or_insert_with(|| json!("mqtt-ten"));
    TencentCall::new(LIST, &parameters)
}

/// The numbers of the listed certificates, and TotalCount.
fn listed(simulator: &Simulator, parameters: Value) -> (String, u64) {
    let response = list(parameters).send(simulator);
    let serials = response["Data"]
        .as_array()
        .unwrap_or_else(|| panic!("{response}"))
        .iter()
        .map(|row| {
            row["DeviceCertificateSn"]
                .as_str()
                .unwrap()
                .trim_start_matches('c')
        })
        .collect();
    (serials, response["TotalCount"].as_u64().unwrap())
}

#[tokio::test]
async fn pages_are_cut_from_the_ordered_list() {
    let simulator = ten().await;
    let pages = [
        (json!({}), "9876543210"),
        (json!({"Limit": 3}), "987"),
        (json!({"Limit": 3, "Offset": 3}), "654"),
        (json!({"Limit": 100, "Offset": 8}), "10"),
        (json!({"Limit": 1, "Offset": 10}), ""),
        (json!({"OrderBy": "CREATE_TIME_DESC"}), "9876543210"),
        (json!({"OrderBy": "CREATE_TIME_ASC"}), "0123456789"),
        (json!({"OrderBy": "UPDATE_TIME_ASC"}), "0369258147"),
        (json!({"OrderBy": "UPDATE_TIME_DESC"}), "7418529630"),
        (
            json!({"OrderBy": null, "Filters": [], "Offset": null}),
            "9876543210",
        ),
    ];
    for (parameters, serials) in pages {
        let shown = parameters.to_string();
        assert_eq!(
            listed(&simulator, parameters),
            (serials.to_owned(), 10),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn twenty_are_listed_unless_more_are_requested() {
    let simulator = ten().await;
    simulator.with_fleet(|fleet| {
        let instance = fleet.tencent_mqtt.get_mut("mqtt-ten").unwrap();
        instance
            .certificates
            .resize(150, TencentCertificate::default());
    });
    let rows = |parameters| {
        list(parameters).send(&simulator)["Data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(rows(json!({})), 20);
    assert_eq!(rows(json!({"Limit": 100})), 100);
}

#[tokio::test]
async fn values_of_a_filter_are_alternatives_and_filters_all_hold() {
    let simulator = ten().await;
    let filters = [
        (
            json!([{"Name": "ClientId", "Values": ["client-4", "client-2", "client-"]}]),
            "42",
        ),
        (
            json!([{"Name": "DeviceCertificateSn", "Values": ["c5"]}]),
            "5",
        ),
        (
            json!([{"Name": "DeviceCertificateSn", "Values": ["C5"]}]),
            "",
        ),
        (
            json!([{"Name": "DeviceCertificateCn", "Values": ["car-1"]}]),
            "97531",
        ),
        (json!([{"Name": "CaSn", "Values": ["ca-3"]}]), "83"),
        (
            json!([{"Name": "OrganizationalUnit", "Values": ["车联网"]}]),
            "876543210",
        ),
        (
            json!([{"Name": "Status", "Values": ["INACTIVE", "REVOKED"]}]),
            "9630",
        ),
        (
            json!([{"Name": "NotAfterStart", "Values": ["6000"]}]),
            "976",
        ),
        (json!([{"Name": "NotAfterEnd", "Values": ["2000"]}]), "210"),
        (
            json!([
                {"Name": "NotAfterStart", "Values": ["3000"]},
                {"Name": "NotAfterEnd", "Values": ["7000"]},
                {"Name": "Status", "Values": ["ACTIVE"]},
            ]),
            "754",
        ),
    ];
    for (filters, serials) in filters {
        let total = u64::try_from(serials.len()).unwrap();
        let shown = filters.to_string();
        let found = listed(&simulator, json!({ "Filters": filters }));
        assert_eq!(found, (serials.to_owned(), total), "{shown}");
    }
    let page =
        json!({"Filters": [{"Name": "Status", "Values": ["ACTIVE"]}], "Limit": 2, "Offset": 1});
    assert_eq!(listed(&simulator, page), ("75".to_owned(), 6));
}

#[tokio::test]
async fn values_of_a_filter_can_be_made_to_match_all_or_to_count_the_first_only() {
    let (all, first) = (
        ten_with(FilterValues::AllMatch).await,
        ten_with(FilterValues::OnlyFirst).await,
    );
    for (name, values, of_all, of_first) in [
        ("ClientId", json!(["client-4"]), "4", "4"),
        ("ClientId", json!(["client-4", "client-2"]), "", "4"),
        ("Status", json!(["INACTIVE", "ACTIVE"]), "", "9630"),
        ("NotAfterEnd", json!(["3000", "1000"]), "10", "3210"),
        ("NotAfterStart", json!(["6000", "7000"]), "97", "976"),
    ] {
        for (simulator, serials) in [(&all, of_all), (&first, of_first)] {
            let total = u64::try_from(serials.len()).unwrap();
            let found = listed(
                simulator,
                json!({"Filters": [{"Name": name, "Values": values}]}),
            );
            assert_eq!(found, (serials.to_owned(), total), "{name} {values}");
        }
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_with_its_code() {
    let simulator = ten().await;
    let filter = |filter: Value| json!({ "Filters": [filter] });
    let cases = [
        (json!({"Foo": 1}), "UnknownParameter"),
        (json!({"InstanceId": null}), "MissingParameter"),
        (json!({"InstanceId": ""}), "InvalidParameterValue"),
        (json!({"InstanceId": 7}), "InvalidParameter"),
        (
            json!({"InstanceId": "mqtt-other"}),
            "ResourceNotFound.Instance",
        ),
        (json!({"Limit": 101}), "InvalidParameterValue"),
        (json!({"Limit": 0}), "InvalidParameterValue"),
        (json!({"Limit": "10"}), "InvalidParameter"),
        (json!({"Limit": 1.5}), "InvalidParameter"),
        (json!({"Offset": -1}), "InvalidParameterValue"),
        (json!({"Offset": []}), "InvalidParameter"),
        (
            json!({"OrderBy": "create_time_desc"}),
            "InvalidParameterValue",
        ),
        (json!({"OrderBy": 1}), "InvalidParameter"),
        (json!({"Filters": {}}), "InvalidParameter"),
        (filter(json!("Status")), "InvalidParameter"),
        (filter(json!({"Name": "Status"})), "MissingParameter"),
        (filter(json!({"Values": ["x"]})), "MissingParameter"),
        (
            filter(json!({"Name": "Status", "Values": ["ACTIVE"], "More": 1})),
            "UnknownParameter",
        ),
        (
            filter(json!({"Name": "Client id", "Values": ["x"]})),
            "InvalidParameterValue",
        ),
        (
            filter(json!({"Name": "Status", "Values": ["active"]})),
            "InvalidParameterValue",
        ),
        (
            filter(json!({"Name": "ClientId", "Values": []})),
            "InvalidParameterValue",
        ),
        (
            filter(json!({"Name": "ClientId", "Values": "x"})),
            "InvalidParameter",
        ),
        (
            filter(json!({"Name": "ClientId", "Values": [1]})),
            "InvalidParameter",
        ),
        (
            filter(json!({"Name": "NotAfterEnd", "Values": ["2025-01-01"]})),
            "InvalidParameterValue",
        ),
    ];
    for (parameters, code) in cases {
        let shown = parameters.to_string();
        assert_eq!(list(parameters).code(&simulator), code, "{shown}");
    }
    for body in ["", "[]", "{", "null"] {
        let call = TencentCall {
            body: body.to_owned(),
            ..list(json!({}))
        };
        assert_eq!(call.code(&simulator), "InvalidParameter", "{body}");
    }
}

#[tokio::test]
async fn one_certificate_is_described_by_its_serial_number() {
    let simulator = ten().await;
    let describe = |parameters| TencentCall::new(DESCRIBE, &parameters);
    let key = json!({"InstanceId": "mqtt-ten", "DeviceCertificateSn": "c3"});
    let response = describe(key).send(&simulator);
    assert_eq!(response["ClientId"], "client-3");
    assert_eq!(response["Status"], "INACTIVE");
    let code = |parameters| describe(parameters).code(&simulator);
    assert_eq!(
        code(json!({"InstanceId": "mqtt-ten", "DeviceCertificateSn": "C3"})),
        "ResourceNotFound.Certificate"
    );
    assert_eq!(
        code(json!({"InstanceId": "mqtt-other", "DeviceCertificateSn": "c3"})),
        "ResourceNotFound.Instance"
    );
    assert_eq!(code(json!({"InstanceId": "mqtt-ten"})), "MissingParameter");
}

#[tokio::test]
async fn a_query_serves_as_well_as_a_body() {
    let simulator = ten().await;
    let call = TencentCall {
        method: "GET",
        content_type: "application/x-www-form-urlencoded",
        query: "InstanceId=mqtt-ten&Limit=2&Filters.0.Name=CaSn&Filters.0.Values.0=ca-1&Filters.0.Values.1=ca-2",
        ..list(json!({}))
    };
    let response = call.send(&simulator);
    assert_eq!(response["TotalCount"], 4);
    assert_eq!(response["Data"].as_array().unwrap().len(), 2);
    assert_eq!(simulator.calls()[0].parameters["Limit"], 2);
}
