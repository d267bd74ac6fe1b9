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

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use soxa_ledger::ids::{NetworkId, OpId, RecordId};
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};

use crate::asset::AssetOperation;
use crate::custody::Link;
use crate::facts::OpFacts;
use crate::graph;
use crate::handover::HandoverOperation;
use crate::legality::{Scene, Stop, World};
use crate::person::PersonOperation;
use crate::state::{CanonicalState, StateHash};
use crate::typed::{DecodeError, RecordKind, TypedOperation, decode};
use crate::value::Change;
use crate::verdict::{Illegality, OpMissing, OpVerdict, OpVoid};

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

/// The verdicts in one [`World`].
#[derive(Debug, Clone, Default)]
struct Judged {
    outcomes: Vec<Outcome>,
    /// The valid operations that no valid one builds on, by index, ascending.
    heads: Vec<usize>,
    state: CanonicalState,
    /// Whether a concurrent operation came in since the state was made.
    stale: bool,
}

#[derive(Debug, Clone)]
struct Outcome {
    verdict: OpVerdict,
    /// The valid operations that it builds on, by index, ascending, none below another.
    base: Result<Vec<usize>, OpMissing>,
    changes: Vec<Change>,
}

/// Where an operation says it builds on.
enum Parent {
    Known(usize),
    OfAnotherRecord,
    Unknown(OpId),
}

impl History {
    /// Judges the operations of one record. Their order does not matter, and doubles are ignored.
    #[must_use]
    pub fn judge(ops: Vec<Arc<OpFacts>>, others: &dyn Others) -> Self {
        let mut history = Self::default();
        for facts in graph::in_causal_order(ops) {
            history.push(facts, others);
        }
        history.refresh();
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
            self.refresh();
        }
    }

    /// The record; none while no operation is known.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.ops.first().map(|op| op.record)
    }

    /// What the record is; none when it does not exist.
    #[must_use]
    pub fn kind(&self) -> Option<RecordKind> {
        self.state().kind
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

    fn push(&mut self, facts: Arc<OpFacts>, others: &dyn Others) {
        let at = self.ops.len();
        let typed = decode(&facts.kind, facts.version, &facts.body);
        let parents = self.find_parents(&facts, others);
        let refs: Vec<Option<Referred>> = facts
            .refs
            .iter()
            .map(|op| {
                if self.index.contains_key(op) {
                    self.referred(op)
                } else {
                    others.referred(op)
                }
            })
            .collect();
        let malformed = malformed(&facts, &typed, &parents, &refs);
        if self.uncut.is_none() && meets_a_cut(&facts, &refs) {
            self.uncut = Some(self.actual.clone());
        }
        self.parents
            .push(parents.iter().filter_map(|p| p.known()).collect());
        let severed_links = if self.uncut.is_some() {
            self.severed_links(at)
        } else {
            Vec::new()
        };
        let case = Case {
            network: others.network(),
            facts: &facts,
            typed: &typed,
            malformed,
            parents: &parents,
            refs: &refs,
            severed: &severed_links,
        };
        let mut actual = std::mem::take(&mut self.actual);
        let outcome = self.judge_in(World::Actual, &mut actual, &case);
        let uncut = self.uncut.take().map(|mut uncut| {
            let outcome = self.judge_in(World::Uncut, &mut uncut, &case);
            (uncut, outcome)
        });
        let severed = outcome.verdict.is_void() && uncut.as_ref().is_some_and(|(_, o)| o.verdict.is_valid());
        self.typed.push(typed);
        self.index.insert(facts.id, at);
        self.ops.push(facts);
        self.severed.push(severed);
        self.settle(&mut actual, outcome, at);
        self.actual = actual;
        self.uncut = uncut.map(|(mut uncut, outcome)| {
            self.settle(&mut uncut, outcome, at);
            uncut
        });
    }

    fn find_parents(&self, facts: &OpFacts, others: &dyn Others) -> Vec<Parent> {
        facts
            .parents
            .iter()
            .map(|op| match self.index.get(op) {
                Some(at) => Parent::Known(*at),
                None if others
                    .referred(op)
                    .is_some_and(|other| other.facts.record != facts.record) =>
                {
                    Parent::OfAnotherRecord
                }
                None => Parent::Unknown(*op),
            })
            .collect()
    }

    /// The custody links that a cut severed, in the whole causal past of the operation.
    fn severed_links(&self, at: usize) -> Vec<Link> {
        let below = graph::reach(self.parents.get(at).map_or(&[], Vec::as_slice), at, |i| {
            self.parents.get(i).map_or(&[][..], Vec::as_slice)
        });
        (0..at)
            .filter(|i| below.get(*i) == Some(&true) && self.severed.get(*i) == Some(&true))
            .filter_map(|i| match self.typed.get(i)? {
                Ok(
                    TypedOperation::Asset(AssetOperation::Custody(custody))
                    | TypedOperation::Person(PersonOperation::Custody(custody)),
                ) => Some(Link::of_custody(self.ops.get(i)?.id, custody)),
                _ => None,
            })
            .collect()
    }

    /// The valid operations that an operation builds on.
    fn base(&self, judged: &Judged, parents: &[Parent]) -> Result<Vec<usize>, OpMissing> {
        let mut base = BTreeSet::new();
        let mut missing: Option<OpMissing> = None;
        let mut lacks = |what: OpMissing| {
            missing = Some(missing.take().map_or(what.clone(), |other| other.min(what)));
        };
        for parent in parents {
            match parent {
                Parent::OfAnotherRecord => {}
                Parent::Unknown(op) => lacks(OpMissing::Operation(*op)),
                Parent::Known(at) => match judged.outcomes.get(*at) {
                    Some(Outcome {
                        verdict: OpVerdict::Valid,
                        ..
                    }) => {
                        base.insert(*at);
                    }
                    Some(Outcome {
                        verdict: OpVerdict::Void(_),
                        base: Ok(below),
                        ..
                    }) => base.extend(below),
                    Some(Outcome {
                        verdict: OpVerdict::Void(_),
                        base: Err(what),
                        ..
                    }) => lacks(what.clone()),
                    Some(Outcome {
                        verdict: OpVerdict::Pending(_),
                        ..
                    })
                    | None => {
                        lacks(OpMissing::Operation(
                            self.ops.get(*at).map_or(OpId([0; 32]), |op| op.id),
                        ));
                    }
                },
            }
        }
        match missing {
            Some(what) => Err(what),
            None => Ok(judged.without_covered(base)),
        }
    }

    fn judge_in(&self, world: World, judged: &mut Judged, case: &Case<'_>) -> Outcome {
        let base = self.base(judged, case.parents);
        let verdict = match self.required(world, case, &base) {
            Err(verdict) => verdict,
            Ok(operation) => match self.legal(world, judged, case, operation, base.as_deref().unwrap_or(&[]))
            {
                Ok(changes) => {
                    return Outcome {
                        verdict: OpVerdict::Valid,
                        base,
                        changes,
                    };
                }
                Err(Stop::Void(void)) => OpVerdict::Void(void),
                Err(Stop::Pending(missing)) => OpVerdict::Pending(missing),
            },
        };
        Outcome {
            verdict,
            base,
            changes: Vec::new(),
        }
    }

    /// All that comes before legality. Void precedes pending; of several missing things the smallest is named.
    fn required<'a>(
        &self,
        world: World,
        case: &Case<'a>,
        base: &Result<Vec<usize>, OpMissing>,
    ) -> Result<&'a TypedOperation, OpVerdict> {
        let mut missing = BTreeSet::new();
        match world.authority(&case.facts.verdict) {
            Verdict::Void(reason) => return Err(OpVerdict::Void(OpVoid::Authority(reason))),
            Verdict::Pending(what) => {
                missing.insert(OpMissing::Authority(what));
            }
            Verdict::Valid if case.facts.actor.is_none() => {
                missing.insert(OpMissing::Authority(Missing::Entry));
            }
            Verdict::Valid => {}
        }
        if let Some(what) = &case.malformed {
            return Err(OpVerdict::Void(OpVoid::Malformed(what.clone())));
        }
        let operation = case.typed.as_ref().map_err(|_| {
            let newer = OpMissing::NewerProgram {
                kind: case.facts.kind.clone(),
                version: case.facts.version,
            };
            OpVerdict::Pending(
                missing
                    .first()
                    .map_or(newer.clone(), |other| other.clone().min(newer)),
            )
        })?;
        // A handover in good faith may build on a custody that was cut afterwards.
        let severed_will_do = world == World::Uncut
            || matches!(operation, TypedOperation::Handover(HandoverOperation::Draft(_)));
        for (op, referred) in case.facts.refs.iter().zip(case.refs) {
            match referred.as_ref().map(|r| (&r.verdict, r.severed)) {
                None | Some((OpVerdict::Pending(_), _)) => {
                    missing.insert(OpMissing::Operation(*op));
                }
                Some((OpVerdict::Void(_), severed)) if !(severed && severed_will_do) => {
                    return Err(OpVerdict::Void(OpVoid::RefVoid(*op)));
                }
                Some(_) => {}
            }
        }
        missing.extend(base.as_ref().err().cloned());
        match missing.pop_first() {
            Some(what) => Err(OpVerdict::Pending(what)),
            None => Ok(operation),
        }
    }

    fn legal(
        &self,
        world: World,
        judged: &mut Judged,
        case: &Case<'_>,
        operation: &TypedOperation,
        base: &[usize],
    ) -> Result<Vec<Change>, Stop> {
        let creation = if operation.is_creation() {
            None
        } else if base.is_empty() {
            return Err(Illegality::NoRecord.into());
        } else {
            self.creation(case.facts.record)
        };
        if let Some(creation) = creation.filter(|c| c.record_kind() != operation.record_kind()) {
            return Err(Illegality::OtherKind(creation.record_kind()).into());
        }
        let Some(actor) = &case.facts.actor else {
            return Err(Stop::Pending(OpMissing::Authority(Missing::Entry)));
        };
        let on_heads = base == judged.heads;
        if on_heads && judged.stale {
            judged.state = self.fold(judged, base);
            judged.stale = false;
        }
        let earlier = if on_heads {
            None
        } else {
            Some(self.fold(judged, base))
        };
        let past = earlier.as_ref().unwrap_or(&judged.state);
        let refs: Vec<Referred> = case.refs.iter().flatten().cloned().collect();
        let scene = Scene {
            network: case.network,
            world,
            facts: case.facts,
            actor,
            refs: &refs,
            creation,
            past,
            severed: case.severed,
        };
        match operation {
            TypedOperation::Unit(operation) => operation.judge(&scene),
            TypedOperation::Roster(operation) => operation.judge(&scene),
            TypedOperation::Person(operation) => operation.judge(&scene),
            TypedOperation::Asset(operation) => operation.judge(&scene),
            TypedOperation::Handover(operation) => operation.judge(&scene),
        }
    }

    fn creation(&self, record: RecordId) -> Option<&TypedOperation> {
        self.typed(&OpId::from(record))
    }

    /// Takes the outcome of the operation at `at` into the state.
    fn settle(&self, judged: &mut Judged, outcome: Outcome, at: usize) {
        if outcome.verdict.is_valid() {
            let base = outcome.base.as_deref().unwrap_or(&[]);
            if base == judged.heads && !judged.stale {
                if base.is_empty() {
                    judged.state.kind = self
                        .typed
                        .get(at)
                        .and_then(|t| Some(t.as_ref().ok()?.record_kind()));
                }
                if let Some(op) = self.ops.get(at) {
                    judged.state.apply(op.id, &outcome.changes, |_| true);
                }
            } else {
                judged.stale = true;
            }
            judged.heads.retain(|head| !base.contains(head));
            judged.heads.push(at);
        }
        judged.outcomes.push(outcome);
    }

    fn refresh(&mut self) {
        if self.actual.stale {
            self.actual.state = self.fold(&self.actual, &self.actual.heads);
            self.actual.stale = false;
        }
    }

    /// The state that some operations and all valid ones below them give.
    fn fold(&self, judged: &Judged, base: &[usize]) -> CanonicalState {
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
    fn order(&self, judged: &Judged, base: &[usize]) -> Vec<usize> {
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
    fn reach(&self, base: &[usize]) -> Vec<bool> {
        graph::reach(base, self.outcomes.len(), |at| self.below(at))
    }

    fn without_covered(&self, base: BTreeSet<usize>) -> Vec<usize> {
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

/// An operation with all that is looked up once for both worlds.
struct Case<'a> {
    network: NetworkId,
    facts: &'a OpFacts,
    typed: &'a Result<TypedOperation, DecodeError>,
    malformed: Option<String>,
    parents: &'a [Parent],
    refs: &'a [Option<Referred>],
    severed: &'a [Link],
}

impl Parent {
    fn known(&self) -> Option<usize> {
        match self {
            Self::Known(at) => Some(*at),
            Self::OfAnotherRecord | Self::Unknown(_) => None,
        }
    }
}

fn malformed(
    facts: &OpFacts,
    typed: &Result<TypedOperation, DecodeError>,
    parents: &[Parent],
    refs: &[Option<Referred>],
) -> Option<String> {
    let no = |what: &str| Some(what.to_owned());
    match typed {
        Err(DecodeError::Malformed(error)) => return no(&error.to_string()),
        Ok(operation) if operation.is_creation() != facts.parents.is_empty() => {
            return no("an operation has no parents exactly when its kind creates a record");
        }
        _ => {}
    }
    if parents
        .iter()
        .any(|parent| matches!(parent, Parent::OfAnotherRecord))
    {
        return no("a parent is an operation of another record");
    }
    if refs
        .iter()
        .flatten()
        .any(|referred| referred.facts.record == facts.record)
    {
        return no("a cited operation is of the same record");
    }
    None
}

/// Whether judging this operation could come out otherwise if nothing had been cut.
fn meets_a_cut(facts: &OpFacts, refs: &[Option<Referred>]) -> bool {
    let cut = |verdict: &Verdict| matches!(verdict, Verdict::Void(VoidReason::Cut(_)));
    cut(&facts.verdict)
        || facts
            .minutes
            .iter()
            .flat_map(|m| &m.signers)
            .any(|signer| cut(&signer.verdict))
        || refs.iter().flatten().any(|referred| referred.severed)
}
