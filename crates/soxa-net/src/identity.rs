//! Node keys and the network library's peer ids: a peer id is the hash of a public key, and for ed25519 that
//! "hash" is the key itself, so the two map onto each other without a table.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use soxa_ledger::NodeKey;
use soxa_ledger::key::SecretKey;

use crate::error::NetError;

/// The multihash code that says "the digest is the content".
const IDENTITY_CODE: u64 = 0;

/// The peer id of a node; none when its 32 bytes are no ed25519 key.
pub(crate) fn peer_of(node: &NodeKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(&node.0).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// The node of a peer id; none when it is not that of an ed25519 key.
pub(crate) fn node_of(peer: &PeerId) -> Option<NodeKey> {
    let multihash: &libp2p::multihash::Multihash<64> = peer.as_ref();
    if multihash.code() != IDENTITY_CODE {
        return None;
    }
    let key = PublicKey::try_decode_protobuf(multihash.digest())
        .ok()?
        .try_into_ed25519()
        .ok()?;
    let node = NodeKey(key.to_bytes());
    // One key has one peer id; another encoding of the same key is not accepted as a second name for it.
    (peer_of(&node).as_ref() == Some(peer)).then_some(node)
}

/// How a peer is named to people: by its node key where it has one.
pub(crate) fn name_of(peer: &PeerId) -> String {
    node_of(peer).map_or_else(|| peer.to_base58(), |node| node.to_string())
}

/// The library's key pair of a node's key.
pub(crate) fn keypair_of(key: &SecretKey) -> Result<Keypair, NetError> {
    let mut seed = key.seed();
    Keypair::ed25519_from_bytes(&mut seed[..]).map_err(|error| NetError::Setup {
        what: "the node key",
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_keys_and_peer_ids_map_onto_each_other() {
        let key = SecretKey::from_seed(&[7; 32]);
        let peer = keypair_of(&key).unwrap().public().to_peer_id();
        assert_eq!(peer_of(&key.node()), Some(peer));
        assert_eq!(node_of(&peer), Some(key.node()));
        assert_eq!(name_of(&peer), key.node().to_string());
    }

    #[test]
    fn a_peer_id_of_another_kind_is_no_node() {
        let hashed = libp2p::multihash::Multihash::<64>::wrap(0x12, &[1; 32]).unwrap();
        let peer = PeerId::from_multihash(hashed).unwrap();
        assert_eq!(node_of(&peer), None);
        assert_eq!(name_of(&peer), peer.to_base58());
        let not_a_key = libp2p::multihash::Multihash::<64>::wrap(0, &[1; 36]).unwrap();
        assert_eq!(node_of(&PeerId::from_multihash(not_a_key).unwrap()), None);
    }
}
