//! How much was done: what a measurement looks at, and what shows that no more is done than has to be.

use std::sync::atomic::{AtomicU64, Ordering};

/// What an engine has done since it was opened, checks and refused groups included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Records judged, each as often as it was.
    pub records_judged: u64,
    /// Commits read back from the log and decoded.
    pub commits_decoded: u64,
    /// Runs read back from the log and decoded.
    pub runs_decoded: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    records_judged: AtomicU64,
    commits_decoded: AtomicU64,
    runs_decoded: AtomicU64,
}

impl Tally {
    pub fn record_judged(&self) {
        self.records_judged.fetch_add(1, Ordering::Relaxed);
    }

    pub fn commit_decoded(&self) {
        self.commits_decoded.fetch_add(1, Ordering::Relaxed);
    }

    pub fn run_decoded(&self) {
        self.runs_decoded.fetch_add(1, Ordering::Relaxed);
    }

    pub fn read(&self) -> Work {
        Work {
            records_judged: self.records_judged.load(Ordering::Relaxed),
            commits_decoded: self.commits_decoded.load(Ordering::Relaxed),
            runs_decoded: self.runs_decoded.load(Ordering::Relaxed),
        }
    }
}
