//! The store as a whole on a real folder: creation, the lock, formats, and what each kind of stop asks of the next start.

mod distrust;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use soxa_store::{
    Batch, Disk, IndexState, Keyspace, LogPosition, MemoryDisk, MemoryIndex, Opening, RecordKind, Store,
    StoreError, StoreOptions,
};

const ENTRY: RecordKind = RecordKind::new(1);
const KS: Keyspace = Keyspace::new(1);

fn options() -> StoreOptions {
    StoreOptions {
        segment_bytes: 200,
        index_cache_bytes: 1 << 20,
        // Each batch is written at once, as when much is taken in.
        index_buffer_bytes: 0,
    }
}

fn open(folder: &Path) -> (Store, Opening) {
    Store::open(folder, options()).unwrap()
}

/// The index of the tests: each payload with its location.
fn take_in(store: &Store, from: LogPosition) -> usize {
    let mut records = 0;
    for item in store.scan(from) {
        let (location, record) = item.unwrap();
        let mut batch = Batch::new();
        batch.put(KS, &record.payload, location.to_bytes());
        store.index().apply(batch, location.end()).unwrap();
        records += 1;
    }
    records
}

/// Appends this many records and takes them into the index. Payloads are numbered through.
fn append(store: &Store, count: usize) {
    for _ in 0..count {
        let from = store.end();
        let number = store.scan(LogPosition::ZERO).count();
        store
            .append_and_sync(&[(ENTRY, format!("record {number:04}").as_bytes())])
            .unwrap();
        assert_eq!(take_in(store, from), 1);
    }
}

/// Checks that log and index hold exactly the first `count` records.
#[track_caller]
fn check_whole(store: &Store, count: usize) {
    let log: Vec<_> = store.scan(LogPosition::ZERO).map(Result::unwrap).collect();
    let payloads: Vec<_> = log.iter().map(|(_, record)| record.payload.clone()).collect();
    let expected: Vec<_> = (0..count)
        .map(|number| format!("record {number:04}").into_bytes())
        .collect();
    assert_eq!(payloads, expected);
    let index = store.index().scan(KS, b"", None, usize::MAX).unwrap();
    let expected: Vec<_> = log
        .into_iter()
        .map(|(location, record)| (record.payload, location.to_bytes().to_vec()))
        .collect();
    assert_eq!(index, expected);
    assert_eq!(store.index().position().unwrap().unwrap_or_default(), store.end());
}

/// A store of ten records: seven before a checkpoint, three after it, and no orderly stop.
fn left_unclean() -> (tempfile::TempDir, LogPosition) {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let (store, _) = open(folder.path());
    append(&store, 7);
    let durable = store.checkpoint().unwrap().unwrap();
    assert_eq!(store.durable_position().unwrap(), Some(durable));
    append(&store, 3);
    (folder, durable)
}

#[test]
fn after_an_orderly_stop_nothing_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let (store, opening) = open(folder.path());
    let zero = LogPosition::ZERO;
    assert_eq!(
        opening,
        Opening {
            cut: None,
            shortened: None,
            index: IndexState::Unclean,
            replay_from: zero
        }
    );
    append(&store, 10);
    let end = store.end();
    store.close().unwrap();
    assert!(matches!(
        store.append_and_sync(&[(ENTRY, b"late")]),
        Err(StoreError::Stopped { .. })
    ));
    drop(store);
    let (store, opening) = open(folder.path());
    assert_eq!(
        opening,
        Opening {
            cut: None,
            shortened: None,
            index: IndexState::Clean,
            replay_from: end
        }
    );
    check_whole(&store, 10);
}

#[test]
fn after_an_unclean_stop_the_log_is_replayed_from_the_checkpoint() {
    let (folder, durable) = left_unclean();
    let (store, opening) = open(folder.path());
    assert_eq!(opening.index, IndexState::Unclean);
    assert_eq!(opening.replay_from, durable);
    assert_eq!(take_in(&store, opening.replay_from), 3);
    check_whole(&store, 10);
}

#[test]
fn the_mark_of_an_orderly_stop_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let (store, _) = open(folder.path());
    append(&store, 1);
    store.close().unwrap();
    assert!(folder.path().join("clean").exists());
    drop(store);
    let (store, _) = open(folder.path());
    assert!(!folder.path().join("clean").exists());
    drop(store);
    assert_eq!(open(folder.path()).1.index, IndexState::Unclean);
}

#[test]
fn an_orderly_stop_leaves_nothing_to_be_torn() {
    let disk = MemoryDisk::new();
    let index = MemoryIndex::new();
    let parts = || Store::from_parts(Arc::new(disk.clone()), Box::new(index.clone()), options());
    let (store, _) = parts().unwrap();
    append(&store, 10);
    let last = &format!("segments/{:08}.seg", store.end().segment);
    store.close().unwrap();
    drop(store);
    let before = disk.contents(last).unwrap();
    disk.crash(&mut |_| 0);
    assert_eq!(disk.contents(last).unwrap(), before);
    let (store, opening) = parts().unwrap();
    assert_eq!((opening.cut, opening.index), (None, IndexState::Clean));
    check_whole(&store, 10);
    // From here on the stop is not an orderly one any more, even if the power goes at once.
    disk.crash(&mut |n| n - 1);
    assert_eq!(parts().unwrap().1.index, IndexState::Unclean);
}

#[test]
fn after_an_orderly_stop_a_torn_last_record_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let (store, _) = open(folder.path());
    append(&store, 1);
    store.close().unwrap();
    drop(store);
    let segment = folder.path().join("segments/00000001.seg");
    let bytes = fs::read(&segment).unwrap();
    // The mark after the record goes as well.
    fs::write(&segment, &bytes[..bytes.len() - 22]).unwrap();
    for _ in 0..2 {
        match Store::open(folder.path(), options()).map(|_| ()) {
            Err(StoreError::Damaged { file, offset: 16, .. }) => assert_eq!(file, "segments/00000001.seg"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_store_is_opened_by_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let (store, _) = open(folder.path());
    match Store::open(folder.path(), options()).map(|_| ()) {
        Err(error @ StoreError::InUse { pid: Some(pid), .. }) => {
            assert_eq!(pid, std::process::id());
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("is in use by process {pid}"))
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        Store::create(folder.path()),
        Err(StoreError::InUse { .. })
    ));
    append(&store, 1);
    drop(store);
    open(folder.path());
}

#[test]
fn a_folder_without_a_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for folder in [folder.path().to_owned(), folder.path().join("not there")] {
        assert!(matches!(
            Store::open(&folder, options()),
            Err(StoreError::NotInitialised { .. })
        ));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_is_not_created_over_another() {
    let (folder, _) = left_unclean();
    assert!(matches!(
        Store::create(folder.path()),
        Err(StoreError::AlreadyInitialised { .. })
    ));
    fs::remove_file(folder.path().join("format")).unwrap();
    assert!(matches!(
        Store::create(folder.path()),
        Err(StoreError::FormatUnknown { .. })
    ));
    assert_eq!(take_in(&restore_format(folder.path()), LogPosition::ZERO), 10);
}

fn restore_format(folder: &Path) -> Store {
    fs::write(folder.join("format"), "soxa-store/1\n").unwrap();
    open(folder).0
}

#[test]
fn an_interrupted_creation_can_be_repeated() {
    for left in [None, Some(vec![]), Some(b"soxseg".to_vec()), Some(vec![0; 16])] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("segments")).unwrap();
        if let Some(bytes) = left {
            fs::write(folder.path().join("segments/00000001.seg"), bytes).unwrap();
        }
        assert!(matches!(
            Store::open(folder.path(), options()),
            Err(StoreError::NotInitialised { .. })
        ));
        Store::create(folder.path()).unwrap();
        append(&open(folder.path()).0, 1);
    }
}

#[test]
fn the_format_file_must_be_there_and_known() {
    #[track_caller]
    fn check(content: Option<&str>, expected: impl Fn(&StoreError) -> bool) {
        let (folder, _) = left_unclean();
        let format = folder.path().join("format");
        assert_eq!(fs::read_to_string(&format).unwrap(), "soxa-store/1\n");
        match content {
            Some(content) => fs::write(&format, content).unwrap(),
            None => fs::remove_file(&format).unwrap(),
        }
        let Err(error) = Store::open(folder.path(), options()) else {
            panic!("opened {content:?}")
        };
        assert!(expected(&error), "{content:?}: {error}");
        check_whole(&restore_format_and_replay(folder.path()), 10);
    }
    fn restore_format_and_replay(folder: &Path) -> Store {
        let store = restore_format(folder);
        take_in(&store, LogPosition::ZERO);
        store
    }
    check(Some("soxa-store/2\n"), |e| {
        matches!(
            e,
            StoreError::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        )
    });
    for unreadable in [
        "",
        "soxa-store/1",
        "soxa-store/0\n",
        "soxa-store/x\n",
        "SOXA-store/1\n",
        "\u{fffd}\n",
    ] {
        check(Some(unreadable), |e| {
            matches!(
                e,
                StoreError::FormatUnknown {
                    what: "is unreadable",
                    ..
                }
            )
        });
    }
    check(None, |e| {
        matches!(
            e,
            StoreError::FormatUnknown {
                what: "is missing",
                ..
            }
        )
    });
}

#[test]
fn a_full_disk_is_told_apart_and_leaves_the_checkpoint() {
    let disk = MemoryDisk::new();
    let index = MemoryIndex::new();
    let parts = || Store::from_parts(Arc::new(disk.clone()), Box::new(index.clone()), options());
    let (store, _) = parts().unwrap();
    append(&store, 3);
    let durable = store.checkpoint().unwrap();
    append(&store, 1);
    disk.fail_writes_after(3);
    assert!(matches!(
        store.append_and_sync(&[(ENTRY, b"more")]),
        Err(StoreError::Full { .. })
    ));
    assert!(matches!(store.checkpoint(), Err(StoreError::Full { .. })));
    assert_eq!(store.durable_position().unwrap(), durable);
    // It can be read, and opened, on a disk that is still full.
    drop(store);
    let (store, opening) = parts().unwrap();
    assert_eq!(Some(opening.replay_from), durable);
    check_whole(&store, 4);
    disk.allow_writes();
    append(&store, 1);
    store.close().unwrap();
    assert!(disk.len("clean").is_ok());
}

#[test]
fn a_store_can_be_read_by_one_thread_while_another_writes() {
    let folder = tempfile::tempdir().unwrap();
    Store::create(folder.path()).unwrap();
    let store = open(folder.path()).0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..200u32 {
                store.append_and_sync(&[(ENTRY, &n.to_be_bytes())]).unwrap();
            }
        });
        let mut seen = 0;
        while seen < 200 {
            let found: Vec<_> = store.scan(LogPosition::ZERO).map(|item| item.unwrap()).collect();
            assert!(found.len() >= seen);
            seen = found.len();
            for ((location, record), n) in found.iter().zip(0u32..) {
                assert_eq!(record.payload, n.to_be_bytes());
                assert_eq!(store.read(*location).unwrap(), *record);
            }
        }
    });
}

#[test]
fn a_second_index_is_beside_the_first_and_gone_afterwards() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    Store::create(folder).unwrap();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (store, _) = Store::open(folder, StoreOptions::default()).unwrap();
    let before = names();
    let keyspace = Keyspace::new(1);
    for _ in 0..2 {
        let second = store.second_index().unwrap();
        assert_eq!(second.index().get(keyspace, b"key").unwrap(), None);
        let mut batch = Batch::new();
        batch.put(keyspace, b"key", "value");
        let position = LogPosition {
            segment: 1,
            offset: 16,
        };
        second.index().apply(batch, position).unwrap();
        assert!(second.index().contains(keyspace, b"key").unwrap());
        assert!(!store.index().contains(keyspace, b"key").unwrap());
        assert_ne!(names(), before);
        drop(second);
        assert_eq!(names(), before);
    }
    // A process that was killed leaves its own.
    fs::create_dir(folder.join("index.second")).unwrap();
    drop(store);
    let (_store, _) = Store::open(folder, StoreOptions::default()).unwrap();
    assert_eq!(names(), before);
}
