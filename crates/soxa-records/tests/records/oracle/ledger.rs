//! The quick way, as a node goes it: verdicts and records are kept, and only what an arrival concerns is judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use soxa_ledger::authority::{Act, Authority, Touched};
use soxa_ledger::ids::{CommitId, OpId, RecordId};
use soxa_ledger::minutes::MinutesSigner;
use soxa_ledger::verdict::Position;
use soxa_ledger::{OpKind, StatementId};
use soxa_records::handover::minutes::signature_verdict;
use soxa_records::{Actor, History, MinutesFacts, OpFacts, OpVerdict, SignerFacts};

use super::cast::{CAST, position};
use super::plan::{Item, Made, SignatureId};
use crate::province::World;

/// What an act is, and where it stands.
struct Asked {
    appointment: StatementId,
    commits: Vec<CommitId>,
    at: Vec<Position>,
}

pub struct Ledger {
    authority: Authority,
    commits: BTreeMap<CommitId, (Arc<Made>, BTreeSet<Position>)>,
    /// The commits that carry a signature under minutes.
    carriers: BTreeMap<SignatureId, BTreeSet<CommitId>>,
    /// The records that cite an operation.
    citing: BTreeMap<OpId, BTreeSet<RecordId>>,
    records: BTreeMap<OpId, RecordId>,
    pub histories: BTreeMap<RecordId, History>,
    /// What other records were judged by.
    shown: BTreeMap<OpId, (OpVerdict, bool)>,
}

impl Ledger {
    pub fn new() -> Self {
        let histories = CAST.province.histories.clone();
        let ops = histories
            .iter()
            .flat_map(|(record, history)| history.operations().iter().map(|op| (op.id, *record)));
        let mut authority = Authority::new(CAST.province.network);
        let genesis = &CAST.genesis;
        authority.insert(genesis, position(0, 0));
        Self {
            authority,
            commits: BTreeMap::new(),
            carriers: BTreeMap::new(),
            citing: BTreeMap::new(),
            records: ops.collect(),
            histories,
            shown: BTreeMap::new(),
        }
    }

    pub fn take_in(&mut self, item: &Item) {
        let concerned = match item {
            Item::Statement(said, at) => {
                let touched = self.authority.suppose(said, *at);
                self.concerned(&touched)
            }
            Item::Commit(made, at) => self.enter(made, *at),
        };
        let changed = concerned.iter().flat_map(|id| self.renew(*id)).collect();
        self.settle(changed);
    }

    /// The commit, and all that carry a signature which stands in one more place now.
    fn enter(&mut self, made: &Arc<Made>, at: Position) -> BTreeSet<CommitId> {
        let entered = self.commits.entry(made.id);
        entered
            .or_insert_with(|| (Arc::clone(made), BTreeSet::new()))
            .1
            .insert(at);
        for ((op, record), operation) in made.ops.iter().zip(&made.commit.operations) {
            self.records.insert(*op, *record);
            for cited in &operation.refs {
                self.citing
                    .entry(cited.resolve(made.id))
                    .or_default()
                    .insert(*record);
            }
        }
        let mut concerned = BTreeSet::from([made.id]);
        for (_, signature) in made.signatures() {
            let carriers = self.carriers.entry(signature).or_default();
            carriers.insert(made.id);
            concerned.extend(carriers.iter());
        }
        concerned
    }

    fn concerned(&self, touched: &Touched) -> BTreeSet<CommitId> {
        let concerns = |asked: &Asked, key| {
            let act = Act {
                key,
                appointment: asked.appointment,
                kinds: Vec::new(),
                commits: asked.commits.clone(),
            };
            touched.concerns(&act, &asked.at)
        };
        let all = self.commits.values();
        let concerned = all.filter(|(made, _)| {
            concerns(&self.own_act(made), made.commit.author)
                || made
                    .signatures()
                    .any(|(signer, signature)| concerns(&self.signing(signer, &signature), signer.key))
        });
        concerned.map(|(made, _)| made.id).collect()
    }

    fn own_act(&self, made: &Made) -> Asked {
        Asked {
            appointment: made.commit.appointment,
            commits: vec![made.id],
            at: self.commits[&made.id].1.iter().copied().collect(),
        }
    }

    /// A signature counts as made at every entry that carries it.
    fn signing(&self, signer: &MinutesSigner, signature: &SignatureId) -> Asked {
        let commits: Vec<CommitId> = self.carriers[signature].iter().copied().collect();
        let at: BTreeSet<Position> = commits
            .iter()
            .flat_map(|commit| self.commits[commit].1.iter().copied())
            .collect();
        Asked {
            appointment: signer.appointment,
            commits,
            at: at.into_iter().collect(),
        }
    }

    fn facts(&self, made: &Made) -> Vec<OpFacts> {
        let asked = self.own_act(made);
        let kinds: BTreeSet<&OpKind> = made.commit.operations.iter().map(|op| &op.kind).collect();
        let act = Act {
            key: made.commit.author,
            appointment: asked.appointment,
            kinds: kinds.into_iter().collect(),
            commits: asked.commits,
        };
        let verdict = self.authority.judge_act(&act, &asked.at);
        let minutes = made.commit.minutes.iter().enumerate().map(|(at, minutes)| {
            MinutesFacts::of(minutes, |signer| {
                let asked = self.signing(signer, &made.signature(at, signer));
                let verdict = signature_verdict(&self.authority, signer, &asked.at, &asked.commits);
                SignerFacts::of(signer, self.authority.appointment(&signer.appointment), verdict)
            })
        });
        let actor = self
            .authority
            .appointment(&made.commit.appointment)
            .map(|appointment| Actor::of(made.commit.appointment, appointment));
        OpFacts::of_commit(&made.commit, made.id, actor.as_ref(), &verdict, minutes.collect())
    }

    /// Enters what a commit's operations are worth now, where that is new; gives the records that it changes.
    fn renew(&mut self, id: CommitId) -> Vec<RecordId> {
        let made = Arc::clone(&self.commits[&id].0);
        let mut changed = Vec::new();
        for facts in self.facts(&made) {
            let mut history = self.histories.remove(&facts.record).unwrap_or_default();
            let record = facts.record;
            if history.operation(&facts.id).is_none_or(|known| **known != facts) {
                changed.push(record);
                history.insert(Arc::new(facts), &self.world());
            }
            self.histories.insert(record, history);
        }
        changed
    }

    fn world(&self) -> World<'_> {
        World {
            network: CAST.province.network,
            histories: &self.histories,
            records: &self.records,
        }
    }

    /// Judges the records again that cite what is worth something else now, until nothing changes.
    fn settle(&mut self, mut changed: BTreeSet<RecordId>) {
        while let Some(record) = changed.pop_first() {
            let mut citing = BTreeSet::new();
            let history = &self.histories[&record];
            for (facts, verdict) in history.verdicts() {
                let worth = (verdict.clone(), history.is_severed(&facts.id));
                if self.shown.get(&facts.id) != Some(&worth) {
                    self.shown.insert(facts.id, worth);
                    citing.extend(self.citing.get(&facts.id).into_iter().flatten().copied());
                }
            }
            for record in citing {
                let Some(history) = self.histories.remove(&record) else {
                    continue;
                };
                let judged = History::judge(history.operations().to_vec(), &self.world());
                self.histories.insert(record, judged);
                changed.insert(record);
            }
        }
    }
}
