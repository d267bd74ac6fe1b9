//! Admitted peers that send far more than anybody needs: each is dropped and named, and others are served meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};

use libp2p::gossipsub::MessageId;

use super::abuse::{check_named, honest_is_served, refused, with_honest_and_rogue};
use super::*;
use crate::codec::Request;
use crate::config::Allowance;
use crate::hints::{gossip_with, topic_of};
use crate::identity::peer_of;
use crate::limits::REPLIES_PER_PEER_MAX;
use crate::{Misconduct, RefusedReason};

/// Little, so that a flood is soon one.
const LITTLE: Allowance = Allowance {
    per_second: 1,
    burst: 20,
    forgiven: 100,
};
/// Enough for any flood here to be noticed.
const MANY: u32 = 200_000;

/// Does something again and again until the node refuses the rogue, answering what it is asked meanwhile.
async fn until_refused(a: &mut Node, rogue: &mut Rogue, mut act: impl FnMut(&mut Rogue)) -> RefusedReason {
    for _ in 0..MANY {
        act(rogue);
        tokio::select! {
            biased;
            event = a.next() => match event {
                NetEvent::Asked { bytes, reply, .. } => a.net.reply(reply, bytes).expect("the reply is taken"),
                event => if let Some((who, reason)) = refused(event) {
                    assert_eq!(who, node(3).to_string());
                    return reason;
                },
            },
            _ = rogue.swarm.select_next_some() => {}
            () = std::future::ready(()) => tokio::task::yield_now().await,
        }
    }
    panic!(
        "the flood goes on for ever: {:?} {:?}",
        a.net.conduct(),
        a.net.counters()
    );
}

#[tokio::test]
async fn copies_of_one_hint_are_counted_although_gossip_swallows_them() {
    let mut throttling = config(1, &[2, 3]);
    throttling.gossip_frames = LITTLE;
    let (mut a, honest, mut rogue) = with_honest_and_rogue(throttling).await;
    rogue.swarm.disconnect_peer_id(peer_of(&a.key).unwrap()).unwrap();
    rogue.during(a.down(node(3))).await;
    // It gives each copy another name on its side, so that it does not notice that it repeats itself.
    let copies = |message: &libp2p::gossipsub::Message| {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        MessageId::new(&[message.data.as_slice(), &number].concat())
    };
    let mut repeating = config(3, &[1]);
    repeating.dial.push(a.address.clone());
    let mut rogue = Rogue {
        swarm: crate::behaviour::swarm_of(&repeating).unwrap(),
        kept: Vec::new(),
    };
    let protocols = rogue.swarm.behaviour_mut();
    protocols.admission.replace(nodes(&[1]));
    *protocols.gossip = gossip_with(&repeating, |settings| {
        settings.message_id_fn(copies);
    })
    .unwrap();
    rogue
        .swarm
        .dial(a.address.parse::<libp2p::Multiaddr>().unwrap())
        .unwrap();
    rogue.subscribed().await;
    let received = a.net.counters().hints_received();
    let reason = until_refused(&mut a, &mut rogue, |rogue| {
        let gossip = &mut rogue.swarm.behaviour_mut().gossip.inner;
        // A full queue of its own only slows the rogue down.
        let _ = gossip.publish(topic_of(&NETWORK), b"the same".to_vec());
    })
    .await;
    assert_eq!(reason, RefusedReason::GossipFlood);
    assert!(a.net.counters().gossip_dropped() >= u64::from(LITTLE.forgiven));
    assert_eq!(a.net.counters().hints_received() - received, 1);
    check_named(&a, node(3), Misconduct::GossipFlood);
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn frames_above_the_rate_are_not_read_whatever_is_in_them() {
    let mut throttling = config(1, &[2, 3]);
    throttling.gossip_frames = LITTLE;
    let (mut a, honest, mut rogue) = with_honest_and_rogue(throttling).await;
    rogue.subscribed().await;
    let mut number: u32 = 0;
    let reason = until_refused(&mut a, &mut rogue, |rogue| {
        number += 1;
        let gossip = &mut rogue.swarm.behaviour_mut().gossip.inner;
        let _ = gossip.publish(topic_of(&NETWORK), number.to_be_bytes().to_vec());
    })
    .await;
    assert_eq!(reason, RefusedReason::GossipFlood);
    let read = a.net.counters().hints_received();
    // Each second of the test admits one more.
    assert!(
        read > 0 && read <= u64::from(LITTLE.burst) + 60,
        "{read} of {number}"
    );
    check_named(&a, node(3), Misconduct::GossipFlood);
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn a_flood_of_requests_is_dropped_and_then_ended() {
    let mut throttling = config(1, &[2, 3]);
    throttling.requests = LITTLE;
    let (mut a, honest, mut rogue) = with_honest_and_rogue(throttling).await;
    let peer = peer_of(&a.key).unwrap();
    let mut open = 0;
    let reason = until_refused(&mut a, &mut rogue, |rogue| {
        open += 1;
        let requests = &mut rogue.swarm.behaviour_mut().requests;
        // Not more at a time than a connection takes.
        if open % REPLIES_PER_PEER_MAX == 0 {
            requests.send_request(&peer, Request::Bytes(b"once more".to_vec()));
        }
    })
    .await;
    assert_eq!(reason, RefusedReason::RequestFlood);
    assert!(a.net.counters().asked() <= u64::from(LITTLE.burst) + 60);
    assert!(a.net.counters().requests_dropped() >= u64::from(LITTLE.forgiven));
    check_named(&a, node(3), Misconduct::RequestFlood);
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn two_false_hints_end_their_sender() {
    let (mut a, honest, mut rogue) = with_honest_and_rogue(config(1, &[2, 3])).await;
    rogue.subscribed().await;
    for number in 0..2_u8 {
        let gossip = &mut rogue.swarm.behaviour_mut().gossip.inner;
        gossip.publish(topic_of(&NETWORK), vec![number]).unwrap();
        let id = a.find(|event| match event {
            NetEvent::Hint { id, .. } => Some(id),
            _ => None,
        });
        let id = rogue.during(id).await;
        a.net.hint_verdict(id, crate::HintVerdict::Reject).unwrap();
    }
    let named = rogue.during(a.find(refused)).await;
    assert_eq!(named, (node(3).to_string(), RefusedReason::FalseHints));
    check_named(&a, node(3), Misconduct::FalseHint);
    honest_is_served(&mut a, honest).await;
}
