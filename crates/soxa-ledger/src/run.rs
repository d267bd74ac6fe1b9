//! Runs: consecutive entries of one feed up to a signed tip. The unit that nodes exchange and check: a node never
//! holds an entry that no tip signature covers.

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::entry::Entry;
use crate::feed::{Feed, Head, Tip};
use crate::ids::{FeedId, NetworkId, sha256};
use crate::key::{KeyError, Signature};
use crate::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX};

/// Consecutive entries and the node's signature over the tip that the last of them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The feed that the entries belong to.
    pub feed: Feed,
    /// The entries, at least one.
    pub entries: Vec<Entry>,
    /// The node's signature over the last entry as tip.
    pub tip: Signature,
}

/// Why a run does not continue a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Malformed bytes.
    #[error("malformed run: {0}")]
    Form(#[from] CborError),
    /// No entry, or more than a run may hold.
    #[error("a run of {0} entries")]
    Length(usize),
    /// Entries of another feed than the run's.
    #[error("an entry of another feed")]
    Feed,
    /// The run starts elsewhere than where the feed is known to end: not an offence, another run came first.
    #[error("the run starts at {found}, the feed is known up to {known}")]
    Gap {
        /// The first entry's number.
        found: u64,
        /// The known head's number.
        known: u64,
    },
    /// The first entry names another predecessor than the known head: two histories of one feed.
    #[error("the feed forks after entry {0}")]
    Fork(u64),
    /// The chain inside the run is broken, or time runs backwards in it.
    #[error("the chain is broken at entry {0}")]
    Chain(u64),
    /// A body that is not the one its header covers.
    #[error("the body of entry {0} is not the one its header covers")]
    Body(u64),
    /// The tip signature does not hold.
    #[error("false tip signature: {0}")]
    Tip(#[from] KeyError),
}

/// A run that continues a known head, under a tip signature that holds. Its bodies fit their headers; what the
/// bodies say is checked by [`Entry::open`].
#[derive(Debug, Clone)]
pub struct VerifiedRun {
    feed_id: FeedId,
    head: Head,
    run: Run,
}

impl Run {
    /// Checks the run as the continuation of `head`.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn verify(self, network: NetworkId, head: &Head) -> Result<VerifiedRun, RunError> {
        let feed_id = self.feed.id(network);
        if self.entries.is_empty() || self.entries.len() > RUN_ENTRIES_MAX {
            return Err(RunError::Length(self.entries.len()));
        }
        let first = &self.entries[0].header;
        if first.seq != head.seq.next() {
            return Err(RunError::Gap {
                found: first.seq.0,
                known: head.seq.0,
            });
        }
        // The tip is checked first: without the node's signature nothing below proves anything against it.
        let chain = self.chain_end(feed_id, first.prev, head)?;
        let tip = Tip {
            feed: feed_id,
            seq: chain.seq,
            hash: chain.hash,
        };
        tip.verify(network, self.feed.node, &self.tip)?;
        if first.prev != head.hash {
            return Err(RunError::Fork(head.seq.0));
        }
        Ok(VerifiedRun {
            feed_id,
            head: chain,
            run: self,
        })
    }

    fn chain_end(&self, feed: FeedId, prev: crate::EntryHash, head: &Head) -> Result<Head, RunError> {
        let mut at = Head {
            seq: head.seq,
            hash: prev,
            time: head.time,
        };
        for entry in &self.entries {
            let header = &entry.header;
            if header.feed != feed {
                return Err(RunError::Feed);
            }
            if header.seq != at.seq.next() || header.prev != at.hash || header.node_time < at.time {
                return Err(RunError::Chain(header.seq.0));
            }
            if entry.body.len() != header.body_len as usize || sha256(&entry.body) != header.body_hash {
                return Err(RunError::Body(header.seq.0));
            }
            at = header.head();
        }
        Ok(at)
    }

    /// Writes the run as an array of feed, entries and tip signature.
    pub fn write(&self, w: &mut Writer) {
        w.array(3);
        self.feed.write(w);
        w.array(self.entries.len());
        for entry in &self.entries {
            entry.write(w);
        }
        w.bytes(&self.tip.0);
    }

    /// Reads a run.
    ///
    /// # Errors
    /// When the form is wrong or it holds more than a run may.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("run", 3)?;
        let feed = Feed::read(r)?;
        let mut bytes = 0;
        let entries = r.list("entries", RUN_ENTRIES_MAX, |r| {
            let entry = Entry::read(r)?;
            bytes += entry.body.len();
            if bytes > RUN_BYTES_MAX {
                return Err(CborError::Limit {
                    field: "run",
                    found: bytes as u64,
                    limit: RUN_BYTES_MAX,
                });
            }
            Ok(entry)
        })?;
        Ok(Self {
            feed,
            entries,
            tip: Signature(r.fixed("tip signature")?),
        })
    }

    /// The run's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w);
        w.into_bytes()
    }

    /// Decodes what [`Run::encode`] gives.
    ///
    /// # Errors
    /// When the bytes are malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let run = Self::read(&mut Reader::new(bytes))?;
        expect_canonical("run", bytes, &run.encode())?;
        Ok(run)
    }
}

impl VerifiedRun {
    /// The feed's id.
    #[must_use]
    pub fn feed_id(&self) -> FeedId {
        self.feed_id
    }

    /// The run itself, as it is stored and sent on.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The feed.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.run.feed
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.run.entries
    }

    /// The node's signature over the last entry.
    #[must_use]
    pub fn tip(&self) -> Signature {
        self.run.tip
    }

    /// Where the feed ends once this run is taken in.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }
}
