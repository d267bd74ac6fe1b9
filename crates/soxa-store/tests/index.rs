//! Every index behaves as the trait says: the same tests on sled, in memory and buffered, and all against each other.

use proptest::prelude::*;
use soxa_store::limits::{ATOMIC_CHANGES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX};
use soxa_store::{Batch, BufferedIndex, Index, Keyspace, LogPosition, MemoryIndex, SledIndex, StoreError};

const KS: Keyspace = Keyspace::new(1);
const OTHER: Keyspace = Keyspace::new(2);
const LAST: Keyspace = Keyspace::new(255);

/// Enough for sled, little enough that its pages leave the cache.
const CACHE_BYTES: u64 = 1 << 20;

fn at(offset: u64) -> LogPosition {
    LogPosition { segment: 1, offset }
}

fn put(index: &dyn Index, keyspace: Keyspace, keys: &[&[u8]]) {
    let mut batch = Batch::new();
    for key in keys {
        batch.put(keyspace, key, [b"value of ", *key].concat());
    }
    index.apply(batch, at(16)).unwrap();
}

/// The keys a scan returns, having checked their values.
#[track_caller]
fn keys(
    index: &dyn Index,
    keyspace: Keyspace,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Vec<Vec<u8>> {
    let entries = index.scan(keyspace, prefix, after, limit).unwrap();
    for (key, value) in &entries {
        assert_eq!(*value, [b"value of ", key.as_slice()].concat());
    }
    entries.into_iter().map(|(key, _)| key).collect()
}

/// What every index must do; `index` is empty.
fn conforms(index: &dyn Index) {
    gives_back_what_was_put(index);
    index.clear().unwrap();
    keeps_keyspaces_apart(index);
    index.clear().unwrap();
    scans_in_order(index);
    index.clear().unwrap();
    carries_its_position(index);
    index.clear().unwrap();
    refuses_what_is_too_large(index);
    index.clear().unwrap();
    holds_large_values(index);
}

fn gives_back_what_was_put(index: &dyn Index) {
    assert_eq!(index.get(KS, b"k").unwrap(), None);
    assert!(!index.contains(KS, b"k").unwrap());
    let mut batch = Batch::new();
    batch.put(KS, b"k", "one");
    batch.put(KS, b"", "of the empty key");
    batch.put(KS, b"empty", "");
    assert_eq!(batch.len(), 3);
    index.apply(batch, at(16)).unwrap();
    assert_eq!(index.get(KS, b"k").unwrap().unwrap(), b"one");
    assert_eq!(index.get(KS, b"").unwrap().unwrap(), b"of the empty key");
    assert_eq!(index.get(KS, b"empty").unwrap().unwrap(), b"");
    assert!(index.contains(KS, b"empty").unwrap());

    // Of several changes to a key the last counts, in both orders.
    let mut batch = Batch::new();
    batch.put(KS, b"k", "two");
    batch.remove(KS, b"k");
    batch.remove(KS, b"empty");
    batch.put(KS, b"empty", "again");
    batch.remove(KS, b"never there");
    index.apply(batch, at(17)).unwrap();
    assert_eq!(index.get(KS, b"k").unwrap(), None);
    assert!(!index.contains(KS, b"k").unwrap());
    assert_eq!(index.get(KS, b"empty").unwrap().unwrap(), b"again");
}

fn keeps_keyspaces_apart(index: &dyn Index) {
    put(index, KS, &[b"a", b"shared"]);
    put(index, OTHER, &[b"b", b"shared"]);
    put(index, LAST, &[&[0xff], &[0xff, 0xff]]);
    assert_eq!(keys(index, KS, b"", None, 10), [b"a".as_slice(), b"shared"]);
    assert_eq!(keys(index, OTHER, b"", None, 10), [b"b".as_slice(), b"shared"]);
    assert_eq!(keys(index, LAST, b"", None, 10), [vec![0xff], vec![0xff, 0xff]]);
    assert_eq!(keys(index, KS, b"", Some(b"shared"), 10), Vec::<Vec<u8>>::new());
    let mut batch = Batch::new();
    batch.remove(KS, b"shared");
    index.apply(batch, at(16)).unwrap();
    assert!(index.contains(OTHER, b"shared").unwrap());
    assert_eq!(index.get(OTHER, b"a").unwrap(), None);
}

fn scans_in_order(index: &dyn Index) {
    put(
        index,
        KS,
        &[b"b2", b"a", b"b", b"b10", b"c", &[b'b', 0xff], &[b'b', 0]],
    );
    let b: &[&[u8]] = &[b"b", &[b'b', 0], b"b10", b"b2", &[b'b', 0xff]];
    assert_eq!(keys(index, KS, b"b", None, 10), b);
    assert_eq!(keys(index, KS, b"b", None, 0), Vec::<Vec<u8>>::new());
    assert_eq!(keys(index, KS, b"b", None, 2), b[..2]);
    assert_eq!(keys(index, KS, b"b", Some(b"b"), 2), b[1..3]);
    // A key that is not there, one before the prefix and one behind it.
    assert_eq!(keys(index, KS, b"b", Some(b"b1"), 10), b[2..]);
    assert_eq!(keys(index, KS, b"b", Some(b"a"), 10), b);
    assert_eq!(keys(index, KS, b"b", Some(b"c"), 10), Vec::<Vec<u8>>::new());
    assert_eq!(keys(index, KS, b"none", None, 10), Vec::<Vec<u8>>::new());
    // Page by page all are seen once.
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = keys(index, KS, b"", after.as_deref(), 3);
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page);
    }
    assert_eq!(seen, keys(index, KS, b"", None, 100));
    assert_eq!(seen.len(), 7);
}

fn carries_its_position(index: &dyn Index) {
    assert_eq!(index.position().unwrap(), None);
    assert_eq!(index.make_durable().unwrap(), None);
    index.apply(Batch::new(), at(30)).unwrap();
    assert_eq!(index.position().unwrap(), Some(at(30)));
    put(index, KS, &[b"k"]);
    assert_eq!(index.position().unwrap(), Some(at(16)));
    assert_eq!(index.make_durable().unwrap(), Some(at(16)));
    // The position is in no caller's keyspace.
    assert_eq!(keys(index, KS, b"", None, 10), [b"k"]);
    index.clear().unwrap();
    assert_eq!(index.position().unwrap(), None);
    assert!(!index.contains(KS, b"k").unwrap());
}

fn refuses_what_is_too_large(index: &dyn Index) {
    for (key, value) in [
        (vec![0; KEY_BYTES_MAX + 1], vec![]),
        (vec![0], vec![0; VALUE_BYTES_MAX + 1]),
    ] {
        let mut batch = Batch::new();
        batch.put(KS, b"with it", "");
        batch.put(KS, &key, value);
        assert!(matches!(
            index.apply(batch, at(16)),
            Err(StoreError::TooLarge { .. })
        ));
        assert!(!index.contains(KS, b"with it").unwrap());
        assert_eq!(index.position().unwrap(), None);
    }
    let mut batch = Batch::new();
    batch.put(KS, &[7; KEY_BYTES_MAX], "longest");
    index.apply(batch, at(16)).unwrap();
    assert_eq!(index.get(KS, &[7; KEY_BYTES_MAX]).unwrap().unwrap(), b"longest");
}

fn holds_large_values(index: &dyn Index) {
    // Beyond what sled keeps in its log: these go to files of their own.
    for round in 1..4u8 {
        let mut batch = Batch::new();
        for key in 0..3u8 {
            batch.put(KS, &[key], vec![key ^ round; 900_000]);
        }
        index.apply(batch, at(round.into())).unwrap();
        index.make_durable().unwrap();
        for key in 0..3u8 {
            assert_eq!(
                index.get(KS, &[key]).unwrap().unwrap(),
                vec![key ^ round; 900_000]
            );
        }
    }
}

#[test]
fn the_index_in_memory_conforms() {
    conforms(&MemoryIndex::new());
}

#[test]
fn the_index_on_disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let (index, unusable) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    assert_eq!(unusable, None);
    conforms(&index);
}

#[test]
fn the_index_on_disk_is_there_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let value = |n: u32| n.to_be_bytes().repeat(20 + n as usize % 300);
    let mut expected = Vec::new();
    for round in 0..3u32 {
        let (index, unusable) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
        assert_eq!(unusable, None);
        assert_eq!(index.scan(KS, b"", None, usize::MAX).unwrap(), expected);
        for n in 0..20 {
            let mut batch = Batch::new();
            for n in (0..50).map(|k| round * 1_000 + n * 50 + k) {
                batch.put(KS, &n.to_be_bytes(), value(n));
                expected.push((n.to_be_bytes().to_vec(), value(n)));
            }
            index.apply(batch, at(u64::from(round * 100 + n))).unwrap();
        }
        // The last round ends without, as a killed process does.
        if round < 2 {
            assert_eq!(
                index.make_durable().unwrap(),
                Some(at(u64::from(round * 100 + 19)))
            );
        }
    }
    let (index, _) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    assert_eq!(index.position().unwrap(), Some(at(219)));
    assert_eq!(index.scan(KS, b"", None, usize::MAX).unwrap(), expected);
}

#[test]
fn an_index_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_index, _) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    assert!(matches!(
        SledIndex::open(folder.path(), CACHE_BYTES),
        Err(StoreError::InUse { .. })
    ));
}

#[test]
fn damage_met_in_use_stops_the_index_until_it_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    // More than the cache holds, so that pages must be read again.
    for n in 0..400u32 {
        let mut batch = Batch::new();
        for k in 0..20u32 {
            batch.put(KS, &(n * 20 + k).to_be_bytes(), n.to_be_bytes().repeat(250));
        }
        index.apply(batch, at(16)).unwrap();
    }
    index.make_durable().unwrap();
    let db = folder.path().join("00000001/db");
    let file = std::fs::OpenOptions::new().write(true).open(&db).unwrap();
    let len = file.metadata().unwrap().len();
    std::io::Write::write_all(&mut &file, &vec![0xa5; len as usize]).unwrap();

    let unusable = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Index { .. }));
    assert!(unusable(index.scan(KS, b"", None, usize::MAX).map(drop)));
    assert!(unusable(index.get(KS, b"").map(drop)));
    assert!(unusable(index.apply(Batch::new(), at(17))));
    assert!(unusable(index.make_durable().map(drop)));
    drop(index);
    // It is remembered, however good the files may look to sled at the next start.
    let (index, put_aside) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    assert!(put_aside.is_some());
    conforms(&index);
    drop(index);
    assert_eq!(SledIndex::open(folder.path(), CACHE_BYTES).unwrap().1, None);
}

#[derive(Clone, Debug)]
enum Change {
    Put(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
}

/// Short keys over few letters, so that they meet, follow and prefix each other.
fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xfe), Just(0xff)], 0..4)
}

fn change() -> impl Strategy<Value = (bool, Change)> {
    let put = (key(), proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(k, v)| Change::Put(k, v));
    (
        any::<bool>(),
        prop_oneof![3 => put, 1 => key().prop_map(Change::Remove)],
    )
}

/// More changes than sled makes in one step.
#[test]
fn a_large_batch_is_applied_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (sled, _) = SledIndex::open(folder.path(), CACHE_BYTES).unwrap();
    let memory = MemoryIndex::new();
    let count = u32::try_from(ATOMIC_CHANGES_MAX).unwrap() + 1;
    for round in 1..=2_u64 {
        let mut batch = Batch::new();
        for n in 0..count {
            // Scattered, and every third is gone after the second round.
            let key = n.wrapping_mul(0x9e37_79b9).to_be_bytes();
            batch.put(KS, &key, [round.to_be_bytes().as_slice(), &key].concat());
            if round == 2 && n % 3 == 0 {
                batch.remove(KS, &key);
            }
        }
        assert!(batch.len() > ATOMIC_CHANGES_MAX);
        memory.apply(batch.clone(), at(round)).unwrap();
        sled.apply(batch, at(round)).unwrap();
        assert_eq!(sled.position().unwrap(), Some(at(round)));
        let all = memory.scan(KS, b"", None, usize::MAX).unwrap();
        assert_eq!(sled.scan(KS, b"", None, usize::MAX).unwrap(), all);
    }
}

#[test]
fn a_buffered_index_conforms() {
    for bytes in [0, 1_000, 1 << 30] {
        conforms(&BufferedIndex::new(MemoryIndex::new(), bytes));
    }
}

#[test]
fn what_is_gathered_is_written_when_it_is_too_much_or_made_durable() {
    let inner = MemoryIndex::new();
    let buffered = BufferedIndex::new(inner.clone(), 10_000);
    put(&buffered, KS, &[b"a"]);
    assert_eq!(
        (inner.position().unwrap(), inner.contains(KS, b"a").unwrap()),
        (None, false)
    );
    assert_eq!(buffered.position().unwrap(), Some(at(16)));
    assert_eq!(buffered.make_durable().unwrap(), Some(at(16)));
    assert!(inner.contains(KS, b"a").unwrap());
    let mut written = 0;
    for n in 0..2_000_u32 {
        // One row that is rewritten weighs once.
        put(&buffered, KS, &[b"b"]);
        assert!(!inner.contains(KS, b"b").unwrap());
        written = n;
    }
    assert_eq!(written, 1_999);
    for n in 0..200_u32 {
        put(&buffered, KS, &[&n.to_be_bytes()]);
    }
    assert!(inner.contains(KS, b"b").unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn all_indexes_agree(
        batches in proptest::collection::vec(proptest::collection::vec(change(), 0..30), 1..8),
        scans in proptest::collection::vec((key(), proptest::option::of(key()), 0usize..20), 20),
        reopen_after in 0usize..8,
        buffer_bytes in 0usize..4_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let memory = MemoryIndex::new();
        let buffered = BufferedIndex::new(MemoryIndex::new(), buffer_bytes);
        let mut sled = SledIndex::open(folder.path(), CACHE_BYTES).unwrap().0;
        for (n, changes) in batches.into_iter().enumerate() {
            let mut batch = Batch::new();
            for (first, change) in changes {
                let keyspace = if first { KS } else { LAST };
                match change {
                    Change::Put(key, value) => batch.put(keyspace, &key, value),
                    Change::Remove(key) => batch.remove(keyspace, &key),
                }
            }
            memory.apply(batch.clone(), at(n as u64)).unwrap();
            buffered.apply(batch.clone(), at(n as u64)).unwrap();
            sled.apply(batch, at(n as u64)).unwrap();
            if n == reopen_after {
                drop(sled);
                sled = SledIndex::open(folder.path(), CACHE_BYTES).unwrap().0;
            }
        }
        prop_assert_eq!(sled.position().unwrap(), memory.position().unwrap());
        prop_assert_eq!(buffered.position().unwrap(), memory.position().unwrap());
        for keyspace in [KS, LAST] {
            let all = memory.scan(keyspace, b"", None, usize::MAX).unwrap();
            prop_assert_eq!(&sled.scan(keyspace, b"", None, usize::MAX).unwrap(), &all);
            for (prefix, after, limit) in &scans {
                let found = memory.scan(keyspace, prefix, after.as_deref(), *limit).unwrap();
                // What a scan means, said the slow way.
                let expected: Vec<_> = all
                    .iter()
                    .filter(|(key, _)| key.starts_with(prefix) && after.as_ref().is_none_or(|after| key > after))
                    .take(*limit)
                    .cloned()
                    .collect();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(&sled.scan(keyspace, prefix, after.as_deref(), *limit).unwrap(), &expected);
                prop_assert_eq!(&buffered.scan(keyspace, prefix, after.as_deref(), *limit).unwrap(), &expected);
                prop_assert_eq!(buffered.get(keyspace, prefix).unwrap(), memory.get(keyspace, prefix).unwrap());
                prop_assert_eq!(
                    buffered.contains(keyspace, prefix).unwrap(),
                    memory.contains(keyspace, prefix).unwrap()
                );
                prop_assert_eq!(sled.get(keyspace, prefix).unwrap(), memory.get(keyspace, prefix).unwrap());
                prop_assert_eq!(
                    sled.contains(keyspace, prefix).unwrap(),
                    all.iter().any(|(key, _)| key == prefix)
                );
            }
        }
    }
}
