//! What a store is found to be by its records, and when a node may go on in a new life.

use soxa_engine::life::{Begins, Journal, LifeRecord, Reach, Recovery, Why, is_shorter, judge};
use soxa_engine::limits::{ALONE_MS, RECOVERY_MS_MAX};
use soxa_ledger::{Incarnation, Time};

const LIFE: Incarnation = Incarnation([0xab; 16]);
const HERE: [u8; 32] = [3; 32];

fn record(life: u8, place: u8) -> String {
    LifeRecord {
        incarnation: Incarnation([life; 16]),
        place: [place; 32],
    }
    .encode()
}

#[track_caller]
fn check(has_store: bool, inside: Option<&str>, beside: Option<&str>, expected: Begins) {
    assert_eq!(judge(has_store, inside, beside, &HERE), expected);
}

#[test]
fn the_bytes_of_record_and_journal() {
    let incarnation = LIFE;
    let record = LifeRecord {
        incarnation,
        place: HERE,
    };
    let line = format!("soxa-life/1 {} {}\n", "ab".repeat(16), "03".repeat(32));
    assert_eq!(record.encode(), line);
    assert_eq!(LifeRecord::decode(&line), Some(record));
    let journal = Journal {
        incarnation,
        signed: 42,
    };
    let line = format!("soxa-signed/1 {} 00000000000000000042\n", "ab".repeat(16));
    assert_eq!(journal.encode(), line);
    assert_eq!(Journal::decode(&line), Some(journal));
    let most = Journal {
        incarnation,
        signed: u64::MAX,
    };
    assert_eq!(most.encode().len(), line.len());
    for torn in (0..line.len()).map(|at| &line[..at]) {
        assert_eq!((Journal::decode(torn), LifeRecord::decode(torn)), (None, None));
    }
}

#[test]
fn only_a_store_that_agrees_with_all_goes_on() {
    let (good, other, elsewhere) = (record(1, 3), record(2, 3), record(1, 4));
    let good = Some(good.as_str());
    check(true, good, good, Begins::GoesOn(Incarnation([1; 16])));
    check(false, None, None, Begins::First);
    check(false, None, good, Begins::Anew(Why::StoreLost));
    check(true, good, None, Begins::Anew(Why::RecordLost));
    check(true, None, good, Begins::Anew(Why::RecordLost));
    check(true, None, None, Begins::Anew(Why::RecordLost));
    check(true, Some("nonsense"), good, Begins::Anew(Why::RecordLost));
    check(true, Some(&other), good, Begins::Anew(Why::OtherLife));
    check(
        true,
        Some(&elsewhere),
        Some(&elsewhere),
        Begins::Anew(Why::OtherPlace),
    );
    check(true, Some(&elsewhere), good, Begins::Anew(Why::OtherPlace));
}

#[test]
fn a_journal_vouches_for_its_own_life_only() {
    let journal = Journal {
        incarnation: LIFE,
        signed: 5,
    }
    .encode();
    let journal = Some(journal.as_str());
    assert!(is_shorter(journal, LIFE, 4));
    assert!(!is_shorter(journal, LIFE, 5) && !is_shorter(journal, LIFE, 9));
    assert!(!is_shorter(journal, Incarnation([1; 16]), 0));
    assert!(!is_shorter(None, LIFE, 0) && !is_shorter(Some("torn"), LIFE, 0));
}

#[test]
fn a_new_life_waits_for_its_own_entries_but_not_for_ever() {
    let since = Time(1_000);
    let recovery = Recovery::begin(since);
    let after = |ms: u64| Time(since.0 + ms);
    let is_over = |ms, equal_at, reach| recovery.is_over(after(ms), equal_at, reach);
    assert!(!is_over(10, None, Reach::Somebody));
    assert!(!is_over(10, Some(since), Reach::Somebody), "compared before");
    assert!(is_over(10, Some(after(5)), Reach::Somebody));
    assert!(!is_over(ALONE_MS - 1, None, Reach::Nobody));
    assert!(is_over(ALONE_MS, None, Reach::Nobody));
    assert!(!is_over(ALONE_MS, None, Reach::Somebody));
    assert!(
        is_over(RECOVERY_MS_MAX, None, Reach::Somebody),
        "nobody ever agrees"
    );
    assert!(is_over(0, None, Reach::Alone));
}
