//! Tables that one act is made from: appointments, what goes to whom, what was counted. They are read as imports are, and taken whole or
//! not at all.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::Lang;
use soxa_office::columns::Column;
use soxa_office::problems::Notice;
use soxa_office::table::{self, Table};
use soxa_office::take::{self, Taking};
use soxa_office::workbook::Workbook;

use super::{opened, told};
use crate::failure::Failure;

/// Options of every command that takes a table.
#[derive(Debug, Clone, Default, Args)]
pub struct TableArgs {
    /// A workbook or a CSV file.
    #[arg(long, value_name = "FILE.xlsx|FILE.csv")]
    pub table: Option<PathBuf>,
    /// The sheet to read.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub sheet: Option<String>,
}

/// A table that was read.
pub struct Filled {
    file: PathBuf,
    workbook: Workbook,
    sheet: Option<String>,
    columns: &'static [Column],
}

impl TableArgs {
    /// Reads the table, if one is given, and says what was noticed.
    ///
    /// # Errors
    /// When the file cannot be read, or no sheet has a header of these columns.
    pub fn read(&self, lang: Lang, columns: &'static [Column]) -> Result<Option<Filled>, Failure> {
        let Some(file) = &self.table else {
            return Ok(None);
        };
        let filled = Filled {
            workbook: opened::read(lang, file)?,
            file: file.clone(),
            sheet: self.sheet.clone(),
            columns,
        };
        let (table, notices) = filled.table(lang)?;
        told::notices(lang, &[notices, table.notices].concat());
        Ok(Some(filled))
    }
}

impl Filled {
    fn table(&self, lang: Lang) -> Result<(Table<'_>, Vec<Notice>), Failure> {
        let no_sheet = |none| opened::no_sheet(lang, &self.file, &none, self.columns, None);
        let (sheet, notices) =
            opened::sheet(self.sheet.as_deref(), &self.workbook, self.columns).map_err(no_sheet)?;
        Ok((table::read(sheet, self.columns).map_err(no_sheet)?, notices))
    }

    /// What stands in a column.
    ///
    /// # Errors
    /// As for [`TableArgs::read`].
    pub fn texts(&self, lang: Lang, column: &str) -> Result<Vec<String>, Failure> {
        let (table, _) = self.table(lang)?;
        let cells = table.lines.iter().filter_map(|line| table.cell(line, column));
        Ok(cells.map(|cell| cell.text()).collect())
    }

    /// What each line says, in order.
    ///
    /// # Errors
    /// `errors.import_refused` with every problem and its place; `errors.nothing_to_do` when no line says anything.
    pub fn lines<T>(
        &self,
        lang: Lang,
        read: impl FnMut(&mut Taking<'_, '_>) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let (table, _) = self.table(lang)?;
        let (lines, problems) = take::lines(&table, read);
        if !problems.is_empty() {
            let (file, count) = (self.file.display(), problems.count);
            let failure = Failure::new("errors.import_refused", &[("file", &file), ("count", &count)]);
            return Err(failure.with_details(told::details(lang, &problems, self.columns)));
        }
        if lines.is_empty() {
            return Err(Failure::new("errors.nothing_to_do", &[]));
        }
        Ok(lines.into_iter().map(|(_, said)| said).collect())
    }
}

#[cfg(test)]
pub mod tests {
    use std::path::Path;

    use super::*;

    /// A table of a test.
    pub fn filled(folder: &Path, content: &str, columns: &'static [Column]) -> Result<Filled, Failure> {
        let file = folder.join("a.csv");
        std::fs::write(&file, content).unwrap();
        let args = TableArgs {
            table: Some(file),
            sheet: None,
        };
        Ok(args.read(Lang::En, columns)?.unwrap())
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_the_columns_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let columns = soxa_office::handovers::going::COLUMNS;
        let refused = filled(folder.path(), "colour\nred\n", columns)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(refused.error(), "errors.no_sheet");
        let said = refused.say(Lang::En);
        assert!(said.contains("Code, Receiver"), "{said}");
        let empty = filled(folder.path(), "subject,receiver\n", columns).unwrap();
        let none = empty.lines(Lang::En, |_| Some(())).unwrap_err();
        assert_eq!(none.error(), "errors.nothing_to_do");
        let lacks = filled(folder.path(), "subject,place\nMT-01,Kho\n", columns).unwrap();
        let lacks = lacks.lines(Lang::En, |_| Some(())).unwrap_err().say(Lang::En);
        assert!(lacks.contains("no column is headed «Receiver»"), "{lacks}");
    }
}
