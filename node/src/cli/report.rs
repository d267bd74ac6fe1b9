//! `soxa report …`: what the province sees. The figures are those of `soxa-views`, made here from what the node reads.

mod heard;
mod looking;
mod objects;
mod reading;
mod records;
mod rows;
mod told;
mod words;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::inventory::view::InventoryView;
use soxa_views::assets::assets;
use soxa_views::dossiers::dossiers;
use soxa_views::handovers::handovers;
use soxa_views::inventories::inventories;
use soxa_views::keys::findings;
use soxa_views::quality::quality;
use soxa_views::staffing::{Measures, staffing};
use soxa_views::structure::structure;
use soxa_views::sync::sync;
use soxa_views::{Period, Report};

use super::Session;
use super::fields;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};

pub use reading::Reading;

/// The reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// People, posts, quotas, secondments, departures.
    #[command(after_help = "
        soxa report staffing --on 2025-11-15
        soxa report staffing --unit 03847 --records -o staff.xlsx")]
    Staffing(StaffingArgs),
    /// Assets with their values.
    #[command(after_help = "soxa report assets --unit 03847 -o assets.xlsx")]
    Assets(ReportArgs),
    /// Handovers and what they wait for.
    #[command(after_help = "soxa report handovers --from 2025-11-01 --until 2025-11-30 --records")]
    Handovers(ReportArgs),
    /// Dossiers and how they keep their time.
    #[command(after_help = "soxa report dossiers --from 2025-07-01 --until 2025-10-16 --format json")]
    Dossiers(ReportArgs),
    /// Units, their heads, regulations and names.
    #[command(after_help = "soxa report units --on 2025-11-15")]
    Units(ReportArgs),
    /// Officials and their keys.
    #[command(after_help = "soxa report keys --within 60")]
    Keys(KeysArgs),
    /// Inventories: which are open, what differs, what is not settled.
    #[command(after_help = "soxa report inventories --from 2026-01-01 --records")]
    Inventories(ReportArgs),
    /// The data: right, sufficient, clean.
    #[command(after_help = "soxa report quality --unit 03847 --records -o quality.xlsx")]
    Quality(ReportArgs),
    /// Nodes that were heard and not, and open conflicts.
    #[command(after_help = "soxa report sync")]
    Sync(ReportArgs),
}

/// What all reports are asked with.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Only this unit and those below it.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// The day on which things stood so.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    on: Option<Date>,
    /// The first day of the period.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Option<Date>,
    /// The last day of the period.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    /// How to write it.
    #[arg(long, value_enum, value_name = "table|json|csv|xlsx")]
    format: Option<Form>,
    /// Where to write it.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What is behind each figure.
    #[arg(long)]
    records: bool,
}

/// `soxa report staffing`.
#[derive(Debug, Args)]
pub struct StaffingArgs {
    /// From how many kilometres on a way to work is long.
    #[arg(long, default_value_t = 40, value_name = "KM")]
    far: u32,
    #[command(flatten)]
    report: ReportArgs,
}

/// `soxa report keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// Days ahead.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    within: u32,
    #[command(flatten)]
    report: ReportArgs,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// One object.
    Json,
    /// One line for each figure.
    Csv,
    /// The same as a workbook.
    Xlsx,
}

/// Makes a report.
///
/// # Errors
/// When the daemon cannot be asked or the file not be written.
pub fn run(command: ReportCommand, session: &mut Session) -> Result<Exit, Failure> {
    let args = match &command {
        ReportCommand::Staffing(args) => &args.report,
        ReportCommand::Keys(args) => &args.report,
        ReportCommand::Assets(args)
        | ReportCommand::Handovers(args)
        | ReportCommand::Dossiers(args)
        | ReportCommand::Units(args)
        | ReportCommand::Inventories(args)
        | ReportCommand::Quality(args)
        | ReportCommand::Sync(args) => args,
    };
    let form = form(args, session)?;
    let period = Period {
        from: args.from,
        until: args.until,
    };
    if let Some(from) = period.from {
        fields::term(from, period.until)?;
    }
    let mut reading = Reading::begin(session, args.on, period, args.unit.as_deref(), args.records)?;
    let report = make(&command, &mut reading)?;
    let told = told::Told::of(report, reading)?;
    told.write(form, args)?;
    Ok(Exit::Done)
}

fn make(command: &ReportCommand, reading: &mut Reading<'_>) -> Result<Report, Failure> {
    Ok(match command {
        ReportCommand::Staffing(args) => {
            let measures = Measures {
                rules: reading.staffing_rules()?,
                far_km: args.far,
                programmes: reading.programmes()?,
            };
            let minutes = reading.minutes()?;
            let (persons, rosters) = (reading.persons()?, reading.rosters()?);
            staffing(
                &reading.asked,
                &measures,
                &reading.units,
                &minutes,
                persons,
                rosters,
            )
        }
        ReportCommand::Assets(_) => {
            let minutes = reading.minutes()?;
            let all = reading.views("asset", AssetView::of, records::asset)?;
            let categories = reading.asset_categories()?;
            assets(&reading.asked, &reading.units, &minutes, &categories, all)
        }
        ReportCommand::Handovers(_) => {
            let all = reading.handovers()?;
            handovers(&reading.asked, all)
        }
        ReportCommand::Dossiers(_) => {
            let days = reading.working_days()?;
            let rows = reading.dossiers(&days)?;
            dossiers(&reading.asked, &reading.units, &days, rows)
        }
        ReportCommand::Units(_) => {
            let minutes = reading.minutes()?;
            let (persons, rosters) = (reading.persons()?, reading.rosters()?);
            let (all, written) = (reading.handovers()?, reading.written_names()?);
            structure(
                &reading.asked,
                &reading.units,
                &minutes,
                persons,
                rosters,
                all,
                written,
            )
        }
        ReportCommand::Keys(args) => reading.officials(args.within)?.report(),
        ReportCommand::Inventories(_) => {
            let all = reading.views("inventory", InventoryView::of, records::inventory)?;
            inventories(&reading.asked, all)
        }
        ReportCommand::Quality(_) => {
            let rows = reading.quality()?;
            quality(&reading.asked, rows)
        }
        ReportCommand::Sync(_) => {
            let nodes = heard::rows(reading.session, reading.asked.as_of)?;
            let conflicts = reading.conflicts()?;
            sync(&reading.asked, nodes, conflicts)
        }
    })
}

/// What is looked for among officials, as `soxa key report` asks for it: today, in all units.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn officials(session: &mut Session, within_days: u32) -> Result<soxa_views::keys::Findings, Failure> {
    Reading::begin(session, None, Period::default(), None, false)?.officials(within_days)
}

impl Reading<'_> {
    fn officials(&mut self, within_days: u32) -> Result<soxa_views::keys::Findings, Failure> {
        let minutes = self.minutes()?;
        let (persons, rosters) = (self.persons()?, self.rosters()?);
        let offices = self.offices()?;
        let (asked, units) = (&self.asked, &self.units);
        Ok(findings(
            asked,
            within_days,
            units,
            &minutes,
            persons,
            rosters,
            offices,
        ))
    }
}

/// How it is to be written: as said, or as the file's name ends. A workbook goes into a file.
fn form(args: &ReportArgs, session: &Session) -> Result<Form, Failure> {
    let ending = args.output.as_ref().and_then(|file| file.extension());
    let named = ending.and_then(|ending| Form::from_str(ending.to_str()?, true).ok());
    match (args.format.or(named), &args.output) {
        (Some(Form::Xlsx), None) => {
            let missing = Sentence::new("cli.usage.missing_argument", &[("argument", &"--output")]);
            Err(Failure::usage(session.lang, "report", &missing))
        }
        (Some(form), _) => Ok(form),
        (None, None) => Ok(Form::Table),
        (None, Some(file)) => {
            let which = Sentence::new("cli.export.which_format", &[("file", &file.display())]);
            Err(Failure::usage(session.lang, "report", &which))
        }
    }
}
