//! The order by the end of validity. No provider has it, so that the whole list has to be read and
//! sorted here.

use super::listing::{Collected, Cut};
use crate::error::{Error, ErrorCode};
use crate::request::DescribeRequest;

/// # Errors
/// `unsupported` when the list was not read to its end: the certificates behind may end sooner.
pub(super) fn check_complete(
    collected: &Collected,
    request: &DescribeRequest,
) -> Result<(), Error> {
    let reason = match (collected.cut(), request.limit()) {
        (None, _) => return Ok(()),
        (Some(Cut::Limit), Some(limit)) => format!("it has more certificates than limit ({limit})"),
        (Some(Cut::Limit | Cut::Size), _) => "it is larger than an answer can be".to_owned(),
        (Some(Cut::Time), _) => "it could not be read to its end in time".to_owned(),
    };
    let fewer_sources = if request.sources.is_some() {
        "ask for fewer sources, "
    } else {
        ""
    };
    let detail = format!(
        "order_by not_after_asc needs the whole list in one answer, but {reason}; narrow the filter, raise limit (up to 10000), {fewer_sources}\
         or leave order_by out"
    );
    Err(Error::new(ErrorCode::Unsupported, detail).with_field("order_by"))
}
