//! The providers and their clouds. One table decides what is the same everywhere about a provider:
//! its names, its cloud, its variable, its actions and their limits.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{deserialize_by_parse, quoted};

/// The one table of the providers. Passes its rows to the macro that is named; three read them:
/// this file (the names), `model/action.rs` (the actions) and `provider/mod.rs` (the constructors).
///
/// A row holds, in this order: the name in the code; the folder in `shared/src/provider`, which has
/// a type of the same name as the row; whether the provider can `change` a certificate's status
/// here (`supported` or `unsupported`); a `Row`; and its actions with their `Limits`.
macro_rules! for_each_provider {
    ($macro_name:ident) => {
        $macro_name! {
            /// Tencent Cloud MQTT, API version 2024-05-16.
            TencentMqtt in tencent_mqtt, change supported, {
                name: "tencent-mqtt",
                cloud: Cloud::Tencent,
                endpoint_variable: "TENCENT_MQTT_ENDPOINT",
                has_instances: true,
                is_certificate_authority: false,
            }
            // By the page of each action.
            actions {
                DescribeDeviceCertificates { calls_per_second: 20, burst: 1 }
                DescribeDeviceCertificate { calls_per_second: 20, burst: 2 }
                DeactivateDeviceCertificate { calls_per_second: 20, burst: 1 }
                ActivateDeviceCertificate { calls_per_second: 20, burst: 1 }
                DescribeClientList { calls_per_second: 20, burst: 2 }
                KickOutClient { calls_per_second: 20, burst: 1 }
                DescribeInstance { calls_per_second: 20, burst: 1 }
            }

            /// Alibaba Cloud ApsaraMQ for MQTT (OnsMqtt), API version 2020-04-20.
            AlibabaMqtt in alibaba_mqtt, change supported, {
                name: "alibaba-mqtt",
                cloud: Cloud::Alibaba,
                endpoint_variable: "ALIBABA_MQTT_ENDPOINT",
                has_instances: true,
                is_certificate_authority: false,
            }
            // By the page "QPS limits". The same page blocks an address that makes more than 300
            // calls in a second over all actions; `tests/template` holds the template's shares
            // below that.
            actions {
                ListDeviceCertificate { calls_per_second: 500, burst: 2 }
                ListDeviceCertificateByCaSn { calls_per_second: 500, burst: 2 }
                GetDeviceCertificate { calls_per_second: 500, burst: 2 }
                InactivateDeviceCertificate { calls_per_second: 500, burst: 1 }
                ActiveDeviceCertificate { calls_per_second: 500, burst: 1 }
                QuerySessionByClientId { calls_per_second: 500, burst: 2 }
                // The page does not name it; 20 is our own choice.
                CloseConnection { calls_per_second: 20, burst: 1 }
            }

            /// Alibaba Cloud Certificate Management Service, private CA (cas), API version
            /// 2020-06-30.
            AlibabaPca in alibaba_pca, change unsupported, {
                name: "alibaba-pca",
                cloud: Cloud::Alibaba,
                endpoint_variable: "ALIBABA_CAS_ENDPOINT",
                has_instances: false,
                is_certificate_authority: true,
            }
            // By the page of each action.
            actions {
                ListClientCertificate { calls_per_second: 10, burst: 1 }
                DescribeClientCertificateStatusForSerialNumber { calls_per_second: 10, burst: 1 }
            }

            /// AWS IoT Core.
            AwsIot in aws_iot, change supported, {
                name: "aws-iot",
                cloud: Cloud::Aws,
                endpoint_variable: "AWS_ENDPOINT_URL_IOT",
                has_instances: false,
                is_certificate_authority: false,
            }
            // By dumps of the Service Quotas API (`iotcore`): ListCertificates L-97DA2C60,
            // ListCertificatesByCA L-5A0AFD83, DescribeCertificate L-FC864907, UpdateCertificate
            // L-77B523DC, ListThingPrincipals L-FC3EF4D9, ListPrincipalThings L-C481616A. AWS raises
            // each on request; smaller regions may have less. It documents no figure for
            // GetConnection and DeleteConnection; 10 is our own choice.
            actions {
                ListCertificates { calls_per_second: 10, burst: 1 }
                ListCertificatesByCA { calls_per_second: 10, burst: 1 }
                DescribeCertificate { calls_per_second: 10, burst: 2 }
                UpdateCertificate { calls_per_second: 10, burst: 1 }
                ListThingPrincipals { calls_per_second: 20, burst: 1 }
                ListPrincipalThings { calls_per_second: 10, burst: 1 }
                GetConnection { calls_per_second: 10, burst: 2 }
                DeleteConnection { calls_per_second: 10, burst: 1 }
            }
        }
    };
}
pub(crate) use for_each_provider;

/// The facts about a provider that rooms below `provider` need.
struct Row {
    /// In requests, answers and variables.
    name: &'static str,
    /// Its account holds the credentials.
    cloud: Cloud,
    /// The variable that replaces the provider's own hosts.
    endpoint_variable: &'static str,
    /// Whether certificates belong to an instance of an MQTT broker.
    has_instances: bool,
    /// Whether it issues certificates, so that its status can be compared with a broker's.
    is_certificate_authority: bool,
}

macro_rules! is_supported {
    (supported) => {
        true
    };
    (unsupported) => {
        false
    };
}

macro_rules! define_provider_name {
    ($(
        $(#[$doc:meta])*
        $provider:ident in $folder:ident, change $change:ident, $row:tt actions $actions:tt
    )*) => {
        /// A cloud service that keeps certificates.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProviderName {
            $($(#[$doc])* $provider,)*
        }

        impl ProviderName {
            /// Every provider of the contract.
            pub const ALL: [Self; [$(stringify!($provider)),*].len()] = [$(Self::$provider),*];

            const fn row(self) -> &'static Row {
                match self {
                    $(Self::$provider => &Row $row,)*
                }
            }

            /// Whether a certificate's status can be changed here.
            pub const fn can_change_status(self) -> bool {
                match self {
                    $(Self::$provider => is_supported!($change),)*
                }
            }
        }
    };
}
for_each_provider!(define_provider_name);

impl ProviderName {
    /// The name in requests and answers.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The cloud whose credentials it takes.
    pub const fn cloud(self) -> Cloud {
        self.row().cloud
    }

    /// The variable that replaces its own hosts.
    pub const fn endpoint_variable(self) -> &'static str {
        self.row().endpoint_variable
    }

    /// Whether its certificates belong to an instance of an MQTT broker.
    pub const fn has_instances(self) -> bool {
        self.row().has_instances
    }

    /// Whether it is a certificate authority, whose status can be compared with a broker's.
    pub const fn is_certificate_authority(self) -> bool {
        self.row().is_certificate_authority
    }

    /// # Errors
    /// A sentence that lists the known providers.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                format!("unknown provider {}; known are {known}", quoted(text))
            })
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ProviderName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

deserialize_by_parse!(ProviderName, "the name of a provider as a string");

/// A cloud: one account, one set of credentials, one default region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// Tencent Cloud.
    Tencent,
    /// Alibaba Cloud.
    Alibaba,
    /// Amazon Web Services.
    Aws,
}

/// A value for each cloud.
#[derive(Debug, Default)]
pub struct ByCloud<T>([T; 3]);

impl<T> ByCloud<T> {
    /// Makes the value of each cloud.
    ///
    /// # Errors
    /// The first one that `value` has.
    pub fn try_new<E>(value: impl Fn(Cloud) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self([
            value(Cloud::Tencent)?,
            value(Cloud::Alibaba)?,
            value(Cloud::Aws)?,
        ]))
    }

    /// The value of one cloud.
    pub const fn of(&self, cloud: Cloud) -> &T {
        let [tencent, alibaba, aws] = &self.0;
        match cloud {
            Cloud::Tencent => tencent,
            Cloud::Alibaba => alibaba,
            Cloud::Aws => aws,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_known_by_its_name() {
        for provider in ProviderName::ALL {
            assert_eq!(ProviderName::parse(provider.as_str()), Ok(provider));
        }
        let error = ProviderName::parse("tencent").unwrap_err();
        assert!(error.contains("tencent-mqtt, alibaba-mqtt"), "{error}");
    }

    #[test]
    fn each_cloud_has_its_own_value() {
        let by_cloud = ByCloud::try_new(Ok::<_, ()>).unwrap();
        for cloud in [Cloud::Tencent, Cloud::Alibaba, Cloud::Aws] {
            assert_eq!(*by_cloud.of(cloud), cloud);
        }
    }
}
