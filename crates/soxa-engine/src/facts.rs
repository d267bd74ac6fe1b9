//! From a commit and what the authority says of it to operations as legality sees them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::minutes::{Minutes, MinutesSigner, Party};
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{Body, Commit, CommitId, OpKind, StatementId, Verified};
use soxa_records::{Actor, MinutesFacts, OpFacts, SignerFacts};
use soxa_store::Store;

use crate::error::EngineError;
use crate::layout::{COMMIT, CommitRow, Row, SIGNATURE, id_at};
use crate::limits::COMMITS_CACHED;
use crate::overlay::Overlay;
use crate::runs::Runs;

/// The operations of one commit.
pub(crate) type CommitFacts = Arc<[Arc<OpFacts>]>;

/// Commits with their operations' facts, the last used kept in memory.
pub(crate) struct FactsCache {
    cache: Mutex<LruCache<CommitId, CommitFacts>>,
}

impl FactsCache {
    pub fn new() -> Self {
        let size = NonZeroUsize::new(COMMITS_CACHED).unwrap_or(NonZeroUsize::MIN);
        Self { cache: Mutex::new(LruCache::new(size)) }
    }

    pub fn get(&self, commit: &CommitId) -> Option<CommitFacts> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(commit).cloned()
    }

    pub fn put(&self, commit: CommitId, facts: CommitFacts) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(commit, facts);
    }

    pub fn forget(&self, commit: &CommitId) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).pop(commit);
    }

    pub fn clear(&self) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The commit row, if the commit is known.
pub(crate) fn commit_row(view: &Overlay<'_>, id: &CommitId) -> Result<Option<CommitRow>, EngineError> {
    view.get(COMMIT, &id.0)?.map(|bytes| CommitRow::from_bytes(&bytes)).transpose()
}

/// Reads a commit back from the log.
pub(crate) fn read_commit(
    store: &Store,
    runs: &Runs,
    row: &CommitRow,
) -> Result<Verified<Commit>, EngineError> {
    match runs.entry(store, row.place)?.open_stored() {
        Ok(Body::Commit(commit)) => Ok(commit),
        Ok(Body::Statement(_)) => Err(EngineError::Index { table: CommitRow::TABLE }),
        Err(defect) => Err(EngineError::Log { what: defect.to_string() }),
    }
}

/// Facts of a commit at its positions.
pub(crate) fn facts_of(
    authority: &Authority,
    view: &Overlay<'_>,
    id: CommitId,
    commit: &Commit,
    positions: &[Position],
) -> Result<CommitFacts, EngineError> {
    let kinds: BTreeSet<&OpKind> = commit.operations.iter().map(|operation| &operation.kind).collect();
    let act = Act { key: commit.author, appointment: commit.appointment, kinds: kinds.into_iter().collect() };
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
    Ok(MinutesFacts { minutes: minutes.clone(), signers })
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
    let kind: Option<OpKind> = act_of(signer.party).parse().ok();
    let act = Act {
        key: signer.key,
        appointment: signer.appointment,
        kinds: kind.iter().collect(),
    };
    let at: Vec<Position> = at.into_iter().collect();
    let verdict: Verdict = authority.judge_act(&act, &at);
    Ok(SignerFacts::of(signer, authority.appointment(&signer.appointment), verdict))
}

/// What a party must be allowed to do, for its signature under minutes to count.
fn act_of(party: Party) -> &'static str {
    match party {
        Party::Giver => "handover.offer",
        Party::Receiver => "handover.accept",
        Party::Witness => "handover.witness",
    }
}

pub(crate) fn actor(authority: &Authority, id: &StatementId) -> Option<Actor> {
    authority.appointment(id).map(|appointment| Actor::of(*id, appointment))
}
