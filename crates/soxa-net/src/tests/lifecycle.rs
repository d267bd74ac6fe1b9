//! Starting, stopping and coming back.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::*;
use crate::{AddressError, CommandRefused, DialFailure, NetError};

/// The port of `/ip4/127.0.0.1/tcp/<port>`.
fn port(address: &str) -> u16 {
    address.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let a = Node::start(config(1, &[])).await;
    let mut same = NetConfig::new(key(2), NETWORK);
    same.listen.push(a.address.clone());
    match Net::start(same).await {
        Err(NetError::Listen { address, source }) => {
            assert_eq!(
                (address, source.kind()),
                (a.address.clone(), ErrorKind::AddrInUse)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_port_of_both_families_can_be_listened_on() {
    let free = TcpListener::bind(("0.0.0.0", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut both = NetConfig::new(key(1), NETWORK);
    both.listen = vec![format!("/ip4/0.0.0.0/tcp/{free}"), format!("/ip6/::/tcp/{free}")];
    match Net::start(both).await {
        Ok((net, _events)) => net.shutdown().await,
        // A machine without IPv6 says so.
        Err(NetError::Listen { source, .. }) => assert_ne!(source.kind(), ErrorKind::AddrInUse),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn shutdown_frees_the_port_and_tells_the_peers() {
    let (mut a, mut b) = pair().await;
    let handle = a.net.clone();
    a.net.shutdown().await;
    drop(TcpListener::bind(("127.0.0.1", port(&a.address))).expect("the port is free"));
    while a.events.recv().await.is_some() {}
    b.down(a.key).await;
    handle.shutdown().await;
    assert_eq!(handle.ask(b.key, 1, Vec::new()), Err(CommandRefused::Stopped));
}

#[tokio::test]
async fn the_network_ends_with_its_last_handle() {
    let Node {
        net,
        mut events,
        address,
        ..
    } = Node::start(config(1, &[])).await;
    let mut ended = net.ended.clone();
    drop(net);
    while events.recv().await.is_some() {}
    while ended.changed().await.is_ok() {}
    drop(TcpListener::bind(("127.0.0.1", port(&address))).expect("the port is free"));
}

#[tokio::test]
async fn a_node_that_comes_back_is_dialled_again() {
    let (a, mut b) = pair().await;
    a.net.shutdown().await;
    b.down(a.key).await;
    let unreachable = |event| match event {
        NetEvent::DialFailed {
            address,
            why: DialFailure::Unreachable(_),
        } => Some(address),
        _ => None,
    };
    assert_eq!(b.find(unreachable).await, a.address);
    let mut same = config(1, &[2]);
    same.listen = vec![a.address.clone()];
    let mut back = Node::start(same).await;
    assert_eq!(back.address, a.address);
    b.up(a.key).await;
    back.up(b.key).await;
}

#[tokio::test]
async fn an_address_can_be_dialled_later() {
    let mut a = Node::start(config(1, &[2])).await;
    let mut b = Node::start(config(2, &[1])).await;
    b.net.dial(&a.address).unwrap();
    b.up(a.key).await;
    a.up(b.key).await;
    let refused = |why| {
        Err(CommandRefused::Address {
            address: "/ip4/1.2.3.4/udp/1".to_owned(),
            why,
        })
    };
    assert_eq!(b.net.dial("/ip4/1.2.3.4/udp/1"), refused(AddressError::NotTcp));
}

#[tokio::test]
async fn a_node_does_not_dial_itself_twice() {
    let mut a = Node::start(config(1, &[1])).await;
    a.net.dial(&a.address).unwrap();
    let failed = |event| match event {
        NetEvent::DialFailed { address, why } => Some((address, why)),
        NetEvent::PeerUp { .. } => panic!("connected to itself"),
        _ => None,
    };
    assert_eq!(a.find(failed).await, (a.address.clone(), DialFailure::Own));
}

#[tokio::test]
async fn another_node_than_named_is_not_connected() {
    let a = Node::start(config(1, &[2])).await;
    let mut b = Node::start(config(2, &[1, 3])).await;
    let expected = crate::identity::peer_of(&node(3)).unwrap();
    b.net.dial(&format!("{}/p2p/{expected}", a.address)).unwrap();
    let failed = |event| match event {
        NetEvent::DialFailed { why, .. } => Some(why),
        NetEvent::PeerUp { .. } => panic!("it is another node"),
        _ => None,
    };
    assert_eq!(b.find(failed).await, DialFailure::OtherNode(node(1).to_string()));
}

#[tokio::test]
async fn bad_addresses_are_named() {
    let mut bad = NetConfig::new(key(1), NETWORK);
    bad.dial.push("province.example:7300".to_owned());
    match Net::start(bad).await {
        Err(NetError::Address {
            address,
            why: AddressError::Malformed(_),
        }) => {
            assert_eq!(address, "province.example:7300");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_nodes_that_dial_each_other_are_up_once() {
    let a = Node::start(config(1, &[2])).await;
    let mut b = Node::start(config(2, &[1])).await;
    a.net.dial(&b.address).unwrap();
    b.net.dial(&a.address).unwrap();
    let a_key = a.key;
    tokio::spawn(serve(a));
    b.up(a_key).await;
    for request_id in 1..=20 {
        b.net.ask(a_key, request_id, b"ab".to_vec()).unwrap();
        let answer = b.find(|event| match event {
            NetEvent::Answered { result, .. } => Some(result),
            NetEvent::PeerUp { .. } | NetEvent::PeerDown { .. } => panic!("{event:?}"),
            _ => None,
        });
        assert_eq!(answer.await, Ok(b"ba".to_vec()));
    }
}

#[tokio::test]
async fn a_node_that_takes_no_events_is_not_overrun_and_can_still_be_commanded() {
    let (mut a, mut b) = pair().await;
    let full = u64::try_from(crate::limits::EVENTS_QUEUE + crate::limits::OUTBOX_PAUSES_NETWORK).unwrap();
    let mut sent: u64 = 0;
    let mut after_full = 0;
    while after_full < 10 * full {
        // A full queue of its own only slows the sender down.
        let _ = b.net.announce(sent.to_be_bytes().to_vec());
        sent += 1;
        after_full += u64::from(a.net.counters().hints_received() >= full);
        tokio::task::yield_now().await;
    }
    assert!(
        a.net.counters().hints_received() <= full + 2,
        "it reads on although nobody takes its events"
    );
    a.net.admit(nodes(&[]));
    b.down(a.key).await;
    a.down(b.key).await;
    a.net.shutdown().await;
}
