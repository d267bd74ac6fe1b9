//! `soxa unit`: units of the province, below one another.

mod life;
mod register;
mod show;

use clap::{Args, Subcommand};
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{Extent, Successor, UnitClose, UnitField, UnitOpen, UnitSet};

use super::acting::Acting;
use super::session::Read;
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// What can be done with units.
#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Create a unit.
    #[command(after_help = r#"
        soxa unit register --kind commune --name "Xã Mường Bú" --code 03847 --parent 14 --open 2025-07-01
            --key operator.pem"#)]
    Register(register::RegisterArgs),
    /// Write fields.
    #[command(
        after_help = r#"soxa unit set 03847 "seal=Con dấu số 12" account=3714.0.1053215 --key operator.pem"#
    )]
    Set(SetArgs),
    /// A planned unit goes to work.
    #[command(after_help = "soxa unit open 03847 --date 2025-07-01 --key operator.pem")]
    Open(OpenArgs),
    /// A unit ends.
    #[command(after_help = r#"
        soxa unit close "Xã Tạ Bú" --date 2025-07-01 --successor 03847 --basis "1681/NQ-UBTVQH15"
            --key operator.pem"#)]
    Close(CloseArgs),
    /// Another name, code or kind from a day on.
    #[command(after_help = r#"
        soxa unit rename 03847 --name "Phường Mường Bú" --kind ward --from 2026-04-30 --key operator.pem"#)]
    Rename(life::RenameArgs),
    /// Another name or code.
    #[command(after_help = r#"
        soxa unit alias 03847 --name "Mường Bú mới" --list "Thông báo 12" --key operator.pem"#)]
    Alias(life::AliasArgs),
    /// A unit that takes over.
    #[command(after_help = r#"
        soxa unit lineage "Xã Tạ Bú" --successor 03847 --extent part --date 2025-07-01 --key operator.pem"#)]
    Lineage(life::LineageArgs),
    /// Something that holds for it.
    #[command(after_help = r#"
        soxa unit note "Xã Tạ Bú" --topic policy --name ATK --from 2000-01-01 --key operator.pem"#)]
    Note(life::NoteArgs),
    /// The numbers that a node gives to its dossiers.
    #[command(after_help = "soxa unit numbers 03847 --node b91a4d94 --first 5000 --last 9999 --key head.pem")]
    Numbers(life::NumbersArgs),
    /// All units.
    #[command(after_help = "soxa unit list --kind commune --stage open")]
    List(show::ListArgs),
    /// Units of a name or code of any time.
    #[command(after_help = r#"soxa unit find "x. ta bu""#)]
    Find(show::FindArgs),
    /// One unit.
    #[command(after_help = r#"soxa unit show "Xã Tạ Bú" --on 2025-08-01"#)]
    Show(show::ShowArgs),
}

/// `soxa unit set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    /// `field=value`.
    #[arg(required = true, num_args = 1.., value_name = "FIELD=VALUE", value_parser = fields::assignment)]
    values: Vec<(String, String)>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    #[arg(required = true, num_args = 1.., value_name = "UNIT")]
    units: Vec<String>,
    /// From which day; none for a unit that has worked since before anybody knows.
    #[arg(long, value_name = "DATE", value_parser = fields::date, required_unless_present = "since_before")]
    date: Option<Date>,
    /// The day is not known.
    #[arg(long, conflicts_with = "date")]
    since_before: bool,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Date,
    /// The units in its place.
    #[arg(long, required = true, num_args = 1.., value_name = "UNIT")]
    successor: Vec<String>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Does what the command says.
pub fn run(command: UnitCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        UnitCommand::Register(args) => register::register(&args, session),
        UnitCommand::Set(args) => set(&args, session),
        UnitCommand::Open(args) => open(&args, session),
        UnitCommand::Close(args) => close(&args, session),
        UnitCommand::Rename(args) => life::rename(&args, session),
        UnitCommand::Alias(args) => life::alias(&args, session),
        UnitCommand::Lineage(args) => life::lineage(&args, session),
        UnitCommand::Note(args) => life::note(&args, session),
        UnitCommand::Numbers(args) => life::numbers(&args, session),
        UnitCommand::List(args) => show::list(&args, session),
        UnitCommand::Find(args) => show::find(&args, session),
        UnitCommand::Show(args) => show::show(&args, session),
    }
}

fn set(args: &SetArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (unit, path) = find(session, &args.unit)?;
    let known: Vec<&str> = UnitField::ALL.iter().map(|field| field.as_str()).collect();
    let mut composer = Composer::new();
    let mut at = unit.at()?;
    for (field, value) in &args.values {
        let field = field
            .parse()
            .map_err(|_| fields::unknown_field(lang, "unit set", field, &known))?;
        composer.set_unit(
            &mut at,
            UnitSet {
                field,
                value: value.clone(),
            },
        );
    }
    let (signer, acting) = official(session, &args.act, &["unit.set"], |acting| {
        acting.is_at_or_above(&path)
    })?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn open(args: &OpenArgs, session: &mut Session) -> Result<Exit, Failure> {
    let mut composer = Composer::new();
    let mut paths = Vec::new();
    for wanted in &args.units {
        let (unit, path) = find(session, wanted)?;
        composer.open_unit(
            &mut unit.at()?,
            UnitOpen {
                date: args.date,
                basis: args.basis.clone(),
            },
        );
        paths.push(path);
    }
    let fits = |acting: &Acting| paths.iter().all(|path| acting.is_at_or_above(path));
    let (signer, acting) = official(session, &args.act, &["unit.open"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn close(args: &CloseArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let (unit, path) = find(session, &args.unit)?;
    let extent = match args.successor.len() {
        1 => Extent::Whole,
        _ => Extent::Portion,
    };
    let successor = |text: &String| units.find(text).map(|unit| Successor { unit, extent });
    let successors = args
        .successor
        .iter()
        .map(successor)
        .collect::<Result<Vec<_>, _>>()?;
    let mut composer = Composer::new();
    composer.close_unit(
        &mut unit.at()?,
        UnitClose {
            date: args.date,
            successors,
            basis: args.basis.clone(),
        },
    );
    let (signer, acting) = official(session, &args.act, &["unit.close"], |acting| {
        acting.is_at_or_above(&path)
    })?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// The unit that somebody means, with the units above it and itself.
pub fn find(session: &mut Session, wanted: &str) -> Result<(Read, Vec<RecordId>), Failure> {
    let units = session.units()?;
    let id = units.find(wanted)?;
    Ok((session.record(id)?, units.path(&id)))
}
