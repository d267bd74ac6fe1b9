//! Admitted peers that take nothing in: what waits for them is bounded, and others do not wait with them.

use std::io;

use libp2p::futures::{AsyncRead, AsyncWrite, future};
use libp2p::request_response::{self, Codec, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, StreamProtocol};

use super::abuse::{check_named, honest_is_served, refused, with_honest};
use super::*;
use crate::behaviour::swarm_around;
use crate::hints::{Gossip, gossip_of};
use crate::identity::peer_of;
use crate::limits::{GOSSIP_QUEUE_FRAMES, HINT_BYTES_MAX, REPLY_BYTES_PER_PEER_MAX, RESPONSE_BYTES_MAX};
use crate::{Misconduct, RefusedReason};

/// More than the node lets wait for one peer.
const ASKED_AT_ONCE: usize = 4;
/// When the deaf one gives a request up: later than the node gives up the answer.
const PATIENCE_OF_THE_DEAF: Duration = Duration::from_millis(900);

/// Asks, and never reads an answer.
#[derive(Debug, Clone, Copy)]
struct Deaf;

impl Codec for Deaf {
    type Protocol = StreamProtocol;
    type Request = ();
    type Response = ();

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
    ) -> io::Result<()> {
        future::pending().await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
    ) -> io::Result<()> {
        future::pending().await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        (): (),
    ) -> io::Result<()> {
        use libp2p::futures::AsyncWriteExt as _;
        io.write_all(&[0, 0, 0, 1, b'?']).await?;
        io.flush().await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
        (): (),
    ) -> io::Result<()> {
        future::pending().await
    }
}

#[derive(NetworkBehaviour)]
struct DeafProtocols {
    requests: request_response::Behaviour<Deaf>,
    gossip: Gossip,
}

#[tokio::test]
async fn who_asks_and_never_reads_is_ended_and_holds_little_memory() {
    let mut impatient = config(1, &[2, 3]);
    impatient.request_timeout = Duration::from_millis(300);
    let (mut a, honest) = with_honest(impatient).await;
    let deaf = config(3, &[1]);
    let name = StreamProtocol::try_from_owned(format!("/soxa/{}/sync/1", NETWORK.short())).unwrap();
    let protocols = DeafProtocols {
        requests: request_response::Behaviour::with_codec(
            Deaf,
            [(name, ProtocolSupport::Full)],
            request_response::Config::default().with_request_timeout(PATIENCE_OF_THE_DEAF),
        ),
        gossip: gossip_of(&deaf).unwrap(),
    };
    let mut rogue = swarm_around(&deaf, protocols).unwrap();
    rogue
        .dial(a.address.parse::<libp2p::Multiaddr>().unwrap())
        .unwrap();
    let peer = peer_of(&a.key).unwrap();
    let most = std::cell::Cell::new(0);
    let net = a.net.clone();
    // What waits is there for a moment only: it is looked at all the time.
    let watching = async {
        loop {
            most.set(most.get().max(net.counters().unread_bytes()));
            tokio::task::yield_now().await;
        }
    };
    let mut asked = 0;
    let ended = async {
        loop {
            match a.next().await {
                NetEvent::Asked {
                    node: asker, reply, ..
                } if asker == node(3) => {
                    asked += 1;
                    a.net.reply(reply, vec![7; RESPONSE_BYTES_MAX]).unwrap();
                }
                event => {
                    if let Some(named) = refused(event) {
                        return named;
                    }
                }
            }
        }
    };
    // It asks more than will wait for it, and again whenever it has given up.
    let pestering = async {
        loop {
            let more = match rogue.select_next_some().await {
                SwarmEvent::ConnectionEstablished { .. } => ASKED_AT_ONCE,
                SwarmEvent::Behaviour(DeafProtocolsEvent::Requests(
                    request_response::Event::OutboundFailure { .. },
                )) => 1,
                _ => 0,
            };
            for _ in 0..more {
                rogue.behaviour_mut().requests.send_request(&peer, ());
            }
        }
    };
    let named = tokio::select! {
        named = timeout(FAILED, ended) => named.expect("ended in time"),
        () = pestering => unreachable!("it goes on for ever"),
        () = watching => unreachable!("it goes on for ever"),
    };
    let most = most.get();
    assert_eq!(named, (node(3).to_string(), RefusedReason::SlowReader));
    assert!(asked > 2, "{asked} requests");
    let limit = REPLY_BYTES_PER_PEER_MAX as u64;
    assert!(most >= limit / 2 && most <= limit, "{most} bytes waited");
    assert_eq!(a.net.conduct()[&node(3)].misconduct[&Misconduct::SlowReader].0, 4);
    check_named(&a, node(3), Misconduct::SlowReader);
    honest_is_served(&mut a, honest).await;
    assert_eq!(a.net.counters().unread_bytes(), 0);
}

#[tokio::test]
async fn who_takes_no_gossip_is_named_and_others_get_theirs() {
    let (mut a, honest) = with_honest(config(1, &[2, 3])).await;
    let mut rogue = Rogue::dialling(&config(3, &[1]), &a).await;
    rogue.during(a.up(node(3))).await;
    rogue.subscribed().await;
    // From here on nobody drives the rogue: its connection stands and takes nothing.
    let mut number: u32 = 0;
    while a.net.counters().slow_peers() == 0 {
        number += 1;
        let mut hint = vec![0; HINT_BYTES_MAX];
        hint[..4].copy_from_slice(&number.to_be_bytes());
        if a.net.announce(hint).is_err() {
            // Its queue is full: the network's turn.
            tokio::task::yield_now().await;
        }
        assert!(number < 10_000_000, "no end of it");
    }
    assert!(number as usize > GOSSIP_QUEUE_FRAMES);
    assert!(
        a.net.conduct()[&node(3)]
            .misconduct
            .contains_key(&Misconduct::SlowGossip)
    );
    honest_is_served(&mut a, honest).await;
    drop(rogue);
}
