//! [`Engine`]: opening a store, taking acts in, and appending this node's own.

use std::collections::BTreeMap;
use std::path::Path;

use soxa_ledger::authority::Authority;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX};
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{
    Body, Commit, Entry, Feed, FeedId, Head, Header, Incarnation, NetworkId, NodeKey, Run, Scope, SecretKey,
    Signature, StatementId, Time, Tip,
};
use soxa_records::OpVerdict;
use soxa_store::{Opening, RecordKind, Store, StoreOptions};

use crate::derived::{Derived, OpenedRun, reopen};
use crate::error::EngineError;
use crate::intake::{CheckedRun, RunFault, TakenIn, check};
use crate::limits::{BATCHES_PER_CHECKPOINT, REPLAY_RUNS};
use crate::runs::{CLOSING, SOUND, decode};

/// Who this node is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The node's key.
    pub key: SecretKey,
    /// The life of its store.
    pub incarnation: Incarnation,
}

impl Identity {
    /// The node's public key.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        self.key.node()
    }
}

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// What the store found.
    pub store: Opening,
    /// Runs that were taken into the index again.
    pub replayed: u64,
}

/// What became of a group of acts that was submitted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// Durable, each at its position.
    Stored(Vec<Position>),
    /// One of them would have no effect; nothing of the group was stored.
    Refused(Refusal),
}

/// Why a group is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Operations that would be void, by their index.
    Operations(Vec<(u32, OpVerdict)>),
    /// A statement that would be void.
    Statement(StatementId, Verdict),
}

/// A node's ledger: the log, what follows from it, and the right to add to it.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) derived: Derived,
    identity: Identity,
    batches: u32,
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
        let derived = Derived::load(network, &store)?;
        let mut engine = Self { store, derived, identity, batches: 0 };
        let replayed = engine.replay(opening.replay_from, progress)?;
        Ok((engine, Opened { store: opening, replayed }))
    }

    fn replay(
        &mut self,
        from: soxa_store::LogPosition,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, EngineError> {
        let mut replayed = 0;
        let mut waiting = Vec::new();
        let mut heads: BTreeMap<FeedId, Head> = BTreeMap::new();
        for record in self.store.scan(from) {
            let (location, record) = record?;
            let opened = self.reopen_record(record.kind, &record.payload)?;
            let held = heads
                .get(&opened.feed_id)
                .copied()
                .or_else(|| self.derived.feeds.get(&opened.feed_id).map(|line| line.head))
                .unwrap_or_else(|| Head::empty(opened.feed_id));
            if opened.head.seq <= held.seq || self.is_closed(&opened.feed_id) {
                continue;
            }
            let continues =
                opened.entries.first().is_some_and(|entry| entry.header.prev == held.hash);
            if !continues {
                let what = format!("a run that does not follow entry {}", held.seq);
                return Err(EngineError::Chain { feed: opened.feed_id, what });
            }
            heads.insert(opened.feed_id, opened.head);
            waiting.push((opened, location));
            replayed += 1;
            if waiting.len() == REPLAY_RUNS {
                self.derived.take_in(&self.store, self.store.index(), &waiting)?;
                waiting.clear();
                heads.clear();
                progress(replayed);
            }
        }
        self.derived.take_in(&self.store, self.store.index(), &waiting)?;
        progress(replayed);
        if replayed > 0 {
            self.store.checkpoint()?;
        }
        Ok(replayed)
    }

    fn is_closed(&self, feed: &FeedId) -> bool {
        self.derived.feeds.get(feed).is_some_and(|line| line.closed)
    }

    fn reopen_record(&self, kind: RecordKind, payload: &[u8]) -> Result<OpenedRun, EngineError> {
        match kind {
            SOUND => reopen(decode(payload)?, self.derived.network, false),
            CLOSING => reopen(decode(payload)?, self.derived.network, true),
            other => Err(EngineError::Log { what: format!("a record of kind {other:?}") }),
        }
    }

    /// Takes in runs that a peer sent. What is bad in them is told in the result; when this returns, what was taken in
    /// is durable.
    ///
    /// # Errors
    /// Local faults only. After one the engine must be opened again.
    pub fn take_in(&mut self, runs: Vec<Run>) -> Result<TakenIn, EngineError> {
        let mut taken = TakenIn::default();
        let mut heads: BTreeMap<FeedId, Head> = BTreeMap::new();
        let mut checked: Vec<CheckedRun> = Vec::new();
        for (at, run) in runs.into_iter().enumerate() {
            let id = run.feed.id(self.derived.network);
            // After a run that closes its feed nothing follows in the same call either.
            if checked.iter().any(|c| c.opened.feed_id == id && c.opened.defect.is_some()) {
                taken.faults.push((at, id, RunFault::Closed));
                continue;
            }
            let head = heads.get(&id).copied().or_else(|| self.derived.feeds.get(&id).map(|line| line.head));
            match check(&self.derived, head, run) {
                Ok(one) => {
                    heads.insert(id, one.opened.head);
                    taken.entries += one.opened.entries.len() as u64;
                    checked.push(one);
                }
                Err(fault) => taken.faults.push((at, id, fault)),
            }
        }
        taken.advanced = heads.into_iter().collect();
        self.write(checked)?;
        Ok(taken)
    }

    /// Submits acts made at this node, in groups. Each group is checked first, in the order given, and stored whole or
    /// not at all: it is refused when one of its acts would be void. What is stored is durable when this returns,
    /// with one sync for all groups.
    ///
    /// # Errors
    /// Local faults only. After [`EngineError::Store`] nothing of the call is stored and the engine goes on; after
    /// another the engine must be opened again.
    pub fn submit(&mut self, groups: Vec<Vec<Body>>, clock: Time) -> Result<Vec<Submitted>, EngineError> {
        let mut refused: BTreeMap<usize, Refusal> = BTreeMap::new();
        let acts: Vec<(usize, &Body)> = groups
            .iter()
            .enumerate()
            .flat_map(|(group, acts)| acts.iter().map(move |act| (group, act)))
            .collect();
        let planned = loop {
            let accepted = acts.iter().filter(|(group, _)| !refused.contains_key(group));
            let planned = self.plan(accepted.copied(), clock);
            match self.first_refused(&planned)? {
                Some((group, refusal)) => {
                    refused.insert(group, refusal);
                }
                None => break planned,
            }
        };
        let outcomes = (0..groups.len())
            .map(|group| match refused.remove(&group) {
                Some(refusal) => Submitted::Refused(refusal),
                None => Submitted::Stored(
                    planned.iter().filter(|act| act.group == group).map(|act| act.position).collect(),
                ),
            })
            .collect();
        let runs = self.sign_runs(planned);
        self.write(runs)?;
        Ok(outcomes)
    }

    /// What would become of an unsigned commit if it were signed and submitted now: the verdict on each operation.
    /// Nothing is stored.
    ///
    /// # Errors
    /// Local faults only.
    pub fn check(&self, commit: &Commit, clock: Time) -> Result<Vec<OpVerdict>, EngineError> {
        let (feed, head) = self.own_feed(&commit.scope);
        let id = feed.id(self.derived.network);
        // The signed bytes are not known yet; no verdict depends on the entry's hash at the end of an own feed.
        let header = Header::following(id, &head, clock, BodyKind::Commit, &commit.encode());
        let id = commit.id(self.derived.network);
        let mut judging = self.derived.judging(&self.derived.authority, &self.store, self.store.index());
        judging.enter(commit, id, position(&feed, &header), None)?;
        judging.settle()?;
        Ok(judging.verdicts_of(commit, id))
    }

    /// Ends orderly: the next start has nothing to repeat.
    ///
    /// # Errors
    /// When the store cannot be closed cleanly. Nothing stored is lost.
    pub fn close(self) -> Result<(), EngineError> {
        Ok(self.store.close()?)
    }

    /// Empties the index and makes it again from the log.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn rebuild(&mut self, progress: &mut dyn FnMut(u64)) -> Result<u64, EngineError> {
        self.store.start_rebuild()?;
        self.derived = Derived::empty(self.derived.network);
        self.replay(soxa_store::LogPosition::ZERO, progress)
    }

    /// This node's key.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        self.identity.node()
    }

    /// The authority: all statements with their verdicts.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.derived.authority
    }

    /// This node's feed of a scope, and where it ends.
    fn own_feed(&self, scope: &Scope) -> (Feed, Head) {
        let feed = Feed {
            node: self.node(),
            incarnation: self.identity.incarnation,
            scope: scope.clone(),
            follows: None,
        };
        let id = feed.id(self.derived.network);
        let head = self.derived.feeds.get(&id).map_or_else(|| Head::empty(id), |line| line.head);
        (feed, head)
    }

    /// Gives every act its entry in this node's own feeds.
    fn plan<'b>(&self, acts: impl Iterator<Item = (usize, &'b Body)>, clock: Time) -> Vec<Planned<'b>> {
        let mut heads: BTreeMap<FeedId, Head> = BTreeMap::new();
        let mut planned = Vec::new();
        for (group, body) in acts {
            let (kind, scope) = match body {
                Body::Commit(commit) => (BodyKind::Commit, commit.scope.clone()),
                Body::Statement(_) => (BodyKind::Statement, Scope::all_nodes()),
            };
            let (feed, head) = self.own_feed(&scope);
            let id = feed.id(self.derived.network);
            let head = heads.get(&id).copied().unwrap_or(head);
            let header = Header::following(id, &head, clock, kind, bytes_of(body));
            heads.insert(id, header.head());
            planned.push(Planned { group, body, position: position(&feed, &header), feed, header });
        }
        planned
    }

    /// The first of the planned acts that would be void.
    fn first_refused(&self, planned: &[Planned<'_>]) -> Result<Option<(usize, Refusal)>, EngineError> {
        let mut trial = None;
        for act in planned {
            if let Body::Statement(statement) = act.body {
                let authority = trial.get_or_insert_with(|| self.derived.authority.clone());
                authority.insert(statement, act.position);
                let verdict = authority.judge_statement(&statement.id);
                if matches!(verdict, Verdict::Void(_)) {
                    return Ok(Some((act.group, Refusal::Statement(statement.id, verdict))));
                }
            }
        }
        let authority = trial.as_ref().unwrap_or(&self.derived.authority);
        let mut judging = self.derived.judging(authority, &self.store, self.store.index());
        for act in planned {
            let Body::Commit(commit) = act.body else { continue };
            let id = commit.commit_id(self.derived.network);
            judging.enter(commit, id, act.position, None)?;
            judging.settle()?;
            let verdicts = (0_u32..).zip(judging.verdicts_of(commit, id));
            let void: Vec<_> =
                verdicts.filter(|(_, verdict)| matches!(verdict, OpVerdict::Void(_))).collect();
            if !void.is_empty() {
                return Ok(Some((act.group, Refusal::Operations(void))));
            }
        }
        Ok(None)
    }

    /// Puts planned acts into runs and signs a tip for each.
    fn sign_runs(&self, planned: Vec<Planned<'_>>) -> Vec<CheckedRun> {
        let mut runs: Vec<OpenedRun> = Vec::new();
        for act in planned {
            let entry = Entry { header: act.header, body: bytes_of(act.body).to_vec() };
            let fits = |run: &OpenedRun| {
                let held: usize = run.entries.iter().map(|entry| entry.body.len()).sum();
                run.entries.len() < RUN_ENTRIES_MAX && held + entry.body.len() <= RUN_BYTES_MAX
            };
            // Only the feed's newest run may grow: an entry after a later run would break the chain.
            let newest = runs.iter_mut().rev().find(|run| run.feed_id == act.position.feed);
            match newest.filter(|run| fits(run)) {
                Some(run) => {
                    run.head = entry.header.head();
                    run.entries.push(entry);
                    run.bodies.push(act.body.clone());
                }
                None => runs.push(OpenedRun {
                    feed_id: act.position.feed,
                    feed: act.feed,
                    head: entry.header.head(),
                    entries: vec![entry],
                    bodies: vec![act.body.clone()],
                    defect: None,
                }),
            }
        }
        runs.into_iter()
            .map(|opened| {
                let run = Run {
                    feed: opened.feed.clone(),
                    entries: opened.entries.clone(),
                    tip: self.sign_tip(opened.feed_id, &opened.head),
                };
                CheckedRun { bytes: run.encode(), opened }
            })
            .collect()
    }

    fn sign_tip(&self, feed: FeedId, head: &Head) -> Signature {
        Tip { feed, seq: head.seq, hash: head.hash }.sign(self.derived.network, &self.identity.key)
    }

    /// Log first, with our own sync; then the index, in one batch.
    fn write(&mut self, runs: Vec<CheckedRun>) -> Result<(), EngineError> {
        if runs.is_empty() {
            return Ok(());
        }
        let records: Vec<(RecordKind, &[u8])> = runs
            .iter()
            .map(|run| (if run.opened.defect.is_some() { CLOSING } else { SOUND }, run.bytes.as_slice()))
            .collect();
        let locations = self.store.append_and_sync(&records)?;
        let durable: Vec<_> = runs.into_iter().map(|run| run.opened).zip(locations).collect();
        // From here on the log is ahead of memory and index until all of this has been done.
        let unfinished = |source: EngineError| EngineError::Unfinished(Box::new(source));
        self.derived.take_in(&self.store, self.store.index(), &durable).map_err(unfinished)?;
        self.batches += 1;
        if self.batches >= BATCHES_PER_CHECKPOINT {
            self.batches = 0;
            self.store.checkpoint().map_err(|error| unfinished(error.into()))?;
        }
        Ok(())
    }
}

fn position(feed: &Feed, header: &Header) -> Position {
    Position {
        feed: header.feed,
        node: feed.node,
        seq: header.seq,
        hash: header.hash(),
        time: header.node_time,
    }
}

fn bytes_of(body: &Body) -> &[u8] {
    match body {
        Body::Commit(commit) => commit.bytes(),
        Body::Statement(statement) => statement.bytes(),
    }
}

/// An act with the entry it will have.
struct Planned<'b> {
    group: usize,
    body: &'b Body,
    feed: Feed,
    header: Header,
    position: Position,
}
