//! A commit at one of its positions, wherever it comes from.
//!
//! A copy of a commit ([`soxa_ledger::copy`]) stands where the commit stood first, though another entry carries it.

use std::sync::Arc;

use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, Entry, Feed, OpId, RecordId, Scope};

use crate::fresh::Entered;
use crate::runs::ReadCommit;

/// A commit as one entry carries it: entered by the judging at hand, or read from the log.
pub(crate) enum Carried<'a> {
    Fresh(Arc<Entered<'a>>),
    Read(Arc<ReadCommit>),
}

/// Where a body stands by one entry that carries it.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// Where the body stands: at the entry or, when that is a copy, where it stood first.
    pub position: Position,
    /// The entry.
    pub entry: Position,
    /// Who reads the entry's feed.
    pub readers: Scope,
}

impl Standing {
    /// That of an entry of a feed.
    pub fn of(entry: &Entry, feed: &Feed) -> Self {
        Self {
            position: entry.position(feed.node),
            entry: entry.header.position(feed.node),
            readers: feed.scope.clone(),
        }
    }

    /// That of an act in an entry of its own.
    pub fn at(entry: Position, feed: &Feed) -> Self {
        Self {
            position: entry,
            entry,
            readers: feed.scope.clone(),
        }
    }

    pub fn is_copy(&self) -> bool {
        self.position != self.entry
    }
}

impl Carried<'_> {
    pub fn commit(&self) -> &Commit {
        match self {
            Self::Fresh(entered) => entered.commit,
            Self::Read(read) => &read.commit,
        }
    }

    pub fn id(&self) -> CommitId {
        match self {
            Self::Fresh(entered) => entered.id,
            Self::Read(read) => read.id,
        }
    }

    pub fn standing(&self) -> &Standing {
        match self {
            Self::Fresh(entered) => &entered.standing,
            Self::Read(read) => &read.standing,
        }
    }

    pub fn position(&self) -> Position {
        self.standing().position
    }

    /// The records that its operations belong to, some perhaps more than once.
    pub fn records(&self) -> Vec<RecordId> {
        let id = self.id();
        (0_u32..)
            .zip(&self.commit().operations)
            .map(|(index, operation)| operation.record_id(id, index))
            .collect()
    }

    /// The records whose operations cite an operation or build on it.
    pub fn citing(&self, cited: &OpId) -> Vec<RecordId> {
        let id = self.id();
        (0_u32..)
            .zip(&self.commit().operations)
            .filter(|(_, operation)| {
                let mut named = operation.refs.iter().chain(&operation.parents);
                named.any(|op| op.resolve(id) == *cited)
            })
            .map(|(index, operation)| operation.record_id(id, index))
            .collect()
    }
}
