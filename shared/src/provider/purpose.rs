//! The use of a certificate's record.

/// The use of a certificate's record, which decides what the record must state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is shown, as far as it can be read.
    Show,
    /// It decides about a change, which needs its status.
    Change,
}
