//! [`Memory`]: what an engine keeps in memory that it could read or work out again.

use crate::known::Known;
use crate::limits::{FACTS_CACHED_BYTES, HISTORIES_CACHED_BYTES, RUNS_CACHED_BYTES};

/// The sizes of an engine's caches, and what it shares with other engines of its process. The default is that of a node
/// which has a machine for itself; where thousands run in one process, each takes less.
#[derive(Clone)]
pub struct Memory {
    /// Bodies that were opened already.
    pub known: Known,
    /// Bytes of judged records.
    pub histories_bytes: usize,
    /// Bytes of operations' facts.
    pub facts_bytes: usize,
    /// Bytes of decoded runs.
    pub runs_bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            known: Known::default(),
            histories_bytes: HISTORIES_CACHED_BYTES,
            facts_bytes: FACTS_CACHED_BYTES,
            runs_bytes: RUNS_CACHED_BYTES,
        }
    }
}
