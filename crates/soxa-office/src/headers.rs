//! The header of a sheet: which rows it takes and which column of the sheet is which of the table. Titles may stand above it,
//! and it may have several rows, with merged cells over groups (`Nguyên giá` over `Ngân sách` and `Nguồn khác`).

use std::collections::BTreeMap;

use crate::columns::{Column, Form, Headings, scale};
use crate::limits::{HEADER_ROWS_MAX, HEADER_SEARCH_ROWS};
use crate::workbook::{Row, Sheet};

/// A column of the sheet that the table knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Which of the table's columns, by its place among them.
    pub column: usize,
    /// The column of the sheet, from 0.
    pub at: u16,
    /// How the file heads it.
    pub shown: String,
    /// What one of the sheet's numbers is in đồng.
    pub scale: i64,
}

/// The header of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its first row, by number.
    pub top: u32,
    /// Its last row, by number.
    pub bottom: u32,
    /// The columns that the table knows, in the sheet's order; one may stand twice.
    pub headings: Vec<Heading>,
    /// Headings of columns that the table does not know.
    pub unknown: Vec<(u16, String)>,
}

impl Header {
    /// How many of the table's columns it has.
    #[must_use]
    pub fn score(&self) -> usize {
        let mut columns: Vec<usize> = self.headings.iter().map(|heading| heading.column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns.len()
    }
}

/// Finds the header among the first rows: the one that names most of the table's columns, in as few rows as possible.
#[must_use]
pub fn find(sheet: &Sheet, columns: &[Column]) -> Option<Header> {
    let known = &Headings::of(columns);
    let candidates = sheet.rows.iter().take(HEADER_SEARCH_ROWS).enumerate();
    let headers = candidates.flat_map(|(first, _)| {
        (1..=HEADER_ROWS_MAX).filter_map(move |depth| {
            let rows = sheet.rows.get(first..first + depth)?;
            Some(read(sheet, rows, columns, known))
        })
    });
    // Of equal ones the first: fewest rows, highest up.
    let best = headers
        .filter(|header| header.score() > 0)
        .reduce(|best, header| {
            let fewer = header.bottom - header.top < best.bottom - best.top;
            if header.score() > best.score()
                || header.score() == best.score() && fewer && header.bottom == best.bottom
            {
                header
            } else {
                best
            }
        })?;
    Some(reaching_down(sheet, best))
}

/// Cells that are merged downwards out of the header make it longer.
fn reaching_down(sheet: &Sheet, mut header: Header) -> Header {
    let begins_inside = |top: u32| (header.top..=header.bottom).contains(&top);
    let reach = sheet
        .merged
        .iter()
        .filter(|area| begins_inside(area.top))
        .map(|area| area.bottom)
        .max();
    let limit = header.top.saturating_add(HEADER_ROWS_MAX as u32);
    header.bottom = reach
        .filter(|bottom| *bottom < limit)
        .unwrap_or(0)
        .max(header.bottom);
    header
}

fn read(sheet: &Sheet, rows: &[Row], columns: &[Column], known: &Headings) -> Header {
    let (top, bottom) = (
        rows.first().map_or(0, |row| row.number),
        rows.last().map_or(0, |row| row.number),
    );
    let mut header = Header {
        top,
        bottom,
        headings: Vec::new(),
        unknown: Vec::new(),
    };
    let general = title_scale(sheet, top);
    for (at, path) in paths(sheet, rows) {
        let shown = path.join(" – ");
        // The whole of what stands over it, else what is left below the uppermost groups.
        let mut below = (0..path.len()).filter_map(|from| path.get(from..));
        let Some(column) = below.find_map(|path| known.column(&path.join(" "))) else {
            header.unknown.push((at, shown));
            continue;
        };
        let is_money = columns
            .get(column)
            .is_some_and(|column| column.form == Form::Money);
        let own = path.iter().rev().find_map(|text| scale(text));
        let scale = if is_money { own.or(general).unwrap_or(1) } else { 1 };
        header.headings.push(Heading {
            column,
            at,
            shown,
            scale,
        });
    }
    header
}

/// The texts over each column from top to bottom, those of merged cells over all their columns, none twice in a row.
fn paths(sheet: &Sheet, rows: &[Row]) -> BTreeMap<u16, Vec<String>> {
    let mut paths: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for row in rows {
        for (column, cell) in &row.cells {
            let text = cell.text();
            let area = sheet
                .merged
                .iter()
                .find(|area| area.top == row.number && area.left == *column);
            for over in *column..=area.map_or(*column, |area| area.right) {
                let path = paths.entry(over).or_default();
                if path.last() != Some(&text) {
                    path.push(text.clone());
                }
            }
        }
    }
    paths
}

/// The unit of sums that a title above the header names: `Đơn vị tính: nghìn đồng`.
fn title_scale(sheet: &Sheet, top: u32) -> Option<i64> {
    let titles = sheet
        .rows
        .iter()
        .take_while(|row| row.number < top)
        .flat_map(|row| &row.cells);
    let texts = titles.map(|(_, cell)| cell.text());
    texts
        .filter(|text| is_unit_line(text))
        .find_map(|text| scale(&text))
}

fn is_unit_line(text: &str) -> bool {
    let words = crate::columns::words(text);
    ["don vi tinh", "dvt", "don vi"]
        .iter()
        .any(|start| words.starts_with(start))
}
