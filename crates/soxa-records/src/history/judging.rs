//! One operation before the judge: authority, form, what is missing, and at last the rules of its kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::ids::{NetworkId, OpId, RecordId};
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};

use super::{History, Judged, Others, Outcome, Referred};
use crate::asset::AssetOperation;
use crate::custody::Link;
use crate::facts::OpFacts;
use crate::graph;
use crate::handover::HandoverOperation;
use crate::inventory::InventoryOperation;
use crate::legality::{Scene, Stop, World};
use crate::person::PersonOperation;
use crate::state::CanonicalState;
use crate::typed::{DecodeError, RecordKind, TypedOperation, decode};
use crate::value::Change;
use crate::verdict::{Illegality, OpMissing, OpVerdict, OpVoid};

/// Where an operation says it builds on.
enum Parent {
    Known(usize),
    OfAnotherRecord,
    Unknown(OpId),
}

impl History {
    /// Judges one operation after all that it builds on and cites in this record.
    pub(super) fn push(&mut self, facts: Arc<OpFacts>, others: &dyn Others) {
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
        let outcome = self.judge_in(World::Actual, &actual, &case);
        let uncut = self.uncut.take().map(|uncut| {
            let outcome = self.judge_in(World::Uncut, &uncut, &case);
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

    /// Judges an operation on the heads of a plain history by the state there: the record's kind then and the
    /// operation's changes, if it is valid and meets no cut.
    pub(crate) fn judge_next(
        past: &CanonicalState,
        facts: &OpFacts,
        others: &dyn Others,
    ) -> Option<(RecordKind, Vec<Change>)> {
        let typed = decode(&facts.kind, facts.version, &facts.body);
        let refs: Vec<Option<Referred>> = facts.refs.iter().map(|op| others.referred(op)).collect();
        if malformed(facts, &typed, &[], &refs).is_some() || meets_a_cut(facts, &refs) {
            return None;
        }
        let case = Case {
            network: others.network(),
            facts,
            typed: &typed,
            malformed: None,
            parents: &[],
            refs: &refs,
            severed: &[],
        };
        let operation = required(World::Actual, &case, None).ok()?;
        let kind = operation.record_kind();
        if past.kind != (!operation.is_creation()).then_some(kind) {
            return None;
        }
        let changes = legal(World::Actual, &case, operation, None, past).ok()?;
        Some((kind, changes))
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

    fn judge_in(&self, world: World, judged: &Judged, case: &Case<'_>) -> Outcome {
        let base = self.base(judged, case.parents);
        let verdict = match required(world, case, base.as_ref().err()) {
            Err(verdict) => verdict,
            Ok(operation) => {
                match self.judge_on(world, judged, case, operation, base.as_deref().unwrap_or(&[])) {
                    Ok(changes) => {
                        return Outcome {
                            verdict: OpVerdict::Valid,
                            base,
                            changes,
                        };
                    }
                    Err(Stop::Void(void)) => OpVerdict::Void(void),
                    Err(Stop::Pending(missing)) => OpVerdict::Pending(missing),
                }
            }
        };
        Outcome {
            verdict,
            base,
            changes: Vec::new(),
        }
    }

    /// Judges an operation by the rules of its kind, in the state that its base gives.
    fn judge_on(
        &self,
        world: World,
        judged: &Judged,
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
        if base == judged.heads {
            legal(world, case, operation, creation, &judged.state)
        } else {
            legal(world, case, operation, creation, &self.fold(judged, base))
        }
    }

    pub(super) fn creation(&self, record: RecordId) -> Option<&TypedOperation> {
        self.typed(&OpId::from(record))
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

/// All that comes before legality. Void precedes pending; of several missing things the smallest is named.
fn required<'a>(
    world: World,
    case: &Case<'a>,
    base_missing: Option<&OpMissing>,
) -> Result<&'a TypedOperation, OpVerdict> {
    let mut missing = BTreeSet::new();
    match world.authority(&case.facts.verdict) {
        Verdict::Void(reason) => return Err(OpVerdict::Void(OpVoid::Authority(reason))),
        // As if it were not there: others need not hold it, and what it says would be news to them.
        Verdict::Pending(what @ Missing::Forked(_)) => {
            return Err(OpVerdict::Pending(OpMissing::Authority(what)));
        }
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
    // A handover or a count in good faith may build on a custody that was cut afterwards.
    let in_good_faith = matches!(
        operation,
        TypedOperation::Handover(HandoverOperation::Draft(_))
            | TypedOperation::Inventory(InventoryOperation::Open(_) | InventoryOperation::Book(_))
    );
    let severed_will_do = world == World::Uncut || in_good_faith;
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
    missing.extend(base_missing.cloned());
    match missing.pop_first() {
        Some(what) => Err(OpVerdict::Pending(what)),
        None => Ok(operation),
    }
}

/// The rules of an operation's kind, in the state of its own valid past.
fn legal(
    world: World,
    case: &Case<'_>,
    operation: &TypedOperation,
    creation: Option<&TypedOperation>,
    past: &CanonicalState,
) -> Result<Vec<Change>, Stop> {
    let Some(actor) = &case.facts.actor else {
        return Err(Stop::Pending(OpMissing::Authority(Missing::Entry)));
    };
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
        TypedOperation::Inventory(operation) => operation.judge(&scene),
        TypedOperation::Ruling(operation) => operation.judge(&scene),
        TypedOperation::Reference(operation) => operation.judge(&scene),
        TypedOperation::Dossier(operation) => operation.judge(&scene),
        TypedOperation::Decision(operation) => operation.judge(&scene),
    }
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
        Ok(operation) if operation.is_creation() && RecordId::from(facts.id) != facts.record => {
            return no("a record is named by the operation that creates it");
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
