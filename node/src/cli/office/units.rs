//! `soxa import units`: new units below one another, generation by generation, then the end of the old ones.

use std::collections::BTreeMap;

use clap::Args;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_office::plan::Plan;
use soxa_office::table::Table;
use soxa_office::units::{Named, NewUnit, Units as Listed};
use soxa_records::Date;
use soxa_records::compose::{At, Composer};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{Successor, UnitAlias, UnitClose, UnitOpen, UnitOperation, UnitRegister};

use super::super::session::Units;
use super::super::sign::{BULK_OPERATIONS, Prepared};
use super::super::{Session, fields};
use super::importing::{ImportArgs, Importable, Round, Takes, needed};
use crate::failure::Failure;

/// Operations that one unit takes at most in one round: registration, opening, another code.
const OPERATIONS_OF_A_UNIT: usize = 3;

/// `soxa import units`.
#[derive(Debug, Args)]
pub struct UnitsArgs {
    #[command(flatten)]
    pub import: ImportArgs,
    #[command(flatten)]
    pub defaults: Defaults,
}

/// What holds for lines that do not say.
#[derive(Debug, Args)]
pub struct Defaults {
    /// When new units open and old ones close.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
}

impl Importable for Listed {
    type Options = Defaults;
    const NAME: &'static str = "units";

    fn known(
        session: &mut Session,
        _: &Units,
        table: &Table<'_>,
        defaults: &Defaults,
    ) -> Result<Self, Failure> {
        let all = session.viewed("unit", UnitView::of)?;
        Ok(Self::of(all, table, defaults.date))
    }

    fn acts(plan: &Plan<NewUnit>) -> Vec<&'static str> {
        let kinds: [Takes<NewUnit>; 4] = [
            ("unit.register", |unit| matches!(unit.unit, Named::New(_))),
            ("unit.open", |unit| unit.opened.is_some()),
            ("unit.alias", |unit| unit.other_code.is_some()),
            ("unit.close", |unit| unit.closing.is_some()),
        ];
        needed(plan, &kinds)
    }

    fn round(
        &mut self,
        session: &mut Session,
        units: &Units,
        plan: &Plan<NewUnit>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        let generations = generations(plan);
        let registered = generations.iter().flatten().zip(round.created);
        let made: BTreeMap<Named, RecordId> = registered.map(|(unit, record)| (unit.unit, *record)).collect();
        let record = |named: Named| match named {
            Named::Known(record) => Some(record),
            Named::New(_) => made.get(&named).copied(),
        };
        if let Some(generation) = generations.get(round.number) {
            let commit = |chunk: &[&NewUnit]| {
                let mut composer = Composer::new();
                for unit in chunk {
                    register(&mut composer, unit, &path(plan, units, &made, unit.parent));
                }
                Prepared::of(composer)
            };
            return Ok(generation
                .chunks(BULK_OPERATIONS / OPERATIONS_OF_A_UNIT)
                .map(commit)
                .collect());
        }
        if round.number > generations.len() {
            return Ok(Vec::new());
        }
        let mut heads: BTreeMap<RecordId, At> = BTreeMap::new();
        for read in session.records("unit")? {
            heads.insert(read.id, read.at()?);
        }
        let mut composers = vec![Composer::new()];
        for (_, unit) in &plan.new {
            let Some(at) = record(unit.unit).and_then(|unit| heads.get_mut(&unit)) else {
                continue;
            };
            let Some(composer) = composers.last_mut() else {
                continue;
            };
            if let (Some(date), Named::Known(_)) = (unit.opened, unit.unit) {
                composer.open_unit(at, opening(unit, date));
            }
            if let Some(closing) = &unit.closing {
                let successors = closing.successors.iter();
                let successors = successors.filter_map(|(named, extent)| {
                    Some(Successor {
                        unit: record(*named)?,
                        extent: *extent,
                    })
                });
                let close = UnitClose {
                    date: closing.date,
                    successors: successors.collect(),
                    basis: unit.basis.clone(),
                };
                composer.close_unit(at, close);
            }
            if composer.len() + OPERATIONS_OF_A_UNIT > BULK_OPERATIONS {
                composers.push(Composer::new());
            }
        }
        composers.retain(|composer| !composer.is_empty());
        Ok(composers.into_iter().map(Prepared::of).collect())
    }
}

/// The new units, those first whose unit above is known, then those below them.
fn generations(plan: &Plan<NewUnit>) -> Vec<Vec<&NewUnit>> {
    let mut waiting: Vec<&NewUnit> = plan.new.iter().map(|(_, unit)| unit).collect();
    waiting.retain(|unit| matches!(unit.unit, Named::New(_)));
    let mut generations: Vec<Vec<&NewUnit>> = Vec::new();
    while !waiting.is_empty() {
        let (ready, later): (Vec<_>, Vec<_>) = waiting
            .iter()
            .partition(|unit| !waiting.iter().any(|other| other.unit == unit.parent));
        if ready.is_empty() {
            break;
        }
        generations.push(ready);
        waiting = later;
    }
    generations
}

/// The units above one whose parent this is, the province first.
fn path(
    plan: &Plan<NewUnit>,
    units: &Units,
    made: &BTreeMap<Named, RecordId>,
    parent: Named,
) -> Vec<RecordId> {
    match parent {
        Named::Known(parent) => units.path(&parent),
        Named::New(_) => {
            let above = plan.new.iter().find(|(_, unit)| unit.unit == parent);
            let mut path = above
                .map(|(_, unit)| path(plan, units, made, unit.parent))
                .unwrap_or_default();
            path.extend(made.get(&parent));
            path
        }
    }
}

fn register(composer: &mut Composer, unit: &NewUnit, path: &[RecordId]) {
    let Some(parent) = path.last() else { return };
    let register = UnitRegister {
        kind: unit.kind,
        name: unit.name.clone(),
        code: unit.code.clone(),
        path: path.to_vec(),
        basis: unit.basis.clone(),
    };
    let mut at = composer.register_unit(OpRef::Id((*parent).into()), register);
    if let Some(date) = unit.opened {
        composer.open_unit(&mut at, opening(unit, date));
    }
    if unit.other_code.is_some() {
        let alias = UnitAlias {
            name: None,
            code: unit.other_code.clone(),
            list: String::new(),
            from: None,
            until: None,
        };
        composer.on_unit(&mut at, UnitOperation::Alias(alias));
    }
}

fn opening(unit: &NewUnit, date: Option<Date>) -> UnitOpen {
    UnitOpen {
        date,
        // The text of an old unit's line is that of its end.
        basis: if unit.closing.is_some() {
            String::new()
        } else {
            unit.basis.clone()
        },
    }
}
