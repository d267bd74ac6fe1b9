//! `soxa unit`: units of the province, below one another.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{
    UnitClose, UnitField, UnitKind, UnitOpen, UnitRegister, UnitSet, UnitStage, UnitView,
};

use super::bulk::{self, Column, Problems};
use super::session::{Read, Units};
use super::sign::{ActArgs, BULK_OPERATIONS, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// The columns of a table of units.
const COLUMNS: [Column; 6] = [
    Column {
        name: "kind",
        label: "records.field.kind",
        required: true,
    },
    Column {
        name: "name",
        label: "records.field.name",
        required: true,
    },
    Column {
        name: "code",
        label: "records.field.code",
        required: false,
    },
    Column {
        name: "parent",
        label: "records.field.parent_unit",
        required: false,
    },
    Column {
        name: "basis",
        label: "records.field.legal_basis",
        required: false,
    },
    Column {
        name: "open",
        label: "records.field.opened",
        required: false,
    },
];

/// What can be done with units.
#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Create a unit or a table of them.
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
    /// A table.
    #[arg(long = "from", value_name = "FILE.csv", conflicts_with_all = ["kind", "name", "code"])]
    from_file: Option<PathBuf>,
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND",
          required_unless_present = "from_file")]
    kind: Option<UnitKind>,
    #[arg(long, value_name = "NAME", required_unless_present = "from_file")]
    name: Option<String>,
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The unit above; for a table that of lines that name none.
    #[arg(long, value_name = "UNIT", required_unless_present = "from_file")]
    parent: Option<String>,
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

/// A unit to be registered, and from when it works.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewUnit {
    register: UnitRegister,
    open: Option<Date>,
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let parent = args
        .parent
        .as_deref()
        .map(|parent| units.find(parent))
        .transpose()?;
    let new = match (&args.from_file, args.kind, &args.name, parent) {
        (Some(file), ..) => from_lines(
            lang,
            &units,
            (args.open, &args.basis),
            parent,
            file,
            &bulk::read(lang, file, &COLUMNS)?,
        )?,
        (None, Some(kind), Some(name), Some(parent)) => vec![NewUnit {
            register: UnitRegister {
                kind,
                name: name.clone(),
                code: args.code.clone().filter(|code| !code.is_empty()),
                path: units.path(&parent),
                basis: args.basis.clone(),
            },
            open: args.open,
        }],
        _ => return Err(Failure::new("errors.nothing_to_do", &[])),
    };
    let mut kinds = vec!["unit.register"];
    if new.iter().any(|unit| unit.open.is_some()) {
        kinds.push("unit.open");
    }
    // A registration and an opening each.
    let prepared: Vec<Prepared> = new.chunks(BULK_OPERATIONS / 2).map(registered).collect();
    let fits = |acting: &super::acting::Acting| {
        let path = |unit: &NewUnit| acting.is_at_or_above(&unit.register.path);
        new.iter().all(path)
    };
    let (signer, acting) = official(session, &args.act, &kinds, fits)?;
    carry_out(session, &args.act, signer, &acting, &prepared)
}

fn registered(new: &[NewUnit]) -> Prepared {
    let mut composer = Composer::new();
    for unit in new {
        let parent = unit
            .register
            .path
            .last()
            .map(|parent| OpRef::Id((*parent).into()));
        let Some(parent) = parent else { continue };
        let mut at = composer.register_unit(parent, unit.register.clone());
        if let Some(date) = unit.open {
            let basis = unit.register.basis.clone();
            composer.open_unit(&mut at, UnitOpen { date, basis });
        }
    }
    Prepared::of(composer)
}

fn from_lines(
    lang: Lang,
    units: &Units,
    (opening, basis): (Option<Date>, &str),
    parent: Option<RecordId>,
    file: &Path,
    lines: &[bulk::Line],
) -> Result<Vec<NewUnit>, Failure> {
    let mut problems = Problems::new(file);
    let mut new = Vec::with_capacity(lines.len());
    let mut codes = std::collections::BTreeSet::new();
    for line in lines {
        let filled = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        let kind = problems.take(lang, line, "kind", |cell| cell.parse().ok());
        let name = problems.take(lang, line, "name", filled);
        let open = problems.take_optional(lang, line, "open", |cell| fields::date(cell).ok());
        let above = match line.get("parent") {
            "" if parent.is_some() => parent,
            _ => problems.take(lang, line, "parent", |cell| units.find(cell).ok()),
        };
        let code = filled(line.get("code"));
        if let Some(code) = code.iter().find(|code| !codes.insert((*code).clone())) {
            problems.add(lang, line.number, "code", "cli.import.code_twice", code);
        }
        let (Some(kind), Some(name), Some(open), Some(parent)) = (kind, name, open, above) else {
            continue;
        };
        new.push(NewUnit {
            register: UnitRegister {
                kind,
                name,
                code,
                path: units.path(&parent),
                basis: filled(line.get("basis")).unwrap_or_else(|| basis.to_owned()),
            },
            open: open.or(opening),
        });
    }
    problems.finish()?;
    Ok(new)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_taken_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let (province, commune) = (RecordId([1; 32]), RecordId([2; 32]));
        let units = Units::known(&[(province, "Tỉnh Sơn La"), (commune, "Xã Mường Bú")]);
        let day = fields::date("2025-07-01").unwrap();
        let read = |content: &str| {
            std::fs::write(&file, content).unwrap();
            let lines = bulk::read(Lang::En, &file, &COLUMNS)?;
            from_lines(
                Lang::En,
                &units,
                (Some(day), "NQ 1"),
                Some(province),
                &file,
                &lines,
            )
        };
        let found = read(
            "kind,name,code,parent,basis,open\nward,Phường A,1,,,\nother,Đội B,,muong bu,QĐ 2,02/07/2025\n",
        );
        let found = found.unwrap();
        assert_eq!(
            (&found[0].register.path, found[0].open),
            (&vec![province], Some(day))
        );
        assert_eq!(
            (
                found[0].register.code.as_deref(),
                found[0].register.basis.as_str()
            ),
            (Some("1"), "NQ 1")
        );
        assert_eq!(
            (&found[1].register.path, &found[1].register.code),
            (&vec![commune], &None)
        );
        assert_eq!(
            (found[1].register.basis.as_str(), found[1].open > Some(day)),
            ("QĐ 2", true)
        );
        let refused = read("kind,name,code,parent\nvillage,A,1,\nward,,1,nowhere\n").unwrap_err();
        let said = refused.say(Lang::En);
        for part in ["line 2, kind", "line 3, name", "line 3, code", "line 3, parent"] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }
}
