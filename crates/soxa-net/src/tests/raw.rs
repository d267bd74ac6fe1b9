//! A peer that speaks gossip without our library: it opens one stream after the other and writes what it likes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{DeniedUpgrade, ReadyUpgrade};
use libp2p::futures::AsyncWrite;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    Stream, StreamProtocol, SubstreamProtocol, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::abuse::{check_named, honest_is_served, refused, with_honest};
use super::*;
use crate::behaviour::swarm_around;
use crate::hints::{Gossip, gossip_of};
use crate::limits::GOSSIP_BROKEN_MAX;
use crate::{Misconduct, RefusedReason};

const GOSSIP: StreamProtocol = StreamProtocol::new("/soxa/abababab/tips/1.1.0");
/// Streams opened at most.
const STREAMS: usize = 50;
/// The length of a frame larger than any that is taken, and the first bytes of it.
const FRAME: [u8; 12] = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0];

#[derive(Default)]
struct Writing {
    opened: usize,
    stream: Option<Stream>,
}

impl ConnectionHandler for Writing {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = DeniedUpgrade;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<DeniedUpgrade> {
        SubstreamProtocol::new(DeniedUpgrade, ())
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Infallible>> {
        if let Some(stream) = &mut self.stream {
            let written = Pin::new(&mut *stream).poll_write(cx, &FRAME).is_ready();
            if !written || Pin::new(stream).poll_flush(cx).is_pending() {
                return Poll::Pending;
            }
            self.stream = None;
        } else if self.opened > 0 && self.opened < STREAMS {
            return Poll::Pending;
        }
        if self.opened == STREAMS {
            return Poll::Pending;
        }
        self.opened += 1;
        let protocol = SubstreamProtocol::new(ReadyUpgrade::new(GOSSIP), ());
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
    }

    fn on_behaviour_event(&mut self, never: Infallible) {
        match never {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<DeniedUpgrade, ReadyUpgrade<StreamProtocol>>) {
        if let ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, .. }) = event {
            self.stream = Some(protocol);
        }
    }
}

struct Raw;

impl NetworkBehaviour for Raw {
    type ConnectionHandler = Writing;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Writing, ConnectionDenied> {
        Ok(Writing::default())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Writing, ConnectionDenied> {
        Ok(Writing::default())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[derive(NetworkBehaviour)]
struct RawProtocols {
    raw: Raw,
    /// So that it is taken for a node of this network.
    gossip: Gossip,
}

#[tokio::test]
async fn oversized_gossip_frames_are_not_taken_and_end_their_sender() {
    let (mut a, honest) = with_honest(config(1, &[2, 3])).await;
    let rogue = config(3, &[1]);
    let gossip = gossip_of(&rogue).unwrap();
    let mut rogue = swarm_around(&rogue, RawProtocols { raw: Raw, gossip }).unwrap();
    rogue.dial(a.address.parse::<Multiaddr>().unwrap()).unwrap();
    let named = tokio::select! {
        named = a.find(refused) => named,
        () = async { loop { rogue.select_next_some().await; } } => unreachable!("it goes on for ever"),
    };
    assert_eq!(named, (node(3).to_string(), RefusedReason::BrokenGossip));
    check_named(&a, node(3), Misconduct::BrokenGossip);
    let conduct = a.net.conduct().remove(&node(3)).unwrap();
    assert_eq!(
        conduct.misconduct[&Misconduct::BrokenGossip].0,
        u64::from(GOSSIP_BROKEN_MAX)
    );
    assert_eq!(a.net.counters().hints_received(), 0);
    honest_is_served(&mut a, honest).await;
}
