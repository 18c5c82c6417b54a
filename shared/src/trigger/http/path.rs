//! The paths at which a function answers.

use crate::error::{Error, ErrorCode};
use crate::model::quoted;

/// Checks that a path is the function's own: the root, or one whose last segment is the operation,
/// behind any stage and prefix. A request for another path was meant for something else.
///
/// # Errors
/// `not_found`
pub(super) fn check(path: &str, stage: Option<&str>, operation: &str) -> Result<(), Error> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let is_own = match (segments.next(), segments.next_back()) {
        (None, _) => true,
        (Some(only), None) => only == operation || stage == Some(only),
        (Some(_), Some(last)) => last == operation,
    };
    if is_own {
        return Ok(());
    }
    let detail = format!(
        "{} is no path of this function; send the request to /{operation} or to the root",
        quoted(path)
    );
    Err(Error::new(ErrorCode::NotFound, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_and_the_operation_behind_any_prefix_are_own_paths() {
        for (path, stage, is_own) in [
            ("", None, true),
            ("/", None, true),
            ("//", None, true),
            ("/status", None, true),
            ("/status/", None, true),
            ("/prod/status", Some("prod"), true),
            ("/a/b/status", None, true),
            ("/prod", Some("prod"), true),
            ("/prod", Some("test"), false),
            ("/prod", None, false),
            ("/prod/prod", Some("prod"), false),
            ("/describe", None, false),
            ("/status/describe", None, false),
            ("/statuses", None, false),
            ("/Status", None, false),
            ("/favicon.ico", Some("$default"), false),
        ] {
            let found = check(path, stage, "status").is_ok();
            assert_eq!(found, is_own, "{path} {stage:?}");
        }
        let error = check(&"/x".repeat(10_000), None, "status").unwrap_err();
        assert!(error.detail.len() < 200 && error.code == ErrorCode::NotFound);
    }
}
