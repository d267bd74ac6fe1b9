//! Who may connect, and what others learn.

use libp2p::swarm::SwarmEvent;

use super::*;
use crate::{DialFailure, RefusedReason};

fn refused(event: NetEvent) -> Option<(String, RefusedReason)> {
    match event {
        NetEvent::Refused { who, reason, .. } => Some((who, reason)),
        NetEvent::PeerUp { node, .. } => panic!("{node} must not be connected"),
        _ => None,
    }
}

#[tokio::test]
async fn a_stranger_is_refused_and_named() {
    let mut a = Node::start(config(1, &[2])).await;
    let mut stranger = Rogue::dialling(&config(3, &[1]), &a).await;
    let refusal = stranger.during(a.find(refused)).await;
    assert_eq!(refusal, (node(3).to_string(), RefusedReason::NotAdmitted));
    // No protocol of ours was ever offered: the stranger learns of no subscription, the connection just ends.
    stranger
        .until(|event| {
            assert!(!matches!(event, SwarmEvent::Behaviour(_)), "{event:?}");
            matches!(event, SwarmEvent::ConnectionClosed { .. })
        })
        .await;
    assert_eq!(a.net.counters().refusals(), 1);
}

#[tokio::test]
async fn nobody_is_connected_where_nobody_is_admitted() {
    let mut a = Node::start(config(1, &[])).await;
    let mut b = Rogue::dialling(&config(2, &[1]), &a).await;
    assert_eq!(
        b.during(a.find(refused)).await,
        (node(2).to_string(), RefusedReason::NotAdmitted)
    );
}

#[tokio::test]
async fn a_node_at_a_dialled_address_must_be_admitted_too() {
    let a = Node::start(config(1, &[2])).await;
    let mut to_a = config(2, &[]);
    to_a.dial.push(a.address.clone());
    let mut b = Node::start(to_a).await;
    let failure = |event| match event {
        NetEvent::DialFailed { address, why } => Some((address, why)),
        NetEvent::PeerUp { .. } => panic!("nobody is admitted"),
        _ => None,
    };
    let why = DialFailure::Refused {
        who: node(1).to_string(),
        why: RefusedReason::NotAdmitted,
    };
    assert_eq!(b.find(failure).await, (a.address.clone(), why));
    b.net.admit(nodes(&[1]));
    b.up(a.key).await;
}

#[tokio::test]
async fn who_falls_out_of_the_set_is_dropped_at_once() {
    let (mut a, mut b) = pair().await;
    let mut to_a = config(3, &[1]);
    to_a.dial.push(a.address.clone());
    a.net.admit(nodes(&[2, 3]));
    let mut c = Node::start(to_a).await;
    a.up(c.key).await;
    c.up(a.key).await;
    a.net.ask(b.key, 1, b"never answered".to_vec()).unwrap();
    let reply = b.find(|event| match event {
        NetEvent::Asked { reply, .. } => Some(reply),
        _ => None,
    });
    let _kept = reply.await;
    a.net.admit(nodes(&[3]));
    assert_eq!(a.answer(1).await, Err(AskError::Disconnected));
    a.down(b.key).await;
    b.down(a.key).await;
    assert_eq!(a.ask(b.key, 2, Vec::new()).await, Err(AskError::NotConnected));
    let c_key = c.key;
    tokio::spawn(serve(c));
    assert_eq!(
        a.ask(c_key, 3, b"on".to_vec()).await,
        Ok(b"no".to_vec()),
        "others are untouched"
    );
    // It dials again and is a stranger now.
    assert_eq!(
        a.find(refused).await,
        (b.key.to_string(), RefusedReason::NotAdmitted)
    );
    a.net.admit(nodes(&[2, 3]));
    a.up(b.key).await;
}

#[tokio::test]
async fn a_node_disconnected_for_cause_stays_away() {
    let (mut a, b) = pair().await;
    a.net.disconnect(b.key, "it sent nonsense").unwrap();
    let asked = RefusedReason::Asked("it sent nonsense".to_owned());
    assert_eq!(a.find(refused).await, (b.key.to_string(), asked));
    a.down(b.key).await;
    assert_eq!(a.find(refused).await, (b.key.to_string(), RefusedReason::HeldOff));
}

#[tokio::test]
async fn another_network_cannot_negotiate() {
    let mut a = Node::start(config(1, &[2])).await;
    let mut of_another = config(2, &[1]);
    of_another.network = NetworkId([0xcd; 32]);
    of_another.dial.push(a.address.clone());
    let mut b = Node::start(of_another).await;
    b.up(a.key).await;
    let answer = b.ask(a.key, 1, b"tips?".to_vec()).await;
    assert!(matches!(
        answer,
        Err(AskError::OtherNetwork | AskError::NotConnected | AskError::Disconnected)
    ));
    let reason = |event| match event {
        NetEvent::Refused { reason, .. } => Some(reason),
        NetEvent::Asked { .. } | NetEvent::Hint { .. } => panic!("{event:?}"),
        _ => None,
    };
    assert_eq!(a.find(reason).await, RefusedReason::OtherNetwork);
    a.down(b.key).await;
}
