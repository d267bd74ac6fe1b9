//! What peers send: runs are checked whole, then made durable with one sync, then indexed and judged together.

use rayon::prelude::*;
use soxa_ledger::entry::Defect;
use soxa_ledger::run::{RunError, VerifiedRun};
use soxa_ledger::{Body, FeedId, Head, NetworkId, Run};

use crate::derived::{Derived, OpenedRun, named};
use crate::limits::FEEDS_PER_NODE_MAX;

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

/// Checks a run as the continuation of what is held, `head` being where the feed ends here or in this intake.
pub(crate) fn check(derived: &Derived, head: Option<Head>, run: Run) -> Result<CheckedRun, RunFault> {
    let network = derived.network;
    let id = run.feed.id(network);
    if derived.feeds.get(&id).is_some_and(|line| line.closed) {
        return Err(RunFault::Closed);
    }
    if !derived.authority.knows_node(&run.feed.node) {
        return Err(RunFault::NotAdmitted);
    }
    if head.is_none() && derived.feeds_of(&run.feed.node) >= FEEDS_PER_NODE_MAX {
        return Err(RunFault::TooManyFeeds);
    }
    let head = head.unwrap_or_else(|| Head::empty(id));
    let run = without_known(run, &head)?;
    let bytes = run.encode();
    Ok(CheckedRun { opened: open_checked(network, run, &head)?, bytes })
}

/// Checks a run and every signature in it.
pub(crate) fn open_checked(network: NetworkId, run: Run, head: &Head) -> Result<OpenedRun, RunError> {
    let verified = run.verify(network, head)?;
    let (bodies, defect) = open_bodies(network, &verified);
    Ok(OpenedRun::new(&verified, bodies, defect.map(|defect| named(&defect))))
}

/// Drops the entries that are held already, so that two peers may answer with overlapping runs.
fn without_known(mut run: Run, head: &Head) -> Result<Run, RunFault> {
    let known = run.entries.iter().position(|entry| entry.header.seq > head.seq);
    match known {
        None if run.entries.is_empty() => Err(RunError::Length(0).into()),
        None => Err(RunFault::Known),
        Some(known) => {
            run.entries.drain(..known);
            Ok(run)
        }
    }
}

/// Opens the bodies, on all cores, up to the first that ends the feed.
fn open_bodies(network: NetworkId, run: &VerifiedRun) -> (Vec<Body>, Option<Defect>) {
    let scope = &run.feed().scope;
    let opened: Vec<Result<Body, Defect>> =
        run.entries().par_iter().map(|entry| entry.open(network, scope)).collect();
    let mut bodies = Vec::with_capacity(opened.len());
    for body in opened {
        match body {
            Ok(body) => bodies.push(body),
            Err(defect) => return (bodies, Some(defect)),
        }
    }
    (bodies, None)
}
