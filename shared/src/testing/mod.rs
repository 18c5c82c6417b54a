//! Helpers that unit tests of several rooms share: contexts over a network of prepared answers,
//! simulated clouds behind it, and the log lines of a call.

mod circles;
pub(crate) mod clouds;
mod layers;
pub(crate) mod log;
pub(crate) mod network;
pub(crate) mod table;

use std::time::Duration;

use crate::config::Config;
use crate::credentials::CredentialCaches;
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region, RequestId, Source, Timestamp};
use crate::provider::{
    CallContext, FoundCertificate, Learned, RequestContext, Spellings, StatusWriter,
};
use crate::request::CertificateReference;
use crate::transport::{Deadline, Limiter, Transport, Waiting};
use network::{NOW, Network};

/// Request ids of a provider, of these texts.
pub(crate) fn ids<const N: usize>(texts: [&str; N]) -> [RequestId; N] {
    texts.map(|text| RequestId::read(text).unwrap())
}

/// The values that a context borrows.
pub(crate) struct Bench {
    pub(crate) config: Config,
    pub(crate) transport: Transport,
    pub(crate) credential_caches: CredentialCaches,
    pub(crate) learned: Learned,
    pub(crate) limiter: Limiter,
    pub(crate) deadline: Deadline,
}

impl Bench {
    pub(crate) fn new(network: &Network) -> Self {
        Self::with(network, &[])
    }

    /// Over the usual environment variables with these changed or added.
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
        let lookup = |name: &str| {
            variables
                .iter()
                .chain(&usual)
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let config = Config::from_lookup(&lookup).unwrap();
        Self {
            limiter: Limiter::begin(&config.rate_limits, Waiting::Caller),
            config,
            transport: network.transport(),
            credential_caches: CredentialCaches::default(),
            learned: Learned::default(),
            deadline: Deadline::after(Duration::from_secs(60)),
        }
    }

    pub(crate) fn context(&self) -> CallContext<'_> {
        let Self {
            config,
            transport,
            credential_caches,
            learned,
            limiter,
            deadline,
        } = self;
        CallContext {
            config,
            transport,
            credential_caches,
            learned,
            limiter,
            deadline: *deadline,
            now: now(),
            request: CONTEXT,
        }
    }
}

/// The context of a request whose caller is unknown.
pub(crate) const CONTEXT: RequestContext<'static> = RequestContext {
    id: "order-1",
    event_id: "order-1",
    caller: None,
    expires_at: None,
    redelivered_since: None,
    continues: false,
};

/// Variables with which each listing action may be called 20 times a second, once in 50 ms, for an
/// event whose caller waits. The function has two sandboxes, of which one serves the queue.
pub(crate) const TWENTY_CALLS_A_SECOND: [(&str, &str); 3] = [
    (
        "CALLS_PER_SECOND",
        "tencent-mqtt:DescribeDeviceCertificates=20+20.2,alibaba-mqtt:ListDeviceCertificate=20+20.4,\
         alibaba-mqtt:GetDeviceCertificate=20+20.4,alibaba-pca:ListClientCertificate=20+20.2,aws-iot:ListCertificates=20+20.2,\
         aws-iot:DescribeCertificate=20+20.4",
    ),
    ("RESERVED_CONCURRENCY", "2"),
    ("QUEUE_CONCURRENCY", "1"),
];

pub(crate) fn now() -> Timestamp {
    Timestamp::from_epoch_milliseconds(NOW).unwrap()
}

/// Looks one certificate up.
pub(crate) async fn find_one(
    provider: &dyn StatusWriter,
    reference: &CertificateReference,
    spellings: Spellings,
) -> Result<Option<FoundCertificate>, Error> {
    let mut answers = provider.find(&[reference], spellings).await;
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// Reads one certificate again.
pub(crate) async fn read_one(
    provider: &dyn StatusWriter,
    found: &FoundCertificate,
) -> Result<Option<FoundCertificate>, Error> {
    let mut answers = provider.read(&[found]).await;
    assert_eq!(answers.len(), 1);
    answers.remove(0)
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
