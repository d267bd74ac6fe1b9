//! [`SimIndex`]: the index in memory. A sabotaged one loses batches and says nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use soxa_store::{Batch, Entry, Index, Keyspace, LogPosition, MemoryIndex, StoreError};

#[derive(Debug, Clone, Default)]
pub(crate) struct SimIndex {
    entries: MemoryIndex,
    /// Every so many batches one is lost; 0 for none.
    loses_every: u64,
    batches: Arc<AtomicU64>,
}

impl SimIndex {
    /// Sabotage: loses every so many batches.
    pub fn lose_every(&mut self, batches: u64) {
        self.loses_every = batches;
    }

    /// Another index with the same entries.
    pub fn copy(&self) -> Self {
        Self {
            entries: self.entries.copy(),
            ..Self::default()
        }
    }

    /// The power was cut: the last batches may be lost, as `choose` decides.
    pub fn crash(&self, choose: &mut dyn FnMut(u64) -> u64) {
        self.entries.crash(choose);
    }

    /// The whole index is lost.
    pub fn lose(&mut self) {
        self.entries = MemoryIndex::new();
    }
}

impl Index for SimIndex {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.entries.get(keyspace, key)
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        self.entries.contains(keyspace, key)
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.entries.scan(keyspace, prefix, after, limit)
    }

    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        let number = self.batches.fetch_add(1, Ordering::Relaxed) + 1;
        let lost = self.loses_every > 0 && number.is_multiple_of(self.loses_every);
        self.entries
            .apply(if lost { Batch::new() } else { batch }, position)
    }

    fn position(&self) -> Result<Option<LogPosition>, StoreError> {
        self.entries.position()
    }

    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError> {
        self.entries.make_durable()
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.entries.clear()
    }
}
