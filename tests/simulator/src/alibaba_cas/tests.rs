use crate::testing::{AlibabaCall, with_options};
use crate::{CasCertificate, Fleet, Options, RevokeTime, Simulator};
use serde_json::{Value, json};

async fn three(options: Options) -> Simulator {
    let certificate = |serial: &str, status: &str, revoke_time| CasCertificate {
        serial_number: serial.to_owned(),
        status: status.to_owned(),
        revoke_time,
    };
    with_options(Options {
        fleet: Fleet::of(
            [],
            [],
            [
                certificate("b6", "good", RevokeTime::Number(0)),
                certificate("08", "unknown", RevokeTime::Absent),
                certificate("62", "revoked", RevokeTime::Number(1_630_454_400_000)),
            ],
        ),
        ..options
    })
    .await
}

fn rows(simulator: &Simulator, serials: &str) -> Value {
    AlibabaCall::status(serials).send(simulator).json()["CertificateStatus"].clone()
}

#[tokio::test]
async fn rows_come_in_an_order_of_their_own_without_duplicates_and_strangers() {
    let simulator = three(Options::default()).await;
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
    let simulator = three(Options { answer_unknown_serials: true, ..Options::default() }).await;
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
    let simulator = three(Options { most_serials_a_call: 3, ..Options::default() }).await;
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
