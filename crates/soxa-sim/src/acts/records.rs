//! Everyday acts: assets and persons are registered and described, sometimes at two nodes at once. What is drafted is handed
//! in at the node, or to one that means ill.

use soxa_ledger::{Commit, OpRef, RecordId, Verified};
use soxa_records::Quantity;
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer};
use soxa_records::person::{PersonClass, PersonRegister, PersonSet, WorkField};
use soxa_records::unit::{UnitField, UnitSet};

use crate::answers::{Expect, Intent};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

const CONDITIONS: [&str; 4] = ["tốt", "dùng được", "hỏng", "chờ thanh lý"];

pub(super) fn commit(
    sim: &Simulation<'_>,
    node: usize,
    official: &Official,
    composed: Composer,
) -> Result<Verified<Commit>, Defect> {
    sim.province
        .commit(official, sim.nodes[node].clock(sim.now), composed)
}

/// What an official is about to sign.
pub(super) struct Draft {
    /// The word for it.
    what: &'static str,
    official: Official,
    composed: Composer,
}

impl Draft {
    fn of(what: &'static str, official: Official, composed: Composer) -> Option<Self> {
        Some(Self {
            what,
            official,
            composed,
        })
    }

    /// The commit, signed at the node.
    pub fn sign(self, sim: &Simulation<'_>, node: usize) -> Result<Verified<Commit>, Defect> {
        commit(sim, node, &self.official, self.composed)
    }
}

/// Signs what was drafted and hands it in; false when there was nothing to draft.
pub(super) fn submit(sim: &mut Simulation<'_>, node: usize, draft: Option<Draft>) -> Result<bool, Defect> {
    let Some(draft) = draft else {
        return Ok(false);
    };
    let (who, what) = (draft.official.name.clone(), draft.what);
    let commit = draft.sign(sim, node)?;
    sim.submit(node, Intent::commit(&who, what, commit, Expect::Stored))?;
    Ok(true)
}

/// One of the everyday acts, on what the node shows.
pub(super) fn everyday(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    match sim.dice.below(44) {
        0..14 => register_assets(sim, node),
        14..19 => register_person(sim, node),
        19..34 => set_asset(sim, node),
        34..39 => set_person(sim, node),
        _ => set_unit(sim, node),
    }
}

/// Whether the node shows the unit: elsewhere what is done in it would be pending.
fn unit_at(sim: &mut Simulation<'_>, node: usize, duty: Duty) -> Option<(RecordId, Official)> {
    let unit = sim.unit_for(node);
    let official = sim.officer(node, unit, duty)?;
    let id = sim.province.units.get(unit)?.id;
    sim.history(node, id)?;
    Some((id, official))
}

fn register_assets(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((unit, official)) = unit_at(sim, node, Duty::Assets) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    for _ in 0..sim.dice.between(1, 4) {
        let number = sim.dice.below(1_000_000);
        composed.register_asset(AssetRegister {
            code: format!("TS-{number}"),
            name: format!("Máy {number}"),
            category: "thiết bị".to_owned(),
            unit,
            quantity: Quantity::whole(1 + number % 5),
            measure: "cái".to_owned(),
            cost: (number * 1_000) as i64,
            residual: None,
            in_use_year: Some(2019),
            condition: "tốt".to_owned(),
            site: "kho".to_owned(),
        });
    }
    Ok(Draft::of("registers_assets", official, composed))
}

fn register_person(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((unit, official)) = unit_at(sim, node, Duty::Staff) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    composed.register_person(PersonRegister {
        name: format!("Lò Văn {}", sim.dice.below(10_000)),
        birth_year: Some(1985),
        class: PersonClass::PublicEmployee,
        field: if sim.dice.chance(50) {
            WorkField::Culture
        } else {
            WorkField::Agriculture
        },
        unit,
    });
    Ok(Draft::of("registers_person", official, composed))
}

fn asset_set(sim: &mut Simulation<'_>) -> AssetSet {
    let condition = sim
        .dice
        .pick(&CONDITIONS)
        .map_or_else(String::new, |word| (*word).to_owned());
    match sim.dice.below(4) {
        0 => AssetSet::Condition(condition),
        1 => AssetSet::Site(format!("phòng {}", sim.dice.below(30))),
        2 => AssetSet::Residual(sim.dice.below(1_000_000_000) as i64),
        _ => AssetSet::Remark(format!("kiểm kê {}", sim.dice.below(1_000))),
    }
}

fn set_asset(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((_, history)) = sim.any_record(node, "asset")? else {
        return Ok(None);
    };
    let Some(unit) = sim.custodian(&history) else {
        return Ok(None);
    };
    let (Some(official), Some(mut at)) = (sim.officer(node, unit, Duty::Assets), At::of(&history)) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    for _ in 0..sim.dice.between(1, 2) {
        let set = asset_set(sim);
        composed.set_asset(&mut at, set);
    }
    Ok(Draft::of("sets_asset", official, composed))
}

fn set_person(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((_, history)) = sim.any_record(node, "person")? else {
        return Ok(None);
    };
    let Some(unit) = sim.custodian(&history) else {
        return Ok(None);
    };
    let (Some(official), Some(mut at)) = (sim.officer(node, unit, Duty::Staff), At::of(&history)) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    composed.set_person(&mut at, PersonSet::Rank(format!("bậc {}", sim.dice.below(9))));
    Ok(Draft::of("sets_person", official, composed))
}

fn set_unit(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((unit, official)) = unit_at(sim, node, Duty::Head) else {
        return Ok(None);
    };
    let Some(mut at) = sim.history(node, unit).and_then(|history| At::of(&history)) else {
        return Ok(None);
    };
    let mut composed = Composer::new();
    let value = format!("tổ {}", sim.dice.below(20));
    composed.set_unit(
        &mut at,
        UnitSet {
            field: UnitField::Seat,
            value,
        },
    );
    Ok(Draft::of("sets_unit", official, composed))
}

/// One record is written at two nodes, each time on what that node shows.
pub(super) fn set_at_two_nodes(sim: &mut Simulation<'_>) -> Result<bool, Defect> {
    let up = sim.up();
    let (Some(here), Some(there)) = (sim.dice.pick(&up).copied(), sim.dice.pick(&up).copied()) else {
        return Ok(false);
    };
    let Some((record, _)) = sim.any_record(here, "asset")? else {
        return Ok(false);
    };
    for node in [here, there] {
        let Some(history) = sim.history(node, record) else {
            continue;
        };
        let Some(unit) = sim.custodian(&history) else {
            continue;
        };
        let (Some(official), Some(mut at)) = (sim.officer(node, unit, Duty::Assets), At::of(&history)) else {
            continue;
        };
        let mut composed = Composer::new();
        composed.set_asset(&mut at, AssetSet::Site(format!("xã {}", sim.dice.below(9))));
        submit(sim, node, Draft::of("sets_asset", official, composed))?;
    }
    Ok(true)
}

/// A commit that was stored at one node is handed in at another, the same bytes.
pub(super) fn hand_in_again(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let commits = sim.watch.commits();
    let Some((id, from)) = sim.dice.pick(&commits).copied() else {
        return Ok(false);
    };
    let Some(engine) = sim.engine(from) else {
        return Ok(false);
    };
    let found = engine
        .commit(&id)
        .map_err(|error| Defect::local(&sim.name(from), error))?;
    let Some((commit, _)) = found else {
        return Ok(false);
    };
    // What became void meanwhile is refused; what this node does not understand yet is kept.
    sim.submit(node, Intent::commit("-", "hands_in_again", commit, Expect::Any))?;
    Ok(true)
}

/// The operation that created a unit, as others cite it.
pub(super) fn registration(unit: RecordId) -> OpRef {
    OpRef::Id(unit.into())
}
