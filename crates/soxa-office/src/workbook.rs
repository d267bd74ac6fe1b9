//! Sheets of typed cells, each with its place, from the bytes of a file: what a file is, is told by its bytes, never by
//! its name.

use std::sync::Arc;

use soxa_records::Date;

use crate::limits::FILE_BYTES_MAX;
use crate::problems::{Notice, letters};
use crate::{delimited, encoding, package, xlsx};

/// A file that cannot be read as a table at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than a limit allows.
    #[error("{what}: more than {limit}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: u64,
    },
    /// A workbook with a password.
    #[error("the workbook is protected by a password")]
    Protected,
    /// A workbook with macros.
    #[error("the workbook holds macros")]
    Macros,
    /// A workbook of Excel 97 to 2003 or of another program.
    #[error("{0}")]
    OtherFormat(&'static str),
    /// Bytes that are no text that we know.
    #[error("the text is neither UTF-8 nor UTF-16, nor TCVN3 or VNI")]
    UnknownText,
    /// The file is damaged.
    #[error("{0}")]
    Damaged(String),
}

impl Unreadable {
    /// The last part of the sentence's key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Protected => "protected",
            Self::Macros => "macros",
            Self::OtherFormat(_) => "other_format",
            Self::UnknownText => "unknown_text",
            Self::Damaged(_) => "damaged",
        }
    }
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, in one Unicode form, without space around it, never empty.
    Text(Arc<str>),
    /// A number.
    Number(f64),
    /// A day, with the minute of the day.
    Day(Date, u16),
    /// Yes or no.
    Truth(bool),
    /// An error value such as `#REF!`.
    Fault(String),
    /// A formula whose value the file does not hold.
    Uncomputed,
}

/// One cell that holds something.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub value: Value,
    /// Whether a formula gave it.
    pub computed: bool,
}

impl Cell {
    /// A cell that was typed.
    #[must_use]
    pub fn typed(value: Value) -> Self {
        Self {
            value,
            computed: false,
        }
    }

    /// What people see in it: whole numbers without decimals, days as dd/mm/yyyy.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.value {
            Value::Text(text) => text.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Day(date, _) => soxa_lang::date(date.year(), date.month(), date.day()),
            Value::Truth(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
            Value::Fault(fault) => fault.clone(),
            Value::Uncomputed => String::new(),
        }
    }

    /// Whether it holds nothing but dashes, which people put where there is nothing.
    #[must_use]
    pub fn is_a_dash(&self) -> bool {
        let is_dash = |c: char| matches!(c, '-' | '–' | '—' | ' ');
        matches!(&self.value, Value::Text(text) if text.chars().all(is_dash))
    }
}

/// The cells of one row that hold something.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, from 1.
    pub number: u32,
    /// Its cells by column, from 0, in ascending order.
    pub cells: Vec<(u16, Cell)>,
}

impl Row {
    /// The cell of a column.
    #[must_use]
    pub fn cell(&self, column: u16) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
        self.cells.get(at).map(|(_, cell)| cell)
    }
}

/// A merged area: rows from 1, columns from 0, all included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first row.
    pub top: u32,
    /// The last row.
    pub bottom: u32,
    /// The first column.
    pub left: u16,
    /// The last column.
    pub right: u16,
}

impl Area {
    /// Whether a cell lies in it.
    #[must_use]
    pub fn holds(&self, row: u32, column: u16) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }

    /// As spreadsheets write it: `B5:B9`.
    #[must_use]
    pub fn name(&self) -> String {
        format!(
            "{}{}:{}{}",
            letters(self.left),
            self.top,
            letters(self.right),
            self.bottom
        )
    }
}

/// One sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Its name; empty for a CSV file.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// Its rows that hold something, in ascending order.
    pub rows: Vec<Row>,
    /// Its merged areas.
    pub merged: Vec<Area>,
}

/// A file's sheets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workbook {
    /// In the order of the file.
    pub sheets: Vec<Sheet>,
    /// What was noticed on the way.
    pub notices: Vec<Notice>,
}

/// Reads a workbook or a CSV file.
///
/// # Errors
/// When the bytes are neither, are protected, hold macros, or are more than the limits allow.
pub fn read(bytes: &[u8]) -> Result<Workbook, Unreadable> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLarge {
            what: "bytes",
            limit: FILE_BYTES_MAX as u64,
        });
    }
    if !package::is_zip(bytes) {
        package::refuse_other_formats(bytes)?;
        return read_delimited(bytes);
    }
    let package = package::inspect(bytes)?;
    let mut workbook = xlsx::read(bytes)?;
    if package.external_links {
        workbook.notices.push(Notice::ExternalLinks);
    }
    for sheet in &mut workbook.sheets {
        workbook.notices.extend(encoding::settle(sheet));
    }
    let computed = workbook.sheets.iter().flat_map(|sheet| &sheet.rows);
    let computed = computed
        .flat_map(|row| &row.cells)
        .filter(|(_, cell)| cell.computed)
        .count();
    if computed > 0 {
        workbook.notices.push(Notice::Formulas(computed));
    }
    Ok(workbook)
}

fn read_delimited(bytes: &[u8]) -> Result<Workbook, Unreadable> {
    let (mut sheet, is_unicode) = delimited::read(bytes)?;
    let notices = encoding::settle(&mut sheet);
    if !is_unicode && notices.is_empty() {
        return Err(Unreadable::UnknownText);
    }
    Ok(Workbook {
        sheets: vec![sheet],
        notices,
    })
}
