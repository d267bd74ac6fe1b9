//! Which nodes a node keeps connections to: some of the province's, and a few others picked by lot.
//!
//! 76 nodes that were all connected with each other would hold 2,850 connections, each with its timers, and
//! hear every hint from everybody. Through the province alone all would hang on one machine. So each node dials the
//! province's nodes and [`NEIGHBOURS`] others. The lot is a hash of both keys: it needs no agreement, gives the same
//! neighbours after a restart, and nobody can choose whom it falls on. Four picks each connect any number of
//! nodes with near certainty, also when the province is away and a third of the others with it.

use std::collections::BTreeSet;

use soxa_ledger::NodeKey;
use soxa_ledger::ids::sha256;

use crate::limits::{NEIGHBOURS, PROVINCE_LINKS};

/// The nodes that `own` is to dial, of those whose addresses are known. `province` are those of the province's own unit.
#[must_use]
pub fn neighbours_of(
    own: &NodeKey,
    province: &BTreeSet<NodeKey>,
    known: impl IntoIterator<Item = NodeKey>,
) -> BTreeSet<NodeKey> {
    let others = known.into_iter().filter(|node| node != own);
    let (of_province, others): (BTreeSet<NodeKey>, BTreeSet<NodeKey>) =
        others.partition(|node| province.contains(node));
    let mut picked = by_lot(own, of_province, PROVINCE_LINKS);
    picked.extend(by_lot(own, others, NEIGHBOURS));
    picked
}

fn by_lot(own: &NodeKey, nodes: BTreeSet<NodeKey>, count: usize) -> BTreeSet<NodeKey> {
    let lot = |node: &NodeKey| sha256(&[own.as_bytes().as_slice(), node.as_bytes()].concat());
    let mut nodes: Vec<NodeKey> = nodes.into_iter().collect();
    nodes.sort_by_cached_key(lot);
    nodes.truncate(count);
    nodes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn node(number: u8) -> NodeKey {
        NodeKey([number; 32])
    }

    type Links = BTreeMap<NodeKey, BTreeSet<NodeKey>>;

    /// Who is connected with whom in a province of so many nodes, of which the first is the province's.
    fn links(count: u8) -> Links {
        let province = BTreeSet::from([node(0)]);
        let mut links = Links::new();
        for own in (0..count).map(node) {
            for other in neighbours_of(&own, &province, (0..count).map(node)) {
                links.entry(own).or_default().insert(other);
                links.entry(other).or_default().insert(own);
            }
        }
        links
    }

    /// How many of the nodes left can reach each other from the first of them.
    fn reached(links: &Links, gone: &BTreeSet<NodeKey>) -> usize {
        let first = links.keys().find(|node| !gone.contains(node)).copied();
        let mut seen = BTreeSet::from_iter(first);
        let mut waiting: Vec<NodeKey> = first.into_iter().collect();
        while let Some(at) = waiting.pop() {
            for next in links[&at].iter().filter(|next| !gone.contains(next)) {
                if seen.insert(*next) {
                    waiting.push(*next);
                }
            }
        }
        seen.len()
    }

    #[track_caller]
    fn check(count: u8) {
        let links = links(count);
        assert_eq!(links.len(), usize::from(count));
        for (own, others) in &links {
            if *own == node(0) {
                assert_eq!(others.len(), usize::from(count) - 1, "all keep to the province");
            } else {
                assert!(others.contains(&node(0)));
                assert!(others.len() <= 5 * NEIGHBOURS, "{} links", others.len());
            }
        }
        let all: usize = links.values().map(BTreeSet::len).sum();
        assert!(
            all / 2 <= usize::from(count) * (NEIGHBOURS + 1),
            "{} links",
            all / 2
        );
        assert_eq!(
            reached(&links, &BTreeSet::from([node(0)])),
            usize::from(count) - 1
        );
        // The province is away, and with it every third node.
        let gone: BTreeSet<NodeKey> = (0..count).step_by(3).map(node).collect();
        assert_eq!(reached(&links, &gone), usize::from(count) - gone.len());
    }

    #[test]
    fn provinces_hang_together_with_few_links_and_without_their_centre() {
        for count in [2, 6, 23, 76, 124, 170] {
            check(count);
        }
    }

    #[test]
    fn the_picks_of_one_change_little_when_another_comes() {
        let province = BTreeSet::from([node(0)]);
        let before = neighbours_of(&node(1), &province, (0..100).map(node));
        assert_eq!(before.len(), 1 + NEIGHBOURS);
        let after = neighbours_of(&node(1), &province, (0..101).map(node));
        assert!(before.difference(&after).count() <= 1);
        assert_eq!(neighbours_of(&node(1), &province, [node(1)]), BTreeSet::new());
    }
}
