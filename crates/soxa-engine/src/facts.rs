//! From a commit and what the authority says of it to operations as legality sees them.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::minutes::{Minutes, MinutesSigner};
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, OpKind, StatementId};
use soxa_records::handover::minutes::signature_verdict;
use soxa_records::{Actor, History, MinutesFacts, OpFacts, SignerFacts};

use crate::error::EngineError;
use crate::judging::Judging;
use crate::layout::SIGNATURE;
use crate::limits::{JUDGED_WEIGHT_BYTES, OPERATION_WEIGHT_BYTES};

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

/// What a judged record weighs in a cache.
pub(crate) fn weight_of_history(history: &History) -> usize {
    let operations = history.operations();
    weight_of(operations) + JUDGED_WEIGHT_BYTES * operations.len()
}

impl Judging<'_> {
    /// Facts of a commit at its positions.
    pub fn facts_of(
        &self,
        id: CommitId,
        commit: &Commit,
        positions: &[Position],
    ) -> Result<CommitFacts, EngineError> {
        let authority = &self.sources.authority;
        let kinds: BTreeSet<&OpKind> = commit
            .operations
            .iter()
            .map(|operation| &operation.kind)
            .collect();
        let act = Act {
            key: commit.author,
            appointment: commit.appointment,
            kinds: kinds.into_iter().collect(),
            commits: vec![id],
        };
        let verdict = authority.judge_act(&act, positions);
        let mut minutes = Vec::new();
        for one in &commit.minutes {
            minutes.push(self.minutes_facts(one, id, positions)?);
        }
        let actor = actor(authority, &commit.appointment);
        let facts = OpFacts::of_commit(commit, id, actor.as_ref(), &verdict, minutes.into());
        Ok(facts.into_iter().map(Arc::new).collect())
    }

    fn minutes_facts(
        &self,
        minutes: &Minutes,
        commit: CommitId,
        positions: &[Position],
    ) -> Result<MinutesFacts, EngineError> {
        let mut signers = Vec::new();
        for signer in minutes.signers() {
            signers.push(self.signer_facts(minutes, signer, commit, positions)?);
        }
        Ok(MinutesFacts {
            minutes: minutes.clone(),
            signers,
        })
    }

    /// A signature in minutes counts as made at the position of any entry that carries it.
    fn signer_facts(
        &self,
        minutes: &Minutes,
        signer: &MinutesSigner,
        commit: CommitId,
        positions: &[Position],
    ) -> Result<SignerFacts, EngineError> {
        let authority = &self.sources.authority;
        let signature = minutes.signature_id(signer);
        let mut at: BTreeSet<Position> = positions.iter().copied().collect();
        let mut commits = BTreeSet::from([commit]);
        for place in self.named(SIGNATURE, &signature)? {
            let carried = self.carried(place)?;
            at.insert(carried.position());
            commits.insert(carried.id());
        }
        let at: Vec<Position> = at.into_iter().collect();
        let commits: Vec<CommitId> = commits.into_iter().collect();
        let verdict = signature_verdict(authority, signer, &at, &commits);
        Ok(SignerFacts::of(
            signer,
            authority.appointment(&signer.appointment),
            verdict,
        ))
    }
}

fn actor(authority: &Authority, id: &StatementId) -> Option<Actor> {
    authority
        .appointment(id)
        .map(|appointment| Actor::of(*id, appointment))
}
