//! From a commit and what the authority says of it to operations as legality sees them.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::minutes::{Minutes, MinutesSigner};
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, OpKind, StatementId};
use soxa_records::handover_minutes::signature_verdict;
use soxa_records::{Actor, MinutesFacts, OpFacts, SignerFacts};

use crate::error::EngineError;
use crate::layout::{COMMIT, SIGNATURE, id_at};
use crate::limits::OPERATION_WEIGHT_BYTES;
use crate::overlay::Overlay;
use crate::rows::{CommitRow, Row};

/// The operations of one commit, in the order of their indices.
pub(crate) type CommitFacts = Arc<[Arc<OpFacts>]>;

/// What operations weigh in a cache.
pub(crate) fn weight_of(operations: &[Arc<OpFacts>]) -> usize {
    let carried: usize = operations.first().map_or(0, |first| {
        first
            .minutes
            .iter()
            .map(|minutes| minutes.minutes.bytes().len())
            .sum()
    });
    let own = |facts: &Arc<OpFacts>| {
        let note = facts.note.as_ref().map_or(0, String::len);
        OPERATION_WEIGHT_BYTES + facts.body.len() + note + 32 * (facts.refs.len() + facts.parents.len())
    };
    carried + operations.iter().map(own).sum::<usize>()
}

/// The commit row, if the commit is known.
pub(crate) fn commit_row(view: &Overlay<'_>, id: &CommitId) -> Result<Option<CommitRow>, EngineError> {
    view.get(COMMIT, &id.0)?
        .map(|bytes| CommitRow::from_bytes(&bytes))
        .transpose()
}

/// Facts of a commit at its positions.
pub(crate) fn facts_of(
    authority: &Authority,
    view: &Overlay<'_>,
    id: CommitId,
    commit: &Commit,
    positions: &[Position],
) -> Result<CommitFacts, EngineError> {
    let kinds: BTreeSet<&OpKind> = commit
        .operations
        .iter()
        .map(|operation| &operation.kind)
        .collect();
    let act = Act {
        key: commit.author,
        appointment: commit.appointment,
        kinds: kinds.into_iter().collect(),
    };
    let verdict = authority.judge_act(&act, positions);
    let mut minutes = Vec::new();
    for one in &commit.minutes {
        minutes.push(minutes_facts(authority, view, one, id, positions)?);
    }
    let actor = actor(authority, &commit.appointment);
    let facts = OpFacts::of_commit(commit, id, actor.as_ref(), &verdict, minutes.into());
    Ok(facts.into_iter().map(Arc::new).collect())
}

fn minutes_facts(
    authority: &Authority,
    view: &Overlay<'_>,
    minutes: &Minutes,
    commit: CommitId,
    positions: &[Position],
) -> Result<MinutesFacts, EngineError> {
    let mut signers = Vec::new();
    for signer in minutes.signers() {
        signers.push(signer_facts(authority, view, minutes, signer, commit, positions)?);
    }
    Ok(MinutesFacts {
        minutes: minutes.clone(),
        signers,
    })
}

/// A signature in minutes counts as made at the position of any entry that carries it.
fn signer_facts(
    authority: &Authority,
    view: &Overlay<'_>,
    minutes: &Minutes,
    signer: &MinutesSigner,
    commit: CommitId,
    positions: &[Position],
) -> Result<SignerFacts, EngineError> {
    let signature = minutes.signature_id(signer);
    let mut at: BTreeSet<Position> = positions.iter().copied().collect();
    for key in view.scan(SIGNATURE, &signature)?.into_keys() {
        let carrier = CommitId(id_at(&key, signature.len(), "signatures")?);
        if carrier == commit {
            continue;
        }
        if let Some(row) = commit_row(view, &carrier)? {
            at.extend(row.positions);
        }
    }
    let at: Vec<Position> = at.into_iter().collect();
    let verdict = signature_verdict(authority, signer, &at);
    Ok(SignerFacts::of(
        signer,
        authority.appointment(&signer.appointment),
        verdict,
    ))
}

fn actor(authority: &Authority, id: &StatementId) -> Option<Actor> {
    authority
        .appointment(id)
        .map(|appointment| Actor::of(*id, appointment))
}
