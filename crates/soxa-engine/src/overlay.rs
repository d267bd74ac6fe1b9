//! Changes to the index that are not applied yet, readable as if they were.

use std::collections::BTreeMap;

use soxa_store::{Batch, Index, Keyspace, StoreError};

use crate::limits::SCAN_PAGE;

type Changes = BTreeMap<(Keyspace, Vec<u8>), Option<Vec<u8>>>;

/// The index with one batch of changes on top.
pub(crate) struct Overlay<'a> {
    index: &'a dyn Index,
    changes: Changes,
}

impl<'a> Overlay<'a> {
    pub fn new(index: &'a dyn Index) -> Self {
        Self { index, changes: Changes::new() }
    }

    pub fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(&(keyspace, key.to_vec())) {
            Some(change) => Ok(change.clone()),
            None => self.index.get(keyspace, key),
        }
    }

    pub fn put(&mut self, keyspace: Keyspace, key: &[u8], value: impl Into<Vec<u8>>) {
        self.changes.insert((keyspace, key.to_vec()), Some(value.into()));
    }

    pub fn remove(&mut self, keyspace: Keyspace, key: &[u8]) {
        self.changes.insert((keyspace, key.to_vec()), None);
    }

    /// All keys with a prefix and their values, in order.
    pub fn scan(&self, keyspace: Keyspace, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, StoreError> {
        let mut found = scan_all(self.index, keyspace, prefix)?;
        let from = (keyspace, prefix.to_vec());
        for ((ks, key), change) in self.changes.range(from..) {
            if *ks != keyspace || !key.starts_with(prefix) {
                break;
            }
            match change {
                Some(value) => found.insert(key.clone(), value.clone()),
                None => found.remove(key),
            };
        }
        Ok(found)
    }

    pub fn into_batch(self) -> Batch {
        let mut batch = Batch::new();
        for ((keyspace, key), change) in self.changes {
            match change {
                Some(value) => batch.put(keyspace, &key, value),
                None => batch.remove(keyspace, &key),
            }
        }
        batch
    }
}

/// All keys of the index with a prefix and their values, read page by page.
pub(crate) fn scan_all(
    index: &dyn Index,
    keyspace: Keyspace,
    prefix: &[u8],
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, StoreError> {
    let mut found = BTreeMap::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = index.scan(keyspace, prefix, after.as_deref(), SCAN_PAGE)?;
        let full = page.len() == SCAN_PAGE;
        after = page.last().map(|(key, _)| key.clone());
        found.extend(page);
        if !full {
            return Ok(found);
        }
    }
}
