//! A contestant's process, and the resources that it uses according to the system.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running process; killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// The resources that a process has used since its start.
pub(crate) struct Usage {
    pub(crate) cpu_milliseconds: f64,
    pub(crate) page_faults: f64,
    pub(crate) peak_mebibytes: f64,
}

impl Process {
    /// Starts it; what it writes goes into the file `log`.
    pub(crate) fn start(mut command: Command, log: PathBuf) -> io::Result<Self> {
        let file = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        Ok(Self { child, log })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has written.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log)
            .unwrap_or_else(|error| format!("its log cannot be read: {error}"))
    }

    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let folder = PathBuf::from(format!("/proc/{}", self.id()));
        let mut nanoseconds = 0.0;
        for thread in fs::read_dir(folder.join("task"))? {
            // Time on a processor, time in the queue, turns. A thread may have ended since it was
            // listed.
            let times = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            nanoseconds += times
                .split_whitespace()
                .next()
                .and_then(|time| time.parse::<u64>().ok())
                .unwrap_or_default() as f64;
        }
        // Behind the name in parentheses the fields begin with the third; minor faults are the
        // tenth, major ones the twelfth.
        let stat = fs::read_to_string(folder.join("stat"))?;
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let field = |index: usize| {
            fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
                .unwrap_or_default() as f64
        };
        let status = fs::read_to_string(folder.join("status"))?;
        let peak = status.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        });
        Ok(Usage {
            cpu_milliseconds: nanoseconds / 1e6,
            page_faults: field(7) + field(9),
            peak_mebibytes: peak.ok_or_else(|| io::Error::other("the process has ended"))? as f64
                / 1024.0,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
