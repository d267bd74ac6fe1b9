//! Verifying a whole store: nothing to say of a sound one, and each kind of damage named.

use std::sync::Arc;

use soxa_engine::verify::Fault;
use soxa_engine::{Engine, RefusedWhat};
use soxa_ledger::{Body, Head, Run, Scope};
use soxa_store::{Batch, Keyspace, MemoryIndex, RecordKind, Store, StoreOptions};

use crate::province::{Feeder, Node, Province, forged, node_key, raw, register};
use crate::storing::eventful;

#[test]
fn a_sound_store_has_no_faults() {
    let province = Province::new();
    let mut node = eventful(&province);
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let commit = register(&province, &province.communes[0].officer, &["X"]);
    node.take_in(vec![
        feeder.run(&[forged(&commit), raw(&Body::Commit(commit.clone()))]),
    ]);
    let mut told = 0;
    let found = node.engine.verify(&mut |runs| told = runs).unwrap();
    assert_eq!(found.faults, []);
    assert_eq!((found.runs, found.counts), (told, node.engine.counts()));
    assert_eq!(found.entries, node.engine.counts().entries);
    assert_eq!(found.records, node.engine.record_count().unwrap());
    assert_eq!(
        found.state_root,
        node.engine.state_root(&Scope::all_nodes()).unwrap()
    );
    // Tips; genesis by two, appointments by two and by one, admissions; commits; minutes of offer and acceptance.
    assert_eq!(
        found.signatures,
        found.runs + 2 + 2 * 2 + 2 + 4 + 1 + 1 + 3 + 1 + 2
    );
    assert_eq!(node.engine.refused().unwrap()[0].what, RefusedWhat::Forged);
}

#[test]
fn every_tampered_row_is_named() {
    let province = Province::new();
    let named = [
        (1, "feeds"),
        (2, "runs"),
        (3, "runs by feed"),
        (4, "statements"),
        (5, "commits by appointment"),
        (6, "commits by key"),
        (7, "signatures of minutes"),
        (8, "citations"),
        (9, "records"),
        (10, "records by kind"),
        (11, "operations by id"),
        (14, "counts"),
    ];
    let node = eventful(&province);
    let position = soxa_store::Index::position(&node.index).unwrap().unwrap();
    for (number, table) in named {
        let keyspace = Keyspace::new(number);
        let rows = scan(&node.index, keyspace);
        let (key, value) = rows.last().unwrap().clone();
        let mut other = value.clone();
        other.push(0);
        for tampered in [None, Some(other)] {
            let mut batch = Batch::new();
            match &tampered {
                Some(value) => batch.put(keyspace, &key, value.clone()),
                None => batch.remove(keyspace, &key),
            }
            apply(&node.index, batch, position);
            let found = node.engine.verify(&mut |_| {}).unwrap();
            assert_eq!(found.faults, [Fault::Index { table, rows: 1 }]);
        }
        let mut batch = Batch::new();
        batch.put(keyspace, &key, value);
        // A row too many, in the keyspaces that may be empty as well.
        for empty in [12, 13] {
            batch.put(Keyspace::new(empty), b"too many", "");
        }
        apply(&node.index, batch, position);
        assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults.len(), 2);
        let mut batch = Batch::new();
        for empty in [12, 13] {
            batch.remove(Keyspace::new(empty), b"too many");
        }
        apply(&node.index, batch, position);
    }
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

/// Writes a record into the log as the engine would, and starts on it.
fn smuggle(node: Node, kind: u8, payload: &[u8]) -> Engine {
    drop(node.engine);
    let open = || {
        let disk = Arc::new(node.disk.clone());
        Store::from_parts(disk, Box::new(MemoryIndex::new()), StoreOptions::default()).unwrap()
    };
    let (store, _) = open();
    store
        .append_and_sync(&[(RecordKind::new(kind), payload)])
        .unwrap();
    drop(store);
    let (store, opening) = open();
    Engine::start(store, opening, node.network, node.identity.clone(), &mut |_| {})
        .unwrap()
        .0
}

#[track_caller]
fn check_smuggled(kind: u8, run: &Run, what: &str) {
    let province = Province::new();
    let engine = smuggle(eventful(&province), kind, &run.encode());
    let found = engine.verify(&mut |_| {}).unwrap();
    let told = |fault: &Fault| matches!(fault, Fault::Log { what: found, .. } if found.contains(what));
    assert!(found.faults.iter().any(told), "{:?}", found.faults);
    // And the index that was made from it is not what the sound part of the log gives.
    assert!(
        found
            .faults
            .iter()
            .any(|fault| matches!(fault, Fault::Index { .. })),
        "{:?}",
        found.faults
    );
}

#[test]
fn a_log_that_was_tampered_with_and_has_good_checksums_is_named() {
    let province = Province::new();
    let commit = register(&province, &province.communes[0].officer, &["X"]);
    let feeder = || Feeder::new(province.network, node_key(2), 1);
    // A forged commit passed off as checked.
    check_smuggled(1, &feeder().run(&[forged(&commit)]), "forged commit");
    // A sound run passed off as a feed's end.
    check_smuggled(
        2,
        &feeder().run(&[raw(&Body::Commit(commit.clone()))]),
        "is sound",
    );
    // A tip that the node did not sign.
    let mut unsigned = feeder().run(&[raw(&Body::Commit(commit.clone()))]);
    unsigned.tip = Feeder::new(province.network, node_key(3), 1)
        .run(&[raw(&Body::Commit(commit.clone()))])
        .tip;
    check_smuggled(1, &unsigned, "tip signature");
}

#[test]
fn a_log_that_does_not_continue_a_feed_is_not_opened() {
    let province = Province::new();
    let commit = register(&province, &province.communes[0].officer, &["X"]);
    let node = eventful(&province);
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let id = feeder.feed.id(province.network);
    feeder.head = Head {
        seq: soxa_ledger::Seq(4),
        ..Head::empty(id)
    };
    feeder.head.hash.0[0] ^= 1;
    let run = feeder.run(&[raw(&Body::Commit(commit))]);
    drop(node.engine);
    let options = StoreOptions::default();
    let disk = Arc::new(node.disk.clone());
    let (store, _) = Store::from_parts(disk.clone(), Box::new(MemoryIndex::new()), options).unwrap();
    store
        .append_and_sync(&[(RecordKind::new(1), &run.encode())])
        .unwrap();
    store.append_and_sync(&[(RecordKind::new(1), b"no run")]).unwrap();
    drop(store);
    let (store, opening) = Store::from_parts(disk, Box::new(MemoryIndex::new()), options).unwrap();
    let refused = Engine::start(store, opening, province.network, node.identity, &mut |_| {});
    assert!(matches!(refused, Err(soxa_engine::EngineError::Chain { feed, .. }) if feed == id));
}

fn scan(index: &MemoryIndex, keyspace: Keyspace) -> Vec<soxa_store::Entry> {
    soxa_store::Index::scan(index, keyspace, &[], None, usize::MAX).unwrap()
}

fn apply(index: &MemoryIndex, batch: Batch, position: soxa_store::LogPosition) {
    soxa_store::Index::apply(index, batch, position).unwrap();
}
