//! Judging one record: which of its operations have effect, and the state they give.
//!
//! Every operation is judged by its commit's authority, by its form, by what it needs and cites, and at last by
//! the rules of its kind, in the state of its own causal past: the valid operations that it builds on, directly or
//! not. So a verdict depends on the operation's past and on the operations it cites, and never on what came in
//! first or stands beside it. An operation that builds on a void one builds on that one's own valid basis instead;
//! the void one is as if it had never been, and the honest work above it stays.
//!
//! Nearly all operations build on the heads; these are judged against the state at hand. Only concurrent ones pay
//! for folding their own past.

use std::collections::HashMap;
use std::sync::Arc;

use soxa_ledger::Scope;
use soxa_ledger::ids::{NetworkId, OpId, RecordId};

use crate::dossier::rules::readers_of;
use crate::facts::OpFacts;
use crate::graph;
use crate::state::{CanonicalState, StateHash};
use crate::typed::{DecodeError, RecordKind, TypedOperation, decode};
use crate::value::Change;
use crate::verdict::{OpMissing, OpVerdict};

mod folding;
mod judging;

/// An operation of another record, with its verdict there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// The operation.
    pub facts: Arc<OpFacts>,
    /// What it is worth.
    pub verdict: OpVerdict,
    /// Whether it is void for no other reason than a cut; see [`History::is_severed`].
    pub severed: bool,
}

impl Referred {
    /// The operation, decoded; none when this program cannot.
    #[must_use]
    pub fn operation(&self) -> Option<TypedOperation> {
        decode(&self.facts.kind, self.facts.version, &self.facts.body).ok()
    }
}

/// What judging a record may ask about the world outside it.
pub trait Others {
    /// The network, which minutes name.
    fn network(&self) -> NetworkId;

    /// An operation of another record; none when it is unknown here. [`History::referred`] of that record gives it.
    fn referred(&self, op: &OpId) -> Option<Referred>;
}

/// All known operations of one record, judged.
#[derive(Debug, Clone, Default)]
pub struct History {
    ops: Vec<Arc<OpFacts>>,
    typed: Vec<Result<TypedOperation, DecodeError>>,
    /// Parents that are known here, valid or not.
    parents: Vec<Vec<usize>>,
    index: HashMap<OpId, usize>,
    severed: Vec<bool>,
    actual: Judged,
    /// What would be if nothing had been cut; none while that is the same.
    uncut: Option<Judged>,
}

/// The verdicts in one world: the actual one, or the one in which nothing was cut.
#[derive(Debug, Clone, Default)]
struct Judged {
    outcomes: Vec<Outcome>,
    /// The valid operations that no valid one builds on, by index, ascending.
    heads: Vec<usize>,
    state: CanonicalState,
}

#[derive(Debug, Clone)]
struct Outcome {
    verdict: OpVerdict,
    /// The valid operations that it builds on, by index, ascending, none below another.
    base: Result<Vec<usize>, OpMissing>,
    changes: Vec<Change>,
}

impl History {
    /// Judges the operations of one record. Their order does not matter, and doubles are ignored.
    #[must_use]
    pub fn judge(ops: Vec<Arc<OpFacts>>, others: &dyn Others) -> Self {
        let mut history = Self::default();
        for facts in graph::in_causal_order(ops) {
            history.push(facts, others);
        }
        history
    }

    /// Takes in one more operation, or one whose facts changed, and judges what depends on it again. The result is
    /// that of [`History::judge`] over all operations; an operation on the heads costs only itself.
    pub fn insert(&mut self, facts: Arc<OpFacts>, others: &dyn Others) {
        let waited_for = self
            .ops
            .iter()
            .any(|op| op.parents.contains(&facts.id) || op.refs.contains(&facts.id));
        if self.index.contains_key(&facts.id) || waited_for {
            let mut ops: Vec<_> = self.ops.iter().filter(|op| op.id != facts.id).cloned().collect();
            ops.push(facts);
            *self = Self::judge(ops, others);
        } else {
            self.push(facts, others);
        }
    }

    /// The record; none while no operation is known.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.ops.first().map(|op| op.record)
    }

    /// Whether no operation met a cut: nothing would be otherwise if nothing had been cut.
    pub(crate) fn is_uncut(&self) -> bool {
        self.uncut.is_none()
    }

    /// What the record is; none when it does not exist.
    #[must_use]
    pub fn kind(&self) -> Option<RecordKind> {
        self.state().kind
    }

    /// The units whose nodes read the record, where acts on it change that: a dossier's. All other records are read by those
    /// whom their creation names.
    #[must_use]
    pub fn readers(&self) -> Option<Scope> {
        (self.kind() == Some(RecordKind::Dossier)).then(|| readers_of(self.state()))
    }

    /// Whether the record's creation is valid.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.kind().is_some()
    }

    /// The verdict on an operation; none when it is not known here.
    #[must_use]
    pub fn verdict(&self, op: &OpId) -> Option<&OpVerdict> {
        self.actual
            .outcomes
            .get(*self.index.get(op)?)
            .map(|outcome| &outcome.verdict)
    }

    /// All operations with their verdicts, in causal order.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Arc<OpFacts>, &OpVerdict)> {
        self.ops
            .iter()
            .zip(self.actual.outcomes.iter().map(|outcome| &outcome.verdict))
    }

    /// All known operations, valid or not, in causal order.
    #[must_use]
    pub fn operations(&self) -> &[Arc<OpFacts>] {
        &self.ops
    }

    /// One operation.
    #[must_use]
    pub fn operation(&self, op: &OpId) -> Option<&Arc<OpFacts>> {
        self.ops.get(*self.index.get(op)?)
    }

    /// One operation, decoded; none when it is unknown, malformed or of a newer program.
    #[must_use]
    pub fn typed(&self, op: &OpId) -> Option<&TypedOperation> {
        self.typed.get(*self.index.get(op)?)?.as_ref().ok()
    }

    /// Whether an operation is void for no other reason than a cut: it would be valid if nothing had been cut. Such
    /// an operation has no effect; but a handover that was drafted upon it in good faith stays legal.
    #[must_use]
    pub fn is_severed(&self, op: &OpId) -> bool {
        self.index
            .get(op)
            .is_some_and(|at| self.severed.get(*at) == Some(&true))
    }

    /// What judging another record needs to know of an operation of this one.
    #[must_use]
    pub fn referred(&self, op: &OpId) -> Option<Referred> {
        Some(Referred {
            facts: Arc::clone(self.operation(op)?),
            verdict: self.verdict(op)?.clone(),
            severed: self.is_severed(op),
        })
    }

    /// The valid operations that no valid one builds on, ascending: the parents of the next operation.
    #[must_use]
    pub fn heads(&self) -> Vec<OpId> {
        let mut heads: Vec<OpId> = self
            .actual
            .heads
            .iter()
            .filter_map(|at| self.ops.get(*at))
            .map(|op| op.id)
            .collect();
        heads.sort_unstable();
        heads
    }

    /// The state that all valid operations give.
    #[must_use]
    pub fn state(&self) -> &CanonicalState {
        &self.actual.state
    }

    /// The hash of the state.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        self.actual.state.hash()
    }

    /// The state that these operations and the valid ones below them give. Unknown ones count for nothing; one that
    /// is not valid stands for what it builds on.
    #[must_use]
    pub fn state_at(&self, ops: &[OpId]) -> CanonicalState {
        let base = ops
            .iter()
            .filter_map(|op| self.index.get(op))
            .flat_map(|at| self.stands_for(*at));
        self.fold(&self.actual, &base.collect::<Vec<_>>())
    }

    /// The valid operations in canonical order, each with those it builds on and its changes.
    pub(crate) fn valid_in_order(&self) -> Vec<(&OpFacts, Vec<OpId>, &[Change])> {
        let id = |at: &usize| self.ops.get(*at).map(|op| op.id);
        self.order(&self.actual, &self.actual.heads)
            .into_iter()
            .filter_map(|at| {
                let outcome = self.actual.outcomes.get(at)?;
                let base = outcome.base.as_ref().ok()?.iter().filter_map(id).collect();
                Some((self.ops.get(at)?.as_ref(), base, outcome.changes.as_slice()))
            })
            .collect()
    }

    fn stands_for(&self, at: usize) -> Vec<usize> {
        match self.actual.outcomes.get(at) {
            Some(outcome) if outcome.verdict.is_valid() => vec![at],
            Some(outcome) => outcome.base.clone().unwrap_or_default(),
            None => Vec::new(),
        }
    }
}
