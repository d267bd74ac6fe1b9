//! Feeds that were forked: a proof is kept once, outlives everything, and takes the effect of what lies past it.

use std::sync::Arc;

use soxa_engine::verify::Fault;
use soxa_engine::{Engine, EngineError, RunFault};
use soxa_ledger::fork::Branch;
use soxa_ledger::replica::{FeedLine, Replica as _};
use soxa_ledger::verdict::{Missing, VoidReason};
use soxa_ledger::{Body, ForkProof, Incarnation, Run, Seq, Signed, Time, Verified};
use soxa_records::{OpMissing, OpVerdict, OpVoid};
use soxa_store::{MemoryIndex, RecordKind, Store, StoreOptions};

use crate::province::{
    FOREVER, Feeder, NOW, Node, Official, Province, appointment, digest, forged, key, malformed_operation,
    node_key, pull, raw, register,
};

/// The proof that two runs give.
pub fn proof_of(province: &Province, one: &Run, other: &Run) -> Verified<ForkProof> {
    let proof = ForkProof::between(one.feed.clone(), Branch::of_run(one), Branch::of_run(other)).unwrap();
    Signed::<ForkProof>::decode(&proof.encode())
        .unwrap()
        .verify(province.network)
        .unwrap()
}

/// Two nodes that hold different histories of a third one's feed, the same up to its first entry.
pub struct Forked {
    pub province: Province,
    pub nodes: [Node; 2],
    pub branches: [Run; 2],
    pub proof: Verified<ForkProof>,
}

impl Forked {
    pub fn new() -> Self {
        let province = Province::new();
        let mut founder = Node::founded(&province);
        let mut other = Node::new(&province, 1);
        other.store(vec![Body::Statement(province.genesis.clone())]);
        pull(&mut other, &founder);
        pull(&mut founder, &other);
        let officer = &province.communes[0].officer;
        let commit = |code: &str| Body::Commit(register(&province, officer, &[code]));
        let mut feeder = Feeder::new(province.network, node_key(2), 1);
        let common = feeder.acts(&[commit("A1")]);
        let mut feeders = [feeder.clone(), feeder];
        let branches = [
            feeders[0].acts(&[commit("B1"), commit("B2")]),
            feeders[1].acts(&[commit("C1")]),
        ];
        let mut nodes = [founder, other];
        for (node, branch) in nodes.iter_mut().zip(&branches) {
            assert_eq!(node.take_in(vec![common.clone(), branch.clone()]).faults, []);
        }
        let proof = proof_of(&province, &branches[0], &branches[1]);
        Self {
            province,
            nodes,
            branches,
            proof,
        }
    }
}

#[test]
fn a_fork_takes_the_effect_of_what_lies_past_it_and_makes_the_lines_equal() {
    let Forked {
        mut nodes,
        branches,
        proof,
        ..
    } = Forked::new();
    let lines = |node: &Node| node.engine.line(&proof.feed_id()).unwrap();
    assert_ne!(lines(&nodes[0]), lines(&nodes[1]));
    assert_ne!(digest(&nodes[0]).root, digest(&nodes[1]).root);
    for node in &mut nodes {
        assert!(node.engine.keep_proof(&proof).unwrap());
        assert!(!node.engine.keep_proof(&proof).unwrap(), "no news");
    }
    let line = lines(&nodes[0]);
    assert_eq!(line, lines(&nodes[1]));
    assert_eq!((line.head.seq, line.forked), (Seq(1), Some(Seq(2))));
    let [one, other] = nodes.each_ref().map(digest);
    assert_eq!((one.root, one.counts.records), (other.root, other.counts.records));
    // What does not count is as if nobody had shown it, and is named, with its place.
    assert_eq!(one.not_valid.len(), 2);
    assert!(one.not_valid.iter().all(|(_, void, _)| !*void));
    let forked = OpVerdict::Pending(OpMissing::Authority(Missing::Forked(proof.feed_id())));
    assert!(one.verdicts.values().all(|verdict| *verdict == forked));
    // Neither branch goes on.
    let [mut one, _] = nodes;
    let id = proof.feed_id();
    assert_eq!(
        one.take_in(vec![branches[1].clone()]).faults,
        [(0, id, RunFault::Forked)]
    );
    assert_eq!(one.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn a_proof_is_found_again_in_the_log() {
    let Forked { mut nodes, proof, .. } = Forked::new();
    for node in &mut nodes {
        node.engine.keep_proof(&proof).unwrap();
    }
    for node in nodes {
        let before = digest(&node);
        // As it is, with no index, and with what a rebuild makes.
        let (node, _) = node.reopen();
        assert_eq!(digest(&node), before);
        let (mut node, opened) = node.reopen_with(MemoryIndex::new());
        assert!(opened.replayed > 0);
        assert_eq!(digest(&node), before);
        node.engine.rebuild(&mut |_| {}).unwrap();
        assert_eq!(digest(&node), before);
        assert_eq!(node.engine.fork_of(&proof.feed_id()).unwrap(), proof);
        assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    }
}

#[test]
fn a_node_that_holds_nothing_of_the_feed_keeps_the_proof_and_takes_what_stands_before_the_fork() {
    let Forked {
        province,
        nodes,
        proof,
        ..
    } = Forked::new();
    let mut third = Node::new(&province, 2);
    third.store(vec![Body::Statement(province.genesis.clone())]);
    let id = proof.feed_id();
    assert!(
        !third.engine.keep_proof(&proof).unwrap(),
        "of a node that is not known"
    );
    pull(&mut third, &nodes[1]);
    let mut late = Node::new(&province, 1);
    late.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut late, &Node::founded(&province));
    assert!(late.engine.keep_proof(&proof).unwrap());
    let line = late.engine.line(&id).unwrap();
    assert_eq!((line.head.seq, line.forked), (Seq(0), Some(Seq(2))));
    let run = nodes[0].engine.run_after(&id, Seq(0), 0).unwrap().unwrap();
    assert_eq!(late.take_in(vec![run]).faults, []);
    assert_eq!(late.engine.line(&id).unwrap().head.seq, Seq(1));
    let (late, _) = late.reopen_with(MemoryIndex::new());
    assert_eq!(late.engine.line(&id).unwrap().head.seq, Seq(1));
    assert_eq!(late.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn a_lower_fork_replaces_a_higher_one_and_never_the_other_way_round() {
    let Forked {
        province,
        mut nodes,
        proof,
        branches,
    } = Forked::new();
    let officer = &province.communes[0].officer;
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let first = feeder.acts(&[Body::Commit(register(&province, officer, &["D1"]))]);
    let node = &mut nodes[0];
    let whole = node
        .engine
        .run_after(&proof.feed_id(), Seq(0), 0)
        .unwrap()
        .unwrap();
    let lower = proof_of(&province, &whole, &first);
    assert_eq!(lower.seq(), Seq(1));
    assert!(node.engine.keep_proof(&proof).unwrap());
    assert!(node.engine.keep_proof(&lower).unwrap());
    assert!(!node.engine.keep_proof(&proof).unwrap());
    let line = node.engine.line(&proof.feed_id()).unwrap();
    assert_eq!((line.head.seq, line.forked), (Seq(0), Some(Seq(1))));
    let before = digest(node);
    node.engine.rebuild(&mut |_| {}).unwrap();
    assert_eq!(digest(node), before);
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    drop(branches);
}

#[test]
fn a_proof_in_the_log_whose_signature_is_false_is_named() {
    let Forked { nodes, proof, .. } = Forked::new();
    let mut bytes = proof.bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let [node, _] = nodes;
    let disk = node.disk.clone();
    let (identity, network) = (node.identity.clone(), node.network);
    drop(node);
    let open = || {
        let index = Box::new(MemoryIndex::new());
        Store::from_parts(Arc::new(disk.clone()), index, StoreOptions::default()).unwrap()
    };
    let (store, _) = open();
    store
        .append_and_sync(&[(RecordKind::new(3), bytes.as_slice())])
        .unwrap();
    drop(store);
    let (store, opening) = open();
    let (engine, _) = Engine::start(store, opening, network, identity, &mut |_| {}).unwrap();
    let faults = engine.verify(&mut |_| {}).unwrap().faults;
    assert!(matches!(faults.first(), Some(Fault::Log { .. })), "{faults:?}");
}

/// Lets a node carry over at a moment; whether something was appended.
fn carry(node: &mut Node, at: Time) -> bool {
    !node.engine.carry_over(at, at).unwrap().is_empty()
}

#[test]
fn what_lies_past_a_fork_is_carried_over_once_and_stands_again() {
    let Forked {
        province,
        mut nodes,
        proof,
        branches,
    } = Forked::new();
    let valid = |node: &Node, run: &Run| {
        let commits = run.entries.iter().map(|entry| entry.open_stored().unwrap());
        commits
            .map(|body| match body {
                Body::Commit(commit) => node.is_valid(&commit),
                Body::Statement(_) => false,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(nodes[0].engine.carry_at(), None);
    for node in &mut nodes {
        node.engine.keep_proof(&proof).unwrap();
        assert_eq!(node.engine.carry_at(), Some(Time(0)), "to be looked at");
    }
    assert_eq!(valid(&nodes[0], &branches[0]), [false, false]);
    // Nobody is in a hurry, and each waits another while.
    let mut due = Vec::new();
    for node in &mut nodes {
        assert!(!carry(node, NOW));
        due.push(node.engine.carry_at().unwrap());
    }
    assert!(due[0] > NOW && due[1] > NOW && due[0] != due[1]);
    for (node, due) in nodes.iter_mut().zip(&due) {
        assert!(!carry(node, Time(due.0 - 1)));
        assert!(carry(node, *due));
        assert!(!carry(node, *due), "once");
    }
    let [mut one, mut other] = nodes;
    pull(&mut one, &other);
    pull(&mut other, &one);
    for node in [&one, &other] {
        assert_eq!(valid(node, &branches[0]), [true, true]);
        assert_eq!(valid(node, &branches[1]), [true]);
    }
    let [left, right] = [digest(&one), digest(&other)];
    assert_eq!(
        (left.root, left.lines, left.not_valid),
        (right.root, right.lines, right.not_valid)
    );
    // A third holder finds nothing left to do, and whoever has done it neither.
    let mut third = Node::new(&province, 2);
    third.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut third, &one);
    let much_later = Time(NOW.0 + 10_000_000);
    for node in [&mut one, &mut other, &mut third] {
        carry(node, NOW);
        assert!(!carry(node, much_later));
        assert_eq!(node.engine.carry_at(), None);
    }
    assert_eq!(one.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn what_no_honest_node_lets_in_is_not_carried_over_and_what_a_cut_voids_is() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let stranger = Official {
        key: key(7, 7),
        ..one.officer.clone()
    };
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let mut twin = feeder.clone();
    let cut_since = register(&province, &other.officer, &["X2"]);
    let branch = feeder.acts(&[
        Body::Commit(register(&province, &stranger, &["X1"])),
        Body::Commit(malformed_operation(&province, &one.officer)),
        Body::Commit(cut_since.clone()),
    ]);
    let rival = twin.acts(&[Body::Commit(register(&province, &one.officer, &["Y1"]))]);
    assert_eq!(node.take_in(vec![branch.clone()]).faults, []);
    // The officer whose act comes last has been cut at zero meanwhile.
    let cut = province.cut(None, other.officer.appointment, &[]);
    let Body::Statement(statement) = &cut else {
        panic!()
    };
    let void = OpVerdict::Void(OpVoid::Authority(VoidReason::Cut(statement.id)));
    node.store(vec![cut]);
    node.engine
        .keep_proof(&proof_of(&province, &branch, &rival))
        .unwrap();
    let before = digest(&node);
    carry(&mut node, NOW);
    assert!(carry(&mut node, Time(NOW.0 + 1_000_000)));
    let after = digest(&node);
    assert_eq!(
        (after.root, after.counts.entries),
        (before.root, before.counts.entries + 1)
    );
    assert_eq!(
        node.verdicts(&cut_since),
        [void],
        "in the sight of all, where it can be adopted"
    );
    assert!(!carry(&mut node, Time(NOW.0 + 9_000_000)));
    assert_eq!(node.engine.carry_at(), None);
}

#[test]
fn a_forged_body_past_a_fork_is_not_carried_over() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    let commit = |code: &str| register(&province, officer, &[code]);
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let mut twin = feeder.clone();
    // It names an official who may do this, and only the signature is another.
    let honest = commit("X1");
    let branch = feeder.run(&[raw(&Body::Commit(honest.clone())), forged(&commit("X2"))]);
    let rival = twin.acts(&[Body::Commit(commit("Y1"))]);
    assert_eq!(node.take_in(vec![branch.clone()]).faults, []);
    node.engine
        .keep_proof(&proof_of(&province, &branch, &rival))
        .unwrap();
    carry(&mut node, NOW);
    assert!(carry(&mut node, Time(NOW.0 + 1_000_000)));
    assert!(node.is_valid(&honest) && !node.is_valid(&commit("X2")));
    // Whoever takes the feed in that it would stand in checks every signature.
    let mut other = Node::new(&province, 1);
    other.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut other, &node);
    let own = |line: &&FeedLine| line.feed.node == node.engine.node();
    let (ours, theirs) = (node.engine.lines(), other.engine.lines());
    assert_eq!(theirs.iter().find(own), ours.iter().find(own));
    assert!(ours.iter().filter(own).all(|line| !line.closed));
}

#[test]
fn statements_are_carried_over_with_what_rests_on_them() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [commune, _] = &province.communes;
    let newcomer = key(2, 77);
    let fact = appointment(&newcomer, "asset_officer", &commune.officer.path, FOREVER);
    let appointed = province.state(&fact, Some(&commune.head));
    let officer = Official {
        key: newcomer,
        appointment: appointed.id,
        path: commune.officer.path.clone(),
    };
    let act = register(&province, &officer, &["N1"]);
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let mut twin = feeder.clone();
    let branch = feeder.acts(&[Body::Statement(appointed), Body::Commit(act.clone())]);
    let rival = twin.acts(&[Body::Commit(register(&province, &commune.officer, &["Y1"]))]);
    assert_eq!(node.take_in(vec![branch.clone()]).faults, []);
    assert!(node.is_valid(&act));
    node.engine
        .keep_proof(&proof_of(&province, &branch, &rival))
        .unwrap();
    assert!(!node.is_valid(&act));
    carry(&mut node, NOW);
    assert!(carry(&mut node, Time(NOW.0 + 1_000_000)));
    assert!(node.is_valid(&act));
}

#[test]
fn after_a_fork_of_its_own_feed_a_node_goes_on_in_a_new_life() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    let commit = |code: &str| Body::Commit(register(&province, officer, &[code]));
    node.store(vec![commit("A1")]);
    let feed = node.engine.lines()[0].clone();
    let ours = node.engine.run_after(&feed.id, Seq(0), 0).unwrap().unwrap();
    // What the same machine signed after its store was put back.
    let mut twin = Feeder::new(province.network, node_key(0), 0);
    assert_eq!(twin.feed, feed.feed);
    let theirs = twin.acts(&[commit("B1")]);
    node.engine
        .keep_proof(&proof_of(&province, &ours, &theirs))
        .unwrap();
    assert!(node.engine.is_own_forked());
    assert!(matches!(
        node.engine.submit(vec![vec![commit("A2")]], NOW),
        Err(EngineError::OwnFeedForked)
    ));
    node.engine.begin_life(Incarnation([99; 16]));
    assert!(!node.engine.is_own_forked());
    // The founding is past the fork: it has to be carried over before anything counts.
    carry(&mut node, NOW);
    assert!(carry(&mut node, Time(NOW.0 + 1_000_000)));
    let lines = node.engine.lines();
    let new = lines.iter().find(|line| line.id != feed.id).unwrap();
    assert_eq!(new.feed.follows, Some(feed.id));
    assert_eq!(
        (node.engine.earlier_feeds(), node.engine.signed()),
        (1, new.head.seq.0)
    );
    node.store(vec![commit("A2")]);
    assert_eq!(node.engine.earlier_feeds(), 1, "the feed of this life goes on");
}
