//! Real certificates that every vendor holds, each in its own spelling, and the words to ask every
//! provider for them.

use serde_json::{Value, json};
use simulator::{Fleet, IssuedCertificate, Simulator, Vendor, issue};
use whole_function_tests::Runtime;
pub(crate) use whole_function_tests::providers::{ALIBABA_CA, alibaba_serial};
use whole_function_tests::providers::{CLOUDS, Inactivation, PROVIDERS, Provider};

use crate::setup::{function_with, simulator};

/// The vendors at which certificates can be inactivated.
pub(crate) const BROKERS: [Vendor; 3] = [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AwsIot];

/// Secrets that no cloud knows, by their variables, in the order of [`CLOUDS`].
pub(crate) const WRONG_SECRETS: [(&str, &str); CLOUDS.len()] = {
    let mut secrets = [("", ""); CLOUDS.len()];
    let mut index = 0;
    while index < CLOUDS.len() {
        secrets[index] = (CLOUDS[index].key_secret, CLOUDS[index].wrong_secret);
        index += 1;
    }
    secrets
};

/// 2025-01-01T00:00:00Z
const BEGIN: i64 = 1_735_689_600_000;
/// 2035-01-01T00:00:00Z
const END: i64 = 2_051_222_400_000;

/// A certificate from 2025 to 2034, with another signature each time. Its serial number has a
/// leading zero digit, and letters.
pub(crate) fn device(number: u8) -> IssuedCertificate {
    with_serial(&format!("0a7e4419c2d85b60f3918e2d7c55aa{number:02x}"))
}

/// The same with this serial number.
pub(crate) fn with_serial(serial: &str) -> IssuedCertificate {
    issue(
        serial,
        &format!("gateway-{serial}"),
        Some("Werk München"),
        BEGIN,
        END,
    )
}

/// The certificates at every vendor in its own spelling, in use and good.
pub(crate) fn everywhere(issued: &[IssuedCertificate]) -> Fleet {
    PROVIDERS.iter().fold(Fleet::empty(), |fleet, provider| {
        provider.with_issued(fleet, issued)
    })
}

/// The simulator with [`everywhere`]'s fleet, and a function that calls it.
pub(crate) async fn pair_everywhere(
    name: &str,
    issued: &[IssuedCertificate],
) -> (Simulator, Runtime) {
    let simulator = simulator(everywhere(issued)).await;
    let function = function_with(name, &simulator, &[]).await;
    (simulator, function)
}

/// The description of the provider for which this vendor answers.
pub(crate) fn provider(vendor: Vendor) -> &'static dyn Provider {
    <dyn Provider>::of(vendor)
}

/// The calls that inactivate this broker's certificates.
#[track_caller]
pub(crate) fn inactivation(vendor: Vendor) -> Inactivation {
    provider(vendor)
        .inactivation()
        .unwrap_or_else(|| panic!("{vendor:?} inactivates no certificates"))
}

/// The source of this vendor's certificates.
pub(crate) fn source(vendor: Vendor) -> Value {
    provider(vendor).source()
}

/// The members of an answer that say which source was queried.
pub(crate) fn place(vendor: Vendor) -> Value {
    provider(vendor).scope()
}

/// The reference to this certificate in a request to this vendor.
pub(crate) fn reference(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    provider(vendor).reference(issued)
}

/// A request for this vendor with the members of another object, which win.
pub(crate) fn request(vendor: Vendor, own: &Value) -> Value {
    with(source(vendor), own)
}

/// The members of both objects; those of the second win.
pub(crate) fn with(mut object: Value, own: &Value) -> Value {
    let members = own
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    object.as_object_mut().unwrap().extend(members);
    object
}

/// An object without these members, each of which must be there.
#[track_caller]
pub(crate) fn without(mut object: Value, members: &[&str]) -> Value {
    for member in members {
        assert!(
            object.as_object_mut().unwrap().remove(*member).is_some(),
            "no {member} in {object}"
        );
    }
    object
}

/// The action that tells the mode of a Tencent instance. An order calls it beside its other calls,
/// at any moment among them.
const BESIDE: &str = "DescribeInstance";

/// Every call so far as action and parameters, without those beside; then they are forgotten.
pub(crate) fn calls(simulator: &Simulator) -> Value {
    let calls: Vec<Value> = simulator
        .calls()
        .into_iter()
        .filter(|call| call.action != BESIDE)
        .map(|call| json!([call.action, call.parameters]))
        .collect();
    simulator.reset_numbers();
    json!(calls)
}

/// The actions of every call so far, without those beside.
pub(crate) fn actions(simulator: &Simulator) -> Vec<String> {
    simulator
        .calls()
        .into_iter()
        .map(|call| call.action)
        .filter(|action| action != BESIDE)
        .collect()
}

/// The status of each certificate in the vendor's own words, in the vendor's order.
pub(crate) fn words(simulator: &Simulator, vendor: Vendor) -> Vec<String> {
    simulator.with_fleet(|fleet| provider(vendor).statuses(fleet))
}

/// Sets the vendor's word for the status of one certificate.
pub(crate) fn set_word(
    simulator: &Simulator,
    vendor: Vendor,
    issued: &IssuedCertificate,
    word: &str,
) {
    simulator.with_fleet(|fleet| {
        let status = provider(vendor).status_mut(fleet, issued).unwrap();
        word.clone_into(status);
    });
}

/// The broker's words for active and inactive.
pub(crate) fn on_and_off(vendor: Vendor) -> (&'static str, &'static str) {
    inactivation(vendor).words
}

/// The code that the vendor answers to a caller whose key is wrong.
pub(crate) fn refusal_of_a_wrong_key(vendor: Vendor) -> &'static str {
    provider(vendor).cloud().wrong_key_code
}

/// The vendor's code for too many calls.
pub(crate) fn throttling(vendor: Vendor) -> &'static str {
    provider(vendor).cloud().throttling_code
}
