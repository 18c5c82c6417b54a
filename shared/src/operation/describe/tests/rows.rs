//! Lists with rows that cannot be used, and with rows that have odd members.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::ProviderName::{self, AwsIot, TencentMqtt};
use crate::request;
use crate::testing::Bench;
use crate::testing::clouds::source;
use crate::testing::network::{Answer, Network, answer, parameter, path_and_query};
use crate::transport::HttpRequest;

/// A row of the vendor's list.
#[derive(Clone, Debug)]
enum Row {
    Sound,
    /// One of its optional members is this JSON.
    Odd(usize, String),
    /// The member that names the certificate is this JSON, or is missing.
    Nameless(Option<String>),
    /// It is this JSON, which is no object.
    NoObject(String),
    /// No call can describe the certificate. Only AWS IoT takes such calls.
    NeverDescribed,
}

const OPTIONAL: [&str; 5] = [
    "ClientId",
    "CreatedTime",
    "Status",
    "creationDate",
    "status",
];

impl Row {
    /// The row's JSON; `name` is the member that names the certificate.
    fn json(&self, name: &str, text: &str) -> String {
        let sound = format!(r#""{name}": "{text}", "Status": "ACTIVE", "status": "ACTIVE""#);
        match self {
            Self::Sound | Self::NeverDescribed => format!("{{{sound}}}"),
            Self::Odd(member, odd) => {
                format!(r#"{{"{name}": "{text}", "{}": {odd}}}"#, OPTIONAL[*member])
            }
            Self::Nameless(None) => r#"{"Status": "ACTIVE", "status": "ACTIVE"}"#.to_owned(),
            Self::Nameless(Some(odd)) => format!(r#"{{"{name}": {odd}}}"#),
            Self::NoObject(json) => json.clone(),
        }
    }

    /// Whether the row names its certificate.
    const fn has_name(&self) -> bool {
        !matches!(self, Self::Nameless(_) | Self::NoObject(_))
    }
}

/// JSON that no member of a row should be.
fn odd() -> impl Strategy<Value = String> {
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let odd = [
        r#""\ud83d""#,
        r#""\ufffd""#,
        "1e400",
        "-1.5",
        "null",
        "true",
        "[7]",
        r#"{"a": "\udc00"}"#,
        deep.as_str(),
    ];
    prop::sample::select(odd.map(str::to_owned).to_vec())
}

fn any_row() -> impl Strategy<Value = Row> {
    prop_oneof![
        4 => Just(Row::Sound),
        2 => (0..OPTIONAL.len(), odd()).prop_map(|(member, odd)| Row::Odd(member, odd)),
        2 => prop::option::of(odd()).prop_map(Row::Nameless),
        1 => odd()
            .prop_filter("it is an object", |odd| !odd.starts_with('{'))
            .prop_map(Row::NoObject),
        1 => Just(Row::NeverDescribed),
    ]
}

/// The name of the certificate at this index of the list.
fn name(provider: ProviderName, index: usize) -> String {
    match provider {
        AwsIot => format!("{:064x}", index + 1),
        _ => format!("{:04x}", index + 1),
    }
}

/// A vendor that lists these rows.
fn vendor(provider: ProviderName, rows: Vec<Row>, total: String) -> Network {
    Network::new(move |request| match provider {
        AwsIot => aws_iot(request, &rows),
        _ => tencent_mqtt(request, &rows, &total),
    })
}

fn page(provider: ProviderName, member: &str, rows: &[Row], begin: usize, size: usize) -> String {
    let rows: Vec<String> = (0..)
        .zip(rows)
        .skip(begin)
        .take(size)
        .map(|(index, row)| row.json(member, &name(provider, index)))
        .collect();
    rows.join(", ")
}

fn tencent_mqtt(request: &HttpRequest, rows: &[Row], total: &str) -> Answer {
    let requested: Value = serde_json::from_slice(request.body()).unwrap();
    let number = |name: &str| usize::try_from(requested[name].as_u64().unwrap()).unwrap();
    let page = page(
        TencentMqtt,
        "DeviceCertificateSn",
        rows,
        number("Offset"),
        number("Limit"),
    );
    answer(
        200,
        format!(r#"{{"Response": {{"TotalCount": {total}, "Data": [{page}]}}}}"#),
    )
}

fn aws_iot(request: &HttpRequest, rows: &[Row]) -> Answer {
    if let Some(id) = path_and_query(request).strip_prefix("/certificates/") {
        let index = usize::from_str_radix(id, 16).unwrap() - 1;
        let body = match rows[index] {
            Row::NeverDescribed => json!({}),
            _ => json!({"certificateDescription": {"certificateId": id, "status": "ACTIVE"}}),
        };
        return answer(200, body.to_string());
    }
    let begin = parameter(request, "marker").map_or(0, |marker| marker.parse().unwrap());
    let size: usize = parameter(request, "pageSize").unwrap().parse().unwrap();
    let page = page(AwsIot, "certificateId", rows, begin, size);
    let end = begin + size;
    let marker = if end < rows.len() {
        format!("\"{end}\"")
    } else {
        "null".to_owned()
    };
    answer(
        200,
        format!(r#"{{"certificates": [{page}], "nextMarker": {marker}}}"#),
    )
}

/// The answers to a request and to all that continue it.
async fn read_all(network: &Network, provider: ProviderName, limit: usize) -> Vec<Value> {
    let bench = Bench::new(network);
    let mut answers: Vec<Value> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut request = source(provider, "mqtt-1");
        request["limit"] = json!(limit);
        if !cursor.is_null() {
            request["cursor"] = cursor;
        }
        let request = request::parse(&request.to_string()).unwrap();
        let answer = Describe::perform(&bench.context(), request, PLENTY)
            .await
            .unwrap();
        let answer = serde_json::to_value(answer).unwrap();
        cursor = answer["next_cursor"].clone();
        answers.push(answer);
        assert!(answers.len() < 1_000, "the cursors have no end");
        if cursor.is_null() {
            return answers;
        }
    }
}

/// The name of each certificate that is shown, and whether it has an error.
fn shown(provider: ProviderName, answers: &[Value]) -> Vec<(Option<String>, bool)> {
    let member = match provider {
        AwsIot => "fingerprint_sha256",
        _ => "provider_serial_number",
    };
    answers
        .iter()
        .flat_map(|answer| answer["certificates"].as_array().unwrap())
        .map(|certificate| {
            (
                certificate[member].as_str().map(str::to_owned),
                !certificate["error"].is_null(),
            )
        })
        .collect()
}

fn read(provider: ProviderName, rows: &[Row], total: &str, limit: usize) -> Vec<Value> {
    let network = vendor(provider, rows.to_vec(), total.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(read_all(&network, provider, limit))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// With a limit of 1, there is a cursor at every position.
    #[test]
    fn no_row_costs_another(
        rows in prop::collection::vec(any_row(), 0..40),
        limit in prop::sample::select(vec![1, 2, 3, 7, 100]),
        total in prop::sample::select(vec!["right", "0", "10000", "null", "1e400", r#""none""#]),
    ) {
        for provider in [TencentMqtt, AwsIot] {
            let states_more = total == "10000" && rows.is_empty();
            if provider == TencentMqtt && states_more {
                // An empty list of which the vendor says that it is long is an error.
                continue;
            }
            let stated = if total == "right" { rows.len().to_string() } else { total.to_owned() };
            let answers = read(provider, &rows, &stated, limit);
            let expected: Vec<(Option<String>, bool)> = rows
                .iter()
                .enumerate()
                .map(|(index, row)| {
                    let has_name = row.has_name();
                    let has_error = match row {
                        Row::NeverDescribed => provider == AwsIot,
                        _ => !has_name,
                    };
                    (has_name.then(|| name(provider, index)), has_error)
                })
                .collect();
            prop_assert_eq!(shown(provider, &answers), expected);
            let last = answers.last().unwrap();
            if provider == TencentMqtt && total != "right" && !rows.is_empty() {
                prop_assert!(last["total_count"].is_null(), "{}", last);
                if total != "null" && answers.len() == 1 {
                    let is_stated = total.parse::<u64>().is_ok();
                    prop_assert_eq!(last["consistent"] == false, is_stated, "{}", last);
                }
            }
        }
    }
}

#[test]
fn a_list_that_is_longer_than_its_total_is_read_to_its_end_and_never_consistent() {
    let rows = vec![Row::Sound; 250];
    for (limit, answers) in [(1_000, 1), (110, 3), (100, 3), (60, 5)] {
        let found = read(TencentMqtt, &rows, "50", limit);
        assert_eq!(
            (shown(TencentMqtt, &found).len(), found.len()),
            (250, answers),
            "{limit}"
        );
        for answer in found {
            assert_eq!(
                (&answer["total_count"], &answer["consistent"]),
                (&Value::Null, &json!(false)),
                "{limit}"
            );
        }
    }
}
