//! Who is connected, and which requests are under way. No I/O: what happened is an argument, what the node must
//! learn comes back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use libp2p::request_response::{InboundRequestId, OutboundRequestId};
use libp2p::swarm::ConnectionId;
use soxa_ledger::NodeKey;
use tokio::time::Instant;

use crate::bucket::{Bucket, Rate};
use crate::config::HintRate;
use crate::error::AskError;
use crate::event::NetEvent;
use crate::limits;

/// The connected nodes.
#[derive(Debug)]
pub(crate) struct Peers {
    hint_rate: HintRate,
    up: BTreeMap<NodeKey, Peer>,
    /// Own requests that wait for a response, with the number that the node gave them.
    asks: HashMap<OutboundRequestId, (NodeKey, u64)>,
    /// Requests of peers that wait for our response.
    replies: HashMap<InboundRequestId, NodeKey>,
}

/// One connected node.
#[derive(Debug)]
struct Peer {
    connections: BTreeSet<ConnectionId>,
    asks: usize,
    replies: usize,
    /// Own requests in a row that had no response in time.
    timeouts: u32,
    hints: Bucket,
    forgiven: Bucket,
}

/// What becomes of a hint before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HintGate {
    /// To be judged by the node.
    Open,
    /// Too many: dropped.
    Dropped,
    /// Too many for too long: the peer is to be disconnected.
    Flood,
}

impl Peers {
    pub(crate) fn new(hint_rate: HintRate) -> Self {
        Self {
            hint_rate,
            up: BTreeMap::new(),
            asks: HashMap::new(),
            replies: HashMap::new(),
        }
    }

    pub(crate) fn is_up(&self, node: &NodeKey) -> bool {
        self.up.contains_key(node)
    }

    /// A connection stands. True when it is the node's first.
    pub(crate) fn connected(&mut self, node: NodeKey, connection: ConnectionId, now: Instant) -> bool {
        let HintRate {
            per_second,
            burst,
            dropped_max,
        } = self.hint_rate;
        let first = !self.is_up(&node);
        let peer = self.up.entry(node).or_insert_with(|| Peer {
            connections: BTreeSet::new(),
            asks: 0,
            replies: 0,
            timeouts: 0,
            hints: Bucket::new(Rate { per_second, burst }, now),
            forgiven: Bucket::new(
                Rate {
                    per_second,
                    burst: dropped_max,
                },
                now,
            ),
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
        if self.up.remove(node).is_none() {
            return Vec::new();
        }
        let mut open: Vec<u64> = self
            .asks
            .values()
            .filter(|(asked, _)| asked == node)
            .map(|ask| ask.1)
            .collect();
        open.sort_unstable();
        self.asks.retain(|_, (asked, _)| asked != node);
        self.replies.retain(|_, asker| asker != node);
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

    /// A node asks. False when it may not, because it or all together wait for too many responses.
    pub(crate) fn may_be_asked(&mut self, node: NodeKey, request: InboundRequestId) -> bool {
        let Some(peer) = self.up.get_mut(&node) else {
            return false;
        };
        peer.timeouts = 0;
        if peer.replies >= limits::REPLIES_PER_PEER_MAX || self.replies.len() >= limits::REPLIES_MAX {
            return false;
        }
        peer.replies += 1;
        self.replies.insert(request, node);
        true
    }

    /// A request of a node has its response, or can have none any more.
    pub(crate) fn replied(&mut self, request: InboundRequestId) {
        if let Some(node) = self.replies.remove(&request)
            && let Some(peer) = self.up.get_mut(&node)
        {
            peer.replies = peer.replies.saturating_sub(1);
        }
    }

    /// A hint came from a node.
    pub(crate) fn hint(&mut self, node: &NodeKey, now: Instant) -> HintGate {
        let Some(peer) = self.up.get_mut(node) else {
            return HintGate::Dropped;
        };
        if peer.hints.take(now) {
            HintGate::Open
        } else if peer.forgiven.take(now) {
            HintGate::Dropped
        } else {
            HintGate::Flood
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([1; 32]);

    fn peers() -> Peers {
        Peers::new(HintRate {
            per_second: 10,
            burst: 2,
            dropped_max: 3,
        })
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

    #[test]
    fn a_flood_of_hints_is_dropped_and_then_ends_the_peer() {
        let now = Instant::now();
        let mut peers = peers();
        assert_eq!(peers.hint(&NODE, now), HintGate::Dropped, "not connected");
        peers.connected(NODE, connection(1), now);
        let gates: Vec<HintGate> = (0..6).map(|_| peers.hint(&NODE, now)).collect();
        use HintGate::{Dropped, Flood, Open};
        assert_eq!(gates, [Open, Open, Dropped, Dropped, Dropped, Flood]);
        assert_eq!(peers.hint(&NODE, now + std::time::Duration::from_secs(1)), Open);
    }
}
