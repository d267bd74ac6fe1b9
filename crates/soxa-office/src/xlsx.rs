//! Workbooks as calamine reads them, cell by cell: a sheet is never laid out whole, so that one cell in the last corner
//! costs one cell.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use calamine::{CellErrorType, DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use soxa_records::Date;

use crate::limits::*;
use crate::workbook::{Area, Cell, Row, Sheet, Unreadable, Value, Workbook};

/// Reads a workbook that [`crate::package::inspect`] has looked through. The parser is somebody else's and may panic on
/// what nobody has thought of: that is damage of the file, not of this program.
pub fn read(bytes: &[u8]) -> Result<Workbook, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| parse(bytes)))
        .unwrap_or_else(|_| Err(Unreadable::Damaged("xlsx".to_owned())))
}

fn damaged(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Damaged(error.to_string())
}

fn too_large(what: &'static str, limit: usize) -> Unreadable {
    Unreadable::TooLarge {
        what,
        limit: limit as u64,
    }
}

/// What has been read of all sheets.
#[derive(Default)]
struct Read {
    rows: usize,
    cells: usize,
    passed: usize,
    text_bytes: usize,
    shared: HashMap<(usize, usize), Arc<str>>,
}

fn parse(bytes: &[u8]) -> Result<Workbook, Unreadable> {
    let mut xlsx = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let sheets: Vec<(String, bool)> = xlsx
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    if sheets.len() > SHEETS_MAX {
        return Err(too_large("sheets", SHEETS_MAX));
    }
    let mut read = Read::default();
    let mut workbook = Workbook::default();
    for (name, hidden) in sheets {
        let merged = xlsx.merge_cells_by_sheet_name(&name).map_err(damaged)?;
        if merged.len() > MERGED_MAX {
            return Err(too_large("merged areas", MERGED_MAX));
        }
        let merged = merged.iter().filter_map(area).collect();
        let rows = read.rows_of(&mut xlsx, &name)?;
        workbook.sheets.push(Sheet {
            name,
            hidden,
            rows,
            merged,
        });
    }
    Ok(workbook)
}

fn area(dimensions: &Dimensions) -> Option<Area> {
    let column = |column: u32| u16::try_from(column).ok();
    Some(Area {
        top: dimensions.start.0.checked_add(1)?,
        bottom: dimensions.end.0.checked_add(1)?,
        left: column(dimensions.start.1)?,
        right: column(dimensions.end.1)?,
    })
}

impl Read {
    fn rows_of(&mut self, xlsx: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, Unreadable> {
        let mut reader = xlsx.worksheet_cells_reader(name).map_err(damaged)?;
        let mut rows: Vec<Row> = Vec::new();
        let mut sorted = true;
        while let Some(record) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
            self.passed += 1;
            if self.passed > CELLS_PASSED_MAX {
                return Err(too_large("cells", CELLS_PASSED_MAX));
            }
            let computed = record.formula.is_some();
            let value = match self.value(&record.value)? {
                Some(value) => value,
                None if computed => Value::Uncomputed,
                None => continue,
            };
            let number = record
                .pos
                .0
                .checked_add(1)
                .ok_or_else(|| too_large("rows", ROWS_MAX))?;
            let column = u16::try_from(record.pos.1)
                .ok()
                .filter(|column| u32::from(*column) < COLUMNS_MAX);
            let column = column.ok_or_else(|| too_large("columns", COLUMNS_MAX as usize))?;
            self.cells += 1;
            if self.cells > CELLS_MAX {
                return Err(too_large("cells", CELLS_MAX));
            }
            let cell = Cell { value, computed };
            match rows.last_mut() {
                Some(row) if row.number == number => {
                    sorted &= row.cells.last().is_none_or(|(before, _)| *before < column);
                    row.cells.push((column, cell));
                }
                before => {
                    sorted &= before.is_none_or(|row| row.number < number);
                    self.rows += 1;
                    if self.rows > ROWS_MAX {
                        return Err(too_large("rows", ROWS_MAX));
                    }
                    rows.push(Row {
                        number,
                        cells: vec![(column, cell)],
                    });
                }
            }
        }
        // No program writes a sheet out of order or a cell twice.
        if sorted {
            Ok(rows)
        } else {
            Err(Unreadable::Damaged(format!("{name}: cells out of order")))
        }
    }

    fn value(&mut self, data: &DataRef<'_>) -> Result<Option<Value>, Unreadable> {
        Ok(match data {
            DataRef::Empty => None,
            DataRef::Int(number) => Some(Value::Number(*number as f64)),
            DataRef::Float(number) => number.is_finite().then_some(Value::Number(*number)),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                self.text(text, false)?
            }
            DataRef::SharedString(text) => self.text(text, true)?,
            DataRef::Bool(yes) => Some(Value::Truth(*yes)),
            DataRef::DateTime(moment) => Some(day(moment)),
            DataRef::Error(error) => Some(Value::Fault(fault(error))),
        })
    }

    /// A text, held once however many cells share it.
    fn text(&mut self, text: &str, shared: bool) -> Result<Option<Value>, Unreadable> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        self.text_bytes = self.text_bytes.saturating_add(trimmed.len());
        if self.text_bytes > TEXT_BYTES_MAX {
            return Err(too_large("bytes of text", TEXT_BYTES_MAX));
        }
        if trimmed.len() > CELL_CHARACTERS_MAX && trimmed.chars().count() > CELL_CHARACTERS_MAX {
            return Err(too_large("characters in a cell", CELL_CHARACTERS_MAX));
        }
        if !shared {
            return Ok(Some(Value::Text(trimmed.into())));
        }
        let key = (trimmed.as_ptr() as usize, trimmed.len());
        let held = self.shared.entry(key).or_insert_with(|| trimmed.into());
        Ok(Some(Value::Text(Arc::clone(held))))
    }
}

/// A number with a format of days; what is no day of the ledger's calendar stays a number.
fn day(moment: &ExcelDateTime) -> Value {
    let number = || Value::Number(moment.as_f64());
    if !moment.is_datetime() || !(1.0..2_958_466.0).contains(&moment.as_f64()) {
        return number();
    }
    let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
    Date::new(year, month, day).map_or_else(
        |_| number(),
        |date| Value::Day(date, u16::from(hour) * 60 + u16::from(minute)),
    )
}

fn fault(error: &CellErrorType) -> String {
    error.to_string()
}
