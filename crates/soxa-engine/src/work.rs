//! How much was done and where the time went: what a measurement looks at, and what shows that no more is done than has
//! to be.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Nanoseconds since some moment: the engine reads no clock, so whoever measures brings one.
pub type Watch = fn() -> u64;

/// A part of taking in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Decoding bodies.
    Decode,
    /// Hashes of bodies and headers, with the signature of the one tip of each run.
    Hash,
    /// Signatures of commits, minutes and statements.
    Signature,
    /// Writing and syncing the log.
    Log,
    /// Judging, with all that it reads from the index and the log.
    Judge,
    /// Writing the index.
    Index,
}

const STAGES: usize = 6;

/// What an engine has done since it was opened, checks and refused groups included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Records judged, each as often as it was.
    pub records_judged: u64,
    /// Commits read back from the log and decoded.
    pub commits_decoded: u64,
    /// Runs read back from the log and decoded.
    pub runs_decoded: u64,
    /// Nanoseconds by stage, those of several cores added up.
    spent: [u64; STAGES],
}

impl Work {
    /// How long a stage of taking in took, the time of several cores added up; zero unless a watch was given to
    /// [`crate::Engine::measure`].
    #[must_use]
    pub fn spent(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.spent.get(stage as usize).copied().unwrap_or(0))
    }

    /// What was done after an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let since = |now: u64, then: u64| now.saturating_sub(then);
        Self {
            records_judged: since(self.records_judged, earlier.records_judged),
            commits_decoded: since(self.commits_decoded, earlier.commits_decoded),
            runs_decoded: since(self.runs_decoded, earlier.runs_decoded),
            spent: array::from_fn(|stage| since(self.spent[stage], earlier.spent[stage])),
        }
    }
}

/// Counts what is done, and the time that it takes. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    counters: Arc<Counters>,
    /// None while nobody measures.
    watch: Option<Watch>,
}

#[derive(Debug, Default)]
struct Counters {
    records_judged: AtomicU64,
    commits_decoded: AtomicU64,
    runs_decoded: AtomicU64,
    spent: [AtomicU64; STAGES],
}

impl Tally {
    pub fn record_judged(&self) {
        self.counters.records_judged.fetch_add(1, Ordering::Relaxed);
    }

    pub fn commit_decoded(&self) {
        self.counters.commits_decoded.fetch_add(1, Ordering::Relaxed);
    }

    pub fn run_decoded(&self) {
        self.counters.runs_decoded.fetch_add(1, Ordering::Relaxed);
    }

    /// From here on the time of each stage is taken.
    pub fn measure(&mut self, watch: Watch) {
        self.watch = Some(watch);
    }

    /// Does something and adds the time that it took to a stage.
    pub fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let Some(watch) = self.watch else {
            return work();
        };
        let started = watch();
        let done = work();
        if let Some(spent) = self.counters.spent.get(stage as usize) {
            spent.fetch_add(watch().saturating_sub(started), Ordering::Relaxed);
        }
        done
    }

    pub fn read(&self) -> Work {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Work {
            records_judged: read(&self.counters.records_judged),
            commits_decoded: read(&self.counters.commits_decoded),
            runs_decoded: read(&self.counters.runs_decoded),
            spent: array::from_fn(|stage| read(&self.counters.spent[stage])),
        }
    }
}
