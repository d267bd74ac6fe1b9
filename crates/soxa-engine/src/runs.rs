//! What the log holds: runs, each in one record, so that a feed in the log always ends at a signed tip; and fork proofs.

use std::sync::Arc;

use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, Commit, CommitId, FeedId, Head, NetworkId, Run, Seq, Statement, Verified};
use soxa_store::{Index, RecordKind, Store};

use crate::cache::Shared;
use crate::error::EngineError;
use crate::layout::{FEED_RUN, RUN, feed_seq, run_number};
use crate::limits::{ENTRY_WEIGHT_BYTES, RUNS_CACHED_BYTES};
use crate::opened::OpenedRun;
use crate::rows::{Place, Row as _, RunRow};
use crate::work::Tally;

/// A run whose every body was opened before it was written.
pub(crate) const SOUND: RecordKind = RecordKind::new(1);
/// A run with a body that ends its feed: opened again when it is replayed, since the defect is not written down.
pub(crate) const CLOSING: RecordKind = RecordKind::new(2);

/// The proof that a feed forked.
pub(crate) const FORK_PROOF: RecordKind = RecordKind::new(3);

/// The log, read through the numbers that an index gives to its runs.
#[derive(Clone, Copy)]
pub(crate) struct Log<'a> {
    pub network: NetworkId,
    pub store: &'a Store,
    pub index: &'a dyn Index,
    pub runs: &'a Runs,
    pub tally: &'a Tally,
}

/// The last runs read, decoded.
pub(crate) struct Runs(Shared<u32, Arc<Run>>);

/// A commit read from the log.
pub(crate) struct ReadCommit {
    pub commit: Verified<Commit>,
    pub id: CommitId,
    pub position: Position,
}

impl Runs {
    pub fn new() -> Self {
        Self(Shared::new(RUNS_CACHED_BYTES))
    }
}

impl Log<'_> {
    /// The run with a number.
    pub fn run(&self, number: u32) -> Result<Arc<Run>, EngineError> {
        if let Some(run) = self.runs.0.get(&number) {
            return Ok(run);
        }
        let row = self.index.get(RUN, &number.to_be_bytes())?;
        let row = row.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let location = RunRow::from_bytes(&row)?.location;
        let run = Arc::new(decode(&self.store.read(location)?.payload)?);
        self.tally.run_decoded();
        let weight = run
            .entries
            .iter()
            .map(|entry| ENTRY_WEIGHT_BYTES + entry.body.len());
        self.runs.0.put(number, Arc::clone(&run), weight.sum());
        Ok(run)
    }

    /// The commit at a place where the index says that one stands.
    pub fn commit(&self, place: Place) -> Result<ReadCommit, EngineError> {
        self.tally.commit_decoded();
        match self.body(place)? {
            (Body::Commit(commit), position) => Ok(ReadCommit {
                id: commit.commit_id(self.network),
                commit,
                position,
            }),
            (Body::Statement(_), _) => Err(EngineError::Index { table: "commits" }),
        }
    }

    /// The statement at a place where the index says that one stands.
    pub fn statement(&self, place: Place) -> Result<(Verified<Statement>, Position), EngineError> {
        match self.body(place)? {
            (Body::Statement(statement), position) => Ok((statement, position)),
            (Body::Commit(_), _) => Err(EngineError::Index { table: "statements" }),
        }
    }

    /// The body that an entry carries, and where it stands.
    pub fn body(&self, place: Place) -> Result<(Body, Position), EngineError> {
        let run = self.run(place.run)?;
        let entry = run.entries.get(usize::from(place.at));
        let entry = entry.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let body = entry.open_stored().map_err(|defect| EngineError::Log {
            what: defect.to_string(),
        })?;
        Ok((body, entry.header.position(run.feed.node)))
    }

    /// Where a feed that is held up to an entry or further stands before it.
    pub fn head_before(&self, feed: &FeedId, seq: Seq) -> Result<Head, EngineError> {
        let Some(before) = seq.0.checked_sub(2) else {
            return Ok(Head::empty(*feed));
        };
        // The first run that ends later holds it.
        let key = feed_seq(feed, Seq(before));
        let found = self.index.scan(FEED_RUN, &feed.0, Some(&key), 1)?;
        let (_, number) = found.first().ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let run = self.run(run_number(number, RunRow::TABLE)?)?;
        let entry = run.entries.iter().find(|entry| entry.header.seq.next() == seq);
        let entry = entry.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        Ok(entry.header.head())
    }

    /// The run with a number, with the bodies that count: up to one that ends the feed.
    pub fn opened(&self, number: u32) -> Result<OpenedRun, EngineError> {
        let row = self.index.get(RUN, &number.to_be_bytes())?;
        let row = row.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let record = self.store.read(RunRow::from_bytes(&row)?.location)?;
        self.tally.run_decoded();
        OpenedRun::reopen(decode(&record.payload)?, self.network, record.kind)
    }

    /// The commits of a run that count, with their places.
    pub fn commits(&self, number: u32) -> Result<Vec<(Place, Verified<Commit>)>, EngineError> {
        let run = self.opened(number)?;
        let commits = run.commits(number);
        Ok(commits.map(|(place, commit)| (place, commit.clone())).collect())
    }
}

pub(crate) fn decode(payload: &[u8]) -> Result<Run, EngineError> {
    Run::decode(payload).map_err(|error| EngineError::Log {
        what: error.to_string(),
    })
}
