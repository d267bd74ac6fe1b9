//! Torn tails are cut, damage is reported: both at every byte.

use std::sync::Arc;

use proptest::prelude::*;
use soxa_store::{
    CutTail, Disk, Location, LogPosition, MemoryDisk, OpenReport, RecordKind, SegmentOptions, Segments,
    Shortened, StoreError,
};

const ENTRY: RecordKind = RecordKind::new(1);
const FIRST: &str = "segments/00000001.seg";
const SECOND: &str = "segments/00000002.seg";
const THIRD: &str = "segments/00000003.seg";

/// Two records of these fit into a segment of the tests that roll over.
const SEGMENT_BYTES: u64 = 100;

fn open_at_least(disk: &MemoryDisk, at_least: LogPosition) -> Result<(Segments, OpenReport), StoreError> {
    Segments::open(
        Arc::new(disk.clone()),
        SegmentOptions {
            segment_bytes: SEGMENT_BYTES,
            at_least,
        },
    )
}

fn open(disk: &MemoryDisk) -> Result<(Segments, OpenReport), StoreError> {
    open_at_least(disk, LogPosition::ZERO)
}

fn new_log(segment_bytes: u64) -> (MemoryDisk, Segments) {
    let disk = MemoryDisk::new();
    Segments::create(&disk).unwrap();
    let options = SegmentOptions {
        segment_bytes,
        ..SegmentOptions::default()
    };
    let (log, _) = Segments::open(Arc::new(disk.clone()), options).unwrap();
    (disk, log)
}

/// A log on a disk with all records in the first segment, each synced by itself.
fn synced_one_by_one(payloads: &[&[u8]]) -> (MemoryDisk, Vec<Location>) {
    let (disk, mut log) = new_log(1 << 20);
    let locations = payloads.iter().map(|payload| {
        let locations = log.append(&[(ENTRY, payload)]).unwrap();
        log.sync().unwrap();
        locations[0]
    });
    let locations = locations.collect();
    (disk, locations)
}

fn payloads(log: &Segments) -> Vec<Vec<u8>> {
    log.scan(LogPosition::ZERO)
        .map(|item| item.unwrap().1.payload)
        .collect()
}

/// Opens, expects exactly this damage, and that the disk was left as it was.
#[track_caller]
fn check_damaged(disk: &MemoryDisk, at_least: LogPosition, file: &str, offset: u64) {
    let before = files(disk);
    match open_at_least(disk, at_least) {
        Err(StoreError::Damaged {
            file: found,
            offset: at,
            ..
        }) => {
            assert_eq!((found.as_str(), at), (file, offset));
        }
        other => panic!("not reported as damage: {:?}", other.map(|(_, report)| report)),
    }
    assert_eq!(files(disk), before);
}

fn files(disk: &MemoryDisk) -> Vec<(String, Option<Vec<u8>>)> {
    let names = disk.list("segments").unwrap();
    names
        .into_iter()
        .map(|name| (name.clone(), disk.contents(&format!("segments/{name}"))))
        .collect()
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_all_before_survives() {
    let (disk, locations) = synced_one_by_one(&[b"first", b"", b"the third"]);
    let whole = disk.contents(FIRST).unwrap();
    let ends: Vec<u64> = locations.iter().map(|location| location.end().offset).collect();
    for len in 16..whole.len() as u64 {
        let disk = MemoryDisk::new();
        disk.set_contents(FIRST, whole[..len as usize].to_vec());
        let (mut log, report) = open(&disk).unwrap();
        let survivors = ends.iter().filter(|&&end| end <= len).count();
        let expected: [&[u8]; 3] = [b"first", b"", b"the third"];
        assert_eq!(payloads(&log), expected[..survivors], "cut at {len}");

        // A whole frame ends at the end of a record or of the mark after it.
        let last = ends
            .iter()
            .flat_map(|&end| [end, end + 21])
            .chain([16])
            .filter(|&end| end <= len);
        let last = last.max().unwrap();
        let cut = CutTail {
            file: FIRST.to_owned(),
            offset: last,
            bytes: len - last,
        };
        assert_eq!(report.cut, (last < len).then_some(cut), "cut at {len}");

        log.append(&[(ENTRY, b"after")]).unwrap();
        log.sync().unwrap();
        let (log, report) = open(&disk).unwrap();
        assert_eq!(report, OpenReport::default());
        assert_eq!(payloads(&log).last().unwrap(), b"after");
        assert_eq!(payloads(&log).len(), survivors + 1);
    }
}

#[test]
fn a_tail_of_zeros_is_cut() {
    let (disk, _) = synced_one_by_one(&[b"first"]);
    let whole = disk.contents(FIRST).unwrap();
    for zeros in 1..600 {
        disk.set_contents(FIRST, [whole.as_slice(), &vec![0; zeros]].concat());
        let (log, report) = open(&disk).unwrap();
        assert_eq!(report.cut.unwrap().bytes, zeros as u64);
        assert_eq!(payloads(&log), [b"first"]);
        assert_eq!(disk.contents(FIRST).unwrap(), whole);
    }
}

#[test]
fn a_flipped_bit_in_a_synced_record_is_reported_and_nothing_is_lost() {
    let (disk, locations) = synced_one_by_one(&[b"first", b"the middle one", b"last"]);
    let whole = disk.contents(FIRST).unwrap();
    // Every bit of every record: also of the last one, for which the mark after it vouches.
    for location in &locations {
        for byte in location.offset..location.end().offset {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[byte as usize] ^= 1 << bit;
                disk.set_contents(FIRST, flipped);
                check_damaged(&disk, LogPosition::ZERO, FIRST, location.offset);
            }
        }
    }
    disk.set_contents(FIRST, whole);
    assert_eq!(payloads(&open(&disk).unwrap().0).len(), 3);
}

#[test]
fn one_sync_for_many_records_vouches_for_all_of_them() {
    let (disk, mut log) = new_log(1 << 20);
    let locations = log
        .append(&[(ENTRY, b"a"), (ENTRY, b"b"), (ENTRY, b"c")])
        .unwrap();
    log.sync().unwrap();
    let whole = disk.contents(FIRST).unwrap();
    for location in locations {
        let mut flipped = whole.clone();
        flipped[location.offset as usize + 8] ^= 1;
        disk.set_contents(FIRST, flipped);
        check_damaged(&disk, LogPosition::ZERO, FIRST, location.offset);
    }
}

#[test]
fn below_a_position_known_to_be_synced_nothing_is_a_tail() {
    let (disk, locations) = synced_one_by_one(&[b"first", b"second", b"third"]);
    let whole = disk.contents(FIRST).unwrap();
    let third = locations[2];
    for len in third.offset + 1..third.end().offset {
        disk.set_contents(FIRST, whole[..len as usize].to_vec());
        check_damaged(&disk, third.end(), FIRST, third.offset);
        // A lower position says nothing of these bytes.
        let (log, report) = open_at_least(&disk, third.start()).unwrap();
        assert_eq!(report.cut.unwrap().offset, third.offset);
        assert_eq!(payloads(&log).len(), 2);
    }
}

#[test]
fn a_log_that_ends_before_what_was_synced_says_so() {
    let (disk, locations) = synced_one_by_one(&[b"first", b"second"]);
    let whole = disk.contents(FIRST).unwrap();
    disk.set_contents(FIRST, whole[..locations[0].end().offset as usize].to_vec());
    let (_, report) = open_at_least(&disk, locations[1].end()).unwrap();
    assert_eq!(report.cut, None);
    assert_eq!(
        report.shortened,
        Some(Shortened {
            was: locations[1].end(),
            is: locations[0].end()
        })
    );
}

#[test]
fn whole_records_after_a_hole_do_not_make_an_unsynced_tail_damage() {
    let (disk, mut log) = new_log(1 << 20);
    log.append(&[(ENTRY, b"synced")]).unwrap();
    log.sync().unwrap();
    let lost = log
        .append(&[(ENTRY, b"not written"), (ENTRY, b"written first")])
        .unwrap();
    let mut bytes = disk.contents(FIRST).unwrap();
    bytes[lost[0].offset as usize..lost[1].offset as usize].fill(0);
    disk.set_contents(FIRST, bytes);
    let (log, report) = open(&disk).unwrap();
    assert_eq!(report.cut.unwrap().offset, lost[0].offset);
    assert_eq!(payloads(&log), [b"synced"]);
}

#[test]
fn a_payload_that_holds_records_and_marks_is_cut_like_any_other() {
    let (other, _) = synced_one_by_one(&[b"a", b"b", b"c"]);
    let smuggled = other.contents(FIRST).unwrap();
    let (disk, mut log) = new_log(1 << 20);
    log.append(&[(ENTRY, b"synced")]).unwrap();
    log.sync().unwrap();
    let location = log.append(&[(ENTRY, &smuggled.repeat(3))]).unwrap()[0];
    let whole = disk.contents(FIRST).unwrap();
    for len in location.offset + 1..location.end().offset {
        disk.set_contents(FIRST, whole[..len as usize].to_vec());
        let (log, report) = open(&disk).unwrap();
        assert_eq!(report.cut.unwrap().offset, location.offset);
        assert_eq!(payloads(&log), [b"synced"]);
    }
}

#[test]
fn a_mark_is_found_far_behind_the_damage() {
    // Farther than is read at a time, at places around its borders.
    for extra in [0, 1, 20, 21, 22, 5_000] {
        let (disk, mut log) = new_log(1 << 30);
        let first = log.append(&[(ENTRY, b"damaged")]).unwrap()[0];
        log.append(&[(ENTRY, &vec![0; 256 * 1024 - 60 + extra])]).unwrap();
        log.sync().unwrap();
        let mut bytes = disk.contents(FIRST).unwrap();
        bytes[first.offset as usize + 9] ^= 1;
        disk.set_contents(FIRST, bytes);
        check_damaged(&disk, LogPosition::ZERO, FIRST, first.offset);
    }
}

/// Three segments of two records each.
fn three_segments() -> (MemoryDisk, Vec<Location>) {
    let (disk, mut log) = new_log(SEGMENT_BYTES);
    let locations = (0..6u8)
        .map(|n| log.append(&[(ENTRY, &[n; 30])]).unwrap()[0])
        .collect();
    log.sync().unwrap();
    (disk, locations)
}

#[test]
fn damage_in_an_earlier_segment_is_reported_by_reading_it() {
    let (disk, locations) = three_segments();
    let whole = disk.contents(SECOND).unwrap();
    let expect = |disk: &MemoryDisk, location: Location| {
        let (log, report) = open(disk).unwrap();
        assert_eq!(report, OpenReport::default());
        let items: Vec<_> = log.scan(LogPosition::ZERO).collect();
        let (last, good) = items.split_last().unwrap();
        assert!(good.iter().all(Result::is_ok));
        assert_eq!(
            good.len(),
            locations.iter().position(|&at| at == location).unwrap()
        );
        match last {
            Err(StoreError::Damaged { file, offset, .. }) => {
                assert_eq!((file.as_str(), *offset), (SECOND, location.offset));
            }
            other => panic!("not reported: {other:?}"),
        }
        assert!(matches!(log.read(location), Err(StoreError::Damaged { .. })));
    };
    for location in &locations[2..4] {
        for byte in location.offset..location.end().offset {
            let mut flipped = whole.clone();
            flipped[byte as usize] ^= 0x10;
            disk.set_contents(SECOND, flipped);
            expect(&disk, *location);
        }
    }
    // A torn tail too: the segment after it was begun only when this one was on the disk.
    disk.set_contents(SECOND, whole[..whole.len() - 1].to_vec());
    expect(&disk, locations[3]);
}

#[test]
fn damage_in_the_head_of_a_segment_is_reported() {
    for file in [FIRST, SECOND, THIRD] {
        for byte in 0..16 {
            let (disk, _) = three_segments();
            let mut bytes = disk.contents(file).unwrap();
            bytes[byte] ^= 1;
            disk.set_contents(file, bytes);
            check_damaged(&disk, LogPosition::ZERO, file, 0);
        }
    }
}

#[test]
fn a_missing_segment_is_reported() {
    for file in [FIRST, SECOND] {
        let (disk, _) = three_segments();
        disk.remove(file).unwrap();
        check_damaged(&disk, LogPosition::ZERO, file, 0);
    }
    check_damaged(&MemoryDisk::new(), LogPosition::ZERO, FIRST, 0);
    // Two files with each other's names.
    let (disk, _) = three_segments();
    disk.set_contents(SECOND, disk.contents(FIRST).unwrap());
    check_damaged(&disk, LogPosition::ZERO, SECOND, 0);
}

#[test]
fn a_segment_whose_creation_was_interrupted_is_taken_back() {
    let (full, locations) = three_segments();
    let whole = full.contents(THIRD).unwrap();
    let interrupted = (0..16).map(|len| whole[..len].to_vec()).chain([vec![0; 16]]);
    for bytes in interrupted {
        let (disk, _) = three_segments();
        disk.set_contents(THIRD, bytes.clone());
        let (mut log, report) = open(&disk).unwrap();
        let cut = CutTail {
            file: THIRD.to_owned(),
            offset: 0,
            bytes: bytes.len() as u64,
        };
        assert_eq!(
            report,
            OpenReport {
                cut: Some(cut),
                shortened: None
            }
        );
        assert_eq!(payloads(&log).len(), 4);
        assert_eq!(log.end(), locations[3].end());
        let again = log.append(&[(ENTRY, &[9; 30])]).unwrap()[0];
        assert_eq!(again.segment, 3);
        assert_eq!(payloads(&open(&disk).unwrap().0).len(), 5);

        // Not if records in it are known to have been synced.
        disk.set_contents(THIRD, bytes);
        check_damaged(&disk, locations[4].end(), THIRD, 0);
    }
}

#[test]
fn a_segment_whose_name_was_not_synced_when_its_process_was_killed_is_safe_once_opened() {
    let (full, _) = three_segments();
    let (disk, mut log) = new_log(SEGMENT_BYTES);
    log.append(&[(ENTRY, &[1; 60])]).unwrap();
    log.sync().unwrap();
    drop(log);
    disk.create(SECOND).unwrap();
    disk.append(SECOND, &full.contents(SECOND).unwrap()[..16])
        .unwrap();
    disk.sync(SECOND).unwrap();
    let (mut log, _) = open(&disk).unwrap();
    log.append(&[(ENTRY, &[2; 60])]).unwrap();
    log.sync().unwrap();
    disk.crash(&mut |_| 0);
    assert_eq!(payloads(&open(&disk).unwrap().0), [[1; 60], [2; 60]]);
}

#[test]
fn an_interrupted_creation_vouches_for_the_segment_before_it() {
    let (disk, locations) = three_segments();
    disk.set_contents(THIRD, vec![]);
    let mut bytes = disk.contents(SECOND).unwrap();
    bytes.pop();
    disk.set_contents(SECOND, bytes);
    // Twice: the first attempt must not have destroyed the evidence.
    check_damaged(&disk, LogPosition::ZERO, SECOND, locations[3].offset);
    check_damaged(&disk, LogPosition::ZERO, SECOND, locations[3].offset);
}

#[test]
fn beginning_a_segment_leaves_nothing_of_the_one_before_to_be_torn() {
    let (disk, mut log) = new_log(SEGMENT_BYTES);
    let first = log.append(&[(ENTRY, &[1; 60])]).unwrap()[0];
    log.sync().unwrap();
    // The mark after the first record is not synced by itself.
    log.append(&[(ENTRY, &[2; 60])]).unwrap();
    disk.crash(&mut |n| if n == 2 { 1 } else { n / 2 });
    let (log, report) = open(&disk).unwrap();
    assert_eq!(report.cut.unwrap().file, SECOND);
    assert_eq!(payloads(&log), [[1; 60]]);
    assert_eq!(
        log.end(),
        LogPosition {
            offset: first.end().offset + 21,
            ..first.end()
        }
    );
}

#[test]
fn an_empty_last_segment_is_whole() {
    let (disk, locations) = three_segments();
    let head = disk.contents(THIRD).unwrap()[..16].to_vec();
    disk.set_contents(THIRD, head);
    let (log, report) = open_at_least(&disk, locations[3].end()).unwrap();
    assert_eq!(report, OpenReport::default());
    assert_eq!(payloads(&log).len(), 4);
    assert!(
        log.end() >= locations[3].end()
            && log.end()
                < LogPosition {
                    segment: 3,
                    offset: 0
                }
    );
}

#[test]
fn a_newer_segment_format_is_an_error_of_its_own() {
    // The head of a third segment of format 2.
    let mut head = b"soxseg\x02\0\x03\0\0\0".to_vec();
    head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
    let (disk, _) = three_segments();
    let mut bytes = disk.contents(THIRD).unwrap();
    bytes[..16].copy_from_slice(&head);
    disk.set_contents(THIRD, bytes);
    match open(&disk).map(|_| ()) {
        Err(StoreError::NewerFormat {
            file,
            found: 2,
            known: 1,
        }) => assert_eq!(file, THIRD),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Neither random bytes nor random changes of a good segment make opening or reading panic, and whatever is
    /// read was written.
    #[test]
    fn random_bytes_never_panic(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        at in 0usize..400,
        with_head in any::<bool>(),
    ) {
        let (disk, _) = synced_one_by_one(&[b"first", b"second", &[7; 100], b"last"]);
        let good = disk.contents(FIRST).unwrap();
        let mut changed = if with_head { good[..16].to_vec() } else { Vec::new() };
        changed.extend_from_slice(&noise);
        let mut overwritten = good.clone();
        overwritten.truncate(at.max(16));
        overwritten.extend_from_slice(&noise);
        overwritten.extend(good.iter().skip(at + noise.len()));
        for bytes in [changed, overwritten] {
            disk.set_contents(FIRST, bytes);
            if let Ok((log, _)) = open(&disk) {
                let expected: [&[u8]; 4] = [b"first", b"second", &[7; 100], b"last"];
                let found = payloads(&log);
                prop_assert_eq!(&found[..], &expected[..found.len()]);
            }
        }
    }
}
