//! Verifying a whole store: every chain, every signature, and that the index says what the log says.

use std::collections::BTreeMap;

use soxa_ledger::{Body, FeedId, Head, Scope};
use soxa_store::{Index, Keyspace, LogPosition, MemoryIndex};

use crate::derived::{Derived, OpenedRun};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::open_checked;
use crate::layout::{COMMIT, Counts, FEED, NOT_VALID, OPERATION, RECORD, REFUSED, RUN};
use crate::limits::REPLAY_RUNS;
use crate::overlay::scan_all;
use crate::query::state_root;
use crate::runs::decode;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Runs read from the log.
    pub runs: u64,
    /// Entries whose chain and signatures hold.
    pub entries: u64,
    /// Signatures checked: of tips, commits, minutes and statements.
    pub signatures: u64,
    /// How much the log gives.
    pub counts: Counts,
    /// Records that exist.
    pub records: u64,
    /// The state root that the log gives.
    pub state_root: [u8; 32],
    /// What does not agree; empty when the store is sound.
    pub faults: Vec<Fault>,
}

/// One thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A run in the log that does not continue its feed or whose signatures do not hold.
    #[error("log at {at}: {what}")]
    Log {
        /// Where.
        at: LogPosition,
        /// What is wrong.
        what: String,
    },
    /// The index and the log differ: the index is to be rebuilt.
    #[error("the index differs from the log in {rows} rows of {table}")]
    Index {
        /// Which rows.
        table: &'static str,
        /// How many.
        rows: u64,
    },
}

/// The rows that follow from the set of entries alone.
const COMPARED: [(Keyspace, &str); 7] = [
    (FEED, "feeds"),
    (RUN, "runs"),
    (COMMIT, "commits"),
    (OPERATION, "operations"),
    (RECORD, "records"),
    (REFUSED, "refusals"),
    (NOT_VALID, "commits that are not valid"),
];

impl Engine {
    /// Reads the whole log, checks every chain and signature again, judges everything anew in memory and compares
    /// with the index. `progress` is told the runs read so far.
    ///
    /// # Errors
    /// When the log cannot be read; damage is reported with file and offset.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Verification, EngineError> {
        let index = MemoryIndex::new();
        let mut derived = Derived::empty(self.derived.network);
        let mut found =
            Verification {
                runs: 0,
                entries: 0,
                signatures: 0,
                counts: Counts::default(),
                records: 0,
                state_root: [0; 32],
                faults: Vec::new(),
            };
        let mut heads: BTreeMap<FeedId, Head> = BTreeMap::new();
        let mut waiting: Vec<(OpenedRun, soxa_store::Location)> = Vec::new();
        for record in self.store.scan(LogPosition::ZERO) {
            let (location, record) = record?;
            found.runs += 1;
            let run = decode(&record.payload)?;
            let id = run.feed.id(self.derived.network);
            let head = heads.get(&id).copied().unwrap_or_else(|| Head::empty(id));
            match open_checked(self.derived.network, run, &head) {
                Ok(opened) => {
                    found.entries += opened.entries.len() as u64;
                    found.signatures += 1 + opened.bodies.iter().map(signatures_of).sum::<u64>();
                    heads.insert(id, opened.head);
                    waiting.push((opened, location));
                }
                Err(error) => {
                    found.faults.push(Fault::Log { at: location.start(), what: error.to_string() });
                }
            }
            if waiting.len() == REPLAY_RUNS {
                derived.take_in(&self.store, &index, &waiting)?;
                waiting.clear();
                progress(found.runs);
            }
        }
        derived.take_in(&self.store, &index, &waiting)?;
        progress(found.runs);
        found.counts = derived.counts;
        found.records = scan_all(&index, RECORD, &[])?.len() as u64;
        found.state_root = state_root(&index, &Scope::all_nodes())?;
        for (keyspace, table) in COMPARED {
            let rows = differing(self.store.index(), &index, keyspace)?;
            if rows > 0 {
                found.faults.push(Fault::Index { table, rows });
            }
        }
        Ok(found)
    }
}

fn signatures_of(body: &Body) -> u64 {
    match body {
        Body::Statement(statement) => statement.signers.len() as u64,
        Body::Commit(commit) => {
            let minutes: usize = commit.minutes.iter().map(|minutes| minutes.signers().len()).sum();
            1 + minutes as u64
        }
    }
}

fn differing(left: &dyn Index, right: &dyn Index, keyspace: Keyspace) -> Result<u64, EngineError> {
    let (left, right) = (scan_all(left, keyspace, &[])?, scan_all(right, keyspace, &[])?);
    let differing = left.iter().filter(|(key, value)| right.get(*key) != Some(*value)).count();
    let missing = right.keys().filter(|key| !left.contains_key(*key)).count();
    Ok((differing + missing) as u64)
}
