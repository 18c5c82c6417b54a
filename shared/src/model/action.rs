//! The vendors' actions that are called here, and each vendor's limits for them. The actions stand
//! in the table of providers (`model/provider.rs`).

use std::fmt;

use super::{ProviderName, for_each_provider, quoted};

/// The limits of one action.
pub(super) struct Limits {
    /// Calls that the vendor accepts in a second from one account.
    calls_per_second: u32,
    /// Calls that one certificate or one page of a list takes in a row: a change reads the status
    /// before and after it.
    burst: u32,
}

macro_rules! define_action {
    ($(
        $(#[$doc:meta])*
        $provider:ident in $folder:ident, change $change:ident, $row:tt
        actions { $($action:ident $limits:tt)* }
    )*) => {
        /// One action of a vendor's API. Vendors limit the calls of each action separately.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the vendor's action of the same name")]
        pub enum Action {
            $($($action,)*)*
        }

        impl Action {
            /// Every action.
            pub const ALL: [Self; [$($(stringify!($action)),*),*].len()] =
                [$($(Self::$action),*),*];

            /// The provider whose action it is.
            pub const fn provider(self) -> ProviderName {
                match self {
                    $($(Self::$action)|* => ProviderName::$provider,)*
                }
            }

            /// The vendor's name for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$action => stringify!($action),)*)*
                }
            }

            const fn limits(self) -> &'static Limits {
                match self {
                    $($(Self::$action => &Limits $limits,)*)*
                }
            }
        }
    };
}
for_each_provider!(define_action);

impl Action {
    /// Calls that the vendor accepts in a second from one account.
    pub const fn calls_per_second(self) -> u32 {
        self.limits().calls_per_second
    }

    /// Calls that one certificate, or one page of a list, takes in a row.
    pub const fn burst(self) -> u32 {
        self.limits().burst
    }

    /// From `tencent-mqtt:DescribeDeviceCertificates`.
    ///
    /// # Errors
    /// A sentence that lists the known actions.
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
