//! Guests: holders of an invite's one-time key, who may open the join protocol and nothing else.
//!
//! A guest's connection gets its handlers from the join protocol alone. The parts that serve nodes never learn that
//! the connection exists, and the join protocol never learns of a node's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::task::{Context, Poll};

use either::Either;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use crate::limits::GUEST_TIME;

/// The guests that are here, and until when.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    until: BTreeMap<ConnectionId, Instant>,
}

impl Visits {
    pub(crate) fn begin(&mut self, connection: ConnectionId, now: Instant) {
        self.until.insert(connection, now + GUEST_TIME);
    }

    pub(crate) fn end(&mut self, connection: ConnectionId) {
        self.until.remove(&connection);
    }

    /// When the next visit is over.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.until.values().min().copied()
    }

    /// The visits that are over.
    pub(crate) fn over(&mut self, now: Instant) -> Vec<ConnectionId> {
        let over: Vec<ConnectionId> = self
            .until
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(connection, _)| *connection)
            .collect();
        over.iter().for_each(|connection| self.end(*connection));
        over
    }
}

/// Whom a part of the swarm serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    Nodes,
    Guests,
}

/// A part of the swarm that serves one party and does not exist for the other.
#[derive(Debug)]
pub(crate) struct Only<B> {
    part: B,
    party: Party,
    guests: BTreeSet<PeerId>,
    /// Connections of the other party.
    not_ours: BTreeSet<ConnectionId>,
}

impl<B> Only<B> {
    pub(crate) fn new(party: Party, part: B) -> Self {
        Self {
            part,
            party,
            guests: BTreeSet::new(),
            not_ours: BTreeSet::new(),
        }
    }

    /// Replaces the peers that come as guests; connections that stand keep their party.
    pub(crate) fn expect(&mut self, guests: BTreeSet<PeerId>) {
        self.guests = guests;
    }

    fn serves(&mut self, connection: ConnectionId, peer: &PeerId) -> bool {
        let party = if self.guests.contains(peer) {
            Party::Guests
        } else {
            Party::Nodes
        };
        if party != self.party {
            self.not_ours.insert(connection);
        }
        party == self.party
    }
}

impl<B> Deref for Only<B> {
    type Target = B;
    fn deref(&self) -> &B {
        &self.part
    }
}

impl<B> DerefMut for Only<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.part
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Only<B> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.part
            .handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.serves(connection, &peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.part
            .handle_established_inbound_connection(connection, peer, local, remote)
            .map(Either::Left)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.part
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
        if !self.serves(connection, &peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.part
            .handle_established_outbound_connection(connection, peer, address, role, port)
            .map(Either::Left)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let (connection, gone) = match &event {
            FromSwarm::ConnectionEstablished(event) => (event.connection_id, false),
            FromSwarm::AddressChange(event) => (event.connection_id, false),
            FromSwarm::ConnectionClosed(event) => (event.connection_id, true),
            FromSwarm::DialFailure(event) => (event.connection_id, true),
            FromSwarm::ListenFailure(event) => (event.connection_id, true),
            _ => return self.part.on_swarm_event(event),
        };
        if !self.not_ours.contains(&connection) {
            self.part.on_swarm_event(event);
        } else if gone {
            self.not_ours.remove(&connection);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Either::Left(event) => self.part.on_connection_handler_event(peer, connection, event),
            Either::Right(never) => match never {},
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.part.poll(cx).map(|event| event.map_in(Either::Left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_over_after_its_time() {
        let now = Instant::now();
        let mut visits = Visits::default();
        assert_eq!(visits.next_due(), None);
        let (one, other) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        visits.begin(one, now);
        visits.begin(other, now + GUEST_TIME / 2);
        assert_eq!(visits.next_due(), Some(now + GUEST_TIME));
        assert_eq!(visits.over(now + GUEST_TIME), [one]);
        visits.end(other);
        assert_eq!(visits.next_due(), None);
    }
}
