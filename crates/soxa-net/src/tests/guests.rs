//! What the holder of an invite's key may do, and that it is all.

use libp2p::request_response::Event;
use libp2p::swarm::SwarmEvent;
use soxa_ledger::PublicKey;

use super::*;
use crate::codec::Request;
use crate::identity::peer_of;
use crate::limits::{GUESTS_MAX, JOIN_REQUEST_BYTES_MAX};
use crate::{JoinError, RefusedReason, ask_as_guest};

const INVITE: u8 = 100;

fn keys(seeds: &[u8]) -> BTreeSet<PublicKey> {
    seeds.iter().map(|seed| key(*seed).public()).collect()
}

/// A node that admits the node 2 and expects the guest [`INVITE`], with the node 2 connected.
async fn host() -> (Node, Node) {
    let (a, b) = pair().await;
    a.net.expect_guests(keys(&[INVITE]));
    (a, b)
}

async fn knock(a: &Node, seed: u8, bytes: &[u8]) -> Result<Vec<u8>, JoinError> {
    let addresses = [a.address.clone()];
    ask_as_guest(&key(seed), NETWORK, a.key, &addresses, bytes.to_vec()).await
}

/// Answers one guest with its bytes reversed.
async fn receive(a: &mut Node) -> PublicKey {
    let (key, mut bytes, reply) = a
        .find(|event| match event {
            NetEvent::Joining { key, bytes, reply } => Some((key, bytes, reply)),
            NetEvent::Asked { node, .. } | NetEvent::PeerUp { node, .. } => {
                panic!("{node} is no node of ours")
            }
            _ => None,
        })
        .await;
    bytes.reverse();
    a.net.reply(reply, bytes).expect("the reply is taken");
    key
}

fn refused(event: NetEvent) -> Option<(String, RefusedReason)> {
    match event {
        NetEvent::Refused { who, reason, .. } => Some((who, reason)),
        _ => None,
    }
}

#[tokio::test]
async fn a_guest_asks_and_is_answered() {
    let (mut a, _b) = host().await;
    let asker = Node {
        key: a.key,
        address: a.address.clone(),
        net: a.net.clone(),
        events: mpsc::channel(1).1,
    };
    let (answer, who) = tokio::join!(knock(&asker, INVITE, b"ab"), receive(&mut a));
    assert_eq!(answer.unwrap(), b"ba");
    assert_eq!(who, key(INVITE).public());
    // Until its invite is no longer known: the key then is a stranger's.
    a.net.expect_guests(BTreeSet::new());
    let answer = loop {
        // The new set comes into force a moment later.
        match timeout(FAILED, async {
            tokio::select! {
                answer = knock(&asker, INVITE, b"ab") => Some(answer),
                _ = receive(&mut a) => None,
            }
        })
        .await
        .expect("an answer in time")
        {
            Some(answer) => break answer,
            None => continue,
        }
    };
    assert!(matches!(answer, Err(JoinError::TurnedAway)), "{answer:?}");
}

#[tokio::test]
async fn a_stranger_and_another_network_are_turned_away() {
    let (mut a, _b) = host().await;
    let addresses = [a.address.clone()];
    let stranger = knock(&a, 101, b"ab").await;
    assert!(matches!(stranger, Err(JoinError::TurnedAway)), "{stranger:?}");
    assert_eq!(
        a.find(refused).await,
        (node(101).to_string(), RefusedReason::NotAdmitted)
    );
    let other = NetworkId([0xcd; 32]);
    let other = ask_as_guest(&key(INVITE), other, a.key, &addresses, b"ab".to_vec()).await;
    assert!(matches!(other, Err(JoinError::TurnedAway)), "{other:?}");
    let wrong = ask_as_guest(&key(INVITE), NETWORK, node(9), &addresses, b"ab".to_vec()).await;
    assert!(
        matches!(&wrong, Err(JoinError::OtherNode(who)) if *who == a.key.to_string()),
        "{wrong:?}"
    );
    a.net.shutdown().await;
    let gone = knock(&a, INVITE, b"ab").await;
    assert!(matches!(gone, Err(JoinError::Unreachable(_))), "{gone:?}");
}

#[tokio::test]
async fn a_guest_is_offered_nothing_but_the_join_protocol() {
    let (mut a, b) = host().await;
    let mut rogue = Rogue::dialling(&config(INVITE, &[1]), &a).await;
    let peer = peer_of(&a.key).unwrap();
    rogue
        .swarm
        .behaviour_mut()
        .requests
        .send_request(&peer, Request::Bytes(b"tips?".to_vec()));
    let unsupported = |event: &SwarmEvent<ProtocolsEvent>| match event {
        SwarmEvent::Behaviour(ProtocolsEvent::Requests(Event::OutboundFailure { error, .. })) => {
            assert!(
                matches!(
                    error,
                    libp2p::request_response::OutboundFailure::UnsupportedProtocols
                ),
                "{error:?}"
            );
            true
        }
        SwarmEvent::Behaviour(ProtocolsEvent::Gossip(crate::meter::Metered::Gossip(
            libp2p::gossipsub::Event::Subscribed { .. },
        ))) => {
            panic!("a guest learns of no topic")
        }
        _ => false,
    };
    rogue.until(unsupported).await;
    // Nodes have no join protocol, and are served meanwhile.
    let mut b = b;
    let serving = tokio::spawn(async move {
        while let Some(event) = b.events.recv().await {
            if let NetEvent::Asked { bytes, reply, .. } = event {
                b.net.reply(reply, bytes).unwrap();
            }
        }
    });
    let answer = rogue.during(a.ask(node(2), 7, b"you?".to_vec())).await;
    assert_eq!(answer, Ok(b"you?".to_vec()));
    serving.abort();
}

#[tokio::test]
async fn guests_are_few_and_their_words_short() {
    let (mut a, _b) = host().await;
    let large = vec![0; JOIN_REQUEST_BYTES_MAX + 1];
    let addresses = [a.address.clone()];
    let answer = ask_as_guest(&key(INVITE), NETWORK, a.key, &addresses, large).await;
    assert!(matches!(answer, Err(JoinError::TurnedAway)), "{answer:?}");
    let reason = a.find(refused).await;
    assert_eq!(
        reason,
        (node(INVITE).to_string(), RefusedReason::OversizedRequest)
    );
    let seeds: Vec<u8> = (0..=u8::try_from(GUESTS_MAX).unwrap()).map(|n| 110 + n).collect();
    a.net.expect_guests(keys(&seeds));
    let mut rogues = Vec::new();
    for seed in &seeds {
        rogues.push(Rogue::dialling(&config(*seed, &[1]), &a).await);
    }
    let (_, reason) = a.find(refused).await;
    assert!(matches!(reason, RefusedReason::Limit(_)), "{reason:?}");
    assert_eq!(a.net.counters().refusals(), 2, "one guest too many, and no other");
}
