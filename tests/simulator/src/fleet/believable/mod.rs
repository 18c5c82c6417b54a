//! A fleet that looks like one in use.

mod clients;

pub(crate) use clients::client;

use super::issue;
use super::pem::{Authority, Facts};
use super::random::Random;
use crate::vendor::Registration;
use crate::{Fleet, Vendor};
use std::time::{SystemTime, UNIX_EPOCH};

/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Records of each MQTT vendor, counted from the first, that hold a certificate which can be
/// decoded.
const REAL_CERTIFICATES: usize = 40;

pub(super) fn fleet(now: SystemTime) -> Fleet {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or_default();
    let mut random = Random::new(0x6465_7669_6365);
    let mut fleet = Fleet::empty();
    for vendor in Vendor::ALL {
        vendor.api().populate(&mut fleet, now, &mut random);
    }
    register_everywhere(&mut fleet, now);
    clients::add_neighbour(&mut fleet, crate::tencent_mqtt::INSTANCE, now);
    clients::add_unusual_things(&mut fleet);
    fleet
}

/// Adds two certificates that are good everywhere, and one that is revoked wherever the vendor
/// knows revocation.
fn register_everywhere(fleet: &mut Fleet, now: i64) {
    let validity = Validity::days(now, -200, 530);
    let registered = now.saturating_sub(DAY.saturating_mul(190));
    let revoked = now.saturating_sub(DAY.saturating_mul(12));
    for (serial, name, unit, revoked) in [
        (
            "0a7e4419c2d85b60f3918e2d7c55aa01",
            "gateway-munich-plant-7001",
            "Werk München",
            None,
        ),
        (
            "0b31f7d0928ce4465a17c3908fd2ee02",
            "gateway-munich-plant-7002",
            "Werk München",
            Some(revoked),
        ),
        (
            "0c7d2e51aa094b8cb2f6603d18ce7f03",
            clients::STOLEN,
            "Construction Machinery",
            None,
        ),
    ] {
        let issued = issue(
            serial,
            name,
            Some(unit),
            validity.not_before,
            validity.not_after,
        );
        let registration = Registration {
            issued: &issued,
            registered,
            revoked,
            now,
        };
        for vendor in Vendor::ALL {
            vendor.api().register(fleet, &registration);
        }
    }
}

/// A period in epoch milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

impl Validity {
    /// Most end months or years from now; some have ended, some end within 7, 30 or 90 days, some
    /// have not begun. Both ends lie on midnight at UTC+8, as the vendors show them.
    pub(crate) fn draw(now: i64, random: &mut Random) -> Self {
        let lifetime = random.one_of(&[1_i64, 2, 3, 5]).saturating_mul(365);
        let end = match random.between(1, 100) {
            1..=8 => random.between(-200, -1),
            9..=10 => random.between(1, 6),
            11..=13 => random.between(8, 29),
            14..=19 => random.between(31, 89),
            20..=21 => lifetime.saturating_add(random.between(2, 30)),
            _ => random.between(91, lifetime),
        };
        Self::days(now, end.saturating_sub(lifetime), end)
    }

    /// A random moment between these numbers of days after today's midnight at UTC+8.
    fn days(now: i64, first: i64, last: i64) -> Self {
        let eight_hours = DAY.div_euclid(3);
        let today = now
            .saturating_add(eight_hours)
            .div_euclid(DAY)
            .saturating_mul(DAY)
            .saturating_sub(eight_hours);
        let day = |days: i64| today.saturating_add(days.saturating_mul(DAY));
        Self {
            not_before: day(first),
            not_after: day(last),
        }
    }
}

/// The CAs of one vendor; each record that wants a real certificate gets it from its CA.
pub(crate) struct Authorities {
    /// Serial number in whole octets of lower-case hex, and the key unless it could not be made.
    members: Vec<(&'static str, Option<Authority>)>,
}

impl Authorities {
    pub(crate) fn new(members: &[(&'static str, &'static str)]) -> Self {
        Self {
            members: members
                .iter()
                .map(|(name, serial)| (*serial, Authority::new(name).ok()))
                .collect(),
        }
    }

    /// The serial number of one CA.
    pub(crate) fn draw(&self, random: &mut Random) -> &'static str {
        let serials: Vec<&'static str> = self.members.iter().map(|(serial, _)| *serial).collect();
        random.one_of(&serials)
    }

    /// A real certificate for the first records; `None` for the rest, whose PEM is empty as in the
    /// documents.
    pub(crate) fn issue(
        &self,
        position: usize,
        ca_serial: &str,
        facts: &Facts<'_>,
    ) -> Option<String> {
        let (_, authority) = self
            .members
            .iter()
            .find(|(serial, _)| *serial == ca_serial)?;
        if position < REAL_CERTIFICATES {
            authority
                .as_ref()?
                .issue(facts)
                .ok()
                .map(|issued| issued.pem)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
