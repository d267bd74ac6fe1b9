//! Lists for people: a workbook with filters, a header that stays and a row of totals, or CSV that Excel opens as it is.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};
use soxa_lang::{Lang, text};
use soxa_records::{Date, Quantity};

use crate::cells::DONG_MAX;
use crate::columns::{Column, Form};
use crate::delimited::FORMULA_SIGNS;
use crate::problems::letters;

/// The font of official papers (Decree 30/2020).
const FONT: &str = "Times New Roman";
/// Its size in points.
const POINTS: f64 = 13.0;
/// Width of a column in characters, at least and at most.
const WIDTH: (usize, usize) = (8, 50);
/// Rows from which the width of a column is taken.
const WIDTH_ROWS: usize = 500;
/// `SUBTOTAL`: a sum over the rows that a filter shows.
const SUM_OF_SHOWN: u8 = 109;
/// The mark by which Excel knows a CSV file as UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A workbook that could not be made: more rows than a sheet has, or a name that sheets cannot have.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be made: {0}")]
pub struct NotWritten(#[from] XlsxError);

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A sum in đồng.
    Sum(i64),
    /// An amount.
    Amount(Quantity),
    /// A year.
    Year(u16),
    /// A whole number.
    Count(u64),
    /// A day.
    Day(Date),
    /// A word of the program, which people read translated.
    Word {
        /// The section of its translations, for example `records.unit_kind`.
        section: String,
        /// The word.
        word: String,
    },
    /// Yes, or nothing.
    Tick(bool),
    /// What a list of the program shows to people, and what it tells programs.
    Told {
        /// For people.
        shown: String,
        /// For programs.
        plain: String,
    },
}

impl Entry {
    /// A text, or nothing when it is empty.
    #[must_use]
    pub fn text(text: String) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self, lang: Lang) -> String {
        match self {
            Self::Word { section, word } => text(lang, &format!("{section}.{word}"), &[]),
            Self::Told { shown, .. } => shown.clone(),
            other => other.plain(),
        }
    }

    /// As programs read it.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Word { word, .. } => word.clone(),
            Self::Tick(true) => "x".to_owned(),
            Self::Tick(false) => String::new(),
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Told { plain, .. } => plain.clone(),
            Self::Sum(sum) => sum.to_string(),
            Self::Amount(amount) => amount.to_string(),
            Self::Year(year) => year.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// A list under headings.
#[derive(Debug, Clone)]
pub struct List {
    /// The name of its sheet.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, with one entry for each column.
    pub rows: Vec<Vec<Entry>>,
}

impl List {
    /// A workbook of the list, dated as it says.
    ///
    /// # Errors
    /// When a sheet cannot hold it.
    pub fn xlsx(&self, lang: Lang, day: Date) -> Result<Vec<u8>, NotWritten> {
        let mut book = book(day)?;
        let sheet = book.add_worksheet();
        sheet.set_name(&self.name)?;
        heading_row(sheet, lang, &self.columns)?;
        for (row, entries) in (1_u32..).zip(&self.rows) {
            for (column, entry) in (0_u16..).zip(entries) {
                write(sheet, lang, row, column, entry)?;
            }
        }
        let last = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let width = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if last > 0 {
            sheet.autofilter(0, 0, last, width)?;
            self.totals(sheet, lang, last)?;
        }
        for (column, width) in (0_u16..).zip(self.widths(lang)) {
            sheet.set_column_width(column, width as f64)?;
        }
        Ok(book.save_to_buffer()?)
    }

    /// A row of sums under the list, one row below so that filters leave it alone.
    fn totals(&self, sheet: &mut Worksheet, lang: Lang, last: u32) -> Result<(), NotWritten> {
        if self.columns.iter().all(|column| column.form != Form::Money) {
            return Ok(());
        }
        let row = last.saturating_add(1);
        let bold = cell_format().set_bold();
        sheet.write_string_with_format(row, 0, text(lang, "cli.label.total", &[]), &bold)?;
        for (column, _) in (0_u16..)
            .zip(&self.columns)
            .filter(|(_, column)| column.form == Form::Money)
        {
            let sums = self
                .rows
                .iter()
                .filter_map(|row| match row.get(usize::from(column)) {
                    Some(Entry::Sum(sum)) => Some(*sum),
                    _ => None,
                });
            let sum = sums.fold(0_i64, i64::saturating_add);
            let letters = letters(column);
            let formula = Formula::new(format!("=SUBTOTAL({SUM_OF_SHOWN},{letters}2:{letters}{row})"));
            sheet.write_formula_with_format(
                row,
                column,
                formula.set_result(sum.to_string()),
                &money().set_bold(),
            )?;
        }
        Ok(())
    }

    fn widths(&self, lang: Lang) -> Vec<usize> {
        let of = |at: usize, column: &Column| {
            let entries = self.rows.iter().take(WIDTH_ROWS).filter_map(|row| row.get(at));
            let longest = entries
                .map(|entry| entry.shown(lang).chars().count() + 4)
                .max()
                .unwrap_or(0);
            longest
                .max(column.heading(lang).chars().count() + 2)
                .clamp(WIDTH.0, WIDTH.1)
        };
        self.columns
            .iter()
            .enumerate()
            .map(|(at, column)| of(at, column))
            .collect()
    }

    /// CSV in UTF-8 with a mark. A text that a spreadsheet would take for a formula gets an apostrophe before it, which reading
    /// takes away again.
    #[must_use]
    pub fn csv(&self, lang: Lang) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(MARK.to_vec());
        let headings = self.columns.iter().map(|column| column.heading(lang));
        // Writing to memory does not fail.
        let _ = writer.write_record(headings);
        for row in &self.rows {
            let cells = row.iter().map(|entry| match entry {
                Entry::Text(text) | Entry::Told { shown: text, .. } if text.starts_with(FORMULA_SIGNS) => {
                    format!("'{text}")
                }
                // With three decimals it would read like a group of thousands.
                Entry::Amount(amount) if amount.thousandths % 10 != 0 => format!("{amount}0"),
                other => other.shown(lang),
            });
            let _ = writer.write_record(cells);
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// An empty workbook with these headings, and a sheet that says what goes under them.
///
/// # Errors
/// When a sheet cannot hold it.
pub fn template(lang: Lang, name: &str, columns: &[Column], day: Date) -> Result<Vec<u8>, NotWritten> {
    let mut book = book(day)?;
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    heading_row(sheet, lang, columns)?;
    for (at, column) in (0_u16..).zip(columns) {
        sheet.set_column_width(
            at,
            column.heading(lang).chars().count().clamp(WIDTH.0, WIDTH.1) as f64 + 4.0,
        )?;
        let held = match column.form {
            Form::Text | Form::Sealed => cell_format().set_num_format("@"),
            Form::Money => money(),
            Form::Day => day_format(),
            Form::Amount | Form::Year | Form::Count | Form::Personal => cell_format(),
        };
        sheet.set_column_format(at, &held)?;
    }
    let guide = book.add_worksheet();
    guide.set_name(text(lang, "cli.template.guide", &[]))?;
    let headings = ["column", "needed", "holds", "also"];
    for (at, heading) in (0_u16..).zip(headings) {
        guide.write_string_with_format(
            0,
            at,
            text(lang, &format!("cli.template.{heading}"), &[]),
            &head(),
        )?;
        guide.set_column_width(at, 34.0)?;
    }
    for (row, column) in (1_u32..).zip(columns) {
        let form = match column.form {
            Form::Text => "text",
            Form::Sealed => "sealed",
            Form::Money => "money",
            Form::Amount => "amount",
            Form::Year => "year",
            Form::Count => "count",
            Form::Personal => "personal",
            Form::Day => "day",
        };
        let needed = if column.required {
            text(lang, "cli.label.yes", &[])
        } else {
            String::new()
        };
        let holds = text(lang, &format!("cli.template.form.{form}"), &[]);
        let also = column.synonyms.join("; ");
        for (at, words) in (0_u16..).zip([column.heading(lang), needed, holds, also]) {
            guide.write_string_with_format(row, at, words, &cell_format().set_text_wrap())?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// A workbook that carries the day it is given and nothing of the machine.
pub(crate) fn book(day: Date) -> Result<Workbook, NotWritten> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(day.year(), day.month(), day.day())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    Ok(book)
}

fn heading_row(sheet: &mut Worksheet, lang: Lang, columns: &[Column]) -> Result<(), NotWritten> {
    for (at, column) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(0, at, column.heading(lang), &head())?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write(sheet: &mut Worksheet, lang: Lang, row: u32, column: u16, entry: &Entry) -> Result<(), NotWritten> {
    match entry {
        Entry::Empty => sheet.write_blank(row, column, &cell_format())?,
        Entry::Word { .. } | Entry::Tick(_) | Entry::Told { .. } => {
            sheet.write_string_with_format(row, column, entry.shown(lang), &cell_format())?
        }
        Entry::Text(text) => sheet.write_string_with_format(row, column, text, &cell_format())?,
        Entry::Sum(sum) if (-DONG_MAX..=DONG_MAX).contains(sum) => {
            sheet.write_number_with_format(row, column, *sum as f64, &money())?
        }
        // A double would not hold it exactly.
        Entry::Sum(sum) => sheet.write_string_with_format(row, column, sum.to_string(), &cell_format())?,
        Entry::Amount(amount) => {
            let number = amount.thousandths as f64 / 1_000.0;
            sheet.write_number_with_format(row, column, number, &cell_format().set_num_format("#,##0.###"))?
        }
        Entry::Year(year) => sheet.write_number_with_format(row, column, f64::from(*year), &cell_format())?,
        Entry::Count(count) => sheet.write_number_with_format(
            row,
            column,
            *count as f64,
            &cell_format().set_num_format("#,##0"),
        )?,
        Entry::Day(day) => {
            let moment = ExcelDateTime::from_ymd(day.year(), day.month(), day.day())?;
            sheet.write_datetime_with_format(row, column, &moment, &day_format())?
        }
    };
    Ok(())
}

fn cell_format() -> Format {
    Format::new()
        .set_font_name(FONT)
        .set_font_size(POINTS)
        .set_border(FormatBorder::Thin)
}

fn head() -> Format {
    let format = cell_format().set_bold().set_text_wrap();
    format
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
}

fn money() -> Format {
    cell_format().set_num_format("#,##0")
}

fn day_format() -> Format {
    cell_format().set_num_format("dd/mm/yyyy")
}
