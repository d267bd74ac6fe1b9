//! `soxa unit register`: units below one another, one by one or from a table.

use std::path::{Path, PathBuf};

use clap::Args;
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitKind, UnitOpen, UnitRegister};

use crate::cli::acting::Acting;
use crate::cli::bulk::{self, Column, Problems};
use crate::cli::session::Units;
use crate::cli::sign::{ActArgs, BULK_OPERATIONS, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

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

/// A unit to be registered, and from when it works.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewUnit {
    register: UnitRegister,
    open: Option<Date>,
}

/// Registers, and opens where a day is given.
pub fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
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
    let fits = |acting: &Acting| {
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
            composer.open_unit(
                &mut at,
                UnitOpen {
                    date: Some(date),
                    basis,
                },
            );
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
