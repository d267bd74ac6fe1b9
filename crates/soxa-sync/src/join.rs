//! What a newcomer and the node that invited it say to each other: the only words that a stranger may speak.
//!
//! The newcomer proves by its connection that it holds the invite's one-time key. Every message is deterministic
//! CBOR, an array that starts with the format version and a kind:
//!
//! | message | array |
//! | --- | --- |
//! | request: look | `[1, 0, node]`: what am I invited to, as this node? |
//! | request: join | `[1, 1, admission]`: the admission in its JWS container, signed by the invite's key |
//! | response: invited | `[1, 0, genesis, invite]`: both statements in their JWS containers |
//! | response: welcome | `[1, 1]`: the admission is durable here |
//! | response: refused | `[1, 2, reason]` |
//!
//! Both requests may be repeated: a node that was admitted under the invite already is welcome again.

use soxa_ledger::NodeKey;
use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::limits::STATEMENT_BYTES_MAX;

use crate::limits::{JOIN_REQUEST_BYTES_MAX, JOIN_RESPONSE_BYTES_MAX};
use crate::message::within;

const VERSION: u64 = 1;

/// A newcomer's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinRequest {
    /// What am I invited to?
    Look {
        /// The newcomer's node key.
        node: NodeKey,
    },
    /// Take me in.
    Join {
        /// The admission in its JWS container.
        admission: Vec<u8>,
    },
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinResponse {
    /// To look: these statements. Whoever asked checks them against its token.
    Invited {
        /// The genesis in its JWS container.
        genesis: Vec<u8>,
        /// The invite in its JWS container.
        invite: Vec<u8>,
    },
    /// To join: the admission is stored.
    Welcome,
    /// No.
    Refused(JoinRefusal),
}

/// Why a newcomer is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum JoinRefusal {
    /// The invite has no effect in this network, or is another node's to answer.
    #[error("no such invite is in effect here")]
    UnknownInvite,
    /// Its time is over.
    #[error("the invite has expired")]
    Expired,
    /// It was withdrawn.
    #[error("the invite was withdrawn")]
    Withdrawn,
    /// Another node was admitted under it.
    #[error("another node was admitted under the invite")]
    Used,
    /// The node's key is admitted already, for this or another unit.
    #[error("the node's key is admitted already")]
    Admitted,
    /// The node was admitted once and retired since.
    #[error("the node was retired")]
    Retired,
    /// The message is malformed, or the admission is not the one that the invite allows.
    #[error("the request is malformed")]
    Malformed,
    /// The inviting node cannot store anything now.
    #[error("the inviting node cannot store anything now")]
    Unable,
}

impl JoinRefusal {
    const ALL: [Self; 8] = [
        Self::UnknownInvite,
        Self::Expired,
        Self::Withdrawn,
        Self::Used,
        Self::Admitted,
        Self::Retired,
        Self::Malformed,
        Self::Unable,
    ];

    fn code(self) -> u64 {
        match self {
            Self::UnknownInvite => 0,
            Self::Expired => 1,
            Self::Withdrawn => 2,
            Self::Used => 3,
            Self::Admitted => 4,
            Self::Retired => 5,
            Self::Malformed => 6,
            Self::Unable => 7,
        }
    }
}

fn unknown(field: &'static str) -> CborError {
    CborError::Value {
        field,
        what: "unknown",
    }
}

impl JoinRequest {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(3).uint(VERSION);
        match self {
            Self::Look { node } => w.uint(0).bytes(&node.0),
            Self::Join { admission } => w.uint(1).bytes(admission),
        };
        w.into_bytes()
    }

    /// Decodes what [`JoinRequest::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("join request", bytes, JOIN_REQUEST_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        r.tuple("join request", 3)?;
        r.version("join request version", VERSION)?;
        let request = match r.uint("join request kind")? {
            0 => Self::Look {
                node: NodeKey(r.fixed("node")?),
            },
            1 => Self::Join {
                admission: r.bytes("admission", JOIN_REQUEST_BYTES_MAX)?.to_vec(),
            },
            _ => return Err(unknown("join request kind")),
        };
        expect_canonical("join request", bytes, &request.encode())?;
        Ok(request)
    }
}

impl JoinResponse {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::Invited { genesis, invite } => {
                w.array(4).uint(VERSION).uint(0).bytes(genesis).bytes(invite);
            }
            Self::Welcome => {
                w.array(2).uint(VERSION).uint(1);
            }
            Self::Refused(reason) => {
                w.array(3).uint(VERSION).uint(2).uint(reason.code());
            }
        }
        w.into_bytes()
    }

    /// Decodes what [`JoinResponse::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("join response", bytes, JOIN_RESPONSE_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        let items = r.array("join response", 4)?;
        r.version("join response version", VERSION)?;
        let response = match (r.uint("join response kind")?, items) {
            (0, 4) => Self::Invited {
                genesis: r.bytes("genesis", STATEMENT_BYTES_MAX)?.to_vec(),
                invite: r.bytes("invite", STATEMENT_BYTES_MAX)?.to_vec(),
            },
            (1, 2) => Self::Welcome,
            (2, 3) => {
                let code = r.uint("join refusal")?;
                let reason = JoinRefusal::ALL.into_iter().find(|reason| reason.code() == code);
                Self::Refused(reason.ok_or_else(|| unknown("join refusal"))?)
            }
            _ => return Err(unknown("join response kind")),
        };
        expect_canonical("join response", bytes, &response.encode())?;
        Ok(response)
    }
}
