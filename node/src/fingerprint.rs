//! Fingerprints of invites and nodes: a slow hash in words that two people compare over the phone.

use soxa_lang::{Lang, WORDS, fingerprint};
use soxa_ledger::ids::sha256;
use soxa_ledger::{NodeKey, StatementId};

/// How often the hash is hashed again: a second input with the same words costs 2⁶² hashes to find, and the words
/// a millisecond.
const ROUNDS: u32 = 1 << 14;

/// The fingerprint of an invite. Its id is the hash of what it says: network, one-time key, node, unit and end.
pub fn of_invite(id: &StatementId) -> [u8; WORDS] {
    stretched("soxa/invite-fingerprint/1", &id.0)
}

/// The fingerprint of a node's key.
pub fn of_node(node: &NodeKey) -> [u8; WORDS] {
    stretched("soxa/node-fingerprint/1", &node.0)
}

/// A node's fingerprint in words.
pub fn node_words(lang: Lang, node: &NodeKey) -> String {
    fingerprint(lang, of_node(node))
}

fn stretched(domain: &str, what: &[u8; 32]) -> [u8; WORDS] {
    let mut hash = sha256(&[domain.as_bytes(), &[0], what].concat());
    for _ in 1..ROUNDS {
        hash = sha256(&hash);
    }
    std::array::from_fn(|i| hash[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_stay_the_same_and_differ_by_kind() {
        let words = |bytes| fingerprint(Lang::En, bytes);
        assert_eq!(
            words(of_invite(&StatementId([1; 32]))),
            "gold donkey temple cup cup coin"
        );
        assert_ne!(
            node_words(Lang::En, &NodeKey([1; 32])),
            words(of_invite(&StatementId([1; 32])))
        );
    }
}
