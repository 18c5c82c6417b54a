//! The states that certificates had before their last changes, for reads that lag behind the
//! writes.

use super::{
    AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet, RevokeTime, TencentCertificate,
};
use std::collections::{BTreeMap, VecDeque};
use std::mem::swap;
use std::time::Instant;

/// The name of one certificate among all vendors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Tencent {
        instance_id: String,
        serial: String,
    },
    Alibaba {
        instance_id: String,
        device_sn: String,
        ca_sn: String,
    },
    Cas(String),
    Aws(String),
}

/// The members of a record that a change of its status changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Tencent {
        status: String,
        last_activation_time: i64,
        last_inactivation_time: i64,
        update_time: i64,
    },
    Alibaba {
        status: String,
    },
    Cas {
        status: String,
        revoke_time: RevokeTime,
        listed_status: Option<String>,
    },
    Aws {
        status: String,
        last_modified_date: i64,
        customer_version: u32,
    },
}

impl State {
    pub(super) fn of_tencent(certificate: &TencentCertificate) -> Self {
        Self::Tencent {
            status: certificate.status.clone(),
            last_activation_time: certificate.last_activation_time,
            last_inactivation_time: certificate.last_inactivation_time,
            update_time: certificate.update_time,
        }
    }

    pub(super) fn of_alibaba(certificate: &AlibabaMqttCertificate) -> Self {
        Self::Alibaba {
            status: certificate.status.clone(),
        }
    }

    fn of_cas(certificate: &CasCertificate) -> Self {
        Self::Cas {
            status: certificate.status.clone(),
            revoke_time: certificate.revoke_time.clone(),
            listed_status: certificate.listed_status.clone(),
        }
    }

    pub(super) fn of_aws(certificate: &AwsCertificate) -> Self {
        Self::Aws {
            status: certificate.status.clone(),
            last_modified_date: certificate.last_modified_date,
            customer_version: certificate.customer_version,
        }
    }

    /// Gives the certificate this state and takes the state that the certificate had.
    fn exchange(&mut self, name: &Name, position: usize, fleet: &mut Fleet) {
        match (self, name) {
            (
                Self::Tencent {
                    status,
                    last_activation_time,
                    last_inactivation_time,
                    update_time,
                },
                Name::Tencent {
                    instance_id,
                    serial,
                },
            ) => {
                let all = fleet
                    .tencent_mqtt
                    .get_mut(instance_id)
                    .map(|instance| instance.certificates.as_mut_slice());
                let is_it =
                    |certificate: &TencentCertificate| certificate.device_certificate_sn == *serial;
                if let Some(certificate) = find(all.unwrap_or_default(), position, is_it) {
                    swap(status, &mut certificate.status);
                    swap(last_activation_time, &mut certificate.last_activation_time);
                    swap(
                        last_inactivation_time,
                        &mut certificate.last_inactivation_time,
                    );
                    swap(update_time, &mut certificate.update_time);
                }
            }
            (
                Self::Alibaba { status },
                Name::Alibaba {
                    instance_id,
                    device_sn,
                    ca_sn,
                },
            ) => {
                let all = fleet
                    .alibaba_mqtt
                    .get_mut(instance_id)
                    .map(|instance| instance.certificates.as_mut_slice());
                let is_it = |certificate: &AlibabaMqttCertificate| {
                    certificate.device_sn == *device_sn && certificate.ca_sn == *ca_sn
                };
                if let Some(certificate) = find(all.unwrap_or_default(), position, is_it) {
                    swap(status, &mut certificate.status);
                }
            }
            (
                Self::Cas {
                    status,
                    revoke_time,
                    listed_status,
                },
                Name::Cas(serial),
            ) => {
                if let Some(certificate) = fleet.alibaba_cas.get_mut(serial) {
                    swap(status, &mut certificate.status);
                    swap(revoke_time, &mut certificate.revoke_time);
                    swap(listed_status, &mut certificate.listed_status);
                }
            }
            (
                Self::Aws {
                    status,
                    last_modified_date,
                    customer_version,
                },
                Name::Aws(id),
            ) => {
                if let Some(certificate) = fleet.aws_iot.get_mut(id) {
                    swap(status, &mut certificate.status);
                    swap(last_modified_date, &mut certificate.last_modified_date);
                    swap(customer_version, &mut certificate.customer_version);
                }
            }
            // Not reached: a state is remembered under the name of its own vendor.
            _ => {}
        }
    }
}

/// The certificate at this position if it is the right one, else the first that is: certificates
/// move when others are removed.
fn find<T>(all: &mut [T], position: usize, is_it: impl Fn(&T) -> bool) -> Option<&mut T> {
    let found = if all.get(position).is_some_and(&is_it) {
        Some(position)
    } else {
        all.iter().position(is_it)
    };
    all.get_mut(found?)
}

/// The changes of one certificate.
#[derive(Debug)]
struct Changes {
    /// The position of the certificate in its instance when it first changed.
    position: usize,
    /// The time of each change with the state before it, in the order of time.
    before: VecDeque<(Instant, State)>,
}

/// The last changes of every certificate.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<Name, Changes>);

impl History {
    /// Remembers the state that the certificate has before a change at `now`.
    pub(super) fn remember(&mut self, name: Name, position: usize, before: State, now: Instant) {
        self.0
            .entry(name)
            .or_insert_with(|| Changes {
                position,
                before: VecDeque::new(),
            })
            .before
            .push_back((now, before));
    }

    /// Forgets the changes up to this time.
    pub(super) fn forget_until(&mut self, time: Instant) {
        self.0.retain(|_, changes| {
            changes.before.retain(|(at, _)| *at > time);
            !changes.before.is_empty()
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the states of this time in place of those of now. Doing it once more puts those of now
    /// back.
    pub(super) fn exchange(&mut self, time: Instant, fleet: &mut Fleet) {
        for (name, changes) in &mut self.0 {
            if let Some((_, before)) = changes.before.iter_mut().find(|(at, _)| *at > time) {
                before.exchange(name, changes.position, fleet);
            }
        }
    }
}

/// The state of every certificate, each with its position in its instance.
pub(super) fn states(fleet: &Fleet) -> BTreeMap<Name, (usize, State)> {
    let tencent = fleet
        .tencent_mqtt
        .iter()
        .flat_map(|(instance_id, instance)| {
            instance
                .certificates
                .iter()
                .enumerate()
                .map(|(position, certificate)| {
                    let name = Name::Tencent {
                        instance_id: instance_id.clone(),
                        serial: certificate.device_certificate_sn.clone(),
                    };
                    (name, (position, State::of_tencent(certificate)))
                })
        });
    let alibaba = fleet
        .alibaba_mqtt
        .iter()
        .flat_map(|(instance_id, instance)| {
            instance
                .certificates
                .iter()
                .enumerate()
                .map(|(position, certificate)| {
                    let (device_sn, ca_sn) =
                        (certificate.device_sn.clone(), certificate.ca_sn.clone());
                    (
                        Name::Alibaba {
                            instance_id: instance_id.clone(),
                            device_sn,
                            ca_sn,
                        },
                        (position, State::of_alibaba(certificate)),
                    )
                })
        });
    let cas = fleet
        .alibaba_cas
        .iter()
        .map(|(serial, certificate)| (Name::Cas(serial.clone()), (0, State::of_cas(certificate))));
    let aws = fleet
        .aws_iot
        .iter()
        .map(|(id, certificate)| (Name::Aws(id.clone()), (0, State::of_aws(certificate))));
    tencent.chain(alibaba).chain(cas).chain(aws).collect()
}
