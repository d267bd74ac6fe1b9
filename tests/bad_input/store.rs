//! A store that is not as this program left it: a newer format, damage, a missing index, a torn tail.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use soxa_lang::Lang;

use crate::support::program::soxa_with;
use crate::support::province::{Node, Province};
use crate::support::sentences::{ANY, check_error};
use crate::support::socket::{ask, submit};

/// Assets in the store of these tests.
const ASSETS: u64 = 40;

/// A stopped node with some records, and what it held.
fn stopped() -> (Province, Value) {
    let province = Province::found();
    let daemon = province.node.start();
    let head = province.head();
    // One request each: the log then has many records.
    for number in 0..ASSETS {
        let answer = ask(
            &province.node.home,
            &submit([head.register(number).bytes.as_slice()]),
        );
        assert!(answer["stored"].is_array(), "{answer}");
    }
    let held = province.node.held();
    daemon.stop();
    (province, held)
}

/// All files of a folder with their bytes, but for the lock, which everybody takes who looks.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                let bytes = fs::read(&path).expect("a file");
                found.insert(path, bytes);
            }
        }
    }
    found
}

fn segment(node: &Node) -> PathBuf {
    node.home.join("store/segments/00000001.seg")
}

/// Starts the node again and expects it to hold what it held.
#[track_caller]
fn comes_back(node: &Node, held: &Value) {
    let daemon = node.start();
    assert_eq!(&node.held(), held);
    daemon.stop();
    node.verify();
}

#[test]
fn a_store_of_a_newer_format() {
    let (province, held) = stopped();
    let node = &province.node;
    let store = node.home.join("store");
    let format = fs::read(store.join("format")).expect("the format");
    assert_eq!(format, b"soxa-store/1\n");
    fs::write(store.join("format"), "soxa-store/2\n").expect("a newer one");
    let before = files(&store);
    let file = store.join("format").display().to_string();
    for lang in Lang::ALL {
        let values: [(&str, &dyn std::fmt::Display); 4] =
            [("dir", &file), ("found", &2), ("known", &1), ("supported", &1)];
        for command in ["run", "verify", "rebuild"] {
            let ended = soxa_with(&node.home, lang, &[command], "");
            check_error(&ended, 1, lang, "errors.store_newer_format", &values);
        }
    }
    assert_eq!(files(&store), before, "a store of a newer format was changed");
    fs::write(store.join("format"), format).expect("the old one");
    comes_back(node, &held);
}

#[test]
fn damage_in_the_middle_of_the_log() {
    let (province, held) = stopped();
    let node = &province.node;
    let segment = segment(node);
    let whole = fs::read(&segment).expect("the log");
    let at = whole.len() / 2;
    let mut damaged = whole.clone();
    damaged[at] ^= 0x10;
    fs::write(&segment, &damaged).expect("a damaged log");
    let offset = damaged_record(&whole, at);
    for lang in Lang::ALL {
        for command in ["run", "verify", "rebuild"] {
            let ended = soxa_with(&node.home, lang, &[command], "");
            let values: [(&str, &dyn std::fmt::Display); 3] = [
                ("file", &segment.display()),
                ("offset", &offset),
                ("reason", &ANY),
            ];
            check_error(&ended, 13, lang, "errors.store_damaged", &values);
        }
    }
    assert_eq!(
        fs::read(&segment).expect("the log"),
        damaged,
        "a damaged log was changed"
    );
    fs::write(&segment, whole).expect("the whole log");
    comes_back(node, &held);
}

/// Where the record begins that this byte belongs to: a head of 16 bytes, then frames of 9 bytes and their payload.
fn damaged_record(log: &[u8], at: usize) -> usize {
    let mut begin = 16;
    loop {
        let length = u32::from_le_bytes(log[begin..begin + 4].try_into().expect("four bytes"));
        let next = begin + 9 + length as usize;
        if at < next {
            return begin;
        }
        begin = next;
    }
}

#[test]
fn a_deleted_index_is_made_again() {
    let (province, held) = stopped();
    let node = &province.node;
    fs::remove_dir_all(node.home.join("store/index")).expect("the index");
    comes_back(node, &held);
    // And when it is gone altogether with what tells how far it had read, after a kill.
    let mut daemon = node.start();
    daemon.kill();
    fs::remove_dir_all(node.home.join("store/index")).expect("the index");
    fs::remove_file(node.home.join("store/index.position")).expect("its position");
    comes_back(node, &held);
}

#[test]
fn a_torn_tail_is_cut() {
    let (province, held) = stopped();
    let node = &province.node;
    let mut daemon = node.start();
    daemon.kill();
    let whole = fs::read(segment(node)).expect("the log");
    // Half a record, and pages that never came.
    for tail in [&whole[16..16 + 40], &[0; 500][..], b"\xff\xff\xff\x7f\x00\x00"] {
        fs::write(segment(node), [whole.as_slice(), tail].concat()).expect("a torn log");
        comes_back(node, &held);
        let log = fs::read(segment(node)).expect("the log");
        assert!(
            log.starts_with(&whole) && !log[whole.len()..].starts_with(tail),
            "the tail is still there"
        );
        let mut daemon = node.start();
        daemon.kill();
        fs::write(segment(node), &whole).expect("the log");
    }
}

/// The life of the node's store, in which its feeds are written.
fn life(node: &Node) -> String {
    fs::read_to_string(node.home.join("incarnation")).expect("the life")
}

#[test]
fn a_store_that_lost_what_was_synced_begins_a_new_life() {
    let (province, held) = stopped();
    let node = &province.node;
    let (first, old) = (life(node), fs::read(segment(node)).expect("the log"));
    let daemon = node.start();
    let commit = province.head().register(ASSETS);
    let answer = ask(&node.home, &submit([commit.bytes.as_slice()]));
    assert!(answer["stored"].is_array(), "{answer}");
    daemon.stop();
    assert_eq!(life(node), first, "an orderly restart goes on in the same feeds");

    // The disk gives an older log back: going on in the old feeds would write a second history of them.
    fs::write(segment(node), &old).expect("the older log");
    comes_back(node, &held);
    let second = life(node);
    assert_ne!(second, first);

    // The store is gone altogether.
    fs::remove_dir_all(node.home.join("store")).expect("the store");
    node.start().stop();
    assert_ne!(life(node), second);
    node.verify();
}
