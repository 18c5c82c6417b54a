//! DescribeDeviceCertificates: filters, order and pages.

use super::orders::{ListOrder, ordered};
use super::parameters::Members;
use super::{TencentCertificate, instance, refusal};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::options::FilterValues;
use serde_json::{Value, json};

const DEFAULT_LIMIT: i64 = 20;
const MOST_A_PAGE: i64 = 100;
const STATUSES: [&str; 4] = ["ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"];

/// `several` says how several values of one filter are read.
pub(super) fn describe_device_certificates(
    store: &mut Store,
    region: &str,
    parameters: &Value,
    several: FilterValues,
) -> Result<Value, Refusal> {
    let request = Request::read(parameters)?;
    instance(store, region, &request.instance_id)?;
    let mut total = 0_usize;
    let mut page: Vec<&TencentCertificate> = Vec::new();
    for certificate in ordered(store, &request.instance_id, request.order) {
        if request
            .filters
            .iter()
            .all(|filter| filter.matches(certificate, several))
        {
            if total >= request.offset && page.len() < request.limit {
                page.push(certificate);
            }
            total = total.saturating_add(1);
        }
    }
    Ok(json!({"TotalCount": total, "Data": page}))
}

struct Request {
    instance_id: String,
    filters: Vec<Filter>,
    offset: usize,
    limit: usize,
    order: ListOrder,
}

impl Request {
    fn read(parameters: &Value) -> Result<Self, Refusal> {
        let known = ["InstanceId", "Filters", "Offset", "Limit", "OrderBy"];
        let members = Members::of(parameters, "", &known)?;
        let instance_id = members.required_text("InstanceId")?.to_owned();
        let filters = members
            .array("Filters")?
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(position, filter)| Filter::read(filter, position))
            .collect::<Result<_, _>>()?;
        let offset = usize::try_from(members.integer("Offset")?.unwrap_or_default())
            .map_err(|_| members.wrong_value("Offset", "must not be negative"))?;
        let limit = members.integer("Limit")?.unwrap_or(DEFAULT_LIMIT);
        let limit = usize::try_from(limit)
            .ok()
            .filter(|_| (1..=MOST_A_PAGE).contains(&limit))
            .ok_or_else(|| members.wrong_value("Limit", "must be from 1 to 100"))?;
        // Which order holds without OrderBy is not documented; the newest first is the console's.
        let order = match members.text("OrderBy")? {
            None | Some("CREATE_TIME_DESC") => ListOrder::CreatedDescending,
            Some("CREATE_TIME_ASC") => ListOrder::CreatedAscending,
            Some("UPDATE_TIME_DESC") => ListOrder::UpdatedDescending,
            Some("UPDATE_TIME_ASC") => ListOrder::UpdatedAscending,
            Some(_) => return Err(members.wrong_value("OrderBy", "is not one of the four orders")),
        };
        Ok(Self {
            instance_id,
            filters,
            offset,
            limit,
            order,
        })
    }
}

/// One filter with its values.
#[derive(Debug)]
enum Filter {
    Text(fn(&TencentCertificate) -> Option<&str>, Vec<String>),
    NotAfterStart(Vec<i64>),
    NotAfterEnd(Vec<i64>),
}

impl Filter {
    fn read(filter: &Value, position: usize) -> Result<Self, Refusal> {
        let prefix = format!("Filters.{position}.");
        let members = Members::of(filter, &prefix, &["Name", "Values"])?;
        let name = members.required_text("Name")?;
        let values: Vec<String> = members
            .array("Values")?
            .ok_or_else(|| super::missing(&format!("{prefix}Values")))?
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| members.wrong_type("Values", "an array of strings"))?;
        if values.is_empty() {
            return Err(members.wrong_value("Values", "must not be empty"));
        }
        let times = || -> Result<Vec<i64>, Refusal> {
            values
                .iter()
                .map(|value| value.parse().ok())
                .collect::<Option<_>>()
                .ok_or_else(|| members.wrong_value("Values", "must be epoch milliseconds"))
        };
        let text = |of: fn(&TencentCertificate) -> Option<&str>| Self::Text(of, values.clone());
        match name {
            "ClientId" => Ok(text(|of| Some(&of.client_id))),
            "CaSn" => Ok(text(|of| Some(&of.ca_sn))),
            "DeviceCertificateSn" => Ok(text(|of| Some(&of.device_certificate_sn))),
            "DeviceCertificateCn" => Ok(text(|of| Some(&of.device_certificate_cn))),
            "OrganizationalUnit" => Ok(text(|of| of.organizational_unit.as_deref())),
            "Status"
                if values
                    .iter()
                    .all(|value| STATUSES.contains(&value.as_str())) =>
            {
                Ok(text(|of| Some(&of.status)))
            }
            "Status" => Err(members.wrong_value("Values", "is not one of the four statuses")),
            "NotAfterStart" => Ok(Self::NotAfterStart(times()?)),
            "NotAfterEnd" => Ok(Self::NotAfterEnd(times()?)),
            _ => Err(refusal(
                "InvalidParameterValue",
                &format!("The filter {name} is not supported."),
            )),
        }
    }

    fn matches(&self, certificate: &TencentCertificate, several: FilterValues) -> bool {
        match self {
            Self::Text(of, values) => of(certificate)
                .is_some_and(|text| several.match_with(values, |value| value == text)),
            Self::NotAfterStart(times) => certificate
                .not_after_time
                .is_some_and(|end| several.match_with(times, |start| end >= *start)),
            Self::NotAfterEnd(times) => certificate
                .not_after_time
                .is_some_and(|end| several.match_with(times, |latest| end <= *latest)),
        }
    }
}

impl FilterValues {
    fn match_with<T>(self, values: &[T], matches: impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Alternatives => values.iter().any(matches),
            Self::AllMatch => values.iter().all(matches),
            Self::OnlyFirst => values.first().is_some_and(matches),
        }
    }
}
