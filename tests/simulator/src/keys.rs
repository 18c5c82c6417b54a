//! The keys that the vendors know: those of the start, and those that their security token services
//! gave out.

use crate::Vendor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::SystemTime;

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

/// An account at one cloud, whose keys are good at all of its APIs.
pub(crate) struct Account {
    /// The cloud's name, which tells the accounts apart.
    pub(crate) cloud: &'static str,
    /// Id and secret of the long-lived key of the start.
    pub(crate) key: (&'static str, &'static str),
    /// Id, secret and session token of the temporary key of the start.
    pub(crate) temporary: (&'static str, &'static str, &'static str),
}

impl Account {
    pub(crate) fn credentials(&self) -> Credentials {
        let (id, secret) = self.key;
        Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }
    }

    pub(crate) fn temporary_credentials(&self) -> TemporaryCredentials {
        let (id, secret, token) = self.temporary;
        TemporaryCredentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: token.to_owned(),
        }
    }
}

/// The facts that a vendor knows about one key id.
pub(crate) struct KnownKey {
    pub(crate) secret: String,
    /// The session token that a call with this key must carry.
    pub(crate) token: Option<String>,
    /// Whether it was a temporary key and its time is over.
    pub(crate) has_ended: bool,
}

/// The keys of all accounts.
#[derive(Default)]
pub(crate) struct Keys {
    /// By cloud the long-lived keys of the accounts that no more have those of the start.
    lasting: BTreeMap<&'static str, Vec<Credentials>>,
    issued: Vec<Issued>,
}

struct Issued {
    cloud: &'static str,
    key: TemporaryCredentials,
    ends: SystemTime,
}

impl Keys {
    /// The account's long-lived keys from now on. The temporary one of the start is good as before.
    pub(crate) fn replace(&mut self, vendor: Vendor, keys: Vec<Credentials>) {
        self.lasting.insert(vendor.account().cloud, keys);
    }

    pub(crate) fn issue(&mut self, vendor: Vendor, key: TemporaryCredentials, ends: SystemTime) {
        self.issued.push(Issued {
            cloud: vendor.account().cloud,
            key,
            ends,
        });
    }

    /// Ends every key that was given out, as a change of the role does.
    pub(crate) fn end_all(&mut self, now: SystemTime) {
        for issued in &mut self.issued {
            issued.ends = issued.ends.min(now);
        }
    }

    /// Every key that was given out, in order.
    pub(crate) fn issued(&self) -> Vec<TemporaryCredentials> {
        self.issued
            .iter()
            .map(|issued| issued.key.clone())
            .collect()
    }

    /// The key of that id, or `None` when the vendor does not know it.
    pub(crate) fn known(&self, vendor: Vendor, id: &str, now: SystemTime) -> Option<KnownKey> {
        let account = vendor.account();
        let of_start = [account.credentials()];
        let lasting = self
            .lasting
            .get(account.cloud)
            .map_or(&of_start[..], Vec::as_slice);
        if let Some(key) = lasting.iter().find(|key| key.id == id) {
            return Some(KnownKey {
                secret: key.secret.clone(),
                token: None,
                has_ended: false,
            });
        }
        let of_start = account.temporary_credentials();
        if of_start.id == id {
            return Some(KnownKey {
                secret: of_start.secret,
                token: Some(of_start.token),
                has_ended: false,
            });
        }
        let issued = self
            .issued
            .iter()
            .find(|issued| issued.cloud == account.cloud && issued.key.id == id)?;
        let TemporaryCredentials { secret, token, .. } = issued.key.clone();
        Some(KnownKey {
            secret,
            token: Some(token),
            has_ended: issued.ends <= now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn only_a_temporary_key_asks_for_a_token() {
        let keys = Keys::default();
        for vendor in Vendor::ALL {
            let lasting = keys
                .known(vendor, &vendor.credentials().id, UNIX_EPOCH)
                .unwrap();
            let temporary = keys
                .known(vendor, &vendor.temporary_credentials().id, UNIX_EPOCH)
                .unwrap();
            assert_eq!(lasting.token, None);
            assert_eq!(temporary.token, Some(vendor.temporary_credentials().token));
            assert!(keys.known(vendor, "AKIDunknown", UNIX_EPOCH).is_none());
        }
    }

    #[test]
    fn a_replaced_key_is_unknown_and_an_issued_one_ends() {
        let mut keys = Keys::default();
        keys.replace(
            Vendor::AlibabaCas,
            vec![Credentials {
                id: "new".to_owned(),
                secret: "s".to_owned(),
            }],
        );
        let known = |keys: &Keys, vendor, id: &str, second| {
            keys.known(vendor, id, UNIX_EPOCH + Duration::from_secs(second))
        };
        assert!(
            known(
                &keys,
                Vendor::AlibabaMqtt,
                &Vendor::AlibabaMqtt.credentials().id,
                0
            )
            .is_none()
        );
        assert!(
            known(&keys, Vendor::AlibabaMqtt, "new", 0).is_some()
                && known(&keys, Vendor::TencentMqtt, "new", 0).is_none()
        );
        let key = TemporaryCredentials {
            id: "STS.1".to_owned(),
            secret: "s".to_owned(),
            token: "t".to_owned(),
        };
        keys.issue(
            Vendor::AlibabaMqtt,
            key.clone(),
            UNIX_EPOCH + Duration::from_secs(9),
        );
        let ended = |keys: &Keys, second| {
            known(keys, Vendor::AlibabaCas, "STS.1", second)
                .unwrap()
                .has_ended
        };
        assert_eq!((ended(&keys, 8), ended(&keys, 9)), (false, true));
        assert!(known(&keys, Vendor::AwsIot, "STS.1", 0).is_none());
        keys.end_all(UNIX_EPOCH + Duration::from_secs(3));
        assert!(ended(&keys, 3));
        assert_eq!(keys.issued(), [key]);
    }
}
