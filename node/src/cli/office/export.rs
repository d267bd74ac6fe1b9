//! `soxa export`: lists as files for people and programs, and empty tables to fill in.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use soxa_lang::text;
use soxa_office::assets::{COLUMNS, row};
use soxa_office::write::{self, Entry, List};
use soxa_records::asset::AssetView;

use super::super::Session;
use super::opened;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::say;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// An empty table with its headings.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// All assets, or those of a unit.
    #[command(after_help = "soxa export assets danhsach.xlsx --unit 03847")]
    Assets(ExportArgs),
}

/// Tables that can be filled in.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// An inventory.
    #[command(after_help = "soxa export template assets mau.xlsx")]
    Assets(TemplateArgs),
}

/// `soxa export template …`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    #[arg(value_name = "FILE.xlsx")]
    file: PathBuf,
}

/// `soxa export …`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[arg(value_name = "FILE.xlsx|FILE.csv|FILE.json")]
    file: PathBuf,
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// What to write; otherwise what the file's name ends with.
    #[arg(long, value_enum, value_name = "xlsx|csv|json")]
    format: Option<Written>,
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Written {
    /// A workbook.
    Xlsx,
    /// CSV that Excel opens as it is.
    Csv,
    /// One object.
    Json,
}

/// Does what the command says.
pub fn run(command: &ExportCommand, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    match command {
        ExportCommand::Template(TemplateCommand::Assets(args)) => {
            let name = text(lang, "cli.export.assets", &[]);
            let bytes = write::template(lang, &name, COLUMNS, opened::today()?)
                .map_err(|error| opened::not_written(&args.file, &error))?;
            opened::write(&args.file, &bytes)?;
            say(&text(
                lang,
                "cli.export.template_written",
                &[("file", &args.file.display())],
            ));
        }
        ExportCommand::Assets(args) => {
            let written = args.format.map_or_else(|| by_name(session, &args.file), Ok)?;
            let list = assets(session, args.unit.as_deref())?;
            let bytes = match written {
                Written::Xlsx => list
                    .xlsx(lang, opened::today()?)
                    .map_err(|error| opened::not_written(&args.file, &error))?,
                Written::Csv => list.csv(lang),
                Written::Json => json_of("assets", &list),
            };
            opened::write(&args.file, &bytes)?;
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("count", &list.rows.len()), ("file", &args.file.display())];
            say(&text(lang, "cli.export.written", &values));
        }
    }
    Ok(Exit::Done)
}

fn by_name(session: &Session, file: &Path) -> Result<Written, Failure> {
    let ending = file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    Written::from_str(ending, true).map_err(|_| {
        let sentence = Sentence::new("cli.export.which_format", &[("file", &file.display())]);
        Failure::usage(session.lang, "export", &sentence)
    })
}

/// The columns are those of the import, so that what was exported is found there when it is imported again.
fn assets(session: &mut Session, unit: Option<&str>) -> Result<List, Failure> {
    let units = session.units()?;
    let wanted = unit.map(|unit| units.find(unit)).transpose()?;
    let mut rows = Vec::new();
    for read in session.records("asset")? {
        let Some(view) = AssetView::of(&read.state) else {
            continue;
        };
        let holder = view.custody.custodian;
        if wanted.is_none() || holder == wanted {
            let unit = holder.and_then(|unit| units.get(&unit));
            let code = unit.and_then(|unit| unit.code.one().cloned()).unwrap_or_default();
            let name = holder.map(|unit| units.name(&unit)).unwrap_or_default();
            rows.push(row(&view, &code, &name));
        }
    }
    Ok(List {
        name: text(session.lang, "cli.export.assets", &[]),
        columns: COLUMNS.to_vec(),
        rows,
    })
}

fn json_of(name: &str, list: &List) -> Vec<u8> {
    let object = |row: &Vec<Entry>| {
        let pairs = list.columns.iter().zip(row).map(|(column, entry)| {
            let value = match entry {
                Entry::Empty => Value::Null,
                Entry::Sum(sum) => json!(sum),
                Entry::Year(year) => json!(year),
                other => json!(other.plain()),
            };
            (column.name.to_owned(), value)
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let rows: Vec<Value> = list.rows.iter().map(object).collect();
    format!(
        "{}\n",
        json!({ "schema": format!("soxa.export.{name}/1"), name: rows })
    )
    .into_bytes()
}
