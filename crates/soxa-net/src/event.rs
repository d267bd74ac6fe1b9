//! What the network reports to the node.

use libp2p::PeerId;
use libp2p::gossipsub::{MessageAcceptance, MessageId};
use libp2p::request_response::{InboundRequestId, ResponseChannel};
use soxa_ledger::{NodeKey, PublicKey};

use crate::error::{AskError, DialFailure, RefusedReason};

/// What happened on the network. Addresses are multiaddresses.
#[derive(Debug)]
pub enum NetEvent {
    /// This node can be reached at an address.
    Listening {
        /// The address, with the real port.
        address: String,
    },
    /// The first connection with an admitted node stands.
    PeerUp {
        /// The node.
        node: NodeKey,
        /// Where it is.
        address: String,
    },
    /// The last connection with a node is gone, or the node is no longer admitted. No further event names it
    /// until it is up again; its open requests have been answered with an error before.
    PeerDown {
        /// The node.
        node: NodeKey,
    },
    /// A node asks.
    Asked {
        /// The node.
        node: NodeKey,
        /// The request.
        bytes: Vec<u8>,
        /// What the response goes with.
        reply: ReplyTo,
    },
    /// A guest asks, in the words of the join protocol.
    Joining {
        /// The invite's key, which the guest holds.
        key: PublicKey,
        /// The request.
        bytes: Vec<u8>,
        /// What the response goes with.
        reply: ReplyTo,
    },
    /// The answer to an own request; exactly one for each that was taken.
    Answered {
        /// The node that was asked.
        node: NodeKey,
        /// The number given when asking.
        request_id: u64,
        /// The response, or why there is none.
        result: Result<Vec<u8>, AskError>,
    },
    /// A hint, not yet passed on. It wants a verdict within some seconds, otherwise it is forgotten.
    Hint {
        /// The neighbour that passed it on; hints do not say who wrote them.
        node: NodeKey,
        /// What the verdict goes with.
        id: HintId,
        /// The hint.
        bytes: Vec<u8>,
    },
    /// A peer was refused or disconnected for cause. Under a flood of strangers only some are reported.
    Refused {
        /// The node key, or the peer id where it is not an ed25519 key, or empty where the peer was not yet known.
        who: String,
        /// Where it came from; empty where unknown.
        address: String,
        /// Why.
        reason: RefusedReason,
    },
    /// An address could not be reached. It will be dialled again, except where the reason says otherwise.
    DialFailed {
        /// The address.
        address: String,
        /// Why.
        why: DialFailure,
    },
}

/// The way back for a response. Dropping it tells the peer that there will be none.
#[derive(Debug)]
pub struct ReplyTo {
    pub(crate) node: NodeKey,
    /// Among the requests of nodes; none for a guest, whose time is its limit.
    pub(crate) request: Option<InboundRequestId>,
    pub(crate) channel: ResponseChannel<Vec<u8>>,
}

impl ReplyTo {
    /// The node that asked; of a guest the invite's key.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        self.node
    }
}

/// One received hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintId {
    pub(crate) message: MessageId,
    pub(crate) from: PeerId,
}

/// What becomes of a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintVerdict {
    /// It is good: passed on.
    Accept,
    /// It is false, and must be so for every honest node: dropped, and the peers that passed it on pay.
    Reject,
    /// Neither: dropped, nobody pays.
    Ignore,
}

impl From<HintVerdict> for MessageAcceptance {
    fn from(verdict: HintVerdict) -> Self {
        match verdict {
            HintVerdict::Accept => Self::Accept,
            HintVerdict::Reject => Self::Reject,
            HintVerdict::Ignore => Self::Ignore,
        }
    }
}
