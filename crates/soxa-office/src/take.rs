//! Taking values from a line: each is there, or a problem with its place is.

use soxa_lang::{Lang, text};
use soxa_records::{Date, Quantity};

use crate::cells;
use crate::columns::words;
use crate::problems::{Problems, Reason};
use crate::table::{Line, Table};
use crate::workbook::{Cell, Value};

/// The words of a choice: as the program writes them, and where their translations stand.
#[derive(Debug, Clone, Copy)]
pub struct Words<T: 'static> {
    /// All of them.
    pub all: &'static [T],
    /// How the program writes one.
    pub as_str: fn(T) -> &'static str,
    /// The section of their translations, for example `records.unit_kind`.
    pub section: &'static str,
}

impl<T: Copy> Words<T> {
    fn find(&self, said: &str) -> Option<T> {
        let is = |one: &&T| {
            let word = (self.as_str)(**one);
            let key = format!("{}.{word}", self.section);
            let translated = Lang::ALL.iter().map(|lang| text(*lang, &key, &[]));
            words(word) == said
                || translated
                    .into_iter()
                    .any(|text| words(&text) == said || text.split(',').any(|part| words(part) == said))
        };
        self.all.iter().find(is).copied()
    }
}

/// What each line of a table says, with its row, and what is wrong with the table: for tables that are no lists of records.
pub fn lines<T>(
    table: &Table<'_>,
    mut read: impl FnMut(&mut Taking<'_, '_>) -> Option<T>,
) -> (Vec<(u32, T)>, Problems) {
    let (mut all, mut problems) = (Vec::new(), table.problems.clone());
    if !table.lacks_a_column() {
        for line in &table.lines {
            let said = read(&mut Taking::new(table, line, &mut problems));
            all.extend(said.map(|said| (line.row, said)));
        }
    }
    (all, problems)
}

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

    /// A value that must be there.
    pub fn required<T>(
        &mut self,
        column: &str,
        take: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        if self.table.cell(self.line, column).is_none() {
            self.refuse(column, Reason::Empty);
        }
        take(self, column)
    }

    /// The number of the row.
    #[must_use]
    pub fn row(&self) -> u32 {
        self.line.row
    }

    /// A word of the program: itself, its translation in any language or a part of that between commas, or one of these other
    /// words, folded.
    pub fn word<T: Copy>(&mut self, column: &str, choice: &Words<T>, others: &[(&str, T)]) -> Option<T> {
        self.optional(column, |cell| {
            let said = words(&cell.text());
            let other = others.iter().find(|(word, _)| *word == said);
            let found = other.map(|(_, value)| *value).or_else(|| choice.find(&said));
            found.ok_or_else(|| Reason::NotAWord {
                value: cell.text(),
                section: choice.section,
                words: choice.all.iter().map(|one| (choice.as_str)(*one)).collect(),
            })
        })
    }

    /// Whether a cell is ticked; no when it is empty.
    pub fn tick(&mut self, column: &str) -> bool {
        let parse = |cell: &Cell| match (&cell.value, words(&cell.text()).as_str()) {
            (Value::Truth(yes), _) => Ok(*yes),
            (_, "yes" | "co" | "x" | "true" | "1") => Ok(true),
            (_, "no" | "khong" | "false" | "0" | "") => Ok(false),
            _ => Err(Reason::NotATick(cell.text())),
        };
        self.optional(column, parse).unwrap_or(false)
    }

    /// A number of people or papers, if there is one.
    pub fn count(&mut self, column: &str) -> Option<u32> {
        self.optional(column, cells::count)
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

    /// A day with the minute of the day, where the cell tells it, if there is one.
    pub fn moment(&mut self, column: &str) -> Option<(Date, Option<u16>)> {
        self.optional(column, cells::moment)
    }

    /// A day, if there is one.
    pub fn day(&mut self, column: &str) -> Option<Date> {
        self.optional(column, cells::day)
    }
}
