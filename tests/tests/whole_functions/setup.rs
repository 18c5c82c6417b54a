//! A simulator with a fleet, and functions that are wired to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use simulator::{
    AlibabaInstance, AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet, Options,
    Simulator, TencentCertificate, TencentInstance, Vendor,
};
use tokio::task::JoinSet;
use whole_function_tests::{Answer, Deadline, Event, Invocation, Runtime};

pub(crate) const TENCENT_INSTANCE: &str = "mqtt-qgzaawn9";
pub(crate) const ALIBABA_INSTANCE: &str = "post-cn-7mz2d0000";

pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Epoch milliseconds now.
pub(crate) fn now() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
}

pub(crate) fn options(fleet: Fleet) -> Options {
    Options::of(fleet)
}

pub(crate) async fn simulator(fleet: Fleet) -> Simulator {
    Simulator::start(options(fleet)).await.unwrap()
}

/// A Tencent instance with these certificates.
pub(crate) fn tencent(certificates: Vec<TencentCertificate>) -> Fleet {
    Fleet::of([TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates,
    }])
}

/// An Alibaba MQTT instance with these certificates.
pub(crate) fn alibaba(certificates: Vec<AlibabaMqttCertificate>) -> Fleet {
    Fleet::of([AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates,
    }])
}

/// A private CA with these certificates.
pub(crate) fn cas(certificates: Vec<CasCertificate>) -> Fleet {
    Fleet::of(certificates)
}

/// So many Tencent certificates, the first one registered first, all of them in use.
pub(crate) fn tencent_certificates(count: usize) -> Vec<TencentCertificate> {
    let of = |number: usize| TencentCertificate {
        client_id: format!("truck-{number}"),
        device_certificate_sn: format!("5{number:039x}"),
        device_certificate_cn: format!("truck-{number}.example.test"),
        created_time: 1_742_983_115_198 + i64::try_from(number).unwrap(),
        not_after_time: Some(now() + 400 * DAY),
        ..TencentCertificate::default()
    };
    (0..count).map(of).collect()
}

/// So many Alibaba certificates, all switched on.
pub(crate) fn alibaba_certificates(count: usize) -> Vec<AlibabaMqttCertificate> {
    let of = |number: usize| AlibabaMqttCertificate {
        device_sn: format!("d{number:011x}"),
        ..AlibabaMqttCertificate::default()
    };
    (0..count).map(of).collect()
}

/// So many good certificates of the private CA.
pub(crate) fn cas_certificates(count: usize) -> Vec<CasCertificate> {
    let of = |number: usize| CasCertificate {
        serial_number: format!("5{number:031x}"),
        ..CasCertificate::default()
    };
    (0..count).map(of).collect()
}

/// So many active AWS certificates, the first one registered first. Their texts are empty, so that
/// their serial numbers are not known.
pub(crate) fn aws_certificates(count: usize) -> Vec<AwsCertificate> {
    let of = |number: usize| AwsCertificate {
        // The identifiers are not in the order of registration, like those of real certificates.
        certificate_id: format!(
            "{:016x}{number:048x}",
            (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ),
        creation_date: 1_742_983_115_198 + i64::try_from(number).unwrap(),
        ..AwsCertificate::default()
    };
    (0..count).map(of).collect()
}

/// So many certificates at each of the four vendors.
pub(crate) fn full(count: usize) -> Fleet {
    let mut fleet = tencent(tencent_certificates(count)).with(aws_certificates(count));
    fleet.alibaba_mqtt = alibaba(alibaba_certificates(count)).alibaba_mqtt;
    fleet.alibaba_cas = cas(cas_certificates(count)).alibaba_cas;
    fleet
}

/// The variables with which a function calls this simulator: credentials, regions, endpoints, its
/// own default provider, and an allow-list with both instances and AWS IoT.
pub(crate) fn variables(function: &str, simulator: &Simulator) -> Vec<(&'static str, String)> {
    let tencent = simulator.credentials(Vendor::TencentMqtt);
    let alibaba = simulator.credentials(Vendor::AlibabaMqtt);
    let aws = simulator.credentials(Vendor::AwsIot);
    let provider = match function {
        "describe" => "tencent-mqtt",
        "inactivate" => "alibaba-mqtt",
        _ => "alibaba-pca",
    };
    vec![
        ("DEFAULT_PROVIDER", provider.to_owned()),
        ("TENCENTCLOUD_SECRET_ID", tencent.id),
        ("TENCENTCLOUD_SECRET_KEY", tencent.secret),
        ("TENCENTCLOUD_REGION", "ap-guangzhou".to_owned()),
        ("TENCENT_MQTT_ENDPOINT", simulator.url(Vendor::TencentMqtt)),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", alibaba.id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", alibaba.secret),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou".to_owned()),
        ("ALIBABA_MQTT_ENDPOINT", simulator.url(Vendor::AlibabaMqtt)),
        ("ALIBABA_CAS_ENDPOINT", simulator.url(Vendor::AlibabaCas)),
        ("AWS_ACCESS_KEY_ID", aws.id),
        ("AWS_SECRET_ACCESS_KEY", aws.secret),
        // Lambda's own token would make the key a temporary one; an empty variable counts as not
        // set.
        ("AWS_SESSION_TOKEN", String::new()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ENDPOINT_URL_IOT", simulator.url(Vendor::AwsIot)),
        (
            "INACTIVATE_ALLOWED_INSTANCES",
            format!("{ALIBABA_INSTANCE},{TENCENT_INSTANCE},aws-iot"),
        ),
    ]
}

/// A function that calls this simulator.
pub(crate) async fn function(name: &str, simulator: &Simulator) -> Runtime {
    function_with(name, simulator, &[]).await
}

/// A function that calls this simulator, with variables of its own, which win.
pub(crate) async fn function_with(
    name: &str,
    simulator: &Simulator,
    own: &[(&str, &str)],
) -> Runtime {
    let wired = variables(name, simulator);
    let wired = wired
        .iter()
        .map(|(variable, value)| (*variable, value.as_str()));
    Runtime::start(name, &wired.chain(own.iter().copied()).collect::<Vec<_>>()).await
}

/// A simulator with this fleet, and a function that calls it.
pub(crate) async fn pair(name: &str, fleet: Fleet) -> (Simulator, Runtime) {
    let simulator = simulator(fleet).await;
    let function = function(name, &simulator).await;
    (simulator, function)
}

/// Gives the function an event with so long to answer it.
pub(crate) async fn invoke_within(
    function: &mut Runtime,
    time: Duration,
    event: impl Into<Event>,
) -> Answer {
    function
        .invoke_with(Invocation {
            deadline: Deadline::In(time),
            ..Invocation::new(event)
        })
        .await
}

/// The problem document of a function error, whose type has to be its code.
#[track_caller]
pub(crate) fn problem(answer: &Answer) -> Value {
    let error = answer.error();
    let Ok(problem) = serde_json::from_str::<Value>(&error.message) else {
        panic!("the message is no problem document: {answer}")
    };
    assert_eq!(
        problem["code"],
        error.error_type.as_str(),
        "the error's type is the code: {answer}"
    );
    problem
}

/// What a refusal of the only certificate comes back as: a refusal of its parameters is a result,
/// any other is the answer.
#[track_caller]
pub(crate) fn refusal(answer: &Answer, vendor_code: &str) -> Value {
    match vendor_code {
        "InvalidParameter"
        | "MissingParameter"
        | "ParameterFieldCheckFailed"
        | "InvalidRequestException" => answer.json()["results"][0]["error"].take(),
        _ => problem(answer),
    }
}

/// The code, whether it is retryable, and the vendor's code of a problem document.
pub(crate) fn in_short(problem: &Value) -> (&str, bool, Option<&str>) {
    (
        problem["code"].as_str().unwrap(),
        problem["retryable"].as_bool().unwrap(),
        problem["provider_error"]["code"].as_str(),
    )
}

/// One member of each object of a list, as texts.
#[track_caller]
pub(crate) fn texts(list: &Value, member: &str) -> Vec<String> {
    let objects = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    objects
        .iter()
        .map(|object| {
            object[member]
                .as_str()
                .unwrap_or_else(|| panic!("no {member} in {object}"))
                .to_owned()
        })
        .collect()
}

/// Runs all cases at the same time, since most of their time is waiting. A failing case fails the
/// test.
pub(crate) async fn at_once<C, F>(cases: impl IntoIterator<Item = C>, run: impl Fn(C) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut running: JoinSet<()> = cases.into_iter().map(run).collect();
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
