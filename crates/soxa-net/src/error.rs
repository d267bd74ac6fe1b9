//! What can go wrong, each with the operation and its object.

use std::io;

use crate::conduct::Misconduct;

/// The network could not be started.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A configured address that cannot be used.
    #[error("cannot use address {address:?}: {why}")]
    Address {
        /// The address as configured.
        address: String,
        /// What is wrong with it.
        why: AddressError,
    },
    /// More addresses than the limit.
    #[error("{count} addresses to {purpose}, at most {max} are allowed")]
    TooManyAddresses {
        /// `listen on` or `dial`.
        purpose: &'static str,
        /// How many were configured.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The address cannot be listened on; most often the port is in use.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A setting that the network library refuses.
    #[error("cannot set up {what}: {why}")]
    Setup {
        /// Which part.
        what: &'static str,
        /// Its words.
        why: String,
    },
}

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a multiaddress at all.
    #[error("not a multiaddress: {0}")]
    Malformed(String),
    /// A multiaddress of another kind.
    #[error(
        "not of the form /ip4/<address>/tcp/<port> or /ip6/<address>/tcp/<port>, with /p2p/<peer> at the end or not"
    )]
    NotTcp,
    /// The peer id at the end is not that of an ed25519 key.
    #[error("the peer id {0} is not that of an ed25519 key")]
    NotANode(String),
}

/// A command was not taken; nothing further will be reported about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    /// The task's queue is full. Later may be better.
    #[error("the network is busy")]
    Busy,
    /// The network was shut down.
    #[error("the network is shut down")]
    Stopped,
    /// The message exceeds its limit.
    #[error("the {what} of {bytes} bytes exceeds {max} bytes")]
    TooLarge {
        /// `request`, `response` or `hint`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The address cannot be dialled.
    #[error("cannot dial {address:?}: {why}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        why: AddressError,
    },
}

/// Why a request has no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// There is no connection to the node.
    #[error("not connected")]
    NotConnected,
    /// As many requests as allowed already wait for a response.
    #[error("too many requests are waiting")]
    Busy,
    /// No response in time.
    #[error("no response in time")]
    TimedOut,
    /// The connection was closed meanwhile.
    #[error("the connection was closed")]
    Disconnected,
    /// The peer serves another network or another version of the protocol.
    #[error("the peer does not speak this network's protocol")]
    OtherNetwork,
    /// The peer chose not to answer.
    #[error("the peer did not answer")]
    NoReply,
    /// The response exceeds the limit.
    #[error("the response exceeds its limit")]
    TooLarge,
    /// The stream failed.
    #[error("the stream failed: {0}")]
    Stream(String),
}

/// Why a peer was refused or disconnected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedReason {
    /// Not one of the admitted nodes.
    #[error("not admitted")]
    NotAdmitted,
    /// An identity that no node of ours can have.
    #[error("its identity is not an ed25519 key")]
    NotANode,
    /// Disconnected for cause a short while ago.
    #[error("disconnected for cause a short while ago")]
    HeldOff,
    /// As many connections as allowed.
    #[error("{0}")]
    Limit(String),
    /// It speaks another network's protocol.
    #[error("it does not speak this network's protocol")]
    OtherNetwork,
    /// More hints than allowed, for too long.
    #[error("too many hints")]
    HintFlood,
    /// A hint larger than allowed.
    #[error("a hint larger than allowed")]
    OversizedHint,
    /// A request larger than allowed.
    #[error("a request larger than allowed")]
    OversizedRequest,
    /// A response larger than allowed.
    #[error("a response larger than allowed")]
    OversizedResponse,
    /// More gossip frames than allowed, for too long.
    #[error("too much gossip")]
    GossipFlood,
    /// Hints that are false for every node, too many.
    #[error("false hints")]
    FalseHints,
    /// Gossip streams that broke off, too many.
    #[error("broken gossip")]
    BrokenGossip,
    /// More requests than allowed, for too long.
    #[error("too many requests")]
    RequestFlood,
    /// It asked and did not read the responses.
    #[error("it does not read what it asks for")]
    SlowReader,
    /// The node asked for it; its words.
    #[error("{0}")]
    Asked(String),
}

impl RefusedReason {
    /// The rule that an admitted node broke; none where it broke none of this adapter's.
    #[must_use]
    pub fn misconduct(&self) -> Option<Misconduct> {
        match self {
            Self::OtherNetwork => Some(Misconduct::OtherNetwork),
            Self::HintFlood => Some(Misconduct::HintFlood),
            Self::OversizedHint => Some(Misconduct::OversizedHint),
            Self::OversizedRequest => Some(Misconduct::OversizedRequest),
            Self::OversizedResponse => Some(Misconduct::OversizedResponse),
            Self::GossipFlood => Some(Misconduct::GossipFlood),
            Self::FalseHints => Some(Misconduct::FalseHint),
            Self::BrokenGossip => Some(Misconduct::BrokenGossip),
            Self::RequestFlood => Some(Misconduct::RequestFlood),
            Self::SlowReader => Some(Misconduct::SlowReader),
            Self::NotAdmitted | Self::NotANode | Self::HeldOff | Self::Limit(_) | Self::Asked(_) => None,
        }
    }
}

/// Why an address could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialFailure {
    /// No connection, or its handshake failed; the system's words.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The node there was refused by us.
    #[error("{who} is refused: {why}")]
    Refused {
        /// Node key, or peer id where there is none.
        who: String,
        /// Why.
        why: RefusedReason,
    },
    /// Another node answers there than the address says.
    #[error("{0} answers there")]
    OtherNode(String),
    /// It is this node's own address; it is not dialled again.
    #[error("it is this node's own address")]
    Own,
    /// The list of addresses to dial is full.
    #[error("too many addresses to dial")]
    TooMany,
}
