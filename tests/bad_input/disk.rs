//! A full disk: a small file system of its own, filled up while the node works.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use soxa_lang::Lang;

use crate::support::program::{Daemon, PASSPHRASE};
use crate::support::province::{Node, Province, converge};
use crate::support::sentences::{ANY, check_error, check_parts};
use crate::support::signing::Official;
use crate::support::socket::{Socket, ask, submit};
use crate::support::wait_for;

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
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder)
            .output();
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
        ballast
            .set_len(length.saturating_sub(left))
            .expect("a shorter file");
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

/// A province whose home folder lies on a small file system, and what was stored there.
struct Narrow {
    province: Province,
    small: Small,
    daemon: Daemon,
    head: Official,
    next: u64,
    stored: Vec<String>,
}

impl Narrow {
    /// None, said aloud, where nothing may be mounted.
    fn found() -> Option<Self> {
        let mut province = Province::found();
        let small = match Small::mount(&province.file("small")) {
            Ok(small) => small,
            Err(why) => {
                println!(
                    "SKIPPED: a full disk needs a file system of its own, and mounting one failed: {why}"
                );
                return None;
            }
        };
        let home = small.0.join("province");
        copy(&province.node.home, &home);
        province.node.home = home;
        let (daemon, head) = (start(&province), province.head());
        Some(Self {
            province,
            small,
            daemon,
            head,
            next: 0,
            stored: Vec::new(),
        })
    }

    fn node(&self) -> &Node {
        &self.province.node
    }

    /// Submits one commit and remembers it when it was answered as stored; none when the daemon went away.
    fn offer(&mut self) -> Option<Value> {
        let commit = self.head.register(self.next);
        self.next += 1;
        let answer =
            Socket::connect(&self.node().home).and_then(|mut s| s.ask(&submit([commit.bytes.as_slice()])));
        let answer = answer.ok().flatten()?;
        if answer["stored"].is_array() {
            self.stored.push(commit.record.to_string());
        }
        Some(answer)
    }

    /// Submits until something is not stored; none when the daemon went away then.
    fn offer_until_full(&mut self) -> Option<Value> {
        let refused = (0..COMMITS_MAX).map(|_| self.offer()).find(|answer| {
            let stored = answer.as_ref().map(|answer| answer["stored"].is_array());
            stored != Some(true)
        });
        refused.expect("a full disk")
    }

    #[track_caller]
    fn goes_on(&mut self) {
        for _ in 0..20 {
            let answer = self.offer().expect("an answer");
            assert!(answer["stored"].is_array(), "{answer}");
        }
        self.has_all();
    }

    #[track_caller]
    fn has_all(&self) {
        let held: BTreeSet<String> = self.node().records("asset").into_iter().collect();
        let lost: Vec<&String> = self
            .stored
            .iter()
            .filter(|record| !held.contains(*record))
            .collect();
        assert!(lost.is_empty(), "stored and lost: {lost:?}");
    }

    /// Runs a daemon on the full disk: it serves, or it ends with the message of a full disk.
    fn run_on_full(&mut self) {
        for lang in Lang::ALL {
            let mut daemon = Daemon::spawn(&self.node().home, lang, &self.province.file(lang.code()));
            let ended = wait_for("a daemon that serves or ends", || match daemon.ended() {
                Some(status) => Ok(Some(status)),
                None if Socket::connect(&self.node().home).is_ok() => Ok(None),
                None => Err(daemon.said()),
            });
            if let Some(status) = ended {
                assert_eq!(status.code(), Some(1), "{}", daemon.said());
                check_parts(&daemon.said(), lang, "errors.disk_full", &[("path", &ANY)]);
            }
        }
    }
}

/// Starts the daemon with its log outside the small file system.
fn start(province: &Province) -> Daemon {
    province.node.start_logging(&province.file("full.log"))
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let Some(mut narrow) = Narrow::found() else { return };
    narrow.goes_on();
    narrow.small.fill(0);
    let answer = narrow.offer_until_full().expect("an answer");
    let segment = narrow
        .node()
        .home
        .join("store/segments/00000001.seg")
        .display()
        .to_string();
    assert_eq!(
        answer["refused"]["disk_full"]["file"],
        segment.as_str(),
        "{answer}"
    );

    // It answers, keeps what it has, and refuses in both languages.
    let before = narrow.node().held();
    for lang in Lang::ALL {
        let unit = &narrow.province.unit;
        let args = [
            "asset", "register", "--unit", unit, "--code", "B1", "--name", "Bàn", "--cost", "1500000",
        ];
        let ended = narrow.province.sign_with("head.pem", lang, PASSPHRASE, &args);
        check_error(&ended, 1, lang, "errors.disk_full", &[("path", &segment)]);
    }
    assert_eq!(narrow.node().held(), before);
    narrow.has_all();

    // With space again it goes on, without a restart.
    narrow.small.free();
    narrow.goes_on();

    // One that is killed on a full disk comes back.
    let held = narrow.node().held();
    narrow.small.fill(0);
    narrow.daemon.kill();
    narrow.run_on_full();
    narrow.small.free();
    narrow.daemon = start(&narrow.province);
    assert_eq!(narrow.node().held(), held);
    narrow.goes_on();
    narrow.daemon.stop();
    narrow.province.node.verify();
}

#[test]
fn an_index_that_finds_no_space_is_finished_later() {
    let Some(mut narrow) = Narrow::found() else { return };
    // How much is left decides whether the log or the index meets the end first.
    for left in [4 << 10, 16 << 10, 64 << 10, 300 << 10, 1 << 20] {
        narrow.small.fill(left);
        // None when the index met the end between two acts: the daemon noticed it by itself.
        let answer = narrow.offer_until_full();
        let refused = |kind: &str| {
            answer
                .as_ref()
                .is_some_and(|answer| !answer["refused"][kind].is_null())
        };
        let ends = answer.is_none() || refused("unfinished");
        assert!(refused("disk_full") || ends, "{left}: {answer:?}");
        println!("{left} bytes left: {answer:?}");
        if ends {
            // What is in the log may not be in the index: the daemon ends and says why.
            let status = narrow.daemon.wait();
            assert_eq!(status.code(), Some(1), "{left}: {}", narrow.daemon.said());
            let socket = narrow.node().home.join("soxa.sock");
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("reason", &ANY), ("socket", &socket.display())];
            check_parts(&narrow.daemon.said(), Lang::En, "errors.outcome_unknown", &values);
            narrow.run_on_full();
            narrow.small.free();
            narrow.daemon = start(&narrow.province);
        } else {
            narrow.small.free();
        }
        narrow.goes_on();
    }
    narrow.daemon.stop();
    narrow.province.node.verify();
}

#[test]
fn what_peers_send_to_a_full_disk_comes_later() {
    let Some(mut narrow) = Narrow::found() else { return };
    let (other, _) = narrow.province.add_node("other", &narrow.node().addresses());
    let other_daemon = other.start();
    converge(&[narrow.node(), &other]);
    narrow.small.fill(0);
    // Work goes on at the other node, and reaches this one when there is space.
    let head = narrow.province.head();
    for number in 100_000..100_200 {
        let answer = ask(&other.home, &submit([head.register(number).bytes.as_slice()]));
        assert!(answer["stored"].is_array(), "{answer}");
    }
    wait_for("a refusal to store", || {
        let said = narrow.daemon.said();
        if said.contains("could not be stored") {
            Ok(())
        } else {
            Err(said)
        }
    });
    narrow.small.free();
    converge(&[narrow.node(), &other]);
    narrow.goes_on();
    converge(&[narrow.node(), &other]);
    narrow.daemon.stop();
    other_daemon.stop();
    assert_eq!(
        narrow.province.node.verify()["state_root"],
        other.verify()["state_root"]
    );
}
