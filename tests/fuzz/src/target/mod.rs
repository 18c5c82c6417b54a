//! The targets.

mod cells;
mod certificate;
mod cursor;
mod event;
mod rows;
mod serial_number;
mod vendor_answer;
mod webhook;

pub(crate) use cells::{CELLS, HEADS};
pub(crate) use certificate::DER;
pub use certificate::certificate;
pub use cursor::cursor;
pub(crate) use cursor::{FORGED, REQUESTS, contents, sound};
pub use event::event;
pub use serial_number::serial_number;
pub use vendor_answer::vendor_answer;
pub(crate) use vendor_answer::{NEXT_ANSWER, is_answered};
pub(crate) use webhook::NEXT_PART;
pub use webhook::webhook;
