//! What peers send: runs are checked whole, then made durable with one sync, then indexed and judged together.

use std::collections::BTreeMap;

use rayon::prelude::*;
use soxa_ledger::entry::Defect;
use soxa_ledger::run::{RunError, VerifiedRun};
use soxa_ledger::{Body, FeedId, Head, NetworkId, NodeKey, Run, Seq, Time};
use soxa_store::RecordKind;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{APPEND_BYTES, FEEDS_PER_NODE_MAX};
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

impl Engine {
    /// Takes in runs that a peer sent. What is bad in them is told in the result; when this returns, what was taken in
    /// is durable. A run may rest on one before it in the call: continue its feed, or need an admission in it.
    ///
    /// # Errors
    /// Local faults only. After [`EngineError::Store`] what came before the fault is taken in and the engine goes on;
    /// after another it must be opened again.
    pub fn take_in(&mut self, runs: Vec<Run>) -> Result<TakenIn, EngineError> {
        self.expect_running()?;
        let mut taken = TakenIn::default();
        let mut reached: BTreeMap<FeedId, Reached> = BTreeMap::new();
        let mut checked: Vec<CheckedRun> = Vec::new();
        let mut bytes = 0;
        for (at, run) in runs.into_iter().enumerate() {
            let id = run.feed.id(self.derived.network);
            let mut outcome = self.check_run(&reached, id, &run);
            if outcome == Err(RunFault::NotAdmitted) && checked.iter().any(has_statements) {
                // What admits the node may have come just before.
                self.write(std::mem::take(&mut checked))?;
                bytes = 0;
                outcome = self.check_run(&reached, id, &run);
            }
            let one = outcome.and_then(|held| {
                let head = held.unwrap_or_else(|| Head::empty(id));
                let run = without_known(self.derived.network, run, &head)?;
                let bytes = run.encode();
                Ok(CheckedRun {
                    opened: open_checked(self.derived.network, run, &head, &self.derived.tally)?,
                    bytes,
                })
            });
            match one {
                Ok(one) => {
                    let opened = &one.opened;
                    let (head, closed) = (opened.end(), opened.is_closing());
                    reached.insert(
                        id,
                        Reached {
                            node: opened.feed.node,
                            head,
                            closed,
                        },
                    );
                    taken.entries += opened.entries_held();
                    bytes += one.bytes.len();
                    checked.push(one);
                    if bytes >= APPEND_BYTES {
                        self.write(std::mem::take(&mut checked))?;
                        bytes = 0;
                    }
                }
                Err(fault) => taken.faults.push((at, id, fault)),
            }
        }
        self.write(checked)?;
        taken.advanced = reached
            .into_iter()
            .map(|(id, reached)| (id, reached.head))
            .collect();
        Ok(taken)
    }

    /// Whether runs of this feed are taken in at all, and how far the feed goes until now.
    fn check_run(
        &self,
        reached: &BTreeMap<FeedId, Reached>,
        id: FeedId,
        run: &Run,
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
        let node = &run.feed.node;
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
    tally: &Tally,
) -> Result<OpenedRun, RunError> {
    let verified = tally.time(Stage::Hash, || run.verify(network, head))?;
    let (bodies, defect) = open_bodies(network, &verified, tally);
    Ok(OpenedRun::new(
        &verified,
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
fn open_bodies(network: NetworkId, run: &VerifiedRun, tally: &Tally) -> (Vec<Body>, Option<Defect>) {
    let scope = &run.feed().scope;
    let opened: Vec<Result<Body, Defect>> = run
        .entries()
        .par_iter()
        .map(|entry| {
            let signed = tally.time(Stage::Decode, || entry.decode_body(scope))?;
            tally.time(Stage::Signature, || signed.verify(network))
        })
        .collect();
    let mut bodies = Vec::with_capacity(opened.len());
    for body in opened {
        match body {
            Ok(body) => bodies.push(body),
            Err(defect) => return (bodies, Some(defect)),
        }
    }
    (bodies, None)
}
