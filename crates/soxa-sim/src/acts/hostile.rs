//! A node with a valid admission that puts into its feed what no honest node would: a forged commit, a commit under
//! an appointment of somebody else, a malformed operation under a valid signature.

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
    feed: Option<(Feed, Head)>,
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
    let up = sim.up();
    let Some(node) = sim.dice.pick(&up).copied() else {
        return Ok(());
    };
    let Some(mut hostile) = sim.chaos.hostile.take() else {
        return Ok(());
    };
    let knows = sim
        .engine(node)
        .is_some_and(|engine| engine.authority().knows_node(&hostile.node()));
    let done = if knows {
        append(sim, node, &mut hostile)
    } else {
        Ok(())
    };
    sim.chaos.hostile = Some(hostile);
    done
}

fn append(sim: &mut Simulation<'_>, node: usize, hostile: &mut Hostile) -> Result<(), Defect> {
    let network = sim.province.network;
    let Some(Bad { what, bytes, closes }) = bad_body(sim, node, hostile)? else {
        return Ok(());
    };
    let (feed, head) = hostile.feed.take().unwrap_or_else(|| {
        let feed = Feed {
            node: hostile.node(),
            incarnation: Incarnation(sim.dice.bytes()),
            scope: Scope::all_nodes(),
            follows: None,
        };
        let head = Head::empty(feed.id(network));
        (feed, head)
    });
    let id = feed.id(network);
    let header = Header::following(id, &head, sim.now, BodyKind::Commit, &bytes);
    let head = header.head();
    let tip = Tip {
        feed: id,
        seq: head.seq,
        hash: head.hash,
    }
    .sign(network, &hostile.key);
    let run = Run {
        feed: feed.clone(),
        entries: vec![Entry { header, body: bytes }],
        tip,
    };
    // When it is not known whether the run was stored, the feed is left: two histories are another kind of attack.
    let taken = sim.take_in(node, vec![run])?;
    if taken.is_some_and(|outcome| !outcome.advanced.is_empty()) {
        sim.tally.hostile += 1;
        let name = sim.name(node);
        sim.tell("hostile node", what, &[("node", &name)]);
        if !closes {
            hostile.feed = Some((feed, head));
        }
    }
    Ok(())
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
        value: "chỗ khác".to_owned(),
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
