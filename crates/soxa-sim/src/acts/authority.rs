//! Appointments, cuts and compromises, and nodes that join.

use std::collections::BTreeMap;

use soxa_ledger::replica::Replica as _;
use soxa_ledger::statement::{Compromise, Cut, CutReason, Fact, FeedPosition};
use soxa_ledger::verdict::Position;
use soxa_ledger::{FeedId, SecretKey, Seq, Statement, Verified};

use crate::answers::{Expect, Intent};
use crate::founding::{candidate, start, who_issues};
use crate::node::SimNode;
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Nodes that join in one run, as a part of those there are at the start.
const JOINERS_PER_NODES: usize = 3;

/// Whether the official, or the root, may issue statements at the node.
pub(super) fn may_issue(sim: &Simulation<'_>, node: usize, issuer: Option<usize>) -> bool {
    let Some(at) = issuer else {
        return sim.engine(node).is_some();
    };
    sim.province
        .officials
        .get(at)
        .is_some_and(|official| sim.in_force(node, official))
}

/// Who may issue in the place of a superior: the superior, or who has its post now.
pub(super) fn acting_superior(
    sim: &Simulation<'_>,
    node: usize,
    official: &Official,
) -> Option<Option<usize>> {
    let Some(superior) = official.superior else {
        return Some(None);
    };
    if may_issue(sim, node, Some(superior)) {
        return Some(Some(superior));
    }
    let left = sim.province.officials.get(superior)?;
    let heir = |(_, heir): &(usize, &Official)| {
        heir.unit == left.unit && heir.duty == left.duty && sim.in_force(node, heir)
    };
    sim.province
        .officials
        .iter()
        .enumerate()
        .find(heir)
        .map(|(at, _)| Some(at))
}

/// Somebody is appointed at the node.
pub(super) fn appoint(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some((statement, official)) = appointment(sim, node)? else {
        return Ok(false);
    };
    hand_in(sim, node, statement, official)?;
    Ok(true)
}

/// The appointment of a new officer, sometimes for a short term, sometimes of somebody who has a post elsewhere already.
pub(super) fn appointment(
    sim: &mut Simulation<'_>,
    node: usize,
) -> Result<Option<(Verified<Statement>, Official)>, Defect> {
    let heads: Vec<usize> = (0..sim.province.officials.len())
        .filter(|at| sim.province.officials[*at].duty == Duty::Head)
        .filter(|at| may_issue(sim, node, Some(*at)))
        .collect();
    let Some(head) = sim.dice.pick(&heads).copied() else {
        return Ok(None);
    };
    let unit = sim.province.official(head)?.unit;
    let duty = if sim.dice.chance(70) {
        Duty::Assets
    } else {
        Duty::Staff
    };
    let longest = sim.schedule.tempo().pause_ms_max;
    let ends = sim.dice.chance(20).then(|| sim.dice.between(1_000, longest));
    let until = ends.map(|ms| sim.nodes[node].node_time(sim.now).plus_ms(ms));
    let key = if sim.dice.chance(25) {
        let known: Vec<SecretKey> = sim
            .province
            .officials
            .iter()
            .map(|official| official.key.clone())
            .collect();
        sim.dice.pick(&known).cloned()
    } else {
        None
    };
    let mut chosen = candidate(sim, Some(head), unit, duty, until);
    if let Some(key) = key {
        chosen.key = key;
    }
    sim.province.appoint(chosen).map(Some)
}

/// Somebody new has a post from now on.
pub(super) fn succeed(
    sim: &mut Simulation<'_>,
    node: usize,
    superior: Option<usize>,
    unit: usize,
    duty: Duty,
) -> Result<(), Defect> {
    let chosen = candidate(sim, superior, unit, duty, None);
    let (statement, official) = sim.province.appoint(chosen)?;
    hand_in(sim, node, statement, official)
}

fn hand_in(
    sim: &mut Simulation<'_>,
    node: usize,
    statement: Verified<Statement>,
    official: Official,
) -> Result<(), Defect> {
    let who = who_issues(sim, official.superior);
    let intent = Intent::statement(&who, "appoints", statement, Expect::Stored);
    if sim.submit(node, intent)? {
        sim.province.officials.push(official);
    }
    Ok(())
}

/// Positions at which a cut leaves things standing: where they are, earlier, or not at all.
fn some_of(
    sim: &mut Simulation<'_>,
    node: usize,
    positions: Vec<Position>,
) -> Result<Vec<FeedPosition>, Defect> {
    let mut stands = BTreeMap::new();
    for position in positions {
        match sim.dice.below(3) {
            0 => {}
            1 => {
                stands.insert(position.feed, (position.seq, position.hash));
            }
            _ => {
                let seq = Seq(sim.dice.between(1, position.seq.0));
                if let Some(hash) = hash_at(sim, node, &position, seq)? {
                    stands.insert(position.feed, (seq, hash));
                }
            }
        }
    }
    Ok(stands
        .into_iter()
        .map(|(feed, (seq, hash))| FeedPosition { feed, seq, hash })
        .collect())
}

/// Where the history of a feed ends that a node holds.
fn end_of(sim: &Simulation<'_>, node: usize, feed: FeedId) -> Result<Option<FeedPosition>, Defect> {
    let mut end = None;
    let mut after = Seq(0);
    while let Some(engine) = sim.engine(node) {
        let run = engine.run_after(&feed, after, 0);
        let run = run.map_err(|error| Defect::local(&sim.name(node), error))?;
        let Some(last) = run.as_ref().and_then(|run| run.entries.last()) else {
            break;
        };
        after = last.header.seq;
        end = Some(FeedPosition {
            feed,
            seq: after,
            hash: last.header.hash(),
        });
    }
    Ok(end)
}

fn hash_at(
    sim: &Simulation<'_>,
    node: usize,
    position: &Position,
    seq: Seq,
) -> Result<Option<soxa_ledger::EntryHash>, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(None);
    };
    let run = engine.run_after(&position.feed, Seq(seq.0 - 1), 0);
    let run = run.map_err(|error| Defect::local(&sim.name(node), error))?;
    Ok(run.and_then(|run| run.entries.first().map(|entry| entry.header.hash())))
}

pub(super) fn any_target(sim: &mut Simulation<'_>, node: usize) -> Option<(Official, Option<usize>)> {
    let serving: Vec<Official> = sim
        .province
        .officials
        .iter()
        .filter(|official| sim.in_force(node, official))
        .cloned()
        .collect();
    let target = sim.dice.pick(&serving).cloned()?;
    // Without a head or an operator of the province little happens any more.
    if target.superior.is_none() && sim.dice.chance(80) {
        return None;
    }
    let issuer = acting_superior(sim, node, &target)?;
    Some((target, issuer))
}

/// An official is cut, at positions drawn at random; a successor is appointed.
pub(crate) fn cut(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    let up = sim.up();
    match sim.dice.pick(&up).copied() {
        Some(node) => cut_at(sim, node, None),
        None => Ok(()),
    }
}

/// An official is cut at a node; of this feed what the node holds stands, whatever others hold.
pub(crate) fn cut_naming(sim: &mut Simulation<'_>, node: usize, feed: FeedId) -> Result<(), Defect> {
    cut_at(sim, node, Some(feed))
}

fn cut_at(sim: &mut Simulation<'_>, node: usize, named: Option<FeedId>) -> Result<(), Defect> {
    let Some((target, issuer)) = any_target(sim, node) else {
        return Ok(());
    };
    if cut_off(sim, node, issuer, &target, named)?
        && issuer == target.superior
        && may_issue(sim, node, issuer)
    {
        succeed(sim, node, issuer, target.unit, target.duty)?;
    }
    readmit(sim, node)
}

/// A superior cuts an appointment at a node. Whether that was stored.
pub(super) fn cut_off(
    sim: &mut Simulation<'_>,
    node: usize,
    issuer: Option<usize>,
    target: &Official,
    named: Option<FeedId>,
) -> Result<bool, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(false);
    };
    let positions = engine.positions_under(&target.appointment, None);
    let positions = positions.map_err(|error| Defect::local(&sim.name(node), error))?;
    let mut stands = some_of(sim, node, positions)?;
    if let Some(feed) = named {
        stands.retain(|position| position.feed != feed);
        stands.extend(end_of(sim, node, feed)?);
        stands.sort_by_key(|position| position.feed);
    }
    let reason = [
        CutReason::Retirement,
        CutReason::Transfer,
        CutReason::Revocation,
        CutReason::Compromise,
    ];
    let reason = reason[sim.dice.index(reason.len())];
    let fact = Fact::Cut(Cut {
        target: target.appointment,
        reason,
        remark: String::new(),
        stands,
    });
    let statement = sim.province.state(issuer, &fact, &[])?;
    let who = format!("{} over {}", who_issues(sim, issuer), target.name);
    let stored = sim.submit(
        node,
        Intent::statement(&who, "cuts", statement, expect_cut(issuer, target)),
    )?;
    sim.tally.cuts += u64::from(stored);
    Ok(stored)
}

/// An heir in the superior's post is not above what the superior made.
pub(super) fn expect_cut(issuer: Option<usize>, target: &Official) -> Expect {
    if issuer == target.superior {
        Expect::Stored
    } else {
        Expect::Any
    }
}

/// A key is declared compromised by a superior.
pub(crate) fn compromise(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    let up = sim.up();
    let Some(node) = sim.dice.pick(&up).copied() else {
        return Ok(());
    };
    let Some((target, issuer)) = any_target(sim, node) else {
        return Ok(());
    };
    let Some(engine) = sim.engine(node) else {
        return Ok(());
    };
    let positions = engine.positions_by_key(&target.key.public(), None);
    let positions = positions.map_err(|error| Defect::local(&sim.name(node), error))?;
    let stands = some_of(sim, node, positions)?;
    let fact = Fact::Compromise(Compromise {
        key: target.key.public(),
        remark: String::new(),
        stands,
    });
    let statement = sim.province.state(issuer, &fact, &[])?;
    let who = format!("{} over {}", who_issues(sim, issuer), target.name);
    if sim.submit(
        node,
        Intent::statement(&who, "declares_compromised", statement, Expect::Stored),
    )? {
        sim.tally.cuts += 1;
        if may_issue(sim, node, target.superior) {
            succeed(sim, node, target.superior, target.unit, target.duty)?;
        }
    }
    readmit(sim, node)
}

/// Nodes whose admission fell with an operator are admitted anew, by who is operator now; without one the root
/// appoints one.
pub(crate) fn readmit(sim: &mut Simulation<'_>, node: usize) -> Result<(), Defect> {
    let fallen = |sim: &Simulation<'_>| -> Vec<usize> {
        let Some(engine) = sim.engine(node) else {
            return Vec::new();
        };
        (0..sim.nodes.len())
            .filter(|at| engine.unit_of(&sim.nodes[*at].key()).is_none())
            .collect()
    };
    if fallen(sim).is_empty() {
        return Ok(());
    }
    if operator(sim, node).is_none() {
        succeed(sim, node, None, 0, Duty::Operator)?;
    }
    for at in fallen(sim) {
        let Some(operator) = operator(sim, node) else {
            return Ok(());
        };
        let (key, name) = (sim.nodes[at].key(), sim.name(at));
        let Some(unit) = sim.province.unit_by_id(&sim.nodes[at].unit) else {
            continue;
        };
        let admission = sim.province.admit(operator, key, unit, &name)?;
        let who = who_issues(sim, Some(operator));
        sim.submit(node, Intent::statement(&who, "admits", admission, Expect::Stored))?;
    }
    Ok(())
}

/// An operator in force at the node.
fn operator(sim: &Simulation<'_>, node: usize) -> Option<usize> {
    (0..sim.province.officials.len())
        .filter(|at| sim.province.officials[*at].duty == Duty::Operator)
        .find(|at| may_issue(sim, node, Some(*at)))
}

/// A second node for a unit is admitted and joins with nothing but the genesis.
pub(crate) fn join(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    if sim.nodes.len() >= sim.plan.nodes + sim.plan.nodes / JOINERS_PER_NODES {
        return Ok(());
    }
    let up = sim.up();
    let Some(node) = sim.dice.pick(&up).copied() else {
        return Ok(());
    };
    let operators: Vec<usize> = (0..sim.province.officials.len())
        .filter(|at| sim.province.officials[*at].duty == Duty::Operator)
        .filter(|at| may_issue(sim, node, Some(*at)))
        .collect();
    let Some(operator) = operators.first().copied() else {
        return Ok(());
    };
    let home = 1 + sim.dice.index((sim.plan.nodes - 1).min(sim.plan.staffed));
    let Some(unit) = sim.province.units.iter().position(|unit| unit.home == home) else {
        return Ok(());
    };
    let name = format!("{} {}", sim.province.unit(unit)?.name, sim.nodes.len());
    let key = SecretKey::from_seed(&sim.dice.bytes());
    let admission = sim.province.admit(operator, key.node(), unit, &name)?;
    let who = who_issues(sim, Some(operator));
    if !sim.submit(node, Intent::statement(&who, "admits", admission, Expect::Stored))? {
        return Ok(());
    }
    let id = sim.province.unit(unit)?.id;
    let genesis = sim.province.genesis.clone();
    let joining = SimNode::new(name, id, &genesis, key, &sim.province.memory, &mut sim.dice);
    sim.by_key.insert(joining.key(), sim.nodes.len());
    sim.nodes.push(joining);
    sim.network.add_node(Some(node), &mut sim.dice);
    start(sim, sim.nodes.len() - 1)
}
