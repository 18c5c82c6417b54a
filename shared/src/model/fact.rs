//! A fact about a certificate, which may be absent or unknown.

use serde::{Serialize, Serializer};

/// A fact that a certificate may lack. Answers show `null` both where it is lacking and where it
/// could not be read; a filter tells the two apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fact<T> {
    /// It could not be read, or nobody states it.
    #[default]
    Unknown,
    /// The certificate is known to have none.
    Absent,
    /// Its value.
    Known(T),
}

impl<T> Fact<T> {
    /// The value, where there is a known one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }

    /// The value itself, where there is a known one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }

    /// Whether it could not be read, or nobody states it.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// This fact, or that of another source when this one has no value.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(value), _) => Self::Known(value),
            (first, Self::Unknown) => first,
            (_, other) => other,
        }
    }
}

impl Fact<String> {
    /// The text, where there is a known one.
    pub fn as_str(&self) -> Option<&str> {
        self.value().map(String::as_str)
    }

    /// A text that is [`Absent`](Self::Absent) when it is empty.
    pub fn from_text(text: String) -> Self {
        if text.is_empty() {
            Self::Absent
        } else {
            Self::Known(text)
        }
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Fact::{Absent, Known, Unknown};

    #[test]
    fn a_second_source_fills_what_the_first_does_not_state() {
        for (first, second, expected) in [
            (Known(1), Known(2), Known(1)),
            (Known(1), Absent, Known(1)),
            (Absent, Known(2), Known(2)),
            (Absent, Unknown, Absent),
            (Unknown, Absent, Absent),
            (Unknown, Unknown, Unknown),
        ] {
            assert_eq!(
                first.clone().or(second.clone()),
                expected,
                "{first:?} {second:?}"
            );
        }
    }
}
