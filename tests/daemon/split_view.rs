//! A node that shows two others different logs of what it holds: both learn of it, and the proof stands by itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use soxa_lang::Lang;
use soxa_ledger::cbor::Writer;
use soxa_ledger::checkpoint::{Checkpoint, LogId, ScopeName};
use soxa_ledger::merkle::TreeHash;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, Time};
use soxa_net::{Net, NetConfig, NetEvent};
use soxa_sync::checkpoint_words::Question;
use soxa_sync::{Program, Request, Response};

use crate::support::program::{soxa, soxa_with};
use crate::support::province::{Node, Province, converge};
use crate::support::wait_for;

/// The exit code when there is something to look at.
const FINDINGS: i32 = 3;
/// The exit code when a file does not hold.
const VERIFICATION_FAILED: i32 = 13;
/// What `scripts/verify_checkpoint.py` ends with when files prove a split view.
const SPLIT_VIEW: i32 = 3;

fn key() -> SecretKey {
    SecretKey::from_seed(&[0x67; 32])
}

/// The liar's answer to a question about checkpoints: one note, signed by it, over a log of one snapshot with this leaf.
fn reply(network: NetworkId, leaf: u8) -> Vec<u8> {
    let log = LogId {
        network,
        node: key().node(),
        scope: ScopeName::AllNodes,
        began: Time(1_763_164_800_000),
    };
    let note = Checkpoint::of(log, &[TreeHash([leaf; 32])]).sign(&key());
    let mut w = Writer::new();
    w.array(4).uint(1).uint(17).array(1);
    w.bytes(note.to_string().as_bytes()).array(0);
    w.into_bytes()
}

/// Joins the network at one node, where its log has this leaf. It holds nothing else.
fn show(province: &Province, host: &Node, leaf: u8) {
    let network: NetworkId = province.network.parse().expect("a network id");
    let mut config = NetConfig::new(key(), network);
    config.dial = host.addresses();
    config.admitted = BTreeSet::from([host.key.parse::<NodeKey>().expect("a node key")]);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (net, mut events) = Net::start(config).await.expect("its network");
            while let Some(event) = events.recv().await {
                if let NetEvent::Asked { bytes, reply: to, .. } = event {
                    let answer = if Question::decode(&bytes).is_ok() {
                        reply(network, leaf)
                    } else {
                        nothing(&bytes)
                    };
                    // The host may have hung up meanwhile.
                    let _ = net.reply(to, answer);
                }
            }
        });
    });
}

/// What a node says that holds nothing.
fn nothing(bytes: &[u8]) -> Vec<u8> {
    let answer = match Request::decode(bytes) {
        Ok(Request::Compare { .. }) => Response::Differs {
            lines: Vec::new(),
            more: false,
            program: Program::read("6.6.6").expect("a version"),
        },
        Ok(Request::Lines { .. }) => Response::Lines {
            lines: Vec::new(),
            more: false,
        },
        _ => Response::Runs {
            runs: Vec::new(),
            unserved: Vec::new(),
        },
    };
    answer.encode()
}

/// What a node's status says of the liar's log.
fn log_of_the_liar(node: &Node) -> Value {
    let status = node.status();
    let logs = status["checkpoints"].as_array().into_iter().flatten();
    let liar = key().node().to_string();
    let mut logs = logs;
    logs.find(|log| log["node"] == liar.as_str())
        .cloned()
        .unwrap_or_default()
}

#[test]
fn two_nodes_that_were_shown_different_logs_prove_it() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let (other, _) = province.add_node("other", &node.addresses());
    let _other_daemon = other.start();
    let liar = key().node().to_string();
    let admit = ["node", "admit", &liar, "--unit", &province.unit, "--name", "x"];
    province.sign("operator.pem", &admit).with(0);
    converge(&[node, &other]);
    show(&province, node, 1);
    show(&province, &other, 2);
    for shown in [node, &other] {
        wait_for("the split view", || {
            let log = log_of_the_liar(shown);
            if log["state"] == "split" {
                Ok(())
            } else {
                Err(log.to_string())
            }
        });
        let said = soxa(&shown.home, &["status"]).with(FINDINGS).said;
        let found = format!("Node {liar} has shown two different histories");
        assert!(said.contains(&found), "{said}");
    }

    // The proof is two files, which are checked with no node and no store.
    let folder = province.path("proofs");
    soxa(&node.home, &["conflicts", "--proofs", &folder]).with(FINDINGS);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of proofs")
        .map(|file| file.expect("a file").path())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
    check_offline(&province, &files);

    // A stock program checks them too.
    let Some(python) = std::env::var_os("SOXA_PYTHON") else {
        eprintln!("skipped: SOXA_PYTHON names no Python with the package cryptography");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/verify_checkpoint.py");
    let checked = Command::new(&python)
        .arg(&script)
        .args(&files)
        .output()
        .expect("Python");
    let told = String::from_utf8_lossy(&checked.stdout);
    assert_eq!(
        checked.status.code(),
        Some(SPLIT_VIEW),
        "{told}{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    let one = Command::new(&python)
        .arg(&script)
        .arg(&files[0])
        .output()
        .expect("Python");
    assert_eq!(one.status.code(), Some(0));
}

/// `soxa verify` reads the two notes: a split view together, one history each alone; whatever byte is flipped in either, and for whoever
/// trusts another network, it refuses.
#[track_caller]
fn check_offline(province: &Province, files: &[PathBuf]) {
    let network = province.node.home.join("network.jws").display().to_string();
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let verify = |lang: Lang, files: &[&str], root: &str| {
        let args = [&["verify"], files, &["--root", root, "--format", "json"]].concat();
        soxa_with(&province.file("nowhere"), lang, &args, "")
    };
    let liar = key().node().to_string();
    for (lang, words) in [
        (Lang::En, "has shown two different histories"),
        (Lang::Vi, "hai lịch sử khác nhau"),
    ] {
        let both = verify(lang, &[&files[0], &files[1]], &network).with(0).json();
        let rows = both["proofs"].as_array().expect("a row for each file");
        assert_eq!(rows.len(), 2, "{both}");
        for row in rows {
            let says = row["reason"].as_str().expect("a sentence");
            assert!(
                row["outcome"] == "split" && says.contains(words) && says.contains(&liar),
                "{row}"
            );
        }
    }
    let again = verify(Lang::En, &[&files[0], &files[0]], &network).with(0).json();
    assert_eq!(
        again["proofs"][0]["outcome"], "checkpoint",
        "the same one twice is no split: {again}"
    );
    let alone = verify(Lang::En, &[&files[0]], &network).with(0).json();
    assert_eq!(alone["node"], liar.as_str(), "{alone}");
    let other = verify(Lang::En, &[&files[0]], &"5".repeat(64)).with(VERIFICATION_FAILED);
    assert!(other.said.contains("not among what you trust"), "{}", other.said);
    // The text and its node's signature: further lines of others are left out when they are no cosignatures.
    let note = std::fs::read_to_string(&files[0]).expect("the note");
    let (said, signatures) = note.split_once("\n\n").expect("a signed note");
    let own = signatures.lines().next().expect("the node's signature");
    let note = format!("{said}\n\n{own}\n").into_bytes();
    let flipped = province.path("flipped.note");
    for place in (0..note.len()).step_by(note.len() / 12) {
        let mut bytes = note.clone();
        bytes[place] ^= 1;
        std::fs::write(&flipped, bytes).expect("the flipped note");
        verify(Lang::En, &[&flipped], &network).with(VERIFICATION_FAILED);
        let both = verify(Lang::En, &[&flipped, &files[1]], &network)
            .with(VERIFICATION_FAILED)
            .json();
        assert_eq!(both["proofs"][1]["outcome"], "checkpoint", "{both}");
    }
}
