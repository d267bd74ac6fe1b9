//! [`MemoryIndex`]: the index in memory, for simulation and tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;
use crate::index::{Batch, Entry, Index, Keyspace, scan_start};
use crate::position::LogPosition;

/// An index in memory. Clones share the same entries, so a node can be dropped and opened again on the same index.
#[derive(Clone, Debug, Default)]
pub struct MemoryIndex(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    position: Option<LogPosition>,
    /// How to take back each batch since the last time all was made durable, the oldest first.
    undo: Vec<Undo>,
}

#[derive(Debug)]
struct Undo {
    entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    position: Option<LogPosition>,
}

impl MemoryIndex {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cuts the power: `choose` is called with an upper bound `n` and returns a number below it, how many of the
    /// last batches that were not made durable are lost.
    pub fn crash(&self, choose: &mut dyn FnMut(u64) -> u64) {
        let mut state = self.state();
        let lost = choose(state.undo.len() as u64 + 1) as usize;
        for _ in 0..lost {
            let Some(undo) = state.undo.pop() else { break };
            for (key, value) in undo.entries.into_iter().rev() {
                state.set(key, value);
            }
            state.position = undo.position;
        }
        state.undo.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        match value {
            Some(value) => self.entries.insert(key, value),
            None => self.entries.remove(&key),
        }
    }
}

impl Index for MemoryIndex {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().entries.get(&keyspace.stored_key(key)).cloned())
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.state().entries.contains_key(&keyspace.stored_key(key)))
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let (start, excluded) = scan_start(keyspace, prefix, after);
        let stored_prefix = keyspace.stored_key(prefix);
        let start = if excluded {
            Bound::Excluded(start)
        } else {
            Bound::Included(start)
        };
        let state = self.state();
        let found = state.entries.range((start, Bound::Unbounded));
        let found = found
            .take_while(|(key, _)| key.starts_with(&stored_prefix))
            .take(limit);
        Ok(found
            .map(|(key, value)| (key[1..].to_vec(), value.clone()))
            .collect())
    }

    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        batch.check_sizes()?;
        let mut state = self.state();
        let mut entries = Vec::with_capacity(batch.changes.len());
        for (key, value) in batch.changes {
            let before = state.set(key.clone(), value);
            entries.push((key, before));
        }
        let before = state.position.replace(position);
        state.undo.push(Undo {
            entries,
            position: before,
        });
        Ok(())
    }

    fn position(&self) -> Result<Option<LogPosition>, StoreError> {
        Ok(self.state().position)
    }

    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError> {
        let mut state = self.state();
        state.undo.clear();
        Ok(state.position)
    }

    fn clear(&self) -> Result<(), StoreError> {
        *self.state() = State::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_takes_back_the_newest_batches_down_to_the_durable_ones() {
        const KS: Keyspace = Keyspace::new(1);
        let at = |offset| LogPosition { segment: 1, offset };
        for (lost, value, position) in [(0, Some(b"3"), 30), (1, None, 20), (2, Some(b"1"), 10)] {
            let index = MemoryIndex::new();
            let put = |value: &[u8], offset| {
                let mut batch = Batch::new();
                batch.put(KS, b"k", value);
                index.apply(batch, at(offset)).unwrap();
            };
            put(b"1", 10);
            index.make_durable().unwrap();
            let mut batch = Batch::new();
            batch.put(KS, b"k", "2");
            batch.remove(KS, b"k");
            index.apply(batch, at(20)).unwrap();
            put(b"3", 30);
            index.crash(&mut |n| {
                assert_eq!(n, 3);
                lost
            });
            assert_eq!(
                index.get(KS, b"k").unwrap().as_deref(),
                value.map(<[u8; 1]>::as_slice)
            );
            assert_eq!(index.position().unwrap(), Some(at(position)));
        }
    }
}
