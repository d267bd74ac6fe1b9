//! The slow way: what each operation is worth and the state of each record, straight from `OPERATIONS.md`, worked out
//! from scratch over plain sets. It has nothing in common with the crate but the bodies and the types of answers; who has
//! authority it asks the naive rule of `soxa-ledger`'s oracle.

mod handovers;
mod states;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use soxa_ledger::OpKind;
use soxa_ledger::authority::Act;
use soxa_ledger::ids::{CommitId, OpId, RecordId};
use soxa_ledger::minutes::{MinutesSigner, Party};
use soxa_ledger::statement::{Appointment, Fact};
use soxa_ledger::verdict::{Position, Verdict, VoidReason};
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::custody::Custody;
use soxa_records::handover::{EffectLine, HandoverOperation};
use soxa_records::{
    CanonicalState, Illegality, LinkId, OpMissing, OpVerdict, OpVoid, TypedOperation, decode,
};

use super::cast::{CAST, position};
use super::plan::{Item, Made, SignatureId};
use super::rule::Facts;

/// An operation that is known.
struct Op<'a> {
    made: &'a Made,
    record: RecordId,
    parents: Vec<OpId>,
    refs: Vec<OpId>,
    what: TypedOperation,
}

/// What can be: as it is, or as it would be if nothing had been cut.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum World {
    Actual,
    Uncut,
}

/// A custody link, as far as custody depends on it.
#[derive(Clone)]
struct Link {
    prev: Option<LinkId>,
    depth: u32,
    to: RecordId,
}

/// Why an operation gets no further.
enum Stop {
    Void(OpVoid),
    Pending(OpMissing),
}

type Past = Rc<BTreeSet<OpId>>;
type Judged<T> = Result<T, Stop>;

pub struct Naive<'a> {
    authority: Facts,
    appointments: BTreeMap<soxa_ledger::StatementId, Appointment>,
    commits: BTreeMap<CommitId, (&'a Made, Vec<Position>)>,
    ops: BTreeMap<OpId, Op<'a>>,
    acts: RefCell<HashMap<CommitId, Verdict>>,
    signed: RefCell<HashMap<SignatureId, Verdict>>,
    known: RefCell<HashMap<(OpId, World), OpVerdict>>,
    pasts: RefCell<HashMap<(OpId, World), Past>>,
}

fn illegal<T>(why: Illegality) -> Judged<T> {
    Err(Stop::Void(OpVoid::Illegal(why)))
}

fn uncut(world: World, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Void(VoidReason::Cut(_)) if world == World::Uncut => Verdict::Valid,
        other => other,
    }
}

impl<'a> Naive<'a> {
    pub fn new(items: impl Iterator<Item = &'a Item>) -> Self {
        let genesis = CAST.genesis.value().clone();
        let mut entered = vec![(genesis, position(0, 0))];
        let mut commits: BTreeMap<CommitId, (&Made, Vec<Position>)> = BTreeMap::new();
        for item in items {
            match item {
                Item::Statement(said, at) => entered.push((said.statement().clone(), *at)),
                Item::Commit(made, at) => {
                    commits.entry(made.id).or_insert((made, Vec::new())).1.push(*at);
                }
            }
        }
        let appointments = entered.iter().filter_map(|(statement, _)| match &statement.fact {
            Fact::Appointment(appointment) => Some((statement.id, appointment.clone())),
            _ => None,
        });
        let appointments = appointments.collect();
        let mut ops = BTreeMap::new();
        for (made, _) in commits.values() {
            for ((id, record), operation) in made.ops.iter().zip(&made.commit.operations) {
                let resolved =
                    |refs: &[soxa_ledger::OpRef]| refs.iter().map(|one| one.resolve(made.id)).collect();
                let op = Op {
                    made,
                    record: *record,
                    parents: resolved(&operation.parents),
                    refs: resolved(&operation.refs),
                    what: decode(&operation.kind, operation.version, &operation.body).unwrap(),
                };
                ops.insert(*id, op);
            }
        }
        Self {
            authority: Facts::new(CAST.province.network, entered, Vec::new(), Vec::new()),
            appointments,
            commits,
            ops,
            acts: RefCell::default(),
            signed: RefCell::default(),
            known: RefCell::default(),
            pasts: RefCell::default(),
        }
    }

    pub fn operations(&self) -> impl Iterator<Item = (OpId, RecordId)> {
        self.ops.iter().map(|(id, op)| (*id, op.record))
    }

    pub fn verdict(&self, id: OpId) -> OpVerdict {
        self.judged(id, World::Actual)
    }

    /// Void for no other reason than cuts.
    pub fn is_severed(&self, id: OpId) -> bool {
        self.judged(id, World::Actual).is_void() && self.judged(id, World::Uncut).is_valid()
    }

    pub fn state(&self, record: RecordId) -> CanonicalState {
        let own = self
            .ops
            .iter()
            .filter(|(_, op)| op.record == record)
            .map(|(id, _)| *id);
        let valid = own
            .filter(|id| self.judged(*id, World::Actual).is_valid())
            .collect();
        self.state_of(&valid, record)
    }

    /// The valid operations of a record that lie in no other's past.
    pub fn heads(&self, record: RecordId) -> Vec<OpId> {
        let own = self
            .ops
            .iter()
            .filter(|(_, op)| op.record == record)
            .map(|(id, _)| *id);
        let valid: Vec<OpId> = own
            .filter(|id| self.judged(*id, World::Actual).is_valid())
            .collect();
        let below = |id: &OpId| {
            valid
                .iter()
                .any(|other| self.past(*other, World::Actual).contains(id))
        };
        valid.iter().filter(|id| !below(id)).copied().collect()
    }

    fn act(&self, made: &Made) -> Verdict {
        let mut acts = self.acts.borrow_mut();
        let verdict = acts.entry(made.id).or_insert_with(|| {
            let act = Act {
                key: made.commit.author,
                appointment: made.commit.appointment,
                kinds: sorted_kinds(made),
                commits: vec![made.id],
            };
            self.authority.act(&act, &self.commits[&made.id].1)
        });
        verdict.clone()
    }

    /// A signature under minutes: an act at every entry that carries it.
    fn signature(&self, signer: &MinutesSigner, signature: SignatureId) -> Verdict {
        if let Some(verdict) = self.signed.borrow().get(&signature) {
            return verdict.clone();
        }
        let carries = |made: &Made| made.signatures().any(|(_, other)| other == signature);
        let carriers: Vec<_> = self.commits.values().filter(|(made, _)| carries(made)).collect();
        let kind: OpKind = match signer.party {
            Party::Giver => "handover.offer",
            Party::Receiver => "handover.accept",
            Party::Witness => "handover.witness",
        }
        .parse()
        .unwrap();
        let act = Act {
            key: signer.key,
            appointment: signer.appointment,
            kinds: vec![&kind],
            commits: carriers.iter().map(|(made, _)| made.id).collect(),
        };
        let at: Vec<Position> = carriers.iter().flat_map(|(_, at)| at.iter().copied()).collect();
        self.authority.act(&act, &at)
    }

    fn path(&self, made: &Made) -> &[RecordId] {
        &self.appointments[&made.commit.appointment].unit_path
    }

    fn judged(&self, id: OpId, world: World) -> OpVerdict {
        if let Some(verdict) = self.known.borrow().get(&(id, world)) {
            return verdict.clone();
        }
        let verdict = match self.judge(id, world) {
            Ok(()) => OpVerdict::Valid,
            Err(Stop::Void(why)) => OpVerdict::Void(why),
            Err(Stop::Pending(what)) => OpVerdict::Pending(what),
        };
        self.known.borrow_mut().insert((id, world), verdict.clone());
        verdict
    }

    /// What comes before legality, in its order; then that.
    fn judge(&self, id: OpId, world: World) -> Judged<()> {
        let op = &self.ops[&id];
        let mut missing = BTreeSet::new();
        match uncut(world, self.act(op.made)) {
            Verdict::Void(why) => return Err(Stop::Void(OpVoid::Authority(why))),
            Verdict::Pending(what) => {
                missing.insert(OpMissing::Authority(what));
            }
            Verdict::Valid => {}
        }
        let is_draft = matches!(op.what, TypedOperation::Handover(HandoverOperation::Draft(_)));
        for cited in op.refs.iter().filter(|cited| !self.is_unit(**cited)) {
            if !self.ops.contains_key(cited) {
                missing.insert(OpMissing::Operation(*cited));
                continue;
            }
            match self.verdict(*cited) {
                OpVerdict::Valid => {}
                OpVerdict::Pending(_) => {
                    missing.insert(OpMissing::Operation(*cited));
                }
                OpVerdict::Void(_) => {
                    if !self.is_severed(*cited) || !(is_draft || world == World::Uncut) {
                        return Err(Stop::Void(OpVoid::RefVoid(*cited)));
                    }
                }
            }
        }
        let base = self.base(op, world);
        missing.extend(base.as_ref().err().cloned());
        if let Some(what) = missing.pop_first() {
            return Err(Stop::Pending(what));
        }
        let past = self.past(id, world);
        if past.is_empty() && !op.parents.is_empty() {
            return illegal(Illegality::NoRecord);
        }
        match &op.what {
            TypedOperation::Asset(what) => self.asset(id, op, what, &past, world),
            TypedOperation::Handover(what) => self.handover(op, what, &past, world),
            other => panic!("no history has {other:?}"),
        }
    }

    fn is_unit(&self, op: OpId) -> bool {
        CAST.province.histories.contains_key(&RecordId::from(op))
    }

    /// What an operation builds on: its valid parents, and for void ones what those build on.
    fn base(&self, op: &Op<'_>, world: World) -> Result<BTreeSet<OpId>, OpMissing> {
        let mut base = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for parent in &op.parents {
            let Some(below) = self.ops.get(parent) else {
                missing.insert(OpMissing::Operation(*parent));
                continue;
            };
            match self.judged(*parent, world) {
                OpVerdict::Valid => {
                    base.insert(*parent);
                }
                OpVerdict::Pending(_) => {
                    missing.insert(OpMissing::Operation(*parent));
                }
                OpVerdict::Void(_) => match self.base(below, world) {
                    Ok(ops) => base.extend(ops),
                    Err(what) => {
                        missing.insert(what);
                    }
                },
            }
        }
        missing.pop_first().map_or(Ok(base), Err)
    }

    /// The valid operations below one.
    fn past(&self, id: OpId, world: World) -> Past {
        if let Some(past) = self.pasts.borrow().get(&(id, world)) {
            return Rc::clone(past);
        }
        let mut past = BTreeSet::new();
        for op in self.base(&self.ops[&id], world).unwrap_or_default() {
            past.insert(op);
            past.extend(self.past(op, world).iter().copied());
        }
        let past = Rc::new(past);
        self.pasts.borrow_mut().insert((id, world), Rc::clone(&past));
        past
    }

    /// All operations below one, whatever they are worth.
    fn whole_past(&self, op: &Op<'_>) -> BTreeSet<OpId> {
        let mut found = BTreeSet::new();
        for parent in &op.parents {
            if let Some(below) = self.ops.get(parent).filter(|_| found.insert(*parent)) {
                found.extend(self.whole_past(below));
            }
        }
        found
    }

    fn link(&self, id: OpId) -> Option<(LinkId, Link)> {
        let op = &self.ops[&id];
        match &op.what {
            TypedOperation::Asset(AssetOperation::Register(register)) => {
                let link = Link {
                    prev: None,
                    depth: 0,
                    to: register.unit,
                };
                Some((LinkId::of_registration(op.record), link))
            }
            TypedOperation::Asset(AssetOperation::Custody(custody)) => {
                let link = Link {
                    prev: Some(custody.prev),
                    depth: custody.depth,
                    to: custody.to,
                };
                Some((custody.link, link))
            }
            _ => None,
        }
    }

    fn links<'o>(&self, ops: impl IntoIterator<Item = &'o OpId>) -> BTreeMap<LinkId, Link> {
        ops.into_iter().filter_map(|op| self.link(*op)).collect()
    }

    fn asset(&self, id: OpId, op: &Op<'_>, what: &AssetOperation, past: &Past, world: World) -> Judged<()> {
        let actor = self.path(op.made);
        let own = actor.last().copied();
        let links = self.links(past.iter());
        match what {
            AssetOperation::Register(register) => {
                if [CAST.province.network.province_unit(), register.unit].starts_with(actor) {
                    return Ok(());
                }
                illegal(Illegality::NotAbove {
                    unit: register.unit,
                    actor: own,
                })
            }
            AssetOperation::Set(setting) => {
                let (current, deepest) = current(&links);
                let custodian = current.map(|link| links[&link].to);
                let tied = current.is_none() && deepest.iter().any(|link| Some(links[link].to) == own);
                match setting {
                    AssetSet::Condition(_) | AssetSet::Site(_) if tied => Ok(()),
                    _ if tied => illegal(Illegality::ContestedField),
                    _ if custodian.is_some() && custodian == own => Ok(()),
                    _ => illegal(Illegality::NotCustodian {
                        custodian,
                        actor: own,
                    }),
                }
            }
            AssetOperation::State(_)
            | AssetOperation::Classify(_)
            | AssetOperation::Paper(_)
            | AssetOperation::Photo(_) => panic!("no history has {what:?}"),
            AssetOperation::Custody(custody) => self.custody(id, op, custody, links, world),
        }
    }

    fn custody(
        &self,
        id: OpId,
        op: &Op<'_>,
        custody: &Custody,
        links: BTreeMap<LinkId, Link>,
        world: World,
    ) -> Judged<()> {
        let cited = &self.ops[&op.refs[0]];
        let TypedOperation::Handover(HandoverOperation::Effect(effect)) = &cited.what else {
            panic!("{id:?} cites no effect");
        };
        let line = EffectLine {
            line: custody.line,
            subject: op.record,
            prev: custody.prev,
            depth: custody.depth,
        };
        let same = effect.giver == custody.from && effect.receiver == custody.to;
        if !effect.lines.contains(&line) || !same {
            return illegal(Illegality::NotInEffect { line: custody.line });
        }
        let found = current(&links).0;
        if found == Some(custody.prev) || links.contains_key(&custody.link) {
            return Ok(());
        }
        let mut with_severed = links;
        let below = self.whole_past(op);
        with_severed.extend(self.links(below.iter().filter(|op| self.is_severed(**op))));
        if world == World::Actual && current(&with_severed).0 == Some(custody.prev) {
            return Ok(());
        }
        illegal(Illegality::LinkMoved {
            prev: custody.prev,
            current: found,
        })
    }
}

fn sorted_kinds(made: &Made) -> Vec<&OpKind> {
    let kinds: BTreeSet<&OpKind> = made
        .commit
        .operations
        .iter()
        .map(|operation| &operation.kind)
        .collect();
    kinds.into_iter().collect()
}

/// The unique deepest of the links on which none builds, and all that are as deep.
fn current(links: &BTreeMap<LinkId, Link>) -> (Option<LinkId>, Vec<LinkId>) {
    let is_tip = |id: &LinkId| links.values().all(|other| other.prev != Some(*id));
    let tips: Vec<(LinkId, u32)> = links
        .iter()
        .filter(|(id, _)| is_tip(id))
        .map(|(id, link)| (*id, link.depth))
        .collect();
    let depth = tips.iter().map(|(_, depth)| *depth).max();
    let deepest: Vec<LinkId> = tips
        .into_iter()
        .filter(|(_, own)| Some(*own) == depth)
        .map(|(id, _)| id)
        .collect();
    match deepest.as_slice() {
        [only] => (Some(*only), deepest),
        _ => (None, deepest),
    }
}
