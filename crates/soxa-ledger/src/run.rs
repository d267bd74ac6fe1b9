//! Runs: consecutive entries of one feed up to a signed tip. The unit that nodes exchange and check: a node never
//! holds an entry that no tip signature covers.

use crate::cbor::{CborError, Reader, Writer};
use crate::entry::{BodyKind, Entry, Header};
use crate::feed::{Feed, Head, Seq, Tip};
use crate::ids::{EntryHash, FeedId, NetworkId, sha256};
use crate::key::{KeyError, Signature};
use crate::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX, RUN_UNPACKED_BYTES_MAX};
use crate::time::Time;

/// Bytes that one byte of an LZ4 block gives at most.
const LZ4_RATIO_MAX: usize = 255;

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

    fn chain_end(&self, feed: FeedId, prev: EntryHash, head: &Head) -> Result<Head, RunError> {
        // Of another history it is not known when the entry before was written.
        let follows = prev == head.hash;
        let mut at = Head {
            seq: head.seq,
            hash: prev,
            time: if follows { head.time } else { Time(0) },
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

    /// Writes the run: the feed and its id, the first entry's number and what it names as its predecessor, the entries
    /// without what follows from these, and the tip signature. What a header says besides is worked out again when
    /// the run is read, so it is the same to the byte, and entries that repeat each other are packed.
    ///
    /// The entries must follow one another; of others nothing but their bodies would come back.
    pub fn write(&self, w: &mut Writer) {
        let feed_id = self.entries.first().map_or(FeedId([0; 32]), |e| e.header.feed);
        let first = self.entries.first().map_or(Seq(0), |entry| entry.header.seq);
        let prev = self.entries.first().map_or([0; 32], |entry| entry.header.prev.0);
        let entries = self.entries_without_chain();
        let packed = lz4_flex::block::compress(&entries);
        w.array(7);
        self.feed.write(w);
        w.bytes(&feed_id.0).uint(first.0).bytes(&prev);
        if packed.len() < entries.len() {
            w.uint(entries.len() as u64).bytes(&packed);
        } else {
            w.uint(0).bytes(&entries);
        }
        w.bytes(&self.tip.0);
    }

    fn entries_without_chain(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(self.entries.len());
        let mut before = Time(0);
        for Entry { header, body } in &self.entries {
            w.array(3)
                .uint(header.node_time.0.saturating_sub(before.0))
                .uint(header.kind.code())
                .bytes(body);
            before = header.node_time;
        }
        w.into_bytes()
    }

    /// Reads a run. Of the several ways to pack the same entries all are taken: nothing is signed over them.
    ///
    /// # Errors
    /// When the form is wrong or it holds more than a run may.
    pub fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("run", 7)?;
        let feed = Feed::read(r)?;
        let feed_id = FeedId(r.fixed("feed id")?);
        let first = Seq(r.uint("first")?);
        let prev = EntryHash(r.fixed("prev")?);
        let unpacked = r.uint("unpacked length")?;
        let bytes = r.bytes("entries", RUN_UNPACKED_BYTES_MAX)?;
        let entries = if unpacked == 0 {
            read_entries(bytes, feed_id, first, prev)?
        } else {
            read_entries(&unpack(bytes, unpacked)?, feed_id, first, prev)?
        };
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
        let mut r = Reader::new(bytes);
        let run = Self::read(&mut r)?;
        r.end("run")?;
        Ok(run)
    }
}

/// Unpacks an LZ4 block. What a stranger claims is believed only as far as so many bytes can give it, and never beyond
/// what a run may hold.
fn unpack(bytes: &[u8], claimed: u64) -> Result<Vec<u8>, CborError> {
    let limit = RUN_UNPACKED_BYTES_MAX.min(bytes.len().saturating_mul(LZ4_RATIO_MAX));
    let unpacked = usize::try_from(claimed).ok().filter(|claimed| *claimed <= limit);
    let unpacked = unpacked.ok_or(CborError::Limit {
        field: "unpacked length",
        found: claimed,
        limit,
    })?;
    match lz4_flex::block::decompress(bytes, unpacked) {
        Ok(entries) if entries.len() == unpacked => Ok(entries),
        _ => Err(CborError::Value {
            field: "entries",
            what: "not an LZ4 block of the length that it should have",
        }),
    }
}

/// Reads entries and works out their headers.
fn read_entries(bytes: &[u8], feed: FeedId, first: Seq, prev: EntryHash) -> Result<Vec<Entry>, CborError> {
    let mut r = Reader::new(bytes);
    let mut body_bytes = 0;
    let (mut seq, mut prev, mut time) = (first, prev, 0_u64);
    let entries = r.list("entries", RUN_ENTRIES_MAX, |r| {
        r.tuple("entry", 3)?;
        let later = r.uint("time since the entry before")?;
        time = time.checked_add(later).ok_or(CborError::Value {
            field: "node time",
            what: "beyond the end of time",
        })?;
        let kind = BodyKind::read(r)?;
        let body = r.bytes("body", kind.limit())?;
        body_bytes += body.len();
        if body_bytes > RUN_BYTES_MAX {
            return Err(CborError::Limit {
                field: "run",
                found: body_bytes as u64,
                limit: RUN_BYTES_MAX,
            });
        }
        let header = Header {
            feed,
            seq,
            prev,
            node_time: Time(time),
            kind,
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: sha256(body),
        };
        seq = seq.next();
        prev = header.hash();
        Ok(Entry {
            header,
            body: body.to_vec(),
        })
    })?;
    r.end("entries")?;
    Ok(entries)
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

    /// The run itself, given away.
    #[must_use]
    pub fn into_run(self) -> Run {
        self.run
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
