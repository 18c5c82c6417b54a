//! Checks of an order before any call.

use crate::config::DRY_RUNS_ONLY;
use crate::error::{Error, ErrorCode};
use crate::model::Source;
use crate::operation::check_each;
use crate::provider::{CallContext, StatusWriter, Target};
use crate::request::{InactivateRequest, InactivationOrder, OrderItem};

/// Checks an order at one place before any call.
///
/// # Errors
/// The reason why the order is forbidden.
pub(super) fn admit(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: &InactivationOrder,
    target: Target,
    status_writer: &dyn StatusWriter,
    items: &[OrderItem],
) -> Result<(), Error> {
    check_allowed(context, target, &status_writer.scope().into())?;
    check_in_time(context, request, order)?;
    check_each(items.iter().map(|item| &item.certificate), |reference| {
        status_writer.check(reference)
    })
}

/// Checks the allow-list. An instance that is not on it is neither changed nor read. For a provider
/// without instances, the list has the provider's name.
///
/// # Errors
/// `forbidden` for an instance or a provider that is not on the list.
pub(super) fn check_allowed(
    context: &CallContext<'_>,
    target: Target,
    source: &Source,
) -> Result<(), Error> {
    let target = target.row();
    let allowed = (target.allowed)(context.config);
    let (is_allowed, member, subject) = match &source.instance_id {
        Some(instance) => (
            allowed.allow(instance),
            "instance_id",
            format!("the instance {instance}"),
        ),
        None => (
            allowed.allow_provider(source.provider),
            "provider",
            format!("{}, which has no instances,", source.provider),
        ),
    };
    if is_allowed {
        return Ok(());
    }
    let detail = format!(
        "{subject} is not on the allow-list; to allow it, add it to {}",
        target.allowed_by
    );
    Err(Error::new(ErrorCode::Forbidden, detail).with_field(member))
}

/// Refuses a change in a deployment that allows only dry runs.
///
/// # Errors
/// `forbidden`
pub(super) fn check_dry_run(
    context: &CallContext<'_>,
    request: &InactivateRequest,
) -> Result<(), Error> {
    if request.dry_run || !context.config.dry_runs_only {
        return Ok(());
    }
    let detail = format!("only dry runs are allowed here, because {DRY_RUNS_ONLY} is yes");
    Err(Error::new(ErrorCode::Forbidden, detail).with_field("dry_run"))
}

/// Refuses an order that has expired: somebody may have reactivated its certificates since.
///
/// # Errors
/// `forbidden`
pub(super) fn check_in_time(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: &InactivationOrder,
) -> Result<(), Error> {
    match request.not_after.or(order.expires_at) {
        Some(end) if context.now > end => {
            let detail = format!(
                "the order expired at {end} and is not carried out; give it again if it still holds"
            );
            Err(Error::new(ErrorCode::Forbidden, detail).with_field("not_after"))
        }
        _ => Ok(()),
    }
}
