//! Sessions over a network of prepared answers.

use std::time::Duration;

use super::{Learned, Session};
use crate::config::Config;
use crate::credentials::Keepers;
use crate::model::{InstanceId, ProviderName, Region, Source, Timestamp};
use crate::transport::fake::{NOW, Network};
use crate::transport::{Deadline, Pace, Transport};

/// What a session borrows.
pub(crate) struct Bench {
    pub(crate) config: Config,
    pub(crate) transport: Transport,
    pub(crate) keepers: Keepers,
    pub(crate) learned: Learned,
    pub(crate) pace: Pace,
    pub(crate) deadline: Deadline,
}

impl Bench {
    pub(crate) fn new(network: &Network) -> Self {
        Self::with(network, &[])
    }

    /// With these environment variables in place of, or on top of, the usual ones.
    pub(crate) fn with(network: &Network, variables: &[(&str, &str)]) -> Self {
        let usual = [
            ("TENCENTCLOUD_SECRET_ID", "AKIDtest"),
            ("TENCENTCLOUD_SECRET_KEY", "tencent-key"),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAItest"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "alibaba-key"),
            ("AWS_ACCESS_KEY_ID", "AKIAtest"),
            ("AWS_SECRET_ACCESS_KEY", "aws-key"),
            ("INACTIVATE_ALLOWED_INSTANCES", "*"),
        ];
        let lookup =
            |name: &str| variables.iter().chain(&usual).find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        let config = Config::from_lookup(&lookup).unwrap();
        Self {
            pace: Pace::begin(&config.call_intervals),
            config,
            transport: network.transport(),
            keepers: Keepers::default(),
            learned: Learned::default(),
            deadline: Deadline::after(Duration::from_secs(60)),
        }
    }

    pub(crate) fn session(&self) -> Session<'_> {
        let Self { config, transport, keepers, learned, pace, deadline } = self;
        Session { config, transport, keepers, learned, pace, deadline: *deadline, now: now(), caller: None, order_expires_at: None }
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_epoch_milliseconds(NOW).unwrap()
}

/// A source in a region that the provider has, with an instance where it needs one.
pub(crate) fn target(provider: ProviderName) -> Source {
    let (region, instance) = match provider {
        ProviderName::TencentMqtt => ("ap-guangzhou", Some("mqtt-1")),
        ProviderName::AlibabaMqtt => ("cn-hangzhou", Some("post-cn-1")),
        ProviderName::AlibabaPca => ("cn-hangzhou", None),
        ProviderName::AwsIot => ("eu-west-1", None),
    };
    Source {
        provider,
        region: Some(Region::parse(region).unwrap()),
        instance_id: instance.map(|instance| InstanceId::parse(instance).unwrap()),
    }
}
