//! The environment, read once at start into one value.

mod credentials;
mod queue_url;
mod rate_limits;

pub use queue_url::QueueUrl;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::credentials::CredentialSource;
use crate::model::{InstanceId, ProviderName, Region, Source, check_sources};
use crate::object::Object;
use crate::signing::webhook::Secrets;
use crate::transport::{Endpoint, ProxySettings, RateLimits};

/// Everything that the environment decides, but for how to log.
#[derive(Debug)]
pub struct Config {
    /// Provider when a request names none.
    pub default_provider: Option<ProviderName>,
    /// Tencent Cloud.
    pub tencent: Cloud,
    /// Alibaba Cloud.
    pub alibaba: Cloud,
    /// AWS; Lambda itself sets these variables.
    pub aws: Cloud,
    /// `TENCENT_MQTT_ENDPOINT`.
    pub tencent_mqtt_endpoint: Option<Endpoint>,
    /// `ALIBABA_MQTT_ENDPOINT`.
    pub alibaba_mqtt_endpoint: Option<Endpoint>,
    /// `ALIBABA_CAS_ENDPOINT`.
    pub alibaba_cas_endpoint: Option<Endpoint>,
    /// `AWS_ENDPOINT_URL_IOT`.
    pub aws_iot_endpoint: Option<Endpoint>,
    /// What `"sources": "all"` stands for; empty when not configured.
    pub sources: Vec<Source>,
    /// How often this instance may call the providers' actions.
    pub rate_limits: RateLimits,
    /// Which instances inactivate may touch.
    pub inactivate_allowed_instances: AllowedInstances,
    /// How old a message with an order to inactivate may be that does not say itself until when it
    /// is good.
    pub inactivate_message_max_age: Duration,
    /// Whose webhooks are taken. Without it HTTP requests are the gateway's to authenticate; with
    /// it, one that no gateway has authenticated must be signed.
    pub webhook_secrets: Option<Secrets>,
    /// Where answers to messages go, beside the log.
    pub results_queue: Option<QueueUrl>,
    /// Inactivate's own queue, where orders go on that one run cannot finish.
    pub orders_queue: Option<QueueUrl>,
    /// PEM file of extra trusted roots.
    pub extra_roots: Option<PathBuf>,
    /// The proxy of calls over HTTPS; its URL may hold a password.
    pub https_proxy: Option<SecretString>,
    /// Hosts that are called without the proxy.
    pub no_proxy: String,
}

/// One cloud's credentials and default region.
#[derive(Debug, Default)]
pub struct Cloud {
    /// Where they come from; `None` when no variable says so.
    pub credentials: Option<CredentialSource>,
    /// The default region.
    pub region: Option<Region>,
}

/// The instances that inactivate may touch.
#[derive(Debug, PartialEq, Eq)]
pub enum AllowedInstances {
    /// `*`.
    All,
    /// These. None when the variable is not set.
    Only(Vec<InstanceId>),
}

impl AllowedInstances {
    /// Whether this instance may be touched.
    pub fn allow(&self, instance: &InstanceId) -> bool {
        match self {
            Self::All => true,
            Self::Only(instances) => instances.contains(instance),
        }
    }

    /// Whether the certificates of a provider without instances may be touched: its name stands in
    /// the list.
    pub fn allow_provider(&self, provider: ProviderName) -> bool {
        match self {
            Self::All => true,
            Self::Only(instances) => instances
                .iter()
                .any(|instance| instance.as_str() == provider.as_str()),
        }
    }
}

/// Why the configuration cannot be used. It names the variable and never shows the value of a
/// secret.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The environment variable.
    pub variable: &'static str,
    /// What is wrong and what to do.
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
    /// The first variable that cannot be used.
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let config = Self {
            default_provider: parsed(lookup, "DEFAULT_PROVIDER", ProviderName::parse)?,
            tencent: credentials::tencent(lookup)?,
            alibaba: credentials::alibaba(lookup)?,
            aws: Cloud {
                credentials: credentials::key(lookup, credentials::AWS)?
                    .map(|key| CredentialSource::Key(key.into())),
                region: parsed(lookup, "AWS_REGION", Region::parse)?,
            },
            tencent_mqtt_endpoint: parsed(lookup, "TENCENT_MQTT_ENDPOINT", Endpoint::parse)?,
            alibaba_mqtt_endpoint: parsed(lookup, "ALIBABA_MQTT_ENDPOINT", Endpoint::parse)?,
            alibaba_cas_endpoint: parsed(lookup, "ALIBABA_CAS_ENDPOINT", Endpoint::parse)?,
            aws_iot_endpoint: parsed(lookup, "AWS_ENDPOINT_URL_IOT", Endpoint::parse)?,
            sources: parsed(lookup, "SOURCES", sources)?.unwrap_or_default(),
            rate_limits: rate_limits::rate_limits(lookup)?,
            inactivate_allowed_instances: parsed(
                lookup,
                "INACTIVATE_ALLOWED_INSTANCES",
                allowed_instances,
            )?
            .unwrap_or(AllowedInstances::Only(Vec::new())),
            inactivate_message_max_age: parsed(
                lookup,
                "INACTIVATE_MESSAGE_MAX_AGE_SECONDS",
                max_age,
            )?
            .unwrap_or(DAY),
            webhook_secrets: webhook_secrets(lookup)?,
            results_queue: parsed(lookup, RESULTS_QUEUE_URL, QueueUrl::parse)?,
            orders_queue: parsed(lookup, ORDERS_QUEUE_URL, QueueUrl::parse)?,
            extra_roots: text(lookup, "SSL_CERT_FILE").map(PathBuf::from),
            https_proxy: text(lookup, "HTTPS_PROXY").map(SecretString::from),
            no_proxy: text(lookup, "NO_PROXY").unwrap_or_default(),
        };
        let queues = [
            (RESULTS_QUEUE_URL, &config.results_queue),
            (ORDERS_QUEUE_URL, &config.orders_queue),
        ];
        let set = queues.into_iter().find(|(_, queue)| queue.is_some());
        if let Some((variable, _)) =
            set.filter(|_| config.aws.credentials.is_none() || config.aws.region.is_none())
        {
            let reason =
                "messages are sent to it with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, which are not all set".to_owned();
            return Err(ConfigError { variable, reason });
        }
        Ok(config)
    }

    /// The proxy, where there is one.
    pub fn proxy(&self) -> Option<ProxySettings<'_>> {
        let url = self.https_proxy.as_ref()?.expose_secret();
        let exceptions = &self.no_proxy;
        Some(ProxySettings { url, exceptions })
    }
}

fn text(lookup: Lookup<'_>, variable: &str) -> Option<String> {
    lookup(variable).filter(|value| !value.is_empty())
}

fn parsed<T>(
    lookup: Lookup<'_>,
    variable: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    text(lookup, variable)
        .map(|value| parse(&value).map_err(|reason| ConfigError { variable, reason }))
        .transpose()
}

/// An empty value is no way to leave it out: it would open what was meant to be closed.
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

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn max_age(seconds: &str) -> Result<Duration, String> {
    let age = seconds
        .parse()
        .map(Duration::from_secs)
        .ok()
        .filter(|age| (Duration::from_secs(60)..=DAY.saturating_mul(14)).contains(age));
    age.ok_or_else(|| "it is a whole number of seconds from 60 to 1209600, the 14 days that a queue keeps messages at most".to_owned())
}

/// A JSON list of sources, as a request would name them.
fn sources(list: &str) -> Result<Vec<Source>, String> {
    let sources: Vec<Object<Source>> = serde_json::from_str(list).map_err(|error| {
        format!("it is not a list like [{{\"provider\": \"tencent-mqtt\", \"region\": \"...\", \"instance_id\": \"...\"}}]: {error}")
    })?;
    let sources: Vec<Source> = sources.into_iter().map(|Object(source)| source).collect();
    check_sources(&sources)?;
    Ok(sources)
}

#[cfg(test)]
mod tests;
