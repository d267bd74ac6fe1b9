//! Who is connected, and which requests are under way. No I/O: what happened is an argument, what the node must
//! learn comes back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use libp2p::request_response::{InboundRequestId, OutboundRequestId};
use libp2p::swarm::ConnectionId;
use soxa_ledger::NodeKey;
use tokio::time::Instant;

use crate::bucket::{Gate, Gauge};
use crate::config::Allowance;
use crate::error::{AskError, RefusedReason};
use crate::event::NetEvent;
use crate::limits;

/// The connected nodes.
#[derive(Debug)]
pub(crate) struct Peers {
    hints: Allowance,
    requests: Allowance,
    up: BTreeMap<NodeKey, Peer>,
    /// Own requests that wait for a response, with the number that the node gave them.
    asks: HashMap<OutboundRequestId, (NodeKey, u64)>,
    /// Requests of peers that wait for our response, or have it and did not read it yet.
    replies: HashMap<InboundRequestId, Reply>,
    /// Bytes of responses not read yet.
    reply_bytes: usize,
}

/// One request of a peer.
#[derive(Debug)]
struct Reply {
    node: NodeKey,
    /// Bytes of the response; none before there is one.
    bytes: Option<usize>,
}

/// One connected node.
#[derive(Debug)]
struct Peer {
    connections: BTreeSet<ConnectionId>,
    asks: usize,
    replies: usize,
    /// Bytes of responses that it has not read yet.
    reply_bytes: usize,
    /// Own requests in a row that had no response in time.
    timeouts: u32,
    /// Responses in a row that it did not read in time.
    unread: u32,
    false_hints: u32,
    broken_gossip: u32,
    hints: Gauge,
    requests: Gauge,
}

/// What becomes of a peer's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// The node is asked for a response.
    Admitted,
    /// It has no response, because it or all together wait for too many.
    Busy,
    /// It has no response, because there are too many for one peer's rate.
    Dropped,
    /// The same for too long: the peer is to be disconnected.
    Flood,
}

impl Peers {
    pub(crate) fn new(hints: Allowance, requests: Allowance) -> Self {
        Self {
            hints,
            requests,
            up: BTreeMap::new(),
            asks: HashMap::new(),
            replies: HashMap::new(),
            reply_bytes: 0,
        }
    }

    pub(crate) fn is_up(&self, node: &NodeKey) -> bool {
        self.up.contains_key(node)
    }

    /// A connection stands. True when it is the node's first.
    pub(crate) fn connected(&mut self, node: NodeKey, connection: ConnectionId, now: Instant) -> bool {
        let (hints, requests) = (self.hints, self.requests);
        let first = !self.is_up(&node);
        let peer = self.up.entry(node).or_insert_with(|| Peer {
            connections: BTreeSet::new(),
            asks: 0,
            replies: 0,
            reply_bytes: 0,
            timeouts: 0,
            unread: 0,
            false_hints: 0,
            broken_gossip: 0,
            hints: Gauge::new(hints, now),
            requests: Gauge::new(requests, now),
        });
        peer.connections.insert(connection);
        first
    }

    /// A connection is gone. True when it was the node's last and the node is to be taken down.
    pub(crate) fn closed(&mut self, node: &NodeKey, connection: ConnectionId) -> bool {
        let Some(peer) = self.up.get_mut(node) else {
            return false;
        };
        peer.connections.remove(&connection) && peer.connections.is_empty()
    }

    /// The node is down, whatever its connections still do. Its open requests are answered with `why` first.
    pub(crate) fn down(&mut self, node: &NodeKey, why: &AskError) -> Vec<NetEvent> {
        let Some(peer) = self.up.remove(node) else {
            return Vec::new();
        };
        self.reply_bytes = self.reply_bytes.saturating_sub(peer.reply_bytes);
        let mut open: Vec<u64> = self
            .asks
            .values()
            .filter(|(asked, _)| asked == node)
            .map(|ask| ask.1)
            .collect();
        open.sort_unstable();
        self.asks.retain(|_, (asked, _)| asked != node);
        self.replies.retain(|_, reply| reply.node != *node);
        let answered = |request_id| NetEvent::Answered {
            node: *node,
            request_id,
            result: Err(why.clone()),
        };
        open.into_iter()
            .map(answered)
            .chain([NetEvent::PeerDown { node: *node }])
            .collect()
    }

    /// Whether a request to the node may go out.
    pub(crate) fn may_ask(&self, node: &NodeKey) -> Result<(), AskError> {
        let peer = self.up.get(node).ok_or(AskError::NotConnected)?;
        if peer.asks >= limits::ASKS_PER_PEER_MAX || self.asks.len() >= limits::ASKS_MAX {
            return Err(AskError::Busy);
        }
        Ok(())
    }

    /// A request went out.
    pub(crate) fn asked(&mut self, node: NodeKey, request_id: u64, request: OutboundRequestId) {
        if let Some(peer) = self.up.get_mut(&node) {
            peer.asks += 1;
            self.asks.insert(request, (node, request_id));
        }
    }

    /// A request ended. None when it was answered before, because its node went down.
    pub(crate) fn answered(
        &mut self,
        request: OutboundRequestId,
        result: Result<Vec<u8>, AskError>,
    ) -> Option<NetEvent> {
        let (node, request_id) = self.asks.remove(&request)?;
        if let Some(peer) = self.up.get_mut(&node) {
            peer.asks = peer.asks.saturating_sub(1);
            peer.timeouts = match result {
                Err(AskError::TimedOut) => peer.timeouts.saturating_add(1),
                _ => 0,
            };
        }
        Some(NetEvent::Answered {
            node,
            request_id,
            result,
        })
    }

    /// Whether the line to the node counts as dead.
    pub(crate) fn is_silent(&self, node: &NodeKey) -> bool {
        self.up
            .get(node)
            .is_some_and(|peer| peer.timeouts >= limits::TIMEOUTS_IN_A_ROW_MAX)
    }

    /// A node asks.
    pub(crate) fn may_be_asked(&mut self, node: NodeKey, request: InboundRequestId, now: Instant) -> Asking {
        let Some(peer) = self.up.get_mut(&node) else {
            return Asking::Busy;
        };
        peer.timeouts = 0;
        match peer.requests.pass(now) {
            Gate::Open => {}
            Gate::Dropped => return Asking::Dropped,
            Gate::Flood => return Asking::Flood,
        }
        if peer.replies >= limits::REPLIES_PER_PEER_MAX || self.replies.len() >= limits::REPLIES_MAX {
            return Asking::Busy;
        }
        peer.replies += 1;
        self.replies.insert(request, Reply { node, bytes: None });
        Asking::Admitted
    }

    /// There is a response of so many bytes. False when it may not be sent, because too much waits to be read already.
    pub(crate) fn may_reply(&mut self, request: InboundRequestId, bytes: usize) -> bool {
        let Some(reply) = self.replies.get_mut(&request) else {
            return false;
        };
        let Some(peer) = self.up.get_mut(&reply.node) else {
            return false;
        };
        let fits = peer.reply_bytes.saturating_add(bytes) <= limits::REPLY_BYTES_PER_PEER_MAX
            && self.reply_bytes.saturating_add(bytes) <= limits::REPLY_BYTES_MAX;
        if fits {
            reply.bytes = Some(bytes);
            peer.reply_bytes += bytes;
            self.reply_bytes += bytes;
        }
        fits
    }

    /// A request of a node has its response, or can have none any more; `read` says whether the peer has read it, none
    /// where that is nobody's fault. Returns the node that left a response unread, and whether it did so too often.
    pub(crate) fn replied(
        &mut self,
        request: InboundRequestId,
        read: Option<bool>,
    ) -> Option<(NodeKey, bool)> {
        let reply = self.replies.remove(&request)?;
        let peer = self.up.get_mut(&reply.node)?;
        let bytes = reply.bytes.unwrap_or(0);
        peer.replies = peer.replies.saturating_sub(1);
        peer.reply_bytes = peer.reply_bytes.saturating_sub(bytes);
        self.reply_bytes = self.reply_bytes.saturating_sub(bytes);
        match read.filter(|_| reply.bytes.is_some()) {
            Some(true) => peer.unread = 0,
            Some(false) => {
                peer.unread = peer.unread.saturating_add(1);
                return Some((reply.node, peer.unread >= limits::UNREAD_IN_A_ROW_MAX));
            }
            None => {}
        }
        None
    }

    /// A hint came from a node.
    pub(crate) fn hint(&mut self, node: &NodeKey, now: Instant) -> Gate {
        self.up
            .get_mut(node)
            .map_or(Gate::Dropped, |peer| peer.hints.pass(now))
    }

    /// A node passed on a false hint. Why it is to be disconnected, if it is.
    pub(crate) fn false_hint(&mut self, node: &NodeKey) -> Option<RefusedReason> {
        let peer = self.up.get_mut(node)?;
        peer.false_hints = peer.false_hints.saturating_add(1);
        (peer.false_hints >= limits::FALSE_HINTS_MAX).then_some(RefusedReason::FalseHints)
    }

    /// A node's gossip stream broke off. Why it is to be disconnected, if it is.
    pub(crate) fn broken_gossip(&mut self, node: &NodeKey) -> Option<RefusedReason> {
        let peer = self.up.get_mut(node)?;
        peer.broken_gossip = peer.broken_gossip.saturating_add(1);
        (peer.broken_gossip >= limits::GOSSIP_BROKEN_MAX).then_some(RefusedReason::BrokenGossip)
    }

    /// Bytes of responses that are not read yet.
    pub(crate) fn reply_bytes(&self) -> usize {
        self.reply_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([1; 32]);

    fn peers() -> Peers {
        let allowance = Allowance {
            per_second: 10,
            burst: 2,
            forgiven: 3,
        };
        Peers::new(allowance, allowance)
    }

    fn connection(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    #[test]
    fn a_node_is_up_from_its_first_connection_to_its_last() {
        let now = Instant::now();
        let mut peers = peers();
        assert!(peers.connected(NODE, connection(1), now));
        assert!(!peers.connected(NODE, connection(2), now));
        assert!(!peers.closed(&NODE, connection(1)));
        assert!(!peers.closed(&NODE, connection(1)), "closed twice");
        assert!(peers.closed(&NODE, connection(2)));
        assert!(matches!(
            peers.down(&NODE, &AskError::Disconnected)[..],
            [NetEvent::PeerDown { node: NODE }]
        ));
        assert!(peers.down(&NODE, &AskError::Disconnected).is_empty());
        assert_eq!(peers.may_ask(&NODE), Err(AskError::NotConnected));
        assert!(peers.connected(NODE, connection(3), now));
        assert!(
            !peers.closed(&NODE, connection(2)),
            "a connection of an earlier time"
        );
    }
}
