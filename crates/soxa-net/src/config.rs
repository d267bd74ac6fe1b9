//! What the network is started with, and which addresses can be used.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use soxa_ledger::key::SecretKey;
use soxa_ledger::{NetworkId, NodeKey};

use crate::error::{AddressError, NetError};
use crate::identity::node_of;
use crate::limits;

/// What the network is started with.
#[derive(Debug, Clone)]
pub struct NetConfig {
    /// The node's own key: who it is to its peers.
    pub key: SecretKey,
    /// The network. Nodes of different networks cannot even negotiate a protocol.
    pub network: NetworkId,
    /// Addresses to listen on, such as `/ip4/0.0.0.0/tcp/7300`; port 0 is any free one.
    pub listen: Vec<String>,
    /// Addresses to dial and to dial again whenever they are not connected.
    pub dial: Vec<String>,
    /// The nodes that may connect from the start; [`crate::NetHandle::admit`] replaces them.
    pub admitted: BTreeSet<NodeKey>,
    /// Time for one request and its response together. At 2 Mbit/s the default admits a response of 7 MB.
    pub request_timeout: Duration,
    /// How many hints that are new here one peer may send.
    pub hints: Allowance,
    /// How many gossip frames one peer may send.
    pub gossip_frames: Allowance,
    /// How many requests one peer may make.
    pub requests: Allowance,
}

impl NetConfig {
    /// A node that neither listens nor dials and admits nobody, with the default limits.
    #[must_use]
    pub fn new(key: SecretKey, network: NetworkId) -> Self {
        Self {
            key,
            network,
            listen: Vec::new(),
            dial: Vec::new(),
            admitted: BTreeSet::new(),
            request_timeout: limits::REQUEST_TIMEOUT,
            hints: Allowance {
                per_second: limits::HINTS_PER_SECOND,
                burst: limits::HINTS_BURST,
                forgiven: limits::HINTS_FORGIVEN,
            },
            gossip_frames: Allowance {
                per_second: limits::GOSSIP_FRAMES_PER_SECOND,
                burst: limits::GOSSIP_FRAMES_BURST,
                forgiven: limits::GOSSIP_FRAMES_FORGIVEN,
            },
            requests: Allowance {
                per_second: limits::REQUESTS_PER_SECOND,
                burst: limits::REQUESTS_BURST,
                forgiven: limits::REQUESTS_FORGIVEN,
            },
        }
    }
}

/// How many things of one kind one peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// So many a second.
    pub per_second: u32,
    /// So many at once.
    pub burst: u32,
    /// So many above that are dropped and forgiven; beyond, the peer is disconnected. Comes back at the same rate.
    pub forgiven: u32,
}

/// Addresses that were read and counted.
pub(crate) struct Addresses {
    pub(crate) listen: Vec<(Multiaddr, SocketAddr)>,
    pub(crate) dial: Vec<Multiaddr>,
}

impl Addresses {
    pub(crate) fn read(config: &NetConfig) -> Result<Self, NetError> {
        let count = |purpose, count, max| {
            if count > max {
                Err(NetError::TooManyAddresses { purpose, count, max })
            } else {
                Ok(())
            }
        };
        count("listen on", config.listen.len(), limits::LISTEN_ADDRESSES_MAX)?;
        count("dial", config.dial.len(), limits::DIAL_ADDRESSES_MAX)?;
        let read = |text: &String| {
            read_address(text).map_err(|why| NetError::Address {
                address: text.clone(),
                why,
            })
        };
        Ok(Self {
            listen: config.listen.iter().map(read).collect::<Result<_, _>>()?,
            dial: config
                .dial
                .iter()
                .map(|text| Ok(read(text)?.0))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Checks an address as configurations and tokens name it.
///
/// # Errors
/// When it is none of an IP and a TCP port.
pub fn check_address(text: &str) -> Result<(), AddressError> {
    read_address(text).map(drop)
}

/// Reads an address of an IP and a TCP port, with the peer id at its end or not.
pub(crate) fn read_address(text: &str) -> Result<(Multiaddr, SocketAddr), AddressError> {
    let address: Multiaddr = text
        .parse()
        .map_err(|error| AddressError::Malformed(format!("{error}")))?;
    let parts: Vec<Protocol<'_>> = address.iter().collect();
    let socket = match parts.as_slice() {
        [Protocol::Ip4(ip), Protocol::Tcp(port), ..] => SocketAddr::from((*ip, *port)),
        [Protocol::Ip6(ip), Protocol::Tcp(port), ..] => SocketAddr::from((*ip, *port)),
        _ => return Err(AddressError::NotTcp),
    };
    match parts.get(2..) {
        None | Some([]) => Ok((address, socket)),
        Some([Protocol::P2p(peer)]) if node_of(peer).is_some() => Ok((address, socket)),
        Some([Protocol::P2p(peer)]) => Err(AddressError::NotANode(peer.to_base58())),
        Some(_) => Err(AddressError::NotTcp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, AddressError>) {
        let read = read_address(text).map(|(_, socket)| socket.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn addresses_are_an_ip_and_a_tcp_port() {
        check("/ip4/127.0.0.1/tcp/7300", Ok("127.0.0.1:7300"));
        check("/ip6/::1/tcp/0", Ok("[::1]:0"));
        check("/ip4/10.0.0.1/udp/7300", Err(AddressError::NotTcp));
        check("/dns4/example.org/tcp/7300", Err(AddressError::NotTcp));
        check("/ip4/10.0.0.1/tcp/7300/ws", Err(AddressError::NotTcp));
        check("", Err(AddressError::NotTcp));
        let sha256 = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
        check(
            &format!("/ip4/10.0.0.1/tcp/7300/p2p/{sha256}"),
            Err(AddressError::NotANode(sha256.to_owned())),
        );
        assert!(matches!(
            read_address("127.0.0.1:7300"),
            Err(AddressError::Malformed(_))
        ));
    }
}
