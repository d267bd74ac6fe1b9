//! How a simulated province begins: genesis, units, officials, one node for each commune and one for the province.

use soxa_engine::{Known, Memory};
use soxa_ledger::role::default_table;
use soxa_ledger::statement::{Genesis, UnsignedStatement};
use soxa_ledger::time::Term;
use soxa_ledger::{NetworkId, NodeKey, OpId, RecordId, Scope, SecretKey, Time};
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::unit::{UnitKind, UnitRegister};

use crate::acts::hostile::Hostile;
use crate::agenda::Agenda;
use crate::answers::{Expect, Intent};
use crate::chaos::{Chaos, VICTIM};
use crate::check::Watch;
use crate::dice::{Dice, Purpose};
use crate::liar::Liar;
use crate::limits::{CACHED_BYTES_MAX, NODES_PER_LIAR};
use crate::network::Network;
use crate::node::SimNode;
use crate::plan::{Fault, Plan};
use crate::province::{Candidate, Duty, Official, Province, Unit};
use crate::report::{Defect, Report};
use crate::run::Simulation;
use crate::sabotage::Sabotage;
use crate::schedule::{BEGINNING, FOUNDED, Schedule};
use crate::story::Story;

/// Communes of Sơn La; beyond these they are numbered.
const COMMUNES: [&str; 12] = [
    "Mường Bú",
    "Phiêng Cằm",
    "Thuận Châu",
    "Tô Hiệu",
    "Mộc Châu",
    "Mường La",
    "Yên Châu",
    "Sông Mã",
    "Bắc Yên",
    "Phù Yên",
    "Vân Hồ",
    "Sốp Cộp",
];

/// The code of the procedure that is published.
pub(crate) const PROCEDURE: &str = "1.001193";

/// Milliseconds between two acts of the founding.
const FOUNDING_STEP_MS: u64 = 200;

fn refused(error: impl std::fmt::Display) -> Defect {
    Defect::Simulator(error.to_string())
}

/// A province of which nothing but its genesis is known, with the nodes' keys.
pub(crate) fn begin<'p>(schedule: &'p Schedule, plan: &'p Plan) -> Result<Simulation<'p>, Defect> {
    let seed = schedule.seed();
    let mut keys = Dice::new(seed, Purpose::Keys);
    let root = SecretKey::from_seed(&keys.bytes());
    let node_keys: Vec<SecretKey> = (0..plan.nodes)
        .map(|_| SecretKey::from_seed(&keys.bytes()))
        .collect();
    let founding: Vec<NodeKey> = node_keys.iter().take(1).map(SecretKey::node).collect();
    let genesis = Genesis {
        name: "Sơn La".to_owned(),
        code: "14".to_owned(),
        roots: vec![root.public()],
        quorum: 1,
        roles: default_table(),
        nodes: founding,
        created: BEGINNING,
        salt: keys.bytes(),
    };
    let unsigned = UnsignedStatement::genesis(&genesis);
    let genesis = unsigned.assemble(vec![unsigned.sign(&root)]).map_err(refused)?;
    let network = NetworkId(genesis.id.0);
    let own = network.province_unit();
    let unit = Unit {
        id: own,
        name: "Sơn La".to_owned(),
        path: vec![own],
        home: 0,
    };
    let mut links = Network::new(seed, &plan.faults);
    let mut nodes: Vec<SimNode> = Vec::new();
    let memory = memory(plan.nodes);
    let by_key = (0..).zip(&node_keys).map(|(at, key)| (key.node(), at)).collect();
    for (at, key) in node_keys.into_iter().enumerate() {
        let name = if at == 0 {
            "Sơn La".to_owned()
        } else {
            commune(at)
        };
        let mut node = SimNode::new(name, own, &genesis, key, &memory, &mut keys);
        node.ignores_life = plan.is_sabotaged(Sabotage::IgnoreLife);
        if at == VICTIM {
            if plan.is_sabotaged(Sabotage::SkipSync) {
                node.disk.skip_syncs();
            }
            if plan.is_sabotaged(Sabotage::LoseIndexBatch) {
                node.index.lose_every(17);
            }
        }
        nodes.push(node);
        links.add_node(None, &mut keys);
    }
    if plan.faults.has(Fault::Liars) {
        let honest = plan.nodes - (plan.nodes / NODES_PER_LIAR).max(1);
        for node in nodes.iter_mut().skip(honest.max(VICTIM + 1)) {
            node.liar = Some(Liar::new(Dice::new(keys.below(u64::MAX), Purpose::Keys)));
        }
    }
    Ok(Simulation {
        plan,
        schedule,
        seed,
        dice: keys,
        now: BEGINNING,
        step: 0,
        played: 0,
        calm: false,
        agenda: Agenda::default(),
        network: links,
        province: Province {
            network,
            genesis,
            memory,
            root,
            units: vec![unit],
            officials: Vec::new(),
            procedure: None,
        },
        nodes,
        by_key,
        chaos: Chaos::default(),
        watch: Watch::default(),
        story: Story::new(plan.tell),
        tally: Report::default(),
    })
}

/// What each of so many nodes may keep in memory: as much as a real one, or its share.
fn memory(nodes: usize) -> Memory {
    let usual = Memory::default();
    let share = CACHED_BYTES_MAX / nodes;
    Memory {
        known: Known::remembering(),
        histories_bytes: usual.histories_bytes.min(share / 2),
        facts_bytes: usual.facts_bytes.min(share / 8),
        runs_bytes: usual.runs_bytes.min(share / 4),
    }
}

fn commune(at: usize) -> String {
    COMMUNES
        .get(at - 1)
        .map_or_else(|| format!("Xã {at}"), |name| (*name).to_owned())
}

/// The founding acts, all at the province's node, before anything goes wrong.
pub(crate) fn found(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    start(sim, 0)?;
    let head = appoint(sim, None, 0, Duty::Head)?;
    let operator = appoint(sim, None, 0, Duty::Operator)?;
    for (superior, duty) in [(head, Duty::Assets), (head, Duty::Staff)] {
        appoint(sim, Some(superior), 0, duty)?;
    }
    publish(sim, operator)?;
    for node in 1..sim.nodes.len() {
        let name = sim.name(node);
        if node > sim.plan.staffed {
            // One more node of the province's own.
            let key = sim.nodes[node].key();
            admit(sim, operator, key, &name, 0)?;
            continue;
        }
        let unit = register(sim, operator, 0, UnitKind::Commune, &name, node)?;
        let head = appoint(sim, Some(head), unit, Duty::Head)?;
        appoint(sim, Some(head), unit, Duty::Assets)?;
        appoint(sim, Some(head), unit, Duty::Staff)?;
        let centre = register(
            sim,
            head,
            unit,
            UnitKind::ServiceCentre,
            &format!("Trung tâm {name}"),
            node,
        )?;
        let head = appoint(sim, Some(head), centre, Duty::Head)?;
        appoint(sim, Some(head), centre, Duty::Assets)?;
        let (key, name) = (sim.nodes[node].key(), sim.name(node));
        admit(sim, operator, key, &name, unit)?;
        sim.nodes[node].unit = sim.province.unit(unit)?.id;
    }
    if sim.plan.faults.has(Fault::Hostile) || sim.plan.faults.has(Fault::Equivocation) {
        let hostile = Hostile::new(SecretKey::from_seed(&sim.dice.bytes()));
        admit(
            sim,
            operator,
            hostile.node(),
            "hostile",
            sim.province.units.len() - 1,
        )?;
        sim.chaos.hostile = Some(hostile);
    }
    sim.now = sim.now.max(FOUNDED);
    let staffed = sim.plan.staffed;
    if let Some((province, others)) = sim.nodes.split_first_mut() {
        for node in others.iter_mut().skip(staffed) {
            node.set_up_from(&province.disk, &province.index);
        }
    }
    for node in 1..sim.nodes.len() {
        start(sim, node)?;
    }
    Ok(())
}

/// Starts a node for the first time.
pub(crate) fn start(sim: &mut Simulation<'_>, node: usize) -> Result<(), Defect> {
    let (now, network, tempo) = (sim.now, sim.province.network, sim.schedule.tempo());
    sim.nodes[node].start(now, network, &tempo)?;
    sim.nodes[node].promise();
    sim.see_feeds(node, None)?;
    sim.tell_node(node, "starts", &[]);
    sim.tell_life(node);
    for peer in sim.network.neighbours(node) {
        sim.link(node, peer, true)?;
        sim.link(peer, node, true)?;
    }
    Ok(())
}

fn must(stored: bool) -> Result<(), Defect> {
    if stored {
        Ok(())
    } else {
        Err(Defect::Simulator("the founding was not stored".to_owned()))
    }
}

fn appoint(
    sim: &mut Simulation<'_>,
    superior: Option<usize>,
    unit: usize,
    duty: Duty,
) -> Result<usize, Defect> {
    sim.now = sim.now.plus_ms(FOUNDING_STEP_MS);
    let official = candidate(sim, superior, unit, duty, None);
    let (statement, official) = sim.province.appoint(official)?;
    let who = who_issues(sim, superior);
    must(sim.submit(0, Intent::statement(&who, "appoints", statement, Expect::Stored))?)?;
    sim.province.officials.push(official);
    Ok(sim.province.officials.len() - 1)
}

pub(crate) fn who_issues(sim: &Simulation<'_>, superior: Option<usize>) -> String {
    let official = superior.and_then(|at| sim.province.officials.get(at));
    official.map_or_else(|| "root".to_owned(), |official: &Official| official.name.clone())
}

/// Somebody new with a key of their own.
pub(crate) fn candidate(
    sim: &mut Simulation<'_>,
    superior: Option<usize>,
    unit: usize,
    duty: Duty,
    until: Option<Time>,
) -> Candidate {
    let number = sim.province.officials.len() + 1;
    let from = Time(BEGINNING.0 - 1_000);
    Candidate {
        name: format!("{}-{number}", duty.role()),
        key: SecretKey::from_seed(&sim.dice.bytes()),
        superior,
        unit,
        duty,
        term: Term { from, until },
    }
}

fn register(
    sim: &mut Simulation<'_>,
    by: usize,
    parent: usize,
    kind: UnitKind,
    name: &str,
    home: usize,
) -> Result<usize, Defect> {
    sim.now = sim.now.plus_ms(FOUNDING_STEP_MS);
    let above = sim.province.unit(parent)?.clone();
    let mut composed = Composer::new();
    let register = UnitRegister {
        kind,
        name: name.to_owned(),
        code: None,
        path: above.path.clone(),
        basis: "NQ 1681".to_owned(),
    };
    let founding: OpId = above.id.into();
    composed.register_unit(soxa_ledger::OpRef::Id(founding), register);
    let official = sim.province.official(by)?.clone();
    let commit = sim
        .province
        .commit(&official, sim.now, composed, Scope::all_nodes())?;
    let id: RecordId = OpId::of(commit.commit_id(sim.province.network), 0).into();
    must(sim.submit(
        0,
        Intent::commit(&official.name, "registers_unit", commit, Expect::Stored),
    )?)?;
    let mut path = above.path;
    path.push(id);
    sim.province.units.push(Unit {
        id,
        name: name.to_owned(),
        path,
        home,
    });
    Ok(sim.province.units.len() - 1)
}

/// Publishes the procedure of all dossiers.
fn publish(sim: &mut Simulation<'_>, operator: usize) -> Result<(), Defect> {
    sim.now = sim.now.plus_ms(FOUNDING_STEP_MS);
    let mut composed = Composer::new();
    composed.publish(ReferenceVersion {
        table: ReferenceTable::Procedure,
        key: PROCEDURE.to_owned(),
        from: Date::new(2025, 7, 1).map_err(refused)?,
        until: None,
        parts: vec![ReferencePart {
            name: "name".to_owned(),
            text: "Khai sinh".to_owned(),
        }],
        basis: "QĐ 1".to_owned(),
    });
    let official = sim.province.official(operator)?.clone();
    let commit = sim
        .province
        .commit(&official, sim.now, composed, Scope::all_nodes())?;
    sim.province.procedure = Some(OpId::of(commit.commit_id(sim.province.network), 0).into());
    must(sim.submit(
        0,
        Intent::commit(&official.name, "publishes", commit, Expect::Stored),
    )?)
}

/// Admits a node for a unit, at the province's node.
fn admit(
    sim: &mut Simulation<'_>,
    operator: usize,
    node: NodeKey,
    name: &str,
    unit: usize,
) -> Result<(), Defect> {
    sim.now = sim.now.plus_ms(FOUNDING_STEP_MS);
    let admission = sim.province.admit(operator, node, unit, name)?;
    let who = who_issues(sim, Some(operator));
    must(sim.submit(0, Intent::statement(&who, "admits", admission, Expect::Stored))?)
}
