//! What an admitted node can do to its peers: little, and not to others.

use libp2p::request_response::Event;

use super::*;
use crate::codec::Request;
use crate::config::Allowance;
use crate::hints::topic_of;
use crate::identity::peer_of;
use crate::limits::{HINT_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use crate::{Misconduct, RefusedReason};

pub(super) fn refused(event: NetEvent) -> Option<(String, RefusedReason)> {
    match event {
        NetEvent::Refused { who, reason, .. } => Some((who, reason)),
        _ => None,
    }
}

/// A node with an honest peer that serves it.
pub(super) async fn with_honest(config_of_a: NetConfig) -> (Node, NodeKey) {
    let mut a = Node::start(config_of_a).await;
    let mut to_a = config(2, &[1]);
    to_a.dial.push(a.address.clone());
    let mut honest = Node::start(to_a).await;
    a.up(honest.key).await;
    honest.up(a.key).await;
    let key = honest.key;
    tokio::spawn(serve(honest));
    (a, key)
}

/// The node names the rogue for this, and keeps it away.
#[track_caller]
pub(super) fn check_named(a: &Node, rogue: NodeKey, rule: Misconduct) {
    let conduct = a.net.conduct().remove(&rogue).expect("the rogue is admitted");
    assert!(conduct.misconduct.contains_key(&rule), "{conduct:?}");
    assert!(conduct.held_off.is_some(), "{conduct:?}");
    assert_eq!(conduct.address, None);
}

/// A node with an honest peer that serves it, and a rogue.
pub(super) async fn with_honest_and_rogue(config_of_a: NetConfig) -> (Node, NodeKey, Rogue) {
    let (a, honest) = with_honest(config_of_a).await;
    let mut impatient = config(3, &[1]);
    impatient.request_timeout = Duration::from_millis(500);
    let rogue = Rogue::dialling(&impatient, &a).await;
    let mut set_up = (a, honest, rogue);
    set_up.2.during(set_up.0.up(node(3))).await;
    set_up
}

pub(super) async fn honest_is_served(a: &mut Node, honest: NodeKey) {
    assert_eq!(a.ask(honest, 99, b"ab".to_vec()).await, Ok(b"ba".to_vec()));
}

#[tokio::test]
async fn an_oversized_request_is_refused() {
    let (mut a, honest, mut rogue) = with_honest_and_rogue(config(1, &[2, 3])).await;
    let peer = peer_of(&a.key).unwrap();
    rogue
        .swarm
        .behaviour_mut()
        .requests
        .send_request(&peer, Request::Bytes(vec![0; REQUEST_BYTES_MAX + 1]));
    let reason = rogue.during(a.find(refused)).await;
    assert_eq!(reason, (node(3).to_string(), RefusedReason::OversizedRequest));
    check_named(&a, node(3), Misconduct::OversizedRequest);
    let failed = |event: &SwarmEvent<ProtocolsEvent>| {
        matches!(
            event,
            SwarmEvent::Behaviour(ProtocolsEvent::Requests(Event::OutboundFailure { .. }))
        )
    };
    rogue.until(failed).await;
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn an_oversized_response_is_refused() {
    let (mut a, honest, mut rogue) = with_honest_and_rogue(config(1, &[2, 3])).await;
    a.net.ask(node(3), 1, b"how much?".to_vec()).unwrap();
    let answering = async {
        loop {
            let event = rogue.swarm.select_next_some().await;
            if let SwarmEvent::Behaviour(ProtocolsEvent::Requests(Event::Message { message, .. })) = event
                && let libp2p::request_response::Message::Request { channel, .. } = message
            {
                let much = vec![0; RESPONSE_BYTES_MAX + 1];
                rogue
                    .swarm
                    .behaviour_mut()
                    .requests
                    .send_response(channel, much)
                    .unwrap();
            }
        }
    };
    tokio::select! {
        answer = a.answer(1) => assert_eq!(answer, Err(AskError::TooLarge)),
        () = answering => {}
    }
    let reason = a.find(refused).await;
    assert_eq!(reason, (node(3).to_string(), RefusedReason::OversizedResponse));
    check_named(&a, node(3), Misconduct::OversizedResponse);
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn an_oversized_hint_is_refused() {
    let (mut a, honest, mut rogue) = with_honest_and_rogue(config(1, &[2, 3])).await;
    rogue.subscribed().await;
    let large = vec![0; HINT_BYTES_MAX + 1];
    rogue
        .swarm
        .behaviour_mut()
        .gossip
        .inner
        .publish(topic_of(&NETWORK), large)
        .unwrap();
    let reason = rogue.during(a.find(refused)).await;
    assert_eq!(reason, (node(3).to_string(), RefusedReason::OversizedHint));
    check_named(&a, node(3), Misconduct::OversizedHint);
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn a_flood_of_hints_is_throttled_and_then_ended() {
    let mut throttling = config(1, &[2, 3]);
    let rate = Allowance {
        per_second: 1,
        burst: 10,
        forgiven: 100,
    };
    throttling.hints = rate;
    let (mut a, honest, mut rogue) = with_honest_and_rogue(throttling).await;
    rogue.subscribed().await;
    let mut hints = 0;
    let mut number: u32 = 0;
    let ended = loop {
        number += 1;
        // A full queue of its own only slows the rogue down.
        let flood = number.to_be_bytes().to_vec();
        let _ = rogue
            .swarm
            .behaviour_mut()
            .gossip
            .inner
            .publish(topic_of(&NETWORK), flood);
        tokio::select! {
            biased;
            event = a.next() => match event {
                NetEvent::Hint { node: from, .. } => {
                    assert_eq!(from, node(3));
                    hints += 1;
                }
                NetEvent::Refused { who, reason, .. } => break (who, reason),
                _ => {}
            },
            _ = rogue.swarm.select_next_some() => {}
            () = std::future::ready(()) => tokio::task::yield_now().await,
        }
        assert!(number < 1_000_000, "the flood goes on for ever");
    };
    assert_eq!(ended, (node(3).to_string(), RefusedReason::HintFlood));
    check_named(&a, node(3), Misconduct::HintFlood);
    assert!(a.net.counters().hints_dropped() >= u64::from(rate.forgiven));
    assert!(
        hints >= rate.burst && hints < rate.burst + 60,
        "{hints} of {number}"
    );
    rogue.during(a.down(node(3))).await;
    honest_is_served(&mut a, honest).await;
}

#[tokio::test]
async fn a_peer_that_never_responds_is_dropped_and_may_come_back() {
    let mut impatient = config(1, &[2, 3]);
    impatient.request_timeout = Duration::from_millis(200);
    let (mut a, honest, mut rogue) = with_honest_and_rogue(impatient).await;
    for request_id in 1..=2 {
        a.net.ask(node(3), request_id, Vec::new()).unwrap();
        assert_eq!(rogue.during(a.answer(request_id)).await, Err(AskError::TimedOut));
    }
    rogue.during(a.down(node(3))).await;
    honest_is_served(&mut a, honest).await;
    let mut again = Rogue::dialling(&config(3, &[1]), &a).await;
    again.during(a.up(node(3))).await;
}
