use crate::testing::{AlibabaCall, with_options};
use crate::{CasCertificate, Fleet, Options, RevokeTime, Simulator};
use serde_json::{Value, json};

async fn three(options: Options) -> Simulator {
    let certificate = |serial: &str, status: &str, revoke_time| CasCertificate {
        serial_number: serial.to_owned(),
        status: status.to_owned(),
        revoke_time,
        ..CasCertificate::default()
    };
    let certificates = [
        certificate("b6", "good", RevokeTime::Number(0)),
        certificate("08", "unknown", RevokeTime::Absent),
        certificate("62", "revoked", RevokeTime::Number(1_630_454_400_000)),
    ];
    with_options(Options {
        fleet: Fleet::of(certificates),
        ..options
    })
    .await
}

fn rows(simulator: &Simulator, serials: &str) -> Value {
    AlibabaCall::status(serials).send(simulator).json()["CertificateStatus"].clone()
}

#[tokio::test]
async fn rows_come_in_an_order_of_their_own_without_duplicates_and_strangers() {
    let simulator = three(Options::of(Fleet::empty())).await;
    assert_eq!(
        rows(&simulator, "b6,62,ff,08,b6,B6"),
        json!([
            {"SerialNumber": "08", "Status": "unknown"},
            {"SerialNumber": "62", "Status": "revoked", "RevokeTime": 1_630_454_400_000_i64},
            {"SerialNumber": "b6", "Status": "good", "RevokeTime": 0},
        ])
    );
    assert_eq!(rows(&simulator, "ff"), json!([]));
}

#[tokio::test]
async fn strangers_become_rows_when_wanted() {
    let simulator = three(Options {
        answer_unknown_serials: true,
        ..Options::of(Fleet::empty())
    })
    .await;
    assert_eq!(
        rows(&simulator, "ff,b6"),
        json!([
            {"SerialNumber": "b6", "Status": "good", "RevokeTime": 0},
            {"SerialNumber": "ff", "Status": "unknown"},
        ])
    );
}

#[tokio::test]
async fn empty_and_too_long_lists_are_refused() {
    let simulator = three(Options {
        most_serials_a_call: 3,
        ..Options::of(Fleet::empty())
    })
    .await;
    let code = |serials: &str| AlibabaCall::status(serials).code(&simulator);
    assert_eq!(code("1,2,3"), (200, "ok".to_owned()));
    assert_eq!(code("1,2,3,4"), (400, "InvalidParameter".to_owned()));
    assert_eq!(code("1,1,1,1"), (400, "InvalidParameter".to_owned()));
    assert_eq!(code("1,,2"), (400, "InvalidParameter".to_owned()));
    assert_eq!(code(""), (400, "MissingParameter".to_owned()));
    let mut bare = AlibabaCall::status("1");
    bare.parameters.clear();
    assert_eq!(bare.code(&simulator), (400, "MissingParameter".to_owned()));
}

/// Certificates `10` to `14`; each two began at the same time, the last one at a time that is not
/// known.
async fn five(most_rows_a_page: usize) -> Simulator {
    let certificates = (0..5_i64).map(|number| CasCertificate {
        serial_number: format!("1{number}"),
        before_date: (number < 4).then_some(number / 2),
        ..CasCertificate::default()
    });
    with_options(Options {
        most_rows_a_page,
        ..Options::of(Fleet::of(certificates))
    })
    .await
}

fn page(simulator: &Simulator, parameters: &[(&str, &str)]) -> (Vec<String>, Value) {
    let mut answer = AlibabaCall::cas("ListClientCertificate", parameters)
        .send(simulator)
        .json();
    let rows = answer["CertificateList"].take();
    let serials = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["SerialNumber"].as_str().unwrap().to_owned())
        .collect();
    answer
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !["CertificateList", "RequestId"].contains(&name.as_str()));
    (serials, answer)
}

#[tokio::test]
async fn the_newest_are_listed_first_page_by_page() {
    let simulator = five(100).await;
    let all = ["12", "13", "10", "11", "14"];
    assert_eq!(
        page(&simulator, &[]),
        (
            all.map(str::to_owned).to_vec(),
            json!({"CurrentPage": 1, "ShowSize": 20, "PageCount": 1, "TotalCount": 5}),
        )
    );
    for (number, expected) in [
        ("1", &all[..2]),
        ("2", &all[2..4]),
        ("3", &all[4..]),
        ("4", &[]),
    ] {
        let (serials, actual) = page(&simulator, &[("CurrentPage", number), ("ShowSize", "2")]);
        assert_eq!(serials, expected);
        assert_eq!(
            actual,
            json!({"CurrentPage": number.parse::<u8>().unwrap(), "ShowSize": 2, "PageCount": 3, "TotalCount": 5})
        );
    }
    for (name, value) in [
        ("CurrentPage", "0"),
        ("CurrentPage", "x"),
        ("ShowSize", "0"),
        ("ShowSize", "-1"),
    ] {
        let call = AlibabaCall::cas("ListClientCertificate", &[(name, value)]);
        assert_eq!(
            call.code(&simulator),
            (400, "InvalidParameter".to_owned()),
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn too_large_a_page_is_cut_and_says_so() {
    let simulator = five(3).await;
    let (serials, actual) = page(&simulator, &[("ShowSize", "4")]);
    assert_eq!(serials.len(), 3);
    assert_eq!(
        actual,
        json!({"CurrentPage": 1, "ShowSize": 3, "PageCount": 2, "TotalCount": 5})
    );
}

#[tokio::test]
async fn a_list_can_be_restricted_to_one_identifier() {
    let simulator = five(100).await;
    let identifier = simulator.with_fleet(|fleet| {
        fleet.alibaba_cas.get_mut("11").unwrap().identifier =
            Some("d3b95700998e47afc4d95f8865790001".to_owned());
        fleet.alibaba_cas["13"].shown_identifier()
    });
    assert_eq!(page(&simulator, &[("Identifier", &identifier)]).0, ["13"]);
    assert_eq!(
        page(
            &simulator,
            &[("Identifier", "d3b95700998e47afc4d95f8865790001")]
        )
        .0,
        ["11"]
    );
    let (serials, actual) = page(&simulator, &[("Identifier", "d3")]);
    assert_eq!(
        (serials.len(), &actual["TotalCount"], &actual["PageCount"]),
        (0, &json!(0), &json!(0))
    );
}
