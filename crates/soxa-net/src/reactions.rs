//! What the task does about each event of the swarm.

use std::io::ErrorKind;

use libp2p::PeerId;
use libp2p::connection_limits::Exceeded;
use libp2p::core::ConnectedPoint;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::request_response::{self, InboundFailure, Message, OutboundFailure};
use libp2p::swarm::{ConnectionDenied, ConnectionId, DialError, ListenError, SwarmEvent};
use soxa_ledger::NodeKey;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::admission::Refusal;
use crate::behaviour::ProtocolsEvent;
use crate::bucket::Gate;
use crate::codec::Request;
use crate::conduct::Misconduct;
use crate::counters::count;
use crate::error::{AskError, DialFailure, RefusedReason};
use crate::event::{HintId, NetEvent, ReplyTo};
use crate::identity::{name_of, node_of};
use crate::limits::HINT_BYTES_MAX;
use crate::meter::Metered;
use crate::peers::Asking;
use crate::task::Task;

impl Task {
    /// Listeners, connections and dials.
    pub(crate) fn on_connection_event(&mut self, event: SwarmEvent<ProtocolsEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                info!(%address, "listening");
                self.outbox.push_back(NetEvent::Listening {
                    address: address.to_string(),
                });
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.on_established(&peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                cause,
                ..
            } => {
                self.visits.end(connection_id);
                if num_established == 0 {
                    self.closing.remove(&peer_id);
                }
                debug!(peer = %name_of(&peer_id), ?cause, "a connection is closed");
                if let Some(node) = node_of(&peer_id)
                    && self.peers.closed(&node, connection_id)
                {
                    self.take_down(&node, &AskError::Disconnected);
                }
            }
            SwarmEvent::IncomingConnectionError {
                send_back_addr,
                error,
                peer_id,
                ..
            } => match error {
                ListenError::Denied { cause } => {
                    let who = peer_id.as_ref().map(name_of).unwrap_or_default();
                    self.report_refusal(who, Some(&send_back_addr), reason_of(cause));
                }
                other => debug!(address = %send_back_addr, error = %other, "an incoming connection failed"),
            },
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                peer_id,
                error,
            } => {
                self.on_dial_error(connection_id, peer_id, error);
            }
            SwarmEvent::ListenerError { error, .. } => warn!(%error, "a listener failed"),
            SwarmEvent::ListenerClosed {
                addresses, reason, ..
            } => {
                warn!(?addresses, ?reason, "a listener is closed");
            }
            _ => {}
        }
    }

    fn on_established(&mut self, peer: &PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let now = Instant::now();
        let address = endpoint.get_remote_address();
        if self.swarm.behaviour().admission.is_visit(connection) {
            info!(guest = %name_of(peer), %address, "a guest with an invite's key is connected");
            self.visits.begin(connection, now);
            return;
        }
        // Judged at the handshake already; since then the set may have changed.
        match self.swarm.behaviour().admission.judge(peer, now) {
            Ok(node) => {
                self.dialling.node_up(node, connection, now);
                if self.peers.connected(node, connection, now) {
                    self.conducts.connected(&node, Some(address.to_string()));
                    info!(%node, %address, "a peer is connected");
                    self.outbox.push_back(NetEvent::PeerUp {
                        node,
                        address: address.to_string(),
                    });
                }
            }
            Err(reason) => {
                let address = address.clone();
                self.report_refusal(name_of(peer), Some(&address), reason);
                self.dialling.failed(connection, node_of(peer), now);
                // An error says that it is gone already.
                let _ = self.swarm.disconnect_peer_id(*peer);
            }
        }
    }

    /// A dial came to nothing; it is repeated, except to this node itself.
    pub(crate) fn on_dial_error(&mut self, connection: ConnectionId, peer: Option<PeerId>, error: DialError) {
        let now = Instant::now();
        let node = peer.as_ref().and_then(node_of);
        // Without an address: it was there, and was taken out because this node listens on it.
        if matches!(error, DialError::LocalPeerId { .. } | DialError::NoAddresses) {
            if let Some(address) = self.dialling.reached_own(connection) {
                let (address, why) = (address.to_string(), DialFailure::Own);
                self.outbox.push_back(NetEvent::DialFailed { address, why });
            }
            return;
        }
        let met = if matches!(error, DialError::Denied { .. }) {
            node
        } else {
            None
        };
        let why = match error {
            DialError::Denied { cause } => DialFailure::Refused {
                who: peer.as_ref().map(name_of).unwrap_or_default(),
                why: reason_of(cause),
            },
            DialError::WrongPeerId { obtained, .. } => DialFailure::OtherNode(name_of(&obtained)),
            DialError::Transport(errors) => DialFailure::Unreachable(
                errors
                    .first()
                    .map_or_else(String::new, |(_, error)| innermost(error)),
            ),
            other => DialFailure::Unreachable(innermost(&other)),
        };
        let Some(address) = self.dialling.failed(connection, met, now) else {
            return;
        };
        debug!(%address, %why, "a dial failed");
        let address = address.to_string();
        match met {
            // One connection more than needed was refused.
            Some(node) if self.peers.is_up(&node) => self.dialling.node_up(node, connection, now),
            _ => self.outbox.push_back(NetEvent::DialFailed { address, why }),
        }
    }

    /// Requests and responses in both directions.
    pub(crate) fn on_request_event(&mut self, event: request_response::Event<Request, Vec<u8>>) {
        match event {
            request_response::Event::Message { peer, message, .. } => match message {
                // Wherever the channel is dropped, the peer learns that there is no response.
                Message::Request {
                    request: Request::TooLarge,
                    ..
                } => {
                    if let Some(node) = node_of(&peer) {
                        self.end_for_cause(&node, RefusedReason::OversizedRequest);
                    }
                }
                Message::Request {
                    request_id,
                    request: Request::Bytes(bytes),
                    channel,
                } => {
                    let Some(node) = node_of(&peer) else { return };
                    match self.peers.may_be_asked(node, request_id, Instant::now()) {
                        Asking::Admitted => {
                            count(&self.counters.asked);
                            let reply = ReplyTo {
                                node,
                                request: Some(request_id),
                                channel,
                            };
                            self.outbox.push_back(NetEvent::Asked { node, bytes, reply });
                        }
                        Asking::Busy | Asking::Dropped => count(&self.counters.requests_dropped),
                        Asking::Flood => self.end_for_cause(&node, RefusedReason::RequestFlood),
                    }
                }
                Message::Response { request_id, response } => {
                    count(&self.counters.answered);
                    self.outbox.extend(self.peers.answered(request_id, Ok(response)));
                }
            },
            request_response::Event::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                let why = ask_error(error);
                let (silent, oversized) = (why == AskError::TimedOut, why == AskError::TooLarge);
                self.outbox.extend(self.peers.answered(request_id, Err(why)));
                let Some(node) = node_of(&peer) else { return };
                if silent {
                    self.conducts.broke(&node, Misconduct::Silent, Instant::now());
                }
                if oversized {
                    self.end_for_cause(&node, RefusedReason::OversizedResponse);
                } else if self.peers.is_silent(&node) {
                    info!(%node, "a peer no longer responds; its connection is closed");
                    self.take_down(&node, &AskError::TimedOut);
                }
            }
            request_response::Event::InboundFailure {
                request_id, error, ..
            } => {
                let unread = matches!(error, InboundFailure::Timeout).then_some(false);
                if let Some((node, too_often)) = self.peers.replied(request_id, unread) {
                    if too_often {
                        self.end_for_cause(&node, RefusedReason::SlowReader);
                    } else {
                        self.conducts.broke(&node, Misconduct::SlowReader, Instant::now());
                    }
                }
            }
            request_response::Event::ResponseSent { request_id, .. } => {
                self.peers.replied(request_id, Some(true));
            }
        }
    }

    /// What guests say. Whatever else than a request happens ends with their time.
    pub(crate) fn on_join_event(&mut self, event: request_response::Event<Request, Vec<u8>>) {
        let request_response::Event::Message { peer, message, .. } = event else {
            return;
        };
        let Message::Request { request, channel, .. } = message else {
            return;
        };
        match (request, node_of(&peer)) {
            (Request::Bytes(bytes), Some(node)) => {
                let key = node.public();
                let reply = ReplyTo {
                    node,
                    request: None,
                    channel,
                };
                self.outbox.push_back(NetEvent::Joining { key, bytes, reply });
            }
            _ => self.report_refusal(name_of(&peer), None, RefusedReason::OversizedRequest),
        }
    }

    /// Hints, and what gossip says about the peers.
    pub(crate) fn on_gossip_event(&mut self, event: Metered<gossipsub::Event>) {
        let event = match event {
            Metered::Gossip(event) => event,
            Metered::Dropped => return count(&self.counters.gossip_dropped),
            Metered::Flood(peer) => return self.end_if_up(&peer, RefusedReason::GossipFlood),
            Metered::Broken(peer) => {
                let Some(node) = node_of(&peer) else { return };
                match self.peers.broken_gossip(&node) {
                    Some(reason) => self.end_for_cause(&node, reason),
                    None => self
                        .conducts
                        .broke(&node, Misconduct::BrokenGossip, Instant::now()),
                }
                return;
            }
        };
        match event {
            gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            } => {
                count(&self.counters.hints_received);
                let id = HintId {
                    message: message_id,
                    from: propagation_source,
                };
                let Some(node) = node_of(&id.from) else { return };
                self.on_hint(node, id, message.data);
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                self.end_if_up(&peer_id, RefusedReason::OtherNetwork);
            }
            gossipsub::Event::SlowPeer {
                peer_id,
                failed_messages,
            } => {
                // The score sees to it that it gets fewer; its requests are served as before.
                count(&self.counters.slow_peers);
                if let Some(node) = node_of(&peer_id) {
                    self.conducts.broke(&node, Misconduct::SlowGossip, Instant::now());
                }
                debug!(peer = %name_of(&peer_id), ?failed_messages, "a peer is too slow for gossip");
            }
            gossipsub::Event::Subscribed { .. } | gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    /// Ends a peer for cause, unless it is down already.
    fn end_if_up(&mut self, peer: &PeerId, reason: RefusedReason) {
        if let Some(node) = node_of(peer).filter(|node| self.peers.is_up(node)) {
            self.end_for_cause(&node, reason);
        }
    }

    fn on_hint(&mut self, node: NodeKey, id: HintId, bytes: Vec<u8>) {
        let gate = self.peers.hint(&node, Instant::now());
        let gossip = &mut self.swarm.behaviour_mut().gossip.inner;
        if gate == Gate::Open && bytes.len() <= HINT_BYTES_MAX {
            self.outbox.push_back(NetEvent::Hint { node, id, bytes });
        } else if gate == Gate::Open {
            gossip.report_message_validation_result(&id.message, &id.from, MessageAcceptance::Reject);
            self.end_for_cause(&node, RefusedReason::OversizedHint);
        } else {
            count(&self.counters.hints_dropped);
            gossip.report_message_validation_result(&id.message, &id.from, MessageAcceptance::Ignore);
            if gate == Gate::Flood {
                self.end_for_cause(&node, RefusedReason::HintFlood);
            }
        }
    }
}

/// Why a connection was denied, by whichever part denied it.
fn reason_of(cause: ConnectionDenied) -> RefusedReason {
    match cause.downcast::<Refusal>() {
        Ok(Refusal(reason)) => reason,
        Err(cause) => match cause.downcast::<Exceeded>() {
            Ok(exceeded) => RefusedReason::Limit(exceeded.to_string()),
            Err(cause) => RefusedReason::Limit(innermost(&cause)),
        },
    }
}

fn ask_error(failure: OutboundFailure) -> AskError {
    match failure {
        OutboundFailure::Timeout => AskError::TimedOut,
        OutboundFailure::ConnectionClosed => AskError::Disconnected,
        OutboundFailure::DialFailure => AskError::NotConnected,
        OutboundFailure::UnsupportedProtocols => AskError::OtherNetwork,
        OutboundFailure::Io(error) => match error.kind() {
            ErrorKind::UnexpectedEof => AskError::NoReply,
            ErrorKind::InvalidData => AskError::TooLarge,
            _ => AskError::Stream(error.to_string()),
        },
    }
}

/// The last error of a chain, which is the system's own word.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
