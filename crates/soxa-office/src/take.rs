//! Taking values from a line: each is there, or a problem with its place is.

use soxa_records::{Date, Quantity};

use crate::cells;
use crate::problems::{Problems, Reason};
use crate::table::{Line, Table};
use crate::workbook::{Cell, Value};

/// Takes the values of one line.
#[derive(Debug)]
pub struct Taking<'a, 't> {
    table: &'t Table<'a>,
    line: &'t Line<'a>,
    problems: &'t mut Problems,
    whole: bool,
}

impl<'a, 't> Taking<'a, 't> {
    /// Nothing is taken yet.
    pub fn new(table: &'t Table<'a>, line: &'t Line<'a>, problems: &'t mut Problems) -> Self {
        Self {
            table,
            line,
            problems,
            whole: true,
        }
    }

    /// Whether every value so far was there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Notes a problem with a column of the line.
    pub fn refuse(&mut self, column: &str, reason: Reason) {
        self.whole = false;
        self.problems.add(self.table.place(self.line.row, column), reason);
    }

    /// The cell of a column, unless it holds what is no value.
    fn cell(&mut self, column: &str) -> Option<&'a Cell> {
        let cell = self.table.cell(self.line, column)?;
        match &cell.value {
            Value::Uncomputed => self.refuse(column, Reason::FormulaWithoutValue),
            Value::Fault(fault) => self.refuse(column, Reason::ErrorValue(fault.clone())),
            _ => return Some(cell),
        }
        None
    }

    fn optional<T>(&mut self, column: &str, parse: impl Fn(&Cell) -> Result<T, Reason>) -> Option<T> {
        let cell = self.cell(column)?;
        parse(cell).map_err(|reason| self.refuse(column, reason)).ok()
    }

    /// A text of at most so many bytes; empty when the cell is.
    pub fn text(&mut self, column: &str, bytes_max: usize) -> String {
        let parse = |cell: &Cell| {
            let text = cell.text();
            if text.len() <= bytes_max {
                Ok(text)
            } else {
                Err(Reason::TooLong(bytes_max))
            }
        };
        self.optional(column, parse).unwrap_or_default()
    }

    /// A text that must be there.
    pub fn required_text(&mut self, column: &str, bytes_max: usize) -> String {
        let before = self.problems.count;
        let text = self.text(column, bytes_max);
        if text.is_empty() && self.problems.count == before {
            self.refuse(column, Reason::Empty);
        }
        text
    }

    /// A sum in đồng, if there is one.
    pub fn money(&mut self, column: &str) -> Option<i64> {
        let scale = self.table.heading(column).map_or(1, |heading| heading.scale);
        self.optional(column, |cell| cells::money(cell, scale))
    }

    /// An amount, if there is one.
    pub fn amount(&mut self, column: &str) -> Option<Quantity> {
        self.optional(column, cells::amount)
    }

    /// A year, if there is one.
    pub fn year(&mut self, column: &str) -> Option<u16> {
        self.optional(column, cells::year)
    }

    /// A day, if there is one.
    pub fn day(&mut self, column: &str) -> Option<Date> {
        self.optional(column, cells::day)
    }
}
