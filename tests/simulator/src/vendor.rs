//! The vendors, each of which is a row of one table.
//!
//! A vendor is a folder with a [`VendorApi`] and with the certificates that it holds. A [`Gateway`]
//! is the part that the APIs of one cloud share, above all the check of signatures.

use crate::clients::Clients;
use crate::exchange::{Received, Refusal, Reply};
use crate::fleet::history::{History, InFleet};
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::keys::{Account, Keys};
use crate::limits::RateLimit;
use crate::nonces::Nonces;
use crate::options::Rules;
use crate::{
    Credentials, IssuedCertificate, TemporaryCredentials, alibaba_cas, alibaba_mqtt, aws_iot,
    tencent_mqtt,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Instant;

/// Makes of each row a variant of [`Vendor`], a field of [`Fleet`], and a memory of its changes.
macro_rules! vendors {
    ($($(#[$vendor_doc:meta])* $vendor:ident $name:literal = $folder:ident::$api:ident,
       $(#[$field_doc:meta])* $holdings:ident;)+) => {
        /// One vendor API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Vendor {
            $($(#[$vendor_doc])* #[serde(rename = $name)] $vendor,)+
        }

        impl Vendor {
            /// Every vendor, in the order of the table.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$vendor),+];

            /// The name in JSON and in the control listener's query.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$vendor => $name,)+
                }
            }

            pub(crate) fn api(self) -> &'static dyn VendorApi {
                match self {
                    $(Self::$vendor => &$folder::$api,)+
                }
            }
        }

        /// All that the vendors know, in plain form.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Fleet {
            $($(#[$field_doc])* pub $folder: $folder::$holdings,)+
            /// The MQTT clients of every broker.
            pub clients: Clients,
            /// AWS IoT: the things of every region by their name.
            pub things: aws_iot::Things,
        }

        $(impl InFleet for $folder::$holdings {
            fn of(fleet: &mut Fleet) -> &mut Self {
                &mut fleet.$folder
            }

            fn history(histories: &mut Histories) -> &mut History<Self> {
                &mut histories.$folder
            }
        })+

        /// The last changes of every certificate, by vendor.
        #[derive(Debug, Default)]
        pub(crate) struct Histories {
            $($folder: History<$folder::$holdings>,)+
        }

        impl Histories {
            pub(crate) fn is_empty(&self) -> bool {
                $(self.$folder.is_empty())&&+
            }

            /// Forgets the changes up to this time.
            pub(crate) fn forget_until(&mut self, time: Instant) {
                $(self.$folder.forget_until(time);)+
            }

            /// Remembers every certificate that differs between the two fleets as it was before.
            pub(crate) fn compare(&mut self, before: &Fleet, after: &Fleet, now: Instant) {
                $(self.$folder.compare(&before.$folder, &after.$folder, now);)+
            }

            /// Puts the certificates of this time in place of those of now. Doing it once more puts
            /// those of now back.
            pub(crate) fn exchange(&mut self, time: Instant, fleet: &mut Fleet) {
                $(self.$folder.exchange(time, &mut fleet.$folder);)+
            }
        }
    };
}

vendors! {
    /// Tencent Cloud MQTT, version 2024-05-16.
    TencentMqtt "tencent-mqtt" = tencent_mqtt::TencentMqtt,
    /// Tencent's MQTT instances by their id.
    Instances;

    /// Alibaba Cloud ApsaraMQ for MQTT (OnsMqtt), version 2020-04-20.
    AlibabaMqtt "alibaba-mqtt" = alibaba_mqtt::AlibabaMqtt,
    /// Alibaba's MQTT instances by their id.
    Instances;

    /// Alibaba Cloud Certificate Management Service (cas), version 2020-06-30.
    AlibabaCas "alibaba-cas" = alibaba_cas::AlibabaCas,
    /// Alibaba's private CA: client certificates by their serial number as the vendor spells it.
    Certificates;

    /// The control plane of AWS IoT Core, version 2015-05-28.
    AwsIot "aws-iot" = aws_iot::AwsIot,
    /// AWS IoT: certificates of every region by their identifier.
    Certificates;
}

/// A vendor's certificate API: its limits, its actions, and the certificates that it holds.
pub(crate) trait VendorApi: Sync {
    /// The protocol in which its calls and answers are written.
    fn gateway(&self) -> &'static dyn Gateway;

    /// The limit on the calls of an action in a second.
    fn rate_limit(&self, action: &str) -> RateLimit;

    /// The actions that change a certificate or a session; all others read.
    fn writes(&self) -> &'static [&'static str];

    /// Carries out an admitted call. The answer is the vendor's own, without the envelope
    /// that [`Gateway::reply`] adds.
    fn perform(&self, store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal>;

    /// Whether its broker lets a client in that presents this certificate. `place` is the
    /// instance's id, or at AWS the region.
    fn admits(&self, fleet: &Fleet, place: &str, certificate: &str) -> bool;

    /// Every certificate as the control listener shows it, with the `InstanceId` of the instance
    /// that holds it, if the vendor has instances.
    fn certificates(&self, fleet: &Fleet) -> Vec<Value>;

    /// Adds this vendor's part of [`Fleet::believable`]; `now` is in epoch milliseconds.
    fn populate(&self, fleet: &mut Fleet, now: i64, random: &mut Random);

    /// Adds a certificate that every vendor holds, in this vendor's own spelling and words, and at
    /// a broker the client that is connected with it.
    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>);
}

/// The protocol of one cloud: signatures, parameters, and the shape of answers.
pub(crate) trait Gateway: Sync {
    /// The account whose keys sign the calls.
    fn account(&self) -> &'static Account;

    /// The action that a call names, known or not; empty when it names none.
    fn action(&self, received: &Received) -> String;

    /// The parameters of a call as one JSON object.
    fn parameters(&self, received: &Received) -> Result<Value, Refusal>;

    /// Checks everything about a call that no action decides, the signature above all; returns the
    /// action.
    fn admit(
        &self,
        received: &Received,
        keys: &Keys,
        nonces: &mut Nonces,
    ) -> Result<String, Refusal>;

    /// The refusal of a call above the rate limit.
    fn throttled(&self, received: &Received) -> Refusal;

    /// The refusal for the vendor's own internal error.
    fn internal_error(&self) -> Refusal;

    /// The refusal when the service is away; `None` where the page of a gateway in front of it
    /// answers instead.
    fn unavailable(&self) -> Option<Refusal>;

    /// Gives an answer or a refusal the vendor's shape. `request_id` is a UUID in lower case.
    fn reply(&self, received: &Received, result: Result<Value, Refusal>, request_id: &str)
    -> Reply;
}

/// An admitted call.
pub(crate) struct Task<'a> {
    pub(crate) received: &'a Received,
    pub(crate) action: &'a str,
    pub(crate) parameters: &'a Value,
    /// A write without effect is answered as if it had been done.
    pub(crate) has_effect: bool,
    pub(crate) rules: Rules,
}

/// A certificate that was registered at every vendor. Times are epoch milliseconds.
pub(crate) struct Registration<'a> {
    pub(crate) issued: &'a IssuedCertificate,
    pub(crate) registered: i64,
    pub(crate) revoked: Option<i64>,
    /// The present.
    pub(crate) now: i64,
}

impl Vendor {
    /// The vendor of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == name)
    }

    pub(crate) fn account(self) -> &'static Account {
        self.api().gateway().account()
    }

    /// The long-lived key. Both Alibaba products belong to one account and share theirs.
    pub fn credentials(self) -> Credentials {
        self.account().credentials()
    }

    /// The temporary key, which is good only together with its session token.
    pub fn temporary_credentials(self) -> TemporaryCredentials {
        self.account().temporary_credentials()
    }
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
