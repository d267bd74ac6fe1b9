//! A node with a valid admission that puts into its feed what no honest node would: a forged commit, a commit under
//! an appointment of somebody else, a malformed operation under a valid signature, two histories of one feed.

use soxa_ledger::commit::Commit;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::{Entry, Feed, Head, Header, Incarnation, NodeKey, Run, Scope, SecretKey, Tip};
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitField, UnitSet};

use super::records::registration;
use crate::province::Duty;
use crate::report::Defect;
use crate::run::Simulation;

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

/// The hostile node appends something and shows it to one honest node.
pub(crate) fn act(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    with_hostile(sim, |sim, hostile| {
        let Some(node) = somebody(sim, hostile, None) else {
            return Ok(());
        };
        let Some(bad) = bad_body(sim, node, hostile)? else {
            return Ok(());
        };
        let (feed, mut entries) = feed_of(sim, hostile);
        extend(sim, &feed, &mut entries, bad.bytes);
        // When it is not known whether the run was stored, the feed is left: two histories are another kind of attack.
        if show(sim, node, hostile, &feed, &entries, bad.what)? && !bad.closes {
            hostile.feed = Some((feed, entries));
        }
        Ok(())
    })
}

/// The hostile node signs two histories of its feed and shows each to another honest node.
pub(crate) fn equivocate(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    with_hostile(sim, |sim, hostile| {
        let Some(here) = somebody(sim, hostile, None) else {
            return Ok(());
        };
        let Some(there) = somebody(sim, hostile, Some(here)) else {
            return Ok(());
        };
        let (feed, common) = feed_of(sim, hostile);
        for node in [here, there] {
            let mut entries = common.clone();
            for _ in 0..sim.dice.between(1, 3) {
                let Some(bad) = bad_body(sim, node, hostile)? else {
                    return Ok(());
                };
                extend(sim, &feed, &mut entries, bad.bytes);
            }
            show(sim, node, hostile, &feed, &entries, "shows_its_history")?;
        }
        Ok(())
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
fn somebody(sim: &mut Simulation<'_>, hostile: &Hostile, but: Option<usize>) -> Option<usize> {
    let mut up = sim.up();
    up.retain(|node| Some(*node) != but);
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

fn extend(sim: &Simulation<'_>, feed: &Feed, entries: &mut Vec<Entry>, body: Vec<u8>) {
    let id = feed.id(sim.province.network);
    let head = entries
        .last()
        .map_or_else(|| Head::empty(id), |newest| newest.header.head());
    let header = Header::following(id, &head, sim.now, BodyKind::Commit, &body);
    entries.push(Entry { header, body });
}

/// Shows the feed to a node. Whether it took something in.
fn show(
    sim: &mut Simulation<'_>,
    node: usize,
    hostile: &Hostile,
    feed: &Feed,
    entries: &[Entry],
    what: &'static str,
) -> Result<bool, Defect> {
    let network = sim.province.network;
    let Some(newest) = entries.last() else {
        return Ok(false);
    };
    let head = newest.header.head();
    let tip = Tip {
        feed: feed.id(network),
        seq: head.seq,
        hash: head.hash,
    };
    let run = Run {
        feed: feed.clone(),
        entries: entries.to_vec(),
        tip: tip.sign(network, &hostile.key),
    };
    let taken = sim.take_in(node, vec![run])?;
    let took = taken.is_some_and(|outcome| !outcome.advanced.is_empty());
    if took {
        sim.tally.hostile += 1;
        sim.tally.byzantine += 1;
        let name = sim.name(node);
        sim.tell("hostile node", what, &[("node", &name)]);
    }
    Ok(took)
}

/// Something bad.
struct Bad {
    /// The word for it.
    what: &'static str,
    bytes: Vec<u8>,
    /// Whether it ends the feed.
    closes: bool,
}

/// One of the bad things, by somebody whom the node takes for an official.
fn bad_body(sim: &mut Simulation<'_>, node: usize, hostile: &Hostile) -> Result<Option<Bad>, Defect> {
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
    Ok(Some(Bad { what, bytes, closes }))
}
