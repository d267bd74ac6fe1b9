//! What must hold at the end: all nodes hold the same entries, make the same of them, and miss nothing. [`restricted`] looks at
//! what few read, [`files`] at the files that records name.

pub(crate) mod files;
mod restricted;

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::{Engine, EngineError};
use soxa_ledger::authority;
use soxa_ledger::entry::{Body, BodyKind};
use soxa_ledger::limits::COMMIT_OPERATIONS_MAX;
use soxa_ledger::replica::{FeedLine, Replica as _};
use soxa_ledger::statement::{Fact, Statement};
use soxa_ledger::verdict::{Missing, Position, Verdict};
use soxa_ledger::{
    Commit, CommitId, Entry, EntryHash, FeedId, NodeKey, OpId, RecordId, Scope, Seq, StatementId,
};
use soxa_records::handover::view::HandoverView;
use soxa_records::{CustodyView, OpMissing, OpVerdict};

use crate::check::{Act, check_held};
use crate::limits::RECORDS_LOOKED_AT;
use crate::node::{Running, SimNode};
use crate::report::Defect;
use crate::run::Simulation;

/// The first difference between what two honest nodes hold of the feeds that both read; none when all hold the same. Every feed
/// is read by the province's nodes.
pub(crate) fn holdings(nodes: &[SimNode]) -> Option<Defect> {
    let first = province_first(nodes).next()?;
    let Some(left) = &first.running else {
        return Some(Defect::local(&first.name, "it does not run"));
    };
    let all_lines = left.engine.lines();
    for other in province_first(nodes) {
        let Some(right) = &other.running else {
            return Some(Defect::local(&other.name, "it does not run"));
        };
        let right_lines = right.engine.lines();
        let reads = |line: &&FeedLine| may_read(&line.feed.scope, &other.unit);
        if let Some(line) = right_lines.iter().find(|line| !reads(line)) {
            return Some(Defect::Leaked {
                node: other.name.clone(),
                what: format!("feed {} at {}", line.id.short(), line.head.seq),
            });
        }
        let left_lines: Vec<&FeedLine> = all_lines.iter().filter(reads).collect();
        let right_lines: Vec<&FeedLine> = right_lines.iter().collect();
        if left_lines == right_lines {
            continue;
        }
        let left_only = left_lines.iter().find(|line| !right_lines.contains(line));
        let right_only = right_lines.iter().find(|line| !left_lines.contains(line));
        let shown = |line: Option<&&FeedLine>| {
            line.map_or_else(
                || "-".to_owned(),
                |line| format!("feed {} at {}", line.id.short(), line.head.seq),
            )
        };
        return Some(Defect::NotConverged {
            left: first.name.clone(),
            right: other.name.clone(),
            what: format!("{} / {}", shown(left_only), shown(right_only)),
        });
    }
    None
}

/// What one node makes of the entries it holds.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    state_root: [u8; 32],
    /// Of what every node reads: each operation of each commit with its verdict, and where the commit stands.
    commits: BTreeMap<CommitId, (Vec<Option<OpVerdict>>, usize)>,
    statements: BTreeMap<StatementId, String>,
    not_valid: Vec<(CommitId, bool)>,
    refused: Vec<String>,
    contested: BTreeSet<RecordId>,
    /// What few read.
    few: restricted::Shown,
    /// None where there is a forked feed, or one that few read: what is held of these differs.
    counts: Option<String>,
}

/// All nodes make the same of the same entries, nothing stored is missing, nothing waits, every store verifies.
pub(crate) fn everything(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    let few = feeds_of_few(&sim.nodes);
    restricted::check(sim)?;
    files::check(sim)?;
    let see = |node: &SimNode, running: &Running| {
        picture(&running.engine, &few).map_err(|error| Defect::local(&node.name, error))
    };
    let mut nodes = honest(&sim.nodes);
    let Some((left, running)) = nodes.next() else {
        return Ok(());
    };
    let first = see(left, running)?;
    for (right, running) in nodes {
        let other = see(right, running)?;
        let what = difference(&first, &other).or_else(|| first.few.difference(&other.few, &right.unit));
        if let Some(what) = what {
            let (left, right) = (left.name.clone(), right.name.clone());
            return Err(Defect::Differ { left, right, what });
        }
    }
    let left = left.name.clone();
    for act in sim.watch.all_stored() {
        let readers = restricted::readers(sim, act, &first.few);
        let reads = |node: &&SimNode| {
            readers
                .as_ref()
                .is_none_or(|readers| may_read(readers, &node.unit))
        };
        for node in sim.nodes.iter().filter(|node| node.is_honest()).filter(reads) {
            if let Err(lost) = check_held(act, node)
                && !has_no_effect(sim, act)?
            {
                return Err(lost);
            }
        }
    }
    let unheard = unheard(sim, &first);
    for (commit, verdicts) in first.all_verdicts() {
        if unheard.contains(commit) {
            continue;
        }
        if let Some(what) = verdicts
            .iter()
            .find(|verdict| !matches!(verdict, Some(v) if !v.is_pending()))
        {
            return Err(Defect::StillPending {
                commit: *commit,
                node: left.clone(),
                what: format!("{what:?}"),
            });
        }
    }
    sim.tally.state_root = first.state_root;
    sim.tally.commits = first.commits.len() as u64;
    sim.tally.void = first.not_valid.len() as u64;
    sim.tally.contested = first.contested.len() as u64;
    sim.tally.forwarded = first.few.forwarded();
    check_custody(sim)?;
    verify(sim)
}

fn verify(sim: &Simulation<'_>) -> Result<(), Defect> {
    for (node, running) in honest(&sim.nodes) {
        let found = running
            .engine
            .verify(&mut |_| {})
            .map_err(|error| Defect::local(&node.name, error))?;
        let root = found.state_root == sim.tally.state_root;
        let fault = found.faults.first().map(ToString::to_string);
        if let Some(what) = fault.or((!root).then(|| "the log gives another state root".to_owned())) {
            return Err(Defect::NotVerified {
                node: node.name.clone(),
                what,
            });
        }
    }
    Ok(())
}

impl Picture {
    /// What each operation of each commit is worth, whoever reads it.
    fn all_verdicts(&self) -> impl Iterator<Item = (&CommitId, &Vec<Option<OpVerdict>>)> {
        let read_by_all = self.commits.iter().map(|(id, (verdicts, _))| (id, verdicts));
        read_by_all.chain(self.few.verdicts())
    }
}

/// Whether nodes of a unit read this: by the scope itself, not by what the ledger says of it.
fn may_read(scope: &Scope, unit: &RecordId) -> bool {
    scope.is_all_nodes() || scope.units().contains(unit)
}

/// The nodes with feeds that few read.
fn feeds_of_few(nodes: &[SimNode]) -> BTreeSet<NodeKey> {
    let lines = honest(nodes)
        .next()
        .into_iter()
        .flat_map(|(_, running)| running.engine.lines());
    let few = lines.filter(|line| !line.feed.scope.is_all_nodes());
    few.map(|line| line.feed.node).collect()
}

/// Whatever gave a unit an asset or a person is a line of minutes that hands just that over.
fn check_custody(sim: &Simulation<'_>) -> Result<(), Defect> {
    let Some((node, running)) = honest(&sim.nodes).next() else {
        return Ok(());
    };
    let engine = &running.engine;
    let failed = |error: EngineError| Defect::local(&node.name, error);
    for kind in ["asset", "person"] {
        for record in all_of_kind(engine, kind).map_err(failed)? {
            let history = engine.history(record).map_err(failed)?;
            for (handover, number) in CustodyView::of(history.state())
                .links
                .iter()
                .filter_map(|link| link.handover)
            {
                let minutes = engine.history(handover).map_err(failed)?;
                let view = HandoverView::of(minutes.state());
                let lines = view.iter().flat_map(|view| &view.lines);
                let mut subjects =
                    lines.filter_map(|line| Some((line.line, line.content.of.subject()?.record)));
                if !subjects.any(|subject| subject == (number, record)) {
                    return Err(Defect::WronglyMoved {
                        record,
                        handover,
                        line: number,
                    });
                }
            }
        }
    }
    Ok(())
}

/// All records of a kind.
fn all_of_kind(engine: &Engine, kind: &str) -> Result<Vec<RecordId>, EngineError> {
    let mut all = Vec::new();
    loop {
        let page = engine.records_of_kind(kind, all.last().copied(), RECORDS_LOOKED_AT)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn picture(engine: &Engine, few: &BTreeSet<NodeKey>) -> Result<Picture, Box<dyn std::error::Error>> {
    let mut commits = BTreeMap::new();
    let lines = engine.lines();
    let forks = |node: &NodeKey| {
        lines
            .iter()
            .any(|line| line.feed.node == *node && line.forked.is_some())
    };
    for line in lines.iter().filter(|line| line.feed.scope.is_all_nodes()) {
        let mut after = Seq(0);
        // What a node holds of a forked feed past the fork is its own, and has no effect.
        while after < line.head.seq
            && let Some(run) = engine.run_after(&line.id, after, usize::MAX)?
        {
            let Some(last) = run.entries.last() else { break };
            after = last.header.seq;
            let counts =
                |entry: &&Entry| entry.header.seq <= line.head.seq && entry.header.kind == BodyKind::Commit;
            for entry in run.entries.iter().filter(counts) {
                let Ok(Body::Commit(commit)) = entry.open_stored() else {
                    continue;
                };
                let id = commit.commit_id(engine.network());
                // What closed the feed is no commit for anybody.
                let Some((_, positions)) = engine.commit(&id)? else {
                    continue;
                };
                let verdicts = verdicts(engine, id, &commit)?;
                commits.insert(id, (verdicts, standing(engine, &positions)));
            }
        }
    }
    // What stands on a branch that a statement names counts too: others may wait for it.
    for commit in engine.not_valid()? {
        if let Some((known, positions)) = engine.commit(&commit.id)?
            && standing(engine, &positions) > 0
            && known.scope.is_all_nodes()
            && !commits.contains_key(&commit.id)
        {
            let verdicts = verdicts(engine, commit.id, &known)?;
            commits.insert(commit.id, (verdicts, standing(engine, &positions)));
        }
    }
    let authority = engine.authority();
    let statements = authority.statements().filter_map(|(statement, verdict)| {
        let cuts = authority.cuts_on(&statement.id);
        let positions: Vec<_> = authority.positions_of(&statement.id).copied().collect();
        let count = standing(engine, &positions);
        // One that a node holds past forks only is its own.
        (count > 0).then(|| (statement.id, format!("{verdict:?} {cuts:?} {count}")))
    });
    let mut contested = BTreeSet::new();
    for kind in ["asset", "person"] {
        for record in all_of_kind(engine, kind)? {
            let custody = CustodyView::of(engine.history(record)?.state());
            if custody.contested.is_some() {
                contested.insert(record);
            }
        }
    }
    Ok(Picture {
        state_root: engine.state_root(&Scope::all_nodes())?,
        statements: statements.collect(),
        not_valid: engine
            .not_valid()?
            .into_iter()
            .filter(|commit| commits.contains_key(&commit.id))
            .map(|commit| (commit.id, commit.void))
            .collect(),
        refused: engine
            .refused()?
            .iter()
            .filter(|refused| !forks(&refused.node) && !few.contains(&refused.node))
            .map(|refused| format!("{refused:?}"))
            .collect(),
        few: restricted::Shown::at(engine)?,
        counts: lines
            .iter()
            .all(|line| line.forked.is_none() && line.feed.scope.is_all_nodes())
            .then(|| format!("{:?}", engine.counts())),
        commits,
        contested,
    })
}

/// What each operation of a commit is worth.
fn verdicts(engine: &Engine, id: CommitId, commit: &Commit) -> Result<Vec<Option<OpVerdict>>, EngineError> {
    let operations = (0_u32..).zip(&commit.operations);
    operations
        .map(|(index, operation)| {
            let history = engine.history(operation.record_id(id, index))?;
            Ok(history.verdict(&OpId::of(id, index)).cloned())
        })
        .collect()
}

/// Commits that wait for ever, everywhere alike, and commits that wait for these: for something that was on a lost disk
/// alone, or that an official did at a lying node which shows it to nobody; or, standing in the hostile node's feed, for
/// its admission, which fell with an operator's: nobody admits that one again.
fn unheard(sim: &Simulation<'_>, picture: &Picture) -> BTreeSet<CommitId> {
    let mut excepted = sim.watch.excepted().clone();
    let withheld = |act: &&Act| honest(&sim.nodes).all(|(node, _)| check_held(act, node).is_err());
    excepted.extend(sim.watch.all_confided().filter(withheld));
    let fallen = fallen(sim);
    let of = |id: &CommitId| {
        let id = *id;
        (0..COMMIT_OPERATIONS_MAX as u32).map(move |index| OpId::of(id, index))
    };
    let mut operations: BTreeSet<OpId> = BTreeSet::new();
    for act in &excepted {
        if let Act::Commit(id) = act {
            operations.extend(of(id));
        }
    }
    let waits = |verdict: &Option<OpVerdict>, operations: &BTreeSet<OpId>| match verdict {
        Some(OpVerdict::Pending(OpMissing::Operation(op))) => operations.contains(op),
        Some(OpVerdict::Pending(OpMissing::Authority(Missing::Statement(id)))) => {
            excepted.contains(&Act::Statement(*id))
        }
        Some(OpVerdict::Pending(OpMissing::Authority(Missing::Admission(node)))) => fallen == Some(*node),
        _ => false,
    };
    let mut unheard = BTreeSet::new();
    loop {
        let waiting = picture.all_verdicts().filter(|(id, verdicts)| {
            !unheard.contains(*id) && verdicts.iter().any(|verdict| waits(verdict, &operations))
        });
        let waiting: Vec<CommitId> = waiting.map(|(id, _)| *id).collect();
        if waiting.is_empty() {
            return unheard;
        }
        for id in waiting {
            operations.extend(of(&id));
            unheard.insert(id);
        }
    }
}

/// The hostile node, if it was admitted and none of its admissions is valid any more.
fn fallen(sim: &Simulation<'_>) -> Option<NodeKey> {
    let hostile = sim.chaos.hostile.as_ref()?.node();
    let (_, running) = honest(&sim.nodes).next()?;
    let authority = running.engine.authority();
    let admits = |statement: &Statement| match &statement.fact {
        Fact::Admission(admission) => admission.node == hostile,
        _ => false,
    };
    let mut verdicts = authority
        .statements()
        .filter(|(statement, _)| admits(statement))
        .map(|(_, verdict)| verdict)
        .peekable();
    let fell = verdicts.peek().is_some() && verdicts.all(|verdict| matches!(verdict, Verdict::Void(_)));
    fell.then_some(hostile)
}

/// Whether an act stands nowhere but past forks, at whoever holds it, and would be void in any other feed as well: then it
/// stays where it is, as evidence.
fn has_no_effect(sim: &Simulation<'_>, act: &Act) -> Result<bool, Defect> {
    let mut holders = 0;
    for (node, running) in honest(&sim.nodes) {
        let engine = &running.engine;
        let mut authority = engine.authority().clone();
        let anew = Position {
            feed: FeedId([0; 32]),
            node: engine.node(),
            seq: Seq(1),
            hash: EntryHash([0; 32]),
            time: node.node_time(sim.now),
        };
        let (positions, verdict) = match act {
            Act::Commit(id) => {
                let found = engine
                    .commit(id)
                    .map_err(|error| Defect::local(&node.name, error))?;
                let Some((commit, positions)) = found else {
                    continue;
                };
                let signed = authority::Act {
                    key: commit.author,
                    appointment: commit.appointment,
                    kinds: commit
                        .operations
                        .iter()
                        .map(|operation| &operation.kind)
                        .collect(),
                    commits: vec![*id],
                };
                (positions, authority.judge_act(&signed, &[anew]))
            }
            Act::Statement(id) => {
                let known = engine.authority();
                let aside = || known.aside().find(|statement| statement.id == *id);
                let Some(statement) = known.statement(id).or_else(aside) else {
                    continue;
                };
                authority.insert(statement, anew);
                let positions = engine.authority().positions_of(id).copied().collect();
                (positions, authority.judge_statement(id))
            }
        };
        holders += 1;
        if standing(engine, &positions) > 0 || !matches!(verdict, Verdict::Void(_)) {
            return Ok(false);
        }
    }
    Ok(holders > 0)
}

/// The nodes that do as they should, those of the province first: they read everything.
fn province_first(nodes: &[SimNode]) -> impl Iterator<Item = &SimNode> {
    let own = nodes.first().map(|node| node.unit);
    let honest = || nodes.iter().filter(|node| node.is_honest());
    let provinces = honest().filter(move |node| Some(node.unit) == own);
    provinces.chain(honest().filter(move |node| Some(node.unit) != own))
}

/// Those of them that run.
fn honest(nodes: &[SimNode]) -> impl Iterator<Item = (&SimNode, &Running)> {
    province_first(nodes).filter_map(|node| Some((node, node.running.as_ref()?)))
}

/// How many of the positions count: the others, past forks, differ from node to node.
fn standing(engine: &Engine, positions: &[Position]) -> usize {
    let authority = engine.authority();
    positions.iter().filter(|at| authority.counts(at)).count()
}

fn difference(left: &Picture, right: &Picture) -> Option<String> {
    if left.statements != right.statements {
        let other = left
            .statements
            .iter()
            .find(|(id, verdict)| right.statements.get(id) != Some(verdict));
        return Some(format!("statements: {other:?}"));
    }
    if left.commits != right.commits {
        let other = left
            .commits
            .iter()
            .find(|(id, judged)| right.commits.get(id) != Some(judged));
        let there = other.and_then(|(id, _)| right.commits.get(id));
        return Some(format!("commits: {other:?} / {there:?}"));
    }
    let differs = [
        ("the list of what is not valid", left.not_valid != right.not_valid),
        ("the list of what was refused", left.refused != right.refused),
        ("what is contested", left.contested != right.contested),
        (
            "the counts",
            left.counts.is_some() && right.counts.is_some() && left.counts != right.counts,
        ),
        ("the state root", left.state_root != right.state_root),
    ];
    differs
        .into_iter()
        .find(|(_, differs)| *differs)
        .map(|(what, _)| what.to_owned())
}
