//! Strangers' bytes: nothing panics, nothing has two encodings, every limit holds.

mod json;
mod limits;
mod samples;

use proptest::prelude::*;

use samples::{Kind, SAMPLES, take_in, take_in_as_everything};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Truncate(usize),
    Flip(usize, u8),
    Put(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    // Heads of items that claim very much.
    let claims = prop::sample::select(vec![
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x7a, 0xff, 0xff, 0xff, 0xff],
        vec![0x9a, 0x00, 0x10, 0x00, 0x00],
        vec![0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x9f],
        vec![0x5f],
        vec![0xf9, 0x7e, 0x00],
        vec![0xc1],
        vec![0xa1],
        vec![0x81; 200],
    ]);
    let any_bytes = prop::collection::vec(any::<u8>(), 1..12);
    prop_oneof![
        any::<usize>().prop_map(Change::Truncate),
        (any::<usize>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<usize>(), claims.clone()).prop_map(|(at, bytes)| Change::Put(at, bytes)),
        (any::<usize>(), claims).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<usize>(), any_bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
    ]
}

fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes {
        let len = bytes.len().max(1);
        match change {
            Change::Truncate(at) => bytes.truncate(at % len),
            Change::Flip(at, bit) => {
                if let Some(byte) = bytes.get_mut(at % len) {
                    *byte ^= 1 << bit;
                }
            }
            Change::Put(at, new) => {
                for (old, new) in bytes.iter_mut().skip(at % len).zip(new) {
                    *old = *new;
                }
            }
            Change::Insert(at, new) => {
                let at = (at % len).min(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
            Change::Remove(at, count) => {
                let at = (at % len).min(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        take_in_as_everything(&bytes);
    }

    #[test]
    fn mutants_are_refused_or_are_another_value(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let (kind, bytes) = which.get(&SAMPLES.all);
        let mutant = changed(bytes, &changes);
        if let Some((written, verified)) = take_in(*kind, &mutant) {
            prop_assert_eq!(&written, &mutant, "accepted in another form than it is written in");
            // Headers and commits by themselves carry no signature, and runs may be packed in several ways.
            let signed = !matches!(kind, Kind::Header | Kind::Commit | Kind::Run | Kind::Minutes);
            prop_assert!(!(signed && verified && mutant != *bytes), "a changed {:?} verifies", kind);
        }
        take_in_as_everything(&mutant);
    }
}

#[test]
fn samples_are_accepted_as_what_they_are() {
    for (kind, bytes) in &SAMPLES.all {
        let (written, verified) = take_in(*kind, bytes).unwrap_or_else(|| panic!("{kind:?} is refused"));
        assert_eq!(&written, bytes);
        assert!(verified, "{kind:?}");
    }
}

#[test]
fn every_truncation_is_refused() {
    for (kind, bytes) in &SAMPLES.all {
        for end in 0..bytes.len() {
            assert!(take_in(*kind, &bytes[..end]).is_none(), "{kind:?} cut at {end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(take_in(*kind, &longer).is_none(), "{kind:?} with a byte more");
    }
}

/// The heads of all items: offset, length, major type, argument.
fn heads(bytes: &[u8]) -> Vec<(usize, usize, u8, u64)> {
    let mut heads = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (major, info) = (bytes[at] >> 5, bytes[at] & 31);
        let extra = match info {
            0..=23 => 0,
            24..=27 => 1 << (info - 24),
            _ => panic!("indefinite length in a sample"),
        };
        let argument = bytes[at + 1..=at + extra]
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let argument = if extra == 0 { u64::from(info) } else { argument };
        heads.push((at, 1 + extra, major, argument));
        at += 1 + extra;
        if major == 2 || major == 3 {
            at += usize::try_from(argument).unwrap();
        }
    }
    heads
}

#[test]
fn longer_forms_of_lengths_and_numbers_are_refused() {
    let mut tried = 0;
    for (kind, bytes) in &SAMPLES.all {
        if matches!(kind, Kind::Statement | Kind::Minutes | Kind::Run) {
            continue;
        }
        for (at, len, major, argument) in heads(bytes) {
            if major == 7 {
                continue;
            }
            for (info, width) in [(24, 1), (25, 2), (26, 4), (27, 8_usize)] {
                if width < len {
                    continue;
                }
                let mut head = vec![major << 5 | info];
                head.extend_from_slice(&argument.to_be_bytes()[8 - width..]);
                let mutant = [&bytes[..at], &head, &bytes[at + len..]].concat();
                assert!(
                    take_in(*kind, &mutant).is_none(),
                    "{kind:?}: head at {at} as {info}"
                );
                tried += 1;
            }
            if major == 4 && at == 0 {
                let mutant = [&[0x9f], &bytes[len..], &[0xff]].concat();
                assert!(take_in(*kind, &mutant).is_none(), "{kind:?}: indefinite length");
            }
        }
    }
    assert!(tried > 400, "only {tried} forms tried");
}
