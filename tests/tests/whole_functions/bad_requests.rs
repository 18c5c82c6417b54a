//! Requests with one thing wrong, and the member that the error has to name.

use serde_json::{Value, json};

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE};

/// A request that would be carried out.
pub(crate) fn base(function: &str) -> Value {
    match function {
        "describe" => {
            json!({ "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": TENCENT_INSTANCE })
        }
        "inactivate" => json!({
            "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": ALIBABA_INSTANCE,
            "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
        }),
        _ => {
            json!({ "provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": [{ "serial_number": "0a01" }] })
        }
    }
}

/// Sets the member at this JSON pointer, or takes it out. A member of a list must be there already.
pub(crate) fn changed(mut request: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if request.pointer(parent).is_none() {
        request = changed(request, parent, Some(json!({})));
    }
    match (request.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.remove(name)),
        (list, value) => list[name.parse::<usize>().unwrap()] = value.unwrap(),
    }
    request
}

fn certificates(count: usize) -> Value {
    let one = |number: usize| json!({ "serial_number": format!("5{number:07x}"), "ca_serial_number": "0c" });
    (0..count).map(one).collect()
}

/// What is wrong as a member's place and value (`None`: left out), and the field that the error
/// names.
type Case = (&'static str, Option<Value>, String);

/// Requests of one function, each with one thing wrong.
pub(crate) struct BadRequests {
    function: &'static str,
    cases: Vec<Case>,
}

impl BadRequests {
    /// Each request as a text, and the field that the error names.
    pub(crate) fn texts(self) -> impl Iterator<Item = (String, String)> {
        let base = base(self.function);
        self.cases.into_iter().map(move |(pointer, value, field)| {
            (changed(base.clone(), pointer, value).to_string(), field)
        })
    }

    fn left_out(&mut self, pointer: &'static str, field: &str) {
        self.cases.push((pointer, None, field.to_owned()));
    }

    fn add(&mut self, pointer: &'static str, field: &str, values: impl IntoIterator<Item = Value>) {
        self.cases.extend(
            values
                .into_iter()
                .map(|value| (pointer, Some(value), field.to_owned())),
        );
    }

    fn add_texts<'a>(
        &mut self,
        pointer: &'static str,
        field: &str,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        self.add(pointer, field, texts.into_iter().map(Value::from));
    }
}

fn of_any(function: &'static str) -> BadRequests {
    let mut bad = BadRequests {
        function,
        cases: Vec::new(),
    };
    bad.add("/colour", "colour", [json!(1), json!(null)]);
    bad.add_texts("/Region", "Region", ["cn-hangzhou"]);
    for (pointer, field) in [
        ("/provider", "provider"),
        ("/region", "region"),
        ("/instance_id", "instance_id"),
    ] {
        bad.add(
            pointer,
            field,
            [
                json!(7),
                json!(true),
                json!([]),
                json!(["x"]),
                json!({}),
                json!(1.5),
            ],
        );
    }
    bad.add_texts(
        "/provider",
        "provider",
        [
            "",
            "azure",
            "Tencent-MQTT",
            "tencent-mqtt ",
            "tencent-mqtt\0",
            "alibaba",
        ],
    );
    bad.add_texts(
        "/region",
        "region",
        [
            "",
            "nowhere",
            "xx-nowhere",
            "CN-hangzhou",
            "cn-hangzhou\r\nx: y",
            "cn-hangzhou.example.test",
        ],
    );
    bad.add_texts(
        "/region",
        "region",
        [
            "cn-hangzhou/",
            "x@example.test/#",
            "cn-hangzhou\0",
            "../..",
            "ｃｎ-hangzhou",
            "eu-west-1:443",
        ],
    );
    bad.add("/region", "region", [json!("cn-".repeat(40_000))]);
    bad.add_texts(
        "/instance_id",
        "instance_id",
        [
            "", " ", "a b", "a\r\nb", "a/b", "a@b", "a#b", "a?b", "a\0b", "../a", "%2e", "é", "a,b",
        ],
    );
    bad.add_texts(
        "/instance_id",
        "instance_id",
        [
            "*",
            "a;b",
            "{}",
            "\u{feff}a",
            &"a".repeat(65),
            &"a".repeat(100_000),
        ],
    );
    bad
}

pub(crate) fn of_describe() -> BadRequests {
    let mut bad = of_any("describe");
    bad.left_out("/instance_id", "instance_id");
    bad.add(
        "/limit",
        "limit",
        [
            json!(0),
            json!(-1),
            json!(10_001),
            json!(65_536),
            json!(u64::MAX),
            json!(1.5),
            json!("10"),
            json!([1]),
        ],
    );
    bad.add(
        "/order_by",
        "order_by",
        [
            json!("name"),
            json!("CREATED_DESC"),
            json!(""),
            json!(1),
            json!({ "created_desc": null }),
        ],
    );
    bad.add(
        "/include_pem",
        "include_pem",
        [json!("true"), json!(1), json!([])],
    );
    bad.add(
        "/details",
        "details",
        [json!("false"), json!(0), json!(null)],
    );
    bad.add(
        "/cursor",
        "cursor",
        [json!(7), json!("next"), json!(""), json!({})],
    );
    bad.add(
        "/filter",
        "filter",
        [json!("x"), json!(7), json!([]), json!([["client-1"]])],
    );
    bad.add("/filter/client_id", "filter.client_id", [json!(["x"])]);
    bad.add(
        "/filter/client_ids",
        "filter.client_ids",
        [json!("x"), json!(7), json!({}), vec!["x"; 101].into()],
    );
    bad.add(
        "/filter/client_ids",
        "filter.client_ids[1]",
        [json!(["x", 7]), json!(["x", ""]), json!(["x", "a\nb"])],
    );
    bad.add(
        "/filter/client_ids",
        "filter.client_ids[1]",
        [json!(["x", "a".repeat(257)])],
    );
    bad.add(
        "/filter/common_names",
        "filter.common_names[0]",
        [json!([""])],
    );
    bad.add(
        "/filter/organizational_units",
        "filter.organizational_units[0]",
        [json!(["\0"])],
    );
    bad.add(
        "/filter/serial_numbers",
        "filter.serial_numbers[1]",
        [json!(["0a", "xyz"]), json!(["0a", ""]), json!(["0a", 7])],
    );
    bad.add(
        "/filter/ca_serial_numbers",
        "filter.ca_serial_numbers[0]",
        [json!(["12-34"])],
    );
    bad.add(
        "/filter/statuses",
        "filter.statuses[0]",
        [
            json!(["lost"]),
            json!([""]),
            json!(["ACTIVE"]),
            json!([{ "active": null }]),
        ],
    );
    for (pointer, field) in [
        ("/filter/not_after_from", "filter.not_after_from"),
        ("/filter/not_after_to", "filter.not_after_to"),
    ] {
        bad.add_texts(
            pointer,
            field,
            [
                "",
                "tomorrow",
                "2026-01-01",
                "2026-02-30T00:00:00Z",
                "2026-01-01T00:00:00",
                "1767225600000",
            ],
        );
        bad.add(
            pointer,
            field,
            [
                json!("2026-01-01T25:00:00Z"),
                json!(1_767_225_600_000_i64),
                json!({}),
            ],
        );
    }
    let backwards =
        json!({ "not_after_from": "2026-02-01T00:00:00Z", "not_after_to": "2026-01-01T00:00:00Z" });
    bad.add("/filter", "filter.not_after_to", [backwards]);
    let no_days = [
        json!(0),
        json!(-1),
        json!(3_651),
        json!(70_000),
        json!("30"),
        json!(1.5),
    ];
    bad.add(
        "/filter/expires_within_days",
        "filter.expires_within_days",
        no_days,
    );
    bad
}

/// Of both functions that take certificates, at most `most`.
fn of_certificates(function: &'static str, most: usize) -> BadRequests {
    let mut bad = of_any(function);
    bad.left_out("/certificates", "certificates");
    bad.add(
        "/certificates",
        "certificates",
        [
            json!([]),
            json!(null),
            json!("0a"),
            json!({}),
            certificates(most + 1),
        ],
    );
    bad.add(
        "/certificates/0",
        "certificates[0]",
        [
            json!("0a01"),
            json!(null),
            json!(7),
            json!(["0a01", "0c"]),
            json!([]),
        ],
    );
    bad.add(
        "/certificates/0",
        "certificates[0].serial_number",
        [json!({})],
    );
    bad.add(
        "/certificates/0/colour",
        "certificates[0].colour",
        [json!(1)],
    );
    for (pointer, field) in [
        (
            "/certificates/0/serial_number",
            "certificates[0].serial_number",
        ),
        (
            "/certificates/0/ca_serial_number",
            "certificates[0].ca_serial_number",
        ),
    ] {
        bad.add_texts(
            pointer,
            field,
            [
                "", " ", ":", "0x", "xyz", "12-34", "0x0x12", "12\n", "１２", "12\0", "1.5",
                "0a,0b", "0a&x=1", "%30",
            ],
        );
        bad.add_texts(pointer, field, [&*"a".repeat(129), &"a".repeat(100_000)]);
        bad.add(pointer, field, [json!(7), json!(["0a"]), json!({})]);
    }
    bad.add(
        "/certificates/0/serial_number",
        "certificates[0].serial_number",
        [json!(null)],
    );
    bad
}

pub(crate) fn of_inactivate() -> BadRequests {
    let mut bad = of_certificates("inactivate", 100);
    bad.left_out("/instance_id", "instance_id");
    bad.left_out(
        "/certificates/0/ca_serial_number",
        "certificates[0].ca_serial_number",
    );
    bad.add(
        "/certificates/0/ca_serial_number",
        "certificates[0].ca_serial_number",
        [json!(null)],
    );
    bad.add(
        "/reason",
        "reason",
        [
            json!(""),
            json!("a".repeat(257)),
            json!("车".repeat(257)),
            json!(7),
            json!(["stolen"]),
        ],
    );
    bad.add(
        "/not_after",
        "not_after",
        [
            json!(1_766_073_600),
            json!("tomorrow"),
            json!("2026-01-31"),
            json!(""),
            json!([]),
        ],
    );
    bad.add(
        "/dry_run",
        "dry_run",
        [json!("true"), json!(1), json!("false"), json!([])],
    );
    bad
}

pub(crate) fn of_status() -> BadRequests {
    of_certificates("status", 1_000)
}

/// Requests that are wrong as a text, and the field that the error names.
pub(crate) fn texts(function: &str) -> Vec<(String, &'static str)> {
    let good = base(function).to_string();
    let twice = |member: &str| format!("{{{member},{}", &good[1..]);
    let mut texts = vec![
        (twice(r#""region":"cn-hangzhou""#), "region"),
        (twice(r#""provider":"aws-iot""#), "provider"),
        (good[..good.len() - 1].to_owned(), "body"),
        (format!("{good}{good}"), "body"),
        (format!("{good},"), "body"),
        (good.replace('"', "'"), "body"),
        (good.replace('{', "{//\n"), "body"),
        (format!("\u{feff}{good}"), "body"),
        ("null".to_owned(), "body"),
        ("7".to_owned(), "body"),
        ("\"request\"".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        (format!("[{good}]"), "body"),
        // The members' values in their order: no object, and yet enough to be misread as one.
        (
            json!([
                "tencent-mqtt",
                "ap-guangzhou",
                TENCENT_INSTANCE,
                null,
                null,
                null,
                null,
                false
            ])
            .to_string(),
            "body",
        ),
        (
            json!([
                "alibaba-mqtt",
                "cn-hangzhou",
                ALIBABA_INSTANCE,
                [["d00000000000", "007269004887"]],
                null,
                false
            ])
            .to_string(),
            "body",
        ),
        (
            json!(["alibaba-pca", "cn-hangzhou", null, [["0a01", null]]]).to_string(),
            "body",
        ),
        (
            json!(["alibaba-pca", "cn-hangzhou", null, [{ "serial_number": "0a01" }]]).to_string(),
            "body",
        ),
    ];
    match function {
        // Reading the last of the two would make an order of a dry run.
        "inactivate" => texts.push((twice(r#""dry_run":true,"dry_run":false"#), "dry_run")),
        "status" => texts.push((
            good.replace("{\"serial", "{\"serial_number\":\"0b\",\"serial"),
            "certificates[0].serial_number",
        )),
        _ => texts.push((twice(r#""limit":1,"limit":1"#), "limit")),
    }
    texts
}
