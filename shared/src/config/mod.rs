//! The environment variables, read once at start into one value.

mod credentials;
mod idempotency_table;
mod protected;
mod queue_url;
mod rate_limits;
mod receipt_secrets;

pub(crate) use credentials::CloudVariables;
pub(crate) use idempotency_table::IDEMPOTENCY_TABLE;
pub use idempotency_table::IdempotencyTable;
pub use protected::{NamePattern, ProtectedFilter};
pub use queue_url::QueueUrl;
pub(crate) use receipt_secrets::RECEIPT_SECRETS;
pub use receipt_secrets::ReceiptSecrets;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::credentials::CredentialSource;
use crate::model::{ByCloud, Cloud, InstanceId, ProviderName, Region, Source, check_sources};
use crate::object::Object;
use crate::signing::webhook::Secrets;
use crate::transport::{Endpoint, HttpsProxy, RateLimits};

/// The configuration by environment variables, except the log's level and format.
#[derive(Debug)]
pub struct Config {
    /// The provider of requests that name none.
    pub default_provider: Option<ProviderName>,
    /// Each cloud's credentials and default region.
    pub clouds: ByCloud<CloudConfig>,
    /// The endpoints that replace the providers' own hosts.
    pub endpoints: HashMap<ProviderName, Endpoint>,
    /// The endpoint that replaces the region's host of the AWS IoT data plane, like the account's
    /// own host.
    pub iot_data_plane: Option<Endpoint>,
    /// The sources of `"sources": "all"`; empty when not configured.
    pub sources: Vec<Source>,
    /// The rate limits of this sandbox for the providers' actions.
    pub rate_limits: RateLimits,
    /// Whether every order that is no dry run is refused.
    pub dry_runs_only: bool,
    /// The instances whose certificates may be changed.
    pub inactivate_allowed_instances: AllowedInstances,
    /// Whether an order that does not say so ends the sessions of its certificates' devices.
    pub end_sessions: bool,
    /// The instances whose certificates an undo may switch on again.
    pub reactivate_allowed_instances: AllowedInstances,
    /// The greatest number of certificates that a selection may change without a plan.
    pub inactivate_max_unplanned: u16,
    /// The certificates that are never inactivated.
    pub inactivate_protected: Vec<ProtectedFilter>,
    /// The secrets that authenticate plans and receipts; without them, plans are not authenticated
    /// and no receipts are given.
    pub receipt_secrets: Option<ReceiptSecrets>,
    /// The greatest age of a message whose order sets no end itself.
    pub inactivate_message_max_age: Duration,
    /// The greatest age of a receipt that an undo takes.
    pub undo_max_age: Duration,
    /// The secrets of webhooks. With them, an HTTP request that no gateway has authenticated must
    /// be signed; without them, the gateway authenticates HTTP requests.
    pub webhook_secrets: Option<Secrets>,
    /// Whether the log has whole answers to messages, with the names in certificates, instead of
    /// their figures.
    pub log_answers: bool,
    /// The queue for the answers to messages.
    pub results_queue: Option<QueueUrl>,
    /// Inactivate's own queue, for orders that one run cannot finish.
    pub orders_queue: Option<QueueUrl>,
    /// The table of idempotency keys. Without it, a key is refused.
    pub idempotency_table: Option<IdempotencyTable>,
    /// The PEM file of additional trusted roots.
    pub extra_roots: Option<PathBuf>,
    /// The proxy of calls over HTTPS.
    pub https_proxy: Option<HttpsProxy>,
}

/// One cloud's credentials and default region.
#[derive(Debug, Default)]
pub struct CloudConfig {
    /// Where the credentials come from; `None` when no variable says so.
    pub credentials: Option<CredentialSource>,
    /// The default region.
    pub region: Option<Region>,
}

/// The instances whose certificates may be changed.
#[derive(Debug, PartialEq, Eq)]
pub enum AllowedInstances {
    /// All instances (`*`).
    All,
    /// These instances; none when the variable is not set.
    Only(Vec<InstanceId>),
}

impl AllowedInstances {
    /// Whether certificates of this instance may be changed.
    pub fn allow(&self, instance: &InstanceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(instances) => instances.contains(instance),
        }
    }

    /// Whether certificates of this provider, which has no instances, may be changed: the list
    /// holds its name.
    pub fn allow_provider(&self, provider: ProviderName) -> bool {
        match self {
            Self::All => true,
            Self::Only(instances) => instances
                .iter()
                .any(|instance| instance.as_str() == provider.as_str()),
        }
    }
}

/// An environment variable that cannot be used. The error never shows the value of a secret.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The environment variable.
    pub variable: &'static str,
    /// The fault and the remedy.
    pub reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the environment variable {} cannot be used: {}",
            self.variable, self.reason
        )
    }
}

impl std::error::Error for ConfigError {}

/// The variable of [`Config::dry_runs_only`].
pub(crate) const DRY_RUNS_ONLY: &str = "DRY_RUNS_ONLY";
/// The variable of [`Config::inactivate_max_unplanned`].
pub(crate) const INACTIVATE_MAX_UNPLANNED: &str = "INACTIVATE_MAX_UNPLANNED";
/// The variable of [`Config::inactivate_protected`].
pub(crate) const INACTIVATE_PROTECTED: &str = "INACTIVATE_PROTECTED";
/// The variable of [`Config::iot_data_plane`], by the SDKs' own name.
pub(crate) const IOT_DATA_PLANE: &str = "AWS_ENDPOINT_URL_IOT_DATA_PLANE";
/// The variable of [`Config::results_queue`].
pub(crate) const RESULTS_QUEUE_URL: &str = "RESULTS_QUEUE_URL";
/// The variable of [`Config::orders_queue`].
pub(crate) const ORDERS_QUEUE_URL: &str = "ORDERS_QUEUE_URL";

/// A variable's value by its name. An empty value counts as not set: a deployment template cannot
/// leave one out.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Reads the variables of the contract through `lookup`.
    ///
    /// # Errors
    /// A [`ConfigError`] about the first variable that cannot be used.
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let config = Self {
            default_provider: parsed(lookup, "DEFAULT_PROVIDER", ProviderName::parse)?,
            clouds: ByCloud::try_new(|cloud| credentials::cloud(lookup, cloud))?,
            endpoints: endpoints(lookup)?,
            iot_data_plane: parsed(lookup, IOT_DATA_PLANE, Endpoint::parse)?,
            sources: parsed(lookup, "SOURCES", sources)?.unwrap_or_default(),
            rate_limits: rate_limits::rate_limits(lookup)?,
            dry_runs_only: parsed(lookup, DRY_RUNS_ONLY, yes_or_no)?.unwrap_or(false),
            inactivate_allowed_instances: parsed(
                lookup,
                "INACTIVATE_ALLOWED_INSTANCES",
                allowed_instances,
            )?
            .unwrap_or(AllowedInstances::Only(Vec::new())),
            inactivate_max_unplanned: parsed(lookup, INACTIVATE_MAX_UNPLANNED, max_unplanned)?
                .unwrap_or(10),
            inactivate_protected: parsed(lookup, INACTIVATE_PROTECTED, protected::filters)?
                .unwrap_or_default(),
            end_sessions: parsed(lookup, "END_SESSIONS", yes_or_no)?.unwrap_or(false),
            reactivate_allowed_instances: parsed(
                lookup,
                "REACTIVATE_ALLOWED_INSTANCES",
                allowed_instances,
            )?
            .unwrap_or(AllowedInstances::Only(Vec::new())),
            inactivate_message_max_age: parsed(
                lookup,
                "INACTIVATE_MESSAGE_MAX_AGE_SECONDS",
                max_age,
            )?
            .unwrap_or(DAY),
            receipt_secrets: parsed(lookup, RECEIPT_SECRETS, ReceiptSecrets::parse)?,
            undo_max_age: parsed(lookup, "UNDO_MAX_AGE_SECONDS", |seconds| {
                seconds_between(seconds, 60, 2_592_000)
                    .ok_or_else(|| "it must be 60 to 2592000 seconds (30 days)".to_owned())
            })?
            .unwrap_or(DAY.saturating_mul(7)),
            webhook_secrets: webhook_secrets(lookup)?,
            log_answers: parsed(lookup, "LOG_ANSWERS", yes_or_no)?.unwrap_or(false),
            results_queue: parsed(lookup, RESULTS_QUEUE_URL, QueueUrl::parse)?,
            orders_queue: parsed(lookup, ORDERS_QUEUE_URL, QueueUrl::parse)?,
            idempotency_table: idempotency_table::idempotency_table(lookup)?,
            extra_roots: text(lookup, "SSL_CERT_FILE").map(PathBuf::from),
            https_proxy: parsed(lookup, "HTTPS_PROXY", |url| {
                HttpsProxy::parse(url, &text(lookup, "NO_PROXY").unwrap_or_default())
            })?,
        };
        config.check_services_of_aws()?;
        Ok(config)
    }

    /// The function calls its queues and its table with credentials and in a region of AWS.
    fn check_services_of_aws(&self) -> Result<(), ConfigError> {
        let aws = self.clouds.of(Cloud::Aws);
        if aws.credentials.is_some() && aws.region.is_some() {
            return Ok(());
        }
        let services = [
            (RESULTS_QUEUE_URL, self.results_queue.is_some()),
            (ORDERS_QUEUE_URL, self.orders_queue.is_some()),
            (IDEMPOTENCY_TABLE, self.idempotency_table.is_some()),
        ];
        match services.into_iter().find(|(_, is_set)| *is_set) {
            Some((variable, _)) => Err(ConfigError {
                variable,
                reason: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, which calling it requires, are not all set"
                    .to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// The value of a variable that is set.
fn text(lookup: Lookup<'_>, variable: &str) -> Option<String> {
    lookup(variable).filter(|value| !value.is_empty())
}

/// The value of a variable that is set, as its type.
fn parsed<T>(
    lookup: Lookup<'_>,
    variable: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    text(lookup, variable)
        .map(|value| parse(&value).map_err(|reason| ConfigError { variable, reason }))
        .transpose()
}

fn endpoints(lookup: Lookup<'_>) -> Result<HashMap<ProviderName, Endpoint>, ConfigError> {
    let mut endpoints = HashMap::new();
    for provider in ProviderName::ALL {
        let endpoint = parsed(lookup, provider.endpoint_variable(), Endpoint::parse)?;
        endpoints.extend(endpoint.map(|endpoint| (provider, endpoint)));
    }
    Ok(endpoints)
}

/// An empty value is an error: taken as unset, it would switch authentication off.
fn webhook_secrets(lookup: Lookup<'_>) -> Result<Option<Secrets>, ConfigError> {
    let variable = "WEBHOOK_SECRETS";
    lookup(variable)
        .map(|value| Secrets::parse(&value).map_err(|reason| ConfigError { variable, reason }))
        .transpose()
}

fn allowed_instances(list: &str) -> Result<AllowedInstances, String> {
    if list.trim() == "*" {
        return Ok(AllowedInstances::All);
    }
    let instances = list
        .split(',')
        .map(|id| InstanceId::parse(id.trim()))
        .collect::<Result<_, _>>()?;
    Ok(AllowedInstances::Only(instances))
}

fn max_unplanned(text: &str) -> Result<u16, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=100).contains(number));
    number.ok_or_else(|| {
        "it must be a whole number from 1 to 100, the most certificates that one answer carries out"
            .to_owned()
    })
}

/// `yes` or `no`, as the parameters of the deployment template are written.
fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it must be yes or no".to_owned()),
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn max_age(seconds: &str) -> Result<Duration, String> {
    seconds_between(seconds, 60, 1_209_600).ok_or_else(|| {
        "it must be 60 to 1209600 seconds (14 days, the longest time that a queue keeps a message)"
            .to_owned()
    })
}

fn seconds_between(seconds: &str, least: u64, most: u64) -> Option<Duration> {
    let seconds: u64 = seconds.parse().ok()?;
    (least..=most)
        .contains(&seconds)
        .then(|| Duration::from_secs(seconds))
}

/// A JSON list of sources in the form of a request.
fn sources(list: &str) -> Result<Vec<Source>, String> {
    let sources: Vec<Object<Source>> = serde_json::from_str(list).map_err(|error| {
        format!("it must be a JSON list like [{{\"provider\": \"tencent-mqtt\", \"region\": \"...\", \"instance_id\": \"...\"}}]: {error}")
    })?;
    let sources: Vec<Source> = sources.into_iter().map(|Object(source)| source).collect();
    check_sources(&sources)?;
    Ok(sources)
}

#[cfg(test)]
mod tests;
