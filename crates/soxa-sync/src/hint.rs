//! Hints: a node's announcement that one of its feeds grew. Only feeds that all nodes read are announced.
//!
//! A hint is deterministic CBOR: `[1, feed, seq, hash, signature]`, at most [`HINT_BYTES_MAX`] bytes, with the feed
//! as the ledger writes it and the node's signature over the tip. A hint for a restricted feed cannot be made
//! and does not decode: whoever relays hints learns nothing of restricted scopes.

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::key::KeyError;
use soxa_ledger::replica::{Replica, ReplicaError};
use soxa_ledger::{EntryHash, Feed, FeedId, NetworkId, NodeKey, Seq, Signature, Tip};

use crate::limits::HINT_BYTES_MAX;
use crate::message::{Line, VERSION};

/// The announcement of a tip, not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    feed: Feed,
    seq: Seq,
    hash: EntryHash,
    signature: Signature,
}

/// A hint whose signature is that of the feed's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedHint {
    id: FeedId,
    hint: Hint,
}

impl Hint {
    /// The announcement of a feed's newest entry; none for a restricted, unknown or empty feed.
    ///
    /// # Errors
    /// When the store does not give back the newest entry.
    pub fn of(replica: &dyn Replica, feed: &FeedId) -> Result<Option<Self>, ReplicaError> {
        let Some(line) = replica.line(feed).filter(|line| line.feed.scope.is_all_nodes()) else {
            return Ok(None);
        };
        let Some(before) = line.head.seq.0.checked_sub(1) else {
            return Ok(None);
        };
        let run = replica.run_after(feed, Seq(before), 0)?;
        Ok(run.and_then(|run| {
            let newest = run.entries.last()?.header.head();
            Some(Self {
                feed: line.feed,
                seq: newest.seq,
                hash: newest.hash,
                signature: run.tip,
            })
        }))
    }

    /// The node that announces, as the hint says.
    #[must_use]
    pub fn origin(&self) -> NodeKey {
        self.feed.node
    }

    /// The feed's id in a network.
    #[must_use]
    pub fn feed_id(&self, network: NetworkId) -> FeedId {
        self.feed.id(network)
    }

    /// The announced entry's number, as the hint says.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Checks the signature of the feed's node. What cannot be verified is not to be passed on.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn verify(self, network: NetworkId) -> Result<VerifiedHint, KeyError> {
        let id = self.feed.id(network);
        let tip = Tip {
            feed: id,
            seq: self.seq,
            hash: self.hash,
        };
        tip.verify(network, self.feed.node, &self.signature)?;
        Ok(VerifiedHint { id, hint: self })
    }

    /// The hint's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(5).uint(VERSION);
        self.feed.write(&mut w);
        w.uint(self.seq.0).bytes(&self.hash.0).bytes(&self.signature.0);
        w.into_bytes()
    }

    /// Decodes what [`Hint::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed, too many, or announce a restricted feed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        if bytes.len() > HINT_BYTES_MAX {
            return Err(CborError::Limit {
                field: "hint",
                found: bytes.len() as u64,
                limit: HINT_BYTES_MAX,
            });
        }
        let mut r = Reader::new(bytes);
        r.tuple("hint", 5)?;
        r.version("hint version", VERSION)?;
        let hint = Self {
            feed: Feed::read(&mut r)?,
            seq: Seq(r.uint("seq")?),
            hash: EntryHash(r.fixed("entry hash")?),
            signature: Signature(r.fixed("tip signature")?),
        };
        if !hint.feed.scope.is_all_nodes() {
            return Err(CborError::Value {
                field: "hint",
                what: "a feed that not every node reads",
            });
        }
        expect_canonical("hint", bytes, &hint.encode())?;
        Ok(hint)
    }
}

impl VerifiedHint {
    /// The feed's id.
    #[must_use]
    pub fn feed_id(&self) -> FeedId {
        self.id
    }

    /// The announced entry's number.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.hint.seq
    }

    /// The hint as received, to be passed on.
    #[must_use]
    pub fn hint(&self) -> &Hint {
        &self.hint
    }

    pub(crate) fn line(&self) -> Line {
        let Hint { feed, seq, hash, .. } = &self.hint;
        Line {
            feed: feed.clone(),
            seq: *seq,
            hash: *hash,
            closed: false,
            forked: None,
            named: None,
        }
    }
}
