//! The node's side of the network task. Nothing here waits: what cannot be taken now is refused with the reason,
//! so the node can never stand in a circle with the task, each waiting for the other's queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use libp2p::Multiaddr;
use soxa_ledger::{NodeKey, PublicKey};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::conduct::{Conduct, Conducts};
use crate::config::read_address;
use crate::counters::Counters;
use crate::error::CommandRefused;
use crate::event::{HintId, HintVerdict, ReplyTo};
use crate::limits::{HINT_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};

/// What the node asks of the task.
#[derive(Debug)]
pub(crate) enum Command {
    Ask {
        node: NodeKey,
        request_id: u64,
        bytes: Vec<u8>,
    },
    Reply {
        to: ReplyTo,
        bytes: Vec<u8>,
    },
    Announce {
        bytes: Vec<u8>,
    },
    Judge {
        id: HintId,
        verdict: HintVerdict,
    },
    Dial {
        address: Multiaddr,
    },
    Disconnect {
        node: NodeKey,
        reason: String,
    },
}

/// Speaks to the network task. Clones speak to the same one; when all are gone, it ends.
#[derive(Debug, Clone)]
pub struct NetHandle {
    pub(crate) commands: mpsc::Sender<Command>,
    /// The newest set only: what it replaces need never be seen.
    pub(crate) admitted: Arc<watch::Sender<BTreeSet<NodeKey>>>,
    pub(crate) guests: Arc<watch::Sender<BTreeSet<PublicKey>>>,
    pub(crate) learnt: Arc<watch::Sender<BTreeMap<NodeKey, Vec<String>>>>,
    pub(crate) stop: Arc<watch::Sender<bool>>,
    /// Never sent on; it closes when the task has ended.
    pub(crate) ended: watch::Receiver<()>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) conducts: Arc<Conducts>,
}

impl NetHandle {
    /// Replaces the set of admitted nodes. Who is no longer in it is disconnected before the task looks at
    /// anything else from the network; earlier commands may come after it. Cannot be refused or lost.
    pub fn admit(&self, nodes: BTreeSet<NodeKey>) {
        self.admitted.send_replace(nodes);
    }

    /// Replaces the keys of invites whose holders may open the join protocol, at most
    /// [`crate::limits::GUEST_KEYS_MAX`] of them. Cannot be refused or lost.
    pub fn expect_guests(&self, keys: BTreeSet<PublicKey>) {
        self.guests.send_replace(keys);
    }

    /// Replaces the addresses that peers told of other nodes: dialled like those from the configuration, until they are
    /// replaced. One that cannot be used is passed over. Cannot be refused or lost.
    pub fn learn(&self, addresses: BTreeMap<NodeKey, Vec<String>>) {
        self.learnt.send_replace(addresses);
    }

    /// Asks a connected node. [`crate::NetEvent::Answered`] with the same number follows, once.
    ///
    /// # Errors
    /// When the request is too large, the queue is full or the network is shut down; nothing follows then.
    pub fn ask(&self, node: NodeKey, request_id: u64, bytes: Vec<u8>) -> Result<(), CommandRefused> {
        within("request", &bytes, REQUEST_BYTES_MAX)?;
        self.send(Command::Ask {
            node,
            request_id,
            bytes,
        })
    }

    /// Answers a node's request. Where the node has gone or no longer waits, nothing happens.
    ///
    /// # Errors
    /// When the response is too large, the queue is full or the network is shut down; the peer then learns that
    /// there will be no response.
    pub fn reply(&self, to: ReplyTo, bytes: Vec<u8>) -> Result<(), CommandRefused> {
        within("response", &bytes, RESPONSE_BYTES_MAX)?;
        self.send(Command::Reply { to, bytes })
    }

    /// Sends a hint to the neighbours. It may get lost: nothing may depend on it.
    ///
    /// # Errors
    /// When the hint is too large, the queue is full or the network is shut down.
    pub fn announce(&self, bytes: Vec<u8>) -> Result<(), CommandRefused> {
        within("hint", &bytes, HINT_BYTES_MAX)?;
        self.send(Command::Announce { bytes })
    }

    /// Says what becomes of a received hint.
    ///
    /// # Errors
    /// When the queue is full or the network is shut down; the hint is then not passed on.
    pub fn hint_verdict(&self, id: HintId, verdict: HintVerdict) -> Result<(), CommandRefused> {
        self.send(Command::Judge { id, verdict })
    }

    /// Dials an address now, and again whenever it is not connected, like one from the configuration.
    ///
    /// # Errors
    /// When the address cannot be used, the queue is full or the network is shut down.
    pub fn dial(&self, address: &str) -> Result<(), CommandRefused> {
        let (address, _) = read_address(address).map_err(|why| CommandRefused::Address {
            address: address.to_owned(),
            why,
        })?;
        self.send(Command::Dial { address })
    }

    /// Disconnects a node for cause and refuses it for [`crate::limits::HOLD_OFF`]. The reason goes to the log and
    /// into [`crate::NetEvent::Refused`]; the peer does not learn it.
    ///
    /// # Errors
    /// When the queue is full or the network is shut down.
    pub fn disconnect(&self, node: NodeKey, reason: impl Into<String>) -> Result<(), CommandRefused> {
        self.send(Command::Disconnect {
            node,
            reason: reason.into(),
        })
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What every admitted node did since the start.
    #[must_use]
    pub fn conduct(&self) -> BTreeMap<NodeKey, Conduct> {
        self.conducts.read(Instant::now())
    }

    /// Closes all connections and listeners and waits until the ports are free, at most
    /// [`crate::limits::SHUTDOWN_GRACE`]. Does no harm when repeated.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let mut ended = self.ended.clone();
        // The only news on this channel is that the task, which holds the other end, has ended.
        while ended.changed().await.is_ok() {}
    }

    fn send(&self, command: Command) -> Result<(), CommandRefused> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommandRefused::Busy,
            mpsc::error::TrySendError::Closed(_) => CommandRefused::Stopped,
        })
    }
}

fn within(what: &'static str, bytes: &[u8], max: usize) -> Result<(), CommandRefused> {
    if bytes.len() > max {
        return Err(CommandRefused::TooLarge {
            what,
            bytes: bytes.len(),
            max,
        });
    }
    Ok(())
}
