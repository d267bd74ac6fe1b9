//! Checkpoints: two nodes publish what they hold and co-sign each other, and a restart does not begin a second history.

use serde_json::Value;
use soxa_ledger::checkpoint::SignedCheckpoint;

use crate::support::program::soxa;
use crate::support::province::{Node, Province, converge};
use crate::support::wait_for;

/// What a node knows of another's checkpoints, or of its own.
fn log(node: &Node, of: &Node) -> Value {
    let status = node.status();
    let logs = status["checkpoints"].as_array().expect("checkpoints");
    let log = logs.iter().find(|log| log["node"] == of.key.as_str());
    log.cloned().unwrap_or_default()
}

/// The note that a node shows of a log, once another has co-signed it.
fn cosigned(node: &Node, of: &Node, by: &Node) -> SignedCheckpoint {
    wait_for("a cosignature", || {
        let log = log(node, of);
        let cosigners = log["cosigned_by"].as_array().cloned().unwrap_or_default();
        if !cosigners.iter().any(|one| one["node"] == by.key.as_str()) {
            return Err(log.to_string());
        }
        assert_eq!(log["state"], "in_order");
        let note = log["note"].as_str().expect("a note");
        Ok(SignedCheckpoint::read(note.as_bytes()).expect("its signatures hold"))
    })
}

#[test]
fn nodes_cosign_each_other_and_go_on_after_a_restart() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let (other, _) = province.add_node("other", &node.addresses());
    let other_daemon = other.start();
    converge(&[node, &other]);
    let mut logs = Vec::new();
    for reader in [node, &other] {
        logs.push(*cosigned(reader, node, &other).checkpoint());
        logs.push(*cosigned(reader, &other, node).checkpoint());
    }
    let begun = logs[1].log;
    assert_eq!(begun.node.to_string(), other.key);
    assert_eq!(logs[3].log, begun);

    // People see it, and programs find the note.
    let table = soxa(&node.home, &["status"]).with(0);
    assert!(table.told.contains("Co-signed by"), "{}", table.told);
    let shown = soxa(&node.home, &["status", "--format", "json"]).with(0).json();
    let note = shown["checkpoints"][0]["note"].as_str().expect("a note");
    assert_eq!(
        SignedCheckpoint::read(note.as_bytes())
            .expect("a checkpoint")
            .to_string(),
        note
    );

    drop(other_daemon);
    let _again = other.start();
    let after = cosigned(node, &other, node);
    assert_eq!(after.checkpoint().log, begun, "the same log goes on");
    assert_eq!(log(&other, &other)["split_view"], Value::Array(Vec::new()));
}
