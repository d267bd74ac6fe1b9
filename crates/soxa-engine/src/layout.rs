//! What stands where in the index: keyspaces, keys and rows. Rows are deterministic CBOR; keys are ids and big-endian numbers
//! one after the other, so that a scan by prefix gives them in order.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    CommitId, EntryHash, Feed, FeedId, Head, NodeKey, OpId, PublicKey, RecordId, Scope, Seq, StatementId,
    Time,
};
use soxa_store::{Keyspace, Location};

use crate::error::EngineError;
use crate::refusal::RefusedWhat;

/// Feed id → [`FeedRow`].
pub(crate) const FEED: Keyspace = Keyspace::new(1);
/// Feed id, number of the run's last entry → [`RunRow`].
pub(crate) const RUN: Keyspace = Keyspace::new(2);
/// Feed id, number → [`Place`] of an entry that carries a statement.
pub(crate) const STATEMENT: Keyspace = Keyspace::new(3);
/// Commit id → [`CommitRow`].
pub(crate) const COMMIT: Keyspace = Keyspace::new(4);
/// Appointment, commit id → nothing. Author and signers of minutes.
pub(crate) const BY_APPOINTMENT: Keyspace = Keyspace::new(5);
/// Id of a minutes signature, commit id → nothing.
pub(crate) const SIGNATURE: Keyspace = Keyspace::new(6);
/// Operation id → [`OpRow`].
pub(crate) const OPERATION: Keyspace = Keyspace::new(7);
/// Record id, operation id → nothing.
pub(crate) const RECORD_OP: Keyspace = Keyspace::new(8);
/// Cited operation, citing record → nothing.
pub(crate) const CITED_BY: Keyspace = Keyspace::new(9);
/// Record id → [`RecordRow`].
pub(crate) const RECORD: Keyspace = Keyspace::new(10);
/// Kind, zero byte, record id → nothing.
pub(crate) const BY_KIND: Keyspace = Keyspace::new(11);
/// Feed id, number → [`crate::Refused`]: the entry that ended the feed.
pub(crate) const REFUSED: Keyspace = Keyspace::new(12);
/// Commit id, index of an operation → [`NotValidRow`], while the operation is not valid.
pub(crate) const NOT_VALID: Keyspace = Keyspace::new(13);
/// Node key, commit id → nothing. Commits carried in feeds of the node.
pub(crate) const BY_NODE: Keyspace = Keyspace::new(14);
/// Feed id, commit id → nothing. Commits carried in the feed.
pub(crate) const BY_FEED: Keyspace = Keyspace::new(15);
/// Nothing → [`Counts`].
pub(crate) const COUNTS: Keyspace = Keyspace::new(16);
/// Public key, commit id → nothing. Authors and signers of minutes.
pub(crate) const BY_KEY: Keyspace = Keyspace::new(17);

/// All of them, with names for people.
pub(crate) const KEYSPACES: [(Keyspace, &str); 17] = [
    (FEED, "feeds"),
    (RUN, "runs"),
    (STATEMENT, "statements"),
    (COMMIT, "commits"),
    (BY_APPOINTMENT, "commits by appointment"),
    (SIGNATURE, "signatures of minutes"),
    (OPERATION, "operations"),
    (RECORD_OP, "operations by record"),
    (CITED_BY, "citations"),
    (RECORD, "records"),
    (BY_KIND, "records by kind"),
    (REFUSED, "refusals"),
    (NOT_VALID, "operations that are not valid"),
    (BY_NODE, "commits by node"),
    (BY_FEED, "commits by feed"),
    (COUNTS, "counts"),
    (BY_KEY, "commits by key"),
];

/// One key made of parts.
pub(crate) fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The part of a key after a prefix of `skip` bytes, as an id.
pub(crate) fn id_at(key: &[u8], skip: usize, table: &'static str) -> Result<[u8; 32], EngineError> {
    key.get(skip..)
        .and_then(|rest| rest.try_into().ok())
        .ok_or(EngineError::Index { table })
}

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

/// The key of an operation that belongs to a record.
pub(crate) fn record_op(record: &RecordId, op: &OpId) -> Vec<u8> {
    key(&[&record.0, &op.0])
}

/// The key of an entry of a feed.
pub(crate) fn feed_seq(feed: &FeedId, seq: Seq) -> Vec<u8> {
    key(&[&feed.0, &seq.0.to_be_bytes()])
}

/// Feed and number of such a key.
pub(crate) fn split_feed_seq(key: &[u8], table: &'static str) -> Result<(FeedId, Seq), EngineError> {
    let (feed, seq) = key
        .split_first_chunk::<32>()
        .ok_or(EngineError::Index { table })?;
    let seq = seq.try_into().map_err(|_| EngineError::Index { table })?;
    Ok((FeedId(*feed), Seq(u64::from_be_bytes(seq))))
}

/// The key of an operation that is not valid.
pub(crate) fn not_valid(commit: &CommitId, index: u32) -> Vec<u8> {
    key(&[&commit.0, &index.to_be_bytes()])
}

/// The commit in such a key.
pub(crate) fn commit_of(key: &[u8]) -> Result<CommitId, EngineError> {
    let commit = key.first_chunk::<32>().ok_or(EngineError::Index {
        table: NotValidRow::TABLE,
    })?;
    Ok(CommitId(*commit))
}

/// The key of a record among those of its kind.
pub(crate) fn by_kind(kind: &str, record: &RecordId) -> Vec<u8> {
    key(&[kind.as_bytes(), &[0], &record.0])
}

/// The keys under which a commit is found by who signed it.
pub(crate) fn by_signer(appointment: &StatementId, signer: &PublicKey, commit: &CommitId) -> [Vec<u8>; 2] {
    [key(&[&appointment.0, &commit.0]), key(&[&signer.0, &commit.0])]
}
