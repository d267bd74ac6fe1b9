//! Nodes that hold the same entries come to the same, in whatever order and pieces those came.

use std::collections::VecDeque;
use std::sync::LazyLock;

use proptest::prelude::*;
use soxa_engine::RunFault;
use soxa_engine::limits::FEEDS_PER_NODE_MAX;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::run::RunError;
use soxa_ledger::{Body, Run, Seq, Time};

use crate::province::{
    Feeder, NOW, Node, Province, digest, forged, hand_over, key, malformed_operation, node_key, pull, raw,
    register, runs_of, set_condition,
};

fn genesis(province: &Province) -> Vec<Body> {
    vec![Body::Statement(province.genesis.clone())]
}

/// A province where much has gone wrong: the runs of all feeds, each as small as its tips allow.
struct Turmoil {
    province: Province,
    runs: Vec<Run>,
}

static TURMOIL: LazyLock<Turmoil> = LazyLock::new(|| {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let mut left = Node::new(&province, 0);
    for act in province.founding() {
        left.store(vec![act]);
    }
    let registered = register(&province, &one.officer, &["A1", "A2"]);
    left.store(vec![Body::Commit(registered.clone())]);
    let (a1, a2) = (left.record(&registered, 0), left.record(&registered, 1));
    let mut right = Node::new(&province, 1);
    right.store(genesis(&province));
    pull(&mut right, &left);
    // A1 there and back; A2 given away twice by nodes that are cut off.
    hand_over(&province, &mut left, a1, &one.officer, &other.officer);
    hand_over(&province, &mut left, a1, &other.head, &one.officer);
    hand_over(&province, &mut left, a2, &one.officer, &other.officer);
    hand_over(&province, &mut right, a2, &one.head, &province.head);
    let more = register(&province, &other.officer, &["B1"]);
    left.store(vec![Body::Commit(more.clone())]);
    right.store(vec![Body::Commit(more.clone())]);
    let b1 = right.record(&more, 0);
    right.store(vec![Body::Commit(set_condition(
        &province,
        &right,
        b1,
        &other.officer,
        "hỏng",
    ))]);
    left.store(vec![Body::Commit(set_condition(
        &province,
        &left,
        b1,
        &other.head,
        "cũ",
    ))]);
    // Two cuts on one appointment, of which the higher counts; it lets the first handover fall.
    left.store(vec![province.cut(
        Some(&other.head),
        other.officer.appointment,
        &[],
    )]);
    let stands = right
        .engine
        .positions_under(&other.officer.appointment, None)
        .unwrap();
    right.store(vec![province.cut(
        Some(&province.head),
        other.officer.appointment,
        &stands[..1],
    )]);
    right.store(vec![province.cut(None, one.officer.appointment, &{
        let mut stands = left
            .engine
            .positions_under(&one.officer.appointment, None)
            .unwrap();
        stands.truncate(1);
        stands
    })]);
    let mut runs = runs_of(&left, 1);
    runs.extend(runs_of(&right, 1));
    // A hostile node: a feed that ends badly, and one that goes on.
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    runs.push(feeder.run(&[raw(&Body::Commit(register(&province, &one.head, &["C1"])))]));
    runs.push(feeder.run(&[
        raw(&Body::Commit(register(&province, &one.head, &["C2"]))),
        forged(&registered),
        raw(&Body::Commit(register(&province, &one.head, &["C3"]))),
    ]));
    let mut feeder = Feeder::new(province.network, node_key(2), 2);
    runs.push(feeder.acts(&[Body::Commit(malformed_operation(&province, &one.head))]));
    runs.push(feeder.acts(&[Body::Commit(registered)]));
    Turmoil { province, runs }
});

/// Shows a node all runs, those it cannot take yet again and again.
fn show_all(runs: Vec<Run>, batch: usize) -> Node {
    let province = &TURMOIL.province;
    let mut node = Node::new(province, 4);
    // Held beside the runs: a node begins with the genesis it was made for.
    node.store(genesis(province));
    let mut waiting: VecDeque<Run> = runs.into();
    let mut without_progress = 0;
    while !waiting.is_empty() && without_progress < 200 {
        let shown: Vec<Run> = waiting.drain(..batch.min(waiting.len())).collect();
        let taken = node.take_in(shown.clone());
        without_progress = if taken.entries > 0 {
            0
        } else {
            without_progress + 1
        };
        for (at, _, fault) in taken.faults {
            match fault {
                RunFault::NotAdmitted | RunFault::Bad(RunError::Gap { .. }) => {
                    waiting.push_back(shown[at].clone())
                }
                RunFault::Known | RunFault::Closed => {}
                fault => panic!("{fault}"),
            }
        }
    }
    assert!(waiting.is_empty());
    node
}

/// Joins neighbours of which one goes on where the other ends under the later tip, where `join` says so. Both nodes' runs stand one
/// after the other, and which feeds meet there depends on their ids.
fn joined(runs: &[Run], mut join: impl FnMut() -> bool) -> Vec<Run> {
    let goes_on = |last: &Run, run: &Run| {
        let ends = last.entries.last().map(|entry| entry.header.seq.0 + 1);
        last.feed == run.feed && ends == run.entries.first().map(|entry| entry.header.seq.0)
    };
    let mut found: Vec<Run> = Vec::new();
    for run in runs {
        match found.last_mut().filter(|last| goes_on(last, run) && join()) {
            Some(last) => {
                last.entries.extend(run.entries.iter().cloned());
                last.tip = run.tip;
            }
            None => found.push(run.clone()),
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_pieces_come_to_the_same(
        joins in prop::collection::vec(any::<bool>(), 64),
        keys in prop::collection::vec(any::<u32>(), 128),
        doubles in prop::collection::vec(0_usize..128, 0..12),
        batch in 1_usize..20,
    ) {
        let reference = {
            static REFERENCE: LazyLock<crate::province::Digest> =
                LazyLock::new(|| digest(&show_all(TURMOIL.runs.clone(), 1)));
            &*REFERENCE
        };
        let mut joins = joins.into_iter().cycle();
        let mut runs = joined(&TURMOIL.runs, || joins.next() == Some(true));
        runs.extend(doubles.iter().filter_map(|at| TURMOIL.runs.get(*at)).cloned().collect::<Vec<_>>());
        let mut shuffled: Vec<(u32, Run)> = keys.into_iter().cycle().zip(runs).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let node = show_all(shuffled.into_iter().map(|(_, run)| run).collect(), batch);
        let found = digest(&node);
        prop_assert_eq!(&found, reference);
        prop_assert!(found.not_valid.iter().any(|one| one.1));
        prop_assert_eq!(found.refused.len(), 2);
        let (mut node, _) = node.reopen();
        node.engine.rebuild(&mut |_| {}).unwrap();
        prop_assert_eq!(&digest(&node), reference);
        prop_assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    }
}

#[test]
fn a_commit_at_two_nodes_stands_at_two_positions() {
    let province = Province::new();
    let mut left = Node::founded(&province);
    let mut right = Node::new(&province, 1);
    right.store(genesis(&province));
    pull(&mut right, &left);
    let officer = &province.communes[0].officer;
    let commit = register(&province, officer, &["A1"]);
    let mut positions = left.store(vec![Body::Commit(commit.clone())]);
    positions.extend(right.store(vec![Body::Commit(commit.clone())]));
    pull(&mut left, &right);
    pull(&mut right, &left);
    positions.sort_unstable();
    for node in [&left, &right] {
        let (_, found) = node
            .engine
            .commit(&commit.commit_id(province.network))
            .unwrap()
            .unwrap();
        assert_eq!(found, positions);
        assert_eq!(node.engine.counts().commits, 2);
        // A cut has to name both, or the commit stands by the other one.
        assert_eq!(
            node.engine
                .positions_under(&officer.appointment, None)
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            node.engine
                .positions_by_key(&officer.key.public(), None)
                .unwrap()
                .len(),
            2
        );
    }
    assert_eq!(digest(&left), digest(&right));
    let here = positions
        .iter()
        .find(|at| at.node == left.engine.node())
        .copied()
        .unwrap();
    left.store(vec![province.cut(None, officer.appointment, &[here])]);
    assert!(left.is_valid(&commit));
}

#[test]
fn positions_can_be_asked_for_as_they_were_at_a_moment() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    let mut stored = Vec::new();
    for (number, code) in (1_u64..).zip(["A1", "A2", "A3"]) {
        node.clock = NOW.plus_ms(1_000 * number);
        stored.extend(node.store(vec![Body::Commit(register(&province, officer, &[code]))]));
    }
    let engine = &node.engine;
    for (after_ms, expected) in [
        (1_000, None),
        (1_001, Some(0)),
        (2_500, Some(1)),
        (9_000, Some(2)),
    ] {
        let before = Some(NOW.plus_ms(after_ms));
        let expected: Vec<_> = expected.map(|at: usize| stored[at]).into_iter().collect();
        assert_eq!(
            engine.positions_under(&officer.appointment, before).unwrap(),
            expected
        );
        assert_eq!(
            engine.positions_by_key(&officer.key.public(), before).unwrap(),
            expected
        );
    }
    assert_eq!(
        engine.positions_under(&officer.appointment, None).unwrap(),
        stored[2..]
    );
    // The head of the commune made one statement, the officer's appointment.
    let head = engine
        .positions_under(&province.communes[0].head.appointment, None)
        .unwrap();
    assert_eq!(head.len(), 1);
    assert!(head[0].seq < stored[0].seq);
}

#[test]
fn pages_of_any_size_from_anywhere_end_at_a_tip_that_holds() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    for number in 0..6 {
        let codes = [format!("A{number}"), format!("B{number}"), format!("C{number}")];
        let acts = codes
            .iter()
            .map(|code| Body::Commit(register(&province, officer, &[code])));
        node.store(acts.collect());
    }
    let line = node.engine.lines().remove(0);
    for byte_limit in [0, 1, 500, 2_000, 5_000, usize::MAX] {
        for after in 0..line.head.seq.0 {
            let run = node
                .engine
                .run_after(&line.id, Seq(after), byte_limit)
                .unwrap()
                .unwrap();
            assert_eq!(run.entries[0].header.seq, Seq(after + 1));
            let before = soxa_ledger::Head {
                seq: Seq(after),
                hash: run.entries[0].header.prev,
                time: Time(0),
            };
            run.verify(province.network, &before).unwrap();
        }
        assert_eq!(
            node.engine
                .run_after(&line.id, line.head.seq, byte_limit)
                .unwrap(),
            None
        );
        let mut other = Node::new(&province, 1);
        other.store(genesis(&province));
        assert_eq!(other.take_in(runs_of(&node, byte_limit)).faults, []);
        assert_eq!(digest(&other).root, digest(&node).root);
    }
    let all = node
        .engine
        .run_after(&line.id, Seq(0), usize::MAX)
        .unwrap()
        .unwrap();
    assert_eq!(all.entries.len() as u64, line.head.seq.0);
}

#[test]
fn what_is_known_or_overlaps_or_forks_is_told_apart() {
    let province = Province::new();
    let officer = &province.communes[0].officer;
    let commit = |code: &str| Body::Commit(register(&province, officer, &[code]));
    let mut node = Node::new(&province, 1);
    node.store(genesis(&province));
    pull(&mut node, &Node::founded(&province));
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let id = feeder.feed.id(province.network);
    let start = feeder.clone();
    let first = feeder.acts(&[commit("A1"), commit("A2")]);
    let second = feeder.acts(&[commit("A3")]);
    let overlapping = start
        .clone()
        .acts(&[commit("A1"), commit("A2"), commit("A3"), commit("A4")]);
    let gap = (0, id, RunFault::Bad(RunError::Gap { found: 3, known: 0 }));
    assert_eq!(node.take_in(vec![second.clone()]).faults, [gap]);
    assert_eq!(node.take_in(vec![first.clone(), second]).faults, []);
    assert_eq!(
        node.take_in(vec![first.clone()]).faults,
        [(0, id, RunFault::Known)]
    );
    let taken = node.take_in(vec![overlapping.clone(), overlapping]);
    assert_eq!((taken.entries, taken.faults), (1, vec![(1, id, RunFault::Known)]));
    assert_eq!(node.engine.line(&id).unwrap().head.seq, Seq(4));

    // Another history: longer, as long, and as long without the node's signature.
    let before = digest(&node);
    let mut other = start.clone();
    let same_length = other.acts(&[commit("A1"), commit("X2"), commit("A3"), commit("A4")]);
    let longer = other.acts(&[commit("A5")]);
    let fault = |run: Run| node_fault(&province, &node, run);
    assert_eq!(fault(longer), RunFault::Bad(RunError::Fork(4)));
    assert!(matches!(
        fault(same_length.clone()),
        RunFault::Bad(RunError::Fork(_))
    ));
    let mut unsigned = same_length;
    unsigned.tip = first.tip;
    assert!(matches!(fault(unsigned), RunFault::Bad(RunError::Tip(_))));
    assert_eq!(digest(&node), before);
}

#[test]
fn another_history_is_known_for_one_whenever_it_was_written() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    let commit = |code: &str| Body::Commit(register(&province, officer, &[code]));
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let common = feeder.acts(&[commit("A1")]);
    let mut rival = feeder.clone();
    // The clock went back before the second history was signed.
    feeder.head.time = Time(NOW.0 + 5_000);
    let held = feeder.acts(&[commit("A2")]);
    rival.acts(&[commit("B2")]);
    let other = rival.acts(&[commit("B3")]);
    assert_eq!(node.take_in(vec![common, held]).faults, []);
    assert_eq!(
        node_fault(&province, &node, other),
        RunFault::Bad(RunError::Fork(2))
    );
}

/// What a node with the same entries says to a run.
fn node_fault(province: &Province, node: &Node, run: Run) -> RunFault {
    let mut twin = Node::new(province, 1);
    twin.store(genesis(province));
    pull(&mut twin, &Node::founded(province));
    pull(&mut twin, node);
    let before = digest(&twin);
    let mut faults = twin.take_in(vec![run]).faults;
    assert_eq!(digest(&twin), before);
    faults.remove(0).2
}

#[test]
fn a_feed_is_taken_in_once_its_node_is_admitted() {
    let province = Province::new();
    let office = Node::founded(&province);
    let mut node = Node::new(&province, 1);
    node.store(genesis(&province));
    pull(&mut node, &office);
    let stranger = key(9, 9);
    let mut feeder = Feeder::new(province.network, stranger.clone(), 1);
    let id = feeder.feed.id(province.network);
    let run = feeder.acts(&[Body::Commit(register(
        &province,
        &province.communes[0].officer,
        &["A1"],
    ))]);
    assert_eq!(
        node.take_in(vec![run.clone()]).faults,
        [(0, id, RunFault::NotAdmitted)]
    );
    // The admission may come in the same call, before the feed.
    let mut admitting = Feeder::new(province.network, node_key(2), 1);
    let admission = admitting.acts(&[province.admission(stranger.node())]);
    let taken = node.take_in(vec![run.clone(), admission, run]);
    assert_eq!(taken.faults, [(0, id, RunFault::NotAdmitted)]);
    assert_eq!(taken.advanced.len(), 2);
    assert_eq!(node.engine.record_count().unwrap(), 1 + 2 + 1);
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn a_node_has_so_many_feeds_and_no_more() {
    let province = Province::new();
    let mut node = Node::new(&province, 1);
    node.store(genesis(&province));
    pull(&mut node, &Node::founded(&province));
    let officer = &province.communes[0].officer;
    let act = |code: &str| [Body::Commit(register(&province, officer, &[code]))];
    let mut feeders: Vec<_> = (0..=FEEDS_PER_NODE_MAX as u16)
        .map(|life| Feeder::of_life(province.network, node_key(2), life))
        .collect();
    let mut runs: Vec<Run> = (0..)
        .zip(&mut feeders)
        .map(|(number, feeder)| feeder.acts(&act(&format!("A{number}"))))
        .collect();
    let last = runs.pop().unwrap();
    // Some before, the rest and one too many in one call.
    assert_eq!(node.take_in(runs.drain(..10).collect()).faults, []);
    runs.push(last.clone());
    let faults = node.take_in(runs.clone()).faults;
    assert_eq!(
        faults,
        [(
            runs.len() - 1,
            last.feed.id(province.network),
            RunFault::TooManyFeeds
        )]
    );
    // Those that there are may grow.
    let more = feeders[0].acts(&act("B"));
    assert_eq!(node.take_in(vec![more, last]).faults.len(), 1);
}
