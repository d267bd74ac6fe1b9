//! The newcomer's side: one question to the node that invited it, as the holder of the invite's key.

use libp2p::futures::StreamExt;
use libp2p::request_response::{self, Message, OutboundFailure, ProtocolSupport};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{DialError, SwarmEvent};
use libp2p::{SwarmBuilder, noise, tcp};
use soxa_ledger::{NetworkId, NodeKey, SecretKey};
use tokio::time::timeout;

use crate::behaviour::{joins_of, multiplexing};
use crate::codec::Request;
use crate::config::read_address;
use crate::error::NetError;
use crate::identity::{keypair_of, name_of, peer_of};
use crate::limits::{GUEST_TIME, HANDSHAKE_TIMEOUT};

/// An address that led nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// The address; empty where the failure is not one address's.
    pub address: String,
    /// Why, in the system's words.
    pub why: String,
}

/// Why a newcomer got no answer.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No address led to a node.
    #[error("no address of the inviting node can be reached")]
    Unreachable(Vec<Unreached>),
    /// Another node answers there.
    #[error("another node answers there: {0}")]
    OtherNode(String),
    /// The node let nobody in with this key: it does not know the invite, or is too busy.
    #[error("the inviting node closed the connection")]
    TurnedAway,
    /// It did not answer in time.
    #[error("the inviting node did not answer in time")]
    TimedOut,
    /// The network could not be started here.
    #[error(transparent)]
    Setup(#[from] NetError),
}

/// Asks a node once, proving possession of an invite's key, and hangs up.
///
/// # Errors
/// When no answer comes. Nothing was changed at the node then, or it was and asking again is harmless.
pub async fn ask_as_guest(
    key: &SecretKey,
    network: NetworkId,
    node: NodeKey,
    addresses: &[String],
    request: Vec<u8>,
) -> Result<Vec<u8>, JoinError> {
    let setup = |what| {
        move |error: &dyn std::error::Error| NetError::Setup {
            what,
            why: error.to_string(),
        }
    };
    let mut known = Vec::new();
    for address in addresses {
        let (read, _) = read_address(address).map_err(|why| NetError::Address {
            address: address.clone(),
            why,
        })?;
        known.push(read);
    }
    let peer = peer_of(&node).ok_or_else(|| JoinError::OtherNode(node.to_string()))?;
    let joins = joins_of(&network, ProtocolSupport::Outbound)?;
    let mut swarm = SwarmBuilder::with_existing_identity(keypair_of(key)?)
        .with_tokio()
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, multiplexing)
        .map_err(|error| setup("the transport")(&error))?
        .with_behaviour(|_| joins)
        .map_err(|error| setup("the protocols")(&error))?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(GUEST_TIME))
        .with_connection_timeout(HANDSHAKE_TIMEOUT)
        .build();
    if let Err(error) = swarm.dial(DialOpts::peer_id(peer).addresses(known).build()) {
        return Err(unreached(error));
    }
    swarm.behaviour_mut().send_request(&peer, Request::Bytes(request));
    let answer = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::OutgoingConnectionError { error, .. } => return Err(unreached(error)),
                SwarmEvent::Behaviour(request_response::Event::Message {
                    message: Message::Response { response, .. },
                    ..
                }) => return Ok(response),
                SwarmEvent::Behaviour(request_response::Event::OutboundFailure { error, .. }) => {
                    match error {
                        OutboundFailure::Timeout => return Err(JoinError::TimedOut),
                        // The reason comes with the dial's own event.
                        OutboundFailure::DialFailure => {}
                        _ => return Err(JoinError::TurnedAway),
                    }
                }
                _ => {}
            }
        }
    };
    timeout(GUEST_TIME, answer)
        .await
        .unwrap_or(Err(JoinError::TimedOut))
}

fn unreached(error: DialError) -> JoinError {
    match error {
        DialError::WrongPeerId { obtained, .. } => JoinError::OtherNode(name_of(&obtained)),
        DialError::Transport(errors) => JoinError::Unreachable(
            errors
                .iter()
                .map(|(address, error)| Unreached {
                    address: address.to_string(),
                    why: crate::reactions::innermost(error),
                })
                .collect(),
        ),
        other => JoinError::Unreachable(vec![Unreached {
            address: String::new(),
            why: crate::reactions::innermost(&other),
        }]),
    }
}
