//! The rows of records while judging: each is decoded once, and what changed is encoded once, at the end.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use soxa_ledger::RecordId;
use soxa_store::{Batch, Index};

use crate::cache::Weighed;
use crate::error::EngineError;
use crate::layout::RECORD;
use crate::limits::ROWS_CACHED_BYTES;
use crate::rows::{RecordRow, Row as _};

/// The rows of an index with changes on top. The newest of them can be taken back, down to a mark.
pub(crate) struct RecordRows<'a> {
    index: &'a dyn Index,
    changed: HashMap<RecordId, Arc<RecordRow>>,
    /// Read and not changed, as far as there is room.
    read: RefCell<Weighed<RecordId, Arc<RecordRow>>>,
    /// How to go back to the mark, the oldest change first; none while there is no mark.
    undo: Option<Vec<(RecordId, Option<Arc<RecordRow>>)>>,
}

impl<'a> RecordRows<'a> {
    pub fn new(index: &'a dyn Index) -> Self {
        Self {
            index,
            changed: HashMap::new(),
            read: RefCell::new(Weighed::new(ROWS_CACHED_BYTES)),
            undo: None,
        }
    }

    /// The row of a record, empty while none of its operations is known.
    pub fn get(&self, record: &RecordId) -> Result<Arc<RecordRow>, EngineError> {
        if let Some(row) = self.changed.get(record) {
            return Ok(Arc::clone(row));
        }
        if let Some(row) = self.read.borrow_mut().get(record) {
            return Ok(row);
        }
        let bytes = self.index.get(RECORD, &record.0)?;
        let row = bytes.as_deref().map(RecordRow::from_bytes).transpose()?;
        let row = Arc::new(row.unwrap_or_default());
        // Decoded it is about as large as its bytes.
        let weight = size_of::<RecordRow>() + bytes.map_or(0, |bytes| bytes.len());
        self.read.borrow_mut().put(*record, Arc::clone(&row), weight);
        Ok(row)
    }

    /// Changes the row of a record. It is copied only while somebody else still looks at it.
    pub fn change(
        &mut self,
        record: RecordId,
        change: impl FnOnce(&mut RecordRow),
    ) -> Result<(), EngineError> {
        let before = self.changed.remove(&record);
        let mut row = match &before {
            Some(row) => Arc::clone(row),
            None => self.get(&record)?,
        };
        match &mut self.undo {
            Some(undo) => undo.push((record, before)),
            None => drop(before),
        }
        self.read.get_mut().forget(&record);
        change(Arc::make_mut(&mut row));
        self.changed.insert(record, row);
        Ok(())
    }

    /// Sets the mark; changes before it stay.
    pub fn mark(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Takes back all changes since the mark.
    pub fn back_to_mark(&mut self) {
        for (record, before) in self.undo.take().into_iter().flatten().rev() {
            match before {
                Some(row) => self.changed.insert(record, row),
                None => self.changed.remove(&record),
            };
        }
    }

    /// Adds the changed rows to a batch.
    pub fn write(self, batch: &mut Batch) {
        let mut changed: Vec<_> = self.changed.into_iter().collect();
        changed.sort_unstable_by_key(|(record, _)| *record);
        for (record, row) in changed {
            batch.put(RECORD, &record.0, row.to_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use soxa_store::{LogPosition, MemoryIndex};

    use super::*;

    const A: RecordId = RecordId([1; 32]);
    const B: RecordId = RecordId([2; 32]);

    fn state(rows: &RecordRows<'_>, record: &RecordId) -> u8 {
        rows.get(record).unwrap().state[0]
    }

    fn set(rows: &mut RecordRows<'_>, record: RecordId, state: u8) {
        rows.change(record, |row| row.state = [state; 32]).unwrap();
    }

    #[test]
    fn changes_are_read_taken_back_and_written() {
        let index = MemoryIndex::new();
        let mut rows = RecordRows::new(&index);
        set(&mut rows, A, 1);
        let mut batch = Batch::new();
        rows.write(&mut batch);
        let end = LogPosition {
            segment: 1,
            offset: 1,
        };
        index.apply(batch, end).unwrap();

        let mut rows = RecordRows::new(&index);
        assert_eq!((state(&rows, &A), state(&rows, &B)), (1, 0));
        set(&mut rows, B, 2);
        rows.mark();
        let held = rows.get(&B).unwrap();
        set(&mut rows, A, 3);
        set(&mut rows, B, 4);
        set(&mut rows, B, 5);
        assert_eq!((state(&rows, &A), state(&rows, &B)), (3, 5));
        assert_eq!(held.state[0], 2, "who looks at a row sees it as it was");
        rows.back_to_mark();
        assert_eq!((state(&rows, &A), state(&rows, &B)), (1, 2));
        let mut batch = Batch::new();
        rows.write(&mut batch);
        assert_eq!(batch.len(), 1, "what was only read is not written");
    }
}
