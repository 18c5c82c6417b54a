//! A simulator with a fleet, and functions that are wired to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use simulator::{
    AlibabaMqttCertificate, CasCertificate, Fleet, Options, Simulator, TencentCertificate,
};
use tokio::task::JoinSet;
use whole_function_tests::{Answer, Deadline, Event, Invocation, Runtime};

use whole_function_tests::providers::{self, alibaba_instance, tencent_instance};
pub(crate) use whole_function_tests::providers::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba_certificates, aws_certificates, cas_certificates,
    tencent_certificates,
};

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
    Fleet::of([tencent_instance(certificates)])
}

/// An Alibaba MQTT instance with these certificates.
pub(crate) fn alibaba(certificates: Vec<AlibabaMqttCertificate>) -> Fleet {
    Fleet::of([alibaba_instance(certificates)])
}

/// A private CA with these certificates.
pub(crate) fn cas(certificates: Vec<CasCertificate>) -> Fleet {
    Fleet::of(certificates)
}

/// This many numbered certificates at every provider.
pub(crate) fn full(count: usize) -> Fleet {
    providers::numbered(count)
}

/// The variables with which a function calls this simulator: those of every provider, its own
/// default provider, and an allow-list with every broker.
pub(crate) fn variables(function: &str, simulator: &Simulator) -> Vec<(&'static str, String)> {
    let provider = match function {
        "describe" => "tencent-mqtt",
        "inactivate" => "alibaba-mqtt",
        _ => "alibaba-pca",
    };
    let mut variables = providers::variables(simulator);
    variables.push(("DEFAULT_PROVIDER", provider.to_owned()));
    variables.push((
        "INACTIVATE_ALLOWED_INSTANCES",
        providers::allowed_instances(),
    ));
    variables
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
