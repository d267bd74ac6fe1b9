//! The adapter over real sockets on loopback. Times here are bounds of failure only.

mod abuse;
mod admission;
mod exchange;
mod floods;
mod guests;
mod laggards;
mod lifecycle;
mod province;
mod raw;
mod replays;
mod strangers;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use libp2p::futures::StreamExt;
use libp2p::swarm::{Swarm, SwarmEvent};
use soxa_ledger::{NetworkId, NodeKey, SecretKey};
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

use crate::behaviour::{Protocols, ProtocolsEvent, swarm_of};
use crate::{AskError, Net, NetConfig, NetEvent, NetHandle};

/// What takes longer has failed.
const FAILED: Duration = Duration::from_secs(60);
/// How often something that may get lost is tried again.
const AGAIN: Duration = Duration::from_millis(100);
const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";
const NETWORK: NetworkId = NetworkId([0xab; 32]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn node(seed: u8) -> NodeKey {
    key(seed).node()
}

fn nodes(seeds: &[u8]) -> BTreeSet<NodeKey> {
    seeds.iter().map(|seed| node(*seed)).collect()
}

/// A configuration that listens on loopback and admits the nodes of these seeds.
fn config(seed: u8, admitted: &[u8]) -> NetConfig {
    let mut config = NetConfig::new(key(seed), NETWORK);
    config.listen.push(LOOPBACK.to_owned());
    config.admitted = nodes(admitted);
    config
}

/// A started node.
struct Node {
    key: NodeKey,
    address: String,
    net: NetHandle,
    events: mpsc::Receiver<NetEvent>,
}

impl Node {
    async fn start(config: NetConfig) -> Self {
        let key = config.key.node();
        let (net, events) = Net::start(config).await.expect("the network starts");
        let mut node = Self {
            key,
            address: String::new(),
            net,
            events,
        };
        node.address = node.find(|event| listening(&event)).await;
        node
    }

    async fn next(&mut self) -> NetEvent {
        timeout(FAILED, self.events.recv())
            .await
            .expect("an event in time")
            .expect("the network runs")
    }

    /// The first event that is wanted; those before it are passed over.
    async fn find<T>(&mut self, mut wanted: impl FnMut(NetEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    async fn up(&mut self, other: NodeKey) {
        self.find(|event| matches!(event, NetEvent::PeerUp { node, .. } if node == other).then_some(()))
            .await;
    }

    async fn down(&mut self, other: NodeKey) {
        self.find(|event| matches!(event, NetEvent::PeerDown { node } if node == other).then_some(()))
            .await;
    }

    /// Asks and waits for the answer, passing over what else happens.
    async fn ask(&mut self, other: NodeKey, request_id: u64, bytes: Vec<u8>) -> Result<Vec<u8>, AskError> {
        self.net
            .ask(other, request_id, bytes)
            .expect("the request is taken");
        self.answer(request_id).await
    }

    async fn answer(&mut self, wanted: u64) -> Result<Vec<u8>, AskError> {
        self.find(|event| match event {
            NetEvent::Answered {
                request_id, result, ..
            } if request_id == wanted => Some(result),
            _ => None,
        })
        .await
    }
}

fn listening(event: &NetEvent) -> Option<String> {
    match event {
        NetEvent::Listening { address } => Some(address.clone()),
        _ => None,
    }
}

/// Answers every request with its bytes reversed and accepts every hint, until the network ends. Returns the hints.
async fn serve(mut node: Node) -> Vec<Vec<u8>> {
    let mut hints = Vec::new();
    while let Some(event) = node.events.recv().await {
        match event {
            NetEvent::Asked { mut bytes, reply, .. } => {
                bytes.reverse();
                node.net.reply(reply, bytes).expect("the reply is taken");
            }
            NetEvent::Hint { id, bytes, .. } => {
                node.net
                    .hint_verdict(id, crate::HintVerdict::Accept)
                    .expect("the verdict is taken");
                hints.push(bytes);
            }
            _ => {}
        }
    }
    hints
}

/// Two nodes that admit each other, connected.
async fn pair() -> (Node, Node) {
    let mut a = Node::start(config(1, &[1, 2])).await;
    let mut to_a = config(2, &[1, 2]);
    to_a.dial.push(a.address.clone());
    let mut b = Node::start(to_a).await;
    a.up(b.key).await;
    b.up(a.key).await;
    (a, b)
}

/// A peer that keeps none of our rules: the bare swarm, driven by the test.
struct Rogue {
    swarm: Swarm<Protocols>,
    /// What it was told while it paid no heed, requests included.
    kept: Vec<SwarmEvent<ProtocolsEvent>>,
}

impl Rogue {
    /// Dials the node, whose connection stands afterwards as far as the dialler sees.
    async fn dialling(config: &NetConfig, target: &Node) -> Self {
        let mut swarm = swarm_of(config).unwrap();
        swarm.behaviour_mut().admission.replace(config.admitted.clone());
        swarm
            .dial(target.address.parse::<libp2p::Multiaddr>().unwrap())
            .unwrap();
        let mut rogue = Self {
            swarm,
            kept: Vec::new(),
        };
        rogue
            .until(|event| matches!(event, SwarmEvent::ConnectionEstablished { .. }))
            .await;
        rogue
    }

    async fn until(&mut self, mut wanted: impl FnMut(&SwarmEvent<ProtocolsEvent>) -> bool) {
        if self.kept.drain(..).any(|event| wanted(&event)) {
            return;
        }
        let found = async { while !wanted(&self.swarm.select_next_some().await) {} };
        timeout(FAILED, found).await.expect("the rogue's event in time");
    }

    /// Waits until the other side takes part in the topic, so that what is published gets there.
    async fn subscribed(&mut self) {
        use libp2p::gossipsub::Event::Subscribed;
        self.until(|event| {
            matches!(
                event,
                SwarmEvent::Behaviour(ProtocolsEvent::Gossip(crate::meter::Metered::Gossip(
                    Subscribed { .. }
                )))
            )
        })
        .await;
    }

    /// Keeps the rogue's connections alive while something else happens.
    async fn during<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return done,
                event = self.swarm.select_next_some() => self.kept.push(event),
            }
        }
    }
}

/// Announces ever new hints of this kind until the other side has what it waits for.
async fn announcing<T>(net: &NetHandle, kind: &str, other: impl Future<Output = T>) -> T {
    let mut other = std::pin::pin!(other);
    let mut again = interval(AGAIN);
    let mut number = 0;
    loop {
        tokio::select! {
            done = &mut other => return done,
            _ = again.tick() => {
                number += 1;
                net.announce(format!("{kind} {number}").into_bytes()).expect("the hint is taken");
            }
        }
    }
}
