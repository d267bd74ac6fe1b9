//! Officials, or who has their keys, against the province: a stolen key that is used at two nodes at once while its owner
//! works on and that is cut later, and an official who signs two things that exclude each other at two nodes.

use std::collections::BTreeMap;

use soxa_ledger::statement::{Compromise, Cut, CutReason, Fact, FeedPosition};
use soxa_ledger::verdict::Position;
use soxa_ledger::{CommitId, FeedId, OpId, RecordId, Time};
use soxa_records::OpVerdict;

use super::authority::{acting_superior, any_target, cut_off, expect_cut, may_issue, readmit, succeed};
use super::handovers::give_away;
use super::records::{set_site, submit_as, work_of};
use super::rulings::rule_two_ways;
use crate::agenda::Coming;
use crate::answers::{Expect, Intent};
use crate::check::Act;
use crate::dice::{Dice, Purpose};
use crate::founding::{candidate, who_issues};
use crate::limits::{PARTITIONS_MAX, TRIES_PER_STEP};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Rounds of a theft: in each the owner works, and the thief at both nodes.
const ROUNDS_MAX: u64 = 3;
/// Of a hundred times that a thief acts, how often an asset is given away, and how often somebody is appointed.
const GIVES_AWAY_PERCENT: u32 = 35;
const APPOINTS_PERCENT: u32 = 30;
/// Of a hundred thefts, how many are found out at the node where the owner works, and how many end with all that the key
/// was given.
const AT_HOME_PERCENT: u32 = 60;
const COMPROMISED_PERCENT: u32 = 40;
/// Of a hundred times that somebody signs two things, how often the two nodes are parted.
const PARTED_PERCENT: u32 = 60;
/// Of a hundred tries to sign two things, how many are rulings.
const RULES_PERCENT: u32 = 60;

/// A key that is used by two.
#[derive(Debug, Clone)]
pub(crate) struct Theft {
    number: u32,
    official: Official,
    /// Where the owner works.
    home: usize,
    /// The end of what the key had signed when it was stolen, as far as the owner knew.
    before: BTreeMap<FeedId, Position>,
    honest: Vec<CommitId>,
    forged: Vec<CommitId>,
}

/// Somebody uses an official's key at two nodes while the official works at a third.
pub(crate) fn steal(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    let mut up = sim.up();
    if up.len() < 3 {
        return Ok(());
    }
    let [home, here, there] = [0; 3].map(|_| up.swap_remove(sim.dice.index(up.len())));
    let serves = |official: &&Official| official.duty != Duty::Operator && sim.in_force(home, official);
    let serving: Vec<Official> = sim.province.officials.iter().filter(serves).cloned().collect();
    let Some(official) = sim.dice.pick(&serving).cloned() else {
        return Ok(());
    };
    let before = newest_by_key(sim, home, &official)?;
    let mut theft = Theft {
        number: sim.step,
        official,
        home,
        before,
        honest: Vec::new(),
        forged: Vec::new(),
    };
    sim.tally.stolen_keys += 1;
    let (who, name) = (theft.official.name.clone(), sim.name(home));
    sim.tell(&who, "key_is_stolen", &[("node", &name)]);
    for _ in 0..sim.dice.between(1, ROUNDS_MAX) {
        if let Some(draft) = work_of(sim, home, &theft.official)? {
            let what = draft.what;
            theft.honest.extend(submit_as(sim, home, draft, what)?);
        }
        for node in [here, there] {
            forge(sim, node, &mut theft)?;
        }
    }
    let longest = sim.schedule.tempo().parted_ms_max;
    let longest = [60_000, longest / 10, longest][sim.dice.index(3)];
    let found_out = sim.now.plus_ms(sim.dice.between(1_000, longest));
    // Before everything heals: afterwards nobody acts any more.
    let found_out = found_out.min(Time(sim.schedule.ends_at().0 - 1));
    sim.agenda.push(found_out, Coming::Exposed(Box::new(theft)));
    Ok(())
}

/// The thief signs something at a node: what the official would, or what the official would not.
fn forge(sim: &mut Simulation<'_>, node: usize, theft: &mut Theft) -> Result<(), Defect> {
    let official = theft.official.clone();
    if !sim.in_force(node, &official) {
        return Ok(());
    }
    let gives = matches!(official.duty, Duty::Assets | Duty::Head) && sim.dice.chance(GIVES_AWAY_PERCENT);
    if gives {
        let held = sim.held(node, "asset", official.unit)?;
        if let Some((subject, _)) = sim.dice.pick(&held) {
            let subject = *subject;
            let name = sim.name(node);
            sim.tell(&official.name, "thief_gives_away", &[("node", &name)]);
            give_away(sim, node, &official, subject)?;
        }
        return Ok(());
    }
    if official.duty == Duty::Head && sim.dice.chance(APPOINTS_PERCENT) {
        return appoint_accomplice(sim, node, &official);
    }
    if let Some(draft) = work_of(sim, node, &official)? {
        theft.forged.extend(submit_as(sim, node, draft, "thief_signs")?);
    }
    Ok(())
}

/// A head's key makes somebody an official.
fn appoint_accomplice(sim: &mut Simulation<'_>, node: usize, head: &Official) -> Result<(), Defect> {
    let by = sim
        .province
        .officials
        .iter()
        .position(|other| other.appointment == head.appointment);
    let chosen = candidate(sim, by, head.unit, Duty::Assets, None);
    let (statement, accomplice) = sim.province.appoint(chosen)?;
    let intent = Intent::statement(&head.name, "thief_appoints", statement, Expect::Stored);
    if sim.submit(node, intent)? {
        sim.province.officials.push(accomplice);
    }
    Ok(())
}

/// For each feed the newest that a key has signed, as a node knows.
fn newest_by_key(
    sim: &Simulation<'_>,
    node: usize,
    official: &Official,
) -> Result<BTreeMap<FeedId, Position>, Defect> {
    let Some(engine) = sim.engine(node) else {
        return Ok(BTreeMap::new());
    };
    let positions = engine.positions_by_key(&official.key.public(), None);
    let positions = positions.map_err(|error| Defect::local(&sim.name(node), error))?;
    Ok(positions
        .into_iter()
        .map(|position| (position.feed, position))
        .collect())
}

/// A superior learns of a theft. What the owner signed stands: all that the key had signed before, and what was signed since at
/// the node where the owner works.
pub(crate) fn expose(sim: &mut Simulation<'_>, theft: &Theft) -> Result<(), Defect> {
    sim.dice = Dice::new(sim.seed, Purpose::Exposure(theft.number));
    let up = sim.up();
    let at_home = sim.dice.chance(AT_HOME_PERCENT) && up.contains(&theft.home);
    let Some(node) = sim.dice.pick(&up).copied() else {
        return Ok(());
    };
    let node = if at_home { theft.home } else { node };
    let target = &theft.official;
    let Some(issuer) = acting_superior(sim, node, target) else {
        return Ok(());
    };
    let owners = sim.nodes[theft.home].key();
    let mut stands: BTreeMap<FeedId, Position> = theft.before.clone();
    for (feed, position) in newest_by_key(sim, node, target)? {
        if position.node == owners {
            stands.insert(feed, position);
        }
    }
    let named = |position: &Position| FeedPosition {
        feed: position.feed,
        seq: position.seq,
        hash: position.hash,
    };
    let positions: Vec<FeedPosition> = stands.values().map(named).collect();
    let (what, fact, expect) = if sim.dice.chance(COMPROMISED_PERCENT) && issuer == target.superior {
        let fact = Fact::Compromise(Compromise {
            key: target.key.public(),
            remark: String::new(),
            stands: positions,
        });
        ("declares_compromised", fact, Expect::Stored)
    } else {
        let fact = Fact::Cut(Cut {
            target: target.appointment,
            reason: CutReason::Compromise,
            remark: String::new(),
            stands: positions,
        });
        ("cuts", fact, expect_cut(issuer, target))
    };
    let worth = Worth::before(sim, node, theft, &stands)?;
    let statement = sim.province.state(issuer, &fact, &[])?;
    let who = format!("{} over {}", who_issues(sim, issuer), target.name);
    if sim.submit(node, Intent::statement(&who, what, statement, expect))? {
        sim.tally.cuts += 1;
        worth.check(sim, node)?;
        if may_issue(sim, node, target.superior) {
            succeed(sim, node, target.superior, target.unit, target.duty)?;
        }
    }
    readmit(sim, node)
}

/// What the owner and the thief signed, sorted before a cut by what is to become of it.
struct Worth {
    /// Has effect, and lies at or below a named position.
    kept: Vec<CommitId>,
    /// Lies above the named positions, wherever it is held.
    falls: Vec<CommitId>,
}

impl Worth {
    fn before(
        sim: &Simulation<'_>,
        node: usize,
        theft: &Theft,
        stands: &BTreeMap<FeedId, Position>,
    ) -> Result<Self, Defect> {
        let (mut kept, mut falls) = (Vec::new(), Vec::new());
        let Some(engine) = sim.engine(node) else {
            return Ok(Self { kept, falls });
        };
        let below = |at: &Position| stands.get(&at.feed).is_some_and(|named| at.seq <= named.seq);
        let held = |id: &CommitId| {
            let found = engine.commit(id);
            let found = found.map_err(|error| Defect::local(&sim.name(node), error))?;
            Ok(found.map(|(_, positions)| positions))
        };
        for id in &theft.honest {
            if held(id)?.is_some_and(|at| at.iter().any(below)) && has_effect(sim, node, id)? {
                kept.push(*id);
            }
        }
        // An earlier cut may say otherwise, and count instead.
        if engine.authority().cuts_on(&theft.official.appointment).is_empty() {
            for id in &theft.forged {
                if held(id)?.is_some_and(|at| !at.iter().any(below)) {
                    falls.push(*id);
                }
            }
        }
        Ok(Self { kept, falls })
    }

    fn check(&self, sim: &Simulation<'_>, node: usize) -> Result<(), Defect> {
        if sim.engine(node).is_none() {
            return Ok(());
        }
        let wrong = |id: &CommitId, what: &str| Defect::WronglyCut {
            node: sim.name(node),
            act: Act::Commit(*id).to_string(),
            what: what.to_owned(),
        };
        for id in &self.kept {
            if !has_effect(sim, node, id)? {
                return Err(wrong(id, "void, and the owner signed it"));
            }
        }
        for id in &self.falls {
            if has_effect(sim, node, id)? {
                return Err(wrong(id, "valid, and the thief signed it"));
            }
        }
        Ok(())
    }
}

/// Whether all operations of a commit are valid at a node.
fn has_effect(sim: &Simulation<'_>, node: usize, id: &CommitId) -> Result<bool, Defect> {
    let failed = |error: &dyn std::fmt::Display| Defect::local(&sim.name(node), error);
    let Some(engine) = sim.engine(node) else {
        return Ok(false);
    };
    let Some((commit, _)) = engine.commit(id).map_err(|error| failed(&error))? else {
        return Ok(false);
    };
    for (index, operation) in (0_u32..).zip(&commit.operations) {
        let history = engine.history(operation.record_id(*id, index));
        let history = history.map_err(|error| failed(&error))?;
        if !history
            .verdict(&OpId::of(*id, index))
            .is_some_and(OpVerdict::is_valid)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An official signs two things that exclude each other, each at another node, mostly while the two are parted.
pub(crate) fn contradict(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    let mut up = sim.up();
    if up.len() < 2 {
        return Ok(());
    }
    let nodes = [0; 2].map(|_| up.swap_remove(sim.dice.index(up.len())));
    if sim.network.partitions() < PARTITIONS_MAX && sim.dice.chance(PARTED_PERCENT) {
        let blocked = sim.network.part_off(sim.step, nodes[1]);
        sim.parts(sim.step, blocked);
        sim.tell_node(nodes[1], "reaches_nobody", &[]);
    }
    for _ in 0..TRIES_PER_STEP {
        // There is seldom a dispute to rule on.
        let done = if sim.dice.chance(RULES_PERCENT) {
            rule_two_ways(sim, nodes)?
        } else {
            match sim.dice.below(3) {
                0 => set_two_ways(sim, nodes)?,
                1 => give_to_two(sim, nodes)?,
                _ => cut_two_ways(sim, nodes)?,
            }
        };
        if done {
            sim.tally.two_faced += 1;
            break;
        }
    }
    Ok(())
}

/// Somebody in force at both nodes who may act on assets, and one that both nodes say the own unit holds.
fn giver(sim: &mut Simulation<'_>, nodes: [usize; 2]) -> Result<Option<(Official, RecordId)>, Defect> {
    let unit = sim.unit_for(nodes[0]);
    let Some(official) = sim.officer(nodes[0], unit, Duty::Assets) else {
        return Ok(None);
    };
    if !sim.in_force(nodes[1], &official) {
        return Ok(None);
    }
    let here = sim.held(nodes[0], "asset", unit)?;
    let there: Vec<_> = sim.held(nodes[1], "asset", unit)?;
    let both = here
        .iter()
        .map(|(record, _)| *record)
        .filter(|record| there.iter().any(|(other, _)| other == record));
    let both: Vec<_> = both.collect();
    Ok(sim.dice.pick(&both).map(|record| (official, *record)))
}

fn set_two_ways(sim: &mut Simulation<'_>, nodes: [usize; 2]) -> Result<bool, Defect> {
    let Some((official, asset)) = giver(sim, nodes)? else {
        return Ok(false);
    };
    for (node, site) in nodes.into_iter().zip(["kho A", "kho B"]) {
        set_site(sim, node, asset, &official, site.to_owned())?;
    }
    Ok(true)
}

fn give_to_two(sim: &mut Simulation<'_>, nodes: [usize; 2]) -> Result<bool, Defect> {
    let Some((official, asset)) = giver(sim, nodes)? else {
        return Ok(false);
    };
    let mut given = false;
    for node in nodes {
        given |= give_away(sim, node, &official, asset)?;
    }
    Ok(given)
}

/// A superior cuts one appointment twice, at positions that differ.
fn cut_two_ways(sim: &mut Simulation<'_>, nodes: [usize; 2]) -> Result<bool, Defect> {
    let Some((target, issuer)) = any_target(sim, nodes[0]) else {
        return Ok(false);
    };
    let mut cut = false;
    for node in nodes {
        if may_issue(sim, node, issuer) && sim.in_force(node, &target) {
            cut |= cut_off(sim, node, issuer, &target, None)?;
        }
    }
    if cut && issuer == target.superior && may_issue(sim, nodes[0], issuer) {
        succeed(sim, nodes[0], issuer, target.unit, target.duty)?;
    }
    readmit(sim, nodes[0])?;
    Ok(cut)
}
