//! Verdicts: what an act is worth, as a function of the set of entries and of nothing else.

use crate::feed::Seq;
use crate::ids::{EntryHash, FeedId, NodeKey, StatementId};
use crate::operation::OpKind;
use crate::time::Time;

/// Where an act stands: one entry that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The feed.
    pub feed: FeedId,
    /// The node whose feed it is.
    pub node: NodeKey,
    /// The entry's number.
    pub seq: Seq,
    /// The entry's hash.
    pub hash: EntryHash,
    /// The entry's node time, against which terms are judged.
    pub time: Time,
}

/// What an act is worth. Ordered by variant, then by reason, so that of several reasons one is told everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It has effect.
    Valid,
    /// Something that it needs is not known here yet.
    Pending(Missing),
    /// It has no effect, and stays as evidence.
    Void(VoidReason),
}

/// What a pending act waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The genesis statement with its quorum.
    Genesis,
    /// A statement that nobody has shown yet.
    Statement(StatementId),
    /// The admission of the node whose feed carries it.
    Admission(NodeKey),
    /// No entry carries it yet.
    Entry,
    /// A program that knows this kind of statement.
    Program(String),
    /// An entry that counts: those that carry it lie past a fork of a feed, where nobody has named them.
    Forked(FeedId),
}

/// Why an act has no effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoidReason {
    /// The statement acted under is no appointment, and no invite that lets one say this.
    NotAnAppointment(StatementId),
    /// The appointment or invite is another key's.
    WrongKey,
    /// The role may not do this kind of operation.
    RoleForbidsOperation(OpKind),
    /// The role may not make this statement, or not for this role or unit; or the invite is for another unit or name.
    RoleForbidsStatement,
    /// The entry's node time lies outside the term, or after the invite's end.
    OutsideTerm,
    /// A cut ends the appointment or invite, or a change the root keys, before this entry; the statement is the cut,
    /// compromise or change.
    Cut(StatementId),
    /// The appointment or invite acted under is itself void.
    AppointmentVoid(StatementId),
    /// The node's admission was ended before this entry.
    NodeCut(StatementId),
    /// A root statement without a quorum of root keys.
    NoQuorum,
    /// The cut is not by the issuer of what it cuts or by somebody above.
    NotAbove,
    /// The chain of appointments is longer than allowed.
    TooDeep,
    /// Another admission was made under the invite first; the statement is that one.
    InviteUsed(StatementId),
    /// Another change of the root keys follows the same set and counts; the statement is that one.
    RootsChanged(StatementId),
}

impl Verdict {
    /// Whether the act has effect.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }

    /// Of two requirements that must both hold: void precedes pending, pending precedes valid; of two reasons the
    /// smaller.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.first(other, |verdict| match verdict {
            Self::Void(_) => 0,
            Self::Pending(_) => 1,
            Self::Valid => 2,
        })
    }

    /// Of two ways to stand, either of which is enough: valid precedes pending, pending precedes void; of two reasons
    /// the smaller.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.first(other, |verdict| match verdict {
            Self::Valid => 0,
            Self::Pending(_) => 1,
            Self::Void(_) => 2,
        })
    }

    fn first(self, other: Self, rank: impl Fn(&Self) -> u8) -> Self {
        let of_one_rank = rank(&self) == rank(&other);
        let other_first = if of_one_rank {
            other < self
        } else {
            rank(&other) < rank(&self)
        };
        if other_first { other } else { self }
    }
}
