//! Whether the ledger of a proof is the one that its reader trusts: by the network's id, or by root keys.

use std::collections::BTreeSet;

use crate::authority::Authority;
use crate::ids::{PublicKey, StatementId};
use crate::statement::{Issuer, Statement};

use super::{Fault, Part, ProofError};

/// Whether the ledger is the one that the reader trusts.
pub(super) fn trusted(authority: &Authority, roots: &[[u8; 32]]) -> Result<(), ProofError> {
    let network = authority.network();
    if authority.genesis().is_none() {
        return Err(Part::File.is(Fault::NoGenesis));
    }
    let keys: BTreeSet<PublicKey> = roots
        .iter()
        .filter(|root| **root != network.0)
        .map(|root| PublicKey(*root))
        .collect();
    let named = |key: &&PublicKey| {
        authority
            .root_sets_in_order()
            .any(|(_, keys, _)| keys.contains(*key))
    };
    if let Some(stranger) = keys.iter().find(|key| !named(key)) {
        return Err(Part::File.is(Fault::OtherRoot(*stranger)));
    }
    if roots.contains(&network.0) || vouched(authority, &keys) {
        Ok(())
    } else {
        Err(Part::Statement(1).is(Fault::RootSilent))
    }
}

/// Whether as many of the keys that the reader trusts as the quorum of a set of root keys asks for, all when fewer are
/// given, have signed: founding keys the genesis, later ones any statement of the root in the file. Each of these names
/// the network.
fn vouched(authority: &Authority, trusted: &BTreeSet<PublicKey>) -> bool {
    let genesis = StatementId(authority.network().0);
    let by_root: Vec<&Statement> = authority
        .statements()
        .filter(|(statement, verdict)| statement.issuer == Issuer::Root && verdict.is_valid())
        .map(|(statement, _)| statement.value())
        .collect();
    authority.root_sets_in_order().any(|(set, keys, quorum)| {
        let spoke = |key: &&PublicKey| {
            let counts = |said: &&&Statement| set != genesis || said.id == genesis;
            let mut said = by_root.iter().filter(counts);
            keys.contains(*key) && said.any(|statement| statement.signers.contains(*key))
        };
        let asked = trusted.len().min(quorum as usize);
        asked > 0 && trusted.iter().filter(spoke).count() >= asked
    })
}
