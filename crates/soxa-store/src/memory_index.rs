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
    entries: Entries,
    position: Option<LogPosition>,
    /// How to take back each batch since the last time all was made durable, the oldest first.
    undo: Vec<Undo>,
}

/// Entries over others that copies of an index share.
#[derive(Debug, Default)]
struct Entries {
    shared: Arc<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// What differs from those; none for what is no more.
    own: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
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

    /// Another index with the same entries, durable there. They stand in memory once; what each changes, by itself.
    #[must_use]
    pub fn copy(&self) -> Self {
        let mut state = self.state();
        Self(Arc::new(Mutex::new(State {
            entries: Entries {
                shared: state.entries.share(),
                own: BTreeMap::new(),
            },
            position: state.position,
            undo: Vec::new(),
        })))
    }

    /// Cuts the power: `choose` is called with an upper bound `n` and returns a number below it, how many of the
    /// last batches that were not made durable are lost.
    pub fn crash(&self, choose: &mut dyn FnMut(u64) -> u64) {
        let mut state = self.state();
        let lost = choose(state.undo.len() as u64 + 1) as usize;
        for _ in 0..lost {
            let Some(undo) = state.undo.pop() else { break };
            for (key, value) in undo.entries.into_iter().rev() {
                state.entries.set(key, value);
            }
            state.position = undo.position;
        }
        state.undo.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn get(&self, key: &[u8]) -> Option<&Vec<u8>> {
        match self.own.get(key) {
            Some(own) => own.as_ref(),
            None => self.shared.get(key),
        }
    }

    /// Gives a key its value, or takes it away. Returns what it had before.
    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let shared = self.shared.get(&key);
        let before = match (value, shared) {
            (None, None) => self.own.remove(&key),
            (value, _) => self.own.insert(key, value),
        };
        before.unwrap_or_else(|| shared.cloned())
    }

    /// The entries from a key on, ascending.
    fn from(&self, start: (Bound<Vec<u8>>, Bound<Vec<u8>>)) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        let mut own = self.own.range(start.clone()).peekable();
        let mut shared = self.shared.range(start).peekable();
        std::iter::from_fn(move || {
            loop {
                let own_first = match (own.peek(), shared.peek()) {
                    (Some((own, _)), Some((shared, _))) => own <= shared,
                    (own, _) => own.is_some(),
                };
                if !own_first {
                    return shared.next();
                }
                let (key, value) = own.next()?;
                shared.next_if(|(shared, _)| *shared == key);
                if let Some(value) = value {
                    return Some((key, value));
                }
            }
        })
    }

    /// All of it, to be shared with a copy.
    fn share(&mut self) -> Arc<BTreeMap<Vec<u8>, Vec<u8>>> {
        if !self.own.is_empty() {
            let shared = Arc::make_mut(&mut self.shared);
            for (key, value) in std::mem::take(&mut self.own) {
                match value {
                    Some(value) => shared.insert(key, value),
                    None => shared.remove(&key),
                };
            }
        }
        Arc::clone(&self.shared)
    }
}

impl Index for MemoryIndex {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().entries.get(&keyspace.stored_key(key)).cloned())
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.state().entries.get(&keyspace.stored_key(key)).is_some())
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
        let found = state.entries.from((start, Bound::Unbounded));
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
            let before = state.entries.set(key.clone(), value);
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn copies_go_their_own_ways(
            before in proptest::collection::vec((0_u8..12, any::<Option<u8>>()), 0..20),
            here in proptest::collection::vec((0_u8..12, any::<Option<u8>>()), 0..20),
            there in proptest::collection::vec((0_u8..12, any::<Option<u8>>()), 0..20),
            after in any::<Option<u8>>(),
        ) {
            const KS: Keyspace = Keyspace::new(1);
            let change = |index: &MemoryIndex, tree: &mut BTreeMap<u8, u8>, changes: &[(u8, Option<u8>)]| {
                for (key, value) in changes {
                    let mut batch = Batch::new();
                    match value {
                        Some(value) => {
                            batch.put(KS, &[*key], [*value]);
                            tree.insert(*key, *value);
                        }
                        None => {
                            batch.remove(KS, &[*key]);
                            tree.remove(key);
                        }
                    }
                    index.apply(batch, LogPosition::ZERO).unwrap();
                }
            };
            let (one, mut one_holds) = (MemoryIndex::new(), BTreeMap::new());
            change(&one, &mut one_holds, &before);
            let (two, mut two_holds) = (one.copy(), one_holds.clone());
            change(&one, &mut one_holds, &here);
            change(&two, &mut two_holds, &there);
            let three = two.copy();
            for (index, holds) in [(&one, &one_holds), (&two, &two_holds), (&three, &two_holds)] {
                let after = after.map(|key| [key]);
                let found = index.scan(KS, &[], after.as_ref().map(|key| &key[..]), 5).unwrap();
                let behind = |key: &u8| after.is_none_or(|[after]| *key > after);
                let held = holds.iter().filter(|(key, _)| behind(key)).take(5);
                let held: Vec<Entry> = held.map(|(key, value)| (vec![*key], vec![*value])).collect();
                prop_assert_eq!(found, held);
                for key in 0..12 {
                    let value = index.get(KS, &[key]).unwrap();
                    prop_assert_eq!(value, holds.get(&key).map(|value| vec![*value]));
                    prop_assert_eq!(index.contains(KS, &[key]).unwrap(), holds.contains_key(&key));
                }
            }
            // Nothing was made durable since the copy was made: all of that may be lost.
            two.crash(&mut |batches| batches - 1);
            let left = two.scan(KS, &[], None, 20).unwrap().len();
            let mut tree = BTreeMap::new();
            change(&MemoryIndex::new(), &mut tree, &before);
            prop_assert_eq!(left, tree.len());
        }
    }

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
