//! Acts that a node has to refuse, tried where the node knows all that shows it.

use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{FileHash, RecordId, Verified};
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer};
use soxa_records::person::{PersonClass, PersonRegister, WorkField};
use soxa_sync::file_words::FileQuestion;

use super::records::{commit, hand_in_wrong};
use super::{corrections, dossiers};
use crate::answers::{Expect, Intent};
use crate::founding::candidate;
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

pub(super) fn act(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    // While a node does not know its own admission, all that it appends is pending, and kept.
    if sim
        .engine(node)
        .is_none_or(|engine| engine.unit_of(&engine.own_node()).is_none())
    {
        return Ok(false);
    }
    match sim.dice.below(10) {
        0 => after_the_cut(sim, node),
        5 => after_the_term(sim, node),
        6 => under_what_fell(sim, node),
        7 => corrections::move_by_restating(sim, node),
        8 => for_others(sim, node),
        9 => ask_for_anothers_file(sim, node),
        1 => beyond_the_role(sim, node),
        2 => not_the_custodian(sim, node),
        3 => appointed_by_an_officer(sim, node),
        _ => not_above_the_unit(sim, node),
    }
}

fn refused(
    sim: &mut Simulation<'_>,
    node: usize,
    official: &Official,
    what: &'static str,
    composed: Composer,
) -> Result<bool, Defect> {
    let commit = commit(sim, node, official, composed)?;
    sim.submit(
        node,
        Intent::commit(&official.name, what, commit, Expect::Refused),
    )?;
    Ok(true)
}

fn an_asset(unit: RecordId) -> AssetRegister {
    AssetRegister::new(unit, "Xe máy", 1)
}

/// One of these officials registers an asset of the own unit, where the node knows it, and is refused.
fn registers_in_vain(
    sim: &mut Simulation<'_>,
    node: usize,
    officials: &[Official],
    what: &'static str,
) -> Result<bool, Defect> {
    let Some(official) = sim.dice.pick(officials).cloned() else {
        return Ok(false);
    };
    let unit = sim.province.unit(official.unit)?.id;
    if sim.history(node, unit).is_none() {
        return Ok(false);
    }
    let mut composed = Composer::new();
    composed.register_asset(an_asset(unit));
    refused(sim, node, &official, what, composed)
}

/// By an official whose appointment was cut, as the node knows: new entries are above any cut.
fn after_the_cut(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(false);
    };
    let authority = engine.authority();
    let cut = |official: &&Official| {
        authority.judge_statement(&official.appointment) == Verdict::Valid
            && !authority.cuts_on(&official.appointment).is_empty()
            && official.duty != Duty::Operator
    };
    let cut: Vec<Official> = sim.province.officials.iter().filter(cut).cloned().collect();
    registers_in_vain(sim, node, &cut, "acts_after_the_cut")
}

/// By an official whose term has ended by the time that the node would write.
/// Whoever was appointed above the cut of the appointing official, or under a void appointment, acts in vain.
fn under_what_fell(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(false);
    };
    let authority = engine.authority();
    let fell =
        |official: &&Official| matches!(authority.judge_statement(&official.appointment), Verdict::Void(_));
    let fell: Vec<Official> = sim.province.officials.iter().filter(fell).cloned().collect();
    registers_in_vain(sim, node, &fell, "acts_under_what_fell")
}

fn after_the_term(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(false);
    };
    let now = sim.nodes[node].node_time(sim.now);
    let authority = engine.authority();
    let ended = |official: &&Official| {
        authority.judge_statement(&official.appointment) == Verdict::Valid
            && authority.cuts_on(&official.appointment).is_empty()
            && official.duty == Duty::Assets
            && authority
                .appointment(&official.appointment)
                .is_some_and(|made| !made.term.covers(now))
    };
    let ended: Vec<Official> = sim.province.officials.iter().filter(ended).cloned().collect();
    registers_in_vain(sim, node, &ended, "acts_after_the_term")
}

/// The head of an office signs something on a dossier for readers to whom nobody forwarded it.
fn for_others(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(draft) = dossiers::for_others(sim, node)? else {
        return Ok(false);
    };
    hand_in_wrong(sim, node, draft)
}

/// A node asks all others for a file of a dossier that nobody signed anything of for it, and gets nothing.
fn ask_for_anothers_file(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let own = sim.nodes[node].unit;
    let others = sim
        .watch
        .all_for_few()
        .filter(|(_, few)| !few.meant.contains(&own));
    let files = others.flat_map(|(record, few)| few.files.iter().map(|file| (*record, *file)));
    let files: Vec<(RecordId, FileHash)> = files.collect();
    let Some((record, file)) = sim.dice.pick(&files).copied() else {
        return Ok(false);
    };
    let question = FileQuestion {
        record,
        file,
        offset: 0,
    };
    let peer = sim.nodes[node].key();
    for other in sim.up() {
        if sim.nodes[other].is_honest() && sim.piece_for(other, peer, &question)?.piece.is_some() {
            return Err(Defect::Leaked {
                node: sim.name(node),
                what: format!("file {}", file.short()),
            });
        }
    }
    Ok(true)
}

/// An asset officer registers a person.
fn beyond_the_role(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(official) = any_serving(sim, node, Duty::Assets) else {
        return Ok(false);
    };
    let mut composed = Composer::new();
    composed.register_person(PersonRegister {
        name: "Quàng Thị A".to_owned(),
        birth_year: None,
        class: PersonClass::Worker,
        field: WorkField::Other,
        unit: sim.province.unit(official.unit)?.id,
    });
    refused(sim, node, &official, "goes_beyond_the_role", composed)
}

fn any_serving(sim: &mut Simulation<'_>, node: usize, duty: Duty) -> Option<Official> {
    let serving = |official: &&Official| official.duty == duty && sim.in_force(node, official);
    let serving: Vec<Official> = sim.province.officials.iter().filter(serving).cloned().collect();
    sim.dice.pick(&serving).cloned()
}

/// An officer writes to an asset that another unit holds.
fn not_the_custodian(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some((_, history)) = sim.any_record(node, "asset")? else {
        return Ok(false);
    };
    let Some(holder) = sim.custodian(&history) else {
        return Ok(false);
    };
    let Some(official) = any_serving(sim, node, Duty::Assets) else {
        return Ok(false);
    };
    let Some(mut at) = At::of(&history).filter(|_| official.unit != holder) else {
        return Ok(false);
    };
    let mut composed = Composer::new();
    composed.set_asset(&mut at, AssetSet::Condition("của tôi".to_owned()));
    refused(sim, node, &official, "takes_what_is_anothers", composed)
}

/// An officer makes an appointment.
fn appointed_by_an_officer(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let serving = |at: &usize| {
        let official = &sim.province.officials[*at];
        official.duty == Duty::Staff && sim.in_force(node, official)
    };
    let serving: Vec<usize> = (0..sim.province.officials.len()).filter(serving).collect();
    let Some(by) = sim.dice.pick(&serving).copied() else {
        return Ok(false);
    };
    let unit = sim.province.official(by)?.unit;
    let candidate = candidate(sim, Some(by), unit, Duty::Assets, None);
    let (statement, _): (Verified<_>, _) = sim.province.appoint(candidate)?;
    let who = sim.province.official(by)?.name.clone();
    sim.submit(
        node,
        Intent::statement(&who, "appoints_without_right", statement, Expect::Refused),
    )?;
    Ok(true)
}

/// An officer registers an asset with a unit that is neither the own one nor below it.
fn not_above_the_unit(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(official) = any_serving(sim, node, Duty::Assets) else {
        return Ok(false);
    };
    let own = sim.province.unit(official.unit)?.path.clone();
    let other = sim.dice.index(sim.province.units.len());
    let other = sim.province.unit(other)?.clone();
    if other.path.starts_with(&own) || sim.history(node, other.id).is_none() {
        return Ok(false);
    }
    let mut composed = Composer::new();
    composed.register_asset(an_asset(other.id));
    refused(sim, node, &official, "registers_elsewhere", composed)
}
