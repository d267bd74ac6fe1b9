//! More nodes than the 100 topics that gossip's filter takes by default, linked as they are in a province: everybody
//! hears of everybody on the one topic.

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::*;
use crate::limits::{CONNECTIONS_MAX, NEIGHBOURS};
use crate::{HintVerdict, Misconduct, neighbours_of};

const NODES: u64 = 120;
/// Nodes that announce at the same moment.
const TOGETHER: usize = 10;
/// One for each ten nodes is the least, and each lasts a second at most; a machine that is busy needs more of them.
const ROUNDS_MAX: u64 = 600;

fn key_of(number: u64) -> SecretKey {
    let mut seed = [0x50; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// Accepts what it hears until the network ends, and tells from whom it has heard.
async fn listens(net: NetHandle, mut events: mpsc::Receiver<NetEvent>, heard: watch::Sender<BTreeSet<u64>>) {
    while let Some(event) = events.recv().await {
        if let NetEvent::Hint { id, bytes, .. } = event {
            // When the queue is full, this one is not passed on: others pass it on too.
            let _ = net.hint_verdict(id, HintVerdict::Accept);
            let from = bytes
                .first_chunk()
                .map_or(u64::MAX, |first| u64::from_be_bytes(*first));
            heard.send_if_modified(|heard| heard.insert(from));
        }
    }
}

#[tokio::test]
async fn a_hundred_and_twenty_nodes_hear_of_each_other() {
    let keys: Vec<NodeKey> = (0..NODES).map(|number| key_of(number).node()).collect();
    let admitted: BTreeSet<NodeKey> = keys.iter().copied().collect();
    let mut started = Vec::new();
    for number in 0..NODES {
        let mut config = NetConfig::new(key_of(number), NETWORK);
        config.listen.push(LOOPBACK.to_owned());
        config.admitted = admitted.clone();
        started.push(Node::start(config).await);
    }
    let province = BTreeSet::from([keys[0]]);
    for node in &started {
        for other in neighbours_of(&node.key, &province, keys.iter().copied()) {
            let other = started
                .iter()
                .find(|node| node.key == other)
                .expect("it was started");
            node.net.dial(&other.address).expect("the dial is taken");
        }
    }
    let (mut heard, mut nets, mut listening) = (Vec::new(), Vec::new(), JoinSet::new());
    for (number, node) in (0..NODES).zip(started) {
        let (hearing, heard_of) = watch::channel(BTreeSet::from([number]));
        heard.push(heard_of);
        nets.push(node.net.clone());
        listening.spawn(listens(node.net, node.events, hearing));
    }
    // What is announced before the links stand may get lost: whom not all have heard yet announces again.
    let mut rounds = 0;
    for first in (0..NODES).step_by(TOGETHER) {
        let numbers: BTreeSet<u64> = (first..NODES).take(TOGETHER).collect();
        loop {
            let missing = |number: &&u64| heard.iter().any(|heard| !heard.borrow().contains(number));
            let missing: Vec<u64> = numbers.iter().filter(missing).copied().collect();
            if missing.is_empty() {
                break;
            }
            rounds += 1;
            assert!(rounds <= ROUNDS_MAX, "not all have heard of {missing:?}");
            for number in missing {
                let hint = [number, rounds].map(u64::to_be_bytes).concat();
                nets[number as usize].announce(hint).expect("the hint is taken");
            }
            let all = async {
                for heard_of in &mut heard {
                    let everybody = heard_of.wait_for(|heard| heard.is_superset(&numbers));
                    everybody.await.expect("the node runs");
                }
            };
            // Too late for this round is no failure.
            let _ = timeout(10 * AGAIN, all).await;
        }
    }
    let connections: Vec<u64> = nets.iter().map(|net| net.counters().connections()).collect();
    assert!(connections[0] >= NODES - 1, "the province's node has all");
    // A pair that dialled each other at the same moment has two connections.
    let most = connections[1..].iter().max().copied().unwrap_or_default();
    assert!(
        most <= 6 * NEIGHBOURS as u64 && connections[0] <= u64::from(CONNECTIONS_MAX),
        "{connections:?}"
    );
    // New ones only, whatever the number of those that passed them on.
    for net in &nets {
        assert!(net.counters().hints_received() <= rounds * NODES);
    }
    // That somebody was slow is said of it, and is no blame.
    let conduct = nets.iter().flat_map(|net| net.conduct());
    let rules: BTreeSet<Misconduct> = conduct
        .flat_map(|(_, seen)| seen.misconduct.into_keys())
        .collect();
    assert!(
        rules.iter().all(|rule| *rule == Misconduct::SlowGossip),
        "honest nodes blame each other: {rules:?}"
    );
}
