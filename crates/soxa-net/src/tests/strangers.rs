//! People who are not nodes at all, and in numbers: they hold a bounded number of places, and honest nodes get in.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::abuse::{honest_is_served, with_honest};
use super::*;
use crate::config::read_address;
use crate::limits::{CONNECTIONS_PENDING_INCOMING_MAX, REFUSALS_BURST};

const MANY: usize = 300;
/// Strangers in their handshake at the same moment. Each goes when it is refused, and the next comes.
const AT_ONCE: usize = CONNECTIONS_PENDING_INCOMING_MAX / 2;

fn socket_of(node: &Node) -> SocketAddr {
    read_address(&node.address).unwrap().1
}

/// Another admitted node gets in and is served, whatever else goes on.
async fn newcomer_is_served(a: &mut Node, seed: u8) {
    let mut to_a = config(seed, &[1]);
    to_a.dial.push(a.address.clone());
    let newcomer = Node::start(to_a).await;
    let key = newcomer.key;
    tokio::spawn(serve(newcomer));
    a.up(key).await;
    assert_eq!(a.ask(key, 7, b"in?".to_vec()).await, Ok(b"?ni".to_vec()));
}

#[tokio::test]
async fn strangers_by_the_hundred_get_no_place() {
    let (mut a, honest) = with_honest(config(1, &[2, 3])).await;
    let mut strangers = JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    for number in 0..MANY as u64 {
        let mut seed = [0xee; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let mut of_stranger = NetConfig::new(soxa_ledger::SecretKey::from_seed(&seed), NETWORK);
        of_stranger.admitted = nodes(&[1]);
        let mut swarm = swarm_of(&of_stranger).unwrap();
        let admission = &mut swarm.behaviour_mut().admission;
        admission.replace(of_stranger.admitted.clone());
        let address: libp2p::Multiaddr = a.address.parse().unwrap();
        let turns = Arc::clone(&turns);
        strangers.spawn(async move {
            loop {
                // Turns are given in the order in which they were asked for.
                let _turn = turns.acquire().await.unwrap();
                swarm.dial(address.clone()).unwrap();
                loop {
                    match swarm.select_next_some().await {
                        SwarmEvent::Behaviour(event) => panic!("a stranger was spoken to: {event:?}"),
                        SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                            break;
                        }
                        _ => {}
                    }
                }
            }
        });
    }
    let mut told = 0;
    let mut most = 0;
    while a.net.counters().strangers() < MANY as u64 {
        most = most.max(a.net.counters().connections());
        let event = a.next().await;
        told += u64::from(matches!(event, NetEvent::Refused { .. }));
        assert!(!matches!(event, NetEvent::PeerUp { .. } | NetEvent::Asked { .. }));
    }
    newcomer_is_served(&mut a, 3).await;
    honest_is_served(&mut a, honest).await;
    assert!(told >= u64::from(REFUSALS_BURST), "{told} were reported");
    assert!(most <= 2, "{most} connections");
    assert_eq!(a.net.conduct().len(), 2, "strangers are counted, not remembered");
    assert!(strangers.try_join_next().is_none(), "a stranger was spoken to");
}

/// Keeps opening connections on which `talk` happens and nothing else, each as soon as the one before was closed.
async fn pester(target: SocketAddr, talk: Vec<u8>) {
    loop {
        let Ok(mut stream) = TcpStream::connect(target).await else {
            continue;
        };
        if stream.write_all(&talk).await.is_err() {
            continue;
        }
        until_closed(&mut stream).await;
    }
}

async fn until_closed(stream: &mut TcpStream) {
    let mut sink = [0; 256];
    while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn silent_strangers_give_way_and_keep_nobody_out() {
    let (mut a, honest) = with_honest(config(1, &[2, 3])).await;
    let target = socket_of(&a);
    let mut silent = JoinSet::new();
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(target).await.unwrap();
        silent.spawn(async move { until_closed(&mut stream).await });
    }
    // All but as many as there are places are closed, long before any handshake's time is up.
    while silent.len() > CONNECTIONS_PENDING_INCOMING_MAX {
        tokio::select! {
            event = a.events.recv() => assert!(event.is_some()),
            closed = silent.join_next() => assert!(closed.is_some()),
        }
    }
    // The places are all taken, and taken again whenever one becomes free: who has to give way comes back at once, and
    // then the next has to.
    let mut pestering = JoinSet::new();
    for _ in 0..CONNECTIONS_PENDING_INCOMING_MAX {
        pestering.spawn(pester(target, Vec::new()));
    }
    newcomer_is_served(&mut a, 3).await;
    honest_is_served(&mut a, honest).await;
    assert_eq!(a.net.counters().connections(), 2);
}

#[tokio::test]
async fn garbage_for_a_handshake_keeps_nobody_out() {
    let (mut a, honest) = with_honest(config(1, &[2, 3])).await;
    let target = socket_of(&a);
    let mut pestering = JoinSet::new();
    for number in 0..AT_ONCE {
        // Noise of each kind: no protocol at all, half a protocol, a protocol and then nothing that it knows.
        let talk = match number % 4 {
            0 => vec![0xff; 4_096],
            1 => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            2 => b"\x13/multistream/1.0.0\n\x07/noise\n".to_vec(),
            _ => [
                b"\x13/multistream/1.0.0\n\x07/noise\n".as_slice(),
                &[0, 32],
                &[9; 32],
            ]
            .concat(),
        };
        pestering.spawn(pester(target, talk));
    }
    newcomer_is_served(&mut a, 3).await;
    honest_is_served(&mut a, honest).await;
    assert_eq!(
        a.net.counters().strangers(),
        0,
        "nobody got as far as showing a key"
    );
}
