//! Operations as the ledger sees them: typed by name, bodies opaque. What they mean is decided in `soxa-records`.

use std::fmt;
use std::str::FromStr;

use crate::cbor::{CborError, Item, Reader, Writer};
use crate::ids::{CommitId, OpId, RecordId};
use crate::limits::{
    COMMIT_OPERATIONS_MAX, OPERATION_BODY_BYTES_MAX, OPERATION_KIND_BYTES_MAX, OPERATION_PARENTS_MAX,
    OPERATION_REFS_MAX,
};

/// The name of an operation: record kind, dot, act; for example `asset.register`. ASCII lower case, `_` allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpKind(String);

/// A text that names no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an operation kind is two lower-case words joined by a dot")]
pub struct NotAKind;

impl OpKind {
    /// The kind of record, the word before the dot.
    #[must_use]
    pub fn record_kind(&self) -> &str {
        self.0.split_once('.').map_or("", |(record, _)| record)
    }

    /// The act, the word after the dot.
    #[must_use]
    pub fn act(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, act)| act)
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OpKind {
    type Err = NotAKind;
    fn from_str(text: &str) -> Result<Self, NotAKind> {
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        match text.split_once('.') {
            Some((record, act)) if word(record) && word(act) && text.len() <= OPERATION_KIND_BYTES_MAX => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NotAKind),
        }
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names an operation: by its id, or by its index when it stands earlier in the same commit (whose id is not
/// known while it is being written).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpRef {
    /// An operation of another commit.
    Id(OpId),
    /// An earlier operation of this commit, counted from 0.
    Here(u32),
}

impl OpRef {
    /// The operation's id, once the commit's is known.
    #[must_use]
    pub fn resolve(self, commit: CommitId) -> OpId {
        match self {
            Self::Id(id) => id,
            Self::Here(index) => OpId::of(commit, index),
        }
    }
}

/// The record that an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordRef {
    /// The operation creates a record.
    New,
    /// A record created by another commit.
    Id(RecordId),
    /// The record created by an earlier operation of this commit.
    Here(u32),
}

/// One typed act on one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The record.
    pub record: RecordRef,
    /// What is done.
    pub kind: OpKind,
    /// The version of the kind's body; a newer one than this program knows makes the operation pending.
    pub version: u32,
    /// The operations of the same record that this one builds on, sorted; none exactly when it creates the record.
    pub parents: Vec<OpRef>,
    /// The operations of other records that it reads, in the order that its kind defines.
    pub refs: Vec<OpRef>,
    /// The typed content, deterministic CBOR that `soxa-records` defines.
    pub body: Vec<u8>,
}

impl Operation {
    /// The record's id, once the commit's is known and given the operation's own index.
    #[must_use]
    pub fn record_id(&self, commit: CommitId, index: u32) -> RecordId {
        match self.record {
            RecordRef::New => OpId::of(commit, index).into(),
            RecordRef::Id(id) => id,
            RecordRef::Here(creator) => OpId::of(commit, creator).into(),
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.array(6);
        match self.record {
            RecordRef::New => writer.null(),
            RecordRef::Id(id) => writer.bytes(&id.0),
            RecordRef::Here(index) => writer.uint(index.into()),
        };
        writer.text(self.kind.as_str()).uint(self.version.into());
        write_refs(writer, &self.parents);
        write_refs(writer, &self.refs);
        writer.bytes(&self.body);
    }

    /// Reads the operation at `index` of a commit. References to the same commit must point backwards, so a
    /// commit can hold no circle.
    pub(crate) fn read(reader: &mut Reader<'_>, index: u32) -> Result<Self, CborError> {
        reader.tuple("operation", 6)?;
        let record = match reader.peek("record")? {
            Item::Null => {
                reader.option("record", |_| Ok(()))?;
                RecordRef::New
            }
            Item::Uint => RecordRef::Here(earlier(reader.uint("record")?, index, "record")?),
            _ => RecordRef::Id(RecordId(reader.fixed("record")?)),
        };
        let kind = reader
            .text("operation kind", OPERATION_KIND_BYTES_MAX)?
            .parse()
            .map_err(|_| CborError::Value {
                field: "operation kind",
                what: "not two words joined by a dot",
            })?;
        let version = u32::try_from(reader.uint("operation version")?).map_err(|_| CborError::Value {
            field: "operation version",
            what: "beyond 32 bits",
        })?;
        let parents = reader.list("parents", OPERATION_PARENTS_MAX, |r| read_ref(r, index, "parent"))?;
        let refs = reader.list("refs", OPERATION_REFS_MAX, |r| read_ref(r, index, "ref"))?;
        let body = reader.bytes("operation body", OPERATION_BODY_BYTES_MAX)?.to_vec();
        if !parents.is_sorted_by(|a, b| a < b) {
            return Err(CborError::Value {
                field: "parents",
                what: "not in ascending order",
            });
        }
        if parents.is_empty() != (record == RecordRef::New) {
            return Err(CborError::Value {
                field: "parents",
                what: "an operation has no parents exactly when it creates its record",
            });
        }
        Ok(Self {
            record,
            kind,
            version,
            parents,
            refs,
            body,
        })
    }
}

fn write_refs(writer: &mut Writer, refs: &[OpRef]) {
    writer.array(refs.len());
    for r in refs {
        match r {
            OpRef::Id(id) => writer.bytes(&id.0),
            OpRef::Here(index) => writer.uint((*index).into()),
        };
    }
}

fn read_ref(reader: &mut Reader<'_>, index: u32, field: &'static str) -> Result<OpRef, CborError> {
    if reader.peek(field)? == Item::Uint {
        Ok(OpRef::Here(earlier(reader.uint(field)?, index, field)?))
    } else {
        Ok(OpRef::Id(OpId(reader.fixed(field)?)))
    }
}

fn earlier(found: u64, index: u32, field: &'static str) -> Result<u32, CborError> {
    match u32::try_from(found) {
        Ok(earlier) if earlier < index && (earlier as usize) < COMMIT_OPERATIONS_MAX => Ok(earlier),
        _ => Err(CborError::Value {
            field,
            what: "names no earlier operation of this commit",
        }),
    }
}
