//! `soxa import` and `soxa export`: files of Excel into the ledger and out of it.

mod assets;
mod dossiers;
mod export;
pub mod filled;
mod importing;
mod inventories;
pub mod opened;
mod persons;
mod references;
mod rosters;
mod told;
mod units;

use clap::Subcommand;
use soxa_office::assets::Assets;
use soxa_office::dossiers::Dossiers;
use soxa_office::inventories::CountSheet;
use soxa_office::persons::Persons;
use soxa_office::references::References;
use soxa_office::rosters::Rosters;
use soxa_office::units::Units;

use super::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use importing::ImportArgs;

pub use export::ExportCommand;

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// A list of assets.
    #[command(after_help = "
        soxa import assets kiemke.xlsx --unit 03847 --dry-run
        soxa import assets kiemke.xlsx --unit 03847 --annotated loi.xlsx --key officer.pem
        soxa import assets so-2024.xlsx --unit 03847 --residual-on 31/12/2024 --key officer.pem")]
    Assets(assets::AssetsArgs),
    /// A register of dossiers that was kept before.
    #[command(after_help = "
        soxa import dossiers sotheodoi.xlsx --unit 03847 --dry-run
        soxa import dossiers sotheodoi.xlsx --unit 03847 --annotated loi.xlsx --key clerk.pem")]
    Dossiers(ImportArgs),
    /// A counting sheet that was filled in.
    #[command(after_help = "
        soxa import inventory kiemke.xlsx --inventory 0ee8f7c3 --dry-run
        soxa import inventory kiemke.xlsx --inventory 0ee8f7c3 --annotated loi.xlsx --key officer.pem")]
    Inventory(inventories::CountedArgs),
    /// A list of staff.
    #[command(after_help = "
        soxa import persons canbo.xlsx --unit 03847 --dry-run
        soxa import persons canbo.xlsx --unit 03847 --class civil_servant --from 2026-01-05 --key staff.pem")]
    Persons(persons::PersonsArgs),
    /// Reference records.
    #[command(after_help = "
        soxa import reference config/reference/staffing_rules.csv --key operator.pem
        soxa import reference thutuc.xlsx --dry-run")]
    Reference(ImportArgs),
    /// Posts and quotas.
    #[command(after_help = "soxa import roster vitri.xlsx --unit 03847 --key staff.pem")]
    Roster(ImportArgs),
    /// Old and new units.
    #[command(after_help = "
        soxa import units xa.csv --unit 14 --date 2025-07-01 --key operator.pem
        soxa import units cu-moi.csv --unit 14 --date 2025-07-01 --dry-run")]
    Units(units::UnitsArgs),
}

/// Imports.
///
/// # Errors
/// When the file cannot be read, something in it is wrong, or the ledger does not take it.
pub fn import(command: &ImportCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        ImportCommand::Assets(args) => importing::import::<Assets>(&args.import, &args.defaults, session),
        ImportCommand::Dossiers(args) => importing::import::<Dossiers>(args, &(), session),
        ImportCommand::Inventory(args) => {
            importing::import::<CountSheet>(&args.import, &args.inventory, session)
        }
        ImportCommand::Persons(args) => importing::import::<Persons>(&args.import, &args.defaults, session),
        ImportCommand::Reference(args) => importing::import::<References>(args, &(), session),
        ImportCommand::Roster(args) => importing::import::<Rosters>(args, &(), session),
        ImportCommand::Units(args) => importing::import::<Units>(&args.import, &args.defaults, session),
    }
}

/// Exports.
///
/// # Errors
/// When the ledger cannot be read or the file not be written.
pub fn export(command: &ExportCommand, session: &mut Session) -> Result<Exit, Failure> {
    export::run(command, session)
}
