//! A fleet that looks like one in use.

mod alibaba;
mod aws;
mod everywhere;
mod tencent;

use super::pem::{Authority, Facts};
use super::random::Random;
use super::{Fleet, TencentInstance};
use std::time::{SystemTime, UNIX_EPOCH};

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Records of each MQTT vendor, counted from the first, that hold a certificate which can be
/// decoded.
const REAL_CERTIFICATES: usize = 40;

pub(super) fn fleet(now: SystemTime) -> Fleet {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or_default();
    let mut random = Random::new(0x6465_7669_6365);
    let tencent = [
        ("mqtt-qgzaawn9", "ap-guangzhou", 2_800),
        ("mqtt-7vk3pd2x", "ap-shanghai", 199),
    ]
    .map(|(instance_id, region, size)| TencentInstance {
        instance_id: instance_id.to_owned(),
        region: region.to_owned(),
        certificates: tencent::certificates(size, now, &mut random),
    });
    let alibaba = [("post-cn-7mz2d0000", 420), ("mqtt-cn-sim0002", 79)]
        .map(|(instance_id, size)| alibaba::instance(instance_id, size, now, &mut random));
    let mut fleet = Fleet::of(tencent, alibaba, alibaba::cas(299, now, &mut random));
    fleet = fleet.with_aws_iot(aws::certificates(320, now, &mut random));
    fleet.add_published_examples();
    everywhere::add(&mut fleet, now);
    fleet
}

impl Fleet {
    /// The certificates of the vendors' documents, where the documents show them.
    fn add_published_examples(&mut self) {
        if let Some(instance) = self.tencent_mqtt.get_mut("mqtt-qgzaawn9") {
            instance.certificates.push(Default::default());
        }
        if let Some(instance) = self.alibaba_mqtt.get_mut("post-cn-7mz2d0000") {
            instance.certificates.push(Default::default());
        }
        let example = super::CasCertificate::default();
        self.alibaba_cas
            .insert(example.serial_number.clone(), example);
    }
}

/// A period in epoch milliseconds.
#[derive(Clone, Copy)]
struct Validity {
    not_before: i64,
    not_after: i64,
}

impl Validity {
    /// Most end months or years from now; some have ended, some end within 7, 30 or 90 days, some
    /// have not begun. Both ends lie on midnight at UTC+8, as the vendors show them.
    fn draw(now: i64, random: &mut Random) -> Self {
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

    /// From so many days after today's midnight at UTC+8 to so many.
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
struct Authorities {
    /// Serial number in whole octets of lower-case hex, and the key unless it could not be made.
    members: Vec<(&'static str, Option<Authority>)>,
}

impl Authorities {
    fn new(members: &[(&'static str, &'static str)]) -> Self {
        Self {
            members: members
                .iter()
                .map(|(name, serial)| (*serial, Authority::new(name).ok()))
                .collect(),
        }
    }

    /// The serial number of one CA.
    fn draw(&self, random: &mut Random) -> &'static str {
        let serials: Vec<&'static str> = self.members.iter().map(|(serial, _)| *serial).collect();
        random.one_of(&serials)
    }

    /// A real certificate for the first records; `None` for the rest, whose PEM is empty as in the
    /// documents.
    fn issue(&self, position: usize, ca_serial: &str, facts: &Facts<'_>) -> Option<String> {
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
