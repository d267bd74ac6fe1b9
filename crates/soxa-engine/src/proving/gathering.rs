//! What a handover rests on: its commit, those that carry its signatures, the ruling on it and the statements, each at the
//! entry that is shown for it.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::authority::Act;
use soxa_ledger::minutes::{Minutes, MinutesSigner};
use soxa_ledger::proof::{ActPart, Grounds, needed};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, EntryHash, FeedId, OpKind, RecordId, Run, Seq, Statement, StatementId, Verified};
use soxa_records::handover::minutes::signature_verdict;
use soxa_records::ruling::{Ruled, rulings_of};
use soxa_records::{CustodyView, History, LinkId, OpVerdict};

use super::{NotProvable, Provable, effect_of};
use crate::engine::Engine;
use crate::error::EngineError;

/// A proof in the making.
#[derive(Clone)]
pub(super) struct Gathering<'a> {
    pub(super) engine: &'a Engine,
    pub(super) grounds: Grounds,
    /// The runs shown, by their feeds and last numbers.
    pub(super) shown: BTreeMap<(FeedId, Seq), Shown>,
    /// The commits that rule between the acts.
    pub(super) rulings: BTreeSet<Vec<u8>>,
}

/// What is needed of a run.
#[derive(Clone)]
pub(super) struct Shown {
    /// The first entry.
    pub(super) first: (Seq, EntryHash),
    /// Whether it carries a commit.
    pub(super) commit: bool,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        let genesis = StatementId(engine.network().0);
        Self {
            engine,
            grounds: Grounds {
                statements: BTreeSet::from([genesis]),
                nodes: BTreeSet::new(),
                commits: BTreeSet::new(),
            },
            shown: BTreeMap::new(),
            rulings: BTreeSet::new(),
        }
    }

    /// Of several positions that serve the one to show; its run and those parts of it that are needed are noted. One before
    /// a fork is shown rather than one that counts because a statement names it.
    fn show(&mut self, mut at: Vec<Position>, commit: bool) -> Result<Option<(Position, Run)>, EngineError> {
        at.sort_unstable();
        let authority = self.engine.authority();
        let past_fork = |at: &Position| {
            let fork = authority.fork_of(&at.feed);
            fork.is_some_and(|fork| at.seq >= fork.seq())
        };
        if at.iter().any(|at| !past_fork(at)) {
            at.retain(|at| !past_fork(at));
        }
        let mut best: Option<(Position, Run)> = None;
        for position in at {
            let run = self.run_at(&position.feed, (position.seq, position.hash))?;
            if best
                .as_ref()
                .is_none_or(|(_, known)| run.entries.len() < known.entries.len())
            {
                best = Some((position, run));
            }
        }
        if let Some((position, run)) = &best
            && let Some(last) = run.entries.last()
        {
            let shown = self.shown.entry((position.feed, last.header.seq));
            let shown = shown.or_insert(Shown {
                first: (position.seq, position.hash),
                commit,
            });
            shown.first = (position.seq, position.hash).min(shown.first);
            shown.commit |= commit;
        }
        Ok(best)
    }

    /// A handover's effect with its minutes, where it stands and every signature counts.
    pub(super) fn act(&mut self, history: &History) -> Result<Provable<ActPart>, EngineError> {
        let (effect, minutes) = match effect_of(history) {
            Ok(effect) => effect,
            Err(not) => return Ok(Err(not)),
        };
        let unknown = || EngineError::Index { table: "commits" };
        let facts = history.operation(&effect).ok_or_else(unknown)?;
        let (commit, positions) = self.engine.commit(&facts.commit)?.ok_or_else(unknown)?;
        let Some((at, _)) = self.show(self.standing(&commit, &positions), true)? else {
            return Ok(Err(NotProvable::WithoutEffect(OpVerdict::Valid)));
        };
        self.grounds.nodes.insert(at.node);
        self.grounds.statements.insert(commit.appointment);
        self.grounds.commits.insert(facts.commit);
        let mut carriers = BTreeSet::new();
        for signer in minutes.signers() {
            self.grounds.statements.insert(signer.appointment);
            if signature_verdict(self.engine.authority(), signer, &[at], &[facts.commit]).is_valid() {
                continue;
            }
            match self.carrier(history, minutes, signer)? {
                Some((carrier, at)) => {
                    self.grounds.nodes.insert(at.node);
                    self.grounds
                        .commits
                        .insert(carrier.commit_id(self.engine.network()));
                    if carrier.bytes() != commit.bytes() {
                        carriers.insert(carrier.bytes().to_vec());
                    }
                }
                None => return Ok(Err(NotProvable::SignatureElsewhere(signer.party))),
            }
        }
        Ok(Ok(ActPart {
            minutes: minutes.bytes().to_vec(),
            commit: commit.bytes().to_vec(),
            carriers: carriers.into_iter().collect(),
        }))
    }

    /// The ruling that decides which of the links on another stands, if a superior has ruled.
    pub(super) fn ruling(&mut self, subject: RecordId, on: LinkId) -> Result<(), EngineError> {
        let history = self.engine.history(subject)?;
        let rulings = CustodyView::of(history.state()).rulings;
        let ruled = rulings.iter().find(|ruled| ruled.on == on);
        let Some(facts) = ruled.and_then(|ruled| history.operation(&ruled.op)) else {
            return Ok(());
        };
        // Which of two in one commit counts its reader could not tell.
        let twice = |other: &Ruled| {
            other.on == on && other.op != facts.id && {
                let other = history.operation(&other.op);
                other.is_some_and(|other| other.commit == facts.commit)
            }
        };
        if rulings_of(history.state()).any(|other| twice(&other)) {
            return Ok(());
        }
        let unknown = || EngineError::Index { table: "commits" };
        let (commit, positions) = self.engine.commit(&facts.commit)?.ok_or_else(unknown)?;
        if let Some((at, _)) = self.show(self.standing(&commit, &positions), true)? {
            self.grounds.nodes.insert(at.node);
            self.grounds.statements.insert(commit.appointment);
            self.grounds.commits.insert(facts.commit);
            self.rulings.insert(commit.bytes().to_vec());
        }
        Ok(())
    }

    /// The positions at which a commit has effect by its author's authority.
    fn standing(&self, commit: &Verified<Commit>, positions: &[Position]) -> Vec<Position> {
        let kinds: BTreeSet<&OpKind> = commit.operations.iter().map(|op| &op.kind).collect();
        let act = Act {
            key: commit.author,
            appointment: commit.appointment,
            kinds: kinds.into_iter().collect(),
            commits: vec![commit.commit_id(self.engine.network())],
        };
        let authority = self.engine.authority();
        let stands = |at: &&Position| authority.judge_act(&act, &[**at]).is_valid();
        positions.iter().filter(stands).copied().collect()
    }

    /// A commit on the handover that carries a signature where it counts: of several the first in causal order.
    fn carrier(
        &mut self,
        history: &History,
        minutes: &Minutes,
        signer: &MinutesSigner,
    ) -> Result<Option<(Verified<Commit>, Position)>, EngineError> {
        let wanted = minutes.signature_id(signer);
        for facts in history.operations() {
            let carries = |minutes: &Minutes| {
                let mut signers = minutes.signers().iter();
                signers.any(|signer| minutes.signature_id(signer) == wanted)
            };
            if !facts.minutes.iter().any(|minutes| carries(&minutes.minutes)) {
                continue;
            }
            let Some((commit, mut positions)) = self.engine.commit(&facts.commit)? else {
                continue;
            };
            let authority = self.engine.authority();
            positions.retain(|at| signature_verdict(authority, signer, &[*at], &[facts.commit]).is_valid());
            if let Some((at, _)) = self.show(positions, true)? {
                return Ok(Some((commit, at)));
            }
        }
        Ok(None)
    }

    /// The statements that the acts rest on, the genesis first.
    pub(super) fn statements(&mut self) -> Result<Vec<Vec<u8>>, EngineError> {
        let authority = self.engine.authority();
        let valid: Vec<&Statement> = authority
            .statements()
            .filter(|(_, verdict)| verdict.is_valid())
            .map(|(statement, _)| statement.value())
            .collect();
        let genesis = StatementId(self.engine.network().0);
        let mut statements = vec![Vec::new()];
        for id in needed(valid, &self.grounds) {
            let stands = |at: &&Position| authority.judge_statement_at(&id, at).is_valid();
            let at = authority.positions_of(&id).filter(stands).copied().collect();
            let shown = self.show(at, false)?;
            let entry = shown.and_then(|(_, run)| run.entries.into_iter().next());
            let body = entry
                .map(|entry| entry.body)
                .ok_or(EngineError::Index { table: "statements" })?;
            match (id == genesis, statements.first_mut()) {
                (true, Some(first)) => *first = body,
                _ => statements.push(body),
            }
        }
        Ok(statements)
    }

    /// The entries of a run from this one on, up to a signed tip, of whichever history of the feed it belongs to.
    pub(super) fn run_at(&self, feed: &FeedId, entry: (Seq, EntryHash)) -> Result<Run, EngineError> {
        let run = self.engine.run_holding(feed, entry)?;
        let mut run = run.ok_or_else(|| EngineError::Log {
            what: format!("no run with entry {} of feed {feed}", entry.0),
        })?;
        run.entries.retain(|one| one.header.seq >= entry.0);
        Ok(run)
    }
}
