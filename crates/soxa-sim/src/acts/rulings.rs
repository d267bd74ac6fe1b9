//! Rulings: somebody above all concerned decides which link of a custody in dispute stands.

use soxa_ledger::RecordId;
use soxa_records::RecordKind;
use soxa_records::compose::{At, Composer};
use soxa_records::custody::Dispute;
use soxa_records::ruling::{Ruling, rulings_of};
use soxa_records::{CustodyView, LinkId};

use super::records::commit;
use crate::answers::{Expect, Intent};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// A custody that is in dispute, as a node shows it.
pub(super) struct Disputed {
    subject: RecordId,
    kind: RecordKind,
    dispute: Dispute,
}

/// Somebody rules on a dispute that the node shows.
pub(super) fn rule(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(disputed) = any_dispute(sim, node)? else {
        return Ok(false);
    };
    let Some(stands) = sim.dice.pick(&disputed.dispute.choices).copied() else {
        return Ok(false);
    };
    let Some(official) = ruler(sim, node, &disputed) else {
        return Ok(false);
    };
    decide(sim, node, &official, &disputed, stands)
}

/// One official rules on one dispute in two ways, each at another node.
pub(super) fn rule_two_ways(sim: &mut Simulation<'_>, nodes: [usize; 2]) -> Result<bool, Defect> {
    let Some(disputed) = any_dispute(sim, nodes[0])? else {
        return Ok(false);
    };
    let Some(official) = ruler(sim, nodes[0], &disputed) else {
        return Ok(false);
    };
    let mut choices = disputed.dispute.choices.clone();
    let mut ruled = false;
    for node in nodes {
        if choices.is_empty() || !may_rule(sim, node, &official, &disputed) {
            continue;
        }
        let stands = choices.swap_remove(sim.dice.index(choices.len()));
        ruled |= decide(sim, node, &official, &disputed, stands)?;
    }
    Ok(ruled)
}

fn any_dispute(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Disputed>, Defect> {
    let mut all = Vec::new();
    for (word, kind) in [("asset", RecordKind::Asset), ("person", RecordKind::Person)] {
        for subject in sim.records(node, word)? {
            let history = sim.history(node, subject);
            let dispute = history.and_then(|history| CustodyView::of(history.state()).dispute());
            all.extend(dispute.map(|dispute| Disputed {
                subject,
                kind,
                dispute,
            }));
        }
    }
    if all.is_empty() {
        return Ok(None);
    }
    let at = sim.dice.index(all.len());
    Ok(Some(all.swap_remove(at)))
}

/// A head or operator who may rule at the node.
fn ruler(sim: &mut Simulation<'_>, node: usize, disputed: &Disputed) -> Option<Official> {
    let may = |official: &&Official| may_rule(sim, node, official, disputed);
    let all: Vec<Official> = sim.province.officials.iter().filter(may).cloned().collect();
    sim.dice.pick(&all).cloned()
}

/// Whether the official is in force at the node, and above all units that any choice concerns.
fn may_rule(sim: &Simulation<'_>, node: usize, official: &Official, disputed: &Disputed) -> bool {
    matches!(official.duty, Duty::Head | Duty::Operator)
        && sim.in_force(node, official)
        && concerned(sim, node, disputed).is_some_and(|paths| {
            let own = sim.province.units.get(official.unit);
            own.is_some_and(|own| paths.iter().all(|path| path.starts_with(&own.path)))
        })
}

/// The paths of all units that any choice concerns; none where the node does not show them all.
fn concerned(sim: &Simulation<'_>, node: usize, disputed: &Disputed) -> Option<Vec<Vec<RecordId>>> {
    let history = sim.history(node, disputed.subject)?;
    let mut paths = Vec::new();
    for stands in &disputed.dispute.choices {
        for unit in ruling(&disputed.dispute, *stands).units(history.state())? {
            // A ruling cites the registrations: where a cut took one, the dispute waits until somebody adopts that.
            sim.history(node, unit)?;
            let unit = sim.province.unit_by_id(&unit)?;
            paths.push(sim.province.units.get(unit)?.path.clone());
        }
    }
    Some(paths)
}

fn ruling(dispute: &Dispute, stands: LinkId) -> Ruling {
    Ruling {
        on: dispute.on,
        stands,
        reason: "KL 3/2025".to_owned(),
    }
}

fn decide(
    sim: &mut Simulation<'_>,
    node: usize,
    official: &Official,
    disputed: &Disputed,
    stands: LinkId,
) -> Result<bool, Defect> {
    let Some(history) = sim.history(node, disputed.subject) else {
        return Ok(false);
    };
    let ruling = ruling(&disputed.dispute, stands);
    let (Some(units), Some(mut at)) = (ruling.units(history.state()), At::of(&history)) else {
        return Ok(false);
    };
    // Another node may show another dispute; and who knows of a ruling from above cannot rule.
    let same = CustodyView::of(history.state()).dispute().as_ref() == Some(&disputed.dispute);
    let first = rulings_of(history.state()).all(|ruled| ruled.on != ruling.on);
    let expect = if same && first {
        Expect::Stored
    } else {
        Expect::Any
    };
    let mut composed = Composer::new();
    composed.rule(&mut at, disputed.kind, ruling, units);
    let commit = commit(sim, node, official, composed)?;
    let stored = sim.submit(node, Intent::commit(&official.name, "rules", commit, expect))?;
    sim.tally.rulings += u64::from(stored);
    Ok(true)
}
