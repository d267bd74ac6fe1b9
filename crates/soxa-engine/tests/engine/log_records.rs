//! What stands in the log, as `STORE.md` says: the kind of each record and the bytes in it.

use std::sync::Arc;

use soxa_ledger::Run;
use soxa_ledger::entry::BodyKind;
use soxa_store::{LogPosition, MemoryIndex, Record, RecordKind, Store, StoreOptions};

use crate::branches::Histories;
use crate::forking::{Forked, proof_of};
use crate::province::{Feeder, Node, Province, node_key, pull};

/// The records in the log of a stopped node.
fn records(node: Node) -> Vec<Record> {
    let disk = node.disk.clone();
    drop(node);
    let index = Box::new(MemoryIndex::new());
    let (store, _) = Store::from_parts(Arc::new(disk), index, StoreOptions::default()).unwrap();
    let records = store.scan(LogPosition::ZERO);
    records.map(|record| record.unwrap().1).collect()
}

#[test]
fn sound_runs_are_of_kind_1_and_hold_a_run_and_nothing_else() {
    let province = Province::new();
    let records = records(Node::founded(&province));
    assert!(!records.is_empty());
    for record in records {
        assert_eq!(record.kind, RecordKind::new(1));
        assert!(Run::decode(&record.payload).is_ok());
    }
}

#[test]
fn a_run_that_ends_its_feed_is_of_kind_2() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let body = (BodyKind::Commit, b"no commit".to_vec());
    let run = Feeder::new(province.network, node_key(1), 1).run(&[body]);
    node.take_in(vec![run.clone()]);
    let last = records(node).pop().unwrap();
    assert_eq!((last.kind, last.payload), (RecordKind::new(2), run.encode()));
}

#[test]
fn fork_proofs_are_of_kind_3_and_hold_the_bytes_that_travel() {
    let Forked { nodes, proof, .. } = Forked::new();
    let [mut node, _] = nodes;
    node.engine.keep_proof(&proof).unwrap();
    let last = records(node).pop().unwrap();
    assert_eq!(
        (last.kind, last.payload.as_slice()),
        (RecordKind::new(3), proof.bytes())
    );
}

#[test]
fn runs_of_a_branch_that_is_held_besides_are_of_kind_4() {
    let all = Histories::new();
    let [mut one, mut other] = all.nodes([Some(0), Some(1)]);
    let proof = proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]);
    let officer = &all.province.communes[0].officer;
    one.store(vec![all.cut(None, officer, all.entry(0, 4))]);
    other.engine.keep_proof(&proof).unwrap();
    pull(&mut other, &one);
    let run = all.branches[0][1].clone();
    assert!(other.engine.keep_branch(run.clone()).unwrap());
    let last = records(other).pop().unwrap();
    assert_eq!((last.kind, last.payload), (RecordKind::new(4), run.encode()));
}

#[test]
fn a_run_that_ends_such_a_branch_is_of_kind_5() {
    let all = Histories::new();
    let [mut one, mut other] = all.nodes([Some(0), Some(1)]);
    let proof = proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]);
    let officer = &all.province.communes[0].officer;
    let run = all.ending.clone();
    let named = run.entries[0].header.position(run.feed.node);
    one.store(vec![all.cut(None, officer, named)]);
    other.engine.keep_proof(&proof).unwrap();
    pull(&mut other, &one);
    assert!(other.engine.keep_branch(run.clone()).unwrap());
    let last = records(other).pop().unwrap();
    assert_eq!((last.kind, last.payload), (RecordKind::new(5), run.encode()));
}
