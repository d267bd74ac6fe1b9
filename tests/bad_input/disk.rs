//! A full disk: a small file system of its own, filled up while the node works.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use soxa_lang::Lang;

use crate::support::program::PASSPHRASE;
use crate::support::province::{Node, Province};
use crate::support::sentences::{ANY, check_error};
use crate::support::socket::{ask, submit};

/// Megabytes of the small file system.
const MEGABYTES: u32 = 16;
/// Commits that a nearly full disk is offered before the test gives up: each takes about 300 bytes of the log.
const COMMITS_MAX: u64 = 5_000;

/// A file system in memory; unmounted when it is dropped.
struct Small(PathBuf);

impl Small {
    /// Mounts it, or says why that cannot be.
    fn mount(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let size = format!("size={MEGABYTES}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Self(folder.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Fills what is left, but for some bytes.
    fn fill(&self, left: u64) {
        let mut ballast = fs::File::create(self.0.join("ballast")).expect("a file");
        let block = [0x5a; 4_096];
        loop {
            match ballast.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        let length = ballast.metadata().expect("a file").len();
        ballast.set_len(length.saturating_sub(left)).expect("a shorter file");
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).expect("the ballast");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: a daemon that is killed a moment later may still have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Copies a stopped node's folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

fn is_full(answer: &Value) -> bool {
    !answer["refused"]["disk_full"].is_null()
}

#[test]
fn a_full_disk() {
    let mut province = Province::found();
    let small = match Small::mount(&province.file("small")) {
        Ok(small) => small,
        Err(why) => {
            println!("SKIPPED: a full disk needs a file system of its own, and mounting one failed: {why}");
            return;
        }
    };
    let home = small.0.join("province");
    copy(&province.node.home, &home);
    province.node.home = home;
    let node = &province.node;
    // Its log would be on the full disk too.
    let daemon = start_with_log_outside(&province);
    let head = province.head();
    let mut stored: Vec<String> = Vec::new();
    let mut offer = |node: &Node, number: u64| {
        let commit = head.register(number);
        let answer = std::panic::catch_unwind(|| ask(&node.home, &submit([commit.bytes.as_slice()]))).unwrap_or_else(|_| panic!("{}", fs::read_to_string(province.file("full.log")).unwrap()));
        if answer["stored"].is_array() {
            stored.push(commit.record.to_string());
        }
        answer
    };
    for number in 0..20 {
        let answer = offer(node, number);
        assert!(answer["stored"].is_array(), "{answer}");
    }

    let mut number = 100;
    for left in [0, 4 << 10, 64 << 10, 300 << 10, 1 << 20] {
        small.fill(left);
        let begun = number;
        let answer = loop {
            number += 1;
            let answer = offer(node, number);
            if !answer["stored"].is_array() { break answer; }
        };
        println!("left {left}: {} stored, then {answer}", number - begun - 1);
        small.free();
        for _ in 0..20 {
            number += 1;
            let answer = offer(node, number);
            assert!(answer["stored"].is_array(), "{answer}");
        }
    }
    small.fill(64 << 10);
    let refused = (20..COMMITS_MAX).map(|number| offer(node, number)).find(|answer| !answer["stored"].is_array());
    let answer = refused.expect("a full disk");
    assert!(is_full(&answer), "{answer}");

    // It answers, keeps what it has, and refuses in both languages.
    let before = node.held();
    for lang in Lang::ALL {
        let args = ["asset", "register", "--unit", &province.unit, "--code", "B1", "--name", "Bàn", "--cost", "1500000"];
        let ended = province.sign_with("head.pem", lang, PASSPHRASE, &args);
        check_error(&ended, 1, lang, "errors.disk_full", &[("path", &ANY)]);
    }
    assert_eq!(node.held(), before);
    let has_all = |node: &Node, stored: &[String]| {
        let held = node.records("asset");
        let lost: Vec<&String> = stored.iter().filter(|record| !held.contains(record)).collect();
        assert!(lost.is_empty(), "stored and lost: {lost:?}");
    };

    // With space again it goes on, without a restart.
    small.free();
    for number in COMMITS_MAX..COMMITS_MAX + 20 {
        let answer = offer(node, number);
        assert!(answer["stored"].is_array(), "{answer}");
    }
    has_all(node, &stored);
    daemon.stop();
    node.verify();

    // And one that is killed on a full disk comes back when there is space.
    let mut daemon = start_with_log_outside(&province);
    let held = node.held();
    small.fill(0);
    daemon.kill();
    small.free();
    let daemon = start_with_log_outside(&province);
    assert_eq!(node.held(), held);
    has_all(node, &stored);
    daemon.stop();
    node.verify();
}

/// Starts the daemon with its log outside the small file system.
fn start_with_log_outside(province: &Province) -> crate::support::program::Daemon {
    province.node.start_logging(&province.file("full.log"))
}
