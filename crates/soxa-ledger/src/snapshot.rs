//! Snapshots: all tips that a node held of a scope at a moment, as one hash.
//!
//! The log of them that a node publishes is in [`crate::checkpoint`].

use crate::cbor::Writer;
use crate::feed::Seq;
use crate::ids::{EntryHash, FeedId};
use crate::merkle::{TreeHash, leaf, root};
use crate::replica::FeedLine;
use crate::time::Time;

const VERSION: u64 = 1;

/// Where a feed ended for a node, as a snapshot has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldTip {
    /// The feed.
    pub feed: FeedId,
    /// Its newest entry held.
    pub seq: Seq,
    /// That entry's hash.
    pub hash: EntryHash,
    /// Whether the feed ended there for every node.
    pub closed: bool,
}

/// All tips that a node held of a scope at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// The moment, by the node's clock.
    pub time: Time,
    /// Feeds held.
    pub feeds: u64,
    /// The root over their tips, in the order of the feeds' ids.
    pub tips: TreeHash,
}

/// What a node remembers of a snapshot of its own: enough to make it again from what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSnapshot {
    /// The moment.
    pub time: Time,
    /// How many runs the node held then: [`crate::replica::Replica::runs`].
    pub runs: u64,
    /// Its leaf in the log.
    pub leaf: TreeHash,
}

impl HeldTip {
    /// Its leaf in a snapshot.
    #[must_use]
    pub fn leaf(&self) -> TreeHash {
        let mut w = Writer::new();
        w.array(5)
            .uint(VERSION)
            .bytes(&self.feed.0)
            .uint(self.seq.0)
            .bytes(&self.hash.0)
            .bool(self.closed);
        leaf(&w.into_bytes())
    }
}

impl From<&FeedLine> for HeldTip {
    fn from(line: &FeedLine) -> Self {
        Self {
            feed: line.id,
            seq: line.head.seq,
            hash: line.head.hash,
            closed: line.closed,
        }
    }
}

impl Snapshot {
    /// What is held at a moment, in the order of the feeds' ids.
    #[must_use]
    pub fn of(time: Time, tips: &[HeldTip]) -> Self {
        let leaves: Vec<TreeHash> = tips.iter().map(HeldTip::leaf).collect();
        Self {
            time,
            feeds: tips.len() as u64,
            tips: root(&leaves),
        }
    }

    /// Its leaf in a log.
    #[must_use]
    pub fn leaf(&self) -> TreeHash {
        let mut w = Writer::new();
        w.array(4)
            .uint(VERSION)
            .uint(self.time.0)
            .uint(self.feeds)
            .bytes(&self.tips.0);
        leaf(&w.into_bytes())
    }
}
