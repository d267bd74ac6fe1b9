//! Fork proofs: two histories of one feed, both signed by its node. Anybody can check one offline.
//!
//! A proof names the number of an entry in which two branches differ, and holds for each branch the headers from
//! there up to an entry that the node signed as its tip. The header at that number itself is left out when another
//! follows, since that one names its hash. Of all proofs for a feed one is kept: the lowest fork, then the smallest
//! hashes there, then the one that shows most, then the smallest bytes. So all nodes keep the same one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::entry::Header;
use crate::feed::{Feed, Seq, Tip};
use crate::ids::{EntryHash, FeedId, NetworkId};
use crate::key::{KeyError, Signature};
use crate::limits::{FORK_HEADERS_MAX, FORK_PROOF_BYTES_MAX, HEADER_BYTES_MAX};
use crate::run::Run;
use crate::signed::{Signed, Verified};

/// The version of the proof format.
pub const VERSION: u64 = 1;

/// One history: consecutive headers, and the node's signature over the last as tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The headers, at least one.
    pub headers: Vec<Header>,
    /// The node's signature over the last header as tip.
    pub tip: Signature,
}

/// Two histories of one feed that differ from some number on. The branch with the smaller hash there comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkProof {
    feed: Feed,
    seq: Seq,
    /// Each with the hashes of its entries from that number on.
    branches: [(Branch, Vec<EntryHash>); 2],
}

/// Why something is no proof of a fork.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// Malformed bytes.
    #[error("malformed fork proof: {0}")]
    Form(#[from] CborError),
    /// A branch without headers, or with more than allowed.
    #[error("a fork proof with a branch of {0} headers")]
    Length(usize),
    /// A branch whose headers do not follow one another.
    #[error("a fork proof with a broken chain at entry {0}")]
    Chain(u64),
    /// The branches do not differ in an entry of one number, or do not stand in the order of their hashes.
    #[error("a fork proof whose branches do not differ")]
    NoFork,
    /// A branch that does not start right after the entry in which the branches differ.
    #[error("a fork proof for entry {0} with a branch that starts elsewhere")]
    Start(u64),
    /// Headers of another feed than the one named.
    #[error("a fork proof with headers of another feed")]
    Feed,
    /// A tip signature that does not hold.
    #[error("a fork proof with a false tip signature: {0}")]
    Tip(#[from] KeyError),
}

impl Branch {
    /// The headers of a run with its tip.
    #[must_use]
    pub fn of_run(run: &Run) -> Self {
        Self {
            headers: run.entries.iter().map(|entry| entry.header).collect(),
            tip: run.tip,
        }
    }

    /// The hashes of the entries from `seq` on that the headers give. None when they show less or more than a proof
    /// for that number holds.
    fn hashes_from(&self, seq: Seq) -> Option<Vec<EntryHash>> {
        let first = self.headers.first()?;
        let own = self.headers.iter().map(Header::hash);
        if first.seq == seq.next() {
            Some(std::iter::once(first.prev).chain(own).collect())
        } else {
            (first.seq == seq && self.headers.len() == 1).then(|| own.collect())
        }
    }

    /// All numbers with hashes that the headers give; the first by its successor's link.
    fn shown(&self) -> impl Iterator<Item = (Seq, EntryHash)> {
        let before = self
            .headers
            .first()
            .map(|first| (Seq(first.seq.0.saturating_sub(1)), first.prev));
        before
            .into_iter()
            .chain(self.headers.iter().map(|header| (header.seq, header.hash())))
    }

    /// The first number whose header does not follow the one before it.
    pub(crate) fn broken_at(&self) -> Option<Seq> {
        let pairs = self.headers.iter().zip(self.headers.iter().skip(1));
        pairs
            .map(|(header, next)| {
                let follows =
                    next.seq == header.seq.next() && next.prev == header.hash() && next.feed == header.feed;
                (next.seq, follows)
            })
            .find_map(|(seq, follows)| (!follows).then_some(seq))
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.array(2).array(self.headers.len());
        for header in &self.headers {
            w.bytes(&header.encode());
        }
        w.bytes(&self.tip.0);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("branch", 2)?;
        Ok(Self {
            headers: r.list("branch headers", FORK_HEADERS_MAX, |r| {
                Header::decode(r.bytes("header", HEADER_BYTES_MAX)?)
            })?,
            tip: Signature(r.fixed("tip signature")?),
        })
    }

    /// Leaves out what a proof for `seq` does not hold.
    fn trim(&mut self, seq: Seq) {
        let keep_from = if self.headers.last().is_some_and(|last| last.seq > seq) {
            seq.next()
        } else {
            seq
        };
        self.headers.retain(|header| header.seq >= keep_from);
    }
}

impl ForkProof {
    /// The proof that two chains of headers of one feed give, each ending at a signed tip. What they have in
    /// common is left out.
    ///
    /// # Errors
    /// When they do not overlap or do not differ, or a chain is broken or too long.
    pub fn between(feed: Feed, mut one: Branch, mut other: Branch) -> Result<Self, ForkError> {
        let seen: BTreeMap<Seq, EntryHash> = one.shown().collect();
        let differs = |(seq, hash): &(Seq, EntryHash)| seen.get(seq).is_some_and(|known| known != hash);
        let (seq, other_hash) = other.shown().find(differs).ok_or(ForkError::NoFork)?;
        let one_hash = seen.get(&seq).copied();
        one.trim(seq);
        other.trim(seq);
        if one_hash > Some(other_hash) {
            std::mem::swap(&mut one, &mut other);
        }
        Self::of(feed, seq, one, other)
    }

    fn of(feed: Feed, seq: Seq, one: Branch, other: Branch) -> Result<Self, ForkError> {
        let one_hashes = chain(&one, seq)?;
        let other_hashes = chain(&other, seq)?;
        if one_hashes.first() >= other_hashes.first() {
            return Err(ForkError::NoFork);
        }
        Ok(Self {
            feed,
            seq,
            branches: [(one, one_hashes), (other, other_hashes)],
        })
    }

    /// The feed.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The number of the entry in which the branches differ.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The branches.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.branches.iter().map(|(branch, _)| branch)
    }

    /// The proof's bytes: an array of version, feed, number, and two branches.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(5).uint(VERSION);
        self.feed.write(&mut w);
        w.uint(self.seq.0);
        for (branch, _) in &self.branches {
            branch.write(&mut w);
        }
        w.into_bytes()
    }

    /// What decides which of several proofs for a feed is kept: the smallest.
    fn preference(&self) -> (Seq, Option<EntryHash>, Option<EntryHash>, Reverse<usize>) {
        let [(_, one), (_, other)] = &self.branches;
        (
            self.seq,
            one.first().copied(),
            other.first().copied(),
            Reverse(one.len() + other.len()),
        )
    }
}

/// Checks that headers follow one another; gives the hashes from `seq` on.
fn chain(branch: &Branch, seq: Seq) -> Result<Vec<EntryHash>, ForkError> {
    let count = branch.headers.len();
    if count == 0 || count > FORK_HEADERS_MAX {
        return Err(ForkError::Length(count));
    }
    if let Some(broken) = branch.broken_at() {
        return Err(ForkError::Chain(broken.0));
    }
    branch.hashes_from(seq).ok_or(ForkError::Start(seq.0))
}

impl Signed<ForkProof> {
    /// Decodes a proof.
    ///
    /// # Errors
    /// When the bytes are malformed or the branches are no fork.
    pub fn decode(bytes: &[u8]) -> Result<Self, ForkError> {
        if bytes.len() > FORK_PROOF_BYTES_MAX {
            let found = bytes.len() as u64;
            return Err(CborError::Limit {
                field: "fork proof",
                found,
                limit: FORK_PROOF_BYTES_MAX,
            }
            .into());
        }
        let mut r = Reader::new(bytes);
        r.tuple("fork proof", 5)?;
        r.version("fork proof version", VERSION)?;
        let feed = Feed::read(&mut r)?;
        let seq = Seq(r.uint("fork seq")?);
        let proof = ForkProof::of(feed, seq, Branch::read(&mut r)?, Branch::read(&mut r)?)?;
        expect_canonical("fork proof", bytes, &proof.encode())?;
        Ok(Self::new(proof, bytes))
    }

    /// Checks that both histories belong to the feed named and are signed by its node.
    ///
    /// # Errors
    /// When a header is another feed's or a tip signature does not hold.
    pub fn verify(self, network: NetworkId) -> Result<Verified<ForkProof>, ForkError> {
        let proof = self.unchecked();
        let feed = proof.feed.id(network);
        for (branch, hashes) in &proof.branches {
            let (Some(last), Some(hash)) = (branch.headers.last(), hashes.last()) else {
                return Err(ForkError::Length(0));
            };
            if last.feed != feed {
                return Err(ForkError::Feed);
            }
            Tip {
                feed,
                seq: last.seq,
                hash: *hash,
            }
            .verify(network, proof.feed.node, &branch.tip)?;
        }
        Ok(self.into_verified())
    }
}

impl Verified<ForkProof> {
    /// The feed that forked.
    #[must_use]
    pub fn feed_id(&self) -> FeedId {
        let [(branch, _), _] = &self.branches;
        // Decoding refuses a branch without headers.
        branch
            .headers
            .first()
            .map_or(FeedId([0; 32]), |header| header.feed)
    }

    /// Whether this proof is kept rather than another for the same feed. Every node decides alike.
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        (self.preference(), self.bytes()) < (other.preference(), other.bytes())
    }
}
