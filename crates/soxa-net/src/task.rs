//! The one task that owns the swarm: takes the node's commands, feeds the swarm's events to the peers and reports.
//!
//! Pressure travels outwards: when the node does not take its events, the task stops reading from the network
//! and later from the command queue, and it never waits while holding either.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::sync::Arc;

use libp2p::futures::StreamExt;
use libp2p::gossipsub::{IdentTopic, MessageAcceptance};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId};
use soxa_ledger::{NodeKey, PublicKey};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, info};

use crate::behaviour::{Protocols, ProtocolsEvent};
use crate::bucket::{Bucket, Rate};
use crate::codec::Request;
use crate::conduct::{Conducts, Misconduct};
use crate::config::read_address;
use crate::counters::{Counters, count, note};
use crate::dialling::Dialling;
use crate::error::{AskError, DialFailure, RefusedReason};
use crate::event::{HintVerdict, NetEvent};
use crate::guests::Visits;
use crate::handle::Command;
use crate::identity::{node_of, peer_of};
use crate::limits;
use crate::peers::Peers;

/// The task's state.
pub(crate) struct Task {
    pub(crate) swarm: Swarm<Protocols>,
    pub(crate) topic: IdentTopic,
    pub(crate) peers: Peers,
    pub(crate) dialling: Dialling,
    pub(crate) visits: Visits,
    pub(crate) refusals: Bucket,
    pub(crate) outbox: VecDeque<NetEvent>,
    /// Peers that were taken down and whose connections still stand.
    pub(crate) closing: BTreeSet<PeerId>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) conducts: Arc<Conducts>,
}

/// The task's ends of its channels.
pub(crate) struct Channels {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) admitted: watch::Receiver<BTreeSet<NodeKey>>,
    pub(crate) guests: watch::Receiver<BTreeSet<PublicKey>>,
    pub(crate) learnt: watch::Receiver<BTreeMap<NodeKey, Vec<String>>>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) events: mpsc::Sender<NetEvent>,
    /// Dropped when the task has ended.
    pub(crate) ended: watch::Sender<()>,
}

impl Task {
    pub(crate) fn new(
        swarm: Swarm<Protocols>,
        topic: IdentTopic,
        own: NodeKey,
        peers: Peers,
        counters: Arc<Counters>,
        conducts: Arc<Conducts>,
    ) -> Self {
        let refusals = Rate {
            per_second: limits::REFUSALS_PER_SECOND,
            burst: limits::REFUSALS_BURST,
        };
        Self {
            swarm,
            topic,
            peers,
            dialling: Dialling::new(own),
            visits: Visits::default(),
            refusals: Bucket::new(refusals, Instant::now()),
            outbox: VecDeque::new(),
            closing: BTreeSet::new(),
            counters,
            conducts,
        }
    }

    /// Runs until it is told to stop, or until nobody is left to listen to it or to command it.
    pub(crate) async fn run(mut self, mut channels: Channels) {
        loop {
            let due = self.dialling.next_due();
            let visit_over = self.visits.next_due();
            let waiting = self.outbox.len();
            let reading = self.may_read();
            self.note_what_is_held();
            tokio::select! {
                stopped = channels.stop.changed() => {
                    if stopped.is_err() || *channels.stop.borrow() {
                        break;
                    }
                }
                changed = channels.admitted.changed() => match changed {
                    Ok(()) => self.admit(channels.admitted.borrow_and_update().clone()),
                    Err(_) => break,
                },
                changed = channels.guests.changed() => match changed {
                    Ok(()) => self.expect(&channels.guests.borrow_and_update().clone()),
                    Err(_) => break,
                },
                changed = channels.learnt.changed() => match changed {
                    Ok(()) => self.learn(&channels.learnt.borrow_and_update().clone()),
                    Err(_) => break,
                },
                permit = channels.events.reserve(), if waiting > 0 => match (permit, self.outbox.pop_front()) {
                    (Ok(permit), Some(event)) => permit.send(event),
                    _ => break,
                },
                command = channels.commands.recv(), if waiting < limits::OUTBOX_PAUSES_COMMANDS => match command {
                    Some(command) => self.on_command(command),
                    None => break,
                },
                () = wait_until(due) => self.dial_due(),
                () = wait_until(visit_over) => self.end_visits(),
                event = self.swarm.select_next_some(), if reading => {
                    // Who has just lost admission is not heard once more because of the order of arrival.
                    if channels.admitted.has_changed().unwrap_or(false) {
                        self.admit(channels.admitted.borrow_and_update().clone());
                    }
                    self.on_swarm_event(event);
                }
            }
        }
        self.close().await;
        // Last, so that whoever waits for the end finds the ports free.
        drop(channels.ended);
    }

    fn note_what_is_held(&self) {
        note(&self.counters.unread_bytes, self.peers.reply_bytes());
        let connections = self.swarm.network_info().connection_counters().num_established();
        note(&self.counters.connections, connections as usize);
    }

    /// Whether there is room for what the network may bring. A connection closes only while the swarm is driven, so
    /// some more is let in where one has to.
    fn may_read(&self) -> bool {
        let max = if self.closing.is_empty() {
            limits::OUTBOX_PAUSES_NETWORK
        } else {
            limits::OUTBOX_PAUSES_COMMANDS
        };
        self.outbox.len() < max
    }

    /// Closes listeners and connections in an orderly way, as far as the peers do not dawdle.
    async fn close(mut self) {
        self.swarm.behaviour_mut().admission.replace(BTreeSet::new());
        self.expect(&BTreeSet::new());
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // An error says that it is gone already.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let deadline = Instant::now() + limits::SHUTDOWN_GRACE;
        while self.swarm.network_info().num_peers() > 0 {
            if timeout_at(deadline, self.swarm.select_next_some()).await.is_err() {
                break;
            }
        }
        info!("the network is shut down");
    }

    /// Replaces the admitted set; who fell out of it is down before anything else happens.
    pub(crate) fn admit(&mut self, nodes: BTreeSet<NodeKey>) {
        let admission = &mut self.swarm.behaviour_mut().admission;
        if *admission.admitted() == nodes {
            return;
        }
        self.conducts.admit(&nodes);
        for node in admission.replace(nodes) {
            self.take_down(&node, &AskError::Disconnected);
        }
        self.dialling.wake_all(Instant::now());
    }

    /// Replaces the keys of invites.
    fn expect(&mut self, keys: &BTreeSet<PublicKey>) {
        let peer = |key: &PublicKey| peer_of(&NodeKey(key.0));
        let guests: BTreeSet<PeerId> = keys
            .iter()
            .filter_map(peer)
            .take(limits::GUEST_KEYS_MAX)
            .collect();
        let protocols = self.swarm.behaviour_mut();
        protocols.admission.expect(guests.clone());
        protocols.requests.expect(guests.clone());
        protocols.gossip.expect(guests.clone());
        protocols.joins.expect(guests);
    }

    /// Replaces the addresses that peers told.
    fn learn(&mut self, told: &BTreeMap<NodeKey, Vec<String>>) {
        let mut addresses = BTreeSet::new();
        for (node, texts) in told {
            let Some(peer) = peer_of(node) else { continue };
            let read = texts.iter().filter_map(|text| read_address(text).ok());
            addresses.extend(read.filter_map(|(address, _)| address.with_p2p(peer).ok()));
        }
        self.dialling.learn(&addresses, Instant::now());
    }

    /// Sends away the guests whose time is over.
    fn end_visits(&mut self) {
        for connection in self.visits.over(Instant::now()) {
            // False says that it is gone already.
            let _ = self.swarm.close_connection(connection);
        }
    }

    fn on_command(&mut self, command: Command) {
        let protocols = self.swarm.behaviour_mut();
        match command {
            Command::Ask {
                node,
                request_id,
                bytes,
            } => {
                let asked = self.peers.may_ask(&node);
                match asked.and_then(|()| peer_of(&node).ok_or(AskError::NotConnected)) {
                    Ok(peer) => {
                        let request = protocols.requests.send_request(&peer, Request::Bytes(bytes));
                        self.peers.asked(node, request_id, request);
                    }
                    Err(why) => {
                        self.outbox.push_back(NetEvent::Answered {
                            node,
                            request_id,
                            result: Err(why),
                        });
                    }
                }
            }
            Command::Reply { to, bytes } => {
                let refused = |request| !self.peers.may_reply(request, bytes.len());
                if to.request.is_some_and(refused) {
                    count(&self.counters.requests_dropped);
                    debug!(node = %to.node, "a response was dropped: too many are not read yet");
                } else if protocols.requests.send_response(to.channel, bytes).is_err() {
                    debug!(node = %to.node, "a response came too late");
                }
            }
            Command::Announce { bytes } => {
                if let Err(error) = protocols.gossip.inner.publish(self.topic.clone(), bytes) {
                    debug!(%error, "a hint was not sent");
                }
            }
            Command::Judge { id, verdict } => {
                let acceptance = MessageAcceptance::from(verdict);
                protocols
                    .gossip
                    .inner
                    .report_message_validation_result(&id.message, &id.from, acceptance);
                if verdict == HintVerdict::Reject
                    && let Some(node) = node_of(&id.from)
                {
                    match self.peers.false_hint(&node) {
                        Some(reason) => self.end_for_cause(&node, reason),
                        None => self.conducts.broke(&node, Misconduct::FalseHint, Instant::now()),
                    }
                }
            }
            Command::Dial { address } => {
                if !self.dialling.add(address.clone(), Instant::now()) {
                    let why = DialFailure::TooMany;
                    self.outbox.push_back(NetEvent::DialFailed {
                        address: address.to_string(),
                        why,
                    });
                }
            }
            Command::Disconnect { node, reason } => self.end_for_cause(&node, RefusedReason::Asked(reason)),
        }
    }

    /// Dials what is due.
    pub(crate) fn dial_due(&mut self) {
        let now = Instant::now();
        while let Some(address) = self.dialling.take_due(now, |node| self.peers.is_up(node)) {
            // A port of its own: from the listening port, the second dial to one place within a minute would
            // find the first one's remains.
            let dial = DialOpts::unknown_peer_id()
                .address(address.clone())
                .allocate_new_port()
                .build();
            let connection = dial.connection_id();
            self.dialling.started(&address, connection);
            if let Err(error) = self.swarm.dial(dial) {
                self.on_dial_error(connection, None, error);
            }
        }
    }

    pub(crate) fn on_swarm_event(&mut self, event: SwarmEvent<ProtocolsEvent>) {
        match event {
            SwarmEvent::Behaviour(ProtocolsEvent::Requests(event)) => self.on_request_event(event),
            SwarmEvent::Behaviour(ProtocolsEvent::Gossip(event)) => self.on_gossip_event(event),
            SwarmEvent::Behaviour(ProtocolsEvent::Joins(event)) => self.on_join_event(event),
            other => self.on_connection_event(other),
        }
    }

    /// Ends a peer that misbehaved, or that the node wants gone, and keeps it away for a while.
    pub(crate) fn end_for_cause(&mut self, node: &NodeKey, reason: RefusedReason) {
        let why = match reason {
            RefusedReason::OtherNetwork => AskError::OtherNetwork,
            _ => AskError::Disconnected,
        };
        let now = Instant::now();
        if let Some(rule) = reason.misconduct() {
            self.conducts.broke(node, rule, now);
        }
        let until = self.conducts.dropped(node, now);
        self.swarm.behaviour_mut().admission.hold_off(*node, until);
        self.report_refusal(node.to_string(), None, reason);
        self.take_down(node, &why);
    }

    /// The node is down from now on, even while its connections take their time to close.
    pub(crate) fn take_down(&mut self, node: &NodeKey, why: &AskError) {
        self.outbox.extend(self.peers.down(node, why));
        self.conducts.connected(node, None);
        self.dialling.node_down(node, Instant::now());
        if let Some(peer) = peer_of(node)
            && self.swarm.disconnect_peer_id(peer).is_ok()
        {
            self.closing.insert(peer);
        }
    }

    /// Counts a refusal, and reports it unless there are too many.
    pub(crate) fn report_refusal(&mut self, who: String, address: Option<&Multiaddr>, reason: RefusedReason) {
        count(&self.counters.refusals);
        if matches!(reason, RefusedReason::NotAdmitted | RefusedReason::NotANode) {
            count(&self.counters.strangers);
        }
        if self.refusals.take(Instant::now()) {
            let address = address.map(ToString::to_string).unwrap_or_default();
            info!(%who, %address, %reason, "refused a peer");
            self.outbox.push_back(NetEvent::Refused { who, address, reason });
        }
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}
