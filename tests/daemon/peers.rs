//! A node among others: convergence, strangers, and a node whose admission is cut.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use soxa_ledger::SecretKey;
use soxa_net::{Net, NetConfig, NetEvent};

use crate::support::province::{Node, Province, converge};
use crate::support::socket::{ask, submit};
use crate::support::{LIMIT, wait_for};

/// What a node says of one peer.
fn peer(node: &Node, of: &Node) -> Value {
    let status = node.status();
    let peers = status["peers"].as_array().expect("peers");
    peers
        .iter()
        .find(|peer| peer["node"] == of.key.as_str())
        .cloned()
        .unwrap_or_default()
}

/// Registers an asset at a node.
#[track_caller]
fn register(province: &Province, node: &Node, number: u64) {
    let answer = ask(
        &node.home,
        &submit([province.head().register(number).bytes.as_slice()]),
    );
    assert!(answer["stored"].is_array(), "{answer}");
}

#[test]
fn two_nodes_converge_and_a_cut_one_is_left_out() {
    let province = Province::found();
    let node = &province.node;
    let daemon = node.start();
    register(&province, node, 1);
    let (other, admission) = province.add_node("other", &node.addresses());
    let other_daemon = other.start();
    converge(&[node, &other]);
    // Work on either side reaches the other.
    register(&province, node, 2);
    register(&province, &other, 3);
    converge(&[node, &other]);
    assert_eq!(other.records("asset").len(), 3);
    for (one, of) in [(node, &other), (&other, node)] {
        wait_for("an exchange that ended in equality", || {
            let peer = peer(one, of);
            let told = peer["program"] == env!("CARGO_PKG_VERSION") && peer["heard_at_ms"].is_u64();
            if peer["connected"] == true && peer["sync"] == "synced" && told {
                Ok(())
            } else {
                Err(peer.to_string())
            }
        });
    }

    province
        .sign(
            "operator.pem",
            &["key", "cut", &admission, "--reason", "revocation"],
        )
        .with(0);
    wait_for("the cut node's disconnection", || {
        let (here, there) = (peer(node, &other), peer(&other, node));
        if here["connected"] != true && there["connected"] != true {
            Ok(())
        } else {
            Err(format!("{here} {there}"))
        }
    });
    // It dials again and is turned away, and learns nothing more.
    register(&province, node, 4);
    let turned_away = node.status()["strangers"].as_u64().expect("a count");
    wait_for("another attempt of the cut node", || {
        let strangers = node.status()["strangers"].as_u64();
        if strangers > Some(turned_away) {
            Ok(())
        } else {
            Err(format!("{strangers:?}"))
        }
    });
    assert_eq!(
        (node.records("asset").len(), other.records("asset").len()),
        (4, 3)
    );
    daemon.stop();
    other_daemon.stop();
    node.verify();
    other.verify();
}

#[test]
fn a_stranger_is_turned_away_and_counted() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    register(&province, node, 1);
    let before = node.held();
    assert_eq!(node.status()["strangers"], 0);
    let address = node.addresses().remove(0);
    let host: BTreeSet<soxa_ledger::NodeKey> = [node.key.parse().expect("a node key")].into();
    let host_key = *host.first().expect("one");

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let answered = runtime.block_on(async {
        let mut config = NetConfig::new(
            SecretKey::from_seed(&[0x5e; 32]),
            province.network.parse().expect("a network"),
        );
        config.dial = vec![address];
        config.admitted = host;
        let (net, mut events) = Net::start(config).await.expect("the stranger's network");
        let turned_away = async {
            let mut answers = Vec::new();
            loop {
                match events.recv().await.expect("the stranger's network runs") {
                    // The dialling side sees the connection first and the refusal a moment later.
                    NetEvent::PeerUp { .. } => {
                        drop(net.ask(host_key, 1, soxa_sync::Request::Lines { after: None }.encode()))
                    }
                    NetEvent::Answered {
                        result: Ok(bytes), ..
                    } => answers.push(bytes),
                    NetEvent::PeerDown { .. } | NetEvent::DialFailed { .. } => return answers,
                    _ => {}
                }
            }
        };
        let answers = tokio::time::timeout(LIMIT, turned_away)
            .await
            .expect("turned away in time");
        net.shutdown().await;
        answers
    });
    assert!(answered.is_empty(), "a stranger was answered: {answered:?}");
    wait_for("the stranger's count", || {
        let strangers = node.status()["strangers"].as_u64();
        if strangers >= Some(1) {
            Ok(())
        } else {
            Err(format!("{strangers:?}"))
        }
    });
    assert_eq!(node.status()["peers"], json!([]));
    assert_eq!(node.held(), before);
}
