//! Who may connect: admitted nodes, by key; guests, by an invite's key, for the join protocol; and nobody else.
//!
//! A connection is judged when its handshake has proved the peer's key and before any protocol is offered on it.
//! It fails closed: nothing admits by default, an empty set admits nobody, and an identity that is not an
//! ed25519 key is no node.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use soxa_ledger::NodeKey;
use tokio::time::Instant;

use crate::error::RefusedReason;
use crate::identity::node_of;
use crate::limits::GUESTS_MAX;

/// A connection was refused here.
#[derive(Debug, thiserror::Error)]
#[error("refused: {0}")]
pub(crate) struct Refusal(pub(crate) RefusedReason);

/// The set of admitted nodes, as a part of the swarm's behaviour.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    admitted: BTreeSet<NodeKey>,
    /// Nodes disconnected for cause, until when. Only admitted ones stand here, so the set bounds it.
    held_off: BTreeMap<NodeKey, Instant>,
    /// The keys of invites. One that is also a node's comes as the node.
    guests: BTreeSet<PeerId>,
    /// Connections of guests.
    visiting: BTreeSet<ConnectionId>,
}

impl Admission {
    /// Replaces the set. Returns who is no longer in it and must be disconnected.
    pub(crate) fn replace(&mut self, admitted: BTreeSet<NodeKey>) -> Vec<NodeKey> {
        let removed = self.admitted.difference(&admitted).copied().collect();
        self.held_off.retain(|node, _| admitted.contains(node));
        self.admitted = admitted;
        removed
    }

    /// The admitted nodes.
    pub(crate) fn admitted(&self) -> &BTreeSet<NodeKey> {
        &self.admitted
    }

    /// Replaces the keys that guests come with.
    pub(crate) fn expect(&mut self, guests: BTreeSet<PeerId>) {
        self.guests = guests;
    }

    /// Whether a connection is a guest's.
    pub(crate) fn is_visit(&self, connection: ConnectionId) -> bool {
        self.visiting.contains(&connection)
    }

    /// Lets a guest in, if the peer is one and there is room.
    fn let_in(&mut self, connection: ConnectionId, peer: &PeerId) -> Result<bool, ConnectionDenied> {
        if !self.guests.contains(peer) {
            return Ok(false);
        }
        if self.visiting.len() >= GUESTS_MAX {
            let reason = RefusedReason::Limit(format!("{GUESTS_MAX} guests are here"));
            return Err(ConnectionDenied::new(Refusal(reason)));
        }
        self.visiting.insert(connection);
        Ok(true)
    }

    /// Refuses a node until a moment although it is admitted.
    pub(crate) fn hold_off(&mut self, node: NodeKey, until: Instant) {
        if self.admitted.contains(&node) {
            self.held_off.insert(node, until);
        }
    }

    /// Whether the peer may be connected, and as which node.
    pub(crate) fn judge(&self, peer: &PeerId, now: Instant) -> Result<NodeKey, RefusedReason> {
        let node = node_of(peer).ok_or(RefusedReason::NotANode)?;
        if !self.admitted.contains(&node) {
            return Err(RefusedReason::NotAdmitted);
        }
        if self.held_off.get(&node).is_some_and(|until| *until > now) {
            return Err(RefusedReason::HeldOff);
        }
        Ok(node)
    }

    fn enforce(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        self.judge(peer, Instant::now())
            .map(drop)
            .map_err(|reason| ConnectionDenied::new(Refusal(reason)))
    }
}

impl NetworkBehaviour for Admission {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.let_in(connection, &peer)? {
            self.enforce(&peer)?;
        }
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if let Some(peer) = peer {
            self.enforce(&peer)?;
        }
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.enforce(&peer)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(event) => self.visiting.remove(&event.connection_id),
            FromSwarm::ListenFailure(event) => self.visiting.remove(&event.connection_id),
            _ => false,
        };
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        libp2p::core::util::unreachable(event)
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use soxa_ledger::SecretKey;

    use super::*;
    use crate::identity::peer_of;

    fn node(seed: u8) -> NodeKey {
        SecretKey::from_seed(&[seed; 32]).node()
    }

    #[test]
    fn nobody_is_admitted_unless_named() {
        let now = Instant::now();
        let mut admission = Admission::default();
        let judge = |admission: &Admission, seed| admission.judge(&peer_of(&node(seed)).unwrap(), now);
        assert_eq!(judge(&admission, 1), Err(RefusedReason::NotAdmitted));
        assert_eq!(admission.replace(BTreeSet::from([node(1), node(2)])), []);
        assert_eq!(judge(&admission, 1), Ok(node(1)));
        assert_eq!(judge(&admission, 3), Err(RefusedReason::NotAdmitted));
        assert_eq!(admission.replace(BTreeSet::from([node(2), node(3)])), [node(1)]);
        assert_eq!(judge(&admission, 1), Err(RefusedReason::NotAdmitted));
        assert_eq!(
            admission.judge(&PeerId::random(), now),
            Err(RefusedReason::NotANode)
        );
    }

    #[test]
    fn connections_in_both_directions_are_judged_before_any_protocol_has_them() {
        let mut admission = Admission::default();
        let (id, address) = (ConnectionId::new_unchecked(1), Multiaddr::empty());
        let peer = peer_of(&node(1)).unwrap();
        for admitted in [false, true] {
            admission.replace(if admitted {
                BTreeSet::from([node(1)])
            } else {
                BTreeSet::new()
            });
            let inbound = admission.handle_established_inbound_connection(id, peer, &address, &address);
            assert_eq!(inbound.is_ok(), admitted);
            let (role, port) = (Endpoint::Dialer, PortUse::New);
            let outbound = admission.handle_established_outbound_connection(id, peer, &address, role, port);
            assert_eq!(outbound.is_ok(), admitted);
            let dialled = admission.handle_pending_outbound_connection(id, Some(peer), &[], role);
            assert_eq!(dialled.is_ok(), admitted);
        }
    }

    #[test]
    fn a_node_is_held_off_for_a_while() {
        let now = Instant::now();
        let mut admission = Admission::default();
        admission.replace(BTreeSet::from([node(1)]));
        let until = now + Duration::from_secs(60);
        admission.hold_off(node(1), until);
        admission.hold_off(node(2), until);
        let peer = peer_of(&node(1)).unwrap();
        assert_eq!(admission.judge(&peer, now), Err(RefusedReason::HeldOff));
        assert_eq!(admission.judge(&peer, until), Ok(node(1)));
        assert_eq!(
            admission.held_off.len(),
            1,
            "who is not admitted needs no hold-off"
        );
        admission.replace(BTreeSet::new());
        admission.replace(BTreeSet::from([node(1)]));
        assert_eq!(admission.judge(&peer, now + Duration::from_secs(1)), Ok(node(1)));
    }
}
