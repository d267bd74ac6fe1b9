//! Files whose way was cut off: by a node that is killed in the middle of a transfer, and by an act that never came.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::json;
use soxa_ledger::FileHash;

use crate::files::{flip, kept, place, wait_for_files};
use crate::support::chance::Chance;
use crate::support::program::{Daemon, soxa};
use crate::support::province::Node;
use crate::support::socket::Socket;
use crate::support::spin;
use crate::{Desk, at, with_daemons};

const CODE: &str = "03847-251103-0001";
/// Some two dozen pieces: the transfer goes on for long after its first.
const SCAN_BYTES: usize = 6 << 20;

fn begun(node: &Node) -> PathBuf {
    node.home.join("store/attachments/begun")
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Ends a daemon in order.
fn end(daemon: &mut Daemon) {
    daemon.signal("TERM");
    assert!(daemon.wait().success(), "{}", daemon.said());
}

fn forward(desk: &Desk) {
    let office = ["--to", "03721", "--reason", "cư trú tại đó", "--at", &at(4)];
    desk.step(&[&["forward", CODE], &office[..]].concat());
}

#[test]
fn a_node_that_is_killed_in_the_middle_of_a_transfer_gets_the_file_whole_and_keeps_nothing_wrong() {
    with_daemons(|desk, daemons| {
        let dossier = desk.receive(&[]);
        desk.step(&["process", &dossier, "--at", &at(3)]);
        let scan = Chance::new(11).bytes(SCAN_BYTES);
        let path = desk.province.file("scan.pdf");
        std::fs::write(&path, &scan).unwrap();
        let path = path.to_str().unwrap();
        desk.step(&["paper", CODE, "--name", "Tờ khai", "--scan", path, "--at", &at(3)]);
        let files = kept(&desk.first);
        wait_for_files(&desk.province.node, &files);
        let file = files.first().unwrap();
        let stored = std::fs::read(place(&desk.first, file)).unwrap();

        // Killed twice, each time when more has come than before.
        forward(desk);
        let part = begun(&desk.second).join(file);
        let mut came = 0;
        for _ in 0..2 {
            let here = || part.metadata().map_or(0, |about| about.len());
            spin("a further piece of the file", || here() > came);
            daemons[1].kill();
            came = here();
            assert!(came > 0 && came < stored.len() as u64, "killed too late: {came}");
            assert!(!place(&desk.second, file).exists());
            let told = soxa(&desk.second.home, &["verify", "--format", "json"]).with(3);
            assert_eq!(told.json()["open"][0]["file"], json!(file), "{}", told.told);
            daemons[1] = desk.second.start();
        }
        wait_for_files(&desk.second, &files);
        assert_eq!(std::fs::read(place(&desk.second, file)).unwrap(), stored);
        let out = desk.province.path("out.pdf");
        soxa(&desk.second.home, &["dossier", "file", CODE, "1", "-o", &out]).with(0);
        assert_eq!(std::fs::read(&out).unwrap(), scan);
        assert_eq!(files_in(&begun(&desk.second)), 0);

        // The stopped store is whole; a byte that turns over is named.
        end(&mut daemons[1]);
        let told = desk.second.verify();
        assert_eq!(
            (&told["files"], &told["files_lacking"]),
            (&json!(1), &json!(0)),
            "{told}"
        );
        flip(&place(&desk.second, file));
        let told = soxa(&desk.second.home, &["verify"]).with(13);
        assert!(told.said.contains(file), "{}", told.said);
        flip(&place(&desk.second, file));
        let key = place(&desk.second, file).with_extension("key");
        flip(&key);
        let told = soxa(&desk.second.home, &["verify"]).with(13);
        assert!(
            told.said.contains("its key is missing or does not open it"),
            "{}",
            told.said
        );
        flip(&key);
        daemons[1] = desk.second.start();
    });
}

#[test]
fn a_file_that_no_act_names_does_not_outlive_the_daemon() {
    with_daemons(|desk, daemons| {
        let written = desk.province.file("applicant.json");
        std::fs::write(&written, json!({"name": "Lò Thị Mai"}).to_string()).unwrap();
        desk.receive(&["--applicant", written.to_str().unwrap()]);
        let named = kept(&desk.first);

        // As of commands that die, or whose acts are refused, before one names the file: whole, and in the middle.
        let mut socket = Socket::connect(&desk.first.home).unwrap();
        for (bytes, length) in [(&b"a scan"[..], 6), (b"the first half", 28)] {
            let file = FileHash::of(bytes).to_string();
            let (bytes, key) = (BASE64.encode(bytes), json!(null));
            let part = json!({"file": file, "length": length, "offset": 0, "key": key, "bytes": bytes});
            let answer = socket.ask(&json!({ "add_file": part })).unwrap().unwrap();
            assert_eq!(answer["file_added"]["kept"], json!(length == 6), "{answer}");
        }
        let handed = desk.first.home.join("store/attachments/handed");
        assert_eq!((kept(&desk.first).len(), files_in(&begun(&desk.first))), (2, 1));
        // Of the first dossier's file the node looks up later that it is named.
        assert_eq!(files_in(&handed), 2);

        end(&mut daemons[0]);
        daemons[0] = desk.first.start();
        wait_for_files(&desk.first, &named);
        // One is forgotten after the other.
        let left = || (files_in(&begun(&desk.first)), files_in(&handed));
        spin("what no act names to be forgotten", || left() == (0, 0));
        let told = soxa(&desk.first.home, &["dossier", "show", CODE]).with(0);
        assert!(told.told.contains("Lò Thị Mai"), "{}", told.told);
    });
}
