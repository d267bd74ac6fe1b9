//! What can go wrong inside a node: local faults, never a peer's.

use soxa_ledger::{FeedId, RecordId};
use soxa_store::StoreError;

/// A local fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row of the index that does not decode, or that the log contradicts: the index is damaged and can be rebuilt.
    #[error("the index holds a damaged row of {table}: rebuild it")]
    Index {
        /// Which rows.
        table: &'static str,
    },
    /// A log record whose checksum holds and whose content does not: written by another program.
    #[error("the log holds a record that is no run: {what}")]
    Log {
        /// What is wrong.
        what: String,
    },
    /// The log does not continue where the feed is known to end.
    #[error("feed {feed:?} in the log does not continue its chain: {what}")]
    Chain {
        /// The feed.
        feed: FeedId,
        /// What is wrong.
        what: String,
    },
    /// Something is durable in the log and could not be indexed: the store has to be opened again, which replays it.
    #[error("stored, but not indexed; open the store again: {0}")]
    Unfinished(#[source] Box<EngineError>),
    /// An earlier fault left the log ahead of all that follows from it. Appending now could write a second history of
    /// this node's feeds.
    #[error("nothing is taken in after an earlier fault; open the store again")]
    Stopped,
    /// A feed of this node's present life is proved to be forked: a new life has to begin before anything is appended.
    #[error("a feed of this node is forked; a new life has to begin")]
    OwnFeedForked,
    /// No such record.
    #[error("no record {0:?}")]
    NoRecord(RecordId),
    /// Judging did not come to an end: a defect of this program.
    #[error("judging did not settle")]
    Unsettled,
}

impl EngineError {
    /// Whether an index made anew from the log may be free of the fault.
    pub(crate) fn may_be_of_index(&self) -> bool {
        match self {
            Self::Index { .. } | Self::Log { .. } | Self::Chain { .. } => true,
            Self::Store(fault) => matches!(
                fault,
                StoreError::Index { .. } | StoreError::Damaged { .. } | StoreError::NoSuchRecord { .. }
            ),
            Self::Unfinished(_)
            | Self::Stopped
            | Self::OwnFeedForked
            | Self::NoRecord(_)
            | Self::Unsettled => false,
        }
    }
}
