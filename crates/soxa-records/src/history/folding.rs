//! States from the graph of valid operations.

use std::collections::{BTreeSet, HashMap};

use soxa_ledger::ids::OpId;

use super::{History, Judged, Outcome};
use crate::graph;
use crate::state::CanonicalState;
use crate::typed::TypedOperation;
use crate::value::Change;

impl History {
    /// Takes the outcome of the operation at `at`, which no known operation builds on, into the state.
    ///
    /// Fields hold the writes that no other write has in its past, so a concurrent write is added beside them. Rows
    /// are put in canonical order again; that of the others does not change, because leaving out an operation on
    /// which none builds leaves the order of the rest as it is.
    pub(super) fn settle(&self, judged: &mut Judged, outcome: Outcome, at: usize) {
        judged.outcomes.push(outcome);
        let (Some(op), Some(outcome)) = (self.ops.get(at), judged.outcomes.get(at)) else {
            return;
        };
        if !outcome.verdict.is_valid() {
            return;
        }
        let base = outcome.base.clone().unwrap_or_default();
        let on_heads = base == judged.heads;
        judged.heads.retain(|head| !base.contains(head));
        judged.heads.push(at);
        if base.is_empty() {
            judged.state.kind = self.creation(op.record).map(TypedOperation::record_kind);
        }
        if on_heads {
            judged.state.apply(op.id, &outcome.changes, |_| true);
            return;
        }
        let past = judged.reach(&base);
        let is_past = |op: &OpId| self.index.get(op).is_some_and(|i| past.get(*i) == Some(&true));
        judged.state.apply(op.id, &outcome.changes, is_past);
        let lists: BTreeSet<&str> = outcome
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Append { list, .. } => Some(*list),
                Change::Set { .. } => None,
            })
            .collect();
        if !lists.is_empty() {
            let order = self.order(judged, &judged.heads);
            let place: HashMap<OpId, usize> = order
                .iter()
                .enumerate()
                .filter_map(|(n, at)| Some((self.ops.get(*at)?.id, n)))
                .collect();
            for list in lists {
                if let Some(rows) = judged.state.lists.get_mut(list) {
                    rows.sort_by_key(|row| (place.get(&row.op).copied(), row.n));
                }
            }
        }
    }

    /// The state that some operations and all valid ones below them give.
    pub(super) fn fold(&self, judged: &Judged, base: &[usize]) -> CanonicalState {
        let mut state = CanonicalState::default();
        let mut heads: Vec<usize> = Vec::new();
        for at in self.order(judged, base) {
            let (Some(op), Some(outcome)) = (self.ops.get(at), judged.outcomes.get(at)) else {
                continue;
            };
            let below = outcome.base.as_deref().unwrap_or(&[]);
            if below.is_empty() {
                state.kind = self.creation(op.record).map(TypedOperation::record_kind);
            }
            heads.sort_unstable();
            if below == heads {
                state.apply(op.id, &outcome.changes, |_| true);
            } else {
                let past = judged.reach(below);
                let is_past = |op: &OpId| self.index.get(op).is_some_and(|i| past.get(*i) == Some(&true));
                state.apply(op.id, &outcome.changes, is_past);
            }
            heads.retain(|head| !below.contains(head));
            heads.push(at);
        }
        state
    }

    /// Some valid operations and all below them in canonical order: causal, the smallest id first. Of the
    /// operations below any others this order is the same, so states at past moments order their rows alike.
    pub(super) fn order(&self, judged: &Judged, base: &[usize]) -> Vec<usize> {
        let members = judged.reach(base);
        graph::smallest_first(
            (0..self.ops.len()).filter(|at| members.get(*at) == Some(&true)),
            |at| judged.below(at),
            |at| self.ops.get(at).map_or(OpId([0; 32]), |op| op.id),
        )
    }
}

impl Judged {
    fn below(&self, at: usize) -> &[usize] {
        self.outcomes
            .get(at)
            .and_then(|outcome| outcome.base.as_deref().ok())
            .unwrap_or(&[])
    }

    /// The operations of the base and all below them.
    pub(super) fn reach(&self, base: &[usize]) -> Vec<bool> {
        graph::reach(base, self.outcomes.len(), |at| self.below(at))
    }

    pub(super) fn without_covered(&self, base: BTreeSet<usize>) -> Vec<usize> {
        if base.len() < 2 {
            return base.into_iter().collect();
        }
        let below: Vec<usize> = base.iter().flat_map(|at| self.below(*at)).copied().collect();
        let covered = self.reach(&below);
        base.into_iter()
            .filter(|at| covered.get(*at) != Some(&true))
            .collect()
    }
}
