//! Opening a store: what its index lacks is replayed from the log, and an index that contradicts the log is made anew.

use std::collections::BTreeMap;
use std::path::Path;

use soxa_ledger::{FeedId, Head, NetworkId};
use soxa_store::{LogPosition, Opening, Store, StoreOptions};

use crate::derived::Derived;
use crate::engine::{Engine, Identity};
use crate::error::EngineError;
use crate::forks::decode_proof;
use crate::memory::Memory;
use crate::opened::{OpenedRun, Waiting};
use crate::rows::{FeedRow, Row as _};
use crate::runs::{BRANCH_CLOSING, BRANCH_SOUND, FORK_PROOF, decode};

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// What the store found.
    pub store: Opening,
    /// Runs that were taken into the index again.
    pub replayed: u64,
}

impl Engine {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// When the store cannot be opened or its log does not hold what a log holds.
    pub fn open(
        folder: &Path,
        options: StoreOptions,
        network: NetworkId,
        identity: Identity,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Self, Opened), EngineError> {
        let (store, opening) = Store::open(folder, options)?;
        Self::start(store, opening, network, identity, progress)
    }

    /// Starts on a store that is open, replaying what its index lacks. `progress` is told the runs replayed so far.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn start(
        store: Store,
        opening: Opening,
        network: NetworkId,
        identity: Identity,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Self, Opened), EngineError> {
        Self::start_with(store, opening, network, identity, Memory::default(), progress)
    }

    /// As [`Engine::start`], with so much memory.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn start_with(
        store: Store,
        opening: Opening,
        network: NetworkId,
        identity: Identity,
        memory: Memory,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Self, Opened), EngineError> {
        let mut engine = Self::of(store, Derived::empty(network, memory), identity);
        let replayed = match engine.catch_up(opening.replay_from, progress) {
            Err(fault) if fault.may_be_of_index() => {
                tracing::warn!(%fault, "the index is rebuilt from the log");
                engine.rebuild(progress)?
            }
            caught_up => caught_up?,
        };
        Ok((
            engine,
            Opened {
                store: opening,
                replayed,
            },
        ))
    }

    /// Empties the index and makes it again from the log.
    ///
    /// # Errors
    /// As [`Engine::open`]. Nothing more is taken in then until the store is opened again.
    pub fn rebuild(&mut self, progress: &mut dyn FnMut(u64)) -> Result<u64, EngineError> {
        self.lag();
        self.store.start_rebuild()?;
        self.catch_up(LogPosition::ZERO, progress)
    }

    fn catch_up(&mut self, from: LogPosition, progress: &mut dyn FnMut(u64)) -> Result<u64, EngineError> {
        self.lag();
        self.derived = Derived::load(self.derived.network, self.derived.memory.clone(), &self.store)?;
        // What was noted and not yet indexed when the program ended, before what the log holds after it.
        let index = self.store.index();
        let at = index.position()?.unwrap_or(LogPosition::ZERO);
        for feed in self.derived.branches.keys().copied().collect::<Vec<_>>() {
            self.derived.enter_linked(&self.store, index, feed, at)?;
        }
        let replayed = self.replay(from, progress)?;
        self.caught_up();
        if replayed > 0 {
            self.checkpoint();
        }
        Ok(replayed)
    }

    fn replay(&mut self, from: LogPosition, progress: &mut dyn FnMut(u64)) -> Result<u64, EngineError> {
        // What the index says it has read must be in it.
        let indexed = self.store.index().position()?.unwrap_or(LogPosition::ZERO);
        let mut replayed = 0;
        let mut waiting = Waiting::default();
        let mut ends: BTreeMap<FeedId, (Head, bool)> = BTreeMap::new();
        for record in self.store.scan(from) {
            let (location, record) = record?;
            if matches!(record.kind, FORK_PROOF | BRANCH_SOUND | BRANCH_CLOSING) {
                if location.end() <= indexed {
                    continue;
                }
                // What it touches must be known.
                self.derived
                    .take_in(&self.store, self.store.index(), &waiting.take())?;
                ends.clear();
                let index = self.store.index();
                if record.kind == FORK_PROOF {
                    let proof = decode_proof(&record)?;
                    self.derived.take_in_proof(&self.store, index, &proof, location)?;
                } else {
                    let known = &self.derived.runs.known;
                    let run = OpenedRun::reopen(
                        decode(&record.payload)?,
                        self.derived.network,
                        record.kind,
                        known,
                    )?;
                    self.derived.take_in_branch(&self.store, index, &run, location)?;
                }
                replayed += 1;
                continue;
            }
            let known = &self.derived.runs.known;
            let run = OpenedRun::reopen(decode(&record.payload)?, self.derived.network, record.kind, known)?;
            let id = run.feed_id;
            let held = ends.get(&id).copied();
            let (held, closed) = held
                .or_else(|| self.held(&id))
                .unwrap_or((Head::empty(id), false));
            if closed || run.end().seq <= held.seq {
                continue;
            }
            if location.end() <= indexed {
                return Err(EngineError::Index {
                    table: FeedRow::TABLE,
                });
            }
            if run
                .entries
                .first()
                .is_none_or(|entry| entry.header.prev != held.hash)
            {
                let what = format!("a run that does not follow entry {}", held.seq);
                return Err(EngineError::Chain { feed: id, what });
            }
            ends.insert(id, (run.end(), run.is_closing()));
            waiting.push(run, location);
            replayed += 1;
            if waiting.is_full() {
                self.derived
                    .take_in(&self.store, self.store.index(), &waiting.take())?;
                ends.clear();
                progress(replayed);
            }
        }
        self.derived
            .take_in(&self.store, self.store.index(), &waiting.take())?;
        progress(replayed);
        Ok(replayed)
    }

    fn held(&self, feed: &FeedId) -> Option<(Head, bool)> {
        self.derived.feeds.get(feed).map(|line| (line.head, line.closed))
    }
}
