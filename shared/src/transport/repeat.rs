//! Whether a call is idempotent.

/// When a call may be repeated after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Whenever that may help: the call only reads, or is idempotent.
    Always,
    /// Only when the call certainly had no effect, because it changes something.
    OnlyIfNotDone,
}
