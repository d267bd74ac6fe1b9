//! What is wrong with a file and where, and what was noticed without being wrong: as data. The sentences are found by the
//! keys, below `cli.import.`.

use std::fmt::Display;

use soxa_lang::{Lang, money, text};

use crate::limits::PROBLEMS_KEPT;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The sheet's name; empty in a CSV file.
    pub sheet: String,
    /// The row as the spreadsheet numbers it, or the line of a CSV file.
    pub row: u32,
    /// The column, from 0; none when the whole row is meant.
    pub column: Option<u16>,
    /// What the column is headed with in the file, or the column's name in the program.
    pub heading: String,
}

impl Place {
    /// The column's letters, as in a spreadsheet; empty when the whole row is meant.
    #[must_use]
    pub fn letters(&self) -> String {
        self.column.map(letters).unwrap_or_default()
    }
}

/// The letters of a column: 0 is A, 26 is AA.
#[must_use]
pub fn letters(column: u16) -> String {
    let mut rest = u32::from(column) + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0));
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

/// Why a value cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A value is needed.
    Empty,
    /// No sum of money.
    NotMoney(String),
    /// A sum with a part of a đồng.
    PartOfADong(String),
    /// No amount with at most three decimals.
    NotAnAmount(String),
    /// No year.
    NotAYear(String),
    /// No day of the calendar, as dd/mm/yyyy.
    NotADay(String),
    /// No whole number.
    NotACount(String),
    /// Neither yes nor no.
    NotATick(String),
    /// None of the words that can stand here.
    NotAWord {
        /// What stands there.
        value: String,
        /// The section of the words' translations.
        section: &'static str,
        /// The words.
        words: Vec<&'static str>,
    },
    /// The inventory has no line of this number.
    NoSuchLine(u32),
    /// The book has another code on the line.
    OtherThanBook {
        /// What stands there.
        value: String,
        /// What the book says.
        book: String,
    },
    /// A line of a roster is a post or a quota, and not both.
    PostOrQuota,
    /// No open post of the unit has this code or title.
    UnknownPost {
        /// What stands there.
        value: String,
        /// The unit's open posts that come near it, or some of them.
        near: Vec<String>,
    },
    /// No procedure, or several, have this code or name.
    UnknownProcedure {
        /// What stands there.
        value: String,
        /// Published procedures that come near it, or that have it.
        near: Vec<String>,
    },
    /// The procedure was not in force when the dossier was received.
    NotInForce(String),
    /// Another dossier has this code.
    CodeTaken {
        /// The code.
        value: String,
        /// The beginning of the other dossier's id.
        dossier: String,
    },
    /// A day before the dossier was received, or a return before the decision.
    TooEarly(String),
    /// A day that is still to come.
    ToCome(String),
    /// Nobody says when what has ended did.
    NoEnd,
    /// A status that does not go with the days of the line.
    StatusAndDays,
    /// All posts of this code or title are held already, or given to an earlier line.
    PostHeld(String),
    /// A unit stands below itself, or below more units than the ledger takes.
    TooDeep(String),
    /// More than so many.
    TooMany(usize),
    /// A text that a published record must not hold like this: which one, and why.
    BadPart(String),
    /// Nobody says from which day.
    NoDay,
    /// More bytes than the ledger takes.
    TooLong(usize),
    /// The parts of the row make another sum than stands there.
    SumDiffers {
        /// What stands there, in đồng.
        value: i64,
        /// What the parts make, in đồng.
        sum: i64,
    },
    /// More is left or gone of a thing than it cost.
    MoreThanCost {
        /// What stands there, in đồng.
        value: i64,
        /// The cost, in đồng.
        cost: i64,
    },
    /// No published category has this key, code or name.
    UnknownCategory {
        /// What stands there.
        value: String,
        /// Those that come near it, or that it fits equally well.
        near: Vec<String>,
    },
    /// No unit has this name or code.
    UnknownUnit {
        /// What stands there.
        value: String,
        /// Names that come near it.
        near: Vec<String>,
    },
    /// Several units have it.
    SeveralUnits {
        /// What stands there.
        value: String,
        /// Those that have it.
        near: Vec<String>,
    },
    /// Nobody says which unit the line belongs to.
    NoUnit,
    /// The same key stands in an earlier row.
    Twice {
        /// The key.
        value: String,
        /// The earlier row.
        row: u32,
    },
    /// A formula whose value the file does not hold.
    FormulaWithoutValue,
    /// An error value such as `#REF!`.
    ErrorValue(String),
    /// The cell belongs to a merged area, for example `C5:C9`.
    Merged(String),
    /// The table lacks a column.
    MissingColumn,
    /// No record has this code, name or id.
    UnknownRecord {
        /// What stands there.
        value: String,
        /// Those that come near it.
        near: Vec<String>,
    },
    /// Several records have it.
    SeveralRecords {
        /// What stands there.
        value: String,
        /// Those that have it.
        near: Vec<String>,
    },
    /// What only the program knows to be wrong, in its words.
    Refused(String),
    /// Two columns are the same.
    ColumnTwice,
}

impl Reason {
    /// The last part of the sentence's key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotMoney(_) => "not_money",
            Self::PartOfADong(_) => "part_of_a_dong",
            Self::NotAnAmount(_) => "not_an_amount",
            Self::NotAYear(_) => "not_a_year",
            Self::NotADay(_) => "not_a_day",
            Self::NotACount(_) => "not_a_count",
            Self::NotATick(_) => "not_a_tick",
            Self::NotAWord { .. } => "not_a_word",
            Self::NoSuchLine(_) => "no_such_line",
            Self::OtherThanBook { .. } => "other_than_book",
            Self::PostOrQuota => "post_or_quota",
            Self::UnknownPost { near, .. } if near.is_empty() => "unknown_post",
            Self::UnknownPost { .. } => "unknown_post_near",
            Self::UnknownProcedure { near, .. } if near.is_empty() => "unknown_procedure",
            Self::UnknownProcedure { .. } => "unknown_procedure_near",
            Self::NotInForce(_) => "not_in_force",
            Self::CodeTaken { .. } => "code_taken",
            Self::TooEarly(_) => "too_early",
            Self::ToCome(_) => "to_come",
            Self::StatusAndDays => "status_and_days",
            Self::NoEnd => "no_end",
            Self::PostHeld(_) => "post_held",
            Self::BadPart(_) => "bad_part",
            Self::NoDay => "no_day",
            Self::TooDeep(_) => "too_deep",
            Self::TooMany(_) => "too_many",
            Self::TooLong(_) => "too_long",
            Self::SumDiffers { .. } => "sum_differs",
            Self::MoreThanCost { .. } => "more_than_cost",
            Self::UnknownCategory { near, .. } if near.is_empty() => "unknown_category",
            Self::UnknownCategory { .. } => "unknown_category_near",
            Self::UnknownUnit { near, .. } if near.is_empty() => "unknown_unit",
            Self::UnknownUnit { .. } => "unknown_unit_near",
            Self::SeveralUnits { .. } => "several_units",
            Self::NoUnit => "no_unit",
            Self::Twice { .. } => "twice",
            Self::FormulaWithoutValue => "formula_without_value",
            Self::ErrorValue(_) => "error_value",
            Self::Merged(_) => "merged",
            Self::MissingColumn => "missing_column",
            Self::UnknownRecord { near, .. } if near.is_empty() => "unknown_record",
            Self::UnknownRecord { .. } => "unknown_record_near",
            Self::SeveralRecords { .. } => "several_records",
            Self::Refused(_) => "refused",
            Self::ColumnTwice => "column_twice",
        }
    }

    /// The values of the sentence.
    #[must_use]
    pub fn values(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let value = |value: &dyn Display| vec![("value", value.to_string())];
        match self {
            Self::Empty
            | Self::NoUnit
            | Self::NoDay
            | Self::PostOrQuota
            | Self::StatusAndDays
            | Self::NoEnd
            | Self::FormulaWithoutValue
            | Self::MissingColumn
            | Self::ColumnTwice => Vec::new(),
            Self::NotMoney(said)
            | Self::PartOfADong(said)
            | Self::NotAnAmount(said)
            | Self::NotAYear(said)
            | Self::NotADay(said)
            | Self::NotACount(said)
            | Self::NotATick(said)
            | Self::BadPart(said)
            | Self::NotInForce(said)
            | Self::TooEarly(said)
            | Self::ToCome(said)
            | Self::PostHeld(said)
            | Self::TooDeep(said)
            | Self::ErrorValue(said)
            | Self::Refused(said)
            | Self::Merged(said) => value(said),
            Self::NotAWord {
                value,
                section,
                words,
            } => {
                let known = words
                    .iter()
                    .map(|word| text(lang, &format!("{section}.{word}"), &[]));
                let known: Vec<String> = known.collect();
                vec![("value", value.clone()), ("known", known.join("; "))]
            }
            Self::NoSuchLine(number) => value(number),
            Self::OtherThanBook { value, book } => vec![("value", value.clone()), ("book", book.clone())],
            Self::TooLong(limit) | Self::TooMany(limit) => vec![("limit", limit.to_string())],
            Self::SumDiffers { value, sum } => {
                vec![("value", money(lang, *value)), ("sum", money(lang, *sum))]
            }
            Self::MoreThanCost { value, cost } => {
                vec![("value", money(lang, *value)), ("cost", money(lang, *cost))]
            }
            Self::UnknownCategory { value, near }
            | Self::UnknownUnit { value, near }
            | Self::SeveralUnits { value, near }
            | Self::UnknownRecord { value, near }
            | Self::SeveralRecords { value, near }
            | Self::UnknownPost { value, near }
            | Self::UnknownProcedure { value, near } => {
                vec![("value", value.clone()), ("near", near.join(", "))]
            }
            Self::CodeTaken { value, dossier } => {
                vec![("value", value.clone()), ("dossier", dossier.clone())]
            }
            Self::Twice { value, row } => vec![("value", value.clone()), ("row", row.to_string())],
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a file. The first ones are kept; all are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first ones, in the order of the file.
    pub kept: Vec<Problem>,
    /// How many there are.
    pub count: usize,
}

impl Problems {
    /// Notes one more.
    pub fn add(&mut self, place: Place, reason: Reason) {
        self.count += 1;
        if self.kept.len() < PROBLEMS_KEPT {
            self.kept.push(Problem { place, reason });
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What was noticed and hinders nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Columns that nothing is read from.
    ColumnsNotRead(Vec<String>),
    /// Columns of personal data, which the ledger does not hold.
    PersonalLeftOut(Vec<String>),
    /// Rows that are no data: headings of groups, signatures.
    RowsNotRead {
        /// What they are: `group` or `footer`.
        kind: &'static str,
        /// Their numbers.
        rows: Vec<u32>,
    },
    /// Text that was converted from an old encoding.
    Converted {
        /// `TCVN3` or `VNI`.
        encoding: &'static str,
        /// How many cells.
        count: usize,
    },
    /// A row of totals that does not agree with the rows above it.
    TotalDiffers {
        /// The row.
        row: u32,
        /// The heading of the column.
        heading: String,
        /// What stands there, in đồng.
        written: i64,
        /// What the rows add up to, in đồng.
        counted: i64,
    },
    /// Values that formulas had given when the file was saved.
    Formulas(usize),
    /// The workbook refers to other files; these are never opened.
    ExternalLinks,
    /// Sums are read in thousands or millions of đồng.
    Scaled {
        /// The heading of the column.
        heading: String,
        /// What one of the sheet's numbers is, in đồng.
        scale: i64,
    },
    /// Other sheets that nothing is read from.
    SheetsNotRead(Vec<String>),
}

impl Notice {
    /// The last part of the sentence's key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::ColumnsNotRead(_) => "columns_not_read",
            Self::PersonalLeftOut(_) => "personal_left_out",
            Self::RowsNotRead { kind: "group", .. } => "groups_not_read",
            Self::RowsNotRead { .. } => "footers_not_read",
            Self::Converted { .. } => "converted",
            Self::TotalDiffers { .. } => "total_differs",
            Self::Formulas(_) => "formulas",
            Self::ExternalLinks => "external_links",
            Self::Scaled { .. } => "scaled",
            Self::SheetsNotRead(_) => "sheets_not_read",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        for (column, expected) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let mut problems = Problems::default();
        let place = Place {
            sheet: String::new(),
            row: 1,
            column: None,
            heading: String::new(),
        };
        for _ in 0..=PROBLEMS_KEPT {
            problems.add(place.clone(), Reason::Empty);
        }
        assert_eq!(
            (problems.kept.len(), problems.count),
            (PROBLEMS_KEPT, PROBLEMS_KEPT + 1)
        );
    }
}
