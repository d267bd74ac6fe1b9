//! What is stored stays, whatever happens to the machine.

use soxa_engine::Engine;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::{Body, Scope};
use soxa_store::{Store, StoreError, StoreOptions};

use crate::province::{NOW, Node, Province, digest, hand_over, pull, register, runs_of};

/// A node on which something of everything has happened.
pub fn eventful(province: &Province) -> Node {
    let mut node = Node::founded(province);
    let [giver, receiver] = [&province.communes[0], &province.communes[1]];
    let registered = register(province, &giver.officer, &["A1", "A2", "A3"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let first = node.record(&registered, 0);
    hand_over(province, &mut node, first, &giver.officer, &receiver.officer);
    assert_eq!(node.custody(first).custodian, Some(receiver.unit));
    node
}

#[test]
fn what_was_stored_survives_a_power_cut() {
    let province = Province::new();
    for seed in 0_u64..30 {
        let node = eventful(&province);
        let before = digest(&node);
        let mut state = seed;
        let mut choose = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        node.disk.crash(&mut choose);
        node.index.crash(&mut choose);
        let (node, _) = node.reopen();
        assert_eq!(digest(&node), before, "seed {seed}");
        assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    }
}

#[test]
fn a_real_folder_comes_to_the_same() {
    let province = Province::new();
    let twin = eventful(&province);
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let identity = crate::province::Node::new(&province, 5).identity;
    let open = || {
        let options = StoreOptions::default();
        Engine::open(
            folder.path(),
            options,
            province.network,
            identity.clone(),
            &mut |_| {},
        )
        .unwrap()
    };
    let everybody = Scope::all_nodes();
    let root = twin.engine.state_root(&everybody).unwrap();

    let (mut engine, _) = open();
    let genesis = Body::Statement(province.genesis.clone());
    engine.submit(vec![vec![genesis]], NOW).unwrap();
    let taken = engine.take_in(runs_of(&twin, 4 << 20)).unwrap();
    assert_eq!(taken.faults, []);
    assert_eq!(engine.state_root(&everybody).unwrap(), root);
    let (counts, lines) = (engine.counts(), engine.lines());

    // The process dies: no orderly close.
    drop(engine);
    let (engine, _) = open();
    assert_eq!((engine.counts(), engine.lines()), (counts, lines.clone()));
    assert_eq!(engine.state_root(&everybody).unwrap(), root);

    engine.close().unwrap();
    let (mut engine, opened) = open();
    assert_eq!(opened.replayed, 0);
    assert_eq!(engine.verify(&mut |_| {}).unwrap().faults, []);
    assert!(engine.rebuild(&mut |_| {}).unwrap() > 0);
    assert_eq!((engine.counts(), engine.lines()), (counts, lines));
    assert_eq!(engine.state_root(&everybody).unwrap(), root);
}

#[test]
fn a_full_disk_refuses_and_changes_nothing() {
    let province = Province::new();
    let mut node = eventful(&province);
    let before = digest(&node);
    let more = register(&province, &province.communes[0].officer, &["A4"]);
    let other = Node::founded(&province);
    let mut fresh = Node::new(&province, 1);
    fresh.store(vec![Body::Statement(province.genesis.clone())]);
    let fresh_before = digest(&fresh);
    for room in [0, 1, 100, 400] {
        node.disk.fail_writes_after(room);
        let refused = node.engine.submit(vec![vec![Body::Commit(more.clone())]], NOW);
        assert!(matches!(
            refused,
            Err(soxa_engine::EngineError::Store(StoreError::Full { .. }))
        ));
        assert_eq!(digest(&node), before, "{room} bytes of room");
        node.disk.allow_writes();

        fresh.disk.fail_writes_after(room);
        let refused = fresh.engine.take_in(runs_of(&other, 4 << 20));
        assert!(matches!(
            refused,
            Err(soxa_engine::EngineError::Store(StoreError::Full { .. }))
        ));
        assert_eq!(digest(&fresh), fresh_before, "{room} bytes of room");
        fresh.disk.allow_writes();
    }
    node.store(vec![Body::Commit(more.clone())]);
    assert!(node.is_valid(&more));
    assert_eq!(pull(&mut fresh, &node).faults, []);
    assert!(fresh.is_valid(&more));
    let after = digest(&node);
    let (node, _) = node.reopen();
    assert_eq!(digest(&node), after);
}
