//! More nodes than the 100 topics that gossip's filter takes by default, linked as they are in a province: everybody
//! hears of everybody on the one topic.

use tokio::task::JoinSet;

use super::*;
use crate::limits::{CONNECTIONS_MAX, NEIGHBOURS};
use crate::{HintVerdict, Misconduct, neighbours_of};

const NODES: usize = 120;
/// Nodes that announce at the same moment: half of them, and then the others.
const TOGETHER: usize = 60;
/// Nothing was heard for so long: what is missing got lost, as hints may, and is announced again. Never earlier, or a
/// busy machine would be kept busy with what it does not come to hear.
const QUIET: Duration = Duration::from_secs(5);
/// So often something may get lost before it is the network's fault.
const LOSSES_MAX: usize = 5;

fn key_of(number: usize) -> SecretKey {
    let mut seed = [0x50; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// What a node learnt.
enum News {
    Up { at: usize, peer: NodeKey },
    Heard { at: usize, from: usize },
}

/// Accepts what it hears until the network ends, and tells of it.
async fn listens(at: usize, mut node: Node, news: mpsc::Sender<News>) {
    while let Some(event) = node.events.recv().await {
        let told = match event {
            NetEvent::PeerUp { node: peer, .. } => News::Up { at, peer },
            NetEvent::Hint { id, bytes, .. } => {
                // When the queue is full, this one is not passed on: others pass it on too.
                let _ = node.net.hint_verdict(id, HintVerdict::Accept);
                let from = bytes.first_chunk().map(|first| u64::from_be_bytes(*first));
                let from = from.map_or(usize::MAX, |from| from as usize);
                News::Heard { at, from }
            }
            _ => continue,
        };
        if news.send(told).await.is_err() {
            return;
        }
    }
}

/// All nodes, linked: everybody with its neighbours.
async fn province() -> (Vec<NetHandle>, mpsc::Receiver<News>, JoinSet<()>) {
    let keys: Vec<NodeKey> = (0..NODES).map(|number| key_of(number).node()).collect();
    let admitted: BTreeSet<NodeKey> = keys.iter().copied().collect();
    let mut started = Vec::new();
    for number in 0..NODES {
        let mut config = NetConfig::new(key_of(number), NETWORK);
        config.listen.push(LOOPBACK.to_owned());
        config.admitted = admitted.clone();
        started.push(Node::start(config).await);
    }
    let centre = BTreeSet::from([keys[0]]);
    let mut links = BTreeSet::new();
    for (at, node) in started.iter().enumerate() {
        for other in neighbours_of(&node.key, &centre, keys.iter().copied()) {
            let other_at = keys.iter().position(|key| *key == other).expect("one of them");
            let address = &started[other_at].address;
            node.net.dial(address).expect("the dial is taken");
            links.extend([(at, other), (other_at, node.key)]);
        }
    }
    let nets = started.iter().map(|node| node.net.clone()).collect();
    let (telling, mut news) = mpsc::channel(NODES);
    let mut listening = JoinSet::new();
    for (at, node) in started.into_iter().enumerate() {
        listening.spawn(listens(at, node, telling.clone()));
    }
    while !links.is_empty() {
        let told = timeout(FAILED, news.recv()).await.expect("a link in time");
        if let Some(News::Up { at, peer }) = told {
            links.remove(&(at, peer));
        }
    }
    (nets, news, listening)
}

#[tokio::test]
async fn a_hundred_and_twenty_nodes_hear_of_each_other() {
    let (nets, mut news, _listening) = province().await;
    let announce = |number: usize, again: usize| {
        let hint = [number as u64, again as u64].map(u64::to_be_bytes).concat();
        nets[number].announce(hint).expect("the hint is taken");
    };
    let mut announced = 0;
    let mut losses = 0;
    for first in (0..NODES).step_by(TOGETHER) {
        let together = first..first + TOGETHER;
        let pairs = together
            .clone()
            .flat_map(|from| (0..NODES).map(move |at| (from, at)));
        let mut missing: BTreeSet<(usize, usize)> = pairs.filter(|(from, at)| from != at).collect();
        announced += TOGETHER as u64;
        together.for_each(|number| announce(number, 0));
        while !missing.is_empty() {
            match timeout(QUIET, news.recv()).await {
                Ok(Some(News::Heard { at, from })) => drop(missing.remove(&(from, at))),
                Ok(Some(News::Up { .. })) => {}
                Ok(None) => panic!("the networks ended"),
                Err(_) => {
                    losses += 1;
                    assert!(losses <= LOSSES_MAX, "(from, at) not heard: {missing:?}");
                    let unheard: BTreeSet<usize> = missing.iter().map(|(from, _)| *from).collect();
                    announced += unheard.len() as u64;
                    unheard.into_iter().for_each(|number| announce(number, losses));
                }
            }
        }
    }
    let connections: Vec<u64> = nets.iter().map(|net| net.counters().connections()).collect();
    assert!(connections[0] >= NODES as u64 - 1, "the province's node has all");
    // A pair that dialled each other at the same moment has two connections.
    let most = connections[1..].iter().max().copied().unwrap_or_default();
    assert!(
        most <= 6 * NEIGHBOURS as u64 && connections[0] <= u64::from(CONNECTIONS_MAX),
        "{connections:?}"
    );
    // New ones only, whatever the number of those that passed them on.
    for net in &nets {
        assert!(net.counters().hints_received() <= announced);
    }
    // That somebody was slow is said of it, and is no blame.
    let conduct = nets.iter().flat_map(NetHandle::conduct);
    let rules: BTreeSet<Misconduct> = conduct
        .flat_map(|(_, seen)| seen.misconduct.into_keys())
        .collect();
    assert!(
        rules.iter().all(|rule| *rule == Misconduct::SlowGossip),
        "honest nodes blame each other: {rules:?}"
    );
}
