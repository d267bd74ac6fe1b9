//! Checking a proof: cheap comparisons first, then hashes and chains, then signatures, then the verdict rule.

use std::collections::BTreeSet;

use crate::authority::{Act, Authority};
use crate::commit::Commit;
use crate::entry::{Body, BodyKind, Defect};
use crate::fork::ForkProof;
use crate::ids::{CommitId, FeedId, NetworkId, StatementId};
use crate::minutes::Minutes;
use crate::operation::OpKind;
use crate::signed::{Signed, Verified};
use crate::statement::Statement;
use crate::verdict::Position;

use super::chains::{Entries, Placed, chains, links, tip};
use super::held::{self, Cosigned};
use super::needed::{Grounds, needed};
use super::trust::trusted;
use super::{Fault, Part, Proof, ProofError, Proven, ProvenAct, ProvenCommit};

/// An act's commit and the earlier ones, placed.
struct PlacedAct<'a> {
    minutes: Minutes,
    commit: Placed<'a>,
    carriers: Vec<Placed<'a>>,
}

pub(super) fn verify(proof: &Proof, roots: &[[u8; 32]]) -> Result<Proven, ProofError> {
    let network = proof.network;
    let mut entries = chains(network, &proof.chains)?;
    let statements = (1..)
        .zip(&proof.statements)
        .map(|(number, body)| entries.place(Part::Statement(number), BodyKind::Statement, body))
        .collect::<Result<Vec<_>, _>>()?;
    let acts = place_acts(proof, &mut entries)?;
    let rulings = place_rulings(proof, &mut entries)?;
    if let Some(part) = entries.without_part.values().min() {
        return Err(part.is(Fault::Unneeded));
    }
    for (number, chain) in (1..).zip(&proof.chains) {
        tip(network, chain).map_err(|fault| Part::Chain(number).is(fault))?;
    }
    let of_acts = acts.iter().flat_map(PlacedAct::chains);
    let with_commits = of_acts.chain(rulings.iter().flat_map(|ruling| &ruling.chains));
    let cosigned = held::check(network, proof, &with_commits.copied().collect())?;
    let statements = open_statements(network, statements)?;
    let acts = open_acts(network, acts)?;
    let rulings = open_rulings(network, rulings)?;

    let mut authority = Authority::new(network);
    for (statement, at) in &statements {
        for at in at {
            authority.insert(statement, *at);
        }
    }
    for fork in forks(proof)? {
        // Of a branch that a cut names what is linked to the named entry counts: the chains are the links.
        for chain in proof.chains.iter().filter(|chain| chain.feed == *fork.feed()) {
            authority.insert_stretch(fork.feed_id(), links(chain));
        }
        authority.insert_fork(&fork);
    }
    trusted(&authority, roots)?;
    judge(&authority, &statements, &acts, &rulings, cosigned.as_ref())?;
    Ok(Proven {
        network,
        authority,
        acts,
        rulings,
        newest: entries.newest,
        cosigned,
    })
}

impl PlacedAct<'_> {
    /// The numbers of the chains that show its commits.
    fn chains(&self) -> impl Iterator<Item = &usize> {
        let carriers = self.carriers.iter().flat_map(|carrier| &carrier.chains);
        self.commit.chains.iter().chain(carriers)
    }
}

type StatementAt = (Verified<Statement>, Vec<Position>);

fn open_statements(network: NetworkId, placed: Vec<Placed<'_>>) -> Result<Vec<StatementAt>, ProofError> {
    let mut found: Vec<StatementAt> = Vec::with_capacity(placed.len());
    for (number, placed) in (1..).zip(placed) {
        let part = placed.part;
        let Body::Statement(statement) = placed.open(network)? else {
            return Err(part.is(Fault::NoEntry));
        };
        if number == 1 && statement.as_genesis().is_none() {
            return Err(part.is(Fault::NoGenesis));
        }
        // The genesis comes first, wherever its id would stand, and once.
        let again = number > 1 && statement.id.0 == network.0;
        if again || (number > 2 && found.last().is_some_and(|(last, _)| last.id >= statement.id)) {
            return Err(part.is(Fault::Order));
        }
        found.push((statement, placed.at));
    }
    Ok(found)
}

/// The acts as far as no signature has to be checked: their entries, their order, and that the minutes are theirs.
fn place_acts<'a>(proof: &'a Proof, entries: &mut Entries<'a>) -> Result<Vec<PlacedAct<'a>>, ProofError> {
    if proof.acts.is_empty() {
        return Err(Part::File.is(Fault::Form("a proof of nothing".to_owned())));
    }
    if !proof.acts.iter().skip(1).is_sorted_by(|a, b| a.commit < b.commit) {
        return Err(Part::File.is(Fault::Order));
    }
    let mut acts = Vec::with_capacity(proof.acts.len());
    for (number, act) in (1..).zip(&proof.acts) {
        let commit = entries.place(Part::Commit(number), BodyKind::Commit, &act.commit)?;
        let minutes = Minutes::decode(&act.minutes).map_err(|error| Part::Minutes(number).is(error))?;
        if !carried(&commit)?.contains(&minutes) {
            return Err(Part::Minutes(number).is(Fault::NotCarried));
        }
        let wanted: BTreeSet<[u8; 32]> = signature_ids(&minutes).collect();
        let mut carriers: Vec<Placed<'_>> = Vec::with_capacity(act.carriers.len());
        for (at, bytes) in (1..).zip(&act.carriers) {
            let part = Part::Carrier(number, at);
            if carriers.last().is_some_and(|last| last.body >= bytes.as_slice()) {
                return Err(part.is(Fault::Order));
            }
            let carrier = entries.place(part, BodyKind::Commit, bytes)?;
            let carries = |minutes: &Minutes| signature_ids(minutes).any(|id| wanted.contains(&id));
            if bytes == &act.commit || !carried(&carrier)?.iter().any(carries) {
                return Err(part.is(Fault::Unneeded));
            }
            carriers.push(carrier);
        }
        acts.push(PlacedAct {
            minutes,
            commit,
            carriers,
        });
    }
    Ok(acts)
}

/// The commits that decide, as far as no signature has to be checked.
fn place_rulings<'a>(proof: &'a Proof, entries: &mut Entries<'a>) -> Result<Vec<Placed<'a>>, ProofError> {
    let mut rulings: Vec<Placed<'a>> = Vec::with_capacity(proof.rulings.len());
    for (number, bytes) in (1..).zip(&proof.rulings) {
        let part = Part::Ruling(number);
        if rulings.last().is_some_and(|last| last.body >= bytes.as_slice()) {
            return Err(part.is(Fault::Order));
        }
        rulings.push(entries.place(part, BodyKind::Commit, bytes)?);
    }
    Ok(rulings)
}

/// The minutes that a commit carries, unchecked.
fn carried(commit: &Placed<'_>) -> Result<Vec<Minutes>, ProofError> {
    let decoded =
        Signed::<Commit>::decode(commit.body).map_err(|error| commit.part.is(Defect::from(error)))?;
    Ok(decoded.unchecked().minutes.clone())
}

fn open_commit(
    network: NetworkId,
    placed: Placed<'_>,
) -> Result<(Verified<Commit>, Vec<Position>), ProofError> {
    match placed.open(network)? {
        Body::Commit(commit) => Ok((commit, placed.at)),
        Body::Statement(_) => Err(placed.part.is(Fault::NoEntry)),
    }
}

fn open_rulings(network: NetworkId, placed: Vec<Placed<'_>>) -> Result<Vec<ProvenCommit>, ProofError> {
    let open = |placed| {
        let (commit, at) = open_commit(network, placed)?;
        let id = commit.commit_id(network);
        Ok(ProvenCommit { commit, id, at })
    };
    placed.into_iter().map(open).collect()
}

fn open_acts(network: NetworkId, placed: Vec<PlacedAct<'_>>) -> Result<Vec<ProvenAct>, ProofError> {
    let open = |placed| open_commit(network, placed);
    let mut acts = Vec::with_capacity(placed.len());
    for act in placed {
        let (commit, at) = open(act.commit)?;
        acts.push(ProvenAct {
            id: commit.commit_id(network),
            commit,
            minutes: act.minutes,
            at,
            carriers: act.carriers.into_iter().map(open).collect::<Result<_, _>>()?,
        });
    }
    Ok(acts)
}

fn signature_ids(minutes: &Minutes) -> impl Iterator<Item = [u8; 32]> {
    minutes
        .signers()
        .iter()
        .map(|signer| minutes.signature_id(signer))
}

fn forks(proof: &Proof) -> Result<Vec<Verified<ForkProof>>, ProofError> {
    let shown: BTreeSet<FeedId> = proof
        .chains
        .iter()
        .map(|chain| chain.feed.id(proof.network))
        .collect();
    let mut forks: Vec<Verified<ForkProof>> = Vec::with_capacity(proof.forks.len());
    for (number, bytes) in (1..).zip(&proof.forks) {
        let part = Part::Fork(number);
        let fork = Signed::<ForkProof>::decode(bytes)
            .and_then(|fork| fork.verify(proof.network))
            .map_err(|error| part.is(error))?;
        if !shown.contains(&fork.feed_id()) {
            return Err(part.is(Fault::Unneeded));
        }
        if forks.last().is_some_and(|last| last.feed_id() >= fork.feed_id()) {
            return Err(part.is(Fault::Order));
        }
        forks.push(fork);
    }
    Ok(forks)
}

/// Every statement has effect and a purpose, and so has every act's commit and every ruling; who speaks in the checkpoint
/// is admitted.
fn judge(
    authority: &Authority,
    statements: &[StatementAt],
    acts: &[ProvenAct],
    rulings: &[ProvenCommit],
    cosigned: Option<&Cosigned>,
) -> Result<(), ProofError> {
    let mut grounds = Grounds::default();
    grounds.statements.insert(StatementId(authority.network().0));
    for (number, act) in (1..).zip(acts) {
        judge_commit(authority, Part::Commit(number), &act.commit, act.id, &act.at)?;
        grounds.add(act, authority.network());
    }
    for (number, ruling) in (1..).zip(rulings) {
        judge_commit(
            authority,
            Part::Ruling(number),
            &ruling.commit,
            ruling.id,
            &ruling.at,
        )?;
        grounds.commits.insert(ruling.id);
        grounds.statements.insert(ruling.commit.appointment);
        grounds.nodes.extend(ruling.at.iter().map(|at| at.node));
    }
    if let Some(cosigned) = cosigned {
        cosigned.expect_admitted(authority)?;
        grounds.nodes.extend(cosigned.nodes());
    }
    let needed = needed(
        statements.iter().map(|(statement, _)| statement.value()),
        &grounds,
    );
    for (number, (statement, _)) in (1..).zip(statements) {
        let part = Part::Statement(number);
        let verdict = authority.judge_statement(&statement.id);
        if !verdict.is_valid() {
            return Err(part.is(Fault::Verdict(verdict)));
        }
        if !needed.contains(&statement.id) {
            return Err(part.is(Fault::Unneeded));
        }
    }
    Ok(())
}

fn judge_commit(
    authority: &Authority,
    part: Part,
    commit: &Commit,
    id: CommitId,
    at: &[Position],
) -> Result<(), ProofError> {
    let kinds: BTreeSet<&OpKind> = commit.operations.iter().map(|op| &op.kind).collect();
    let act = Act {
        key: commit.author,
        appointment: commit.appointment,
        kinds: kinds.into_iter().collect(),
        commits: vec![id],
    };
    match authority.judge_act(&act, at) {
        verdict if verdict.is_valid() => Ok(()),
        verdict => Err(part.is(Fault::Verdict(verdict))),
    }
}

impl Grounds {
    fn add(&mut self, act: &ProvenAct, network: NetworkId) {
        self.commits.insert(act.id);
        self.commits
            .extend(act.carriers.iter().map(|(carrier, _)| carrier.commit_id(network)));
        self.statements.insert(act.commit.appointment);
        self.statements
            .extend(act.minutes.signers().iter().map(|signer| signer.appointment));
        let carried = act.carriers.iter().flat_map(|(_, at)| at);
        self.nodes.extend(act.at.iter().chain(carried).map(|at| at.node));
    }
}
