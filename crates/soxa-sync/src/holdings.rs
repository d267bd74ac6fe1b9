//! What a node holds and what of it a peer may see. Scope is enforced here and in [`crate::serve`], where data
//! leaves the node; when in doubt, nothing is shown.

use soxa_ledger::cbor::Writer;
use soxa_ledger::ids::sha256;
use soxa_ledger::replica::{FeedLine, Replica};
use soxa_ledger::{NetworkId, NodeKey, RecordId, Scope};

use crate::message::{Root, named_root};

/// Whether both the peer and this node may read feeds of a scope, as far as this node knows their admissions.
///
/// The peer must be admitted. Feeds that all nodes read are then shared even by a node that has not learnt of its
/// own admission yet; restricted ones only between nodes whose units both stand in the scope.
#[must_use]
pub fn shares(replica: &dyn Replica, peer: &NodeKey, scope: &Scope) -> bool {
    replica.unit_of(peer).is_some() && readable(replica, peer, scope)
}

/// Whether this node wants feeds of a scope from a peer. A node that joins knows nobody's admission yet, so feeds
/// that all nodes read are taken from anybody: their signatures prove them. Restricted ones are not.
pub(crate) fn readable(replica: &dyn Replica, peer: &NodeKey, scope: &Scope) -> bool {
    scope.is_all_nodes()
        || both_read(
            scope,
            [replica.unit_of(peer), replica.unit_of(&replica.own_node())],
        )
}

/// Whether nodes of these units may both read feeds of a scope; none stands for a node that is not admitted.
fn both_read(scope: &Scope, units: [Option<RecordId>; 2]) -> bool {
    let reads = |unit: Option<RecordId>| unit.is_some_and(|unit| scope.admits(&unit));
    scope.is_all_nodes() || units.into_iter().all(reads)
}

/// The lines of all feeds that a peer and this node may both see, in the order of the feeds' ids. Feeds without
/// entries are left out, unless they are known to be forked at the first: nobody could learn of them.
#[must_use]
pub fn shared_lines(replica: &dyn Replica, peer: NodeKey) -> Vec<FeedLine> {
    let units = [replica.unit_of(&peer), replica.unit_of(&replica.own_node())];
    if units[0].is_none() {
        return Vec::new();
    }
    let mut lines = replica.lines();
    lines.retain(|line| (line.head.seq.0 > 0 || line.forked.is_some()) && both_read(&line.feed.scope, units));
    lines.sort_unstable_by_key(|line| line.id);
    lines
}

/// The root over what a peer and this node may both see.
#[must_use]
pub fn shared_root(replica: &dyn Replica, peer: NodeKey) -> Root {
    root(replica.network(), &shared_lines(replica, peer))
}

/// The root over lines in the order of their ids: SHA-256 of a CBOR array of the text `soxa/root/1`, the network
/// id, and an array of `[feed id, seq, hash, closed, forked, named]`, the last as in a line.
#[must_use]
pub fn root(network: NetworkId, lines: &[FeedLine]) -> Root {
    let mut w = Writer::new();
    w.array(3)
        .text("soxa/root/1")
        .bytes(&network.0)
        .array(lines.len());
    for line in lines {
        w.array(6)
            .bytes(&line.id.0)
            .uint(line.head.seq.0)
            .bytes(&line.head.hash.0)
            .bool(line.closed)
            .option(line.forked, |w, seq| {
                w.uint(seq.0);
            })
            .option(named_root(&line.named), |w, named| {
                w.bytes(&named);
            });
    }
    Root(sha256(&w.into_bytes()))
}
