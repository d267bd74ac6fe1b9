//! Nodes come and go over real processes and sockets: invited, joined, refused with a clear answer, retired.

mod support;

use std::path::Path;

use serde_json::{Value, json};
use soxa_lang::Lang;
use support::program::{Daemon, Ended, soxa, soxa_with};
use support::province::{LOOPBACK, Node, Province, converge};
use support::wait_for;

/// An invite as `soxa invite` prints it.
struct Invite {
    id: String,
    token: String,
    fingerprint: String,
}

#[track_caller]
fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
        .to_owned()
}

#[track_caller]
fn invite(province: &Province, further: &[&str]) -> Invite {
    let args = [
        &["invite", "14", "--name", "Mường Bú", "--format", "json"],
        further,
    ]
    .concat();
    let told = province.sign("operator.pem", &args).with(0).json();
    Invite {
        id: text(&told, "invite"),
        token: text(&told, "token"),
        fingerprint: text(&told, "fingerprint"),
    }
}

fn join(home: &Path, token: &str, further: &[&str]) -> Ended {
    let args = [
        &["join", token, "--listen", LOOPBACK, "--format", "json"],
        further,
    ]
    .concat();
    soxa(home, &args)
}

/// What `soxa node list` at the province says of a node.
#[track_caller]
fn listed(province: &Province, node: &str) -> Value {
    let told = soxa(&province.node.home, &["node", "list", "--format", "json"])
        .with(0)
        .json();
    let nodes = told["nodes"].as_array().expect("nodes").clone();
    nodes
        .into_iter()
        .find(|one| one["node"] == node)
        .unwrap_or_else(|| panic!("{node} in {told}"))
}

fn state_of(province: &Province, invite: &str) -> Value {
    let told = soxa(&province.node.home, &["invite", "list", "--format", "json"])
        .with(0)
        .json();
    let invites = told["invites"].as_array().expect("invites").clone();
    let one = invites.into_iter().find(|one| one["invite"] == invite);
    one.map_or(Value::Null, |one| one["state"].clone())
}

fn home_of(province: &Province, name: &str, joined: &Value) -> Node {
    Node::at(province.file(name), text(joined, "node"))
}

/// A node that came in by an invite of its own.
#[track_caller]
fn joined(province: &Province, name: &str) -> Node {
    let invited = invite(province, &[]);
    let joined = join(&province.file(name), &invited.token, &["--yes"])
        .with(0)
        .json();
    home_of(province, name, &joined)
}

#[test]
fn an_invited_node_joins_and_holds_the_same() {
    let province = Province::found();
    let _daemon = province.node.start();
    let invited = invite(&province, &[]);
    assert_eq!(state_of(&province, &invited.id), "open");
    let home = province.file("xa");
    let joined = join(&home, &invited.token, &["--fingerprint", &invited.fingerprint])
        .with(0)
        .json();
    assert_eq!(text(&joined, "network"), province.network);
    assert!(!home.join("joining.key").exists());
    let node = home_of(&province, "xa", &joined);
    let _commune = node.start();
    converge(&[&province.node, &node]);
    assert_eq!(text(&node.status(), "unit"), province.unit);
    assert_eq!(state_of(&province, &invited.id), "used");
    let shown = listed(&province, &node.key);
    assert_eq!(
        (text(&shown, "state"), text(&shown, "by"), text(&shown, "name")),
        (
            "admitted".to_owned(),
            "Cà Văn Ơn".to_owned(),
            "Mường Bú".to_owned()
        )
    );
    assert_eq!(
        shown["fingerprint"], joined["fingerprint"],
        "the words of the key are the same at both ends"
    );
    // Once more, with the same and with another home.
    let again = join(&home, &invited.token, &["--yes"]).with(1);
    assert!(again.said.contains("already set up"), "{}", again.said);
    let other = join(&province.file("xb"), &invited.token, &["--yes"]).with(1);
    assert!(other.said.contains("used by another node"), "{}", other.said);
    let withdrawn = province
        .sign("operator.pem", &["invite", "withdraw", &invited.id])
        .with(1);
    assert!(
        withdrawn.said.contains("nothing to withdraw"),
        "{}",
        withdrawn.said
    );
}

#[test]
fn nothing_is_sent_before_the_words_are_compared() {
    let province = Province::found();
    let daemon = province.node.start();
    let invited = invite(&province, &[]);
    let home = province.file("xa");
    let wrong = join(
        &home,
        &invited.token,
        &["--fingerprint", "gold donkey temple cup cup coin"],
    )
    .with(1);
    assert!(wrong.said.contains("exchanged"), "{}", wrong.said);
    let nobody_asked = join(&home, &invited.token, &[]).with(2);
    assert!(
        nobody_asked.said.contains(&invited.fingerprint),
        "{}",
        nobody_asked.said
    );
    assert!(!home.exists(), "nothing was set up");
    assert_eq!(province.node.status()["strangers"], 0);
    // Read in Vietnamese, typed without accents.
    let told = soxa_with(&home, Lang::Vi, &["join", &invited.token], "");
    let words = told
        .said
        .lines()
        .next()
        .unwrap()
        .rsplit(": ")
        .next()
        .unwrap()
        .to_owned();
    join(
        &home,
        &invited.token,
        &["--fingerprint", &soxa_lang::fold(&words)],
    )
    .with(0);
    daemon.stop();
}

#[test]
fn an_invite_is_refused_with_its_reason() {
    let province = Province::found();
    let daemon = province.node.start();
    let gone = invite(&province, &["--address", "/ip4/127.0.0.1/tcp/1"]);
    let unreachable = join(&province.file("xa"), &gone.token, &["--yes"]).with(14);
    assert!(
        unreachable.said.contains("/ip4/127.0.0.1/tcp/1"),
        "{}",
        unreachable.said
    );
    let withdrawn = invite(&province, &[]);
    province
        .sign("operator.pem", &["invite", "withdraw", &withdrawn.id])
        .with(0);
    let said = join(&province.file("xa"), &withdrawn.token, &["--yes"])
        .with(1)
        .said;
    assert!(said.contains("was withdrawn"), "{said}");
    assert_eq!(state_of(&province, &withdrawn.id), "withdrawn");
    // By somebody who may not admit.
    let head = province.sign("head.pem", &["invite", "14"]).with(1);
    assert!(head.said.contains("None of the appointments"), "{}", head.said);
    for (token, what) in [
        (&gone.token[..gone.token.len() - 3], "end of the token is missing"),
        (&gone.token.replace("soxa1", "soxa7"), "later version"),
        ("xin-chào", "no token of soxa"),
    ] {
        let said = join(&province.file("xa"), token, &["--yes"]).with(1).said;
        assert!(said.contains(what), "{said}");
    }
    // A folder of another network.
    let other = Province::found();
    let said = join(&other.node.home, &gone.token, &["--yes"]).with(1).said;
    assert!(said.contains("another network"), "{said}");
    // Another province's node at the address.
    let elsewhere = other.node.start();
    let address = other.node.addresses().remove(0);
    let lost = invite(&province, &["--address", &address]);
    let said = join(&province.file("xa"), &lost.token, &["--yes"]).with(1).said;
    assert!(said.contains("Another node answers"), "{said}");
    elsewhere.stop();
    daemon.stop();
    let said = join(&province.file("xa"), &withdrawn.token, &["--yes"])
        .with(14)
        .said;
    assert!(said.contains("cannot be reached"), "{said}");
}

#[test]
fn an_invite_expires_at_the_inviting_node() {
    let province = Province::found();
    let _daemon = province.node.start();
    let invited = invite(&province, &["--expires", "1s"]);
    wait_for("the invite's end", || match state_of(&province, &invited.id) {
        state if state == "expired" => Ok(()),
        state => Err(state.to_string()),
    });
    let said = join(&province.file("xa"), &invited.token, &["--yes"])
        .with(1)
        .said;
    assert!(said.contains("has expired"), "{said}");
}

#[test]
fn a_node_that_was_cut_short_while_joining_is_welcome_again() {
    let province = Province::found();
    let _daemon = province.node.start();
    let invited = invite(&province, &[]);
    let home = province.file("xa");
    let joined = join(&home, &invited.token, &["--yes"]).with(0).json();
    // As a crash leaves it that came after the answer: the key of the attempt is there, the home is not.
    std::fs::rename(home.join("node.key"), home.join("joining.key")).unwrap();
    std::fs::remove_file(home.join("network.jws")).unwrap();
    let held = province.node.held();
    let again = join(&home, &invited.token, &["--yes"]).with(0).json();
    assert_eq!(again["node"], joined["node"]);
    assert_eq!(province.node.held(), held, "nothing was stored twice");
    // And as one between the home and the end.
    std::fs::copy(home.join("node.key"), home.join("joining.key")).unwrap();
    join(&home, &invited.token, &["--yes"]).with(0);
    let node = home_of(&province, "xa", &again);
    let _commune = node.start();
    converge(&[&province.node, &node]);
}

#[test]
fn a_retired_node_is_cut_off_and_refused_and_its_history_stands() {
    let province = Province::found();
    let _daemon = province.node.start();
    let node = joined(&province, "xa");
    let commune = node.start();
    converge(&[&province.node, &node]);
    let connected = |expected: bool| {
        wait_for("the connection", || {
            let status = province.node.status();
            let peers = status["peers"].as_array().cloned().unwrap_or_default();
            let up = peers
                .iter()
                .any(|one| one["node"] == node.key && one["connected"] == json!(true));
            if up == expected {
                Ok(())
            } else {
                Err(status.to_string())
            }
        });
    };
    connected(true);
    let retired = province
        .sign(
            "operator.pem",
            &["node", "retire", "Muong Bu", "--format", "json"],
        )
        .with(0);
    assert!(retired.said.contains("disconnected at once"), "{}", retired.said);
    connected(false);
    assert_eq!(text(&listed(&province, &node.key), "state"), "retired");
    assert_ne!(listed(&province, &node.key)["retired"], Value::Null);
    let twice = province
        .sign("operator.pem", &["node", "retire", &node.key])
        .with(1);
    assert!(twice.said.contains("retired already"), "{}", twice.said);
    commune.stop();
    // With a new invite and the old key: refused, and the invite stays open.
    let second = invite(&province, &[]);
    let home = province.file("xb");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(node.home.join("node.key"), home.join("joining.key")).unwrap();
    let said = join(&home, &second.token, &["--yes"]).with(1).said;
    assert!(said.contains("was retired"), "{said}");
    assert_eq!(state_of(&province, &second.id), "open");
    // The founding node has nothing to retire.
    let founding = province
        .sign("operator.pem", &["node", "retire", &province.node.key])
        .with(1);
    assert!(founding.said.contains("founding"), "{}", founding.said);
}

/// An address of this machine that is free now.
fn free_address() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!(
        "/ip4/127.0.0.1/tcp/{}",
        socket.local_addr().expect("its address").port()
    )
}

/// Starts a node at a new address that it announces, dialling nobody by its configuration.
#[track_caller]
fn start_at(node: &Node, address: &str) -> Daemon {
    node.configure_listen(address, &format!("announce = [\"{address}\"]\n"));
    node.start()
}

#[track_caller]
fn wait_connected(node: &Node, other: &Node) {
    wait_for("a connection", || {
        let status = node.status();
        let peers = status["peers"].as_array().cloned().unwrap_or_default();
        let up = peers
            .iter()
            .any(|one| one["node"] == other.key && one["connected"] == json!(true));
        if up {
            Ok(())
        } else {
            Err(status["peers"].to_string())
        }
    });
}

#[track_caller]
fn wait_listed(province: &Province, node: &Node, address: &str) {
    wait_for("the new address", || {
        let shown = listed(province, &node.key);
        if shown["addresses"] == address {
            Ok(())
        } else {
            Err(shown.to_string())
        }
    });
}

#[test]
fn a_node_that_moved_is_found_again_and_finds_the_others() {
    let province = Province::found();
    let first = free_address();
    let daemon = start_at(&province.node, &first);
    let mut nodes = Vec::new();
    for name in ["xa", "xb"] {
        nodes.push(joined(&province, name));
    }
    let (a, b) = (&nodes[0], &nodes[1]);
    let tell = |node: &Node| {
        // The configuration that joining wrote names the province's first address.
        let file = node.home.join("config.toml");
        let address = free_address();
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("announce = []", &format!("announce = [\"{address}\"]"));
        let text = text.replace(LOOPBACK, &address);
        std::fs::write(&file, text).unwrap();
        (node.start(), address)
    };
    let ((_a_runs, a_address), (b_runs, b_address)) = (tell(a), tell(b));
    wait_listed(&province, a, &a_address);
    wait_listed(&province, b, &b_address);
    // Neighbours by what the province passed on, though neither is configured to dial the other.
    wait_connected(a, b);
    // The commune moves; its configuration names nobody any more.
    b_runs.stop();
    let moved = free_address();
    let _b_runs = start_at(b, &moved);
    wait_connected(b, &province.node);
    wait_listed(&province, b, &moved);
    // The province moves.
    daemon.stop();
    let second = free_address();
    let _daemon = start_at(&province.node, &second);
    wait_connected(a, &province.node);
    wait_listed(&province, &province.node, &second);
    converge(&[&province.node, a, b]);
}

#[test]
fn two_machines_with_one_key_are_told_so() {
    let province = Province::found();
    let _daemon = province.node.start();
    let node = joined(&province, "xa");
    let runs = node.start();
    converge(&[&province.node, &node]);
    runs.stop();
    let mut copy = node.clone();
    copy.home = province.file("copy");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&node.home, &copy.home])
        .status();
    assert!(copied.expect("cp").success());
    // Started again is not doubled.
    let runs = node.start();
    wait_connected(&province.node, &node);
    assert_eq!(province.node.status()["doubled"], json!([]));
    let twin = copy.start();
    wait_for(
        "the province to notice",
        || match &province.node.status()["doubled"] {
            doubled if *doubled == json!([node.key]) => Ok(()),
            doubled => Err(doubled.to_string()),
        },
    );
    for one in [&node, &copy] {
        wait_for("the machine to be told", || {
            let why = one.status()["read_only"].to_string();
            if why.contains("doubled") { Ok(()) } else { Err(why) }
        });
    }
    let said = soxa(&province.node.home, &["status"]).with(3).said;
    assert!(said.contains("Two machines use the key"), "{said}");
    twin.stop();
    runs.stop();
}
