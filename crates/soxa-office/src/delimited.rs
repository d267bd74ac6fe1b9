//! CSV: UTF-8 with or without a mark, UTF-16 as Excel saves "Unicode text", or the bytes of old Vietnamese programs. Commas,
//! semicolons and tabs separate.

use crate::limits::*;
use crate::workbook::{Cell, Row, Sheet, Unreadable, Value};

/// What a spreadsheet would take for a formula; our own CSV files put an apostrophe before it.
pub const FORMULA_SIGNS: [char; 4] = ['=', '+', '-', '@'];

/// Reads a CSV file as a sheet without a name; rows have the numbers of their lines. Also says whether its text is Unicode:
/// else it has the codes of an old font, one byte a letter, and which font that is remains to be told.
pub fn read(bytes: &[u8]) -> Result<(Sheet, bool), Unreadable> {
    let (text, is_unicode) = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(&text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let (mut cells, mut record) = (0, csv::StringRecord::new());
    let mut lines = Lines::of(&text);
    while reader
        .read_record(&mut record)
        .map_err(|e| Unreadable::Damaged(e.to_string()))?
    {
        let from = record.position().map_or(0, csv::Position::byte);
        let mut row = Row {
            number: lines.next_from(usize::try_from(from).unwrap_or(usize::MAX)),
            cells: Vec::new(),
        };
        for (column, text) in (0_u16..).zip(&record) {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if u32::from(column) >= COLUMNS_MAX {
                return Err(Unreadable::TooLarge {
                    what: "columns",
                    limit: COLUMNS_MAX.into(),
                });
            }
            if text.len() > CELL_CHARACTERS_MAX && text.chars().count() > CELL_CHARACTERS_MAX {
                return Err(Unreadable::TooLarge {
                    what: "characters in a cell",
                    limit: CELL_CHARACTERS_MAX as u64,
                });
            }
            row.cells
                .push((column, Cell::typed(Value::Text(unquoted(text).into()))));
        }
        cells += row.cells.len();
        if cells > CELLS_MAX || sheet.rows.len() >= ROWS_MAX {
            return Err(Unreadable::TooLarge {
                what: "rows",
                limit: ROWS_MAX as u64,
            });
        }
        if !row.cells.is_empty() {
            sheet.rows.push(row);
        }
    }
    Ok((sheet, is_unicode))
}

/// Numbers of lines, as the text is gone through. The reader's own are those of where it stopped reading, which of `\r\n` is
/// between the two, and of empty lines before the first.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    number: u32,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            number: 1,
        }
    }

    /// The number of the first line that is not empty from a byte on.
    fn next_from(&mut self, from: usize) -> u32 {
        while let Some(byte) = self.text.get(self.at) {
            if self.at >= from && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            // Of `\r\n` the second ends the line.
            let ends = *byte == b'\n' || *byte == b'\r' && self.text.get(self.at + 1) != Some(&b'\n');
            self.number = self.number.saturating_add(u32::from(ends));
            self.at += 1;
        }
        self.number
    }
}

/// A text without the apostrophe that keeps it from being a formula.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'')
        .filter(|rest| rest.starts_with(FORMULA_SIGNS))
        .unwrap_or(text)
}

fn decode(bytes: &[u8]) -> Result<(String, bool), Unreadable> {
    let utf16 = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]]));
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| Unreadable::UnknownText)
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return Ok((utf16(rest, u16::from_le_bytes)?, true));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return Ok((utf16(rest, u16::from_be_bytes)?, true));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(Unreadable::UnknownText);
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (bytes.iter().map(|byte| char::from(*byte)).collect(), false),
    })
}

/// The mark between cells: the one that the first lines have most of, outside quotes.
fn separator(text: &str) -> u8 {
    let count = |mark: &u8| {
        let mut quoted = false;
        let lines = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(HEADER_SEARCH_ROWS);
        lines
            .flat_map(str::bytes)
            .filter(|byte| {
                quoted ^= *byte == b'"';
                !quoted && byte == mark
            })
            .count()
    };
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(b',')
}
