//! Changes of the fleet that wait for calls.

use crate::{Fleet, Vendor};

/// A change of the fleet.
pub(crate) type Change = Box<dyn FnOnce(&mut Fleet) + Send>;

/// A change with the calls it waits for.
struct Waiting {
    vendor: Vendor,
    action: String,
    calls: usize,
    change: Change,
}

/// The changes that still wait, in the order in which they were requested.
#[derive(Default)]
pub(crate) struct Changes(Vec<Waiting>);

impl Changes {
    /// `calls` is at least 1.
    pub(crate) fn push(&mut self, vendor: Vendor, action: &str, calls: usize, change: Change) {
        self.0.push(Waiting {
            vendor,
            action: action.to_owned(),
            calls,
            change,
        });
    }

    /// Counts a successful call and takes the changes for which it was the last one.
    pub(crate) fn due(&mut self, vendor: Vendor, action: &str) -> Vec<Change> {
        for waiting in &mut self.0 {
            if waiting.vendor == vendor && waiting.action == action {
                waiting.calls = waiting.calls.saturating_sub(1);
            }
        }
        self.0
            .extract_if(.., |waiting| waiting.calls == 0)
            .map(|waiting| waiting.change)
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_due_once_after_its_calls() {
        let mut changes = Changes::default();
        changes.push(Vendor::AwsIot, "List", 2, Box::new(|_| {}));
        changes.push(Vendor::AwsIot, "List", 1, Box::new(|_| {}));
        let mut due = |vendor, action| changes.due(vendor, action).len();
        assert_eq!(due(Vendor::AwsIot, "Get"), 0);
        assert_eq!(due(Vendor::AlibabaCas, "List"), 0);
        assert_eq!(due(Vendor::AwsIot, "List"), 1);
        assert_eq!(due(Vendor::AwsIot, "List"), 1);
        assert_eq!(due(Vendor::AwsIot, "List"), 0);
    }
}
