//! The share of a processor that Lambda gives a function of 128 MB: 128 / 1769 of one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const PERIOD_MICROSECONDS: &str = "20000";
const QUOTA_MICROSECONDS: &str = "1450";

/// A control group with that share, for one process; removed when dropped.
pub(crate) struct Throttle {
    folder: PathBuf,
}

impl Throttle {
    /// Creates a group.
    ///
    /// # Errors
    /// When this machine has no control groups, or this user may not create one.
    pub(crate) fn new() -> io::Result<Self> {
        let name = format!("certificate-bench-{}", std::process::id());
        let first_version = Path::new("/sys/fs/cgroup/cpu");
        if first_version.join("cpu.cfs_quota_us").is_file() {
            let throttle = Self::create(first_version.join(name))?;
            throttle.write("cpu.cfs_period_us", PERIOD_MICROSECONDS)?;
            throttle.write("cpu.cfs_quota_us", QUOTA_MICROSECONDS)?;
            return Ok(throttle);
        }
        let throttle = Self::create(Path::new("/sys/fs/cgroup").join(name))?;
        throttle.write(
            "cpu.max",
            &format!("{QUOTA_MICROSECONDS} {PERIOD_MICROSECONDS}"),
        )?;
        Ok(throttle)
    }

    /// Limits this process to that share from now on.
    pub(crate) fn add(&self, process_id: u32) -> io::Result<()> {
        self.write("cgroup.procs", &process_id.to_string())
    }

    fn create(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        Ok(Self { folder })
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        // Removing fails only while a process is in the group, and all sandboxes have ended.
        drop(fs::remove_dir(&self.folder));
    }
}
