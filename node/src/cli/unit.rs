//! `soxa unit`: units of the province, below one another.

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{
    UnitClose, UnitField, UnitKind, UnitOpen, UnitRegister, UnitSet, UnitStage, UnitView,
};

use super::session::{Read, Units};
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// What can be done with units.
#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Create a unit.
    Register(RegisterArgs),
    /// Write fields.
    Set(SetArgs),
    /// A planned unit goes to work.
    Open(OpenArgs),
    /// A unit ends.
    Close(CloseArgs),
    /// All units.
    List(ListArgs),
    /// One unit.
    Show(ShowArgs),
}

/// `soxa unit register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND")]
    kind: UnitKind,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The unit above.
    #[arg(long, value_name = "UNIT")]
    parent: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    /// Open it as well, from this day.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    open: Option<Date>,
    #[command(flatten)]
    act: ActArgs,
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
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Date,
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

/// `soxa unit list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND")]
    kind: Option<UnitKind>,
    #[arg(long, value_parser = fields::words(UnitStage::ALL, UnitStage::as_str), value_name = "planned|open|closed")]
    stage: Option<UnitStage>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa unit show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(command: UnitCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        UnitCommand::Register(args) => register(&args, session),
        UnitCommand::Set(args) => set(&args, session),
        UnitCommand::Open(args) => open(&args, session),
        UnitCommand::Close(args) => close(&args, session),
        UnitCommand::List(args) => list(&args, session),
        UnitCommand::Show(args) => show(&args, session),
    }
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let parent = units.find(&args.parent)?;
    let path = units.path(&parent);
    let register = UnitRegister {
        kind: args.kind,
        name: args.name.clone(),
        code: args.code.clone().filter(|code| !code.is_empty()),
        path: path.clone(),
        basis: args.basis.clone(),
    };
    let mut composer = Composer::new();
    // The registration of a unit has the unit's id.
    let mut unit = composer.register_unit(OpRef::Id(parent.into()), register);
    let mut kinds = vec!["unit.register"];
    if let Some(date) = args.open {
        composer.open_unit(
            &mut unit,
            UnitOpen {
                date,
                basis: args.basis.clone(),
            },
        );
        kinds.push("unit.open");
    }
    let (signer, acting) = official(session, &args.act, &kinds, |acting| acting.is_at_or_above(&path))?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
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
    let fits = |acting: &super::acting::Acting| paths.iter().all(|path| acting.is_at_or_above(path));
    let (signer, acting) = official(session, &args.act, &["unit.open"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn close(args: &CloseArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let (unit, path) = find(session, &args.unit)?;
    let successors = args
        .successor
        .iter()
        .map(|text| units.find(text))
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

fn find(session: &mut Session, wanted: &str) -> Result<(Read, Vec<RecordId>), Failure> {
    let units = session.units()?;
    let id = units.find(wanted)?;
    Ok((session.record(id)?, units.path(&id)))
}

fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let mut listing = Listing::new(
        "units",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("code", "records.field.code"),
            ("name", "records.field.name"),
            ("parent", "records.field.parent_unit"),
            ("stage", "records.field.state"),
        ],
    );
    let wanted = |view: &UnitView| {
        args.kind.is_none_or(|kind| view.kind.distinct().contains(&&kind))
            && args.stage.is_none_or(|stage| view.stage == stage)
    };
    for (id, view) in units.all().iter().filter(|(_, view)| wanted(view)) {
        listing.push(vec![
            Cell::id(&id.to_string()),
            fields::word_cell(lang, "records.unit_kind", &view.kind),
            fields::field_cell(&view.code),
            fields::field_cell(&view.name),
            fields::unit_cell(&units, view.path.last()),
            fields::translated(lang, "records.unit_stage", view.stage.as_str()),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let (unit, _) = find(session, &args.unit)?;
    let view = UnitView::of(&unit.state).ok_or_else(|| fields::not_that_kind(&unit))?;
    args.read
        .print_sheet(session.lang, &sheet(session.lang, &units, &unit, &view))?;
    Ok(Exit::Done)
}

fn sheet(lang: Lang, units: &Units, unit: &Read, view: &UnitView) -> Sheet {
    let mut sheet = Sheet::new("unit");
    let path: Vec<String> = view.path.iter().map(|above| units.name(above)).collect();
    sheet
        .field("id", "records.field.id", Cell::text(unit.id.to_string()))
        .field(
            "kind",
            "records.field.kind",
            fields::word_cell(lang, "records.unit_kind", &view.kind),
        )
        .field("code", "records.field.code", fields::field_cell(&view.code))
        .field("name", "records.field.name", fields::field_cell(&view.name))
        .field(
            "parent",
            "records.field.parent_unit",
            fields::unit_cell(units, view.path.last()),
        )
        .field("path", "records.field.path", Cell::text(path.join(" › ")))
        .field(
            "stage",
            "records.field.state",
            fields::translated(lang, "records.unit_stage", view.stage.as_str()),
        )
        .field("opened", "records.field.opened", fields::date_cell(&view.opened))
        .field("closed", "records.field.closed", fields::date_cell(&view.closed))
        .field("seat", "records.field.seat", fields::field_cell(&view.seat))
        .field("seal", "records.field.seal", fields::field_cell(&view.seal))
        .field(
            "account",
            "records.field.account",
            fields::field_cell(&view.account),
        )
        .field(
            "functions",
            "records.field.functions",
            fields::field_cell(&view.functions),
        )
        .field(
            "basis",
            "records.field.legal_basis",
            fields::field_cell(&view.basis),
        );
    let mut successors = Listing::new(
        "successors",
        &[("id", "records.field.id"), ("name", "records.field.successor")],
    );
    for (_, successor) in &view.successors {
        successors.push(vec![
            Cell::id(&successor.to_string()),
            Cell::text(units.name(successor)),
        ]);
    }
    sheet.list(successors).list(fields::disputed(lang, unit));
    sheet
}
