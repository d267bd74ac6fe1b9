//! Evidence from a checkpoint: that the entries of all commits stood in what a node held, and that others co-signed so.
//!
//! It says in two steps that a chain's tip was held: the tip is in a snapshot, the snapshot is in the log whose checkpoint
//! the file holds. Statements need no such step: a commit names its author's appointment by hash, and that its
//! issuer's, so they are older than the commit.

use std::collections::BTreeSet;

use crate::authority::Authority;
use crate::checkpoint::{Checkpoint, ScopeName, SignedCheckpoint};
use crate::ids::{NetworkId, NodeKey};
use crate::merkle::{NotShown, TreeHash, check_inclusion};
use crate::snapshot::{HeldTip, Snapshot};
use crate::time::Time;

use super::{Chain, Fault, Part, Proof, ProofError};

/// That a chain's last entry was a tip in a snapshot, and the snapshot in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Whether the feed ended there for every node.
    pub closed: bool,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Which of its feeds it is, from 0.
    pub feed: u64,
    /// The inclusion proof of the tip in the snapshot.
    pub in_snapshot: Vec<TreeHash>,
    /// Which snapshot of the log it is, from 0.
    pub number: u64,
    /// The inclusion proof of the snapshot in the checkpoint.
    pub in_log: Vec<TreeHash>,
}

/// That others co-signed what a node held, and the entries of all commits with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The checkpoint, co-signed by admitted nodes.
    pub note: SignedCheckpoint,
    /// When its node held all of them, by its own clock.
    pub held: Time,
}

impl Held {
    fn check(&self, tip: HeldTip, checkpoint: &Checkpoint) -> Result<(), NotShown> {
        let (feeds, tips) = (self.snapshot.feeds, self.snapshot.tips);
        check_inclusion(&self.in_snapshot, tip.leaf(), self.feed, feeds, tips)?;
        check_inclusion(
            &self.in_log,
            self.snapshot.leaf(),
            self.number,
            checkpoint.size,
            checkpoint.root,
        )
    }
}

impl Chain {
    /// Its last entry as the tip of a feed; none when the chain is empty.
    #[must_use]
    pub fn held_tip(&self, closed: bool) -> Option<HeldTip> {
        self.headers.last().map(|last| HeldTip {
            feed: last.feed,
            seq: last.seq,
            hash: last.hash(),
            closed,
        })
    }
}

/// Checks the checkpoint, and that exactly the chains with commits (their numbers count from 1) were held.
pub(super) fn check(
    network: NetworkId,
    proof: &Proof,
    with_commits: &BTreeSet<usize>,
) -> Result<Option<Cosigned>, ProofError> {
    let note = match &proof.checkpoint {
        Some(bytes) => Some(read(network, bytes).map_err(|fault| Part::Checkpoint.is(fault))?),
        None => None,
    };
    let mut newest = Time(0);
    for (number, chain) in (1..).zip(&proof.chains) {
        let wrong = |fault| Err(Part::Chain(number).is(fault));
        match (&note, &chain.held, with_commits.contains(&number)) {
            (Some(note), Some(held), true) => {
                let tip = chain.held_tip(held.closed);
                if tip.is_none_or(|tip| held.check(tip, note.checkpoint()).is_err()) {
                    return wrong(Fault::NotHeld);
                }
                newest = newest.max(held.snapshot.time);
            }
            (Some(_), None, true) => return wrong(Fault::NotHeld),
            (_, Some(_), _) => return wrong(Fault::Unneeded),
            (_, None, _) => {}
        }
    }
    Ok(note.map(|note| Cosigned { note, held: newest }))
}

fn read(network: NetworkId, bytes: &[u8]) -> Result<SignedCheckpoint, Fault> {
    let note = SignedCheckpoint::read(bytes)?;
    if note.to_string().as_bytes() != bytes {
        return Err(Fault::NotCanonical);
    }
    let log = note.checkpoint().log;
    if log.network != network || log.scope != ScopeName::AllNodes {
        return Err(Fault::Form("a checkpoint of something else".to_owned()));
    }
    if note.cosignatures().is_empty() {
        return Err(Fault::Form("a checkpoint that nobody co-signed".to_owned()));
    }
    Ok(note)
}

impl Cosigned {
    /// The nodes that speak in it: the log's own, and those that co-signed.
    pub fn nodes(&self) -> impl Iterator<Item = NodeKey> {
        let own = self.note.checkpoint().log.node;
        self.note.cosignatures().keys().copied().chain([own])
    }

    /// Each of these nodes is admitted by the statements of the file.
    pub(super) fn expect_admitted(&self, authority: &Authority) -> Result<(), ProofError> {
        let stranger = self.nodes().find(|node| authority.unit_of_node(node).is_none());
        stranger.map_or(Ok(()), |node| Err(Part::Checkpoint.is(Fault::NotAdmitted(node))))
    }
}
