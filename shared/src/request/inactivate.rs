//! The inactivate request.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::order::InactivationOrder;
use super::{
    CertificateReference, Filter, PlanPage, Request, Sources, Undo, check_certificates,
    check_left_out,
};
use crate::error::Error;
use crate::model::{InstanceId, LifecycleStatus, ProviderName, Region, Timestamp};

/// Maximum number of certificates in one request, and of those that one answer carries out.
pub const MOST_CERTIFICATES: usize = 100;
/// Maximum of `max_certificates`.
const MOST_UNPLANNED: u16 = 100;
/// Maximum length of a reason, in characters.
const LONGEST_REASON: usize = 256;

/// Request to inactivate certificates, or to take that back. Exactly one of `certificates`, `select`
/// and `undo` says which.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::names_or_selects))]
#[serde(deny_unknown_fields)]
pub struct InactivateRequest {
    /// Provider to call. Default: the one that is configured for the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderName>,
    /// Region to call. Default: the region that is configured for the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// MQTT instance to call. Required for the `-mqtt` providers; others have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// Several places to select at, in place of `provider`, `region` and `instance_id`. Each has its
    /// own error, and the others are carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<Sources>,
    /// Certificates to inactivate, 1 to 100.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub certificates: Vec<CertificateReference>,
    /// Filter of the certificates to inactivate. It must narrow the list by more than the status
    /// `active`. A certificate that it cannot judge is never changed, and counts in
    /// `undecided_count`.
    #[serde(
        default,
        deserialize_with = "crate::object::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub select: Option<Filter>,
    /// Maximum number of certificates that a selection may change without a plan, 1 to 100 and at
    /// most the number that is configured for the function. Default: 1.
    #[serde(
        default,
        deserialize_with = "super::parse::whole_number::<_, 1, MOST_UNPLANNED>",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub max_certificates: Option<u16>,
    /// `plan.id` of a dry run of the same request. The order is carried out only if it selects the
    /// same certificates in the same states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<String>,
    /// Whether a certificate that was selected by a client id and belongs to several devices is
    /// inactivated, too.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub allow_shared: bool,
    /// Whether to write although a read says that the certificate is inactive, for a read that lags
    /// behind.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub force: bool,
    /// Changes to take back.
    #[serde(
        default,
        deserialize_with = "crate::object::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub undo: Option<Undo>,
    /// Reason for the change, 1 to 256 characters, which the audit log records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 256)))]
    pub reason: Option<String>,
    /// Time after which the order is refused. Default: 24 hours after it was sent to a queue
    /// (configurable), or 15 minutes after it was sent over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Whether to only read the statuses and report what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// Page of a plan that is made page by page. Only a dry run of a selection at one place, or of an
    /// undo, takes this member.
    #[serde(
        default,
        deserialize_with = "crate::object::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub page: Option<PlanPage>,
    /// Whether to also end the live sessions of the certificates' devices, after each certificate is
    /// confirmed inactive. Default: as configured for the function, else false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_sessions: Option<bool>,
    /// Order that this request continues. Only a message of the function itself has one, and a
    /// signed order.
    #[serde(skip)]
    pub order: Option<InactivationOrder>,
    /// Whether the order was signed, so that the answer has the order of the next part.
    #[serde(skip)]
    pub is_signed: bool,
}

/// Deserializes a list of at least one certificate. An empty list is an error, because it would count as
/// a list that was left out.
fn at_least_one<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<CertificateReference>, D::Error> {
    let certificates: Vec<CertificateReference> = crate::object::list(deserializer)?;
    if certificates.is_empty() {
        return Err(D::Error::custom(format!(
            "certificates must have 1 to {MOST_CERTIFICATES} items, not 0"
        )));
    }
    Ok(certificates)
}

/// Whether a filter excludes some of the active certificates.
fn narrows(filter: &Filter) -> bool {
    filter.has_window()
        || filter.lists_in_use().any(|(list, _)| match list {
            "statuses" => !filter.statuses.contains(&LifecycleStatus::Active),
            _ => true,
        })
}

impl InactivateRequest {
    /// Checks that exactly one member says which certificates the order is for.
    fn check_one_choice(&self) -> Result<(), Error> {
        let choices = [
            ("certificates", !self.certificates.is_empty()),
            ("select", self.select.is_some()),
            ("undo", self.undo.is_some()),
        ];
        let mut given = choices.iter().rev().filter(|(_, is_given)| *is_given);
        match (given.next(), given.next()) {
            (Some(_), None) => Ok(()),
            (Some((first, _)), Some((second, _))) => Err(Error::invalid(
                *second,
                format!("{second} must be left out when {first} is given"),
            )),
            (None, _) => {
                let names = choices.map(|(name, _)| name).join(", ");
                let rule = format!("one of {names} is required");
                Err(Error::invalid("certificates", rule))
            }
        }
    }

    fn check_selection(&self) -> Result<(), Error> {
        let Some(filter) = &self.select else {
            let only_with_select = [
                ("sources", self.sources.is_some()),
                ("max_certificates", self.max_certificates.is_some()),
                ("plan_id", self.plan_id.is_some()),
            ];
            return check_left_out(only_with_select, "without select");
        };
        filter.check("select")?;
        if !narrows(filter) {
            let rule = "select must narrow the certificates by more than the status active, as by client_ids or ca_serial_numbers; \
                        it never means all certificates";
            return Err(Error::invalid("select", rule));
        }
        Sources::check(
            self.sources.as_ref(),
            self.provider,
            self.region.as_ref(),
            self.instance_id.as_ref(),
        )
    }

    fn check_page(&self, page: &PlanPage) -> Result<(), Error> {
        if !self.dry_run {
            let rule = "page must be left out without dry_run; the answer to its dry run has the order that carries the page out";
            return Err(Error::invalid("page", rule));
        }
        if self.undo.is_some() && page.cursor.is_some() {
            let rule =
                "page.cursor must be left out when undo is given, whose receipts are one page";
            return Err(Error::invalid("page.cursor", rule));
        }
        let never_with_page = [
            ("certificates", !self.certificates.is_empty()),
            ("sources", self.sources.is_some()),
            ("max_certificates", self.max_certificates.is_some()),
            ("plan_id", self.plan_id.is_some()),
        ];
        check_left_out(never_with_page, "when page is given")
    }

    /// Checks that no member names a place, because each receipt holds its own, and that none has a
    /// meaning for inactivating only.
    fn check_with_undo(&self) -> Result<(), Error> {
        let never_with_undo = [
            ("force", self.force),
            ("provider", self.provider.is_some()),
            ("region", self.region.is_some()),
            ("instance_id", self.instance_id.is_some()),
            ("end_sessions", self.end_sessions.is_some()),
        ];
        check_left_out(never_with_undo, "when undo is given")
    }
}

impl Request for InactivateRequest {
    fn check(&self) -> Result<(), Error> {
        self.check_one_choice()?;
        if !self.certificates.is_empty() {
            check_certificates(&self.certificates, MOST_CERTIFICATES)?;
        }
        self.check_selection()?;
        if let Some(undo) = &self.undo {
            undo.check()?;
            self.check_with_undo()?;
        }
        if let Some(page) = &self.page {
            self.check_page(page)?;
        }
        if let Some(reason) = &self.reason {
            let characters = reason.chars().count();
            if !(1..=LONGEST_REASON).contains(&characters) {
                return Err(Error::invalid(
                    "reason",
                    format!("reason must have 1 to {LONGEST_REASON} characters, not {characters}"),
                ));
            }
        }
        Ok(())
    }
}
