//! Feeds: one node's append-only sequence of entries for one scope, and the signed tips that cover them.

use std::fmt;

use crate::cbor::{CborError, Reader, Writer};
use crate::ids::{EntryHash, FeedId, NetworkId, NodeKey, hash};
use crate::key::{KeyError, SecretKey, Signature};
use crate::scope::Scope;
use crate::signed::message;
use crate::time::Time;

/// The domain that tips are signed in.
pub const TIP_DOMAIN: &str = "soxa/tip/1";

/// An entry's number in its feed, from 1; 0 is the empty feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The next number.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of a node's store: random, drawn when the store is made, restored or cloned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub [u8; 16]);

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incarnation({})", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// What a feed is: whose, of which life, for whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feed {
    /// The node that appends to it.
    pub node: NodeKey,
    /// The life of that node's store.
    pub incarnation: Incarnation,
    /// Who may read it.
    pub scope: Scope,
    /// The feed of an earlier life that this one continues.
    pub follows: Option<FeedId>,
}

impl Feed {
    /// The feed's id in a network.
    #[must_use]
    pub fn id(&self, network: NetworkId) -> FeedId {
        let mut w = Writer::new();
        self.write(&mut w);
        FeedId(hash("soxa/feed/1", &[&network.0, &w.into_bytes()]))
    }

    /// Writes the feed as an array of node key, incarnation, scope and the feed it follows or null.
    pub fn write(&self, w: &mut Writer) {
        w.array(4).bytes(&self.node.0).bytes(&self.incarnation.0);
        self.scope.write(w);
        w.option(self.follows, |w, feed| {
            w.bytes(&feed.0);
        });
    }

    /// Reads a feed.
    ///
    /// # Errors
    /// When the form is wrong.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("feed", 4)?;
        Ok(Self {
            node: NodeKey(r.fixed("feed node")?),
            incarnation: Incarnation(r.fixed("incarnation")?),
            scope: Scope::read(r)?,
            follows: r.option("followed feed", |r| r.fixed("followed feed").map(FeedId))?,
        })
    }
}

/// How far a feed is known: its newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The newest entry's number.
    pub seq: Seq,
    /// Its hash.
    pub hash: EntryHash,
    /// Its node time; later entries are not earlier.
    pub time: Time,
}

impl Head {
    /// The head of a feed without entries: the feed's id stands where the first entry's predecessor would.
    #[must_use]
    pub fn empty(feed: FeedId) -> Self {
        Self {
            seq: Seq(0),
            hash: EntryHash(feed.0),
            time: Time(0),
        }
    }
}

/// A feed's newest entry as its node signed it; covers all entries before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tip {
    /// The feed.
    pub feed: FeedId,
    /// The entry's number.
    pub seq: Seq,
    /// The entry's hash.
    pub hash: EntryHash,
}

impl Tip {
    fn message(&self, network: NetworkId) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(3)
            .bytes(&self.feed.0)
            .uint(self.seq.0)
            .bytes(&self.hash.0);
        message(TIP_DOMAIN, network, &w.into_bytes())
    }

    /// Signs the tip as its node.
    #[must_use]
    pub fn sign(&self, network: NetworkId, key: &SecretKey) -> Signature {
        key.sign(&self.message(network))
    }

    /// Checks the node's signature.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn verify(&self, network: NetworkId, node: NodeKey, signature: &Signature) -> Result<(), KeyError> {
        node.public().verify(&self.message(network), signature)
    }
}
