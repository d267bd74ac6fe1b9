//! What nodes put into their feeds and was refused: kept, counted, named.

use std::fmt;

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::{NodeKey, Seq};

use crate::rows::Row;

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusedWhat {
    /// A signature that does not hold. It ended the feed.
    Forged,
    /// A body or an operation of the wrong form. A body ended the feed; an operation is void.
    Malformed,
    /// An act by a key that has no right to it.
    Unauthorised,
}

impl RefusedWhat {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Malformed => "malformed",
            Self::Unauthorised => "unauthorised",
        }
    }

    pub(crate) fn code(self) -> u64 {
        match self {
            Self::Forged => 0,
            Self::Malformed => 1,
            Self::Unauthorised => 2,
        }
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        match r.uint("what")? {
            0 => Ok(Self::Forged),
            1 => Ok(Self::Malformed),
            2 => Ok(Self::Unauthorised),
            _ => Err(CborError::Value {
                field: "what",
                what: "no such refusal",
            }),
        }
    }
}

impl fmt::Display for RefusedWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One refused thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The node whose feed carries it.
    pub node: NodeKey,
    /// The entry's number in that feed.
    pub seq: Seq,
    /// What was wrong.
    pub what: RefusedWhat,
    /// The reason, technical English.
    pub reason: String,
}

impl Row for Refused {
    const TABLE: &'static str = "refusals";

    fn write(&self, w: &mut Writer) {
        w.array(4)
            .bytes(&self.node.0)
            .uint(self.seq.0)
            .uint(self.what.code())
            .text(&self.reason);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("refusal", 4)?;
        Ok(Self {
            node: NodeKey(r.fixed("node")?),
            seq: Seq(r.uint("seq")?),
            what: RefusedWhat::read(r)?,
            reason: r.text("reason", usize::MAX)?.to_owned(),
        })
    }
}
