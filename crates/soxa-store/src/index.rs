//! [`Index`]: what is looked up by key. All of it can be made again from the log.

use std::fmt;

use crate::error::StoreError;
use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::position::LogPosition;

/// One of the index's separate sets of keys. 0 is taken by the index itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyspace(u8);

impl Keyspace {
    /// The keyspace with this number. Keyspaces are constants of the code, so a wrong one does not compile.
    ///
    /// # Panics
    ///
    /// If the number is 0.
    pub const fn new(keyspace: u8) -> Self {
        assert!(keyspace != 0, "keyspace 0 is the index's own");
        Self(keyspace)
    }

    /// The number of the keyspace, never 0.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The key as stored: all keyspaces share one tree, so that one batch is atomic over all of them.
    pub(crate) fn stored_key(self, key: &[u8]) -> Vec<u8> {
        let mut stored = Vec::with_capacity(1 + key.len());
        stored.push(self.0);
        stored.extend_from_slice(key);
        stored
    }
}

impl fmt::Debug for Keyspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyspace({})", self.0)
    }
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Changes to be made together. Of several for one key the last counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// Stored keys with their new values, `None` to remove.
    pub(crate) changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Batch {
    /// A batch without changes. Applying it still moves the index's position.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key.
    pub fn put(&mut self, keyspace: Keyspace, key: &[u8], value: impl Into<Vec<u8>>) {
        self.changes.push((keyspace.stored_key(key), Some(value.into())));
    }

    /// Removes a key; nothing happens if it is not there.
    pub fn remove(&mut self, keyspace: Keyspace, key: &[u8]) {
        self.changes.push((keyspace.stored_key(key), None));
    }

    /// Adds the changes of another batch after those of this one.
    pub fn extend(&mut self, other: Self) {
        self.changes.extend(other.changes);
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn check_sizes(&self) -> Result<(), StoreError> {
        let too_large = |what, found: usize, limit: usize| StoreError::TooLarge {
            what,
            found: found as u64,
            limit: limit as u64,
        };
        for (key, value) in &self.changes {
            if key.len() > 1 + KEY_BYTES_MAX {
                return Err(too_large("a key of the index", key.len() - 1, KEY_BYTES_MAX));
            }
            if let Some(value) = value.as_ref().filter(|value| value.len() > VALUE_BYTES_MAX) {
                return Err(too_large("a value of the index", value.len(), VALUE_BYTES_MAX));
            }
        }
        Ok(())
    }
}

/// A key-value index that says how far into the log it has read.
///
/// What a batch puts must depend only on the log up to the batch's position and be the same when it is put again:
/// after an unclean stop a part of the log is replayed over an index that may already hold its effect.
///
/// Any method may fail with [`StoreError::Index`] or, on a full disk, [`StoreError::Full`].
pub trait Index: Send + Sync {
    /// The value of a key.
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether a key has a value.
    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError>;

    /// At most `limit` entries whose key begins with `prefix` and, if `after` is given, comes after that key; in the
    /// order of the keys. To go on, give the last key received.
    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Makes all changes of a batch, or none, and sets the position in the same step. `position` is where the log
    /// has been synced and taken in up to, the [`crate::Location::end`] of a record.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] for a key beyond [`KEY_BYTES_MAX`] or a value beyond [`VALUE_BYTES_MAX`].
    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError>;

    /// The position of the last batch; `None` if there was none since the index was cleared.
    fn position(&self) -> Result<Option<LogPosition>, StoreError>;

    /// Makes all batches durable and returns the position that is durable at least.
    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError>;

    /// Removes everything, the position too. Also possible when every other method fails.
    fn clear(&self) -> Result<(), StoreError>;
}

/// The first stored key that may be returned by a scan, and whether it is itself excluded.
pub(crate) fn scan_start(keyspace: Keyspace, prefix: &[u8], after: Option<&[u8]>) -> (Vec<u8>, bool) {
    match after {
        Some(after) if after >= prefix => (keyspace.stored_key(after), true),
        _ => (keyspace.stored_key(prefix), false),
    }
}
