//! The describe request.

use serde::{Deserialize, Serialize};

use super::{Request, check_count};
use crate::error::Error;
use crate::model::{Certificate, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber, Timestamp, deserialize_by_parse, quoted};

/// Most values in one list of the filter.
const MOST_FILTER_VALUES: usize = 100;
/// Longest text in a list of the filter, in characters.
const LONGEST_FILTER_VALUE: usize = 256;
/// Most certificates in one answer.
const MOST_CERTIFICATES: u16 = 10_000;
/// Ten years.
const MOST_DAYS: u16 = 3650;

/// Which certificates to list, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribeRequest {
    /// Whom to ask; the function's default when left out.
    pub provider: Option<ProviderName>,
    /// Where; the provider's configured region when left out.
    pub region: Option<Region>,
    /// The broker. Only the `-mqtt` providers have one, and they need it.
    pub instance_id: Option<InstanceId>,
    /// Which certificates; all when left out.
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub filter: Option<Filter>,
    /// In which order; `created_desc` when left out.
    pub order_by: Option<Order>,
    /// How many certificates the answer may hold, 1 to 10000; 100 when left out.
    pub limit: Option<u16>,
    /// `next_cursor` of the answer before.
    pub cursor: Option<String>,
    /// Whether each record carries the certificate itself.
    #[serde(default)]
    pub include_pem: bool,
}

impl DescribeRequest {
    /// How many certificates the answer may hold.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(100))
    }
}

impl Request for DescribeRequest {
    fn check(&self) -> Result<(), Error> {
        if let Some(limit) = self.limit
            && !(1..=MOST_CERTIFICATES).contains(&limit)
        {
            return Err(Error::invalid("limit", format!("limit is 1 to {MOST_CERTIFICATES}, not {limit}")));
        }
        self.filter.as_ref().map_or(Ok(()), Filter::check)
    }
}

/// The order of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Newest record first.
    #[default]
    CreatedDesc,
    /// Oldest record first.
    CreatedAsc,
    /// Last changed first.
    UpdatedDesc,
    /// Longest unchanged first.
    UpdatedAsc,
}

impl Order {
    /// # Errors
    /// A sentence that lists the orders.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "created_desc" => Ok(Self::CreatedDesc),
            "created_asc" => Ok(Self::CreatedAsc),
            "updated_desc" => Ok(Self::UpdatedDesc),
            "updated_asc" => Ok(Self::UpdatedAsc),
            other => Err(format!("unknown order {}; known are created_desc, created_asc, updated_desc, updated_asc", quoted(other))),
        }
    }
}

deserialize_by_parse!(Order, "an order as a string");

/// Which certificates. Each member narrows the choice; the values of one list are alternatives; an empty list does not
/// narrow.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// MQTT client ids.
    pub client_ids: Vec<String>,
    /// Serial numbers of the certificates.
    pub serial_numbers: Vec<SerialNumber>,
    /// Serial numbers of the issuing CAs' certificates.
    pub ca_serial_numbers: Vec<SerialNumber>,
    /// Subject CNs.
    pub common_names: Vec<String>,
    /// Subject OUs.
    pub organizational_units: Vec<String>,
    /// Lifecycle statuses.
    pub statuses: Vec<LifecycleStatus>,
    /// Validity ends at this moment or later.
    pub not_after_from: Option<Timestamp>,
    /// Validity ends at this moment or earlier.
    pub not_after_to: Option<Timestamp>,
    /// Validity ends between now and so many days from now, 1 to 3650.
    pub expires_within_days: Option<u16>,
}

impl Filter {
    fn check(&self) -> Result<(), Error> {
        for (name, values) in
            [("client_ids", &self.client_ids), ("common_names", &self.common_names), ("organizational_units", &self.organizational_units)]
        {
            for (index, value) in values.iter().enumerate() {
                let field = || format!("filter.{name}[{index}]");
                if value.is_empty() {
                    return Err(Error::invalid(field(), "the text is empty; it would match nothing"));
                }
                if value.chars().count() > LONGEST_FILTER_VALUE || value.chars().any(char::is_control) {
                    let rule = format!("at most {LONGEST_FILTER_VALUE} characters and none of them a control character");
                    return Err(Error::invalid(field(), rule));
                }
            }
        }
        for (name, count) in [
            ("client_ids", self.client_ids.len()),
            ("serial_numbers", self.serial_numbers.len()),
            ("ca_serial_numbers", self.ca_serial_numbers.len()),
            ("common_names", self.common_names.len()),
            ("organizational_units", self.organizational_units.len()),
            ("statuses", self.statuses.len()),
        ] {
            if count > 0 {
                check_count(&format!("filter.{name}"), count, MOST_FILTER_VALUES)?;
            }
        }
        if let Some(days) = self.expires_within_days
            && !(1..=MOST_DAYS).contains(&days)
        {
            return Err(Error::invalid("filter.expires_within_days", format!("1 to {MOST_DAYS} days, not {days}")));
        }
        if let (Some(from), Some(to)) = (self.not_after_from, self.not_after_to)
            && from > to
        {
            return Err(Error::invalid("filter.not_after_to", "it is before not_after_from; nothing could match"));
        }
        Ok(())
    }

    /// Whether it asks for a window of expiry.
    pub const fn has_window(&self) -> bool {
        self.not_after_from.is_some() || self.not_after_to.is_some() || self.expires_within_days.is_some()
    }

    /// Whether a record is wanted. A record whose end of validity is not known passes the window: leaving it out of a
    /// report of what expires would hide it, and its `not_after` shows `null`.
    pub fn matches(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let subject = &certificate.subject;
        contains(&self.client_ids, certificate.client_id.as_ref())
            && contains(&self.serial_numbers, certificate.serial_number.as_ref())
            && contains(&self.ca_serial_numbers, certificate.ca_serial_number.as_ref())
            && contains(&self.common_names, subject.common_name.as_ref())
            && contains(&self.organizational_units, subject.organizational_unit.as_ref())
            && contains(&self.statuses, Some(&certificate.status))
            && certificate.not_after.is_none_or(|end| self.window_holds(end, now))
    }

    fn window_holds(&self, end: Timestamp, now: Timestamp) -> bool {
        self.not_after_from.is_none_or(|from| end >= from)
            && self.not_after_to.is_none_or(|to| end <= to)
            && self.expires_within_days.is_none_or(|days| end >= now && end <= now.plus_days(days))
    }
}

fn contains<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}
