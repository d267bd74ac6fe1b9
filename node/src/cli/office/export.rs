//! `soxa export`: lists as files for people and programs, and empty tables to fill in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use soxa_lang::{collated, text};
use soxa_ledger::RecordId;
use soxa_office::assets::Assets;
use soxa_office::columns::{Column, Form, column, fillable, shown};
use soxa_office::dossiers::{Beside, Dossiers, listed};
use soxa_office::persons::Persons;
use soxa_office::plan::Kind as _;
use soxa_office::references::References;
use soxa_office::rosters::Rosters;
use soxa_office::units::Units as Listed;
use soxa_office::write::{self, Entry, List};
use soxa_records::asset::AssetView;
use soxa_records::dossier::view::DossierView;
use soxa_records::handover::view::HandoverView;
use soxa_records::person::view::PersonView;
use soxa_records::reference::ReferenceTable;
use soxa_records::roster::view::RosterView;

use super::super::Session;
use super::super::conflicts::{self, Conflicts};
use super::super::dossier::shown::punctuality_word;
use super::super::handover::show::parties;
use super::super::inventory;
use super::super::key::officials;
use super::super::nodes;
use super::super::reference::Published;
use super::super::session::Units;
use super::importing::Importable;
use super::opened;
use crate::clock;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Listing, say};

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// An empty table with its headings.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// All assets, or those of a unit.
    #[command(after_help = "soxa export assets danhsach.xlsx --unit 03847")]
    Assets(ExportArgs),
    /// The counting sheet of an inventory.
    #[command(after_help = "soxa export inventory 0ee8f7c3 kiemke.xlsx")]
    Inventory(InventoryArgs),
    /// All persons, or those of a unit.
    #[command(after_help = "soxa export persons nhansu.xlsx --unit 03847")]
    Persons(ExportArgs),
    /// All versions of reference records.
    #[command(after_help = "soxa export reference danhmuc.xlsx")]
    Reference(ExportArgs),
    /// All posts and quotas, or those of a unit.
    #[command(after_help = "soxa export roster vitri.csv")]
    Roster(ExportArgs),
    /// All units, or those right below a unit.
    #[command(after_help = "soxa export units donvi.xlsx")]
    Units(ExportArgs),
    /// All dossiers that this node reads, or those of a unit.
    #[command(after_help = "soxa export dossiers sotheodoi.xlsx --unit 03847")]
    Dossiers(ExportArgs),
    /// All handovers, or those of a unit.
    #[command(after_help = "soxa export handovers bangiao.xlsx")]
    Handovers(ExportArgs),
    /// All inventories, or those of a unit.
    #[command(after_help = "soxa export inventories kiemke.xlsx --unit 03847")]
    Inventories(ExportArgs),
    /// All offices that were ever given, or those of a unit.
    #[command(after_help = "soxa export officials canbo.xlsx --unit 03847")]
    Officials(ExportArgs),
    /// All nodes, or those of a unit.
    #[command(after_help = "soxa export nodes maychu.xlsx")]
    Nodes(ExportArgs),
    /// All conflicts.
    #[command(after_help = "soxa export conflicts tranhchap.xlsx")]
    Conflicts(FileArgs),
}

/// Tables that can be filled in.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// A list of assets.
    #[command(after_help = "soxa export template assets mau.xlsx")]
    Assets(TemplateArgs),
    /// A register of dossiers.
    #[command(after_help = "soxa export template dossiers mau.xlsx")]
    Dossiers(TemplateArgs),
    /// A list of staff.
    #[command(after_help = "soxa export template persons mau.xlsx")]
    Persons(TemplateArgs),
    /// Reference records.
    #[command(after_help = "soxa export template reference mau.xlsx")]
    Reference(TemplateArgs),
    /// Posts and quotas.
    #[command(after_help = "soxa export template roster mau.xlsx")]
    Roster(TemplateArgs),
    /// Old and new units.
    #[command(after_help = "soxa export template units mau.xlsx")]
    Units(TemplateArgs),
}

/// `soxa export template …`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    #[arg(value_name = "FILE.xlsx|FILE.csv")]
    file: PathBuf,
}

/// `soxa export …`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    to: FileArgs,
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

/// Where a list is written to.
#[derive(Debug, Args)]
pub struct FileArgs {
    #[arg(value_name = "FILE.xlsx|FILE.csv|FILE.json")]
    file: PathBuf,
    /// What to write; otherwise what the file's name ends with.
    #[arg(long, value_enum, value_name = "xlsx|csv|json")]
    format: Option<Written>,
}

/// `soxa export inventory`.
#[derive(Debug, Args)]
pub struct InventoryArgs {
    #[arg(value_name = "INVENTORY")]
    inventory: String,
    #[command(flatten)]
    to: FileArgs,
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
    match command {
        ExportCommand::Template(TemplateCommand::Assets(args)) => template::<Assets>(session, args),
        ExportCommand::Template(TemplateCommand::Dossiers(args)) => template::<Dossiers>(session, args),
        ExportCommand::Template(TemplateCommand::Persons(args)) => template::<Persons>(session, args),
        ExportCommand::Template(TemplateCommand::Reference(args)) => template::<References>(session, args),
        ExportCommand::Template(TemplateCommand::Roster(args)) => template::<Rosters>(session, args),
        ExportCommand::Template(TemplateCommand::Units(args)) => template::<Listed>(session, args),
        ExportCommand::Assets(args) => of_units(session, args, "assets", assets),
        ExportCommand::Inventory(args) => {
            let view = inventory::opened::open(session, &args.inventory)?.view;
            let columns = soxa_office::inventories::COLUMNS.to_vec();
            let rows = (columns, soxa_office::inventories::rows(&view));
            write(session, &args.to, "inventory", rows)
        }
        ExportCommand::Persons(args) => of_units(session, args, "persons", persons),
        ExportCommand::Reference(args) => of_units(session, args, "reference", references),
        ExportCommand::Roster(args) => of_units(session, args, "roster", rosters),
        ExportCommand::Units(args) => of_units(session, args, "units", all_units),
        ExportCommand::Dossiers(args) => of_units(session, args, "dossiers", dossiers),
        ExportCommand::Handovers(args) => of_units(session, args, "handovers", handovers),
        ExportCommand::Inventories(args) => of_units(session, args, "inventories", |session, _, unit| {
            let listing = inventory::show::listed(session, unit, None)?;
            Ok(as_shown(&inventory::show::COLUMNS, &listing))
        }),
        ExportCommand::Officials(args) => of_units(session, args, "officials", |session, _, unit| {
            let listing = officials::listed(session, unit, true)?;
            Ok(as_shown(&officials::COLUMNS, &listing))
        }),
        ExportCommand::Nodes(args) => of_units(session, args, "nodes", |session, _, unit| {
            Ok(as_shown(&nodes::COLUMNS, &nodes::listed(session, unit)?))
        }),
        ExportCommand::Conflicts(args) => {
            let listing = Conflicts::read(session)?.listed(session.lang);
            write(
                session,
                args,
                "conflicts",
                as_shown(&conflicts::COLUMNS, &listing),
            )
        }
    }
}

fn template<K: Importable>(session: &Session, args: &TemplateArgs) -> Result<Exit, Failure> {
    let lang = session.lang;
    let name = text(lang, &format!("cli.export.{}", K::NAME), &[]);
    let columns = fillable(K::COLUMNS);
    let bytes = match by_name(session, &args.file, "cli.export.template_format")? {
        Written::Xlsx => write::template(lang, &name, &columns, opened::today()?)
            .map_err(|error| opened::not_written(&args.file, &error))?,
        Written::Csv => {
            let rows = Vec::new();
            let empty = List { name, columns, rows };
            empty.csv(lang)
        }
        Written::Json => return Err(nameless(session, &args.file, "cli.export.template_format")),
    };
    opened::write(&args.file, &bytes)?;
    let values: [(&str, &dyn std::fmt::Display); 2] = [("file", &args.file.display()), ("kind", &K::NAME)];
    say(&text(lang, "cli.export.template_written", &values));
    Ok(Exit::Done)
}

/// Writes a list of what the ledger holds, of all units or of one.
fn of_units(
    session: &mut Session,
    args: &ExportArgs,
    name: &str,
    list: impl Fn(&mut Session, &Units, Option<RecordId>) -> Result<Rows, Failure>,
) -> Result<Exit, Failure> {
    let units = session.units()?;
    let unit = units.find_any(args.unit.as_deref())?;
    let rows = list(session, &units, unit)?;
    write(session, &args.to, name, rows)
}

/// A list as the program shows it.
fn as_shown(columns: &[(&'static str, &'static str)], listing: &Listing) -> Rows {
    let column = |(name, label): &(&'static str, &'static str)| column(name, label, Form::Text, &[]);
    (columns.iter().map(column).collect(), listing.entries())
}

/// Writes a list.
fn write(session: &Session, args: &FileArgs, name: &str, (columns, rows): Rows) -> Result<Exit, Failure> {
    let lang = session.lang;
    let written = args
        .format
        .map_or_else(|| by_name(session, &args.file, "cli.export.which_format"), Ok)?;
    let list = List {
        name: text(lang, &format!("cli.export.{name}"), &[]),
        columns,
        rows,
    };
    let bytes = match written {
        Written::Xlsx => list
            .xlsx(lang, opened::today()?)
            .map_err(|error| opened::not_written(&args.file, &error))?,
        Written::Csv => list.csv(lang),
        Written::Json => json_of(name, &list),
    };
    opened::write(&args.file, &bytes)?;
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("count", &list.rows.len()), ("file", &args.file.display())];
    say(&text(lang, "cli.export.written", &values));
    Ok(Exit::Done)
}

/// What a file's name ends with; else the sentence of how it should.
fn by_name(session: &Session, file: &Path, should: &'static str) -> Result<Written, Failure> {
    let ending = file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    Written::from_str(ending, true).map_err(|_| nameless(session, file, should))
}

fn nameless(session: &Session, file: &Path, should: &'static str) -> Failure {
    let sentence = Sentence::new(should, &[("file", &file.display())]);
    Failure::usage(session.lang, "export", &sentence)
}

/// Columns and rows of a list. The columns are those of the import, so that what was exported is found there when it is
/// imported again.
type Rows = (Vec<Column>, Vec<Vec<Entry>>);

/// The code and name of a unit as lists show them.
fn of_unit(units: &Units, unit: Option<RecordId>) -> (String, String) {
    let view = unit.and_then(|unit| units.get(&unit));
    let code = view.and_then(|view| view.code.one().cloned()).unwrap_or_default();
    (code, unit.map(|unit| units.name(&unit)).unwrap_or_default())
}

fn assets(session: &mut Session, units: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let (categories, today) = (Published::read(session)?.asset_categories(), opened::today()?);
    let mut rows = Vec::new();
    for (_, view) in session.viewed("asset", AssetView::of)? {
        let holder = view.custody.custodian;
        if wanted.is_none() || holder == wanted {
            let (unit_code, unit) = of_unit(units, holder);
            let beside = soxa_office::assets::Beside {
                unit_code: &unit_code,
                unit: &unit,
                category: categories.of_classes(&view.classes, today),
            };
            rows.push(soxa_office::assets::row(&view, &beside));
        }
    }
    Ok((Assets::COLUMNS.to_vec(), rows))
}

fn persons(session: &mut Session, units: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let rosters = session.viewed("roster", RosterView::of)?;
    let people = Persons::of(session.viewed("person", PersonView::of)?, &rosters);
    let own = people.in_order().into_iter();
    let own = own.filter(|(view, _)| wanted.is_none() || view.custody.custodian == wanted);
    let rows = own.map(|(view, post)| {
        let (code, name) = of_unit(units, view.custody.custodian);
        soxa_office::persons::row(view, &code, &name, post)
    });
    Ok((shown(Persons::COLUMNS), rows.collect()))
}

fn references(session: &mut Session, _: &Units, _: Option<RecordId>) -> Result<Rows, Failure> {
    let published = Published::read(session)?;
    let versions = published
        .all()
        .iter()
        .flat_map(|reference| &reference.view.versions);
    let rows = versions.map(|(_, version)| soxa_office::references::row(version));
    Ok((References::COLUMNS.to_vec(), rows.collect()))
}

fn rosters(session: &mut Session, units: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let mut rows = Vec::new();
    for (_, view) in session.viewed("roster", RosterView::of)? {
        let unit = view.unit.one().copied();
        if wanted.is_none() || unit == wanted {
            let (code, name) = of_unit(units, unit);
            rows.extend(soxa_office::rosters::rows(&view, &code, &name));
        }
    }
    Ok((Rosters::COLUMNS.to_vec(), rows))
}

fn all_units(_: &mut Session, units: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let own = units.all().iter();
    let own = own.filter(|(_, view)| wanted.is_none() || view.path.last().copied() == wanted);
    // The province itself has no unit above it, and no list holds it.
    let below = own.filter(|(_, view)| !view.path.is_empty());
    let rows = below.flat_map(|(_, view)| soxa_office::units::rows(view, |unit| of_unit(units, Some(unit))));
    Ok((Listed::COLUMNS.to_vec(), rows.collect()))
}

/// A register by code: the dossiers that a unit took in, decides or got by forwarding.
fn dossiers(session: &mut Session, units: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let (days, now) = (Published::read(session)?.working_days()?, clock::now());
    let procedures = procedure_names(session)?;
    let mut all = session.viewed("dossier", DossierView::of)?;
    all.retain(|(_, view)| {
        let offices = [view.receiving, view.competent];
        let mut offices = offices.iter().flatten().chain(&view.forwarded);
        wanted.is_none_or(|unit| offices.any(|office| *office == unit))
    });
    all.sort_by_key(|(id, view)| (view.code.distinct().first().map(|code| collated(code)), *id));
    let name = |unit: Option<RecordId>| unit.map(|unit| units.name(&unit)).unwrap_or_default();
    let rows = all.iter().map(|(_, view)| {
        let clock = view.clock(now, &days);
        let beside = Beside {
            clock: &clock,
            days: &days,
            punctuality: punctuality_word(&clock, now),
            procedures: &procedures,
            receiving: &name(view.receiving),
            competent: &name(view.competent),
            residence: &name(view.residence.one().copied()),
        };
        soxa_office::dossiers::row(view, &beside)
    });
    Ok((listed(), rows.collect()))
}

/// What the newest version of each procedure calls it.
fn procedure_names(session: &mut Session) -> Result<BTreeMap<String, String>, Failure> {
    let published = Published::read(session)?;
    let procedures = published.of_table(ReferenceTable::Procedure);
    let named = procedures
        .flat_map(|reference| &reference.view.versions)
        .filter_map(|(_, version)| Some((version.key.clone(), version.text("name").ok()?.to_owned())));
    Ok(named.collect())
}

fn handovers(session: &mut Session, _: &Units, wanted: Option<RecordId>) -> Result<Rows, Failure> {
    let all = session.viewed("handover", HandoverView::of)?.into_iter();
    let own = all.filter(|(_, view)| wanted.is_none_or(|unit| parties(view).contains(&unit)));
    let rows = own.map(|(id, view)| soxa_office::handovers::row(&id.to_string(), &view));
    Ok((soxa_office::handovers::COLUMNS.to_vec(), rows.collect()))
}

fn json_of(name: &str, list: &List) -> Vec<u8> {
    let object = |row: &Vec<Entry>| {
        let pairs = list.columns.iter().zip(row).map(|(column, entry)| {
            let value = match entry {
                Entry::Empty => Value::Null,
                Entry::Sum(sum) => json!(sum),
                Entry::Year(year) => json!(year),
                Entry::Count(count) => json!(count),
                Entry::Tick(yes) => json!(yes),
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
