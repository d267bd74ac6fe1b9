//! The rows of the index, in deterministic CBOR.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::verdict::Position;
use soxa_ledger::{CommitId, EntryHash, Feed, FeedId, Head, NodeKey, RecordId, Scope, Seq, Time};
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
    pub first: Seq,
}

impl Row for RunRow {
    const TABLE: &'static str = "runs";

    fn write(&self, w: &mut Writer) {
        w.array(2).bytes(&self.location.to_bytes()).uint(self.first.0);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("run row", 2)?;
        Ok(Self {
            location: read_location(r)?,
            first: Seq(r.uint("first")?),
        })
    }
}

/// One entry: the run that holds it, and which of its entries it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub location: Location,
    pub at: u32,
}

impl Place {
    /// Where a commit stands that is only being checked: it is never read from there.
    pub const NOWHERE: Self = Self {
        location: Location {
            segment: 0,
            offset: 0,
            len: 0,
        },
        at: 0,
    };
}

impl Row for Place {
    const TABLE: &'static str = "statements";

    fn write(&self, w: &mut Writer) {
        w.array(2).bytes(&self.location.to_bytes()).uint(self.at.into());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("place", 2)?;
        Ok(Self {
            location: read_location(r)?,
            at: read_u32(r, "at")?,
        })
    }
}

/// A commit: where it is read, all entries that carry it, and what judging needs to know without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitRow {
    pub place: Place,
    pub scope: Scope,
    /// How many operations it has.
    pub operations: u32,
    /// The ids of the signatures under its minutes.
    pub signatures: Vec<[u8; 32]>,
    /// Ascending.
    pub positions: Vec<Position>,
}

impl Row for CommitRow {
    const TABLE: &'static str = "commits";

    fn write(&self, w: &mut Writer) {
        w.array(5);
        self.place.write(w);
        self.scope.write(w);
        w.uint(self.operations.into()).array(self.signatures.len());
        for signature in &self.signatures {
            w.bytes(signature);
        }
        w.array(self.positions.len());
        for p in &self.positions {
            w.array(5)
                .bytes(&p.feed.0)
                .bytes(&p.node.0)
                .uint(p.seq.0)
                .bytes(&p.hash.0)
                .uint(p.time.0);
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("commit row", 5)?;
        Ok(Self {
            place: Place::read(r)?,
            scope: Scope::read(r)?,
            operations: read_u32(r, "operations")?,
            signatures: r.list("signatures", usize::MAX, |r| r.fixed("signature"))?,
            positions: r.list("positions", usize::MAX, |r| {
                r.tuple("position", 5)?;
                Ok(Position {
                    feed: FeedId(r.fixed("feed")?),
                    node: NodeKey(r.fixed("node")?),
                    seq: Seq(r.uint("seq")?),
                    hash: EntryHash(r.fixed("hash")?),
                    time: Time(r.uint("time")?),
                })
            })?,
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

/// An operation: the one at `index` of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpRow {
    pub record: RecordId,
    pub commit: CommitId,
    pub index: u32,
    pub judged: Judged,
}

impl Row for OpRow {
    const TABLE: &'static str = "operations";

    fn write(&self, w: &mut Writer) {
        w.array(4)
            .bytes(&self.record.0)
            .bytes(&self.commit.0)
            .uint(self.index.into())
            .uint(self.judged as u64);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("operation row", 4)?;
        Ok(Self {
            record: RecordId(r.fixed("record")?),
            commit: CommitId(r.fixed("commit")?),
            index: read_u32(r, "index")?,
            judged: {
                let code = r.uint("judged")?;
                let judged = Judged::ALL.into_iter().find(|judged| *judged as u64 == code);
                judged.ok_or(CborError::Value {
                    field: "judged",
                    what: "no such judgement",
                })?
            },
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

/// A record whose creation is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordRow {
    pub kind: String,
    pub state: [u8; 32],
    pub scope: Scope,
}

impl Row for RecordRow {
    const TABLE: &'static str = "records";

    fn write(&self, w: &mut Writer) {
        w.array(3).text(&self.kind).bytes(&self.state);
        self.scope.write(w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("record row", 3)?;
        Ok(Self {
            kind: r.text("kind", 48)?.to_owned(),
            state: r.fixed("state")?,
            scope: Scope::read(r)?,
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

fn read_location(r: &mut Reader<'_>) -> Result<Location, CborError> {
    Location::from_bytes(r.bytes("location", Location::BYTES)?).ok_or(CborError::Value {
        field: "location",
        what: "of another length",
    })
}

fn read_u32(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
    u32::try_from(r.uint(field)?).map_err(|_| CborError::Value {
        field,
        what: "beyond 32 bits",
    })
}
