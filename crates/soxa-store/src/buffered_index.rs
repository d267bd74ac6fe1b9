//! [`BufferedIndex`]: an index that gathers changes in memory before it writes them to another.
//!
//! Work on one record mostly comes in a row, so a row that is rewritten ten times while it is gathered is written
//! once. Nothing is lost by it that the log does not give back: what is gathered is as far behind the log as an index
//! that was not made durable, and its position moves with it. Reading sees the gathered changes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;
use crate::index::{Batch, Entry, Index, Keyspace, scan_start};
use crate::position::LogPosition;

/// What a change costs in memory besides its bytes.
const CHANGE_BYTES: usize = 64;

/// An index with changes on top that it does not hold yet.
pub struct BufferedIndex<I> {
    inner: I,
    /// Bytes of changes after which they are written.
    bytes_max: usize,
    gathered: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
    /// Of the newest batch, while there is one that is not written.
    position: Option<LogPosition>,
}

impl Gathered {
    fn add(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let weight = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        let (key_bytes, value_bytes) = (key.len(), weight(&value));
        match self.changes.insert(key, value) {
            Some(old) => self.bytes = self.bytes.saturating_sub(weight(&old)) + value_bytes,
            None => self.bytes += CHANGE_BYTES + key_bytes + value_bytes,
        }
    }
}

impl<I: Index> BufferedIndex<I> {
    /// Gathers up to about so many bytes of changes.
    pub fn new(inner: I, bytes_max: usize) -> Self {
        Self {
            inner,
            bytes_max,
            gathered: Mutex::default(),
        }
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was gathered. After an error it is still there.
    fn write(&self, gathered: &mut Gathered) -> Result<(), StoreError> {
        let Some(position) = gathered.position else {
            return Ok(());
        };
        let batch = Batch {
            changes: gathered
                .changes
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        self.inner.apply(batch, position)?;
        *gathered = Gathered::default();
        Ok(())
    }
}

impl<I: Index> Index for BufferedIndex<I> {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let gathered = self.gathered();
        match gathered.changes.get(&keyspace.stored_key(key)) {
            Some(value) => Ok(value.clone()),
            None => self.inner.get(keyspace, key),
        }
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        let gathered = self.gathered();
        match gathered.changes.get(&keyspace.stored_key(key)) {
            Some(value) => Ok(value.is_some()),
            None => self.inner.contains(keyspace, key),
        }
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let gathered = self.gathered();
        let stored_prefix = keyspace.stored_key(prefix);
        let (start, excluded) = scan_start(keyspace, prefix, after);
        let mut from = if excluded {
            Bound::Excluded(start)
        } else {
            Bound::Included(start)
        };
        let mut last = after.map(<[u8]>::to_vec);
        let mut found: Vec<Entry> = Vec::new();
        loop {
            let page = self.inner.scan(keyspace, prefix, last.as_deref(), limit)?;
            let is_last = page.len() < limit;
            let end = page.last().map(|(key, _)| key.clone());
            let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = page.into_iter().collect();
            // What lies behind the page is merged with the next one.
            let until = end.as_ref().filter(|_| !is_last);
            let changed = gathered
                .changes
                .range((from.clone(), Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(&stored_prefix))
                .map(|(key, value)| (key.get(1..).unwrap_or_default(), value))
                .take_while(|(key, _)| until.is_none_or(|until| *key <= until.as_slice()));
            for (key, value) in changed {
                match value {
                    Some(value) => merged.insert(key.to_vec(), value.clone()),
                    None => merged.remove(key),
                };
            }
            found.extend(merged);
            if found.len() >= limit || is_last {
                found.truncate(limit);
                return Ok(found);
            }
            if let Some(end) = end {
                from = Bound::Excluded(keyspace.stored_key(&end));
                last = Some(end);
            }
        }
    }

    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        batch.check_sizes()?;
        let mut gathered = self.gathered();
        for (key, value) in batch.changes {
            gathered.add(key, value);
        }
        gathered.position = Some(position);
        if gathered.bytes >= self.bytes_max {
            self.write(&mut gathered)?;
        }
        Ok(())
    }

    fn position(&self) -> Result<Option<LogPosition>, StoreError> {
        match self.gathered().position {
            Some(position) => Ok(Some(position)),
            None => self.inner.position(),
        }
    }

    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError> {
        self.write(&mut self.gathered())?;
        self.inner.make_durable()
    }

    fn clear(&self) -> Result<(), StoreError> {
        let mut gathered = self.gathered();
        *gathered = Gathered::default();
        self.inner.clear()
    }
}
