//! The filter of a list.

use serde::{Deserialize, Serialize};

use super::check_count;
use crate::error::Error;
use crate::model::{Certificate, Fingerprint, LifecycleStatus, SerialNumber, Timestamp};

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
    /// MQTT client ids.
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
    pub(super) fn check(&self) -> Result<(), Error> {
        for (name, values) in [
            ("client_ids", &self.client_ids),
            ("common_names", &self.common_names),
            ("organizational_units", &self.organizational_units),
        ] {
            for (index, value) in values.iter().enumerate() {
                if !(1..=LONGEST_FILTER_VALUE).contains(&value.chars().count())
                    || value.chars().any(char::is_control)
                {
                    let field = format!("filter.{name}[{index}]");
                    let rule = format!(
                        "{field} must have 1 to {LONGEST_FILTER_VALUE} characters and no control character"
                    );
                    return Err(Error::invalid(field, rule));
                }
            }
        }
        for (name, count) in self.lists_in_use() {
            check_count(&format!("filter.{name}"), count, MOST_FILTER_VALUES)?;
        }
        if let (Some(from), Some(to)) = (self.not_after_from, self.not_after_to)
            && from > to
        {
            return Err(Error::invalid(
                "filter.not_after_to",
                "filter.not_after_to must not be before filter.not_after_from",
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

    /// Whether a certificate satisfies the filter. A certificate with an unknown end of validity,
    /// subject or fingerprint passes a filter on that fact, because excluding it would hide it; the
    /// answer shows the fact as `null`. When the provider's record and the certificate have
    /// different ends of validity, one of them must satisfy the filter.
    pub fn matches(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let subject = &certificate.subject;
        contains(&self.client_ids, certificate.client_id.value())
            && has_serial_number(&self.serial_numbers, certificate)
            && has_ca_serial_number(&self.ca_serial_numbers, certificate)
            && (subject.common_name.is_unknown()
                || contains(&self.common_names, subject.common_name.value()))
            && (subject.organizational_unit.is_unknown()
                || contains(
                    &self.organizational_units,
                    subject.organizational_unit.value(),
                ))
            && (certificate.fingerprint_sha256.is_none()
                || contains(
                    &self.fingerprints_sha256,
                    certificate.fingerprint_sha256.as_ref(),
                ))
            && contains(
                &self.ca_fingerprints_sha256,
                certificate.ca_fingerprint_sha256.value(),
            )
            && contains(&self.statuses, Some(&certificate.status))
            && (certificate
                .not_after
                .is_none_or(|end| self.window_holds(end, now))
                || certificate
                    .certified_not_after
                    .is_some_and(|end| self.window_holds(end, now)))
    }

    fn window_holds(&self, end: Timestamp, now: Timestamp) -> bool {
        self.not_after_from.is_none_or(|from| end >= from)
            && self.not_after_to.is_none_or(|to| end <= to)
            && self
                .expires_within_days
                .is_none_or(|days| end >= now && end <= now.plus_days(days))
    }
}

/// Whether the certificate has, or may have, one of these serial numbers: the base of the provider's
/// serial numbers may be unknown.
fn has_serial_number(wanted: &[SerialNumber], certificate: &Certificate) -> bool {
    let number = certificate.serial_number.as_ref();
    if wanted.is_empty() || !certificate.serial_number_base_is_open {
        return contains(wanted, number);
    }
    // The caller may have copied the provider's own text.
    let text = certificate
        .provider_serial_number
        .as_deref()
        .and_then(|text| SerialNumber::parse(text).ok());
    wanted.iter().any(|wanted| {
        text.as_ref() == Some(wanted)
            || number.is_some_and(|number| match certificate.serial_number_base {
                // The certificate itself has decided the base of its number. Only the caller's
                // digits may still be decimal.
                Some(_) => wanted == number || wanted.read_as_decimal().as_ref() == Some(number),
                None => wanted.may_mean(number),
            })
    })
}

/// Like [`has_serial_number`] for the issuing CA, whose base no certificate decides.
fn has_ca_serial_number(wanted: &[SerialNumber], certificate: &Certificate) -> bool {
    let number = certificate.ca_serial_number.as_ref();
    contains(wanted, number)
        || (certificate.serial_number_base_is_open
            && number.is_some_and(|number| wanted.iter().any(|wanted| wanted.may_mean(number))))
}

fn contains<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}
