//! Parts of a vendor's APIs that its providers, its token service and its queues share: error
//! answers, and tables of error codes.

pub(crate) mod alibaba;
pub(crate) mod aws;
pub(crate) mod codes;
pub(crate) mod xml;

use crate::model::{RequestId, Timestamp};
use crate::object::Members;

/// The id of a call in its answer, written as a text or as a number.
pub(crate) fn request_id(answer: &Members<'_>) -> Option<RequestId> {
    RequestId::read(answer.text("RequestId").as_str()?)
}

/// A time in epoch milliseconds, as Tencent and Alibaba write it. 0 means never.
pub(crate) fn epoch_milliseconds(number: i64) -> Option<Timestamp> {
    Some(number)
        .filter(|milliseconds| *milliseconds > 0)
        .and_then(Timestamp::from_epoch_milliseconds)
}
