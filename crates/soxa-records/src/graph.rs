//! Orders of a record's operation graph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use soxa_ledger::ids::OpId;

use crate::facts::OpFacts;

/// Each operation once, after those of the same record that it builds on or cites. Operations on a circle, which
/// no hash allows, come last.
pub(crate) fn in_causal_order(ops: Vec<Arc<OpFacts>>) -> Vec<Arc<OpFacts>> {
    if ops.len() < 2 {
        return ops;
    }
    let by_id: BTreeMap<OpId, Arc<OpFacts>> = ops.into_iter().map(|op| (op.id, op)).collect();
    let ops: Vec<Arc<OpFacts>> = by_id.into_values().collect();
    let at: HashMap<OpId, usize> = ops.iter().enumerate().map(|(i, op)| (op.id, i)).collect();
    let below: Vec<Vec<usize>> = ops
        .iter()
        .map(|op| {
            let mut below: Vec<usize> = op
                .parents
                .iter()
                .chain(&op.refs)
                .filter_map(|id| at.get(id).copied())
                .collect();
            below.sort_unstable();
            below.dedup();
            below
        })
        .collect();
    let order = smallest_first(
        0..ops.len(),
        |i| below.get(i).map_or(&[], Vec::as_slice),
        |i| ops.get(i).map_or(OpId([0; 32]), |op| op.id),
    );
    let mut rest: Vec<Option<Arc<OpFacts>>> = ops.into_iter().map(Some).collect();
    let mut sorted: Vec<Arc<OpFacts>> = Vec::with_capacity(rest.len());
    sorted.extend(order.into_iter().filter_map(|i| rest.get_mut(i)?.take()));
    sorted.extend(rest.into_iter().flatten());
    sorted
}

/// The members in causal order, of several possible ones always the smallest first. All that lies below a member
/// must be a member.
pub(crate) fn smallest_first<'a, K: Ord>(
    members: impl Iterator<Item = usize>,
    below: impl Fn(usize) -> &'a [usize],
    key: impl Fn(usize) -> K,
) -> Vec<usize> {
    let mut waits: HashMap<usize, usize> = HashMap::new();
    let mut above: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut ready = BinaryHeap::new();
    for at in members {
        let on = below(at);
        if on.is_empty() {
            ready.push(Reverse((key(at), at)));
        }
        waits.insert(at, on.len());
        for b in on {
            above.entry(*b).or_default().push(at);
        }
    }
    let mut order = Vec::with_capacity(waits.len());
    while let Some(Reverse((_, at))) = ready.pop() {
        order.push(at);
        for next in above.remove(&at).unwrap_or_default() {
            if let Some(left) = waits.get_mut(&next) {
                *left -= 1;
                if *left == 0 {
                    ready.push(Reverse((key(next), next)));
                }
            }
        }
    }
    order
}

/// Which of the first `len` nodes are among `from` or below them.
pub(crate) fn reach<'a>(from: &[usize], len: usize, below: impl Fn(usize) -> &'a [usize]) -> Vec<bool> {
    let mut seen = vec![false; len];
    let mut open = from.to_vec();
    while let Some(at) = open.pop() {
        if let Some(mark) = seen.get_mut(at).filter(|mark| !**mark) {
            *mark = true;
            open.extend(below(at));
        }
    }
    seen
}
