//! A file that was read, with the sheet that holds the table.

use std::path::Path;

use soxa_lang::{Lang, text};
use soxa_office::annotate;
use soxa_office::columns::Column;
use soxa_office::limits::FILE_BYTES_MAX;
use soxa_office::problems::{Notice, Problem, Problems};
use soxa_office::table::{self, NoSheet};
use soxa_office::workbook::{self, Sheet, Unreadable, Workbook};
use soxa_records::Date;

use super::super::reference;
use super::importing::ImportArgs;
use super::told;
use crate::failure::{Failure, Sentence};
use crate::home::{read_limited, write_file};

/// Access to a file for its owner's group and others is what the umask leaves.
const FILE_MODE: u32 = 0o644;

/// Reads the workbook of a command.
pub fn read(lang: Lang, file: &Path) -> Result<Workbook, Failure> {
    let bytes = read_limited(file, FILE_BYTES_MAX as u64)?;
    workbook::read(&bytes).map_err(|unreadable| refused(lang, file, &unreadable))
}

fn refused(lang: Lang, file: &Path, unreadable: &Unreadable) -> Failure {
    let key = format!("cli.import.file.{}", unreadable.key());
    let limit = match unreadable {
        Unreadable::TooLarge { limit, .. } => {
            soxa_lang::number(lang, i64::try_from(*limit).unwrap_or(i64::MAX))
        }
        _ => String::new(),
    };
    let reason = text(lang, &key, &[("detail", unreadable), ("limit", &limit)]);
    Failure::new(
        "errors.table_unreadable",
        &[("file", &file.display()), ("reason", &reason)],
    )
}

/// The sheet that holds the table: the one of this name, or the one that fits. The others are told.
pub fn sheet<'a>(
    name: Option<&str>,
    workbook: &'a Workbook,
    columns: &[Column],
) -> Result<(&'a Sheet, Vec<Notice>), NoSheet> {
    let found = table::choose(workbook, columns, name)?;
    let mut notices = workbook.notices.clone();
    let others = workbook
        .sheets
        .iter()
        .filter(|sheet| sheet.name != found.name && !sheet.rows.is_empty());
    let others: Vec<String> = others.map(|sheet| sheet.name.clone()).collect();
    if !others.is_empty() {
        notices.push(Notice::SheetsNotRead(others));
    }
    Ok((found, notices))
}

/// Why no sheet can be taken for tables with these columns, of which there may be a template.
pub fn no_sheet(lang: Lang, file: &Path, none: &NoSheet, columns: &[Column], kind: Option<&str>) -> Failure {
    let (key, names) = match (none, kind) {
        (NoSheet::Unknown(names), _) => ("cli.import.sheet.unknown", names.clone()),
        (NoSheet::Several(names), _) => ("cli.import.sheet.several", names.clone()),
        (NoSheet::None, Some(_)) => ("cli.import.sheet.none", Vec::new()),
        (NoSheet::None, None) => {
            let headings = columns.iter().map(|column| column.heading(lang));
            ("cli.import.sheet.headings", headings.collect())
        }
    };
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("names", &names.join(", ")), ("kind", &kind.unwrap_or_default())];
    let failure = Failure::new("errors.no_sheet", &[("file", &file.display())]);
    failure.with_details([Sentence::new(key, &values)])
}

/// Writes the copy with the problems marked, where one was asked for.
pub fn annotated(
    lang: Lang,
    args: &ImportArgs,
    workbook: &Workbook,
    problems: &Problems,
    columns: &[Column],
) -> Result<(), Failure> {
    let Some(file) = &args.annotated else {
        return Ok(());
    };
    let say = |problem: &Problem| told::reason(lang, problem, columns).say(lang);
    let bytes =
        annotate::copy(workbook, problems, say, lang, today()?).map_err(|error| not_written(file, &error))?;
    write_file(file, &bytes, FILE_MODE)
}

/// Writes a file of an export.
pub fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(file, bytes, FILE_MODE)
}

/// A workbook could not be made.
pub fn not_written(file: &Path, error: &soxa_office::write::NotWritten) -> Failure {
    Failure::io(file, &std::io::Error::other(error.to_string()))
}

/// The day that a workbook is dated.
pub fn today() -> Result<Date, Failure> {
    reference::today().ok_or_else(|| Failure::internal("office", "the clock shows no day of the calendar"))
}
