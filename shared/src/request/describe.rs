//! The describe request.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Request, Sources, check_count};
use crate::error::Error;
use crate::model::{
    Certificate, Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber,
    Timestamp, deserialize_by_parse, quoted,
};

/// Maximum number of values in one list of the filter.
const MOST_FILTER_VALUES: usize = 100;
/// Maximum length of a text in a list of the filter, in characters.
const LONGEST_FILTER_VALUE: usize = 256;
/// Maximum number of certificates in one answer.
const MOST_CERTIFICATES: u16 = 10_000;
/// Maximum of `expires_within_days`: ten years.
const MOST_DAYS: u16 = 3650;

/// Request to list certificates.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::one_source_or_several))]
#[serde(deny_unknown_fields)]
pub struct DescribeRequest {
    /// Provider to query. Default: the one that is configured for the function.
    pub provider: Option<ProviderName>,
    /// Region to query. Default: the region that is configured for the provider.
    pub region: Option<Region>,
    /// MQTT instance to query. Required for the `-mqtt` providers; others have none.
    pub instance_id: Option<InstanceId>,
    /// Several sources to query, in place of `provider`, `region` and `instance_id`.
    pub sources: Option<Sources>,
    /// Certificates to list. Default: all.
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub filter: Option<Filter>,
    /// Sort order. Default: `created_desc` where the provider records creation times, otherwise the
    /// provider's own order.
    pub order_by: Option<SortOrder>,
    /// Maximum number of certificates in the answer, 1 to 10000. 0 is allowed with `summary` and
    /// returns only the counts. Default: 100.
    #[serde(
        default,
        deserialize_with = "super::parse::whole_number::<_, 0, MOST_CERTIFICATES>"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10_000)))]
    pub limit: Option<u16>,
    /// `next_cursor` of the previous answer.
    pub cursor: Option<String>,
    /// Whether to include each certificate in PEM.
    #[serde(default)]
    pub include_pem: bool,
    /// Whether the provider may be called once more for each certificate. With `false`, members
    /// that need such a call are `null` (for aws-iot all except the id, the status and the creation
    /// time), and a filter on them is `unsupported`.
    #[serde(default = "yes")]
    pub details: bool,
    /// Whether to count the certificates by effective status and by expiry.
    #[serde(default)]
    pub summary: bool,
}

const fn yes() -> bool {
    true
}

impl DescribeRequest {
    /// Maximum number of certificates in the answer; `None` when only the counts are requested.
    pub fn limit(&self) -> Option<usize> {
        Some(usize::from(self.limit.unwrap_or(100))).filter(|limit| *limit > 0)
    }
}

impl Request for DescribeRequest {
    fn check(&self) -> Result<(), Error> {
        Sources::check(
            self.sources.as_ref(),
            self.provider,
            self.region.as_ref(),
            self.instance_id.as_ref(),
        )?;
        if self.limit == Some(0) {
            if !self.summary {
                let rule = format!(
                    "limit must be 1 to {MOST_CERTIFICATES}; 0 is allowed only with summary"
                );
                return Err(Error::invalid("limit", rule));
            }
            if self.include_pem {
                return Err(Error::invalid(
                    "include_pem",
                    "include_pem must be false when limit is 0",
                ));
            }
        }
        if self.include_pem && !self.details {
            let rule = "include_pem must be false when details is false: a PEM may take a call for each certificate";
            return Err(Error::invalid("include_pem", rule));
        }
        self.filter.as_ref().map_or(Ok(()), Filter::check)
    }
}

/// Sort order of the listed certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// Most recently created first.
    #[default]
    CreatedDesc,
    /// Least recently created first.
    CreatedAsc,
    /// Most recently changed first.
    UpdatedDesc,
    /// Least recently changed first.
    UpdatedAsc,
}

impl SortOrder {
    /// Every sort order.
    pub const ALL: [Self; 4] = [
        Self::CreatedDesc,
        Self::CreatedAsc,
        Self::UpdatedDesc,
        Self::UpdatedAsc,
    ];

    /// Its name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedDesc => "created_desc",
            Self::CreatedAsc => "created_asc",
            Self::UpdatedDesc => "updated_desc",
            Self::UpdatedAsc => "updated_asc",
        }
    }

    /// # Errors
    /// A sentence that lists the sort orders.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|order| order.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                format!("unknown sort order {}; known are {known}", quoted(text))
            })
    }

    /// Compares two certificates; certificates without the time come last.
    pub fn compare(self, one: &Certificate, other: &Certificate) -> Ordering {
        let time = |certificate: &Certificate| match self {
            Self::CreatedDesc | Self::CreatedAsc => certificate.created_at,
            Self::UpdatedDesc | Self::UpdatedAsc => certificate.updated_at,
        };
        match (time(one), time(other)) {
            (Some(one), Some(other)) if matches!(self, Self::CreatedDesc | Self::UpdatedDesc) => {
                other.cmp(&one)
            }
            (Some(one), Some(other)) => one.cmp(&other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        }
    }
}

deserialize_by_parse!(SortOrder, "a sort order as a string");

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
    fn check(&self) -> Result<(), Error> {
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

    /// The lists that narrow, by their member names, and how many values each has.
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

    /// The members that make a window of expiry, by their names.
    pub fn dates_in_use(&self) -> impl Iterator<Item = &'static str> {
        [
            ("not_after_from", self.not_after_from.is_some()),
            ("not_after_to", self.not_after_to.is_some()),
            ("expires_within_days", self.expires_within_days.is_some()),
        ]
        .into_iter()
        .filter_map(|(member, is_in_use)| is_in_use.then_some(member))
    }

    /// Whether every record is wanted.
    pub fn is_empty(&self) -> bool {
        self.lists_in_use().next().is_none() && !self.has_window()
    }

    /// Whether it asks for a window of expiry.
    pub const fn has_window(&self) -> bool {
        self.not_after_from.is_some()
            || self.not_after_to.is_some()
            || self.expires_within_days.is_some()
    }

    /// Whether a record is wanted. A record whose end of validity is not known passes the window,
    /// and one whose subject or fingerprint is not known passes a filter on that: leaving it out
    /// would hide it, and its members show `null`. Where the provider and the certificate tell two
    /// ends, either may lie in the window.
    pub fn matches(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let subject = &certificate.subject;
        contains(&self.client_ids, certificate.client_id.as_ref())
            && has_serial_number(&self.serial_numbers, certificate)
            && has_ca_serial_number(&self.ca_serial_numbers, certificate)
            && (!certificate.subject_is_known
                || contains(&self.common_names, subject.common_name.as_ref()))
            && (!certificate.subject_is_known
                || contains(
                    &self.organizational_units,
                    subject.organizational_unit.as_ref(),
                ))
            && (certificate.fingerprint_sha256.is_none()
                || contains(
                    &self.fingerprints_sha256,
                    certificate.fingerprint_sha256.as_ref(),
                ))
            && contains(
                &self.ca_fingerprints_sha256,
                certificate.ca_fingerprint_sha256.as_ref(),
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

/// Where the base of the provider's texts is open, a certificate that may have the number is not
/// hidden.
fn has_serial_number(wanted: &[SerialNumber], certificate: &Certificate) -> bool {
    let number = certificate.serial_number.as_ref();
    if wanted.is_empty() || !certificate.serial_number_base_is_open {
        return contains(wanted, number);
    }
    // The provider's own text may have been copied.
    let text = certificate
        .provider_serial_number
        .as_deref()
        .and_then(|text| SerialNumber::parse(text).ok());
    wanted.iter().any(|wanted| {
        text.as_ref() == Some(wanted)
            || number.is_some_and(|number| match certificate.serial_number_base {
                // The certificate shows its number, and only the caller's digits may still be
                // decimal.
                Some(_) => wanted == number || wanted.read_as_decimal().as_ref() == Some(number),
                None => wanted.may_mean(number),
            })
    })
}

/// No certificate shows the base of its CA's serial number.
fn has_ca_serial_number(wanted: &[SerialNumber], certificate: &Certificate) -> bool {
    let told = certificate.ca_serial_number.as_ref();
    contains(wanted, told)
        || (certificate.serial_number_base_is_open
            && told.is_some_and(|told| wanted.iter().any(|wanted| wanted.may_mean(told))))
}

fn contains<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}
