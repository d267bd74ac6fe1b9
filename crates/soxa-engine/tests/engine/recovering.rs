//! An index that is lost, old, ahead, or wrong costs time and nothing else; one that fails stops the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use soxa_engine::{Engine, EngineError};
use soxa_ledger::Body;
use soxa_store::{Batch, Entry, Index, Keyspace, LogPosition, MemoryIndex, Store, StoreError, StoreOptions};

use crate::province::{Feeder, NOW, Node, Province, digest, node_key, register};
use crate::storing::eventful;

/// Every row of an index.
fn rows(index: &MemoryIndex) -> Vec<(u8, Entry)> {
    let of = |number: u8| {
        let found = index.scan(Keyspace::new(number), &[], None, usize::MAX).unwrap();
        found.into_iter().map(move |row| (number, row))
    };
    (1..=u8::MAX).flat_map(of).collect()
}

/// The index as it would be had it been copied now.
fn copy(index: &MemoryIndex) -> MemoryIndex {
    let copied = MemoryIndex::new();
    let mut batch = Batch::new();
    for (number, (key, value)) in rows(index) {
        batch.put(Keyspace::new(number), &key, value);
    }
    copied.apply(batch, index.position().unwrap().unwrap()).unwrap();
    copied
}

/// From the index as it is and as it was to the one that is found.
type Spoil = fn(&MemoryIndex, MemoryIndex) -> MemoryIndex;

fn later(province: &Province, node: &mut Node) {
    for code in ["B1", "B2", "B3"] {
        node.store(vec![Body::Commit(register(
            province,
            &province.communes[1].officer,
            &[code],
        ))]);
    }
}

#[test]
fn rebuilding_gives_every_row_again() {
    let province = Province::new();
    let mut node = eventful(&province);
    let (before, rows_before) = (digest(&node), rows(&node.index));
    let mut told = 0;
    let replayed = node.engine.rebuild(&mut |runs| told = runs).unwrap();
    assert_eq!(replayed, told);
    assert_eq!(digest(&node), before);
    assert_eq!(rows(&node.index), rows_before);
    later(&province, &mut node);
    let (node, _) = node.reopen();
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn an_index_that_is_lost_or_old_or_ahead_is_made_good() {
    let province = Province::new();
    let lost = |_: &MemoryIndex, _: MemoryIndex| MemoryIndex::new();
    let old = |_: &MemoryIndex, old: MemoryIndex| old;
    let ahead = |now: &MemoryIndex, _: MemoryIndex| {
        let ahead = copy(now);
        ahead
            .apply(
                Batch::new(),
                LogPosition {
                    segment: 9,
                    offset: 99,
                },
            )
            .unwrap();
        ahead
    };
    // It says that it has read all, and the newest batches are not in it.
    let hollow = |now: &MemoryIndex, old: MemoryIndex| {
        old.apply(Batch::new(), now.position().unwrap().unwrap()).unwrap();
        old
    };
    let cases: [(&str, Spoil); 4] = [("lost", lost), ("old", old), ("ahead", ahead), ("hollow", hollow)];
    for (name, spoil) in cases {
        let node = eventful(&province);
        let (mut node, _) = node.reopen();
        node.engine.rebuild(&mut |_| {}).unwrap();
        let old = copy(&node.index);
        later(&province, &mut node);
        let (before, rows_before) = (digest(&node), rows(&node.index));
        let index = spoil(&node.index, old);
        let (node, opened) = node.reopen_with(index);
        assert!(opened.replayed > 0, "{name}");
        assert_eq!(digest(&node), before, "{name}");
        assert_eq!(rows(&node.index), rows_before, "{name}");
    }
}

#[test]
fn a_damaged_row_that_is_needed_at_the_start_costs_a_rebuild() {
    let province = Province::new();
    for keyspace in [1, 2, 11, 14] {
        let node = eventful(&province);
        let (before, rows_before) = (digest(&node), rows(&node.index));
        let (key, _) = node
            .index
            .scan(Keyspace::new(keyspace), &[], None, 1)
            .unwrap()
            .remove(0);
        let mut batch = Batch::new();
        batch.put(Keyspace::new(keyspace), &key, "no row");
        node.index
            .apply(batch, node.index.position().unwrap().unwrap())
            .unwrap();
        let (node, opened) = node.reopen();
        assert!(opened.replayed > 0);
        assert_eq!(digest(&node), before);
        assert_eq!(rows(&node.index), rows_before);
    }
}

/// An index that refuses batches when told to, or loses them and says nothing.
#[derive(Clone, Default)]
struct Failing {
    index: MemoryIndex,
    fails: Arc<AtomicBool>,
    loses: Arc<AtomicBool>,
}

impl Index for Failing {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.index.get(keyspace, key)
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        self.index.contains(keyspace, key)
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.index.scan(keyspace, prefix, after, limit)
    }

    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(StoreError::Index {
                op: "apply a batch",
                why: "told so".to_owned(),
            });
        }
        let lost = self.loses.load(Ordering::Relaxed);
        self.index
            .apply(if lost { Batch::new() } else { batch }, position)
    }

    fn position(&self) -> Result<Option<LogPosition>, StoreError> {
        self.index.position()
    }

    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError> {
        self.index.make_durable()
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.index.clear()
    }
}

#[test]
fn when_the_index_fails_nothing_more_is_appended_until_the_store_is_opened_again() {
    let province = Province::new();
    let node = Node::new(&province, 0);
    let index = Failing::default();
    let open = || {
        let options = StoreOptions::default();
        let disk = Arc::new(node.disk.clone());
        let (store, opening) = Store::from_parts(disk, Box::new(index.clone()), options).unwrap();
        Engine::start(
            store,
            opening,
            province.network,
            node.identity.clone(),
            &mut |_| {},
        )
        .unwrap()
    };
    let (mut engine, _) = open();
    engine.submit(vec![province.founding()], NOW).unwrap();
    let acts: Vec<_> = ["C1", "C2"]
        .map(|code| {
            vec![Body::Commit(register(
                &province,
                &province.communes[0].officer,
                &[code],
            ))]
        })
        .into();
    index.fails.store(true, Ordering::Relaxed);
    assert!(matches!(
        engine.submit(acts[..1].to_vec(), NOW),
        Err(EngineError::Unfinished(_))
    ));
    index.fails.store(false, Ordering::Relaxed);
    // The log is one entry further than the engine knows: appending now would fork this node's own feed.
    assert!(matches!(
        engine.submit(acts[1..].to_vec(), NOW),
        Err(EngineError::Stopped)
    ));
    assert!(matches!(engine.take_in(Vec::new()), Err(EngineError::Stopped)));
    drop(engine);
    let (mut engine, _) = open();
    assert_eq!(engine.counts().commits, 2);
    engine.submit(acts[1..].to_vec(), NOW).unwrap();
    assert_eq!(engine.counts().commits, 3);
    assert_eq!(engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn an_index_that_lost_a_batch_in_the_middle_is_found_out_and_rebuilt() {
    let province = Province::new();
    let node = Node::new(&province, 0);
    let index = Failing::default();
    let open = || {
        let options = StoreOptions::default();
        let disk = Arc::new(node.disk.clone());
        let (store, opening) = Store::from_parts(disk, Box::new(index.clone()), options).unwrap();
        Engine::start(
            store,
            opening,
            province.network,
            node.identity.clone(),
            &mut |_| {},
        )
        .unwrap()
    };
    let (mut engine, _) = open();
    engine.submit(vec![province.founding()], NOW).unwrap();
    // Makes the index durable up to here.
    engine.rebuild(&mut |_| {}).unwrap();
    let one = &province.communes[0].officer;
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    let run = feeder.acts(&[Body::Commit(register(&province, one, &["A1"]))]);
    index.loses.store(true, Ordering::Relaxed);
    engine.take_in(vec![run]).unwrap();
    index.loses.store(false, Ordering::Relaxed);
    let act = Body::Commit(register(&province, one, &["A2"]));
    engine.submit(vec![vec![act]], NOW).unwrap();
    drop(engine);
    let (engine, opened) = open();
    // The founding, the lost run and the one after it: all of the log, not only what was lost.
    assert_eq!(opened.replayed, 3);
    assert_eq!(engine.counts().commits, 3);
    assert_eq!(engine.record_count().unwrap(), 1 + 2 + 2);
    assert_eq!(engine.verify(&mut |_| {}).unwrap().faults, []);
}
