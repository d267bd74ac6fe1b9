//! What the log holds: runs, each in one record, so that a feed in the log always ends at a signed tip; and fork proofs.

use std::sync::Arc;

use soxa_ledger::authority::Stretch;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, Commit, CommitId, FeedId, Head, NetworkId, Run, Seq, Statement, Verified};
use soxa_store::{Index, RecordKind, Store};

use crate::cache::Shared;
use crate::carried::Standing;
use crate::error::EngineError;
use crate::known::Known;
use crate::layout::{BRANCH, FEED_RUN, RUN, feed_seq, run_number};
use crate::limits::ENTRY_WEIGHT_BYTES;
use crate::memory::Memory;
use crate::opened::OpenedRun;
use crate::overlay::scan_all;
use crate::rows::{BranchRow, Place, Row as _, RunRow};
use crate::work::Tally;

/// A run whose every body was opened before it was written.
pub(crate) const SOUND: RecordKind = RecordKind::new(1);
/// A run with a body that ends its feed: opened again when it is replayed, since the defect is not written down.
pub(crate) const CLOSING: RecordKind = RecordKind::new(2);

/// The proof that a feed forked.
pub(crate) const FORK_PROOF: RecordKind = RecordKind::new(3);
/// A run of a branch of a forked feed that is held besides: see [`crate::branches`].
pub(crate) const BRANCH_SOUND: RecordKind = RecordKind::new(4);
/// Such a run with a body that ends the branch.
pub(crate) const BRANCH_CLOSING: RecordKind = RecordKind::new(5);

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
pub(crate) struct Runs {
    decoded: Shared<u32, Arc<Run>>,
    /// Bodies that need not be decoded again.
    pub known: Known,
}

/// A commit read from the log.
pub(crate) struct ReadCommit {
    pub commit: Verified<Commit>,
    pub id: CommitId,
    pub standing: Standing,
}

impl Runs {
    pub fn new(memory: &Memory) -> Self {
        Self {
            decoded: Shared::new(memory.runs_bytes),
            known: memory.known.clone(),
        }
    }
}

impl Log<'_> {
    /// What the index says of the run with a number.
    pub fn row(&self, number: u32) -> Result<RunRow, EngineError> {
        let row = self.index.get(RUN, &number.to_be_bytes())?;
        RunRow::from_bytes(&row.ok_or(EngineError::Index { table: RunRow::TABLE })?)
    }

    /// The run with a number.
    pub fn run(&self, number: u32) -> Result<Arc<Run>, EngineError> {
        if let Some(run) = self.runs.decoded.get(&number) {
            return Ok(run);
        }
        let run = Arc::new(decode(&self.store.read(self.row(number)?.location)?.payload)?);
        self.tally.run_decoded();
        let weight = run
            .entries
            .iter()
            .map(|entry| ENTRY_WEIGHT_BYTES + entry.body.len());
        self.runs.decoded.put(number, Arc::clone(&run), weight.sum());
        Ok(run)
    }

    /// The commit at a place where the index says that one stands.
    pub fn commit(&self, place: Place) -> Result<ReadCommit, EngineError> {
        self.tally.commit_decoded();
        match self.body(place)? {
            (Body::Commit(commit), standing) => Ok(ReadCommit {
                id: commit.commit_id(self.network),
                commit,
                standing,
            }),
            (Body::Statement(_), _) => Err(EngineError::Index { table: "commits" }),
        }
    }

    /// The statement at a place where the index says that one stands.
    pub fn statement(&self, place: Place) -> Result<(Verified<Statement>, Position), EngineError> {
        match self.body(place)? {
            (Body::Statement(statement), standing) => Ok((statement, standing.position)),
            (Body::Commit(_), _) => Err(EngineError::Index { table: "statements" }),
        }
    }

    /// The body that an entry carries, and where it stands.
    pub fn body(&self, place: Place) -> Result<(Body, Standing), EngineError> {
        let run = self.run(place.run)?;
        let entry = run.entries.get(usize::from(place.at));
        let entry = entry.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let body = self.runs.known.open_stored(self.network, entry);
        let body = body.map_err(|defect| EngineError::Log {
            what: defect.to_string(),
        })?;
        Ok((body, Standing::of(entry, &run.feed)))
    }

    /// The numbers of all runs of a feed: first those of the history that the feed goes on with here, then those of
    /// branches.
    pub fn runs_of(&self, feed: &FeedId) -> Result<Vec<u32>, EngineError> {
        let mut numbers = Vec::new();
        for number in scan_all(self.index, FEED_RUN, &feed.0)?.into_values() {
            numbers.push(run_number(&number, RunRow::TABLE)?);
        }
        for row in scan_all(self.index, BRANCH, &feed.0)?.into_values() {
            numbers.extend(BranchRow::from_bytes(&row)?.run);
        }
        Ok(numbers)
    }

    /// The run of a feed's own history here that holds an entry with a number.
    pub fn run_with(&self, feed: &FeedId, seq: Seq) -> Result<Option<Arc<Run>>, EngineError> {
        // The first run that ends at it or later.
        let key = feed_seq(feed, Seq(seq.0.saturating_sub(1)));
        let found = self.index.scan(FEED_RUN, &feed.0, Some(&key), 1)?;
        let found = found.first();
        found
            .map(|(_, number)| self.run(run_number(number, RunRow::TABLE)?))
            .transpose()
    }

    /// The links of the entries of a feed's own history here from one number on, up to its end.
    pub fn links(&self, feed: &FeedId, from: Seq, end: Seq) -> Result<Option<Stretch>, EngineError> {
        let mut links: Option<Stretch> = None;
        let key = feed_seq(feed, Seq(from.0.saturating_sub(1)));
        for (last, number) in scan_all(self.index, FEED_RUN, &feed.0)? {
            if last <= key {
                continue;
            }
            let run = self.run(run_number(&number, RunRow::TABLE)?)?;
            for entry in &run.entries {
                let header = &entry.header;
                if header.seq >= from && header.seq <= end {
                    let first = || Stretch {
                        first: header.seq,
                        prev: header.prev,
                        hashes: Vec::new(),
                    };
                    links.get_or_insert_with(first).hashes.push(header.hash());
                }
            }
        }
        Ok(links)
    }

    /// Where a feed that is held up to an entry or further stands before it.
    pub fn head_before(&self, feed: &FeedId, seq: Seq) -> Result<Head, EngineError> {
        let Some(before) = seq.0.checked_sub(2) else {
            return Ok(Head::empty(*feed));
        };
        let run = self.run_with(feed, Seq(before).next())?;
        let run = run.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        let entry = run.entries.iter().find(|entry| entry.header.seq.next() == seq);
        let entry = entry.ok_or(EngineError::Index { table: RunRow::TABLE })?;
        Ok(entry.header.head())
    }

    /// The run with a number, with the bodies that count: up to one that ends the feed.
    pub fn opened(&self, number: u32) -> Result<OpenedRun, EngineError> {
        let record = self.store.read(self.row(number)?.location)?;
        self.tally.run_decoded();
        OpenedRun::reopen(
            decode(&record.payload)?,
            self.network,
            record.kind,
            &self.runs.known,
        )
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
