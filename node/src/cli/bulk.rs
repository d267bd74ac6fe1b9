//! Tables in: CSV files of assets or persons. All problems are found before anything is composed, each named with its
//! line and column, so that a file is taken whole or not at all.
//!
//! The first line names the columns, by their names in the program (`cost`) or as the lists show them in either
//! language (`Nguyên giá (đồng)`). Commas, semicolons and tabs separate; the text is UTF-8.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use soxa_lang::{Lang, text};

use crate::failure::{Failure, Sentence};
use crate::home::read_limited;
use soxa_lang::fold;

/// Bytes of a table.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Lines of a table: a province's largest inventory has fewer.
const LINES_MAX: usize = 50_000;
/// Problems that are told at once.
const PROBLEMS_SHOWN: usize = 50;

/// A column that a table may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the program.
    pub name: &'static str,
    /// The key of its label.
    pub label: &'static str,
    /// Whether every table has it.
    pub required: bool,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    cells: BTreeMap<&'static str, String>,
}

impl Line {
    /// The text of a column; empty when the table lacks it.
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// What is wrong with a table.
#[derive(Debug)]
pub struct Problems {
    file: PathBuf,
    found: Vec<Sentence>,
}

impl Problems {
    /// Nothing found yet.
    pub fn new(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            found: Vec::new(),
        }
    }

    /// A cell that cannot be taken; `key` is the sentence that says why.
    pub fn add(&mut self, lang: Lang, line: u64, column: &str, key: &str, value: &str) {
        let why = text(lang, key, &[("value", &value)]);
        self.found.push(Sentence::new(
            "cli.import.problem",
            &[("line", &line), ("column", &column), ("problem", &why)],
        ));
    }

    /// The value of a cell, or a problem.
    pub fn take<T>(
        &mut self,
        lang: Lang,
        line: &Line,
        column: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = line.get(column);
        let parsed = parse(value);
        if parsed.is_none() {
            let key = if value.is_empty() {
                "cli.import.empty"
            } else {
                "cli.import.not_understood"
            };
            self.add(lang, line.number, column, key, value);
        }
        parsed
    }

    /// The value of a cell that may be empty, or a problem.
    pub fn take_optional<T>(
        &mut self,
        lang: Lang,
        line: &Line,
        column: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        if line.get(column).is_empty() {
            Some(None)
        } else {
            self.take(lang, line, column, parse).map(Some)
        }
    }

    /// Goes on when nothing was found.
    ///
    /// # Errors
    /// `errors.import_refused` with each problem.
    pub fn finish(self) -> Result<(), Failure> {
        if self.found.is_empty() {
            return Ok(());
        }
        let count = self.found.len();
        let mut details: Vec<Sentence> = self.found.into_iter().take(PROBLEMS_SHOWN).collect();
        if count > PROBLEMS_SHOWN {
            details.push(Sentence::new(
                "cli.import.more",
                &[("count", &(count - PROBLEMS_SHOWN))],
            ));
        }
        let file = self.file.display();
        Err(
            Failure::new("errors.import_refused", &[("file", &file), ("count", &count)])
                .with_details(details),
        )
    }
}

/// Reads a table.
///
/// # Errors
/// When the file cannot be read, is no table, or its columns are not those asked for.
pub fn read(lang: Lang, file: &Path, columns: &[Column]) -> Result<Vec<Line>, Failure> {
    let bytes = read_limited(file, FILE_BYTES_MAX)?;
    let refused = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.table_unreadable",
            &[("file", &file.display()), ("reason", reason)],
        )
    };
    let text = String::from_utf8(bytes).map_err(|e| refused(&e))?;
    parse(lang, file, text.trim_start_matches('\u{feff}'), columns)
}

fn parse(lang: Lang, file: &Path, content: &str, columns: &[Column]) -> Result<Vec<Line>, Failure> {
    let refused = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.table_unreadable",
            &[("file", &file.display()), ("reason", reason)],
        )
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(content))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(content.as_bytes());
    let mut problems = Problems::new(file);
    let headings = reader.headers().map_err(|e| refused(&e))?.clone();
    let mut places: Vec<Option<&'static str>> = Vec::new();
    for heading in &headings {
        let column = columns.iter().find(|column| is_heading(heading, column));
        match column {
            Some(column) if places.contains(&Some(column.name)) => {
                problems.add(lang, 1, heading, "cli.import.column_twice", heading);
            }
            None => problems.add(lang, 1, heading, "cli.import.unknown_column", heading),
            _ => {}
        }
        places.push(column.map(|column| column.name));
    }
    for column in columns
        .iter()
        .filter(|column| column.required && !places.contains(&Some(column.name)))
    {
        problems.add(lang, 1, column.name, "cli.import.missing_column", column.name);
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| refused(&e))?;
        let number = record.position().map_or(0, csv::Position::line);
        if lines.len() == LINES_MAX {
            return Err(refused(&format!("more than {LINES_MAX} lines")));
        }
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() > places.len() {
            problems.add(
                lang,
                number,
                &record.len().to_string(),
                "cli.import.too_many_cells",
                &record[places.len()],
            );
        }
        let cells = places
            .iter()
            .zip(&record)
            .filter_map(|(place, cell)| Some(((*place)?, cell.to_owned())));
        lines.push(Line {
            number,
            cells: cells.collect(),
        });
    }
    problems.finish()?;
    if lines.is_empty() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    Ok(lines)
}

fn is_heading(heading: &str, column: &Column) -> bool {
    let folded = fold(heading);
    folded == column.name
        || Lang::ALL
            .iter()
            .any(|lang| fold(&text(*lang, column.label, &[])) == folded)
}

/// The mark between cells: the one that the first line has most of.
fn separator(content: &str) -> u8 {
    let first = content.lines().next().unwrap_or_default();
    let count = |mark: &u8| first.bytes().filter(|b| b == mark).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            name: "code",
            label: "records.field.code",
            required: true,
        },
        Column {
            name: "name",
            label: "records.field.name",
            required: true,
        },
        Column {
            name: "cost",
            label: "records.field.cost",
            required: false,
        },
    ];

    fn parsed(content: &str) -> Result<Vec<Line>, Failure> {
        parse(Lang::En, Path::new("a.csv"), content, &COLUMNS)
    }

    #[test]
    fn columns_are_named_in_either_language_and_in_any_order() {
        let english = parsed("name,code,cost\nDesk,B1,5\n").unwrap();
        let vietnamese = parsed("Tên;Mã;Nguyên giá (đồng)\nDesk;B1;5\n\n").unwrap();
        assert_eq!(english, vietnamese);
        assert_eq!(
            (english[0].number, english[0].get("code"), english[0].get("cost")),
            (2, "B1", "5")
        );
        assert_eq!(
            parsed("code\tname\nB1\tDesk, old\n").unwrap()[0].get("name"),
            "Desk, old"
        );
    }

    #[track_caller]
    fn check_refused(content: &str, error: &str, parts: &[&str]) {
        let failure = parsed(content).unwrap_err();
        assert_eq!(failure.error(), error, "{content}");
        let said = failure.say(Lang::En);
        for part in parts {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }

    #[test]
    fn wrong_columns_are_all_named() {
        check_refused(
            "name,colour\nDesk,red\n",
            "errors.import_refused",
            &["colour", "code"],
        );
        check_refused("code,code,name\n1,2,3\n", "errors.import_refused", &["code"]);
        check_refused("code,name\nB1,Desk,7\n", "errors.import_refused", &["line 2"]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        check_refused("", "errors.import_refused", &["code"]);
        check_refused("code,name\n", "errors.nothing_to_do", &[]);
        check_refused("code,name\n,\n", "errors.nothing_to_do", &[]);
    }

    #[test]
    fn problems_name_line_and_column() {
        let lines = parsed("code,name,cost\nB1,Desk,5\nB2,Chair,x\n").unwrap();
        let mut problems = Problems::new(Path::new("a.csv"));
        let costs: Vec<Option<i64>> = lines
            .iter()
            .map(|line| problems.take(Lang::En, line, "cost", |cell| cell.parse().ok()))
            .collect();
        assert_eq!(costs, [Some(5), None]);
        let said = problems.finish().unwrap_err().say(Lang::En);
        assert!(
            said.contains("line 3") && said.contains("cost") && said.contains("«x»"),
            "{said}"
        );
    }
}
