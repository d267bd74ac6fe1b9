//! Attachments: kept whole or not at all, told when damaged, gone on with where they were left.

use std::io::Read as _;
use std::sync::Arc;

use proptest::prelude::*;
use soxa_ledger::FileHash;
use soxa_ledger::limits::FILE_BYTES_MAX;
use soxa_store::limits::BEGUN_FILES_MAX;
use soxa_store::{Attachment, Attachments, MemoryDisk, StoreError};

fn on(disk: &MemoryDisk) -> Attachments {
    Attachments::new(Arc::new(disk.clone()))
}

fn name(file: &FileHash) -> String {
    format!("attachments/{}/{file}", &file.to_string()[..2])
}

#[test]
fn a_file_is_kept_under_its_hash_with_its_key_and_can_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let attachments = Attachments::of_store(folder.path());
    let plain = attachments.put(b"a photo", None).unwrap();
    let sealed = attachments.put(b"sealed", Some(&[7; 32])).unwrap();
    assert_eq!(
        std::fs::read(folder.path().join(name(&plain))).unwrap(),
        b"a photo"
    );
    let held = |bytes: &[u8], key| {
        Some(Attachment {
            bytes: bytes.to_vec(),
            key,
        })
    };
    assert_eq!(attachments.get(&plain).unwrap(), held(b"a photo", None));
    assert_eq!(attachments.get(&sealed).unwrap(), held(b"sealed", Some([7; 32])));
    assert_eq!(attachments.get(&FileHash([9; 32])).unwrap(), None);
    attachments.add(&sealed, 0, b"seal").unwrap();
    // Somebody who opened the key before it was erased reads no key any more, and an interrupted replacement left none.
    let key = folder.path().join(format!("{}.key", name(&sealed)));
    let mut opened = std::fs::File::open(&key).unwrap();
    let left = key.with_extension("key.new");
    std::fs::write(&left, [7; 32]).unwrap();
    assert!(attachments.erase(&sealed).unwrap());
    assert!(!attachments.erase(&sealed).unwrap());
    assert!(!attachments.holds(&sealed).unwrap());
    assert_eq!(attachments.begun(&sealed).unwrap(), 0);
    assert!(!key.exists() && !left.exists());
    let mut overwritten = Vec::new();
    opened.read_to_end(&mut overwritten).unwrap();
    assert_eq!(overwritten, [0; 32]);
    assert!(attachments.holds(&plain).unwrap());
}

#[test]
fn an_erasure_that_a_crash_interrupts_leaves_nothing_that_can_be_read() {
    for after in 0..64_u64 {
        let disk = MemoryDisk::new();
        let attachments = on(&disk);
        let sealed = attachments.put(b"sealed", Some(&[7; 32])).unwrap();
        attachments.erase(&sealed).unwrap();
        disk.crash(&mut |below| after % below);
        assert_eq!(attachments.get(&sealed).unwrap(), None);
    }
}

#[test]
fn whatever_byte_is_damaged_is_told() {
    let disk = MemoryDisk::new();
    let attachments = on(&disk);
    let file = attachments.put(b"a scan of a paper", None).unwrap();
    let good = disk.contents(&name(&file)).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        for bad in [bad, good[..at].to_vec(), [&good[..], &[0]].concat()] {
            disk.set_contents(&name(&file), bad);
            assert!(matches!(attachments.get(&file), Err(StoreError::Damaged { .. })));
        }
    }
    assert_eq!(attachments.put(b"a scan of a paper", None).unwrap(), file);
    assert_eq!(attachments.get(&file).unwrap().unwrap().bytes, good);
}

#[test]
fn what_has_begun_goes_on_and_counts_only_as_the_file_it_is_named_after() {
    let disk = MemoryDisk::new();
    let file = FileHash::of(b"first second");
    assert_eq!(on(&disk).add(&file, 0, b"first ").unwrap(), 6);
    // Another process goes on; what does not follow is not taken.
    let attachments = on(&disk);
    assert_eq!(attachments.begun(&file).unwrap(), 6);
    assert_eq!(attachments.add(&file, 0, b"first ").unwrap(), 6);
    assert_eq!(attachments.add(&file, 9, b"second").unwrap(), 6);
    assert_eq!(attachments.add(&file, 6, b"second").unwrap(), 12);
    assert!(!attachments.holds(&file).unwrap());
    assert_eq!(
        attachments.whole(&file).unwrap().as_deref(),
        Some(&b"first second"[..])
    );
    attachments.put(b"first second", None).unwrap();
    assert_eq!(attachments.begun(&file).unwrap(), 0);

    let other = FileHash([3; 32]);
    attachments.add(&other, 0, b"something else").unwrap();
    assert_eq!(attachments.whole(&other).unwrap(), None);
    assert_eq!(attachments.begun(&other).unwrap(), 0);
}

#[test]
fn what_was_handed_in_is_told_until_an_act_names_it() {
    let disk = MemoryDisk::new();
    let attachments = on(&disk);
    let (kept, half) = (attachments.put(b"kept", None).unwrap(), FileHash([9; 32]));
    assert!(
        !attachments.hand_in(b"kept", None).unwrap(),
        "it was here without a note"
    );
    assert!(attachments.hand_in(b"sealed", Some(&[7; 32])).unwrap());
    assert!(attachments.hand_in(b"sealed", Some(&[7; 32])).unwrap());
    let handed = FileHash::of(b"sealed");
    assert!(attachments.hand_in(b"another", None).unwrap());
    attachments.settle(&FileHash::of(b"another")).unwrap();
    attachments.add(&half, 0, b"begun").unwrap();
    assert_eq!(attachments.unsettled().unwrap(), [handed, half].into());
    assert!(attachments.erase(&handed).unwrap() && attachments.erase(&half).unwrap());
    assert_eq!(attachments.unsettled().unwrap(), [].into());
    assert_eq!(disk.names().len(), 2, "{:?}", disk.names());
    assert!(attachments.holds(&kept).unwrap());
}

#[test]
fn files_and_what_has_begun_have_limits() {
    let disk = MemoryDisk::new();
    let attachments = on(&disk);
    let large = vec![0; FILE_BYTES_MAX + 1];
    assert!(matches!(
        attachments.put(&large, None),
        Err(StoreError::TooLarge { .. })
    ));
    let file = FileHash([0; 32]);
    attachments.add(&file, 0, &large[1..]).unwrap();
    let beyond = attachments.add(&file, FILE_BYTES_MAX as u64, b"1");
    assert!(matches!(beyond, Err(StoreError::TooLarge { .. })));
    for n in 1..=BEGUN_FILES_MAX {
        let file = FileHash([n as u8; 32]);
        attachments.add(&file, 0, b"begun").unwrap();
    }
    assert_eq!(attachments.begun(&file).unwrap(), 0, "the first made room");
    assert_eq!(attachments.begun(&FileHash([1; 32])).unwrap(), 5);
}

proptest! {
    /// After a power cut or on a full disk a file is there whole or not at all; one that was answered for is there.
    #[test]
    fn a_file_is_there_whole_or_not_at_all(
        sizes in proptest::collection::vec(0usize..2_000, 1..6),
        room in proptest::option::of(0u64..4_000),
        dice in any::<u64>(),
    ) {
        let disk = MemoryDisk::new();
        let attachments = on(&disk);
        if let Some(room) = room {
            disk.fail_writes_after(room);
        }
        let files: Vec<(Vec<u8>, bool)> = (0_u8..)
            .zip(sizes)
            .map(|(n, size)| {
                let bytes = vec![n; size];
                let kept = attachments.put(&bytes, Some(&[n; 32])).is_ok();
                (bytes, kept)
            })
            .collect();
        let mut state = dice | 1;
        disk.crash(&mut |bound| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % bound
        });
        for (n, (bytes, kept)) in (0_u8..).zip(&files) {
            let found = attachments.get(&FileHash::of(bytes)).unwrap();
            if *kept {
                prop_assert!(found.is_some());
            }
            if let Some(found) = found {
                prop_assert_eq!(&found.bytes, bytes);
                prop_assert!(bytes.is_empty() || found.key == Some([n; 32]));
            }
        }
    }
}
