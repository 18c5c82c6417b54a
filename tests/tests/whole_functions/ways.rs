//! The ways of each cloud to its credentials, and functions that go them.

use serde_json::{Value, json};
use simulator::{Credentials, Fleet, IdentityService, Secret, Simulator, Vendor};
use whole_function_tests::providers::Federation;
use whole_function_tests::{Answer, Runtime};

use crate::cells::{provider, with};
use crate::setup::{cas, cas_certificates, full, simulator, variables};

/// One cloud's way to its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Secret,
    Parameter,
    RoleWithKey,
    RoleWithSecret,
    Keyless,
}

pub(crate) const WAYS: [Way; 5] = [
    Way::Secret,
    Way::Parameter,
    Way::RoleWithKey,
    Way::RoleWithSecret,
    Way::Keyless,
];
pub(crate) const VENDORS: [Vendor; 3] =
    [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas];

pub(crate) fn cells() -> impl Iterator<Item = (Vendor, Way)> {
    VENDORS
        .into_iter()
        .flat_map(|vendor| WAYS.map(|way| (vendor, way)))
}

pub(crate) const SECRET_NAME: &str = "fleet/key";

impl Way {
    pub(crate) const fn has_role(self) -> bool {
        matches!(
            self,
            Self::RoleWithKey | Self::RoleWithSecret | Self::Keyless
        )
    }

    /// Which services are called before the first call of the vendor.
    pub(crate) fn calls(self, vendor: Vendor) -> Vec<&'static str> {
        let (assume, with_token) = ("AssumeRole", federation(vendor).exchange_action);
        match self {
            Self::Secret => vec!["/secretsmanager/get"],
            Self::Parameter => vec!["/systemsmanager/parameters/get"],
            Self::RoleWithKey => vec![assume],
            Self::RoleWithSecret => vec!["/secretsmanager/get", assume],
            Self::Keyless => vec!["GetWebIdentityToken", with_token],
        }
    }
}

/// The ways to this vendor's credentials.
pub(crate) fn federation(vendor: Vendor) -> &'static Federation {
    let cloud = provider(vendor).cloud();
    cloud.federation.as_ref().unwrap()
}

pub(crate) fn is_tencent(vendor: Vendor) -> bool {
    vendor == Vendor::TencentMqtt
}

pub(crate) fn function_of(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::AlibabaMqtt => "inactivate",
        Vendor::AlibabaCas => "status",
        _ => "describe",
    }
}

pub(crate) fn secret_of(vendor: Vendor, key: &Credentials) -> String {
    let cloud = provider(vendor).cloud();
    json!({ cloud.key_id: key.id, cloud.key_secret: key.secret }).to_string()
}

pub(crate) fn store(
    simulator: &Simulator,
    vendor: Vendor,
    current: &Credentials,
    previous: Option<&Credentials>,
) {
    let secret = Secret {
        current: secret_of(vendor, current),
        previous: previous.map(|key| secret_of(vendor, key)),
    };
    simulator.with_accounts(|accounts| accounts.secrets.insert(SECRET_NAME.to_owned(), secret));
}

/// The environment of a function in place of the usual variables.
pub(crate) fn environment(
    vendor: Vendor,
    way: Way,
    simulator: &Simulator,
) -> Vec<(&'static str, String)> {
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
    set(
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
        extension.rsplit(':').next().unwrap(),
    );
    set(
        "TENCENT_STS_ENDPOINT",
        &simulator.identity_url(IdentityService::TencentSts),
    );
    set(
        "ALIBABA_STS_ENDPOINT",
        &simulator.identity_url(IdentityService::AlibabaSts),
    );
    set(
        "AWS_ENDPOINT_URL_STS",
        &simulator.identity_url(IdentityService::AwsSts),
    );
    let (cloud, federation) = (provider(vendor).cloud(), federation(vendor));
    if way != Way::RoleWithKey {
        set(cloud.key_id, "");
        set(cloud.key_secret, "");
    }
    match way {
        Way::Secret | Way::RoleWithSecret => set(federation.secret, SECRET_NAME),
        Way::Parameter => set(federation.parameter, SECRET_NAME),
        Way::Keyless => {
            let (variable, name) = federation.identity_provider;
            set(variable, name);
        }
        Way::RoleWithKey => {}
    }
    if way.has_role() {
        let (variable, role) = federation.role;
        set(variable, role);
    }
    all
}

pub(crate) async fn start(
    vendor: Vendor,
    way: Way,
    simulator: &Simulator,
    own: &[(&str, &str)],
) -> Runtime {
    let all = environment(vendor, way, simulator);
    let all = all.iter().map(|(name, value)| (*name, value.as_str()));
    Runtime::start(
        function_of(vendor),
        &all.chain(own.iter().copied()).collect::<Vec<_>>(),
    )
    .await
}

/// A fleet so large that a request takes several calls.
pub(crate) fn fleet() -> Fleet {
    Fleet {
        alibaba_cas: cas(cas_certificates(450)).alibaba_cas,
        ..full(300)
    }
}

/// A simulator whose store holds the key, and a function.
pub(crate) async fn pair(vendor: Vendor, way: Way) -> (Simulator, Runtime) {
    let simulator = simulator(fleet()).await;
    store(&simulator, vendor, &vendor.credentials(), None);
    let function = start(vendor, way, &simulator, &[]).await;
    (simulator, function)
}

/// A request that takes several calls.
pub(crate) fn request(vendor: Vendor) -> Value {
    let provider = provider(vendor);
    match function_of(vendor) {
        "describe" => with(provider.source(), &json!({ "limit": 300 })),
        "inactivate" => provider.numbered_request(0, 3),
        _ => provider.numbered_request(0, 450),
    }
}

#[track_caller]
pub(crate) fn assert_complete(answer: &Answer) {
    let answer = answer.json();
    let is_complete = match answer["operation"].as_str().unwrap() {
        "describe" => answer["certificates"].as_array().unwrap().len() == 300,
        "inactivate" => answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["status"] == "inactive"),
        _ => answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["status"] == "good"),
    };
    assert!(is_complete, "{answer}");
}

pub(crate) fn actions(simulator: &Simulator) -> Vec<String> {
    simulator
        .identity_calls()
        .into_iter()
        .map(|call| call.action)
        .collect()
}

pub(crate) fn another_key(vendor: Vendor, number: usize) -> Credentials {
    let prefix = federation(vendor).key_prefix;
    Credentials {
        id: format!("{prefix}FAKErotated{number:012}"),
        secret: format!("FAKE-rotated-{number:024}"),
    }
}
