//! The vendors that are stood in for, and the keys they know.

use serde::{Deserialize, Serialize};

/// One vendor API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    /// Tencent Cloud MQTT, version 2024-05-16.
    TencentMqtt,
    /// Alibaba Cloud ApsaraMQ for MQTT (OnsMqtt), version 2020-04-20.
    AlibabaMqtt,
    /// Alibaba Cloud Certificate Management Service (cas), version 2020-06-30.
    AlibabaCas,
    /// The control plane of AWS IoT Core, version 2015-05-28.
    AwsIot,
}

impl Vendor {
    /// Every vendor, in the order of their listeners.
    pub const ALL: [Self; 4] = [
        Self::TencentMqtt,
        Self::AlibabaMqtt,
        Self::AlibabaCas,
        Self::AwsIot,
    ];

    /// The name in JSON and in the control listener's query: `tencent-mqtt`, `alibaba-mqtt`,
    /// `alibaba-cas` or `aws-iot`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TencentMqtt => "tencent-mqtt",
            Self::AlibabaMqtt => "alibaba-mqtt",
            Self::AlibabaCas => "alibaba-cas",
            Self::AwsIot => "aws-iot",
        }
    }

    /// The vendor of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == name)
    }

    /// The long-lived key. Both Alibaba products belong to one account and share theirs.
    pub fn credentials(self) -> Credentials {
        let (id, secret) = match self {
            Self::TencentMqtt => (
                "AKIDFAKEonlyForTheSimulator000000001",
                "FAKE-tencent-9Qm2xV7pLr4Ks8Zt1Wd6",
            ),
            Self::AlibabaMqtt | Self::AlibabaCas => (
                "LTAIFAKEonlyForSimulator01",
                "FAKE-alibaba-3Hn8yB5cJw0Gf7Ru2Ex",
            ),
            Self::AwsIot => (
                "AKIASIMULATOREXAMPLE",
                "FAKE/aws+6Tq1mX9vBn4Kc7Zs2Wd8Lp3Hy5Jr0Gf",
            ),
        };
        Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The temporary key, which is good only together with its session token.
    pub fn temporary_credentials(self) -> TemporaryCredentials {
        let (id, secret, token) = match self {
            Self::TencentMqtt => (
                "AKIDFAKEtemporarySimulator0000000002",
                "FAKE-tencent-temporary-5Tb1kN6vYs9Ca",
                "FAKE+tencent/token/8Zq3Lf0Xo7Mj2Ud4Pi6Wg==",
            ),
            Self::AlibabaMqtt | Self::AlibabaCas => (
                "STS.FAKEtemporarySimulator02",
                "FAKE-alibaba-temporary-4Dg7oI2eSx0Vh",
                "FAKE+alibaba/token/1Kc9Rz5Qb8Nt3Ey6Lw0Hp==",
            ),
            Self::AwsIot => (
                "ASIASIMULATOREXAMPLE",
                "FAKE/aws+temporary+2Rk8sVw5Nd1Xb7Mz4Qc9",
                "FAKE+aws/token//////////8Vn3Tj6Ky1Gs5Ho0Fu==",
            ),
        };
        TemporaryCredentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: token.to_owned(),
        }
    }
}

/// A key pair that the simulator knows. Well-known and worthless, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Tencent's SecretId, Alibaba's AccessKey id or AWS's access key id.
    pub id: String,
    /// The secret that signs.
    pub secret: String,
}

/// A temporary key pair with its session token. Well-known and worthless, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemporaryCredentials {
    /// Tencent's SecretId, Alibaba's AccessKey id (`STS.…`) or AWS's access key id (`ASIA…`).
    pub id: String,
    /// The secret that signs.
    pub secret: String,
    /// The session token that has to come along.
    pub token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_vendor_in_text_and_json() {
        for vendor in Vendor::ALL {
            assert_eq!(Vendor::from_name(vendor.name()), Some(vendor));
            assert_eq!(serde_json::to_value(vendor).unwrap(), vendor.name());
        }
        assert_eq!(Vendor::from_name("azure-iot"), None);
    }
}
