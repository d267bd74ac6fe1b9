//! The log as its users meet it: appending, reading, rolling over, limits, full disks and failed syncs.

use std::sync::Arc;

use soxa_store::limits::{APPEND_BYTES_MAX, RECORD_BYTES_MAX};
use soxa_store::{
    Disk, Location, LogPosition, MemoryDisk, OpenReport, RecordKind, SegmentOptions, Segments, StoreError,
};

const ENTRY: RecordKind = RecordKind::new(1);
const NOTE: RecordKind = RecordKind::new(2);
const FIRST: &str = "segments/00000001.seg";
const SECOND: &str = "segments/00000002.seg";

fn open_with(disk: &MemoryDisk, segment_bytes: u64) -> (Segments, OpenReport) {
    let options = SegmentOptions {
        segment_bytes,
        ..SegmentOptions::default()
    };
    Segments::open(Arc::new(disk.clone()), options).unwrap()
}

fn new_log(segment_bytes: u64) -> (MemoryDisk, Segments) {
    let disk = MemoryDisk::new();
    Segments::create(&disk).unwrap();
    let (log, report) = open_with(&disk, segment_bytes);
    assert_eq!(report, OpenReport::default());
    (disk, log)
}

fn append(log: &mut Segments, payload: &[u8]) -> Location {
    log.append(&[(ENTRY, payload)]).unwrap()[0]
}

/// The payloads from a position on.
fn payloads(log: &Segments, from: LogPosition) -> Vec<Vec<u8>> {
    log.scan(from).map(|item| item.unwrap().1.payload).collect()
}

#[test]
fn the_bytes_of_a_segment_are_pinned() {
    let (disk, mut log) = new_log(1 << 20);
    log.append(&[(ENTRY, b"first"), (RecordKind::new(255), b"")])
        .unwrap();
    log.sync().unwrap();
    log.append(&[(NOTE, b"second")]).unwrap();
    log.sync().unwrap();
    let expected = concat!(
        // head of segment 1
        "736f78736567010001000000e9763411",
        // kind 1, first
        "0500000035429a2b016669727374",
        // kind 255, empty
        "0000000064250fe8ff",
        // mark at 39
        "0c000000d31f449200010000002700000000000000",
        // kind 2, second
        "060000005fac102a027365636f6e64",
        // mark at 75
        "0c000000cf3762e600010000004b00000000000000",
    );
    let hex: String = disk
        .contents(FIRST)
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, expected);
}

#[test]
fn what_was_appended_is_read_by_location_and_by_scan() {
    let (disk, mut log) = new_log(1 << 20);
    let first = log.append(&[(ENTRY, b"a"), (NOTE, b"")]).unwrap();
    log.sync().unwrap();
    let large = vec![7; 600_000];
    let second = append(&mut log, &large);
    assert_eq!(log.end(), second.end());
    assert_eq!(log.sync().unwrap(), second.end());

    for log in [log, open_with(&disk, 1 << 20).0] {
        assert_eq!(log.end(), second.end());
        assert_eq!(log.read(first[1]).unwrap().kind, NOTE);
        assert_eq!(log.read(second).unwrap().payload, large);
        let all: Vec<_> = log.scan(LogPosition::ZERO).map(Result::unwrap).collect();
        let found: Vec<_> = all
            .iter()
            .map(|(location, record)| (*location, record.kind))
            .collect();
        assert_eq!(found, [(first[0], ENTRY), (first[1], NOTE), (second, ENTRY)]);
        assert_eq!(payloads(&log, first[0].end()), [Vec::new(), large.clone()]);
        assert_eq!(payloads(&log, first[1].end()), std::slice::from_ref(&large));
        assert_eq!(payloads(&log, log.end()), Vec::<Vec<u8>>::new());
        assert_eq!(
            payloads(
                &log,
                LogPosition {
                    segment: 9,
                    offset: 0
                }
            ),
            Vec::<Vec<u8>>::new()
        );
    }
}

#[test]
fn a_new_segment_is_begun_at_the_size_limit_and_an_append_is_never_split() {
    let (disk, mut log) = new_log(100);
    let locations: Vec<_> = (0..10u8).map(|n| append(&mut log, &[n; 30])).collect();
    let segments: Vec<_> = locations.iter().map(|location| location.segment).collect();
    assert_eq!(segments, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    // Three of them would not fit, but they belong together.
    let together = log
        .append(&[(ENTRY, &[10; 30]), (ENTRY, &[11; 30]), (ENTRY, &[12; 30])])
        .unwrap();
    assert!(together.iter().all(|location| location.segment == 6));
    log.sync().unwrap();

    for log in [log, open_with(&disk, 100).0] {
        let expected: Vec<_> = (0..13u8).map(|n| vec![n; 30]).collect();
        assert_eq!(payloads(&log, LogPosition::ZERO), expected);
        for (from, location) in locations.iter().enumerate() {
            assert_eq!(payloads(&log, location.start()), expected[from..]);
            assert_eq!(payloads(&log, location.end()), expected[from + 1..]);
        }
    }
}

#[test]
fn a_scan_ends_where_the_log_ended_when_it_began() {
    let (_disk, mut log) = new_log(100);
    append(&mut log, b"before");
    let scan = log.scan(LogPosition::ZERO);
    append(&mut log, b"after");
    assert_eq!(
        scan.map(|item| item.unwrap().1.payload).collect::<Vec<_>>(),
        [b"before"]
    );
}

#[test]
fn what_is_too_large_is_refused_and_nothing_is_written() {
    let (disk, mut log) = new_log(1 << 20);
    let before = disk.contents(FIRST);
    let largest = vec![0; RECORD_BYTES_MAX as usize];
    let larger = vec![0; RECORD_BYTES_MAX as usize + 1];
    let refused = |result| match result {
        Err(StoreError::TooLarge { found, limit, .. }) => (found, limit),
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(
        refused(log.append(&[(ENTRY, &larger)])),
        (16_777_217, u64::from(RECORD_BYTES_MAX))
    );
    assert_eq!(
        refused(log.append(&[(ENTRY, largest.as_slice()); 4])),
        (4 * (16_777_216 + 9), APPEND_BYTES_MAX)
    );
    assert_eq!(disk.contents(FIRST), before);
    let location = append(&mut log, &largest);
    assert_eq!(log.read(location).unwrap().payload.len(), largest.len());
}

#[test]
fn a_location_that_no_append_returned_is_an_error() {
    let (_disk, mut log) = new_log(1 << 20);
    let location = append(&mut log, b"first");
    append(&mut log, b"second");
    for beyond in [
        Location {
            offset: location.offset + 1_000,
            ..location
        },
        Location {
            segment: 2,
            ..location
        },
        Location {
            segment: 0,
            ..location
        },
        Location {
            offset: u64::MAX,
            ..location
        },
        Location {
            len: u32::MAX,
            ..location
        },
    ] {
        assert!(
            matches!(log.read(beyond), Err(StoreError::NoSuchRecord { .. })),
            "{beyond}"
        );
    }
    for wrong in [
        Location {
            offset: location.offset + 1,
            ..location
        },
        Location {
            len: location.len - 1,
            ..location
        },
        Location {
            len: location.len + 1,
            ..location
        },
        Location {
            offset: 0,
            ..location
        },
    ] {
        assert!(
            matches!(log.read(wrong), Err(StoreError::Damaged { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn a_full_disk_refuses_an_append_and_leaves_the_log_whole() {
    // At every number of bytes that still fit, within the segment and when a new one must be begun.
    for (segment_bytes, op) in [(1 << 20, "append to"), (40, "begin")] {
        for room in 0..60 {
            let (disk, mut log) = new_log(segment_bytes);
            let first = append(&mut log, b"stored before");
            log.sync().unwrap();
            let before = disk.contents(FIRST);
            disk.fail_writes_after(room);
            match log.append(&[(ENTRY, &[1; 40]), (ENTRY, &[2; 40])]) {
                Err(StoreError::Full { op: found, .. }) if room < 16 => assert_eq!(found, op),
                Err(StoreError::Full { .. }) => {}
                other => panic!("{room} bytes of room: {other:?}"),
            }
            assert_eq!(disk.contents(FIRST), before, "{room} bytes of room");
            assert_eq!(payloads(&log, LogPosition::ZERO), [b"stored before"]);

            disk.allow_writes();
            let again = append(&mut log, b"stored after");
            log.sync().unwrap();
            assert_eq!(again.segment, if segment_bytes == 40 { 2 } else { 1 });
            let (log, report) = open_with(&disk, segment_bytes);
            assert_eq!(report, OpenReport::default());
            assert_eq!(log.read(first).unwrap().payload, b"stored before");
            assert_eq!(payloads(&log, first.end()), [b"stored after"]);
        }
    }
}

#[test]
fn a_disk_too_full_for_the_mark_does_not_fail_the_sync() {
    for room in 0..21 {
        let (disk, mut log) = new_log(1 << 20);
        let location = append(&mut log, b"entry");
        let before = disk.contents(FIRST);
        disk.fail_writes_after(room);
        assert_eq!(log.sync().unwrap(), location.end());
        assert_eq!(disk.contents(FIRST), before);
    }
}

#[test]
fn a_failed_sync_takes_back_what_was_unsynced_and_stops_the_log() {
    for segment_bytes in [1 << 20, 60] {
        let (disk, mut log) = new_log(segment_bytes);
        let kept = append(&mut log, b"kept");
        log.sync().unwrap();
        let lost = append(&mut log, b"unsynced");
        disk.fail_syncs(true);
        if segment_bytes == 60 {
            // Beginning the next segment syncs the last.
            log.append(&[(ENTRY, &[0; 60])]).unwrap_err();
        } else {
            log.sync().unwrap_err();
        }
        disk.fail_syncs(false);
        assert!(matches!(
            log.append(&[(ENTRY, b"more")]),
            Err(StoreError::Stopped { .. })
        ));
        assert!(matches!(log.sync(), Err(StoreError::Stopped { .. })));
        assert_eq!(log.end(), kept.end());
        assert!(matches!(log.read(lost), Err(StoreError::NoSuchRecord { .. })));
        assert_eq!(log.read(kept).unwrap().payload, b"kept");

        let (mut log, report) = open_with(&disk, segment_bytes);
        assert_eq!(report, OpenReport::default());
        append(&mut log, b"again");
        log.sync().unwrap();
        assert_eq!(
            payloads(&log, LogPosition::ZERO),
            [b"kept".to_vec(), b"again".to_vec()]
        );
    }
}

#[test]
fn a_sync_without_new_records_writes_nothing() {
    let (disk, mut log) = new_log(1 << 20);
    append(&mut log, b"entry");
    log.sync().unwrap();
    let before = disk.contents(FIRST);
    disk.fail_syncs(true);
    log.sync().unwrap();
    assert_eq!(log.append(&[]).unwrap(), []);
    log.sync().unwrap();
    assert_eq!(disk.contents(FIRST), before);
}

#[test]
fn opening_makes_durable_what_a_killed_process_left_in_memory() {
    let (disk, mut log) = new_log(1 << 20);
    let location = append(&mut log, b"never synced");
    drop(log);
    let (log, _) = open_with(&disk, 1 << 20);
    assert_eq!(log.end(), location.end());
    disk.crash(&mut |_| 0);
    let (log, _) = open_with(&disk, 1 << 20);
    assert_eq!(payloads(&log, LogPosition::ZERO), [b"never synced"]);
}

#[test]
fn opening_marks_what_it_has_synced() {
    let (disk, mut log) = new_log(1 << 20);
    let location = append(&mut log, b"never synced");
    drop(log);
    open_with(&disk, 1 << 20);
    let mut bytes = disk.contents(FIRST).unwrap();
    bytes[location.offset as usize + 10] ^= 1;
    disk.set_contents(FIRST, bytes);
    let opened = Segments::open(Arc::new(disk.clone()), SegmentOptions::default());
    assert!(matches!(
        opened.map(drop),
        Err(StoreError::Damaged { offset: 16, .. })
    ));
}

#[test]
fn a_log_is_not_created_twice() {
    let (disk, _log) = new_log(1 << 20);
    assert!(matches!(
        Segments::create(&disk),
        Err(StoreError::Io { op: "create", .. })
    ));
    assert!(disk.len(SECOND).is_err());
}
