//! The lines of data of a sheet, told from titles, numbering, groups, totals and signatures. What is left out is said; a row
//! that could be data is taken for data, so that its problems show.

use std::collections::BTreeSet;

use soxa_lang::fold;

use crate::cells;
use crate::columns::{Column, Form};
use crate::headers::{self, Header, Heading};
use crate::problems::{Notice, Place, Problems, Reason};
use crate::workbook::{Cell, Row, Sheet, Value, Workbook};

/// The column of running numbers, which every form has and no record.
const NUMBER: Column = Column {
    name: "number",
    label: "cli.label.number",
    synonyms: &["stt", "tt", "so tt", "so thu tu", "no"],
    form: Form::Text,
    required: false,
};
/// Words that begin a row of totals, with their accents: «cổng» and «tổng đài» are things.
const TOTALS: [&str; 5] = ["tổng cộng", "tổng số", "cộng", "tổng", "total"];

/// Why no sheet of a workbook can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSheet {
    /// None has this name; these there are.
    Unknown(Vec<String>),
    /// Several fit equally.
    Several(Vec<String>),
    /// None holds a header of the table's columns.
    None,
}

/// The lines of a sheet under its header.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<'a> {
    /// The sheet.
    pub sheet: &'a Sheet,
    /// The columns that the table may have; running numbers last.
    pub columns: Vec<Column>,
    /// The header.
    pub header: Header,
    /// The lines of data.
    pub lines: Vec<Line<'a>>,
    /// What was left out.
    pub notices: Vec<Notice>,
    /// What is wrong with the table as a whole.
    pub problems: Problems,
}

/// One line of data.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// The row's number.
    pub row: u32,
    /// Its cells, by the place of the column among the table's.
    cells: Vec<Option<&'a Cell>>,
}

/// The sheet of a workbook that holds such a table: the one named, or the visible one whose header fits best.
///
/// # Errors
/// When none fits, or several do.
pub fn choose<'a>(
    workbook: &'a Workbook,
    columns: &[Column],
    name: Option<&str>,
) -> Result<&'a Sheet, NoSheet> {
    let names = |sheets: &[&Sheet]| sheets.iter().map(|sheet| sheet.name.clone()).collect();
    if let Some(name) = name {
        let found = workbook
            .sheets
            .iter()
            .find(|sheet| fold(&sheet.name) == fold(name));
        return found.ok_or_else(|| NoSheet::Unknown(names(&workbook.sheets.iter().collect::<Vec<_>>())));
    }
    let scored = workbook.sheets.iter().filter(|sheet| !sheet.hidden).map(|sheet| {
        let score = headers::find(sheet, columns).map_or(0, |header| header.score());
        (score, sheet)
    });
    let scored: Vec<(usize, &Sheet)> = scored.collect();
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    let fitting: Vec<&Sheet> = scored
        .iter()
        .filter(|(score, _)| *score == best && best > 0)
        .map(|(_, sheet)| *sheet)
        .collect();
    match fitting.as_slice() {
        [] => Err(NoSheet::None),
        [one] => Ok(one),
        several => Err(NoSheet::Several(names(several))),
    }
}

/// Reads the table of a sheet.
///
/// # Errors
/// [`NoSheet::None`] when the sheet has no header of these columns.
pub fn read<'a>(sheet: &'a Sheet, columns: &[Column]) -> Result<Table<'a>, NoSheet> {
    let columns: Vec<Column> = columns.iter().copied().chain([NUMBER]).collect();
    let header = headers::find(sheet, &columns).ok_or(NoSheet::None)?;
    let mut table = Table {
        sheet,
        columns,
        header,
        lines: Vec::new(),
        notices: Vec::new(),
        problems: Problems::default(),
    };
    table.check_header();
    table.sort_rows();
    table.check_merged();
    Ok(table)
}

impl Line<'_> {
    fn is_filled(&self, column: usize) -> bool {
        self.cells.get(column).is_some_and(Option::is_some)
    }

    fn filled(&self) -> usize {
        // The running number, which is last, says nothing by itself.
        let (_, rest) = self.cells.split_last().unwrap_or((&None, &[]));
        rest.iter().filter(|cell| cell.is_some()).count()
    }

    fn number(&self) -> String {
        self.cells
            .last()
            .copied()
            .flatten()
            .map(Cell::text)
            .unwrap_or_default()
    }
}

impl<'a> Table<'a> {
    /// The cell of a line in a column.
    #[must_use]
    pub fn cell(&self, line: &Line<'a>, column: &str) -> Option<&'a Cell> {
        let at = self.columns.iter().position(|one| one.name == column)?;
        line.cells.get(at).copied().flatten()
    }

    /// The heading of a column, when the sheet has it.
    #[must_use]
    pub fn heading(&self, column: &str) -> Option<&Heading> {
        let at = self.columns.iter().position(|one| one.name == column)?;
        self.header.headings.iter().find(|heading| heading.column == at)
    }

    /// The first heading of a column under which a row says something.
    fn filled_heading(&self, row: u32, column: &str) -> Option<&Heading> {
        let at = self
            .sheet
            .rows
            .binary_search_by_key(&row, |row| row.number)
            .ok()?;
        let row = self.sheet.rows.get(at)?;
        let mut headings = self.header.headings.iter();
        headings.find(|heading| {
            let is_it = self
                .columns
                .get(heading.column)
                .is_some_and(|one| one.name == column);
            is_it && row.cell(heading.at).is_some_and(|cell| !cell.is_a_dash())
        })
    }

    /// Whether the sheet has neither a column nor a part of it.
    #[must_use]
    pub fn lacks(&self, column: &Column) -> bool {
        let mut standing = self.columns.iter();
        self.heading(column.name).is_none()
            && !standing.any(|part| column.has_part(part) && self.heading(part.name).is_some())
    }

    /// Whether the sheet lacks a column that every table has; then its lines say nothing.
    #[must_use]
    pub fn lacks_a_column(&self) -> bool {
        let mut columns = self.columns.iter();
        columns.any(|column| column.required && self.lacks(column))
    }

    /// Where a column's cell of a row stands.
    #[must_use]
    pub fn place(&self, row: u32, column: &str) -> Place {
        let heading = self.filled_heading(row, column).or_else(|| self.heading(column));
        Place {
            sheet: self.sheet.name.clone(),
            row,
            column: heading.map(|heading| heading.at),
            heading: heading.map_or_else(|| column.to_owned(), |heading| heading.shown.clone()),
        }
    }

    fn check_header(&mut self) {
        for (at, column) in self.columns.iter().enumerate() {
            let here: Vec<&Heading> = self
                .header
                .headings
                .iter()
                .filter(|heading| heading.column == at)
                .collect();
            let place = |heading: Option<&&Heading>| Place {
                sheet: self.sheet.name.clone(),
                row: self.header.bottom,
                column: heading.map(|heading| heading.at),
                heading: heading.map_or_else(|| column.name.to_owned(), |heading| heading.shown.clone()),
            };
            if column.required && self.lacks(column) {
                self.problems.add(place(None), Reason::MissingColumn);
            }
            // A day or year may stand in one of two columns: those of birth of men and of women.
            let may_be_parted = matches!(column.form, Form::Personal | Form::Day | Form::Year);
            if at + 1 < self.columns.len() && !may_be_parted && here.len() > 1 {
                self.problems.add(place(here.get(1)), Reason::ColumnTwice);
            }
        }
        let personal: Vec<String> = self
            .header
            .headings
            .iter()
            .filter(|heading| {
                let column = self.columns.get(heading.column);
                column.is_some_and(|column| column.form == Form::Personal)
            })
            .map(|heading| heading.shown.clone())
            .collect();
        if !personal.is_empty() {
            self.notices.push(Notice::PersonalLeftOut(personal));
        }
        let scaled = self.header.headings.iter().filter(|heading| heading.scale != 1);
        let scaled = scaled.map(|heading| Notice::Scaled {
            heading: heading.shown.clone(),
            scale: heading.scale,
        });
        self.notices.extend(scaled);
        if !self.header.unknown.is_empty() {
            let unknown = self
                .header
                .unknown
                .iter()
                .map(|(_, shown)| shown.clone())
                .collect();
            self.notices.push(Notice::ColumnsNotRead(unknown));
        }
    }

    fn line(&self, row: &'a Row) -> Line<'a> {
        let mut cells = vec![None; self.columns.len()];
        for heading in &self.header.headings {
            if let Some(cell) = cells.get_mut(heading.column).filter(|cell| cell.is_none()) {
                *cell = row.cell(heading.at).filter(|cell| !cell.is_a_dash());
            }
        }
        Line {
            row: row.number,
            cells,
        }
    }

    fn sort_rows(&mut self) {
        let below = self
            .sheet
            .rows
            .iter()
            .filter(|row| row.number > self.header.bottom);
        let mut lines: Vec<Line<'a>> = below.map(|row| self.line(row)).collect();
        let (mut groups, mut others) = (Vec::new(), Vec::new());
        if lines.first().is_some_and(|line| self.is_numbering(line)) {
            others.push(lines.remove(0).row);
        }
        let last = self.end_of_data(&lines);
        let mut counted = Counted::default();
        for (at, line) in lines.into_iter().enumerate() {
            if total_word(&line).is_some() {
                self.compare_total(&line, &mut counted);
            } else if at >= last || line.filled() == 0 {
                others.push(line.row);
            } else if self.is_group(&line) {
                counted.group.clear();
                groups.push(line.row);
            } else {
                self.count(&line, &mut counted);
                self.check_parted(&line);
                self.lines.push(line);
            }
        }
        for (kind, rows) in [("group", groups), ("footer", others)] {
            if !rows.is_empty() {
                self.notices.push(Notice::RowsNotRead { kind, rows });
            }
        }
    }

    /// Of two columns of one day or year a line fills one.
    fn check_parted(&mut self, line: &Line<'a>) {
        let Ok(at) = self.sheet.rows.binary_search_by_key(&line.row, |row| row.number) else {
            return;
        };
        let row = self.sheet.rows.get(at);
        let mut filled = BTreeSet::new();
        let twice = self.header.headings.iter().find(|heading| {
            let form = self.columns.get(heading.column).map(|column| column.form);
            matches!(form, Some(Form::Day | Form::Year))
                && row
                    .and_then(|row| row.cell(heading.at))
                    .is_some_and(|cell| !cell.is_a_dash())
                && !filled.insert(heading.column)
        });
        if let Some(heading) = twice {
            let place = Place {
                sheet: self.sheet.name.clone(),
                row: line.row,
                column: Some(heading.at),
                heading: heading.shown.clone(),
            };
            self.problems.add(place, Reason::ColumnTwice);
        }
    }

    /// `1 2 3`, `(1) (2) (3)` or `A B 1 2` under a header: its columns numbered from the left. Equal figures are data.
    fn is_numbering(&self, line: &Line<'_>) -> bool {
        let cells = self.header.headings.iter();
        let cells = cells.filter_map(|heading| line.cells.get(heading.column).copied().flatten());
        let marks: Option<Vec<(bool, u32)>> = cells.map(|cell| mark(&cell.text())).collect();
        marks.is_some_and(|marks| marks.len() >= 3 && marks.is_sorted_by(|a, b| a < b))
    }

    /// How many lines there are up to the last one of data: one that lacks something belongs to it when it stands right below and
    /// fills more than half of the columns, which signatures do not.
    fn end_of_data(&self, lines: &[Line<'_>]) -> usize {
        let Some(last) = lines.iter().rposition(|line| self.is_data(line)) else {
            return 0;
        };
        let pairs = lines.windows(2).skip(last);
        let goes_on = pairs.take_while(|pair| match pair {
            [above, line] => {
                let is_next = line.row == above.row + 1 && total_word(line).is_none();
                is_next && line.filled() * 2 > self.header.headings.len()
            }
            _ => false,
        });
        last + 1 + goes_on.count()
    }

    /// Whether the row can be nothing but data: it has a running number, all that every line has, or a figure.
    fn is_data(&self, line: &Line<'_>) -> bool {
        let of = |wanted: fn(&Column) -> bool| {
            let columns = self
                .columns
                .iter()
                .enumerate()
                .filter(move |(_, column)| wanted(column));
            columns
                .map(|(at, _)| at)
                .filter(|at| self.header.headings.iter().any(|heading| heading.column == *at))
        };
        let complete = of(|column| column.required).all(|at| line.is_filled(at));
        let figures = of(|column| matches!(column.form, Form::Money | Form::Amount));
        let figure = figures
            .filter_map(|at| line.cells.get(at).copied().flatten())
            .any(is_figure);
        let counted = is_arabic(&line.number()) && line.filled() > 0;
        total_word(line).is_none() && !self.is_marked(line) && (complete || figure || counted)
    }

    /// A Roman number or a letter where lines have their running number.
    fn is_marked(&self, line: &Line<'_>) -> bool {
        let number = line.number();
        !number.is_empty() && !is_arabic(&number)
    }

    /// The heading of a group, with sums of the group or without: marked as such, or nothing else in the row.
    fn is_group(&self, line: &Line<'_>) -> bool {
        let alone = line.filled() == 1 && !self.is_data(line);
        self.is_marked(line) || alone && line.number().is_empty()
    }

    fn sums(&self, line: &Line<'_>) -> Vec<(usize, i64)> {
        let money = self.columns.iter().enumerate();
        let money = money.filter(|(_, column)| column.form == Form::Money);
        money
            .filter_map(|(at, column)| {
                let cell = line.cells.get(at).copied().flatten()?;
                let scale = self.heading(column.name)?.scale;
                Some((at, cells::money(cell, scale).ok()?))
            })
            .collect()
    }

    fn count(&self, line: &Line<'_>, counted: &mut Counted) {
        for (column, sum) in self.sums(line) {
            counted.all.resize(self.columns.len(), 0);
            counted.group.resize(self.columns.len(), 0);
            for sums in [&mut counted.all, &mut counted.group] {
                if let Some(total) = sums.get_mut(column) {
                    *total = total.saturating_add(sum);
                }
            }
        }
    }

    /// A row of totals may be of its group or of all rows before it.
    fn compare_total(&mut self, line: &Line<'_>, counted: &mut Counted) {
        for (column, written) in self.sums(line) {
            let of = |sums: &[i64]| sums.get(column).copied().unwrap_or(0);
            let all = of(&counted.all);
            if written != all && written != of(&counted.group) {
                let heading = self
                    .header
                    .headings
                    .iter()
                    .find(|heading| heading.column == column);
                let heading = heading.map(|heading| heading.shown.clone()).unwrap_or_default();
                self.notices.push(Notice::TotalDiffers {
                    row: line.row,
                    heading,
                    written,
                    counted: all,
                });
            }
        }
        counted.group.clear();
    }

    /// A value that stands once for several lines is whose?
    fn check_merged(&mut self) {
        let columns: BTreeSet<u16> = self.header.headings.iter().map(|heading| heading.at).collect();
        for area in &self.sheet.merged {
            let first = self.lines.partition_point(|line| line.row < area.top);
            let Some(line) = self.lines.get(first).filter(|line| line.row <= area.bottom) else {
                continue;
            };
            let mut inside = columns.range(area.left..=area.right);
            let Some(column) = inside.next() else { continue };
            if area.top == area.bottom && inside.next().is_none() {
                continue;
            }
            let heading = self.header.headings.iter().find(|heading| heading.at == *column);
            let place = Place {
                sheet: self.sheet.name.clone(),
                row: line.row,
                column: Some(*column),
                heading: heading.map(|heading| heading.shown.clone()).unwrap_or_default(),
            };
            self.problems.add(place, Reason::Merged(area.name()));
        }
    }
}

/// Sums of the lines before a row, by column: of all, and since the last group or total.
#[derive(Default)]
struct Counted {
    all: Vec<i64>,
    group: Vec<i64>,
}

/// The word that makes a row one of totals.
fn total_word(line: &Line<'_>) -> Option<&'static str> {
    let texts = line
        .cells
        .iter()
        .rev()
        .flatten()
        .filter_map(|cell| match &cell.value {
            // Sums may be written as text, one behind the other.
            Value::Text(_) if is_figure(cell) => None,
            Value::Text(text) => Some(text.to_lowercase()),
            _ => None,
        });
    let begins = |text: &String| {
        TOTALS.into_iter().find(|word| {
            text.strip_prefix(word).is_some_and(|rest| match *word {
                // Alone or before a colon only: more may be the name of a thing.
                "tổng" | "cộng" | "total" => rest.trim_start_matches([':', '.', ' ']).is_empty(),
                _ => !rest.starts_with(char::is_alphabetic),
            })
        })
    };
    texts.take(3).find_map(|text| begins(&text))
}

/// The number or letter that stands under the heading of a column, letters first: `1`, `(2)`, `C`, or `6=4-5`.
fn mark(text: &str) -> Option<(bool, u32)> {
    let first = text.split(['=', '-', '+']).next().unwrap_or_default();
    let inner = first.trim_matches(['(', ')', '[', ']', ' ']);
    match inner.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some((false, u32::from(letter.to_ascii_lowercase()))),
        [_] | [_, _] if is_arabic(inner) => inner.parse().ok().map(|number| (true, number)),
        _ => None,
    }
}

fn is_figure(cell: &Cell) -> bool {
    cells::money(cell, 1).is_ok() || cells::amount(cell).is_ok()
}

fn is_arabic(text: &str) -> bool {
    let digits = text.trim_end_matches('.');
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
