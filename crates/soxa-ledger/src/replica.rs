//! What a node holds, as replication sees it: one line for each feed, and runs of entries.

use crate::feed::{Feed, Head, Seq};
use crate::fork::ForkProof;
use crate::ids::{EntryHash, FeedId, NetworkId, NodeKey, RecordId};
use crate::run::Run;
use crate::signed::Verified;

/// How far one feed is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLine {
    /// The feed's id.
    pub id: FeedId,
    /// The feed.
    pub feed: Feed,
    /// Its newest entry held; of a feed known to be forked, the newest before the fork: whatever a node holds of the
    /// branches, its line is that of every other node that knows of the fork.
    pub head: Head,
    /// Whether the feed ended there for every node, at a malformed or forged body. Nothing more is asked for.
    pub closed: bool,
    /// The entry from which on the feed is known to have two histories.
    pub forked: Option<Seq>,
    /// The entries from there on that statements name and that are held, with all below them, in order: so much of its
    /// branches every node is to hold.
    pub named: Vec<(Seq, EntryHash)>,
}

/// Why something that is held cannot be read: a local fault, never a peer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read back feed {feed:?}: {what}")]
pub struct ReplicaError {
    /// The feed.
    pub feed: FeedId,
    /// What failed.
    pub what: String,
}

/// A node's holdings.
pub trait Replica {
    /// The network they belong to.
    fn network(&self) -> NetworkId;

    /// The node's own key.
    fn own_node(&self) -> NodeKey;

    /// The unit that an admitted node serves; none for a node that is not admitted or no longer.
    fn unit_of(&self, node: &NodeKey) -> Option<RecordId>;

    /// Whether feeds of the node are taken in at all: nothing else is asked for.
    fn takes_from(&self, node: &NodeKey) -> bool;

    /// How many runs have been taken in so far; of the same holdings the same after a restart. What was held when there
    /// were fewer can be found by it.
    fn runs(&self) -> u64;

    /// All feeds held, in the order of their ids.
    fn lines(&self) -> Vec<FeedLine>;

    /// One feed.
    fn line(&self, feed: &FeedId) -> Option<FeedLine>;

    /// The proof that a feed forked; none while it is not known to be.
    fn fork_of(&self, feed: &FeedId) -> Option<Verified<ForkProof>>;

    /// The entries of a feed after number `after`, up to a signed tip, with bodies of at most about `byte_limit`
    /// bytes; more only when the first signed tip lies beyond. None when nothing follows. Of a
    /// forked feed these are the entries of the branch held here.
    ///
    /// # Errors
    /// When the store does not give back what it holds.
    fn run_after(&self, feed: &FeedId, after: Seq, byte_limit: usize) -> Result<Option<Run>, ReplicaError>;

    /// What to ask for next so that an entry of a forked feed is held with all below it: that entry, or the one at which
    /// what is held below it ends. None when no statement known here names it, when it is held, or when what comes
    /// before the fork is to be fetched first.
    ///
    /// # Errors
    /// When the store does not give back what it holds.
    fn lacking(
        &self,
        feed: &FeedId,
        named: (Seq, EntryHash),
    ) -> Result<Option<(Seq, EntryHash)>, ReplicaError>;

    /// Entries of a branch of a forked feed that end with a signed tip at this entry or above it, as many below it as
    /// there is room for, and none with number `above` or a lower one. None when the entry is not held.
    ///
    /// # Errors
    /// When the store does not give back what it holds.
    fn branch(
        &self,
        feed: &FeedId,
        through: (Seq, EntryHash),
        above: Seq,
        byte_limit: usize,
    ) -> Result<Option<Run>, ReplicaError>;
}
