//! The filter of a list.

use serde::{Deserialize, Serialize};

use super::check_count;
use crate::error::Error;
use crate::model::{
    Certificate, Fact, Fingerprint, LifecycleStatus, SerialNumber, SerialNumberBase, Timestamp,
};

/// Maximum number of values in one list of the filter.
const MOST_FILTER_VALUES: usize = 100;
/// Maximum length of a text in a list of the filter, in characters.
const LONGEST_FILTER_VALUE: usize = 256;
/// Maximum of `expires_within_days`: ten years.
const MOST_DAYS: u16 = 3650;

/// Filter of the certificates to list. A certificate must satisfy every member; the values of one
/// list are alternatives, and an empty list excludes nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// MQTT client ids. AWS IoT looks them up as names of things.
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 100), inner(length(min = 1, max = 256)))
    )]
    pub client_ids: Vec<String>,
    /// Serial numbers of the certificates.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub serial_numbers: Vec<SerialNumber>,
    /// Serial numbers of the issuing CAs' certificates.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub ca_serial_numbers: Vec<SerialNumber>,
    /// Common names (CN) of the subject.
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 100), inner(length(min = 1, max = 256)))
    )]
    pub common_names: Vec<String>,
    /// Organizational units (OU) of the subject.
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 100), inner(length(min = 1, max = 256)))
    )]
    pub organizational_units: Vec<String>,
    /// SHA-256 fingerprints of the certificates.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub fingerprints_sha256: Vec<Fingerprint>,
    /// SHA-256 fingerprints of the issuing CAs' certificates, which AWS IoT uses as CA certificate
    /// ids.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub ca_fingerprints_sha256: Vec<Fingerprint>,
    /// Statuses at the provider.
    #[cfg_attr(feature = "schema", schemars(length(max = 100)))]
    pub statuses: Vec<LifecycleStatus>,
    /// Earliest end of validity.
    pub not_after_from: Option<Timestamp>,
    /// Latest end of validity.
    pub not_after_to: Option<Timestamp>,
    /// Number of days, 1 to 3650, within which the validity ends, counted from now.
    #[serde(deserialize_with = "super::parse::whole_number::<_, 1, MOST_DAYS>")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 3650)))]
    pub expires_within_days: Option<u16>,
}

impl Filter {
    /// Checks the filter, which the request has as this member.
    ///
    /// # Errors
    /// `invalid_request` that names the member at fault.
    pub(super) fn check(&self, member: &str) -> Result<(), Error> {
        for (name, values) in [
            ("client_ids", &self.client_ids),
            ("common_names", &self.common_names),
            ("organizational_units", &self.organizational_units),
        ] {
            for (index, value) in values.iter().enumerate() {
                if !(1..=LONGEST_FILTER_VALUE).contains(&value.chars().count())
                    || value.chars().any(char::is_control)
                {
                    let field = format!("{member}.{name}[{index}]");
                    let rule = format!(
                        "{field} must have 1 to {LONGEST_FILTER_VALUE} characters and no control character"
                    );
                    return Err(Error::invalid(field, rule));
                }
            }
        }
        for (name, count) in self.lists_in_use() {
            check_count(&format!("{member}.{name}"), count, MOST_FILTER_VALUES)?;
        }
        if let (Some(from), Some(to)) = (self.not_after_from, self.not_after_to)
            && from > to
        {
            return Err(Error::invalid(
                format!("{member}.not_after_to"),
                format!("{member}.not_after_to must not be before {member}.not_after_from"),
            ));
        }
        Ok(())
    }

    /// The names of the lists in use, and the number of values in each.
    pub fn lists_in_use(&self) -> impl Iterator<Item = (&'static str, usize)> {
        [
            ("client_ids", self.client_ids.len()),
            ("serial_numbers", self.serial_numbers.len()),
            ("ca_serial_numbers", self.ca_serial_numbers.len()),
            ("common_names", self.common_names.len()),
            ("organizational_units", self.organizational_units.len()),
            ("fingerprints_sha256", self.fingerprints_sha256.len()),
            ("ca_fingerprints_sha256", self.ca_fingerprints_sha256.len()),
            ("statuses", self.statuses.len()),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }

    /// The names of the members in use that limit the end of validity.
    pub fn dates_in_use(&self) -> impl Iterator<Item = &'static str> {
        [
            ("not_after_from", self.not_after_from.is_some()),
            ("not_after_to", self.not_after_to.is_some()),
            ("expires_within_days", self.expires_within_days.is_some()),
        ]
        .into_iter()
        .filter_map(|(member, is_in_use)| is_in_use.then_some(member))
    }

    /// Whether the filter excludes nothing.
    pub fn is_empty(&self) -> bool {
        self.lists_in_use().next().is_none() && !self.has_window()
    }

    /// Whether the filter limits the end of validity.
    pub const fn has_window(&self) -> bool {
        self.not_after_from.is_some()
            || self.not_after_to.is_some()
            || self.expires_within_days.is_some()
    }

    /// Judges a certificate. A member that decides against the certificate settles it, whatever the
    /// other members could not decide. When the provider's record and the certificate have different
    /// ends of validity, one of them must satisfy the filter.
    pub fn judge(&self, certificate: &Certificate, now: Timestamp) -> Verdict {
        let Certificate {
            subject,
            fingerprint_sha256,
            ca_fingerprint_sha256,
            ..
        } = certificate;
        let lists = [
            (
                "client_ids",
                any(&self.client_ids, |wanted| certificate.has_client_id(wanted)),
            ),
            (
                "serial_numbers",
                any(&self.serial_numbers, |wanted| {
                    has_serial_number(wanted, certificate)
                }),
            ),
            (
                "ca_serial_numbers",
                any(&self.ca_serial_numbers, |wanted| {
                    has_ca_serial_number(wanted, certificate)
                }),
            ),
            (
                "common_names",
                has_fact(&self.common_names, &subject.common_name),
            ),
            (
                "organizational_units",
                has_fact(&self.organizational_units, &subject.organizational_unit),
            ),
            (
                "fingerprints_sha256",
                any(&self.fingerprints_sha256, |wanted| {
                    fingerprint_sha256.as_ref().map(|known| wanted == known)
                }),
            ),
            (
                "ca_fingerprints_sha256",
                has_fact(&self.ca_fingerprints_sha256, ca_fingerprint_sha256),
            ),
            (
                "statuses",
                any(&self.statuses, |wanted| has_status(*wanted, certificate)),
            ),
        ];
        let ends_in_window = self.ends_in_window(certificate, now);
        let dates = self.dates_in_use().map(|member| (member, ends_in_window));
        let mut undecided = Vec::new();
        for (member, decision) in lists.into_iter().chain(dates) {
            match decision {
                Some(true) => {}
                Some(false) => return Verdict::Excluded,
                None => undecided.push(member),
            }
        }
        if undecided.is_empty() {
            Verdict::Match
        } else {
            Verdict::Undecided(undecided)
        }
    }

    fn ends_in_window(&self, certificate: &Certificate, now: Timestamp) -> Option<bool> {
        let is_in_window = |end: Timestamp| {
            self.not_after_from.is_none_or(|from| end >= from)
                && self.not_after_to.is_none_or(|to| end <= to)
                && self
                    .expires_within_days
                    .is_none_or(|days| end >= now && end <= now.plus_days(days))
        };
        let ends = certificate
            .not_after
            .into_iter()
            .chain(certificate.certified_not_after);
        ends.map(is_in_window).reduce(|one, other| one || other)
    }
}

/// The judgement of a filter on one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The certificate is known to satisfy every member.
    Match,
    /// The certificate is known not to satisfy one of the members.
    Excluded,
    /// These members could not be judged, because the facts that they ask for are not known. The
    /// certificate satisfies all others.
    Undecided(Vec<&'static str>),
}

/// Whether the certificate has one of the wanted values; `None` when that is not known. An empty list
/// excludes nothing.
fn any<T>(wanted: &[T], is_value: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    if wanted.is_empty() {
        return Some(true);
    }
    let mut decision = Some(false);
    for value in wanted {
        match is_value(value) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => decision = None,
        }
    }
    decision
}

fn has_fact<T: PartialEq>(wanted: &[T], fact: &Fact<T>) -> Option<bool> {
    any(wanted, |wanted| match fact {
        Fact::Unknown => None,
        Fact::Absent => Some(false),
        Fact::Known(value) => Some(wanted == value),
    })
}

/// Whether the certificate has this status; `None` when the provider's record states none. A status
/// that the provider does not document is the known status `unknown`.
fn has_status(wanted: LifecycleStatus, certificate: &Certificate) -> Option<bool> {
    if certificate.status == wanted {
        return Some(true);
    }
    certificate.provider_status.as_ref().map(|_| false)
}

/// Whether the certificate has this serial number; `None` when that depends on a base that nothing
/// decides.
fn has_serial_number(wanted: &SerialNumber, certificate: &Certificate) -> Option<bool> {
    let number = certificate.serial_number.as_ref()?;
    if wanted == number {
        return Some(true);
    }
    if !certificate.serial_number_base_is_open {
        return Some(false);
    }
    let is_same_in_decimal = wanted.read_as_decimal().as_ref() == Some(number);
    match certificate.serial_number_base {
        // The provider writes this number in decimal, and so does a caller who has copied it.
        Some(SerialNumberBase::Decimal) => Some(is_same_in_decimal),
        // The provider writes it in hex. The caller may have copied its decimal form from elsewhere.
        Some(SerialNumberBase::Hex) => (!is_same_in_decimal).then_some(false),
        None => (!wanted.may_mean(number)).then_some(false),
    }
}

/// Like [`has_serial_number`] for the issuing CA, whose base no certificate decides.
fn has_ca_serial_number(wanted: &SerialNumber, certificate: &Certificate) -> Option<bool> {
    let number = certificate.ca_serial_number.as_ref()?;
    if wanted == number {
        return Some(true);
    }
    let is_open = certificate.serial_number_base_is_open && wanted.may_mean(number);
    (!is_open).then_some(false)
}
