//! Finding an operation by its id alone: sorted tables, each written once.
//!
//! Ids are random, so a row of its own for each would land anywhere in the index and cost more than all the rest. The
//! newest operations are kept in memory. When there are enough of them they become a table in the index, sorted by
//! the first bytes of the id; eight tables of one level become one of the next. So a lookup reads one row of each of a
//! few tables, and an operation is written a few times in all. Tables end where runs end: they are the same whenever
//! they are made from the same log.
//!
//! Anybody can make two operations whose ids begin alike: what is found is a candidate, and the log tells.

use std::collections::BTreeSet;

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::{CommitId, OpId};
use soxa_store::Index;

use crate::error::EngineError;
use crate::layout::{OPERATION, key};
use crate::limits::{ID_ROW_OPERATIONS, ID_TABLE_OPERATIONS, ID_TABLES_PER_LEVEL};
use crate::overlay::Overlay;
use crate::rows::{OpPlace, Place, Row};

/// Levels of tables. Those of the last are not joined any more.
const LEVELS: usize = 3;

type Start = [u8; 8];
type Known = (Start, OpPlace);

/// How many runs and tables there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Extent {
    /// Runs in the log: the number of the next one.
    runs: u32,
    /// Of these, runs whose operations stand in tables.
    tabled: u32,
    tables: [u32; LEVELS],
}

impl Row for Extent {
    const TABLE: &'static str = "operations by id";

    fn write(&self, w: &mut Writer) {
        w.array(2 + LEVELS)
            .uint(self.runs.into())
            .uint(self.tabled.into());
        for tables in self.tables {
            w.uint(tables.into());
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("extent", 2 + LEVELS)?;
        let mut number = || {
            u32::try_from(r.uint("extent")?).map_err(|_| CborError::Value {
                field: "extent",
                what: "beyond 32 bits",
            })
        };
        let (runs, tabled) = (number()?, number()?);
        let mut tables = [0; LEVELS];
        for level in &mut tables {
            *level = number()?;
        }
        Ok(Self { runs, tabled, tables })
    }
}

/// All operations by id: the newest here, the others in the index.
#[derive(Debug, Default)]
pub(crate) struct OpIds {
    extent: Extent,
    recent: BTreeSet<Known>,
}

impl OpIds {
    /// What the index holds, without the newest: those of the runs from [`OpIds::first_recent`] on are to be added.
    pub fn load(index: &dyn Index) -> Result<Self, EngineError> {
        let extent = index.get(OPERATION, &[])?;
        let extent = extent.map(|bytes| Extent::from_bytes(&bytes)).transpose()?;
        Ok(Self {
            extent: extent.unwrap_or_default(),
            recent: BTreeSet::new(),
        })
    }

    /// The number of the next run.
    pub fn next_run(&self) -> u32 {
        self.extent.runs
    }

    /// The first run whose operations stand in no table.
    pub fn first_recent(&self) -> u32 {
        self.extent.tabled
    }

    /// Adds the operations of a commit that an entry carries.
    pub fn add(&mut self, commit: CommitId, operations: usize, entry: Place) {
        // A commit has far fewer.
        for index in 0..u16::try_from(operations).unwrap_or(u16::MAX) {
            let op = OpId::of(commit, index.into());
            self.recent.insert((start_of(&op), OpPlace { entry, index }));
        }
    }

    /// The run with the next number was added; what became enough for a table is written.
    pub fn end_run(&mut self, view: &mut Overlay<'_>) -> Result<(), EngineError> {
        self.extent.runs = self.extent.runs.saturating_add(1);
        if self.recent.len() >= ID_TABLE_OPERATIONS {
            let known: Vec<Known> = std::mem::take(&mut self.recent).into_iter().collect();
            self.extent.tabled = self.extent.runs;
            self.write_table(view, 0, &known);
            self.join_tables(view)?;
        }
        view.put(OPERATION, &[], self.extent.to_bytes());
        Ok(())
    }

    fn write_table(&mut self, view: &mut Overlay<'_>, level: usize, known: &[Known]) {
        let Some(table) = self.extent.tables.get_mut(level) else {
            return;
        };
        let prefix = table_prefix(level, *table);
        *table = table.saturating_add(1);
        for part in known.chunks(ID_ROW_OPERATIONS) {
            let Some(last) = part.last() else { continue };
            let row = part.iter().map(|one| to_bytes(*one)).collect::<Vec<_>>().concat();
            view.put(OPERATION, &key(&[&prefix, &to_bytes(*last)]), row);
        }
    }

    fn join_tables(&mut self, view: &mut Overlay<'_>) -> Result<(), EngineError> {
        for level in 0..LEVELS - 1 {
            if self.extent.tables[level] < ID_TABLES_PER_LEVEL {
                return Ok(());
            }
            let mut known = Vec::new();
            for table in 0..std::mem::take(&mut self.extent.tables[level]) {
                for (key, row) in view.scan(OPERATION, &table_prefix(level, table))? {
                    known.extend(read_row(&row)?);
                    view.remove(OPERATION, &key);
                }
            }
            known.sort_unstable();
            self.write_table(view, level + 1, &known);
        }
        Ok(())
    }

    /// Where operations stand whose ids begin as this one does.
    pub fn candidates(&self, index: &dyn Index, op: &OpId) -> Result<Vec<OpPlace>, EngineError> {
        let start = start_of(op);
        let mut found = Vec::new();
        for (level, tables) in self.extent.tables.iter().enumerate() {
            for table in 0..*tables {
                let prefix = table_prefix(level, table);
                // Rows are named by their last operation: the first that is not before the one looked for.
                let mut after = key(&[&prefix, &before(start)]);
                while let Some((name, row)) = index.scan(OPERATION, &prefix, Some(&after), 1)?.pop() {
                    let known = read_row(&row)?;
                    found.extend(known.iter().filter(|known| known.0 == start).map(|known| known.1));
                    if known.last().is_none_or(|last| last.0 > start) {
                        break;
                    }
                    after = name;
                }
            }
        }
        let recent = self.recent.range((start, OpPlace::FIRST)..);
        found.extend(recent.take_while(|known| known.0 == start).map(|known| known.1));
        Ok(found)
    }
}

fn start_of(op: &OpId) -> Start {
    let [a, b, c, d, e, f, g, h, ..] = op.0;
    [a, b, c, d, e, f, g, h]
}

/// A key part below that of every operation whose id begins so, and not below that of any other before it.
fn before(start: Start) -> Vec<u8> {
    match u64::from_be_bytes(start).checked_sub(1) {
        Some(number) => [number.to_be_bytes(), [0xff; OpPlace::BYTES]].concat(),
        None => Vec::new(),
    }
}

fn table_prefix(level: usize, table: u32) -> Vec<u8> {
    let level = u8::try_from(level).unwrap_or(u8::MAX);
    key(&[&[level], &table.to_be_bytes()])
}

fn to_bytes((start, place): Known) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&start);
    bytes[8..].copy_from_slice(&place.to_bytes());
    bytes
}

fn read_row(row: &[u8]) -> Result<Vec<Known>, EngineError> {
    let one = |bytes: &[u8]| {
        let (start, place) = bytes.split_first_chunk()?;
        Some((*start, OpPlace::from_bytes(place)?))
    };
    let known = row.chunks(16).map(one).collect::<Option<_>>();
    known.ok_or(EngineError::Index { table: Extent::TABLE })
}
