//! The vendors' actions that are called here, and what each vendor takes of them.

use std::fmt;

use super::{ProviderName, quoted};

/// One action of a vendor's API. Vendors limit the calls of each action for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the vendor's action of the same name")]
pub enum Action {
    DescribeDeviceCertificates,
    DescribeDeviceCertificate,
    DeactivateDeviceCertificate,
    ListDeviceCertificate,
    ListDeviceCertificateByCaSn,
    GetDeviceCertificate,
    InactivateDeviceCertificate,
    ListClientCertificate,
    DescribeClientCertificateStatusForSerialNumber,
    ListCertificates,
    ListCertificatesByCa,
    DescribeCertificate,
    UpdateCertificate,
}

/// The facts about an action.
struct Row {
    provider: ProviderName,
    name: &'static str,
    calls_per_second: u32,
    burst: u32,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 13] = [
        Self::DescribeDeviceCertificates,
        Self::DescribeDeviceCertificate,
        Self::DeactivateDeviceCertificate,
        Self::ListDeviceCertificate,
        Self::ListDeviceCertificateByCaSn,
        Self::GetDeviceCertificate,
        Self::InactivateDeviceCertificate,
        Self::ListClientCertificate,
        Self::DescribeClientCertificateStatusForSerialNumber,
        Self::ListCertificates,
        Self::ListCertificatesByCa,
        Self::DescribeCertificate,
        Self::UpdateCertificate,
    ];

    /// The one table of the vendors' limits: provider, name, calls in a second of one account, and
    /// how many calls one certificate or one page of a list takes (its state is read before a
    /// change and after it).
    ///
    /// * Tencent Cloud MQTT: 20, by the page of each action.
    /// * Alibaba Cloud MQTT: 500 of each action, by the page "QPS limits". The same page blocks an
    ///   address that makes more than 300 calls in a second over all actions; `tests/template`
    ///   holds the template's shares below that.
    /// * Alibaba Cloud private CA: 10, by the page of each action.
    /// * AWS IoT Core: 10, by dumps of the Service Quotas API (`iotcore`): ListCertificates
    ///   L-97DA2C60, ListCertificatesByCA L-5A0AFD83, DescribeCertificate L-FC864907,
    ///   UpdateCertificate L-77B523DC. AWS raises each on request; smaller regions may have less.
    const fn row(self) -> Row {
        use ProviderName::{AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
        const fn row(
            provider: ProviderName,
            name: &'static str,
            calls_per_second: u32,
            burst: u32,
        ) -> Row {
            Row {
                provider,
                name,
                calls_per_second,
                burst,
            }
        }
        match self {
            Self::DescribeDeviceCertificates => {
                row(TencentMqtt, "DescribeDeviceCertificates", 20, 1)
            }
            Self::DescribeDeviceCertificate => row(TencentMqtt, "DescribeDeviceCertificate", 20, 2),
            Self::DeactivateDeviceCertificate => {
                row(TencentMqtt, "DeactivateDeviceCertificate", 20, 1)
            }
            Self::ListDeviceCertificate => row(AlibabaMqtt, "ListDeviceCertificate", 500, 2),
            Self::ListDeviceCertificateByCaSn => {
                row(AlibabaMqtt, "ListDeviceCertificateByCaSn", 500, 2)
            }
            Self::GetDeviceCertificate => row(AlibabaMqtt, "GetDeviceCertificate", 500, 2),
            Self::InactivateDeviceCertificate => {
                row(AlibabaMqtt, "InactivateDeviceCertificate", 500, 1)
            }
            Self::ListClientCertificate => row(AlibabaPca, "ListClientCertificate", 10, 1),
            Self::DescribeClientCertificateStatusForSerialNumber => row(
                AlibabaPca,
                "DescribeClientCertificateStatusForSerialNumber",
                10,
                1,
            ),
            Self::ListCertificates => row(AwsIot, "ListCertificates", 10, 1),
            Self::ListCertificatesByCa => row(AwsIot, "ListCertificatesByCA", 10, 1),
            Self::DescribeCertificate => row(AwsIot, "DescribeCertificate", 10, 2),
            Self::UpdateCertificate => row(AwsIot, "UpdateCertificate", 10, 1),
        }
    }

    /// The provider whose action it is.
    pub const fn provider(self) -> ProviderName {
        self.row().provider
    }

    /// The vendor's name of it.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Calls that the vendor takes in a second from one account.
    pub const fn calls_per_second(self) -> u32 {
        self.row().calls_per_second
    }

    /// Calls that one certificate, or one page of a list, takes in a row.
    pub const fn burst(self) -> u32 {
        self.row().burst
    }

    /// From `tencent-mqtt:DescribeDeviceCertificates`.
    ///
    /// # Errors
    /// A sentence that lists the actions that are known.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|action| action.to_string() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(|action| action.to_string()).join(", ");
                format!("unknown action {}; known are {known}", quoted(text))
            })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider(), self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_known_by_its_provider_and_its_name() {
        for action in Action::ALL {
            assert_eq!(Action::parse(&action.to_string()), Ok(action));
        }
        for text in [
            "DescribeCertificate",
            "tencent-mqtt:DescribeCertificate",
            "aws-iot:describecertificate",
            "aws-iot",
            "",
        ] {
            assert!(
                Action::parse(text)
                    .unwrap_err()
                    .contains("aws-iot:DescribeCertificate"),
                "{text}"
            );
        }
    }
}
