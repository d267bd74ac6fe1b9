//! An index that cannot be relied upon: each kind of damage to it is found at the next start, told, and costs a replay.

use std::fs;
use std::path::{Path, PathBuf};

use soxa_store::{Batch, Distrust, IndexState, LogPosition};

use super::{KS, append, check_whole, left_unclean, open, take_in};

/// Opens, expects that the index was emptied for this reason, replays, and checks that all is there.
#[track_caller]
fn check_rebuilt(folder: &Path, expected: impl Fn(&Distrust) -> bool) {
    let (store, opening) = open(folder);
    match &opening.index {
        IndexState::Cleared(why) => assert!(expected(why), "{why}"),
        other => panic!("the index was relied upon: {other:?}"),
    }
    assert_eq!(opening.replay_from, LogPosition::ZERO);
    assert_eq!(opening.cut, None);
    assert_eq!(store.index().position().unwrap(), None);
    assert_eq!(store.index().scan(KS, b"", None, 9).unwrap(), []);
    assert_eq!(take_in(&store, opening.replay_from), 10);
    check_whole(&store, 10);
    store.close().unwrap();
    drop(store);
    let (store, opening) = open(folder);
    assert_eq!(opening.index, IndexState::Clean);
    check_whole(&store, 10);
}

/// The numbered folder of the index in use.
fn sled_folder(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder.join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).max().unwrap()
}

#[test]
fn a_deleted_index_is_rebuilt() {
    let (folder, _) = left_unclean();
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    check_rebuilt(folder.path(), |why| *why == Distrust::Missing);
}

#[test]
fn an_index_ahead_of_the_log_is_rebuilt() {
    let (folder, durable) = left_unclean();
    let (store, opening) = open(folder.path());
    take_in(&store, opening.replay_from);
    // A log that was shortened between two records, with the index as it was.
    let index = LogPosition {
        offset: store.end().offset + 500,
        ..store.end()
    };
    store.index().apply(Batch::new(), index).unwrap();
    assert!(store.durable_position().unwrap() == Some(durable) && durable < store.end());
    drop(store);
    check_rebuilt(folder.path(), |why| *why == Distrust::Ahead { index });
}

#[test]
fn a_restored_older_log_is_told_and_the_index_rebuilt() {
    let (folder, _) = left_unclean();
    let copy = tempfile::tempdir().unwrap();
    let files = || {
        fs::read_dir(folder.path().join("segments"))
            .unwrap()
            .map(|entry| entry.unwrap())
    };
    for file in files() {
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let (store, opening) = open(folder.path());
    take_in(&store, opening.replay_from);
    append(&store, 20);
    let was = store.end();
    store.close().unwrap();
    drop(store);
    for file in files() {
        fs::remove_file(file.path()).unwrap();
    }
    for file in fs::read_dir(copy.path()).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(file.path(), folder.path().join("segments").join(file.file_name())).unwrap();
    }
    let (store, opening) = open(folder.path());
    assert_eq!(opening.shortened.unwrap().was, was);
    assert_eq!(opening.shortened.unwrap().is, store.end());
    assert!(
        matches!(opening.index, IndexState::Cleared(Distrust::Ahead { .. })),
        "{opening:?}"
    );
    take_in(&store, opening.replay_from);
    check_whole(&store, 10);
}

#[test]
fn an_index_behind_its_checkpoint_is_rebuilt() {
    let (folder, durable) = left_unclean();
    let (store, _) = open(folder.path());
    let index = LogPosition {
        segment: 1,
        offset: 16,
    };
    store.index().apply(Batch::new(), index).unwrap();
    drop(store);
    check_rebuilt(folder.path(), |why| *why == Distrust::Behind { index, durable });
}

#[test]
fn an_index_without_a_readable_checkpoint_is_rebuilt() {
    let (folder, _) = left_unclean();
    fs::remove_file(folder.path().join("index.position")).unwrap();
    check_rebuilt(folder.path(), |why| *why == Distrust::NeverDurable);

    let (folder, _) = left_unclean();
    let path = folder.path().join("index.position");
    let mut bytes = fs::read(&path).unwrap();
    bytes[10] ^= 1;
    fs::write(&path, bytes).unwrap();
    check_rebuilt(folder.path(), |why| *why == Distrust::CheckpointUnreadable);
}

#[test]
fn garbage_in_any_file_of_the_index_is_no_failure() {
    // sled notices some of it, takes some for an empty index, and repairs some by itself.
    let names = {
        let (folder, _) = left_unclean();
        let entries = fs::read_dir(sled_folder(folder.path()))
            .unwrap()
            .map(|entry| entry.unwrap());
        let names: Vec<_> = entries
            .filter(|e| e.path().is_file())
            .map(|e| e.file_name())
            .collect();
        assert!(names.len() >= 2, "{names:?}");
        names
    };
    for name in names {
        for garbage in [
            vec![],
            vec![0xa5; 5],
            (0..70_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect(),
        ] {
            let (folder, _) = left_unclean();
            let path = sled_folder(folder.path()).join(&name);
            // The name of a snapshot depends on how much was written.
            if !path.exists() {
                continue;
            }
            fs::write(&path, &garbage).unwrap();
            let (store, opening) = open(folder.path());
            take_in(&store, opening.replay_from);
            check_whole(&store, 10);
        }
    }
}

#[test]
fn a_garbage_sled_folder_is_rebuilt() {
    let (folder, _) = left_unclean();
    let sled = sled_folder(folder.path());
    fs::remove_dir_all(&sled).unwrap();
    fs::create_dir(&sled).unwrap();
    for name in ["db", "conf", "snap.0000000000001000"] {
        fs::write(sled.join(name), "garbage ".repeat(1_000)).unwrap();
    }
    check_rebuilt(folder.path(), |why| {
        matches!(why, Distrust::Unusable(_) | Distrust::Missing)
    });

    // A file where the folder should be.
    let (folder, _) = left_unclean();
    let sled = sled_folder(folder.path());
    fs::remove_dir_all(&sled).unwrap();
    fs::write(&sled, "garbage").unwrap();
    check_rebuilt(folder.path(), |why| matches!(why, Distrust::Unusable(_)));
}

#[test]
fn a_torn_snapshot_of_sled_is_swept() {
    let (folder, durable) = left_unclean();
    let torn = sled_folder(folder.path()).join("snap.00000000FFFFFFFF.generating");
    fs::write(&torn, "torn").unwrap();
    let (store, opening) = open(folder.path());
    assert!(!torn.exists());
    assert_eq!(
        (opening.index, opening.replay_from),
        (IndexState::Unclean, durable)
    );
    take_in(&store, opening.replay_from);
    check_whole(&store, 10);
}

#[test]
fn an_index_that_failed_in_use_is_not_used_again() {
    let (folder, _) = left_unclean();
    fs::write(folder.path().join("index/unusable"), "").unwrap();
    check_rebuilt(folder.path(), |why| matches!(why, Distrust::Unusable(_)));
    assert!(!folder.path().join("index/unusable").exists());
}

#[test]
fn a_rebuild_begins_with_an_empty_index_and_survives_being_interrupted() {
    let (folder, _) = left_unclean();
    let (store, opening) = open(folder.path());
    take_in(&store, opening.replay_from);
    store.start_rebuild().unwrap();
    assert_eq!(store.durable_position().unwrap(), None);
    assert_eq!(store.index().scan(KS, b"", None, 9).unwrap(), []);
    // Interrupted before it is stored, then after a part of it is.
    let (location, _) = store.scan(LogPosition::ZERO).nth(3).unwrap().unwrap();
    store.index().apply(Batch::new(), location.end()).unwrap();
    drop(store);
    let (store, opening) = open(folder.path());
    assert_eq!(opening.index, IndexState::Cleared(Distrust::NeverDurable));
    for item in store.scan(LogPosition::ZERO).take(4) {
        let (location, record) = item.unwrap();
        let mut batch = Batch::new();
        batch.put(KS, &record.payload, location.to_bytes());
        store.index().apply(batch, location.end()).unwrap();
    }
    store.checkpoint().unwrap();
    drop(store);
    let (store, opening) = open(folder.path());
    assert_eq!(
        (opening.index, opening.replay_from),
        (IndexState::Unclean, location.end())
    );
    assert_eq!(take_in(&store, opening.replay_from), 6);
    check_whole(&store, 10);
}
