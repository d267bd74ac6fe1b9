//! What follows from the log: authority, feeds, verdicts, record states. Memory and index hold it; the log alone can make
//! it again, here and in a second index when a store is verified.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use soxa_ledger::authority::{Authority, Stretch, Touched};
use soxa_ledger::replica::FeedLine;
use soxa_ledger::{
    Body, CommitId, FeedId, FileHash, ForkProof, Head, NetworkId, NodeKey, RecordId, Scope, Verified,
};
use soxa_records::History;
use soxa_store::{Batch, Index, Location, LogPosition, Store};

use crate::branches::{Branches, branch_key, indexed_links, read_branches};
use crate::cache::{Shared, Weighed};
use crate::error::EngineError;
use crate::facts::{CommitFacts, weight_of_history};
use crate::forks::read_proofs;
use crate::judging::{Judging, Outcome, Sources};
use crate::layout::{
    BRANCH, COUNTS, FEED, FEED_RUN, FORK, NOT_VALID, RECORD, REFUSED, RUN, STATEMENT, commit_of, feed_seq,
    id_at, statement_place,
};
use crate::limits::{NEW_FILES_MAX, ROOTS_CACHED};
use crate::memory::Memory;
use crate::op_ids::OpIds;
use crate::opened::OpenedRun;
use crate::overlay::{Overlay, scan_all, visit};
use crate::refusal::Refused;
use crate::root::Sections;
use crate::rows::{BranchRow, Counts, FeedRow, NotValidRow, Place, RecordRow, Row, RunRow};
use crate::runs::{Log, Runs};
use crate::widening::{Spread, read_spread};
use crate::work::{Stage, Tally};

/// Everything that follows from the log, as far as it is kept in memory.
pub(crate) struct Derived {
    pub network: NetworkId,
    pub memory: Memory,
    /// How far each feed is held, past a fork too.
    pub feeds: BTreeMap<FeedId, FeedLine>,
    /// Where feeds that are held past a fork end for replication: before it.
    pub before_forks: BTreeMap<FeedId, Head>,
    /// What is held of forked feeds besides.
    pub branches: Branches,
    pub counts: Counts,
    pub runs: Runs,
    pub tally: Tally,
    authority: Arc<Authority>,
    pub op_ids: OpIds,
    facts: Shared<Place, CommitFacts>,
    histories: Shared<RecordId, Arc<History>>,
    sums: Mutex<Sums>,
    /// Files that what came in names, until they are asked for.
    pub new_files: Vec<FileHash>,
}

impl Sums {
    /// These records changed.
    fn forget(&mut self, judged: &BTreeSet<RecordId>) {
        self.not_valid = None;
        if !judged.is_empty() {
            self.spread = None;
        }
        for sections in self.sections.values_mut() {
            judged.iter().for_each(|record| sections.forget(record));
        }
    }
}

/// Which history of their feeds runs belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    /// That with which the feed goes on here.
    Own,
    /// Branches that are held besides.
    Branch,
}

/// What judging some runs gave.
struct Judgement {
    outcome: Outcome,
    counts: Counts,
    /// Where the feeds end with them.
    lines: Vec<FeedLine>,
}

/// What takes reading many rows, kept until something changes.
#[derive(Default)]
struct Sums {
    /// The sections of each scope's root, where nothing changed since they were hashed.
    sections: BTreeMap<Scope, Sections>,
    not_valid: Option<(u64, u64)>,
    spread: Option<Arc<Vec<Spread>>>,
}

impl Derived {
    /// Nothing yet.
    pub fn empty(network: NetworkId, memory: Memory) -> Self {
        Self {
            network,
            feeds: BTreeMap::new(),
            before_forks: BTreeMap::new(),
            branches: Branches::new(),
            counts: Counts::default(),
            runs: Runs::new(&memory),
            tally: Tally::default(),
            authority: Arc::new(Authority::new(network)),
            op_ids: OpIds::default(),
            facts: Shared::new(memory.facts_bytes),
            histories: Shared::new(memory.histories_bytes),
            sums: Mutex::default(),
            new_files: Vec::new(),
            memory,
        }
    }

    /// What the index holds.
    pub fn load(network: NetworkId, memory: Memory, store: &Store) -> Result<Self, EngineError> {
        let mut derived = Self::empty(network, memory);
        let index = store.index();
        if let Some(bytes) = index.get(COUNTS, &[])? {
            derived.counts = Counts::from_bytes(&bytes)?;
        }
        for (key, bytes) in scan_all(index, FEED, &[])? {
            let id = FeedId(id_at(&key, 0, FeedRow::TABLE)?);
            let FeedRow { feed, head, closed } = FeedRow::from_bytes(&bytes)?;
            derived.feeds.insert(
                id,
                FeedLine {
                    id,
                    feed,
                    head,
                    closed,
                    forked: None,
                    named: Vec::new(),
                },
            );
        }
        let mut authority = Authority::new(network);
        let mut op_ids = OpIds::load(index)?;
        let log = derived.log(store, index);
        for key in scan_all(index, STATEMENT, &[])?.into_keys() {
            let (statement, position) = log.statement(statement_place(&key)?)?;
            authority.insert(&statement, position);
        }
        for run in op_ids.first_recent()..op_ids.next_run() {
            for (place, commit) in log.commits(run)? {
                op_ids.add(commit.commit_id(network), commit.operations.len(), place);
            }
        }
        derived.op_ids = op_ids;
        let branches = read_branches(store, index)?;
        for (feed, links) in indexed_links(&branches) {
            authority.insert_stretch(feed, links.clone());
        }
        let proofs = read_proofs(store)?;
        for proof in &proofs {
            let links = derived.links_past(store, index, proof)?;
            if let Some(links) = links {
                authority.insert_stretch(proof.feed_id(), links);
            }
            authority.insert_fork(proof);
        }
        derived.branches = branches;
        derived.authority = Arc::new(authority);
        for proof in &proofs {
            derived.end_before_fork(store, index, proof.feed_id())?;
        }
        Ok(derived)
    }

    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A judging over an index, by what the authority says now.
    pub fn judging<'a>(&'a self, store: &'a Store, index: &'a dyn Index) -> Judging<'a> {
        Judging::new(Sources {
            authority: Arc::clone(&self.authority),
            log: self.log(store, index),
            feeds: &self.feeds,
            op_ids: &self.op_ids,
            facts: &self.facts,
        })
    }

    /// The log, by the numbers that an index gives to its runs.
    pub fn log<'a>(&'a self, store: &'a Store, index: &'a dyn Index) -> Log<'a> {
        Log {
            network: self.network,
            store,
            index,
            runs: &self.runs,
            tally: &self.tally,
        }
    }

    /// Indexes and judges runs that are durable at these locations: one index batch. After a fault nothing here may be
    /// used any more: the authority may be ahead of the index.
    pub fn take_in(
        &mut self,
        store: &Store,
        index: &dyn Index,
        runs: &[(OpenedRun, Location)],
    ) -> Result<(), EngineError> {
        match runs.last() {
            Some((_, last)) => self.index_runs(store, index, runs, Track::Own, last.end()),
            None => Ok(()),
        }
    }

    /// Indexes and judges runs: one index batch, which is as far as this position.
    pub fn index_runs(
        &mut self,
        store: &Store,
        index: &dyn Index,
        runs: &[(OpenedRun, Location)],
        track: Track,
        at: LogPosition,
    ) -> Result<(), EngineError> {
        let touched = self.enter_statements(runs, track);
        let judged = self
            .tally
            .time(Stage::Judge, || self.judge(store, index, runs, track, &touched));
        let Judgement {
            mut outcome,
            counts,
            lines,
        } = judged?;
        self.add_op_ids(index, runs, &mut outcome.batch)?;
        self.tally.time(Stage::Index, || index.apply(outcome.batch, at))?;

        tracing::debug!(runs = runs.len(), judged = outcome.judged.len(), "taken in");
        self.counts = counts;
        let room = NEW_FILES_MAX.saturating_sub(self.new_files.len());
        self.new_files.extend(outcome.files.into_iter().take(room));
        let grown: Vec<FeedId> = lines.iter().map(|line| line.id).collect();
        self.feeds.extend(lines.into_iter().map(|line| (line.id, line)));
        for feed in grown {
            self.end_before_fork(store, index, feed)?;
        }
        self.renew(outcome.judged, outcome.histories, outcome.touched, outcome.facts);
        Ok(())
    }

    /// Enters a fork proof that is durable at this location and judges again what it touches: one index batch. After a
    /// fault as after one in [`Derived::take_in`].
    pub fn take_in_proof(
        &mut self,
        store: &Store,
        index: &dyn Index,
        proof: &Verified<ForkProof>,
        location: Location,
    ) -> Result<(), EngineError> {
        let id = proof.feed_id();
        let links = self.links_past(store, index, proof)?;
        let authority = Arc::make_mut(&mut self.authority);
        let mut touched = links.map_or_else(Touched::default, |links| authority.insert_stretch(id, links));
        touched.merge(authority.insert_fork(proof));
        let line = self.feeds.get(&id).cloned().unwrap_or_else(|| FeedLine {
            id,
            feed: proof.feed().clone(),
            head: Head::empty(id),
            closed: false,
            forked: None,
            named: Vec::new(),
        });
        let mut judging = self.judging(store, index);
        judging.touch_concerned(&touched)?;
        judging.settle()?;
        let mut counts = self.counts;
        counts.records = counts.records.saturating_add_signed(judging.growth.records);
        judging.view.put(COUNTS, &[], counts.to_bytes());
        judging.view.put(FORK, &id.0, location.to_bytes());
        let row = FeedRow {
            feed: line.feed.clone(),
            head: line.head,
            closed: line.closed,
        };
        judging.view.put(FEED, &id.0, row.to_bytes());
        let outcome = judging.finish();
        index.apply(outcome.batch, location.end())?;
        self.counts = counts;
        self.feeds.insert(id, line);
        self.renew(outcome.judged, outcome.histories, outcome.touched, outcome.facts);
        self.end_before_fork(store, index, id)
    }

    /// The links of what is held past a fork in the feed's own history here.
    fn links_past(
        &self,
        store: &Store,
        index: &dyn Index,
        proof: &Verified<ForkProof>,
    ) -> Result<Option<Stretch>, EngineError> {
        let id = proof.feed_id();
        match self.feeds.get(&id) {
            Some(line) => self.log(store, index).links(&id, proof.seq(), line.head.seq),
            None => Ok(None),
        }
    }

    /// Notes of a feed whether it is forked, and where it then ends for replication.
    fn end_before_fork(&mut self, store: &Store, index: &dyn Index, id: FeedId) -> Result<(), EngineError> {
        let Some(fork) = self.authority.fork_of(&id).map(|proof| proof.seq()) else {
            return Ok(());
        };
        let Some(line) = self.feeds.get_mut(&id) else {
            return Ok(());
        };
        line.forked = Some(fork);
        if line.head.seq >= fork {
            let head = self.log(store, index).head_before(&id, fork)?;
            self.before_forks.insert(id, head);
        }
        Ok(())
    }

    /// Takes over what a judging made, in place of what was kept of it.
    fn renew(
        &mut self,
        judged: BTreeSet<RecordId>,
        histories: Weighed<RecordId, Arc<History>>,
        touched: BTreeSet<Place>,
        facts: Weighed<Place, CommitFacts>,
    ) {
        self.histories.renew(&judged, histories);
        self.facts.renew(&touched, facts);
        self.sums().forget(&judged);
    }

    /// Judges what runs bring: the changes to the index, what is held then, and where the feeds end.
    fn judge(
        &self,
        store: &Store,
        index: &dyn Index,
        runs: &[(OpenedRun, Location)],
        track: Track,
        touched: &Touched,
    ) -> Result<Judgement, EngineError> {
        let mut counts = self.counts;
        let mut lines = Vec::with_capacity(runs.len());
        let mut judging = self.judging(store, index);
        for (run, location) in runs {
            enter_run(&mut judging, run, *location, track)?;
            counts.entries += run.entries_held();
            if track == Track::Branch {
                continue;
            }
            lines.push(FeedLine {
                id: run.feed_id,
                feed: run.feed.clone(),
                head: run.end(),
                closed: run.is_closing(),
                forked: None,
                named: Vec::new(),
            });
        }
        judging.touch_concerned(touched)?;
        judging.settle()?;
        counts.commits += judging.growth.commits;
        counts.operations += judging.growth.operations;
        counts.records = counts.records.saturating_add_signed(judging.growth.records);
        judging.view.put(COUNTS, &[], counts.to_bytes());
        Ok(Judgement {
            outcome: judging.finish(),
            counts,
            lines,
        })
    }

    /// Makes the operations of runs known by their ids.
    fn add_op_ids(
        &mut self,
        index: &dyn Index,
        runs: &[(OpenedRun, Location)],
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        let mut view = Overlay::new(index);
        for (run, _) in runs {
            let number = self.op_ids.next_run();
            for (place, commit) in run.commits(number) {
                self.op_ids
                    .add(commit.commit_id(self.network), commit.operations.len(), place);
            }
            self.op_ids.end_run(&mut view)?;
        }
        batch.extend(view.into_batch());
        Ok(())
    }

    fn enter_statements(&mut self, runs: &[(OpenedRun, Location)], track: Track) -> Touched {
        let mut touched = Touched::default();
        for (run, _) in runs {
            let fork = self.authority.fork_of(&run.feed_id).map(|proof| proof.seq());
            if track == Track::Branch || fork.is_some_and(|fork| run.end().seq >= fork) {
                let authority = Arc::make_mut(&mut self.authority);
                touched.merge(authority.insert_stretch(run.feed_id, run.links()));
            }
        }
        for (at, body) in runs.iter().flat_map(|(run, _)| run.sound()) {
            if let Body::Statement(statement) = body {
                touched.merge(Arc::make_mut(&mut self.authority).insert(statement, at.position));
            }
        }
        touched
    }

    /// A judged record, from memory or judged by what the index says.
    pub fn history(&self, store: &Store, record: RecordId) -> Result<Arc<History>, EngineError> {
        if let Some(history) = self.histories.get(&record) {
            return Ok(history);
        }
        let judging = self.judging(store, store.index());
        let history = judging.history(&record)?;
        // Its commits are likely to be asked for again: a bulk import is one commit of a thousand records.
        self.facts.renew([], judging.finish().facts);
        if !history.operations().is_empty() {
            self.histories
                .put(record, Arc::clone(&history), weight_of_history(&history));
        }
        Ok(history)
    }

    /// Feeds of a node that are held.
    pub fn feeds_of(&self, node: &NodeKey) -> usize {
        self.feeds.values().filter(|line| line.feed.node == *node).count()
    }

    /// The state root of a scope: only what changed since it was last asked for is read.
    pub fn state_root(&self, store: &Store, scope: &Scope) -> Result<[u8; 32], EngineError> {
        let mut sections = self.sums().sections.remove(scope).unwrap_or_default();
        let root = sections.root(store.index(), scope)?;
        let mut sums = self.sums();
        if sums.sections.len() >= ROOTS_CACHED {
            sums.sections.clear();
        }
        sums.sections.insert(scope.clone(), sections);
        Ok(root)
    }

    /// How many commits have operations that are pending but none that is void, and how many have some that are void.
    pub fn not_valid_counts(&self, store: &Store) -> Result<(u64, u64), EngineError> {
        if let Some(counts) = self.sums().not_valid {
            return Ok(counts);
        }
        let mut commits: BTreeMap<CommitId, bool> = BTreeMap::new();
        visit(store.index(), NOT_VALID, &[], |key, bytes| {
            *commits.entry(commit_of(&key)?).or_default() |= NotValidRow::from_bytes(&bytes)?.void;
            Ok(ControlFlow::Continue(()))
        })?;
        let void = commits.values().filter(|void| **void).count() as u64;
        let counts = (commits.len() as u64 - void, void);
        self.sums().not_valid = Some(counts);
        Ok(counts)
    }

    /// Who reads a record.
    pub fn readers(&self, store: &Store, record: &RecordId) -> Result<Scope, EngineError> {
        let row = store.index().get(RECORD, &record.0)?;
        let row = row.map(|bytes| RecordRow::from_bytes(&bytes)).transpose()?;
        Ok(row.map(|row| row.scope).unwrap_or_default())
    }

    /// What further readers of forwarded records do not hold yet. Kept until something changes.
    pub fn spread(&self, store: &Store) -> Result<Arc<Vec<Spread>>, EngineError> {
        if let Some(spread) = &self.sums().spread {
            return Ok(Arc::clone(spread));
        }
        let spread = Arc::new(read_spread(store.index())?);
        self.sums().spread = Some(Arc::clone(&spread));
        Ok(spread)
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn enter_run<'a>(
    judging: &mut Judging<'a>,
    run: &'a OpenedRun,
    location: Location,
    track: Track,
) -> Result<(), EngineError> {
    let number = judging.fresh.begin_run();
    let end = run.end();
    let closed = run.is_closing();
    let row = RunRow {
        location,
        feed: run.feed_id,
        sound: u32::try_from(run.bodies.len()).unwrap_or(u32::MAX),
    };
    let number_key = number.to_be_bytes();
    judging.view.put(RUN, &number_key, row.to_bytes());
    match track {
        Track::Own => {
            let row = FeedRow {
                feed: run.feed.clone(),
                head: end,
                closed,
            };
            judging.view.put(FEED, &run.feed_id.0, row.to_bytes());
            let last = feed_seq(&run.feed_id, run.tip.seq);
            judging.view.put(FEED_RUN, &last, number_key);
        }
        Track::Branch => {
            let row = BranchRow {
                location,
                end: end.seq,
                closed,
                run: Some(number),
            };
            let key = branch_key(&run.feed_id, &run.links());
            judging.view.put(BRANCH, &key, row.to_bytes());
        }
    }
    for (at, (standing, body)) in (0_u16..).zip(run.sound()) {
        let place = Place { run: number, at };
        match body {
            Body::Statement(_) => judging.view.put(STATEMENT, &place.to_key(), []),
            Body::Commit(commit) => {
                let id = commit.commit_id(judging.sources.log.network);
                judging.enter(commit, id, standing, place)?;
            }
        }
    }
    if let Some((what, reason)) = &run.defect {
        let refused = Refused {
            node: run.feed.node,
            seq: end.seq,
            what: *what,
            reason: reason.clone(),
        };
        judging
            .view
            .put(REFUSED, &feed_seq(&run.feed_id, end.seq), refused.to_bytes());
    }
    Ok(())
}
