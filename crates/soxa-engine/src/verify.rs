//! Verifying a whole store: every chain, every signature, and that the index says what the log says.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use soxa_ledger::{Body, FeedId, ForkProof, Head, NetworkId, Scope, Seq, Signed, Time, Verified};
use soxa_store::{Index, Keyspace, Location, LogPosition, Record, RecordKind, StoreError};

use crate::derived::Derived;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::open_checked;
use crate::known::Known;
use crate::layout::KEYSPACES;
use crate::limits::RUNS_AHEAD;
use crate::opened::{OpenedRun, Waiting};
use crate::overlay::Rows;
use crate::root::Sections;
use crate::rows::Counts;
use crate::runs::{BRANCH_CLOSING, BRANCH_SOUND, FORK_PROOF, decode};
use crate::work::Tally;

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

impl Engine {
    /// Reads the whole log, checks every chain and signature again, judges everything anew into a second index and
    /// compares with the first, row by row. The second is on disk and as large as the first; memory stays bounded.
    /// `progress` is told the runs read so far.
    ///
    /// # Errors
    /// When the log cannot be read; damage is reported with file and offset.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Verification, EngineError> {
        let second = self.store.second_index()?;
        let index = second.index();
        let mut derived = Derived::empty(self.derived.network, self.derived.memory.clone());
        let mut found = Verification {
            runs: 0,
            entries: 0,
            signatures: 0,
            counts: Counts::default(),
            records: 0,
            state_root: [0; 32],
            faults: Vec::new(),
        };
        // One thread reads and checks, on all cores, while this one judges.
        std::thread::scope(|scope| {
            let (sender, checked) = sync_channel(RUNS_AHEAD);
            scope.spawn(move || self.check_log(&sender));
            self.judge_anew(&checked, &mut derived, index, &mut found, progress)
        })?;
        found.counts = derived.counts;
        found.records = derived.counts.records;
        found.state_root = Sections::default().root(index, &Scope::all_nodes())?;
        for (keyspace, table) in KEYSPACES {
            let rows = differing(self.store.index(), index, keyspace)?;
            if rows > 0 {
                found.faults.push(Fault::Index { table, rows });
            }
        }
        Ok(found)
    }

    /// Checks the log record by record, until nobody takes them any more.
    fn check_log(&self, checked: &SyncSender<Result<(Location, Held), StoreError>>) {
        let network = self.derived.network;
        let mut feeds = Feeds {
            network,
            tally: &self.derived.tally,
            known: &self.derived.runs.known,
            ends: BTreeMap::new(),
        };
        for record in self.store.scan(LogPosition::ZERO) {
            let one = record.map(|(location, record)| {
                let what = match record.kind {
                    FORK_PROOF => Held::Proof(reread_proof(&record, network).map(Box::new)),
                    BRANCH_SOUND | BRANCH_CLOSING => Held::Branch(feeds.beside(&record).map(Box::new)),
                    _ => Held::Run(feeds.follow(&record).map(Box::new)),
                };
                (location, what)
            });
            if checked.send(one).is_err() {
                return;
            }
        }
    }

    /// Takes into a second index what the log holds.
    fn judge_anew(
        &self,
        checked: &Receiver<Result<(Location, Held), StoreError>>,
        derived: &mut Derived,
        index: &dyn Index,
        found: &mut Verification,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), EngineError> {
        let mut waiting = Waiting::default();
        for one in checked {
            let (location, held) = one?;
            let at = location.start();
            match held {
                Held::Run(run) => {
                    found.runs += 1;
                    match run {
                        Ok(run) => {
                            found.entries += run.entries_held();
                            found.signatures += 1 + run.bodies.iter().map(signatures_of).sum::<u64>();
                            waiting.push(*run, location);
                        }
                        Err(what) => found.faults.push(Fault::Log { at, what }),
                    }
                }
                Held::Branch(Ok(run)) => {
                    found.runs += 1;
                    found.entries += run.entries_held();
                    found.signatures += 1 + run.bodies.iter().map(signatures_of).sum::<u64>();
                    derived.take_in(&self.store, index, &waiting.take())?;
                    derived.take_in_branch(&self.store, index, &run, location)?;
                }
                Held::Proof(Ok(proof)) => {
                    found.signatures += 2;
                    derived.take_in(&self.store, index, &waiting.take())?;
                    derived.take_in_proof(&self.store, index, &proof, location)?;
                }
                Held::Proof(Err(what)) | Held::Branch(Err(what)) => {
                    found.faults.push(Fault::Log { at, what })
                }
            }
            if waiting.is_full() {
                derived.take_in(&self.store, index, &waiting.take())?;
                progress(found.runs);
            }
        }
        derived.take_in(&self.store, index, &waiting.take())?;
        progress(found.runs);
        Ok(())
    }
}

/// What a record of the log holds, or what is wrong with that.
enum Held {
    Run(Result<Box<OpenedRun>, String>),
    Branch(Result<Box<OpenedRun>, String>),
    Proof(Result<Box<Verified<ForkProof>>, String>),
}

/// A fork proof of the log with its signatures checked again.
fn reread_proof(record: &Record, network: NetworkId) -> Result<Verified<ForkProof>, String> {
    let proof = Signed::<ForkProof>::decode(&record.payload);
    proof
        .and_then(|proof| proof.verify(network))
        .map_err(|error| error.to_string())
}

/// How far the log's feeds go, as far as it was read.
struct Feeds<'a> {
    network: NetworkId,
    tally: &'a Tally,
    known: &'a Known,
    ends: BTreeMap<FeedId, (Head, bool)>,
}

impl Feeds<'_> {
    /// Checks a record of the log as the continuation of its feed; or what is wrong with it.
    fn follow(&mut self, record: &Record) -> Result<OpenedRun, String> {
        let run = decode(&record.payload).map_err(|error| error.to_string())?;
        let id = run.feed.id(self.network);
        let (head, closed) = self.ends.get(&id).copied().unwrap_or((Head::empty(id), false));
        if closed {
            return Err("a run after the end of its feed".to_owned());
        }
        let run = open_checked(self.network, run, &head, self.known, self.tally)
            .map_err(|error| error.to_string())?;
        stored_as(&run, run.kind(), record)?;
        self.ends.insert(id, (run.end(), run.is_closing()));
        Ok(run)
    }

    /// Checks a record of the log with a run of a branch: by itself, since it may rest on one that comes later.
    fn beside(&self, record: &Record) -> Result<OpenedRun, String> {
        let run = decode(&record.payload).map_err(|error| error.to_string())?;
        let first = run.entries.first().map(|entry| entry.header);
        let first = first.ok_or_else(|| "a run without entries".to_owned())?;
        let before = Head {
            seq: Seq(first.seq.0.saturating_sub(1)),
            hash: first.prev,
            time: Time(0),
        };
        let run = open_checked(self.network, run, &before, self.known, self.tally)
            .map_err(|error| error.to_string())?;
        stored_as(&run, run.branch_kind(), record)?;
        Ok(run)
    }
}

fn stored_as(run: &OpenedRun, kind: RecordKind, record: &Record) -> Result<(), String> {
    if kind == record.kind {
        return Ok(());
    }
    Err(match &run.defect {
        Some((_, reason)) => format!("a run that was stored as sound, with {reason}"),
        None => "a run that was stored as the end of its feed, and is sound".to_owned(),
    })
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

/// How many rows two indexes do not have alike.
fn differing(left: &dyn Index, right: &dyn Index, keyspace: Keyspace) -> Result<u64, EngineError> {
    let mut lefts = Rows::of(left, keyspace, &[]);
    let mut rights = Rows::of(right, keyspace, &[]);
    let (mut left, mut right) = (lefts.next()?, rights.next()?);
    let mut differing = 0;
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(differing),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        differing += u64::from(left != right);
        if order.is_le() {
            left = lefts.next()?;
        }
        if order.is_ge() {
            right = rights.next()?;
        }
    }
}
