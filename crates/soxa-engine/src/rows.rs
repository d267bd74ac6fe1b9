//! The rows of the index, in deterministic CBOR.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::{EntryHash, Feed, FeedId, Head, OpId, Scope, Seq, Time};
use soxa_store::Location;

use crate::error::EngineError;
use crate::refusal::RefusedWhat;

/// A row of the index.
pub(crate) trait Row: Sized {
    const TABLE: &'static str;
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self, CborError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w);
        w.into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, EngineError> {
        Self::read(&mut Reader::new(bytes)).map_err(|_| EngineError::Index { table: Self::TABLE })
    }
}

/// How far a feed is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedRow {
    pub feed: Feed,
    pub head: Head,
    pub closed: bool,
}

impl Row for FeedRow {
    const TABLE: &'static str = "feeds";

    fn write(&self, w: &mut Writer) {
        w.array(5);
        self.feed.write(w);
        w.uint(self.head.seq.0)
            .bytes(&self.head.hash.0)
            .uint(self.head.time.0)
            .bool(self.closed);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("feed row", 5)?;
        Ok(Self {
            feed: Feed::read(r)?,
            head: Head {
                seq: Seq(r.uint("seq")?),
                hash: EntryHash(r.fixed("hash")?),
                time: Time(r.uint("time")?),
            },
            closed: r.bool("closed")?,
        })
    }
}

/// A run in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunRow {
    pub location: Location,
    pub feed: FeedId,
    /// How many of its entries hold what they should: all, but for one that ends the feed and what follows it.
    pub sound: u32,
}

impl Row for RunRow {
    const TABLE: &'static str = "runs";

    fn write(&self, w: &mut Writer) {
        w.array(3)
            .bytes(&self.location.to_bytes())
            .bytes(&self.feed.0)
            .uint(self.sound.into());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("run row", 3)?;
        Ok(Self {
            location: read_location(r)?,
            feed: FeedId(r.fixed("feed")?),
            sound: read_u32(r, "sound entries")?,
        })
    }
}

/// A run of a branch in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BranchRow {
    pub location: Location,
    /// The last of its entries that counts.
    pub end: Seq,
    /// Whether the branch ends there, at a malformed or forged body.
    pub closed: bool,
    /// Its number, once all below it is held.
    pub run: Option<u32>,
}

impl Row for BranchRow {
    const TABLE: &'static str = "runs of branches";

    fn write(&self, w: &mut Writer) {
        w.array(4)
            .bytes(&self.location.to_bytes())
            .uint(self.end.0)
            .bool(self.closed)
            .option(self.run, |w, run| {
                w.uint(run.into());
            });
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("branch row", 4)?;
        let location = read_location(r)?;
        let end = Seq(r.uint("end")?);
        let closed = r.bool("closed")?;
        let run = r.option("run", |r| read_u32(r, "run"))?;
        Ok(Self {
            location,
            end,
            closed,
            run,
        })
    }
}

/// One entry: the run that holds it, by its number in the order of the log, and which of the run's entries it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub run: u32,
    pub at: u16,
}

impl Place {
    pub fn to_key(self) -> [u8; 6] {
        let mut key = [0; 6];
        key[..4].copy_from_slice(&self.run.to_be_bytes());
        key[4..].copy_from_slice(&self.at.to_be_bytes());
        key
    }

    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (run, at) = key.split_first_chunk()?;
        Some(Self {
            run: u32::from_be_bytes(*run),
            at: u16::from_be_bytes(at.try_into().ok()?),
        })
    }
}

/// One operation: the entry that carries its commit, and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OpPlace {
    pub entry: Place,
    pub index: u16,
}

impl OpPlace {
    pub const BYTES: usize = 8;
    /// None stands before it.
    pub const FIRST: Self = Self {
        entry: Place { run: 0, at: 0 },
        index: 0,
    };

    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..6].copy_from_slice(&self.entry.to_key());
        bytes[6..].copy_from_slice(&self.index.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (entry, index) = bytes.split_at_checked(6)?;
        Some(Self {
            entry: Place::from_key(entry)?,
            index: u16::from_be_bytes(index.try_into().ok()?),
        })
    }
}

/// How an operation was judged, as far as other records need to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Not judged yet. Never in the index: an intake ends with everything judged.
    New,
    /// Waiting for something.
    Pending,
    /// It has effect.
    Valid,
    /// Without effect for no other reason than a cut.
    Severed,
    /// Without effect for another reason.
    Void,
}

impl Judged {
    const ALL: [Self; 5] = [Self::New, Self::Pending, Self::Valid, Self::Severed, Self::Void];

    /// Whether both mean the same to records that cite the operation.
    pub fn means(self, other: Self) -> bool {
        let unknown = |judged| matches!(judged, Self::New | Self::Pending);
        self == other || (unknown(self) && unknown(other))
    }
}

/// An operation of a record. The same operation stands here once for each entry that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordOp {
    /// The first bytes of its id. They only tell quickly that an operation is another one: anybody can make two that
    /// begin alike, so the id itself is worked out from the log.
    pub tag: [u8; 4],
    pub place: OpPlace,
    pub judged: Judged,
}

impl RecordOp {
    const BYTES: usize = 4 + OpPlace::BYTES + 1;

    pub fn tag(op: &OpId) -> [u8; 4] {
        let [a, b, c, d, ..] = op.0;
        [a, b, c, d]
    }

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.tag);
        bytes[4..12].copy_from_slice(&self.place.to_bytes());
        bytes[12] = self.judged as u8;
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, rest) = bytes.split_first_chunk()?;
        let (place, judged) = rest.split_at_checked(OpPlace::BYTES)?;
        let judged = judged.first()?;
        Some(Self {
            tag: *tag,
            place: OpPlace::from_bytes(place)?,
            judged: Judged::ALL.into_iter().find(|known| *known as u8 == *judged)?,
        })
    }
}

/// An operation that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotValidRow {
    /// Whether it is void; else it is pending.
    pub void: bool,
    /// What no honest node would have let in.
    pub offence: Option<(RefusedWhat, String)>,
}

impl Row for NotValidRow {
    const TABLE: &'static str = "operations that are not valid";

    fn write(&self, w: &mut Writer) {
        w.array(2)
            .bool(self.void)
            .option(self.offence.as_ref(), |w, (what, reason)| {
                w.array(2).uint(what.code()).text(reason);
            });
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("row of what is not valid", 2)?;
        Ok(Self {
            void: r.bool("void")?,
            offence: r.option("offence", |r| {
                r.tuple("offence", 2)?;
                Ok((RefusedWhat::read(r)?, r.text("reason", usize::MAX)?.to_owned()))
            })?,
        })
    }
}

/// A record of which some operation is known, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RecordRow {
    /// What it is; none while its creation is not valid.
    pub kind: Option<String>,
    /// The hash of its state.
    pub state: [u8; 32],
    /// Who reads it: those whom its creation names, once that is known, and those it was forwarded to.
    pub scope: Scope,
    /// Where the next operation goes on and the state there, if that is all that judging the next one needs; see
    /// [`soxa_records::Summary`].
    pub summary: Option<(Vec<OpId>, Vec<u8>)>,
    /// In the order of the log.
    pub ops: Vec<RecordOp>,
}

impl Row for RecordRow {
    const TABLE: &'static str = "records";

    fn write(&self, w: &mut Writer) {
        w.array(5)
            .option(self.kind.as_deref(), |w, kind| {
                w.text(kind);
            })
            .bytes(&self.state);
        self.scope.write(w);
        w.option(self.summary.as_ref(), |w, (heads, state)| {
            w.array(2).array(heads.len());
            for head in heads {
                w.bytes(&head.0);
            }
            w.bytes(state);
        });
        let mut ops = Vec::with_capacity(self.ops.len() * RecordOp::BYTES);
        for op in &self.ops {
            ops.extend_from_slice(&op.to_bytes());
        }
        w.bytes(&ops);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        const OPS: &str = "operations";
        r.tuple("record row", 5)?;
        let kind = r.option("kind", |r| r.text("kind", usize::MAX).map(str::to_owned))?;
        let state = r.fixed("state")?;
        let scope = Scope::read(r)?;
        let summary = r.option("summary", |r| {
            r.tuple("summary", 2)?;
            let heads = r.list("heads", usize::MAX, |r| r.fixed("head").map(OpId))?;
            Ok((heads, r.bytes("state", usize::MAX)?.to_vec()))
        })?;
        let ops = r.bytes(OPS, usize::MAX)?.chunks(RecordOp::BYTES);
        let ops = ops.map(RecordOp::from_bytes).collect::<Option<_>>();
        Ok(Self {
            kind,
            state,
            scope,
            summary,
            ops: ops.ok_or(CborError::Value {
                field: OPS,
                what: "not a list of operations",
            })?,
        })
    }
}

/// How much is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries in all feeds.
    pub entries: u64,
    /// Different commits.
    pub commits: u64,
    /// Operations in them.
    pub operations: u64,
    /// Records that exist.
    pub records: u64,
}

impl Row for Counts {
    const TABLE: &'static str = "counts";

    fn write(&self, w: &mut Writer) {
        w.array(4)
            .uint(self.entries)
            .uint(self.commits)
            .uint(self.operations)
            .uint(self.records);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("counts", 4)?;
        Ok(Self {
            entries: r.uint("entries")?,
            commits: r.uint("commits")?,
            operations: r.uint("operations")?,
            records: r.uint("records")?,
        })
    }
}

fn read_u32(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
    u32::try_from(r.uint(field)?).map_err(|_| CborError::Value {
        field,
        what: "too large a number",
    })
}

fn read_location(r: &mut Reader<'_>) -> Result<Location, CborError> {
    Location::from_bytes(r.bytes("location", Location::BYTES)?).ok_or(CborError::Value {
        field: "location",
        what: "of another length",
    })
}
