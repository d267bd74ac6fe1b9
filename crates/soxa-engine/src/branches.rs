//! Branches of forked feeds that are held besides the history that the feed goes on with here: those that a statement
//! names by hash (rule 17 in [`soxa_ledger::authority`]), so that what it gives effect to has it at every node.
//!
//! They come from above downwards, each run proved by the hash that the one above names, so that nobody can make a node
//! keep what nobody named. A run is durable when it comes, and is indexed and judged when all below it is held.

use std::collections::BTreeMap;

use soxa_ledger::authority::Stretch;
use soxa_ledger::fork::Branch;
use soxa_ledger::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX};
use soxa_ledger::{EntryHash, Feed, FeedId, ForkProof, Head, Run, Seq, Signed, Time, Verified};
use soxa_store::{Index, Location, LogPosition, Store};

use crate::derived::{Derived, Track};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::open_checked;
use crate::layout::{BRANCH, id_at, key};
use crate::opened::{OpenedRun, Waiting};
use crate::overlay::{Overlay, scan_all};
use crate::rows::{BranchRow, Row as _};
use crate::runs::{Log, decode};

/// A run of a branch.
#[derive(Debug, Clone)]
pub(crate) struct BranchRun {
    /// Its entries that count.
    links: Stretch,
    row: BranchRow,
}

/// The runs of branches, by feed.
pub(crate) type Branches = BTreeMap<FeedId, Vec<BranchRun>>;

impl BranchRun {
    fn of(run: &OpenedRun, location: Location) -> Self {
        Self {
            links: run.links(),
            row: BranchRow {
                location,
                end: run.end().seq,
                closed: run.is_closing(),
                run: None,
            },
        }
    }

    fn read(row: BranchRow, store: &Store) -> Result<Self, EngineError> {
        let run = decode(&store.read(row.location)?.payload)?;
        let first = run.entries.first().map(|entry| entry.header);
        let first = first.ok_or(EngineError::Index {
            table: BranchRow::TABLE,
        })?;
        let counted = run.entries.iter().filter(|entry| entry.header.seq <= row.end);
        Ok(Self {
            links: Stretch {
                first: first.seq,
                prev: first.prev,
                hashes: counted.map(|entry| entry.header.hash()).collect(),
            },
            row,
        })
    }

    /// Whether other entries may follow on this one.
    fn goes_on_after(&self, entry: (Seq, EntryHash)) -> bool {
        self.links.contains(entry) && !(self.row.closed && entry.0 == self.row.end)
    }
}

/// The key of a run of a branch.
pub(crate) fn branch_key(feed: &FeedId, links: &Stretch) -> Vec<u8> {
    let last = links.hashes.last().map_or(feed.0, |hash| hash.0);
    key(&[&feed.0, &last])
}

/// The runs of branches that an index names.
pub(crate) fn read_branches(store: &Store, index: &dyn Index) -> Result<Branches, EngineError> {
    let mut branches = Branches::new();
    for (key, row) in scan_all(index, BRANCH, &[])? {
        let feed = FeedId(id_at(key.get(..32).unwrap_or(&[]), 0, BranchRow::TABLE)?);
        let run = BranchRun::read(BranchRow::from_bytes(&row)?, store)?;
        branches.entry(feed).or_default().push(run);
    }
    // In the order of the log, by which they are numbered.
    for runs in branches.values_mut() {
        runs.sort_by_key(|run| run.row.location.start());
    }
    Ok(branches)
}

/// The links of the runs that are indexed.
pub(crate) fn indexed_links(branches: &Branches) -> impl Iterator<Item = (FeedId, &Stretch)> {
    let all = branches
        .iter()
        .flat_map(|(feed, runs)| runs.iter().map(move |run| (*feed, run)));
    all.filter(|(_, run)| run.row.run.is_some())
        .map(|(feed, run)| (feed, &run.links))
}

impl Derived {
    /// Notes a run of a branch that is durable at this location; and indexes and judges what is linked to what is held by
    /// now. After a fault as after one in [`Derived::take_in`].
    pub fn take_in_branch(
        &mut self,
        store: &Store,
        index: &dyn Index,
        run: &OpenedRun,
        location: Location,
    ) -> Result<(), EngineError> {
        let (feed, branch) = (run.feed_id, BranchRun::of(run, location));
        let mut view = Overlay::new(index);
        view.put(BRANCH, &branch_key(&feed, &branch.links), branch.row.to_bytes());
        index.apply(view.into_batch(), location.end())?;
        self.branches.entry(feed).or_default().push(branch);
        self.enter_linked(store, index, feed, location.end())
    }

    /// Indexes and judges the runs of a feed's branches that are linked to what is held; the index then is as far as this
    /// position.
    pub fn enter_linked(
        &mut self,
        store: &Store,
        index: &dyn Index,
        feed: FeedId,
        at: LogPosition,
    ) -> Result<(), EngineError> {
        loop {
            let linked = self.linked(&self.log(store, index), &feed)?;
            if linked.is_empty() {
                return Ok(());
            }
            let mut waiting = Waiting::default();
            let mut numbered = Vec::new();
            for (number, place) in (self.op_ids.next_run()..).zip(linked) {
                let branches = self.branches.get_mut(&feed);
                let Some(branch) = branches.and_then(|branches| branches.get_mut(place)) else {
                    continue;
                };
                let location = branch.row.location;
                let record = store.read(location)?;
                let run = OpenedRun::reopen(
                    decode(&record.payload)?,
                    self.network,
                    record.kind,
                    &self.runs.known,
                )?;
                waiting.push(run, location);
                numbered.push((place, number));
                if waiting.is_full() {
                    break;
                }
            }
            self.index_runs(store, index, &waiting.take(), Track::Branch, at)?;
            for (place, number) in numbered {
                let branches = self.branches.get_mut(&feed);
                if let Some(branch) = branches.and_then(|branches| branches.get_mut(place)) {
                    branch.row.run = Some(number);
                }
            }
        }
    }

    /// The runs of a feed's branches that are not indexed and are linked to what is, by their places, each after what it
    /// rests on.
    fn linked(&self, log: &Log<'_>, feed: &FeedId) -> Result<Vec<usize>, EngineError> {
        let mut linked = Vec::new();
        let branches = self.branches.get(feed).map_or(&[][..], Vec::as_slice);
        loop {
            let before = linked.len();
            for (place, branch) in branches.iter().enumerate() {
                if branch.row.run.is_some() || linked.contains(&place) {
                    continue;
                }
                let below = branch.links.before();
                let mut others = branches.iter().enumerate();
                let on_branch = others.any(|(other, run)| {
                    (run.row.run.is_some() || linked.contains(&other)) && run.goes_on_after(below)
                });
                if on_branch || self.goes_on_after(log, feed, below)? {
                    linked.push(place);
                }
            }
            if linked.len() == before {
                return Ok(linked);
            }
        }
    }

    /// Whether an entry is one of a feed's own history here on which others may follow.
    fn goes_on_after(
        &self,
        log: &Log<'_>,
        feed: &FeedId,
        (seq, hash): (Seq, EntryHash),
    ) -> Result<bool, EngineError> {
        let Some(line) = self.feeds.get(feed).filter(|line| seq <= line.head.seq) else {
            return Ok(false);
        };
        let ends = line.closed && seq == line.head.seq;
        Ok(!ends && log.head_before(feed, seq.next())?.hash == hash)
    }
}

impl Engine {
    /// Keeps a run of a branch if it holds what [`Engine::lacking_of`] gives: when this returns, it is durable, and what is
    /// linked by now has been judged. False when it is not wanted, or bad.
    ///
    /// # Errors
    /// Local faults only, as [`Engine::take_in`].
    pub fn keep_branch(&mut self, run: Run) -> Result<bool, EngineError> {
        self.expect_running()?;
        let network = self.derived.network;
        let feed = run.feed.id(network);
        let Some(run) = self.without_held(feed, run)? else {
            return Ok(false);
        };
        let Some(before) = run.entries.first().map(|entry| Head {
            seq: Seq(entry.header.seq.0.saturating_sub(1)),
            hash: entry.header.prev,
            time: Time(0),
        }) else {
            return Ok(false);
        };
        let (bytes, shown) = (run.encode(), Branch::of_run(&run));
        let Ok(opened) = open_checked(
            network,
            run,
            &before,
            &self.derived.runs.known,
            &self.derived.tally,
        ) else {
            return Ok(false);
        };
        let locations = self
            .store
            .append_and_sync(&[(opened.branch_kind(), bytes.as_slice())])?;
        self.lag();
        for location in locations {
            self.derived
                .take_in_branch(&self.store, self.store.index(), &opened, location)
                .map_err(|fault| EngineError::Unfinished(Box::new(fault)))?;
        }
        self.caught_up();
        self.count_batch();
        if let Some(proof) = self.lower_fork(feed, opened.feed, shown, before)? {
            self.keep_proof(&proof)?;
        }
        Ok(true)
    }

    /// What of a run is not held, if something in it is wanted.
    fn without_held(&self, feed: FeedId, mut run: Run) -> Result<Option<Run>, EngineError> {
        let mut wanted = Vec::new();
        for (named, _) in self.authority().named(&feed) {
            wanted.extend(self.lacking_of(&feed, named)?);
        }
        let heads = || {
            run.entries
                .iter()
                .map(|entry| (entry.header.seq, entry.header.hash()))
        };
        if !heads().any(|entry| wanted.contains(&entry)) {
            return Ok(None);
        }
        let branches = self.derived.branches.get(&feed).map_or(&[][..], Vec::as_slice);
        let mut new = 0;
        for (at, entry) in heads().enumerate() {
            let held = branches.iter().any(|branch| branch.links.contains(entry));
            if held || self.derived.goes_on_after(&self.log(), &feed, entry)? {
                new = at + 1;
            }
        }
        run.entries.drain(..new);
        Ok(Some(run))
    }

    /// What to ask for next so that an entry which some statement names is held with all below it; see
    /// [`soxa_ledger::replica::Replica::lacking`].
    ///
    /// # Errors
    /// Local faults only.
    pub fn lacking_of(
        &self,
        feed: &FeedId,
        named: (Seq, EntryHash),
    ) -> Result<Option<(Seq, EntryHash)>, EngineError> {
        let authority = self.authority();
        let fork = authority.fork_of(feed).map(|proof| proof.seq());
        let line = self.derived.feeds.get(feed);
        let (Some(fork), Some(line)) = (fork, line) else {
            return Ok(None);
        };
        let is_named = authority.named(feed).any(|(one, _)| one == named);
        if !is_named || authority.holds(feed, named) || line.head.seq.next() < fork {
            return Ok(None);
        }
        let branches = self.derived.branches.get(feed).map_or(&[][..], Vec::as_slice);
        let mut at = named;
        while let Some(run) = branches.iter().find(|run| run.links.contains(at)) {
            if run.row.run.is_some() {
                // It follows on what ended the branch: nothing holds it for anybody.
                return Ok(None);
            }
            at = run.links.before();
        }
        let dead = at.0 == Seq(0)
            || (at.0 <= line.head.seq && self.log().head_before(feed, at.0.next())?.hash == at.1);
        Ok((!dead).then_some(at))
    }

    /// The proof that a branch gives which leaves this node's own history of the feed before the fork that is known.
    fn lower_fork(
        &self,
        id: FeedId,
        feed: Feed,
        branch: Branch,
        before: Head,
    ) -> Result<Option<Verified<ForkProof>>, EngineError> {
        let known = self.authority().fork_of(&id).map(|proof| proof.seq());
        let (first, leaves) = (before.seq.next(), (before.seq, before.hash));
        let lower = known.is_some_and(|known| first < known);
        if !lower || !self.derived.goes_on_after(&self.log(), &id, leaves)? {
            return Ok(None);
        }
        let Some(ours) = self.log().run_with(&id, first)? else {
            return Ok(None);
        };
        let proof = ForkProof::between(feed, Branch::of_run(&ours), branch)
            .and_then(|proof| Signed::<ForkProof>::decode(&proof.encode()))
            .and_then(|proof| proof.verify(self.derived.network));
        Ok(proof.ok())
    }

    /// The run, of whatever history of a feed that is held, with an entry.
    pub(crate) fn run_holding(
        &self,
        feed: &FeedId,
        entry: (Seq, EntryHash),
    ) -> Result<Option<Run>, EngineError> {
        let line = self.derived.feeds.get(feed);
        if line.is_some_and(|line| entry.0 <= line.head.seq)
            && let Some(run) = self.log().run_with(feed, entry.0)?
            && run
                .entries
                .iter()
                .any(|one| (one.header.seq, one.header.hash()) == entry)
        {
            return Ok(Some((*run).clone()));
        }
        let branches = self.derived.branches.get(feed).map_or(&[][..], Vec::as_slice);
        let mut indexed = branches.iter().filter(|run| run.row.run.is_some());
        let Some(branch) = indexed.find(|run| run.links.contains(entry)) else {
            return Ok(None);
        };
        decode(&self.store.read(branch.row.location)?.payload).map(Some)
    }

    /// Entries of a branch from above downwards, joined while they fit: only the tip signature of the highest is needed.
    pub(crate) fn join_down(
        &self,
        feed: &FeedId,
        through: (Seq, EntryHash),
        above: Seq,
        byte_limit: usize,
    ) -> Result<Option<Run>, EngineError> {
        let Some(mut joined) = self.run_holding(feed, through)? else {
            return Ok(None);
        };
        let weigh = |run: &Run| run.entries.iter().map(|entry| entry.body.len()).sum::<usize>();
        loop {
            joined.entries.retain(|entry| entry.header.seq > above);
            let Some(first) = joined.entries.first().map(|entry| entry.header) else {
                return Ok(None);
            };
            let below = (Seq(first.seq.0.saturating_sub(1)), first.prev);
            if below.0 <= above {
                return Ok(Some(joined));
            }
            let Some(mut lower) = self.run_holding(feed, below)? else {
                return Ok(Some(joined));
            };
            lower.entries.retain(|entry| entry.header.seq < first.seq);
            let bytes = weigh(&joined) + weigh(&lower);
            if bytes > byte_limit.min(RUN_BYTES_MAX)
                || joined.entries.len() + lower.entries.len() > RUN_ENTRIES_MAX
            {
                return Ok(Some(joined));
            }
            lower.entries.append(&mut joined.entries);
            joined.entries = lower.entries;
        }
    }
}
