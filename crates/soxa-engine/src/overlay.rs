//! Changes to the index that are not applied yet, readable as if they were.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use soxa_store::{Batch, Entry, Index, Keyspace, StoreError};

use crate::error::EngineError;
use crate::limits::SCAN_PAGE;

type Changes = BTreeMap<(Keyspace, Vec<u8>), Option<Vec<u8>>>;

/// A change as it was before; none where there was none.
type Before = ((Keyspace, Vec<u8>), Option<Option<Vec<u8>>>);

/// The index with one batch of changes on top. The newest of them can be taken back, down to a mark.
pub(crate) struct Overlay<'a> {
    index: &'a dyn Index,
    changes: Changes,
    /// How to go back to the mark, the oldest change first; none while there is no mark.
    undo: Option<Vec<Before>>,
}

impl<'a> Overlay<'a> {
    pub fn new(index: &'a dyn Index) -> Self {
        Self {
            index,
            changes: Changes::new(),
            undo: None,
        }
    }

    pub fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(&(keyspace, key.to_vec())) {
            Some(change) => Ok(change.clone()),
            None => self.index.get(keyspace, key),
        }
    }

    pub fn put(&mut self, keyspace: Keyspace, key: &[u8], value: impl Into<Vec<u8>>) {
        self.set(keyspace, key, Some(value.into()));
    }

    pub fn remove(&mut self, keyspace: Keyspace, key: &[u8]) {
        self.set(keyspace, key, None);
    }

    fn set(&mut self, keyspace: Keyspace, key: &[u8], change: Option<Vec<u8>>) {
        let key = (keyspace, key.to_vec());
        match &mut self.undo {
            None => {
                self.changes.insert(key, change);
            }
            Some(undo) => {
                let before = self.changes.insert(key.clone(), change);
                undo.push((key, before));
            }
        }
    }

    /// Sets the mark; changes before it stay.
    pub fn mark(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Takes back all changes since the mark.
    pub fn back_to_mark(&mut self) {
        for (key, before) in self.undo.take().into_iter().flatten().rev() {
            match before {
                Some(change) => self.changes.insert(key, change),
                None => self.changes.remove(&key),
            };
        }
    }

    /// All keys with a prefix and their values, in order.
    pub fn scan(&self, keyspace: Keyspace, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, EngineError> {
        let mut found = scan_all(self.index, keyspace, prefix)?;
        // The changes are in the order of keyspace and key, so those with the prefix stand together.
        for ((_, key), change) in self
            .changes
            .range((keyspace, prefix.to_vec())..)
            .take_while(|((other, key), _)| *other == keyspace && key.starts_with(prefix))
        {
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

/// The entries of an index whose key has a prefix, in order; read page by page.
pub(crate) struct Rows<'a> {
    index: &'a dyn Index,
    keyspace: Keyspace,
    prefix: Vec<u8>,
    page: std::vec::IntoIter<Entry>,
    /// The last key read.
    after: Option<Vec<u8>>,
    /// Whether the index may have more than the page.
    more: bool,
}

impl<'a> Rows<'a> {
    pub fn of(index: &'a dyn Index, keyspace: Keyspace, prefix: &[u8]) -> Self {
        Self {
            index,
            keyspace,
            prefix: prefix.to_vec(),
            page: Vec::new().into_iter(),
            after: None,
            more: true,
        }
    }

    /// The next entry.
    pub fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        if self.page.len() == 0 && self.more {
            let page = self
                .index
                .scan(self.keyspace, &self.prefix, self.after.as_deref(), SCAN_PAGE)?;
            self.more = page.len() == SCAN_PAGE;
            self.after = page.last().map(|(key, _)| key.clone());
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }
}

/// Shows all entries of an index whose key has a prefix, in order, until the visitor breaks off.
pub(crate) fn visit(
    index: &dyn Index,
    keyspace: Keyspace,
    prefix: &[u8],
    mut visitor: impl FnMut(Vec<u8>, Vec<u8>) -> Result<ControlFlow<()>, EngineError>,
) -> Result<(), EngineError> {
    let mut rows = Rows::of(index, keyspace, prefix);
    while let Some((key, value)) = rows.next()? {
        if visitor(key, value)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// All keys of the index with a prefix and their values.
pub(crate) fn scan_all(
    index: &dyn Index,
    keyspace: Keyspace,
    prefix: &[u8],
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, EngineError> {
    let mut found = BTreeMap::new();
    visit(index, keyspace, prefix, |key, value| {
        found.insert(key, value);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use soxa_store::{LogPosition, MemoryIndex};

    use super::*;

    const LEFT: Keyspace = Keyspace::new(3);
    const HERE: Keyspace = Keyspace::new(4);
    const RIGHT: Keyspace = Keyspace::new(5);

    fn filled() -> MemoryIndex {
        let index = MemoryIndex::new();
        let mut batch = Batch::new();
        for keyspace in [LEFT, HERE, RIGHT] {
            for key in ["a", "ab", "abc", "ac", "b"] {
                batch.put(keyspace, key.as_bytes(), "old");
            }
        }
        // More than one page.
        for number in 0..2 * SCAN_PAGE as u32 {
            batch.put(
                HERE,
                &[b"page/".as_slice(), &number.to_be_bytes()].concat(),
                "old",
            );
        }
        index
            .apply(
                batch,
                LogPosition {
                    segment: 1,
                    offset: 1,
                },
            )
            .unwrap();
        index
    }

    #[track_caller]
    fn check(view: &Overlay<'_>, prefix: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> = view.scan(HERE, prefix.as_bytes()).unwrap().into_iter().collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_scan_shows_the_changes_of_its_prefix_and_keyspace_only() {
        let index = filled();
        let mut view = Overlay::new(&index);
        view.put(HERE, b"ab", "new");
        view.put(HERE, b"aba", "new");
        view.remove(HERE, b"abc");
        view.put(HERE, b"aa", "new");
        view.put(LEFT, b"abz", "new");
        view.put(RIGHT, b"abz", "new");
        view.remove(RIGHT, b"ab");
        check(&view, "ab", &[("ab", "new"), ("aba", "new")]);
        check(
            &view,
            "a",
            &[
                ("a", "old"),
                ("aa", "new"),
                ("ab", "new"),
                ("aba", "new"),
                ("ac", "old"),
            ],
        );
        check(&view, "b", &[("b", "old")]);
        check(&view, "c", &[]);
        assert_eq!(view.scan(HERE, b"page/").unwrap().len(), 2 * SCAN_PAGE);
    }

    #[test]
    fn changes_since_the_mark_can_be_taken_back() {
        let index = filled();
        let mut view = Overlay::new(&index);
        view.put(HERE, b"ab", "first");
        view.mark();
        view.put(HERE, b"ab", "second");
        view.put(HERE, b"ab", "third");
        view.remove(HERE, b"abc");
        view.put(HERE, b"abd", "second");
        view.back_to_mark();
        check(&view, "ab", &[("ab", "first"), ("abc", "old")]);
        view.mark();
        view.remove(HERE, b"ab");
        view.mark();
        view.put(HERE, b"abc", "kept");
        view.back_to_mark();
        check(&view, "ab", &[("abc", "old")]);
    }
}
