//! A node with a valid admission that puts into its feed what no honest node would: a forged commit, a commit under
//! an appointment of somebody else, a malformed operation under a valid signature, several histories of one feed. Among
//! it is what officials sign there in good faith, which is not to be lost.

use std::collections::BTreeSet;

use soxa_ledger::commit::Commit;
use soxa_ledger::entry::{Body, BodyKind};
use soxa_ledger::{Entry, Feed, Head, Header, Incarnation, NodeKey, Run, Scope, SecretKey, Tip};
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitField, UnitSet};

use super::authority::{appointment, cut_naming};
use super::records::{everyday, registration};
use crate::check::Act;
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Histories of one feed, at most.
const HISTORIES_MAX: u64 = 3;
/// Of a hundred histories after the first, how many part from it before the end of what was shown earlier.
const PARTS_EARLIER_PERCENT: u32 = 35;
/// Of a hundred entries of a history, how many carry what stands in another one, too.
const SHOWN_TWICE_PERCENT: u32 = 15;
/// Of a hundred things that the hostile node appends, how many officials sign in good faith.
const HONEST_ACTS_PERCENT: u32 = 35;
/// The same, in one of several histories.
const HONEST_IN_HISTORIES_PERCENT: u32 = 75;
/// Of a hundred times that histories were shown, how often a cut names one of them.
const NAMED_PERCENT: u32 = 50;
/// Of a hundred of these, how many are appointments.
const APPOINTMENTS_PERCENT: u32 = 15;

/// The hostile node: a key and the feed it is writing.
#[derive(Debug, Clone)]
pub(crate) struct Hostile {
    pub key: SecretKey,
    feed: Option<(Feed, Vec<Entry>)>,
}

impl Hostile {
    pub fn new(key: SecretKey) -> Self {
        Self { key, feed: None }
    }

    pub fn node(&self) -> NodeKey {
        self.key.node()
    }
}

/// What the hostile node writes into its feed.
#[derive(Clone)]
struct Written {
    /// The word for it.
    what: &'static str,
    kind: BodyKind,
    bytes: Vec<u8>,
    /// Whether it ends the feed.
    closes: bool,
    /// What an official signed who knows nothing of what the node does with it.
    honest: Option<Act>,
    /// Whom it makes an official.
    makes: Option<Official>,
}

/// The hostile node appends something and shows it to one honest node.
pub(crate) fn act(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    with_hostile(sim, |sim, hostile| {
        let Some(node) = somebody(sim, hostile, &BTreeSet::new()) else {
            return Ok(());
        };
        let Some(written) = anything(sim, node, hostile, HONEST_ACTS_PERCENT)? else {
            return Ok(());
        };
        let (feed, mut entries) = feed_of(sim, hostile);
        // When it is not known whether the run was stored, the feed is left: two histories are another kind of attack.
        if write(sim, node, hostile, &feed, &mut entries, &written)? && !written.closes {
            hostile.feed = Some((feed, entries));
        }
        Ok(())
    })
}

/// The hostile node signs two or three histories of its feed and shows each to another node. Most part where the feed
/// ended, some earlier. What officials sign at it goes into one of them, or into several.
pub(crate) fn equivocate(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    with_hostile(sim, |sim, hostile| {
        let (feed, common) = feed_of(sim, hostile);
        let mut shown = BTreeSet::new();
        let mut before: Vec<Written> = Vec::new();
        for _ in 0..sim.dice.between(2, HISTORIES_MAX) {
            let Some(node) = somebody(sim, hostile, &shown) else {
                continue;
            };
            let mut entries = common.clone();
            if !shown.is_empty() && sim.dice.chance(PARTS_EARLIER_PERCENT) {
                entries.truncate(sim.dice.index(common.len() + 1));
            }
            shown.insert(node);
            for _ in 0..sim.dice.between(1, 3) {
                let again = sim.dice.chance(SHOWN_TWICE_PERCENT);
                let again = sim.dice.pick(&before).filter(|_| again).cloned();
                let written = match again {
                    Some(written) => Some(written),
                    None => anything(sim, node, hostile, HONEST_IN_HISTORIES_PERCENT)?,
                };
                let Some(written) = written else { break };
                if !write(sim, node, hostile, &feed, &mut entries, &written)? || written.closes {
                    break;
                }
                before.push(written);
            }
        }
        // Somebody is cut at a bad moment, by whoever saw one of these histories and takes it for the only one.
        let shown: Vec<usize> = shown.into_iter().collect();
        match sim.dice.pick(&shown).copied() {
            Some(node) if sim.dice.chance(NAMED_PERCENT) => {
                cut_naming(sim, node, feed.id(sim.province.network))
            }
            _ => Ok(()),
        }
    })
}

fn with_hostile(
    sim: &mut Simulation<'_>,
    act: impl FnOnce(&mut Simulation<'_>, &mut Hostile) -> Result<(), Defect>,
) -> Result<(), Defect> {
    let Some(mut hostile) = sim.chaos.hostile.take() else {
        return Ok(());
    };
    let done = act(sim, &mut hostile);
    sim.chaos.hostile = Some(hostile);
    done
}

/// A node that takes the hostile one for admitted.
fn somebody(sim: &mut Simulation<'_>, hostile: &Hostile, but: &BTreeSet<usize>) -> Option<usize> {
    let mut up = sim.up();
    up.retain(|node| !but.contains(node));
    let node = sim.dice.pick(&up).copied()?;
    let knows = sim
        .engine(node)
        .is_some_and(|engine| engine.authority().knows_node(&hostile.node()));
    knows.then_some(node)
}

/// The feed that it is writing, or a new one.
fn feed_of(sim: &mut Simulation<'_>, hostile: &mut Hostile) -> (Feed, Vec<Entry>) {
    hostile.feed.take().unwrap_or_else(|| {
        let feed = Feed {
            node: hostile.node(),
            incarnation: Incarnation(sim.dice.bytes()),
            scope: Scope::all_nodes(),
            follows: None,
        };
        (feed, Vec::new())
    })
}

/// Appends something to a history and shows it to a node. Whether the node took it in.
fn write(
    sim: &mut Simulation<'_>,
    node: usize,
    hostile: &Hostile,
    feed: &Feed,
    entries: &mut Vec<Entry>,
    written: &Written,
) -> Result<bool, Defect> {
    let network = sim.province.network;
    let id = feed.id(network);
    let head = entries
        .last()
        .map_or_else(|| Head::empty(id), |newest| newest.header.head());
    let header = Header::following(id, &head, sim.now, written.kind, &written.bytes);
    entries.push(Entry {
        header,
        body: written.bytes.clone(),
    });
    let tip = Tip {
        feed: id,
        seq: header.seq,
        hash: header.hash(),
    };
    let run = Run {
        feed: feed.clone(),
        entries: entries.clone(),
        tip: tip.sign(network, &hostile.key),
    };
    let taken = sim.take_in(node, vec![run])?;
    if let (None, Some(act)) = (&taken, written.honest) {
        sim.watch.unanswered(act);
    }
    let took = taken.is_some_and(|outcome| !outcome.advanced.is_empty());
    if took {
        sim.tally.byzantine += 1;
        sim.tally.hostile += u64::from(written.honest.is_none());
        let name = sim.name(node);
        sim.tell("hostile node", written.what, &[("node", &name)]);
        // Honest work is not to be lost, whatever the node that it was signed at does with it.
        match written.honest {
            Some(act) if sim.nodes[node].is_honest() => sim.watch.stored(act, node),
            Some(act) => sim.watch.confided(act),
            None => {}
        }
        sim.province.officials.extend(written.makes.clone());
    }
    Ok(took)
}

/// Something that goes into the feed: of a hundred, so many are what an official signs there in good faith.
fn anything(
    sim: &mut Simulation<'_>,
    node: usize,
    hostile: &Hostile,
    honest_percent: u32,
) -> Result<Option<Written>, Defect> {
    if sim.dice.chance(honest_percent) {
        honest(sim, node)
    } else {
        bad(sim, node, hostile)
    }
}

/// What an official signs at the hostile node, knowing what an honest one knows.
fn honest(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Written>, Defect> {
    let (body, makes) = if sim.dice.chance(APPOINTMENTS_PERCENT) {
        let Some((statement, official)) = appointment(sim, node)? else {
            return Ok(None);
        };
        (Body::Statement(statement), Some(official))
    } else {
        let Some(draft) = everyday(sim, node)? else {
            return Ok(None);
        };
        (Body::Commit(draft.sign(sim, node)?), None)
    };
    let (kind, bytes) = match &body {
        Body::Commit(commit) => (BodyKind::Commit, commit.bytes()),
        Body::Statement(statement) => (BodyKind::Statement, statement.bytes()),
    };
    Ok(Some(Written {
        what: "shows_honest_work",
        kind,
        bytes: bytes.to_vec(),
        closes: false,
        honest: Some(sim.act_of(&body)),
        makes,
    }))
}

/// One of the bad things, by somebody whom the node takes for an official.
fn bad(sim: &mut Simulation<'_>, node: usize, hostile: &Hostile) -> Result<Option<Written>, Defect> {
    let unit = sim.unit_for(node);
    let Some(official) = sim.officer(node, unit, Duty::Head) else {
        return Ok(None);
    };
    let unit = sim.province.unit(official.unit)?.id;
    let mut composed = Composer::new();
    let set = UnitSet {
        field: UnitField::Seat,
        value: format!("chỗ khác {}", sim.dice.below(1_000_000)),
    };
    composed.set_unit(&mut soxa_records::compose::At::new(unit, &[unit.into()]), set);
    let (operations, _) = composed.finish();
    let commit = Commit {
        author: official.key.public(),
        appointment: official.appointment,
        scope: Scope::all_nodes(),
        time: sim.now,
        operations,
        minutes: Vec::new(),
        note: None,
    };
    let network = sim.province.network;
    let signed = |commit: &Commit, key: &SecretKey| {
        let signed = commit.sign(network, key);
        signed
            .map(|signed| signed.bytes().to_vec())
            .map_err(|error| Defect::Simulator(error.to_string()))
    };
    let (what, bytes, closes) = match sim.dice.below(3) {
        0 => {
            let mut bytes = signed(&commit, &official.key)?;
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            ("forges_a_commit", bytes, true)
        }
        1 => {
            let stranger = Commit {
                author: hostile.key.public(),
                ..commit
            };
            ("signs_without_a_role", signed(&stranger, &hostile.key)?, false)
        }
        _ => {
            let mut malformed = commit;
            for operation in &mut malformed.operations {
                operation.body = vec![0x80];
                operation.refs = vec![registration(unit)];
            }
            (
                "sends_a_malformed_operation",
                signed(&malformed, &official.key)?,
                false,
            )
        }
    };
    Ok(Some(Written {
        what,
        kind: BodyKind::Commit,
        bytes,
        closes,
        honest: None,
        makes: None,
    }))
}
