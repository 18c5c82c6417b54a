//! Where credentials come from: stores of AWS, roles at the vendors' STS, and no key at all.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{
    ALIBABA_PROVIDER, ALIBABA_ROLE, Credentials, Fault, FaultRule, IdentityService, Secret, Simulator, TENCENT_PROVIDER, TENCENT_ROLE,
    TokenAlgorithm, Vendor,
};
use whole_function_tests::canary::{Secrets, outputs_at_every_log_level};
use whole_function_tests::{Answer, Event, Runtime};

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, full, problem, simulator, variables};

/// One cloud's way to its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Secret,
    Parameter,
    RoleWithKey,
    RoleWithSecret,
    Keyless,
}

const WAYS: [Way; 5] = [Way::Secret, Way::Parameter, Way::RoleWithKey, Way::RoleWithSecret, Way::Keyless];
const VENDORS: [Vendor; 3] = [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas];

fn cells() -> impl Iterator<Item = (Vendor, Way)> {
    VENDORS.into_iter().flat_map(|vendor| WAYS.map(|way| (vendor, way)))
}

const SECRET_NAME: &str = "fleet/key";

impl Way {
    const fn has_role(self) -> bool {
        matches!(self, Self::RoleWithKey | Self::RoleWithSecret | Self::Keyless)
    }

    /// Which services are called before the first call of the vendor.
    fn calls(self, vendor: Vendor) -> Vec<&'static str> {
        let (assume, with_token) = ("AssumeRole", if is_tencent(vendor) { "AssumeRoleWithWebIdentity" } else { "AssumeRoleWithOIDC" });
        match self {
            Self::Secret => vec!["/secretsmanager/get"],
            Self::Parameter => vec!["/systemsmanager/parameters/get"],
            Self::RoleWithKey => vec![assume],
            Self::RoleWithSecret => vec!["/secretsmanager/get", assume],
            Self::Keyless => vec!["GetWebIdentityToken", with_token],
        }
    }
}

fn is_tencent(vendor: Vendor) -> bool {
    vendor == Vendor::TencentMqtt
}

fn function_of(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::AlibabaMqtt => "inactivate",
        Vendor::AlibabaCas => "status",
        _ => "describe",
    }
}

fn secret_of(vendor: Vendor, key: &Credentials) -> String {
    match vendor {
        Vendor::TencentMqtt => json!({ "TENCENTCLOUD_SECRET_ID": key.id, "TENCENTCLOUD_SECRET_KEY": key.secret }).to_string(),
        _ => json!({ "ALIBABA_CLOUD_ACCESS_KEY_ID": key.id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.secret }).to_string(),
    }
}

fn store(simulator: &Simulator, vendor: Vendor, current: &Credentials, previous: Option<&Credentials>) {
    let secret = Secret { current: secret_of(vendor, current), previous: previous.map(|key| secret_of(vendor, key)) };
    simulator.with_accounts(|accounts| accounts.secrets.insert(SECRET_NAME.to_owned(), secret));
}

/// What a function's environment is in place of the usual variables.
fn environment(vendor: Vendor, way: Way, simulator: &Simulator) -> Vec<(&'static str, String)> {
    let lambda = simulator.temporary_credentials(Vendor::AwsIot);
    let extension = simulator.identity_url(IdentityService::Extension);
    let mut all = variables(function_of(vendor), simulator);
    let mut set = |name: &'static str, value: &str| {
        all.retain(|(set, _)| *set != name);
        all.push((name, value.to_owned()));
    };
    set("AWS_ACCESS_KEY_ID", &lambda.id);
    set("AWS_SECRET_ACCESS_KEY", &lambda.secret);
    set("AWS_SESSION_TOKEN", &lambda.token);
    set("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", extension.rsplit(':').next().unwrap());
    set("TENCENT_STS_ENDPOINT", &simulator.identity_url(IdentityService::TencentSts));
    set("ALIBABA_STS_ENDPOINT", &simulator.identity_url(IdentityService::AlibabaSts));
    set("AWS_ENDPOINT_URL_STS", &simulator.identity_url(IdentityService::AwsSts));
    let (id, key, secret, parameter, role, arn, provider, name) = if is_tencent(vendor) {
        (
            "TENCENTCLOUD_SECRET_ID",
            "TENCENTCLOUD_SECRET_KEY",
            "TENCENTCLOUD_SECRETS_MANAGER_SECRET",
            "TENCENTCLOUD_SSM_PARAMETER",
            "TENCENTCLOUD_ROLE_ARN",
            TENCENT_ROLE,
            "TENCENTCLOUD_OIDC_PROVIDER_ID",
            TENCENT_PROVIDER,
        )
    } else {
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
            "ALIBABA_CLOUD_SSM_PARAMETER",
            "ALIBABA_CLOUD_ROLE_ARN",
            ALIBABA_ROLE,
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            ALIBABA_PROVIDER,
        )
    };
    if way != Way::RoleWithKey {
        set(id, "");
        set(key, "");
    }
    match way {
        Way::Secret | Way::RoleWithSecret => set(secret, SECRET_NAME),
        Way::Parameter => set(parameter, SECRET_NAME),
        Way::Keyless => set(provider, name),
        Way::RoleWithKey => {}
    }
    if way.has_role() {
        set(role, arn);
    }
    all
}

async fn start(vendor: Vendor, way: Way, simulator: &Simulator, own: &[(&str, &str)]) -> Runtime {
    let all = environment(vendor, way, simulator);
    let all = all.iter().map(|(name, value)| (*name, value.as_str()));
    Runtime::start(function_of(vendor), &all.chain(own.iter().copied()).collect::<Vec<_>>()).await
}

/// A simulator whose store holds the key, and a function.
async fn pair(vendor: Vendor, way: Way) -> (Simulator, Runtime) {
    let simulator = simulator(full(300)).await;
    store(&simulator, vendor, &vendor.credentials(), None);
    let function = start(vendor, way, &simulator, &[]).await;
    (simulator, function)
}

/// A request that takes several calls.
fn request(vendor: Vendor) -> Value {
    match vendor {
        Vendor::AlibabaMqtt => {
            let serials = ["d00000000000", "d00000000001", "d00000000002"];
            let certificates = serials.map(|serial| json!({ "serial_number": serial, "ca_serial_number": "007269004887" }));
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates })
        }
        Vendor::AlibabaCas => {
            let serials: Vec<Value> = (0..250).map(|number| json!({ "serial_number": format!("5{number:031x}") })).collect();
            json!({ "certificates": serials })
        }
        _ => json!({ "instance_id": TENCENT_INSTANCE, "limit": 300 }),
    }
}

#[track_caller]
fn assert_complete(answer: &Answer) {
    let answer = answer.json();
    let is_complete = match answer["operation"].as_str().unwrap() {
        "describe" => answer["certificates"].as_array().unwrap().len() == 300,
        "inactivate" => answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "inactive"),
        _ => answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "good"),
    };
    assert!(is_complete, "{answer}");
}

fn actions(simulator: &Simulator) -> Vec<String> {
    simulator.identity_calls().into_iter().map(|call| call.action).collect()
}

fn another_key(vendor: Vendor, number: usize) -> Credentials {
    let prefix = if is_tencent(vendor) { "AKIDFAKErotated" } else { "LTAIFAKErotated" };
    Credentials { id: format!("{prefix}{number:012}"), secret: format!("FAKE-rotated-{number:024}") }
}

#[tokio::test]
async fn each_way_leads_to_a_key_which_is_kept() {
    at_once(cells(), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        assert_eq!(simulator.identity_calls(), [], "{vendor:?} {way:?}: nothing is fetched before the first event");
        for _ in 0..3 {
            assert_complete(&function.invoke(request(vendor)).await);
        }
        assert_eq!(actions(&simulator), way.calls(vendor), "{vendor:?} {way:?}");
        assert_eq!(simulator.issued_keys().len(), usize::from(way.has_role()));
        for call in simulator.identity_calls() {
            assert_eq!(call.outcome, "ok");
            let token = simulator.issued_tokens();
            assert!(token.iter().all(|token| !call.query.contains(token)), "no token is in a URL");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_rotated_while_calls_run_fails_no_answer() {
    let with_secret = cells().filter(|(_, way)| matches!(way, Way::Secret | Way::RoleWithSecret));
    at_once(with_secret, |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        simulator.fail(vendor, FaultRule::always(Fault::Delay(60)));
        let mut old = vendor.credentials();
        for number in 0..5 {
            let new = another_key(vendor, number);
            let rotate = async {
                tokio::time::sleep(Duration::from_millis(90)).await;
                store(&simulator, vendor, &new, Some(&old));
                // The old key is dead at once, and with it what was got for it.
                simulator.replace_keys(vendor, [new.clone()]);
                simulator.end_issued_keys();
                // The extension's answer of five minutes ago would be the old key.
                simulator.with_accounts(|accounts| accounts.extension_cache = Duration::from_millis(300));
            };
            let (answer, ()) = tokio::join!(function.invoke(request(vendor)), rotate);
            assert_complete(&answer);
            assert_complete(&function.invoke(request(vendor)).await);
            // By then the extension has forgotten what it was asked for by stage.
            tokio::time::sleep(Duration::from_millis(300)).await;
            old = new;
        }
        assert!(simulator.calls().iter().any(|call| call.outcome != "ok"), "{vendor:?} {way:?}: the test has seen refused keys");
    })
    .await;
}

#[tokio::test]
async fn a_stale_answer_of_the_extension_is_gone_past_by_naming_the_stage() {
    at_once(VENDORS, |vendor| async move {
        let (simulator, mut function) = pair(vendor, Way::Secret).await;
        assert_complete(&function.invoke(request(vendor)).await);
        let new = another_key(vendor, 1);
        store(&simulator, vendor, &new, Some(&vendor.credentials()));
        simulator.replace_keys(vendor, [new]);
        assert_complete(&function.invoke(request(vendor)).await);
        let stages: Vec<bool> = simulator.identity_calls().iter().map(|call| call.query.contains("versionStage=AWSCURRENT")).collect();
        assert_eq!(stages, [false, true], "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn while_the_new_key_is_not_good_yet_the_previous_one_is_used() {
    at_once(VENDORS, |vendor| async move {
        let simulator = simulator(full(300)).await;
        store(&simulator, vendor, &another_key(vendor, 1), Some(&vendor.credentials()));
        let mut function = start(vendor, Way::Secret, &simulator, &[]).await;
        for _ in 0..2 {
            assert_complete(&function.invoke(request(vendor)).await);
        }
        assert_eq!(simulator.identity_calls().len(), 3, "{vendor:?}: as it is, by AWSCURRENT, by AWSPREVIOUS");
    })
    .await;
}

#[tokio::test]
async fn a_temporary_key_that_ends_before_its_time_is_replaced() {
    at_once(cells().filter(|(_, way)| way.has_role()), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        for _ in 0..3 {
            assert_complete(&function.invoke(request(vendor)).await);
            simulator.end_issued_keys();
        }
        assert_complete(&function.invoke(request(vendor)).await);
        assert_eq!(simulator.issued_keys().len(), 4, "{vendor:?} {way:?}");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_replaced_ahead_of_its_end_and_used_on_while_the_sts_is_down() {
    at_once(cells().filter(|(_, way)| way.has_role()), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        // Less than five minutes: due at once, good for two minutes more.
        simulator.with_accounts(|accounts| accounts.key_lifetime = Duration::from_secs(180));
        assert_complete(&function.invoke(request(vendor)).await);
        let first = simulator.issued_keys().len();
        assert_complete(&function.invoke(request(vendor)).await);
        assert!(simulator.issued_keys().len() > first, "{vendor:?} {way:?}");
        let sts = if is_tencent(vendor) { IdentityService::TencentSts } else { IdentityService::AlibabaSts };
        simulator.with_accounts(|accounts| accounts.down.insert(sts));
        assert_complete(&function.invoke(request(vendor)).await);
        simulator.end_issued_keys();
        let problem = problem(&function.invoke(request(vendor)).await);
        assert_eq!((&problem["code"], &problem["retryable"]), (&json!("provider_unavailable"), &json!(true)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("STS"), "{problem}");
    })
    .await;
}

/// The problem that is the answer of a new function, and how many calls it took.
async fn refused(vendor: Vendor, way: Way, simulator: &Simulator, own: &[(&str, &str)]) -> (Value, usize) {
    let before = simulator.identity_calls().len();
    let mut function = start(vendor, way, simulator, own).await;
    let problem = problem(&function.invoke(request(vendor)).await);
    (problem, simulator.identity_calls().len() - before)
}

#[tokio::test]
async fn an_identity_that_is_not_taken_is_told_with_what_to_do() {
    at_once(VENDORS, |vendor| async move {
        let simulator = simulator(full(300)).await;
        let audience = if is_tencent(vendor) { "TENCENTCLOUD_OIDC_AUDIENCE" } else { "ALIBABA_CLOUD_OIDC_AUDIENCE" };
        let (problem, calls) = refused(vendor, Way::Keyless, &simulator, &[(audience, "somebody.else")]).await;
        assert_eq!((&problem["code"], &problem["retryable"], calls), (&json!("provider_rejected"), &json!(false), 2), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(audience), "{problem}");
        assert_ne!(problem["provider_error"]["code"], Value::Null);

        for change in [
            (|accounts| accounts.token_seconds = -1) as fn(&mut simulator::Accounts),
            |accounts| accounts.subject.push_str("-of-others"),
            |accounts| accounts.token_algorithm = TokenAlgorithm::None,
            |accounts| accounts.token_algorithm = TokenAlgorithm::Hs256,
            |accounts| accounts.token_algorithm = TokenAlgorithm::Forged,
        ] {
            simulator.reset();
            simulator.with_accounts(change);
            let (problem, calls) = refused(vendor, Way::Keyless, &simulator, &[]).await;
            assert_eq!((&problem["code"], calls), (&json!("provider_rejected"), 2), "{problem}");
            assert_eq!((simulator.calls().len(), simulator.issued_keys().len()), (0, 0));
        }

        simulator.reset();
        simulator.with_accounts(|accounts| accounts.federation = false);
        let (problem, calls) = refused(vendor, Way::Keyless, &simulator, &[]).await;
        assert_eq!((&problem["code"], calls), (&json!("provider_rejected"), 1), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("EnableOutboundWebIdentityFederation"), "{problem}");
        assert_eq!(problem["provider_error"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_good_no_more_is_asked_for_once_and_told() {
    at_once(cells().filter(|(_, way)| *way != Way::Keyless), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        simulator.replace_keys(vendor, [another_key(vendor, 1)]);
        let problem = problem(&function.invoke(request(vendor)).await);
        assert_eq!((&problem["code"], &problem["retryable"]), (&json!("provider_rejected"), &json!(false)), "{problem}");
        let refused = simulator.calls().len() + simulator.identity_calls().iter().filter(|call| call.action == "AssumeRole").count();
        assert_eq!(refused, 1, "{vendor:?} {way:?}: the same key is not tried again");
    })
    .await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_may_answer_later() {
    at_once(cells().filter(|(_, way)| matches!(way, Way::Secret | Way::Parameter)), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        simulator.with_accounts(|accounts| accounts.down.insert(IdentityService::Extension));
        let told = problem(&function.invoke(request(vendor)).await);
        assert_eq!((&told["code"], &told["retryable"]), (&json!("provider_unavailable"), &json!(true)), "{told}");
        assert!(told["detail"].as_str().unwrap().contains("AWS Parameters and Secrets"), "{told}");
        simulator.with_accounts(|accounts| accounts.down.clear());
        assert_complete(&function.invoke(request(vendor)).await);

        simulator.with_accounts(|accounts| accounts.secrets.clear());
        let (told, calls) = refused(vendor, way, &simulator, &[("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "1")]).await;
        assert_eq!((&told["code"], calls), (&json!("provider_unavailable"), 0), "{told}");
    })
    .await;
}

#[tokio::test]
async fn what_contradicts_itself_does_not_start() {
    let simulator = simulator(full(1)).await;
    let mut variables = environment(Vendor::AlibabaMqtt, Way::Keyless, &simulator);
    variables.push(("ALIBABA_CLOUD_SECRETS_MANAGER_SECRET", SECRET_NAME.to_owned()));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let outputs = outputs_at_every_log_level("inactivate", &variables, &[]).await;
    let log = outputs.iter().map(|output| String::from_utf8_lossy(&output.bytes)).collect::<String>();
    assert!(log.contains("ALIBABA_CLOUD_OIDC_PROVIDER_ARN cannot be used"), "{log}");
}

#[tokio::test]
async fn nothing_secret_shows_on_any_way() {
    at_once(cells(), |(vendor, way)| async move {
        let simulator = simulator(full(2)).await;
        store(&simulator, vendor, &vendor.credentials(), None);
        let variables = environment(vendor, way, &simulator);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let event = || Event::from(request(vendor));
        let mut outputs = outputs_at_every_log_level(function_of(vendor), &variables, &[event(), "{}".into()]).await;
        simulator.with_accounts(|accounts| accounts.token_seconds = -1);
        simulator.replace_keys(vendor, [another_key(vendor, 1)]);
        outputs.extend(outputs_at_every_log_level(function_of(vendor), &variables, &[event()]).await);
        let told = outputs.iter().any(|output| String::from_utf8_lossy(&output.bytes).contains("provider_rejected"));
        assert!(told, "{vendor:?} {way:?}: the test has seen refusals");
        let (key, lambda) = (vendor.credentials(), simulator.temporary_credentials(Vendor::AwsIot));
        let issued = simulator.issued_keys();
        let tokens = simulator.issued_tokens();
        let mut secrets = vec![key.id, key.secret, lambda.id, lambda.secret, lambda.token];
        secrets.extend(issued.into_iter().flat_map(|key| [key.id, key.secret, key.token]).chain(tokens));
        let secrets: Vec<(&str, &str)> = secrets.iter().map(|secret| ("a secret", secret.as_str())).collect();
        Secrets::new(&secrets).assert_absent(&outputs);
    })
    .await;
}
