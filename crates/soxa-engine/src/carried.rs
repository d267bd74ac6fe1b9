//! A commit at one of its positions, wherever it comes from.

use std::sync::Arc;

use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, OpId, RecordId};

use crate::fresh::Entered;
use crate::runs::ReadCommit;

/// A commit as one entry carries it: entered by the judging at hand, or read from the log.
pub(crate) enum Carried<'a> {
    Fresh(Entered<'a>),
    Read(Arc<ReadCommit>),
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

    pub fn position(&self) -> Position {
        match self {
            Self::Fresh(entered) => entered.position,
            Self::Read(read) => read.position,
        }
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
