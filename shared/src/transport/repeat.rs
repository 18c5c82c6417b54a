//! The rule by which a call is repeated.

/// When a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Whenever that may help: it only reads, or doing it twice harms nothing.
    Always,
    /// Only when it surely had no effect: it changes something.
    OnlyIfNotDone,
}
