//! Garbage on the local socket: answered or closed, and the daemon goes on.

use serde_json::{Value, json};

use crate::support::chance::Chance;
use crate::support::province::{Node, Province};
use crate::support::socket::{Socket, call};

/// The longest line that the daemon reads.
const LINE_BYTES_MAX: usize = 4 << 20;

/// What came back: the answers before the connection was closed.
fn answers(node: &Node, bytes: &[u8]) -> Vec<Value> {
    let mut socket = Socket::connect(&node.home).expect("a running daemon");
    // Fails when the daemon has seen enough and closed.
    let _ = socket.write(bytes);
    socket.finish();
    let mut answers = Vec::new();
    while let Ok(Some(answer)) = socket.line() {
        answers.push(answer);
    }
    answers
}

/// Expects one answer, a refusal of this kind; then the connection is closed or, for a request, its end is reached.
#[track_caller]
fn check(node: &Node, what: &str, bytes: &[u8], refusal: &str) {
    let answers = answers(node, bytes);
    assert!(answers.len() <= 1, "{what}: {answers:?}");
    // A connection that is closed while the writer still writes may lose the answer.
    if let Some(answer) = answers.first() {
        assert!(!answer["refused"][refusal].is_null(), "{what}: {answer}");
    } else {
        assert!(bytes.len() > LINE_BYTES_MAX, "{what}: no answer");
    }
    assert!(
        node.status()["commits"].is_u64(),
        "the daemon does not answer after {what}"
    );
}

#[test]
fn garbage_on_the_socket() {
    let province = Province::found();
    let node = &province.node;
    let mut daemon = node.start();
    let before = node.held();
    let mut chance = Chance::new(7);
    for length in [1, 2, 100, 70_000] {
        let mut bytes = chance.bytes(length);
        bytes.retain(|byte| *byte != b'\n');
        check(node, "random bytes", &[&bytes[..], b"\n"].concat(), "bad_request");
        check(
            node,
            "random bytes without an end",
            &[b"x", &bytes[..]].concat(),
            "bad_request",
        );
    }
    check(
        node,
        "a line that is too long",
        &vec![b'a'; LINE_BYTES_MAX + 100_000],
        "bad_request",
    );
    let deep = [vec![b'['; 1 << 20], b"\n".to_vec()].concat();
    check(node, "deep nesting", &deep, "bad_request");
    let status = call(&json!("status"));
    check(node, "half a line", &status[..status.len() / 2], "bad_request");
    check(
        node,
        "an unknown request",
        &call(&json!("format_disk")),
        "bad_request",
    );
    check(
        node,
        "an unknown field",
        &call(&json!({ "record": { "id": "ab", "key": "x" } })),
        "bad_request",
    );
    check(
        node,
        "another version",
        b"{\"version\":2,\"request\":{\"new\":1}}\n",
        "other_version",
    );
    check(node, "no version", b"{\"request\":\"status\"}\n", "bad_request");
    check(
        node,
        "HTTP",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "bad_request",
    );
    for request in [
        json!({ "submit": { "commits": ["%%%"] } }),
        json!({ "submit": { "commits": ["AAAA"] } }),
        json!({ "submit_statements": { "statements": ["e30="] } }),
        json!({ "check": { "commit": "AAAA" } }),
        json!({ "appointments": { "key": "xyz" } }),
        json!({ "records": { "kind": "asset", "after": "xyz" } }),
    ] {
        let answer = answers(node, &call(&request));
        let refused = |kind: &str| !answer[0]["refused"][kind].is_null();
        assert!(
            answer.len() == 1 && (refused("bad_request") || refused("bad_signature")),
            "{request}: {answer:?}"
        );
    }
    // A good request on a connection of its own and after another good one is answered all the while.
    let mut socket = Socket::connect(&node.home).expect("a running daemon");
    for _ in 0..3 {
        let answer = socket
            .ask(&json!("status"))
            .expect("a connection")
            .expect("an answer");
        assert!(answer["status"]["commits"].is_u64(), "{answer}");
    }
    assert_eq!(node.held(), before);
    assert!(daemon.ended().is_none());
    daemon.stop();
    node.verify();
}

#[test]
fn many_silent_connections_do_not_keep_commands_out() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    // As many as the daemon serves at once less one; each has said half a line.
    let silent: Vec<Socket> = (0..60)
        .map(|_| {
            let mut socket = Socket::connect(&node.home).expect("a running daemon");
            socket.write(b"{\"version\":1,").expect("a connection");
            socket
        })
        .collect();
    assert!(node.status()["commits"].is_u64());
    drop(silent);
    assert!(node.status()["commits"].is_u64());
}
