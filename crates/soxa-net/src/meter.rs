//! A meter in front of gossip: how many frames each peer sends, and no more than it may.
//!
//! Gossip drops what it has seen before without a word, so a flood of copies would cost a peer nothing. Here each
//! frame is counted before gossip looks at it. A peer's frames above its rate are dropped unread; above what is
//! forgiven, the peer is named. A broken gossip stream is named too: a frame that is too large or no frame at all
//! ends the stream, and the peer has to open another.

use std::collections::HashMap;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use crate::bucket::{Gate, Gauge};
use crate::config::Allowance;

/// What the meter says beside what gossip says.
#[derive(Debug)]
pub(crate) enum Metered<E> {
    /// Gossip's own event.
    Gossip(E),
    /// A frame was dropped unread.
    Dropped,
    /// A peer sent more frames than is forgiven.
    Flood(PeerId),
    /// A peer's gossip stream broke off and it opened another.
    Broken(PeerId),
}

/// Gossip behind its meter.
pub(crate) struct Meter<B> {
    pub(crate) inner: B,
    allowance: Allowance,
    /// The connected peers' frames.
    peers: HashMap<PeerId, Gauge>,
    /// What is to be told: one for each frame or stream that gave cause.
    told: Vec<Told>,
}

#[derive(Debug)]
enum Told {
    Dropped,
    Flood(PeerId),
    Broken(PeerId),
}

impl<B> Meter<B> {
    pub(crate) fn new(inner: B, allowance: Allowance) -> Self {
        Self {
            inner,
            allowance,
            peers: HashMap::new(),
            told: Vec::new(),
        }
    }

    /// Whether a frame may be read.
    fn admits(&mut self, peer: PeerId, now: Instant) -> bool {
        let allowance = self.allowance;
        let gauge = self.peers.entry(peer);
        let gate = gauge.or_insert_with(|| Gauge::new(allowance, now)).pass(now);
        match gate {
            Gate::Open => {}
            Gate::Dropped => self.told.push(Told::Dropped),
            Gate::Flood => self.told.push(Told::Flood(peer)),
        }
        gate == Gate::Open
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Meter<B> {
    type ConnectionHandler = Counting<B::ConnectionHandler>;
    type ToSwarm = Metered<B::ToSwarm>;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner
            .handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let handler = self
            .inner
            .handle_established_inbound_connection(connection, peer, local, remote)?;
        Ok(Counting::new(handler))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.inner
            .handle_pending_outbound_connection(connection, peer, addresses, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let handler = self
            .inner
            .handle_established_outbound_connection(connection, peer, address, role, port)?;
        Ok(Counting::new(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionClosed(closed) = &event
            && closed.remaining_established == 0
        {
            self.peers.remove(&closed.peer_id);
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Counted::Inner(event) => {
                if self.admits(peer, Instant::now()) {
                    self.inner.on_connection_handler_event(peer, connection, event);
                }
            }
            Counted::Reopened => self.told.push(Told::Broken(peer)),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(told) = self.told.pop() {
            return Poll::Ready(ToSwarm::GenerateEvent(match told {
                Told::Dropped => Metered::Dropped,
                Told::Flood(peer) => Metered::Flood(peer),
                Told::Broken(peer) => Metered::Broken(peer),
            }));
        }
        self.inner.poll(cx).map(|event| event.map_out(Metered::Gossip))
    }
}

/// What a connection says: gossip's own event, or that the peer opened its stream once more.
#[derive(Debug)]
pub(crate) enum Counted<E> {
    Inner(E),
    Reopened,
}

/// Gossip's handler of a connection, and how many streams the peer opened on it.
pub(crate) struct Counting<H> {
    inner: H,
    opened: bool,
    reopened: bool,
}

impl<H> Counting<H> {
    fn new(inner: H) -> Self {
        Self {
            inner,
            opened: false,
            reopened: false,
        }
    }
}

impl<H: ConnectionHandler> ConnectionHandler for Counting<H> {
    type FromBehaviour = H::FromBehaviour;
    type ToBehaviour = Counted<H::ToBehaviour>;
    type InboundProtocol = H::InboundProtocol;
    type OutboundProtocol = H::OutboundProtocol;
    type InboundOpenInfo = H::InboundOpenInfo;
    type OutboundOpenInfo = H::OutboundOpenInfo;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        self.inner.listen_protocol()
    }

    fn connection_keep_alive(&self) -> bool {
        self.inner.connection_keep_alive()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        if std::mem::take(&mut self.reopened) {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Counted::Reopened));
        }
        self.inner.poll(cx).map(|event| event.map_custom(Counted::Inner))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        self.inner.poll_close(cx).map(|event| event.map(Counted::Inner))
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        self.inner.on_behaviour_event(event);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        if let ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { .. }) = &event {
            self.reopened |= std::mem::replace(&mut self.opened, true);
        }
        self.inner.on_connection_event(event);
    }
}
