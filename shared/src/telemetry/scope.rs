//! The Lambda event under way, whose request id is in every line.

use std::cell::{Cell, RefCell};

use super::text::json_text;

thread_local! {
    // A function answers one event at a time, on one thread.
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    static IS_COLD: Cell<bool> = const { Cell::new(true) };
}

struct Current {
    request_id: String,
    trace_id: Option<String>,
    is_first: bool,
}

/// While this value lives, the log's lines have the event's request id.
#[derive(Debug)]
pub struct EventScope(());

impl EventScope {
    /// Enters an event. `trace_header` is X-Ray's header:
    /// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...;Sampled=1`.
    #[must_use]
    pub fn enter(request_id: &str, trace_header: Option<&str>) -> Self {
        let root = trace_header.and_then(|header| {
            header
                .split(';')
                .find_map(|part| part.trim().strip_prefix("Root="))
        });
        let current = Current {
            request_id: request_id.to_owned(),
            trace_id: root.map(str::to_owned),
            is_first: IS_COLD.replace(false),
        };
        CURRENT.replace(Some(current));
        Self(())
    }

    /// The members of a JSON line that identify the event, with a comma before each.
    pub(super) fn members() -> String {
        CURRENT.with_borrow(|current| {
            let Some(Current {
                request_id,
                trace_id,
                is_first,
            }) = current
            else {
                return String::new();
            };
            let mut members = format!(
                ",\"cold_start\":{is_first},\"function_request_id\":{}",
                json_text(request_id)
            );
            if let Some(trace_id) = trace_id {
                members.extend([",\"xray_trace_id\":", &json_text(trace_id)]);
            }
            members
        })
    }
}

impl Drop for EventScope {
    fn drop(&mut self) {
        CURRENT.replace(None);
    }
}
