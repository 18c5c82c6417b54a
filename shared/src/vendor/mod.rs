//! Parts of a vendor's APIs that its providers, its token service and its queues share: error
//! answers, and tables of error codes.

pub(crate) mod alibaba;
pub(crate) mod aws;
pub(crate) mod codes;
pub(crate) mod xml;
