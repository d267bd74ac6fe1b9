//! Everyday acts: assets and persons are registered and described, sometimes at two nodes at once. What is drafted is handed
//! in at the node, or to one that means ill.

use soxa_ledger::{Commit, CommitId, OpRef, RecordId, Scope, Verified};
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer};
use soxa_records::person::{PersonClass, PersonRegister, PersonSet, WorkField};
use soxa_records::unit::{UnitField, UnitSet};
use soxa_records::{Date, History, Quantity};

use crate::answers::{Expect, Intent};
use crate::keeping::NewFile;
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Of a hundred acts on an asset, how many take it on in its life.
const LIFE_PERCENT: u32 = 30;
const CONDITIONS: [&str; 4] = ["tốt", "dùng được", "hỏng", "chờ thanh lý"];

/// A commit that every node reads, by the clock of the node at which it is signed.
pub(super) fn commit(
    sim: &Simulation<'_>,
    node: usize,
    official: &Official,
    composed: Composer,
) -> Result<Verified<Commit>, Defect> {
    let clock = sim.nodes[node].clock(sim.now);
    sim.province.commit(official, clock, composed, Scope::all_nodes())
}

/// What an official is about to sign.
pub(super) struct Draft {
    /// The word for it.
    pub what: &'static str,
    official: Official,
    composed: Composer,
    readers: Scope,
    /// Files that it names.
    files: Vec<NewFile>,
}

impl Draft {
    /// What every node is to read.
    pub fn of(what: &'static str, official: Official, composed: Composer) -> Option<Self> {
        Self::read_by(Scope::all_nodes(), what, official, composed)
    }

    /// What these are to read.
    pub fn read_by(
        readers: Scope,
        what: &'static str,
        official: Official,
        composed: Composer,
    ) -> Option<Self> {
        Some(Self {
            what,
            official,
            composed,
            readers,
            files: Vec::new(),
        })
    }

    /// A file that it names.
    pub fn with_file(mut self, file: Option<NewFile>) -> Self {
        self.files.extend(file);
        self
    }

    /// The commit, signed at the node.
    pub fn sign(self, sim: &Simulation<'_>, node: usize) -> Result<Verified<Commit>, Defect> {
        let clock = sim.nodes[node].clock(sim.now);
        sim.province
            .commit(&self.official, clock, self.composed, self.readers)
    }
}

/// Hands in what has to be refused.
pub(super) fn hand_in_wrong(sim: &mut Simulation<'_>, node: usize, draft: Draft) -> Result<bool, Defect> {
    let (who, what) = (draft.official.name.clone(), draft.what);
    let commit = draft.sign(sim, node)?;
    sim.submit(node, Intent::commit(&who, what, commit, Expect::Refused))?;
    Ok(true)
}

/// Signs what was drafted and hands it in; false when there was nothing to draft.
pub(super) fn submit(sim: &mut Simulation<'_>, node: usize, draft: Option<Draft>) -> Result<bool, Defect> {
    let Some(draft) = draft else {
        return Ok(false);
    };
    let what = draft.what;
    submit_as(sim, node, draft, what)?;
    Ok(true)
}

/// The same, told in other words. The commit, when it was stored.
pub(super) fn submit_as(
    sim: &mut Simulation<'_>,
    node: usize,
    draft: Draft,
    what: &'static str,
) -> Result<Option<CommitId>, Defect> {
    let who = draft.official.name.clone();
    // Before the act: whoever learns of it may ask for them.
    for file in &draft.files {
        if !sim.hand_over(node, file)? {
            return Ok(None);
        }
    }
    let commit = draft.sign(sim, node)?;
    let id = commit.commit_id(sim.province.network);
    let stored = sim.submit(node, Intent::commit(&who, what, commit, Expect::Stored))?;
    Ok(stored.then_some(id))
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
    Ok(new_assets(sim, unit, official))
}

fn new_assets(sim: &mut Simulation<'_>, unit: RecordId, official: Official) -> Option<Draft> {
    let mut composed = Composer::new();
    for _ in 0..sim.dice.between(1, 4) {
        let number = sim.dice.below(1_000_000);
        composed.register_asset(AssetRegister {
            code: format!("TS-{number}"),
            category: "thiết bị".to_owned(),
            quantity: Quantity::whole(1 + number % 5),
            measure: "cái".to_owned(),
            in_use_year: Some(2019),
            condition: "tốt".to_owned(),
            site: "kho".to_owned(),
            ..AssetRegister::new(unit, &format!("Máy {number}"), (number * 1_000) as i64)
        });
    }
    Draft::of("registers_assets", official, composed)
}

fn register_person(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((unit, official)) = unit_at(sim, node, Duty::Staff) else {
        return Ok(None);
    };
    Ok(new_person(sim, unit, official))
}

fn new_person(sim: &mut Simulation<'_>, unit: RecordId, official: Official) -> Option<Draft> {
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
    Draft::of("registers_person", official, composed)
}

fn asset_set(sim: &mut Simulation<'_>) -> AssetSet {
    let condition = sim
        .dice
        .pick(&CONDITIONS)
        .map_or_else(String::new, |word| (*word).to_owned());
    match sim.dice.below(4) {
        0 => AssetSet::Condition(condition),
        1 => AssetSet::Site(format!("phòng {}", sim.dice.below(30))),
        2 => AssetSet::Residual((sim.dice.below(1_000_000_000) as i64).into()),
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
    let official = sim.officer(node, unit, Duty::Assets);
    Ok(official.and_then(|official| changed_asset(sim, &history, official)))
}

fn changed_asset(sim: &mut Simulation<'_>, history: &History, official: Official) -> Option<Draft> {
    let mut at = At::of(history)?;
    let mut composed = Composer::new();
    if sim.dice.chance(LIFE_PERCENT)
        && let Some(mut change) = next_state(sim, history)
    {
        let has_minutes = matches!(change.state, AssetState::Lost | AssetState::Damaged);
        let minutes = has_minutes.then(|| sim.new_file(None));
        change.document = minutes.as_ref().map(|file| file.hash.0);
        composed.change_asset(&mut at, change);
        return Some(Draft::of("changes_asset", official, composed)?.with_file(minutes));
    }
    for _ in 0..sim.dice.between(1, 2) {
        let set = asset_set(sim);
        composed.set_asset(&mut at, set);
    }
    Draft::of("sets_asset", official, composed)
}

/// A state that may follow one in which an asset is; none for one that is gone.
fn next_state(sim: &mut Simulation<'_>, history: &History) -> Option<AssetStateChange> {
    let states = AssetState::of(history.state()).into_iter();
    let next: Vec<AssetState> = states
        .flat_map(|state| state.followed_by().iter().copied())
        .collect();
    let state = sim.dice.pick(&next).copied()?;
    Some(AssetStateChange {
        state,
        date: Date::new(2025, 11, 4).ok()?,
        reason: "kiểm kê".to_owned(),
        document: None,
    })
}

fn set_person(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((_, history)) = sim.any_record(node, "person")? else {
        return Ok(None);
    };
    let Some(unit) = sim.custodian(&history) else {
        return Ok(None);
    };
    let official = sim.officer(node, unit, Duty::Staff);
    Ok(official.and_then(|official| changed_person(sim, &history, official)))
}

fn changed_person(sim: &mut Simulation<'_>, history: &History, official: Official) -> Option<Draft> {
    let mut at = At::of(history)?;
    let mut composed = Composer::new();
    composed.set_person(&mut at, PersonSet::Rank(format!("bậc {}", sim.dice.below(9))));
    Draft::of("sets_person", official, composed)
}

fn set_unit(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Draft>, Defect> {
    let Some((unit, official)) = unit_at(sim, node, Duty::Head) else {
        return Ok(None);
    };
    Ok(changed_unit(sim, node, unit, official))
}

fn changed_unit(sim: &mut Simulation<'_>, node: usize, unit: RecordId, official: Official) -> Option<Draft> {
    let mut at = At::of(&*sim.history(node, unit)?)?;
    let mut composed = Composer::new();
    let value = format!("tổ {}", sim.dice.below(20));
    composed.set_unit(
        &mut at,
        UnitSet {
            field: UnitField::Seat,
            value,
        },
    );
    Draft::of("sets_unit", official, composed)
}

/// What an official does in the own unit, on what the node shows.
pub(super) fn work_of(
    sim: &mut Simulation<'_>,
    node: usize,
    official: &Official,
) -> Result<Option<Draft>, Defect> {
    let unit = sim.province.unit(official.unit)?.id;
    if sim.history(node, unit).is_none() {
        return Ok(None);
    }
    let by = official.clone();
    let duty = match official.duty {
        Duty::Head => [Duty::Assets, Duty::Staff, Duty::Head][sim.dice.index(3)],
        duty => duty,
    };
    let kind = match duty {
        Duty::Assets => "asset",
        Duty::Staff => "person",
        Duty::Head => return Ok(changed_unit(sim, node, unit, by)),
        Duty::Operator => return Ok(None),
    };
    let mut held = sim.held(node, kind, official.unit)?;
    if held.is_empty() || sim.dice.chance(40) {
        return Ok(match duty {
            Duty::Assets => new_assets(sim, unit, by),
            _ => new_person(sim, unit, by),
        });
    }
    let (_, history) = held.swap_remove(sim.dice.index(held.len()));
    Ok(match duty {
        Duty::Assets => changed_asset(sim, &history, by),
        _ => changed_person(sim, &history, by),
    })
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
        if let Some(official) = sim.officer(node, unit, Duty::Assets) {
            let site = format!("xã {}", sim.dice.below(9));
            set_site(sim, node, record, &official, site)?;
        }
    }
    Ok(true)
}

/// An official says where an asset is. Whether the node shows it.
pub(super) fn set_site(
    sim: &mut Simulation<'_>,
    node: usize,
    record: RecordId,
    official: &Official,
    site: String,
) -> Result<bool, Defect> {
    let Some(mut at) = sim.history(node, record).and_then(|history| At::of(&history)) else {
        return Ok(false);
    };
    let mut composed = Composer::new();
    composed.set_asset(&mut at, AssetSet::Site(site));
    submit(sim, node, Draft::of("sets_asset", official.clone(), composed))
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
    // What few read is handed in nowhere else.
    let Some((commit, _)) = found.filter(|(commit, _)| sim.reads(node, &commit.scope)) else {
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
