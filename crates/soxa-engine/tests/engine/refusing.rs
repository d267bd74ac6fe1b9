//! What nodes put into their feeds and nobody takes for good: it is counted, named, and the same for everybody.

use soxa_engine::{RefusedWhat, RunFault};
use soxa_ledger::entry::BodyKind;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::{Body, Seq};

use crate::province::{
    Feeder, NOW, Node, Official, Province, appointment, digest, forged, key, malformed_operation, node_key,
    pull, raw, register, unsigned_commit,
};

fn receiver(province: &Province, number: u8) -> Node {
    let office = Node::founded(province);
    let mut node = Node::new(province, number);
    node.store(vec![Body::Statement(province.genesis.clone())]);
    assert_eq!(pull(&mut node, &office).faults, []);
    node
}

/// A statement of a province that has the same root keys.
fn foreign(province: &Province) -> (BodyKind, Vec<u8>) {
    let fact = appointment(
        &key(3, 3),
        "unit_head",
        &[province.network.province_unit()],
        crate::province::FOREVER,
    );
    let elsewhere = soxa_ledger::NetworkId([5; 32]);
    let unsigned = soxa_ledger::statement::UnsignedStatement::new(
        elsewhere,
        soxa_ledger::statement::Issuer::Root,
        &fact,
        &[],
    );
    let signatures = province.roots[..2]
        .iter()
        .map(|root| unsigned.sign(root))
        .collect();
    (
        BodyKind::Statement,
        unsigned.assemble(signatures).unwrap().bytes().to_vec(),
    )
}

#[test]
fn a_bad_body_ends_its_feed_there_for_every_node() {
    let province = Province::new();
    let officer = &province.communes[0].officer;
    let commit = |code| Body::Commit(register(&province, officer, &[code]));
    let bad_bodies = [
        (forged(&register(&province, officer, &["X"])), RefusedWhat::Forged),
        ((BodyKind::Commit, b"no commit".to_vec()), RefusedWhat::Malformed),
        ((BodyKind::Statement, b"{}".to_vec()), RefusedWhat::Malformed),
        (foreign(&province), RefusedWhat::Forged),
    ];
    for (bad, what) in bad_bodies {
        let mut feeder = Feeder::new(province.network, node_key(2), 66);
        // One node gets all under one tip, the other in pieces, the defect first or last in its run.
        let whole = feeder.clone().run(&[
            raw(&commit("A")),
            bad.clone(),
            raw(&commit("B")),
            raw(&commit("C")),
        ]);
        let pieces = [
            feeder.run(&[raw(&commit("A"))]),
            feeder.run(std::slice::from_ref(&bad)),
            feeder.run(&[raw(&commit("B")), raw(&commit("C"))]),
        ];
        let id = feeder.feed.id(province.network);
        let mut left = receiver(&province, 1);
        let before = left.engine.counts();
        let taken = left.take_in(vec![whole.clone(), pieces[2].clone()]);
        assert_eq!(taken.faults, [(1, id, RunFault::Closed)]);
        assert_eq!(taken.entries, 2);
        assert_eq!(taken.advanced.len(), 1);
        assert_eq!(taken.advanced[0].1.seq, Seq(2));
        assert_eq!(left.engine.counts().entries, before.entries + 2);
        assert_eq!(left.engine.counts().commits, before.commits + 1);

        let mut right = receiver(&province, 1);
        for (number, piece) in pieces.iter().enumerate() {
            let faults = right.take_in(vec![piece.clone()]).faults;
            assert_eq!(faults.is_empty(), number < 2);
        }
        let expected = digest(&left);
        assert_eq!(digest(&right), expected);
        let line = left.engine.line(&id).unwrap();
        assert_eq!((line.head.seq, line.closed), (Seq(2), true));
        let [refused] = left.engine.refused().unwrap().try_into().unwrap();
        assert_eq!(
            (refused.what, refused.seq, refused.node),
            (what, Seq(2), node_key(2).node())
        );

        // It survives, and whoever learns the feed from here comes to the same.
        let (mut left, _) = left.reopen();
        assert_eq!(digest(&left), expected);
        left.engine.rebuild(&mut |_| {}).unwrap();
        assert_eq!(digest(&left), expected);
        assert_eq!(left.take_in(vec![whole, pieces[1].clone()]).faults.len(), 2);
        assert_eq!(left.engine.verify(&mut |_| {}).unwrap().faults, []);
        let mut third = receiver(&province, 1);
        for _ in 0..2 {
            let held = third.engine.line(&id).map_or(Seq(0), |line| line.head.seq);
            if let Some(run) = left.engine.run_after(&id, held, 1).unwrap() {
                third.take_in(vec![run]);
            }
        }
        assert_eq!(digest(&third), expected);
    }
}

#[test]
fn the_honest_commit_under_a_forged_signature_is_not_harmed() {
    let province = Province::new();
    let officer = &province.communes[0].officer;
    let commit = register(&province, officer, &["A1"]);
    let mut node = receiver(&province, 1);
    // The forgery has the commit's very id.
    let mut feeder = Feeder::new(province.network, node_key(2), 66);
    node.take_in(vec![feeder.run(&[forged(&commit)])]);
    assert!(
        node.engine
            .commit(&commit.commit_id(province.network))
            .unwrap()
            .is_none()
    );
    node.store(vec![Body::Commit(commit.clone())]);
    assert!(node.is_valid(&commit));
    assert_eq!(
        node.engine
            .commit(&commit.commit_id(province.network))
            .unwrap()
            .unwrap()
            .1
            .len(),
        1
    );
    assert_eq!(node.engine.refused().unwrap().len(), 1);
}

#[test]
fn acts_that_no_honest_node_lets_in_are_void_and_listed_and_the_feed_goes_on() {
    let province = Province::new();
    let commune = &province.communes[0];
    let thief = Official {
        key: key(3, 4),
        ..commune.officer.clone()
    };
    let stolen = register(&province, &thief, &["A1"]);
    let malformed = malformed_operation(&province, &commune.officer);
    // An officer for assets has no business with units.
    let mut beyond = soxa_records::compose::Composer::new();
    let mut at = soxa_records::compose::At::of(&Node::founded(&province).history(commune.unit)).unwrap();
    let open = soxa_records::unit::UnitOpen {
        date: soxa_records::Date::new(2025, 7, 1).ok(),
        basis: String::new(),
    };
    beyond.open_unit(&mut at, open);
    let beyond = unsigned_commit(&commune.officer, beyond)
        .sign(province.network, &commune.officer.key)
        .unwrap();
    let good = register(&province, &commune.officer, &["A2"]);

    let mut feeder = Feeder::new(province.network, node_key(2), 66);
    let acts = [&stolen, &malformed, &beyond, &good].map(|commit| Body::Commit(commit.clone()));
    let run = feeder.acts(&acts);
    let mut node = receiver(&province, 1);
    assert_eq!(node.take_in(vec![run]).faults, []);
    assert!(node.is_valid(&good));
    let refused = node.engine.refused().unwrap();
    let found: Vec<_> = refused
        .iter()
        .map(|refused| (refused.seq.0, refused.what))
        .collect();
    let expected = [
        (1, RefusedWhat::Unauthorised),
        (2, RefusedWhat::Malformed),
        (3, RefusedWhat::Unauthorised),
    ];
    assert_eq!(found, expected);
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 3));
    let before = digest(&node);
    let (mut node, _) = node.reopen();
    assert_eq!(digest(&node), before);
    node.engine.rebuild(&mut |_| {}).unwrap();
    assert_eq!(digest(&node), before);
    // An honest node lets none of them in.
    let mut honest = receiver(&province, 1);
    for act in &acts[..3] {
        let outcome = honest.engine.submit(vec![vec![act.clone()]], NOW).unwrap();
        assert!(matches!(outcome[0], soxa_engine::Submitted::Refused(_)));
    }
}
