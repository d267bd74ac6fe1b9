//! `soxa import` and `soxa export`: files of Excel into the ledger and out of it.

mod assets;
mod export;
pub mod opened;
mod told;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Session;
use super::sign::ActArgs;
use crate::exit::Exit;
use crate::failure::Failure;

pub use export::ExportCommand;

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// An inventory.
    #[command(after_help = "
        soxa import assets kiemke.xlsx --unit 03847 --dry-run
        soxa import assets kiemke.xlsx --unit 03847 --annotated loi.xlsx --key officer.pem")]
    Assets(ImportArgs),
}

/// `soxa import …`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A workbook or a CSV file.
    #[arg(value_name = "FILE.xlsx|FILE.csv")]
    file: PathBuf,
    /// The sheet to read.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The unit of lines that name none.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Where to write a copy with the problems marked.
    #[arg(long, value_name = "OUT.xlsx")]
    annotated: Option<PathBuf>,
    #[command(flatten)]
    act: ActArgs,
}

/// Imports.
///
/// # Errors
/// When the file cannot be read, something in it is wrong, or the ledger does not take it.
pub fn import(command: &ImportCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        ImportCommand::Assets(args) => assets::import(args, session),
    }
}

/// Exports.
///
/// # Errors
/// When the ledger cannot be read or the file not be written.
pub fn export(command: &ExportCommand, session: &mut Session) -> Result<Exit, Failure> {
    export::run(command, session)
}
