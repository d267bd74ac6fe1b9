//! What runs on a connection, and how the swarm is put together.

use std::iter;

use libp2p::Transport as _;
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::upgrade::Version;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, StreamProtocol, Swarm};
use libp2p::{SwarmBuilder, noise, tcp, yamux};
use soxa_ledger::NetworkId;

use crate::admission::Admission;
use crate::codec::BytesCodec;
use crate::config::NetConfig;
use crate::error::NetError;
use crate::guests::{Only, Party};
use crate::hallway::Hallway;
use crate::hints::{Gossip, gossip_of};
use crate::identity::keypair_of;
use crate::limits;

/// The parts, in the order in which they judge a connection: who it is comes first, so that a stranger is named as
/// such and no protocol's part ever learns of it.
#[derive(NetworkBehaviour)]
pub(crate) struct Protocols {
    pub(crate) admission: Admission,
    limits: connection_limits::Behaviour,
    pub(crate) requests: Only<request_response::Behaviour<BytesCodec>>,
    pub(crate) gossip: Only<Gossip>,
    pub(crate) joins: Only<request_response::Behaviour<BytesCodec>>,
}

/// A swarm that neither listens nor dials yet and admits nobody.
pub(crate) fn swarm_of(config: &NetConfig) -> Result<Swarm<Protocols>, NetError> {
    let gossip = gossip_of(config)?;
    let requests = requests_of(config)?;
    let joins = joins_of(&config.network, ProtocolSupport::Inbound)?;
    let protocols = Protocols {
        admission: Admission::default(),
        limits: connection_limits::Behaviour::new(connection_limits()),
        requests: Only::new(Party::Nodes, requests),
        gossip: Only::new(Party::Nodes, gossip),
        joins: Only::new(Party::Guests, joins),
    };
    swarm_around(config, protocols)
}

/// A swarm with our transport around any protocols.
pub(crate) fn swarm_around<P: NetworkBehaviour>(
    config: &NetConfig,
    protocols: P,
) -> Result<Swarm<P>, NetError> {
    let setup = |what| {
        move |error: &dyn std::error::Error| NetError::Setup {
            what,
            why: error.to_string(),
        }
    };
    let swarm = SwarmBuilder::with_existing_identity(keypair_of(&config.key)?)
        .with_tokio()
        .with_other_transport(|key| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
            let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true));
            let secured = tcp
                .upgrade(Version::V1Lazy)
                .authenticate(noise::Config::new(key)?);
            let connected = secured.multiplex(multiplexing());
            Ok(Hallway::new(connected, limits::CONNECTIONS_PENDING_INCOMING_MAX))
        })
        .map_err(|error| setup("the transport")(&error))?
        .with_behaviour(|_| protocols)
        .map_err(|error| setup("the protocols")(&error))?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(limits::IDLE_TIMEOUT))
        .with_connection_timeout(limits::HANDSHAKE_TIMEOUT)
        .build();
    Ok(swarm)
}

pub(crate) fn multiplexing() -> yamux::Config {
    let mut settings = yamux::Config::default();
    settings.set_max_num_streams(limits::MULTIPLEXED_STREAMS_MAX);
    settings
}

fn requests_of(config: &NetConfig) -> Result<request_response::Behaviour<BytesCodec>, NetError> {
    let protocol = protocol_of(&config.network, "sync")?;
    let settings = request_response::Config::default()
        .with_request_timeout(config.request_timeout)
        .with_max_concurrent_streams(limits::STREAMS_PER_CONNECTION_MAX);
    let protocols = iter::once((protocol, ProtocolSupport::Full));
    Ok(request_response::Behaviour::with_codec(
        BytesCodec::for_nodes(),
        protocols,
        settings,
    ))
}

/// The join protocol, for the node that answers or the newcomer that asks.
pub(crate) fn joins_of(
    network: &NetworkId,
    side: ProtocolSupport,
) -> Result<request_response::Behaviour<BytesCodec>, NetError> {
    let settings = request_response::Config::default()
        .with_request_timeout(limits::GUEST_TIME)
        .with_max_concurrent_streams(limits::STREAMS_PER_GUEST_MAX);
    let protocols = iter::once((protocol_of(network, "join")?, side));
    Ok(request_response::Behaviour::with_codec(
        BytesCodec::for_guests(),
        protocols,
        settings,
    ))
}

fn protocol_of(network: &NetworkId, name: &'static str) -> Result<StreamProtocol, NetError> {
    let path = format!("/soxa/{}/{name}/1", network.short());
    StreamProtocol::try_from_owned(path).map_err(|error| NetError::Setup {
        what: name,
        why: error.to_string(),
    })
}

fn connection_limits() -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_outgoing(Some(limits::CONNECTIONS_PENDING_OUTGOING_MAX))
        .with_max_established_per_peer(Some(limits::CONNECTIONS_PER_PEER_MAX))
        .with_max_established(Some(limits::CONNECTIONS_MAX))
}
