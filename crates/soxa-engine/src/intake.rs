//! What peers send: runs are checked whole, then made durable with one sync, then indexed and judged together.
//!
//! Checking needs nothing but the runs and where their feeds end, so it goes on for the runs that come next, on other
//! cores, while those before them are written and judged.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use rayon::prelude::*;
use soxa_ledger::entry::{BodyKind, Defect, SignedBody};
use soxa_ledger::run::{RunError, VerifiedRun};
use soxa_ledger::{Body, Entry, FeedId, Head, NetworkId, NodeKey, OpenKeys, PublicKey, Run, Seq, Time};
use soxa_store::RecordKind;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::known::Known;
use crate::limits::{
    APPEND_BYTES, FEEDS_PER_NODE_MAX, RUNS_AHEAD, SHARED_ENTRIES_MIN, WRITE_ENTRIES_MAX, WRITE_ENTRIES_MIN,
};
use crate::opened::{OpenedRun, named};
use crate::work::{Stage, Tally};

/// Why a run was not taken in. A peer's doing, never a local fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunFault {
    /// No statement that is known here admits the node whose feed it is. It may come later.
    #[error("the feed's node is not admitted")]
    NotAdmitted,
    /// The node has as many feeds here as a node may have.
    #[error("more feeds of one node than allowed")]
    TooManyFeeds,
    /// The feed ended before, at a malformed or forged body.
    #[error("the feed is closed")]
    Closed,
    /// The feed is known to be forked, and held up to there: what follows has no effect.
    #[error("the feed is forked")]
    Forked,
    /// Everything in it is here already: another peer was quicker.
    #[error("nothing new")]
    Known,
    /// The run itself is bad.
    #[error(transparent)]
    Bad(#[from] RunError),
}

/// What became of some runs.
#[derive(Debug, Clone, Default)]
pub struct TakenIn {
    /// Feeds that are held further now, with their new heads.
    pub advanced: Vec<(FeedId, Head)>,
    /// Runs that were not taken in, by their place in the call.
    pub faults: Vec<(usize, FeedId, RunFault)>,
    /// Entries that are new here.
    pub entries: u64,
}

/// A checked run with the bytes to be stored.
pub(crate) struct CheckedRun {
    pub opened: OpenedRun,
    pub bytes: Vec<u8>,
}

impl CheckedRun {
    pub fn record(&self) -> (RecordKind, &[u8]) {
        (self.opened.kind(), &self.bytes)
    }
}

/// How far a feed goes with what came in one call.
#[derive(Clone, Copy)]
struct Reached {
    node: NodeKey,
    head: Head,
    closed: bool,
}

/// A run of a call, checked as the continuation of a head.
struct Ahead {
    at: usize,
    id: FeedId,
    node: NodeKey,
    /// Where the feed was taken to end: the run before it was not judged then.
    head: Head,
    outcome: Result<CheckedRun, RunFault>,
}

/// What a call has taken so far.
#[derive(Default)]
struct Taking {
    taken: TakenIn,
    reached: BTreeMap<FeedId, Reached>,
    /// Checked and not yet written.
    checked: Vec<CheckedRun>,
    bytes: usize,
    entries: u64,
}

impl Engine {
    /// Takes in runs that a peer sent. What is bad in them is told in the result; when this returns, what was taken in
    /// is durable. A run may rest on one before it in the call: continue its feed, or need an admission in it.
    ///
    /// # Errors
    /// Local faults only. After [`EngineError::Store`] what came before the fault is taken in and the engine goes on;
    /// after another it must be opened again.
    pub fn take_in(&mut self, runs: Vec<Run>) -> Result<TakenIn, EngineError> {
        self.expect_running()?;
        let mut taking = Taking::default();
        let checker = self.checker(&runs);
        if runs.len() == 1 {
            for ahead in checker.check_all(runs) {
                self.take(&mut taking, ahead)?;
            }
        } else {
            std::thread::scope(|scope| {
                let (sender, checked) = sync_channel(RUNS_AHEAD);
                scope.spawn(move || checker.send_all(runs, &sender));
                // When this ends early the receiver is gone, and the checker ends as well.
                self.take_all(&mut taking, &checked)
            })?;
        }
        self.write(taking.checked)?;
        taking.taken.advanced = taking
            .reached
            .into_iter()
            .map(|(id, reached)| (id, reached.head))
            .collect();
        Ok(taking.taken)
    }

    /// Takes runs as they come out of the check. What was taken is written when it is enough, and also when there is
    /// nothing to take just now: while one core writes and judges, the others check.
    fn take_all(&mut self, taking: &mut Taking, checked: &Receiver<Ahead>) -> Result<(), EngineError> {
        loop {
            let ahead = match checked.try_recv() {
                Ok(ahead) => Some(ahead),
                Err(TryRecvError::Disconnected) => None,
                Err(TryRecvError::Empty) => {
                    if taking.entries >= WRITE_ENTRIES_MIN {
                        self.write_taken(taking)?;
                    }
                    checked.recv().ok()
                }
            };
            let Some(ahead) = ahead else { return Ok(()) };
            self.take(taking, ahead)?;
        }
    }

    /// What checking runs needs to know.
    fn checker(&self, runs: &[Run]) -> Checker {
        let network = self.derived.network;
        let mut checker = Checker {
            network,
            heads: BTreeMap::new(),
            unknown: Vec::new(),
            statements: false,
            known: self.derived.runs.known.clone(),
            tally: self.derived.tally.clone(),
        };
        for run in runs {
            let id = run.feed.id(network);
            let line = self.derived.feeds.get(&id);
            checker
                .heads
                .insert(id, line.map_or_else(|| Head::empty(id), |line| line.head));
            if !self.authority().knows_node(&run.feed.node) {
                checker.unknown.push(run.feed.node);
            }
        }
        checker
    }

    /// Takes one checked run; what is enough is written.
    fn take(&mut self, taking: &mut Taking, ahead: Ahead) -> Result<(), EngineError> {
        let Ahead {
            at,
            id,
            node,
            head,
            outcome,
        } = ahead;
        let mut admitted = self.admit(&taking.reached, id, &node);
        if admitted == Err(RunFault::NotAdmitted) && taking.checked.iter().any(has_statements) {
            // What admits the node may have come just before.
            self.write_taken(taking)?;
            admitted = self.admit(&taking.reached, id, &node);
        }
        let one = admitted.and_then(|held| {
            let held = held.unwrap_or_else(|| Head::empty(id));
            if held == head {
                return outcome;
            }
            // It was checked behind a run that was not taken.
            Err(RunFault::Bad(RunError::Gap {
                found: head.seq.next().0,
                known: held.seq.0,
            }))
        });
        match one {
            Ok(one) => {
                let opened = &one.opened;
                taking.reached.insert(
                    id,
                    Reached {
                        node,
                        head: opened.end(),
                        closed: opened.is_closing(),
                    },
                );
                taking.taken.entries += opened.entries_held();
                taking.entries += opened.entries_held();
                taking.bytes += one.bytes.len();
                taking.checked.push(one);
                if taking.bytes >= APPEND_BYTES || taking.entries >= WRITE_ENTRIES_MAX {
                    self.write_taken(taking)?;
                }
            }
            Err(fault) => taking.taken.faults.push((at, id, fault)),
        }
        Ok(())
    }

    fn write_taken(&mut self, taking: &mut Taking) -> Result<(), EngineError> {
        taking.bytes = 0;
        taking.entries = 0;
        self.write(std::mem::take(&mut taking.checked))
    }

    /// Whether runs of this feed are taken in at all, and how far the feed goes until now.
    fn admit(
        &self,
        reached: &BTreeMap<FeedId, Reached>,
        id: FeedId,
        node: &NodeKey,
    ) -> Result<Option<Head>, RunFault> {
        let line = self.derived.feeds.get(&id);
        let held = line.map(|line| (line.head, line.closed));
        let held = reached
            .get(&id)
            .map(|reached| (reached.head, reached.closed))
            .or(held);
        if held.is_some_and(|(_, closed)| closed) {
            return Err(RunFault::Closed);
        }
        if self.is_past_fork(&id, held.map_or(Seq(0), |(head, _)| head.seq).next()) {
            return Err(RunFault::Forked);
        }
        if !self.authority().knows_node(node) {
            return Err(RunFault::NotAdmitted);
        }
        if held.is_none() {
            let begun = reached
                .iter()
                .filter(|(id, reached)| reached.node == *node && !self.derived.feeds.contains_key(*id))
                .count();
            if self.derived.feeds_of(node) + begun >= FEEDS_PER_NODE_MAX {
                return Err(RunFault::TooManyFeeds);
            }
        }
        Ok(held.map(|(head, _)| head))
    }
}

/// Checks runs one after the other, each behind those of its feed before it, without knowing what becomes of these.
struct Checker {
    network: NetworkId,
    /// Where each feed ends with the runs checked so far.
    heads: BTreeMap<FeedId, Head>,
    /// Nodes that nothing admitted when the call began.
    unknown: Vec<NodeKey>,
    /// Whether a run so far carries statements, which may admit a node.
    statements: bool,
    known: Known,
    tally: Tally,
}

impl Checker {
    fn check_all(mut self, runs: Vec<Run>) -> impl Iterator<Item = Ahead> {
        runs.into_iter()
            .enumerate()
            .map(move |(at, run)| self.check(at, run))
    }

    fn send_all(self, runs: Vec<Run>, checked: &SyncSender<Ahead>) {
        for ahead in self.check_all(runs) {
            if checked.send(ahead).is_err() {
                return;
            }
        }
    }

    fn check(&mut self, at: usize, run: Run) -> Ahead {
        let (id, node) = (run.feed.id(self.network), run.feed.node);
        let head = self.heads.get(&id).copied().unwrap_or_else(|| Head::empty(id));
        let admissible = self.statements || !self.unknown.contains(&node);
        self.statements |= run
            .entries
            .iter()
            .any(|entry| entry.header.kind == BodyKind::Statement);
        let outcome = if admissible {
            self.open(run, &head)
        } else {
            // A stranger costs no signature check.
            Err(RunFault::NotAdmitted)
        };
        if let Ok(checked) = &outcome {
            self.heads.insert(id, checked.opened.end());
        }
        Ahead {
            at,
            id,
            node,
            head,
            outcome,
        }
    }

    fn open(&self, run: Run, head: &Head) -> Result<CheckedRun, RunFault> {
        let run = without_known(self.network, run, head)?;
        let bytes = run.encode();
        Ok(CheckedRun {
            opened: open_checked(self.network, run, head, &self.known, &self.tally)?,
            bytes,
        })
    }
}

fn has_statements(run: &CheckedRun) -> bool {
    run.opened
        .bodies
        .iter()
        .any(|body| matches!(body, Body::Statement(_)))
}

/// Checks a run and every signature in it.
pub(crate) fn open_checked(
    network: NetworkId,
    run: Run,
    head: &Head,
    known: &Known,
    tally: &Tally,
) -> Result<OpenedRun, RunError> {
    let verified = tally.time(Stage::Hash, || run.verify(network, head))?;
    let (bodies, defect) = open_bodies(network, &verified, known, tally);
    Ok(OpenedRun::new(
        verified,
        bodies,
        defect.map(|defect| named(&defect)),
    ))
}

/// Drops the entries that are held already, so that two peers may answer with overlapping runs.
fn without_known(network: NetworkId, mut run: Run, head: &Head) -> Result<Run, RunFault> {
    if let Some(known) = run.entries.iter().position(|entry| entry.header.seq > head.seq) {
        run.entries.drain(..known);
        return Ok(run);
    }
    let (Some(first), Some(last)) = (run.entries.first(), run.entries.last()) else {
        return Err(RunError::Length(0).into());
    };
    if last.header.seq < head.seq || last.header.hash() == head.hash {
        return Err(RunFault::Known);
    }
    // It ends where the feed is known to end, at another entry: two histories, if the node signed this one.
    let before = Seq(first.header.seq.0.saturating_sub(1));
    let alone = Head {
        seq: before,
        hash: first.header.prev,
        time: Time(0),
    };
    run.verify(network, &alone)?;
    Err(RunError::Fork(before.0).into())
}

/// Opens the bodies, on all cores, up to the first that ends the feed.
fn open_bodies(
    network: NetworkId,
    run: &VerifiedRun,
    known: &Known,
    tally: &Tally,
) -> (Vec<Body>, Option<Defect>) {
    let scope = &run.feed().scope;
    let read = on_all_cores(run.entries().iter().collect(), |entry: &Entry| {
        match known.find(network, entry, scope) {
            Some(body) => Ok(Read::Known(body)),
            None => {
                let signed = tally.time(Stage::Decode, || entry.decode_body(scope));
                signed.map(|signed| Read::Signed(entry, Box::new(signed)))
            }
        }
    });
    // The entries of a feed are acts of few officials.
    let authors = read.iter().flatten().filter_map(Read::author);
    let keys = tally.time(Stage::Signature, || OpenKeys::of(authors));
    let opened = on_all_cores(read, |read| match read? {
        Read::Known(body) => Ok(body),
        Read::Signed(entry, signed) => {
            let body = tally.time(Stage::Signature, || signed.verify(network, &keys))?;
            known.remember(network, entry, &body);
            Ok(body)
        }
    });
    let mut bodies = Vec::with_capacity(opened.len());
    for body in opened {
        match body {
            Ok(body) => bodies.push(body),
            Err(defect) => return (bodies, Some(defect)),
        }
    }
    (bodies, None)
}

/// A body on its way to being opened.
enum Read<'e> {
    /// It was opened before.
    Known(Body),
    /// Its signatures are to be checked.
    Signed(&'e Entry, Box<SignedBody>),
}

impl Read<'_> {
    /// Whose key is needed.
    fn author(&self) -> Option<PublicKey> {
        match self {
            Self::Known(_) => None,
            Self::Signed(_, signed) => signed.author(),
        }
    }
}

/// Does something with each item; with a few of them here, since it costs more to wake other cores.
fn on_all_cores<T: Send, U: Send>(items: Vec<T>, work: impl Fn(T) -> U + Send + Sync) -> Vec<U> {
    if items.len() < SHARED_ENTRIES_MIN {
        items.into_iter().map(work).collect()
    } else {
        items.into_par_iter().map(work).collect()
    }
}
