//! The ways of each cloud to its credentials, and functions that go them.

use serde_json::{Value, json};
use simulator::{
    ALIBABA_PROVIDER, ALIBABA_ROLE, Credentials, Fleet, IdentityService, Secret, Simulator,
    TENCENT_PROVIDER, TENCENT_ROLE, Vendor,
};
use whole_function_tests::{Answer, Runtime};

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, cas, cas_certificates, full, simulator, variables,
};

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
        let (assume, with_token) = (
            "AssumeRole",
            if is_tencent(vendor) {
                "AssumeRoleWithWebIdentity"
            } else {
                "AssumeRoleWithOIDC"
            },
        );
        match self {
            Self::Secret => vec!["/secretsmanager/get"],
            Self::Parameter => vec!["/systemsmanager/parameters/get"],
            Self::RoleWithKey => vec![assume],
            Self::RoleWithSecret => vec!["/secretsmanager/get", assume],
            Self::Keyless => vec!["GetWebIdentityToken", with_token],
        }
    }
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
    match vendor {
        Vendor::TencentMqtt => json!({ "TENCENTCLOUD_SECRET_ID": key.id, "TENCENTCLOUD_SECRET_KEY": key.secret }).to_string(),
        _ => json!({ "ALIBABA_CLOUD_ACCESS_KEY_ID": key.id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.secret }).to_string(),
    }
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

/// What a function's environment is in place of the usual variables.
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

/// What there is to ask for: so much that a request takes several calls.
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
    match vendor {
        Vendor::AlibabaMqtt => {
            let serials = ["d00000000000", "d00000000001", "d00000000002"];
            let certificates = serials.map(
                |serial| json!({ "serial_number": serial, "ca_serial_number": "007269004887" }),
            );
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates })
        }
        Vendor::AlibabaCas => {
            let serials: Vec<Value> = (0..450)
                .map(|number| json!({ "serial_number": format!("5{number:031x}") }))
                .collect();
            json!({ "certificates": serials })
        }
        _ => json!({ "instance_id": TENCENT_INSTANCE, "limit": 300 }),
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
    let prefix = if is_tencent(vendor) {
        "AKIDFAKErotated"
    } else {
        "LTAIFAKErotated"
    };
    Credentials {
        id: format!("{prefix}{number:012}"),
        secret: format!("FAKE-rotated-{number:024}"),
    }
}
