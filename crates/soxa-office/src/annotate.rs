//! A copy of a workbook in which every problem can be seen where it is: the cell coloured, with the reason as a note, and all
//! reasons of a row in a column behind the last one. The copy holds the values; fonts, widths and formulas are not kept.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, ExcelDateTime, Format, Note, Worksheet};
use soxa_lang::{Lang, text};
use soxa_records::Date;

use crate::problems::{Problem, Problems};
use crate::workbook::{Cell, Sheet, Value, Workbook};
use crate::write::{NotWritten, book};

/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 500;
/// The colour of a cell with a problem.
const MARKED: Color = Color::RGB(0x00ff_c7ce);

/// Makes the copy; `say` words a problem.
///
/// # Errors
/// When a sheet cannot hold it.
pub fn copy(
    workbook: &Workbook,
    problems: &Problems,
    say: impl Fn(&Problem) -> String,
    lang: Lang,
    day: Date,
) -> Result<Vec<u8>, NotWritten> {
    let mut copy = book(day)?;
    for sheet in &workbook.sheets {
        let mut rows: BTreeMap<u32, Vec<(Option<u16>, String)>> = BTreeMap::new();
        for problem in problems
            .kept
            .iter()
            .filter(|problem| problem.place.sheet == sheet.name)
        {
            rows.entry(problem.place.row)
                .or_default()
                .push((problem.place.column, say(problem)));
        }
        let made = copy.add_worksheet();
        if !sheet.name.is_empty() {
            made.set_name(&sheet.name)?;
        }
        for row in &sheet.rows {
            for (column, cell) in &row.cells {
                write(made, row.number, *column, cell, &Format::new())?;
            }
        }
        mark(made, sheet, &rows, lang)?;
    }
    Ok(copy.save_to_buffer()?)
}

fn mark(
    made: &mut Worksheet,
    sheet: &Sheet,
    rows: &BTreeMap<u32, Vec<(Option<u16>, String)>>,
    lang: Lang,
) -> Result<(), NotWritten> {
    let Some(first) = rows.keys().next() else {
        return Ok(());
    };
    let last = sheet
        .rows
        .iter()
        .filter_map(|row| row.cells.last())
        .map(|(column, _)| *column)
        .max()
        .unwrap_or(0);
    let behind = last.saturating_add(1);
    let marked = Format::new().set_background_color(MARKED);
    made.set_column_width(behind, 60)?;
    // Above the first problem, where that leaves room.
    if *first > 1 {
        made.write_string(
            first.saturating_sub(2),
            behind,
            text(lang, "cli.import.problems", &[]),
        )?;
    }
    for (number, found) in rows {
        let row = sheet.rows.iter().find(|row| row.number == *number);
        for (column, reason) in found {
            let Some(column) = column else { continue };
            match row.and_then(|row| row.cell(*column)) {
                Some(cell) => write(made, *number, *column, cell, &marked)?,
                None => {
                    made.write_blank(number.saturating_sub(1), *column, &marked)?;
                }
            }
            let short: String = reason.chars().take(NOTE_CHARACTERS_MAX).collect();
            made.insert_note(
                number.saturating_sub(1),
                *column,
                &Note::new(short).add_author_prefix(false),
            )?;
        }
        let all: Vec<&str> = found.iter().map(|(_, reason)| reason.as_str()).collect();
        made.write_string_with_format(number.saturating_sub(1), behind, all.join("; "), &marked)?;
    }
    Ok(())
}

/// Writes a cell; rows are numbered from 1 in what was read.
fn write(
    made: &mut Worksheet,
    number: u32,
    column: u16,
    cell: &Cell,
    format: &Format,
) -> Result<(), NotWritten> {
    let row = number.saturating_sub(1);
    match &cell.value {
        Value::Number(number) => made.write_number_with_format(row, column, *number, format)?,
        Value::Truth(yes) => made.write_boolean_with_format(row, column, *yes, format)?,
        Value::Day(day, _) => write_day(made, row, column, *day, format)?,
        Value::Text(_) | Value::Fault(_) | Value::Uncomputed => {
            made.write_string_with_format(row, column, cell.text(), format)?
        }
    };
    Ok(())
}

fn write_day<'a>(
    made: &'a mut Worksheet,
    row: u32,
    column: u16,
    day: Date,
    format: &Format,
) -> Result<&'a mut Worksheet, NotWritten> {
    let format = format.clone().set_num_format("dd/mm/yyyy");
    match ExcelDateTime::from_ymd(day.year(), day.month(), day.day()) {
        Ok(moment) => Ok(made.write_datetime_with_format(row, column, &moment, &format)?),
        // Days before 1900 have no number in a spreadsheet.
        Err(_) => Ok(made.write_string_with_format(
            row,
            column,
            soxa_lang::date(day.year(), day.month(), day.day()),
            &format,
        )?),
    }
}
