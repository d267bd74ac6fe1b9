//! Making proofs: what a handover rests on, gathered into one file for people who have no node.
//!
//! Where a checkpoint of this node that others co-signed covers the entries of the acts, the proof shows that too.
//!
//! The same store, with the same checkpoints, gives the same bytes: of several entries that carry the same thing the one is shown that has the fewest
//! headers up to a signed tip, then the first by feed and number.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::authority::Act;
use soxa_ledger::checkpoint::{CosignedLog, SignedCheckpoint};
use soxa_ledger::minutes::{Minutes, MinutesSigner, Party};
use soxa_ledger::proof::{ActPart, Chain, Grounds, Proof, needed};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Commit, EntryHash, FeedId, Header, OpId, OpKind, RecordId, Run, Seq, Statement, StatementId, Verified,
};
use soxa_records::handover::HandoverStage;
use soxa_records::handover_minutes::{minutes_of, signature_verdict};
use soxa_records::handover_view::HandoverView;
use soxa_records::ruling::{Ruled, rulings_of};
use soxa_records::{CustodyView, History, LinkId, OpVerdict};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::COVERED_HEADERS_MAX;
use crate::past::Past;

/// Why no proof of a handover can be made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProvable {
    /// The record is another thing.
    NotAHandover,
    /// It is not in effect, and these have not signed: none when only the effect itself is outstanding.
    NotEffective {
        /// How far it has come.
        stage: HandoverStage,
        /// Who has not signed.
        unsigned: Vec<Party>,
    },
    /// It was put into effect, and that has none, for example because a cut severed it.
    WithoutEffect(OpVerdict),
    /// No entry held here carries this signature where it counts; a node that holds more may make the proof.
    SignatureElsewhere(Party),
}

/// What making a proof comes to: the proof, or why there is none.
pub type Provable<T> = Result<T, NotProvable>;

/// Handovers by the subjects, and the links below them, that they share with another.
type Rivals = BTreeMap<RecordId, BTreeSet<(RecordId, LinkId)>>;

/// A proof in the making.
#[derive(Clone)]
struct Gathering<'a> {
    engine: &'a Engine,
    grounds: Grounds,
    /// The runs shown, by their feeds and last numbers.
    shown: BTreeMap<(FeedId, Seq), Shown>,
    /// The commits that rule between the acts.
    rulings: BTreeSet<Vec<u8>>,
}

/// What is needed of a run.
#[derive(Clone)]
struct Shown {
    /// The first entry.
    first: (Seq, EntryHash),
    /// Whether it carries a commit.
    commit: bool,
}

/// A checkpoint that may cover the acts.
struct Cover<'a> {
    log: &'a CosignedLog,
    note: SignedCheckpoint,
    past: &'a Past<'a>,
}

impl Engine {
    /// The proof of a handover in effect, with the handovers that contest it, and with the checkpoint of this node's log
    /// that covers their entries and that most others co-signed, if there is one.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`], or a local fault.
    pub fn prove_handover(
        &self,
        handover: RecordId,
        log: Option<&CosignedLog>,
    ) -> Result<Provable<Proof>, EngineError> {
        let history = self.history(handover)?;
        let mut gathering = Gathering::new(self);
        let mut acts = match gathering.act(&history)? {
            Ok(act) => vec![act],
            Err(not) => return Ok(Err(not)),
        };
        let (mut rivals, mut contested) = (Vec::new(), BTreeSet::new());
        for (rival, links) in self.rivals(handover, &history)? {
            // One that has no effect any more contests nothing, and leaves no trace.
            let mut with_rival = gathering.clone();
            if let Ok(act) = with_rival.act(&*self.history(rival)?)? {
                gathering = with_rival;
                rivals.push(act);
                contested.extend(links);
            }
        }
        rivals.sort_by(|a, b| a.commit.cmp(&b.commit));
        acts.extend(rivals);
        for (subject, link) in contested {
            gathering.ruling(subject, link)?;
        }
        if let Some(log) = log {
            let past = Past::read(self)?;
            for note in self.notes_by_weight(log) {
                let past = &past;
                let cover = Cover { log, note, past };
                if let Some(proof) = gathering.clone().finish_covered(&acts, &cover)? {
                    return Ok(Ok(proof));
                }
            }
        }
        gathering.finish(acts).map(Ok)
    }

    /// The notes of a log with the cosignatures of nodes that are admitted, those with most of them first, then the newest.
    fn notes_by_weight(&self, log: &CosignedLog) -> Vec<SignedCheckpoint> {
        let mut notes = log.notes.clone();
        for note in &mut notes {
            note.retain(|node| self.authority().unit_of_node(node).is_some());
        }
        notes.retain(|note| !note.cosignatures().is_empty());
        notes.sort_by_key(|note| Reverse(note.cosignatures().len()));
        notes
    }

    /// The handovers whose links stand on the same links as this one's, with the subjects and links that they share.
    fn rivals(&self, handover: RecordId, history: &History) -> Result<Rivals, EngineError> {
        let mut rivals = Rivals::new();
        let lines = HandoverView::of(history.state()).map(|view| view.lines);
        for line in lines.into_iter().flatten().filter(|line| line.moved) {
            let subject = self.history(line.subject)?;
            let links = CustodyView::of(subject.state()).links;
            let same = links.iter().filter(|link| link.prev == Some(line.prev));
            for (rival, _) in same.filter_map(|link| link.handover) {
                rivals.entry(rival).or_default().insert((line.subject, line.prev));
            }
        }
        rivals.remove(&handover);
        Ok(rivals)
    }
}

/// The effect of a handover: the operation, and the minutes that it carries.
fn effect_of(history: &History) -> Provable<(OpId, &Minutes)> {
    let without_effect = |act: Option<&str>| {
        let wanted =
            |kind: &OpKind| kind.record_kind() == "handover" && act.is_none_or(|wanted| kind.act() == wanted);
        let mut verdicts = history.verdicts();
        verdicts.find(|(facts, verdict)| wanted(&facts.kind) && !verdict.is_valid())
    };
    let Some(view) = HandoverView::of(history.state()) else {
        // Without a valid draft there is no handover.
        return Err(match without_effect(None) {
            Some((_, verdict)) => NotProvable::WithoutEffect(verdict.clone()),
            None => NotProvable::NotAHandover,
        });
    };
    if let Some(effect) = view.effects.first() {
        let minutes = minutes_of(history, effect).ok_or(NotProvable::NotAHandover)?;
        return Ok((*effect, &minutes.minutes));
    }
    if let Some((_, verdict)) = without_effect(Some("effect")) {
        return Err(NotProvable::WithoutEffect(verdict.clone()));
    }
    let witness = view.witness.as_ref().map(|_| Party::Witness);
    let parties = [Party::Giver, Party::Receiver].into_iter().chain(witness);
    Err(NotProvable::NotEffective {
        stage: view.stage,
        unsigned: parties.filter(|party| !view.has_signed(*party)).collect(),
    })
}

impl<'a> Gathering<'a> {
    fn new(engine: &'a Engine) -> Self {
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

    /// The entries of a run from this one on, up to a signed tip.
    fn run_from(&self, feed: &FeedId, seq: Seq) -> Result<Run, EngineError> {
        let before = Seq(seq.0.saturating_sub(1));
        let run = self.engine.run_after(feed, before, 0);
        let run = run.map_err(|error| EngineError::Log { what: error.what })?;
        run.ok_or_else(|| EngineError::Log {
            what: format!("no run with entry {seq} of feed {feed}"),
        })
    }

    /// The entries of a run from this one on, up to a signed tip, of whichever history of the feed it belongs to.
    fn run_at(&self, feed: &FeedId, entry: (Seq, EntryHash)) -> Result<Run, EngineError> {
        let run = self.engine.run_holding(feed, entry)?;
        let mut run = run.ok_or_else(|| EngineError::Log {
            what: format!("no run with entry {} of feed {feed}", entry.0),
        })?;
        run.entries.retain(|one| one.header.seq >= entry.0);
        Ok(run)
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
    fn act(&mut self, history: &History) -> Result<Provable<ActPart>, EngineError> {
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
    fn ruling(&mut self, subject: RecordId, on: LinkId) -> Result<(), EngineError> {
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
    fn statements(&mut self) -> Result<Vec<Vec<u8>>, EngineError> {
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

    /// The proof, without a checkpoint.
    fn finish(mut self, acts: Vec<ActPart>) -> Result<Proof, EngineError> {
        let statements = self.statements()?;
        let mut chains = Vec::with_capacity(self.shown.len());
        for ((feed, last), shown) in &self.shown {
            chains.extend(self.chain(feed, shown.first, *last)?);
        }
        Ok(self.proof(acts, statements, chains, None))
    }

    /// The proof with a checkpoint; none when that does not cover the entries of the acts.
    fn finish_covered(mut self, acts: &[ActPart], cover: &Cover<'_>) -> Result<Option<Proof>, EngineError> {
        let note = &cover.note;
        self.grounds.nodes.insert(note.checkpoint().log.node);
        self.grounds.nodes.extend(note.cosignatures().keys());
        let statements = self.statements()?;
        let mut chains: Vec<Chain> = Vec::with_capacity(self.shown.len());
        let mut end = None;
        for ((feed, last), shown) in &self.shown {
            // One that was drawn out to the tip of a snapshot may have reached it.
            if end.is_some_and(|end| (*feed, *last) <= end) {
                continue;
            }
            let chain = match shown.commit {
                true => self.covered_chain(feed, shown.first, *last, cover)?,
                false => self.chain(feed, shown.first, *last)?,
            };
            let Some(chain) = chain else { return Ok(None) };
            end = chain.headers.last().map(|last| (*feed, last.seq));
            chains.push(chain);
        }
        let note = note.to_string().into_bytes();
        Ok(Some(self.proof(acts.to_vec(), statements, chains, Some(note))))
    }

    /// The headers from one number to another, at which a run ends; none when they are more than a file should hold.
    fn chain(&self, feed: &FeedId, first: (Seq, EntryHash), last: Seq) -> Result<Option<Chain>, EngineError> {
        let mut run = self.run_at(feed, first)?;
        let mut headers: Vec<Header> = Vec::new();
        loop {
            headers.extend(run.entries.iter().map(|entry| entry.header));
            match headers.last() {
                Some(end) if end.seq < last && headers.len() <= COVERED_HEADERS_MAX => {
                    run = self.run_from(feed, end.seq.next())?;
                }
                end => {
                    let reached = end.is_some_and(|end| end.seq == last);
                    return Ok(reached.then_some(Chain {
                        feed: run.feed,
                        headers,
                        tip: run.tip,
                        held: None,
                    }));
                }
            }
        }
    }

    /// The same up to the tip of the earliest snapshot that holds the run which ends with `last`.
    fn covered_chain(
        &self,
        feed: &FeedId,
        first: (Seq, EntryHash),
        last: Seq,
        cover: &Cover<'_>,
    ) -> Result<Option<Chain>, EngineError> {
        let Some(found) = cover.past.held(cover.log, &cover.note, *feed, last)? else {
            return Ok(None);
        };
        let chain = self.chain(feed, first, found.tip.seq)?;
        let same = |chain: &Chain| chain.held_tip(found.tip.closed) == Some(found.tip);
        Ok(chain.filter(same).map(|chain| Chain {
            held: Some(found.held),
            ..chain
        }))
    }

    fn proof(
        &self,
        acts: Vec<ActPart>,
        statements: Vec<Vec<u8>>,
        chains: Vec<Chain>,
        checkpoint: Option<Vec<u8>>,
    ) -> Proof {
        // What is shown past a fork counts because a statement names it: the fork is no objection to it.
        let forks = self.engine.authority().forks().filter(|fork| {
            let of_feed = self.shown.iter().filter(|((feed, _), _)| *feed == fork.feed_id());
            let highest = of_feed.map(|(_, shown)| shown.first.0).max();
            highest.is_some_and(|seq| seq < fork.seq())
        });
        Proof {
            network: self.engine.network(),
            acts,
            rulings: self.rulings.iter().cloned().collect(),
            statements,
            chains,
            forks: forks.map(|fork| fork.bytes().to_vec()).collect(),
            checkpoint,
        }
    }
}
