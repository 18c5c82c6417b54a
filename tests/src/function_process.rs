//! A function's process: the path of its binary, the environment that Lambda gives it, and its log.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use crate::leaks::Forbidden;

/// The variables that Lambda itself sets for a function on the `provided` runtimes, with believable
/// values. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const LAMBDA_VARIABLES: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    (
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "2026/01/01/[$LATEST]7d5e8c1f0a3b4c6d9e2f1a0b3c5d7e9f",
    ),
    ("AWS_REGION", "eu-west-1"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    (
        "AWS_SESSION_TOKEN",
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW",
    ),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ("LAMBDA_TASK_ROOT", "/var/task"),
    ("LANG", "en_US.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
];

/// A running function; killed when dropped.
pub(crate) struct FunctionProcess {
    child: Child,
    id: u32,
    // Files, not pipes: what the process has written can be read at once, and it never waits for a
    // reader.
    stdout: File,
    stderr: File,
    /// The function, and the texts that its log must not contain.
    forbidden: Option<(String, Forbidden)>,
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        // The failure of the test itself is more important.
        if let Some((function, forbidden)) = &self.forbidden
            && !std::thread::panicking()
        {
            let log = [self.stdout(), self.stderr()].map(Result::unwrap_or_default);
            forbidden.assert_absent(function, &log.concat());
        }
    }
}

impl FunctionProcess {
    /// Starts `command` with Lambda's variables and then `variables`, and with nothing else in its
    /// environment.
    pub(crate) fn start(
        mut command: Command,
        function: &str,
        runtime_api: &str,
        variables: &[(&str, &str)],
    ) -> io::Result<Self> {
        let stdout = tempfile::tempfile()?;
        let stderr = tempfile::tempfile()?;
        let child = command
            .env_clear()
            .envs(LAMBDA_VARIABLES.iter().copied())
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{function}"),
            )
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            .kill_on_drop(true)
            .spawn()?;
        let id = child
            .id()
            .ok_or_else(|| io::Error::other("the process ended as it started"))?;
        Ok(Self {
            child,
            id,
            stdout,
            stderr,
            forbidden: None,
        })
    }

    /// When the process is dropped, its log is searched for the secrets among Lambda's variables and
    /// these, and for whatever else no log of a function may hold.
    pub(crate) fn search_log_for_leaks(&mut self, function: &str, variables: &[(&str, &str)]) {
        let all = LAMBDA_VARIABLES.iter().chain(variables).copied();
        self.forbidden = Some((function.to_owned(), Forbidden::new(all)));
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Waits until the process has ended. Safe to cancel.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the process, if it still runs, and waits for its end.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        if self.is_alive() {
            self.child.kill().await
        } else {
            Ok(())
        }
    }

    /// Whether the process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Everything that it has written to stdout.
    pub(crate) fn stdout(&self) -> io::Result<String> {
        read(&self.stdout)
    }

    /// Everything that it has written to stderr.
    pub(crate) fn stderr(&self) -> io::Result<String> {
        read(&self.stderr)
    }

    /// Its peak memory, in bytes. `None` once it has ended, and on a system without `/proc`.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?
            .split_whitespace()
            .next()?;
        kilobytes.parse::<u64>().ok()?.checked_mul(1024)
    }
}

/// Reads from the start without moving the position, which the process shares.
fn read(file: &File) -> io::Result<String> {
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The binary of a function: in `functions_dir` (as `<function>` or, as cargo-lambda builds it,
/// `<function>/bootstrap`), else beside `test_executable`, which cargo puts into
/// `target/<profile>/deps`.
///
/// A relative `functions_dir` counts from the root of the workspace.
pub(crate) fn find_binary(
    function: &str,
    functions_dir: Option<&Path>,
    test_executable: &Path,
) -> Result<PathBuf, String> {
    let (candidates, advice) = match functions_dir {
        Some(folder) => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .unwrap_or(Path::new("."));
            let folder = root.join(folder);
            (
                vec![
                    folder.join(function).join("bootstrap"),
                    folder.join(function),
                ],
                "FUNCTIONS_DIR names this folder",
            )
        }
        None => {
            let beside = test_executable
                .ancestors()
                .skip(1)
                .take(2)
                .map(|folder| folder.join(function))
                .collect();
            (
                beside,
                "build the functions with `cargo build`, or name their folder in FUNCTIONS_DIR",
            )
        }
    };
    candidates
        .iter()
        .find(|path| path.is_file())
        .cloned()
        .ok_or_else(|| {
            let looked: Vec<_> = candidates
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            format!(
                "the function {function} is at none of {}: {advice}",
                looked.join(", ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_found_in_the_named_folder_in_either_form() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("describe"), "").unwrap();
        std::fs::create_dir(folder.path().join("status")).unwrap();
        std::fs::write(folder.path().join("status/bootstrap"), "").unwrap();

        let find =
            |function| find_binary(function, Some(folder.path()), Path::new("/nowhere/test"));
        assert_eq!(find("describe").unwrap(), folder.path().join("describe"));
        assert_eq!(
            find("status").unwrap(),
            folder.path().join("status/bootstrap")
        );
        assert!(find("inactivate").unwrap_err().contains("FUNCTIONS_DIR"));
    }

    #[test]
    fn a_binary_is_found_beside_the_test_executable() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("describe"), "").unwrap();
        let test_executable = folder.path().join("deps/whole-0123");

        let find = |function| find_binary(function, None, &test_executable);
        assert_eq!(find("describe").unwrap(), folder.path().join("describe"));
        assert!(find("status").unwrap_err().contains("cargo build"));
    }
}
