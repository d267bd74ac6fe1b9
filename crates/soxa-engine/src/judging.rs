//! Judging: which records a change concerns, and judging those until nothing changes.
//!
//! A record is judged whole: records are small. What an operation of another record is worth is read from the index, and
//! when judging changes it, the records that cite it are judged again. The operations of all records form a graph
//! without circles (they name each other by hash, or by a smaller index in one commit), so this ends.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use soxa_ledger::authority::Authority;
use soxa_ledger::verdict::{Position, VoidReason};
use soxa_ledger::{Commit, CommitId, NetworkId, OpId, RecordId, Scope};
use soxa_records::{History, OpFacts, OpMissing, OpVerdict, OpVoid, Others, Referred, founding_unit};
use soxa_store::{Index, Keyspace, Location, Store};

use crate::error::EngineError;
use crate::facts::{CommitFacts, FactsCache, commit_row, facts_of, read_commit};
use crate::layout::{
    BY_APPOINTMENT, BY_FEED, BY_KEY, BY_KIND, BY_NODE, CITED_BY, COMMIT, CommitRow, Judged, NOT_VALID,
    OPERATION, OpRow, Place, RECORD, RECORD_OP, RecordRow, REFUSED, Row, SIGNATURE, by_kind, by_signer,
    feed_seq, id_at, key, record_op,
};
use crate::limits::{HISTORIES_CACHED, JUDGING_ROUNDS_MAX};
use crate::overlay::Overlay;
use crate::refusal::{Refused, RefusedWhat};
use crate::runs::Runs;

/// Judged records, the last used kept in memory.
pub(crate) struct HistoryCache {
    cache: Mutex<LruCache<RecordId, Arc<History>>>,
}

impl HistoryCache {
    pub fn new() -> Self {
        let size = NonZeroUsize::new(HISTORIES_CACHED).unwrap_or(NonZeroUsize::MIN);
        Self { cache: Mutex::new(LruCache::new(size)) }
    }

    pub fn get(&self, record: &RecordId) -> Option<Arc<History>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(record).cloned()
    }

    pub fn put(&self, record: RecordId, history: Arc<History>) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(record, history);
    }

    pub fn clear(&self) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What judging reads besides the index.
pub(crate) struct Sources<'a> {
    pub network: NetworkId,
    pub authority: &'a Authority,
    pub store: &'a Store,
    pub index: &'a dyn Index,
    pub runs: &'a Runs,
    pub facts: &'a FactsCache,
}

/// One judging: changes to the index, and the records judged on the way. Nothing outside sees them before they
/// are applied, so a check judges like an intake and is thrown away.
pub(crate) struct Judging<'a> {
    pub sources: Sources<'a>,
    pub view: Overlay<'a>,
    pub histories: BTreeMap<RecordId, Arc<History>>,
    fresh: RefCell<BTreeMap<CommitId, CommitFacts>>,
    /// Commits that are not readable from the log yet.
    unwritten: BTreeMap<CommitId, Arc<Commit>>,
    dirty: BTreeSet<RecordId>,
    /// Commits and operations seen for the first time.
    pub new_commits: u64,
    pub new_operations: u64,
}

impl<'a> Judging<'a> {
    pub fn new(sources: Sources<'a>) -> Self {
        let view = Overlay::new(sources.index);
        Self {
            sources,
            view,
            histories: BTreeMap::new(),
            fresh: RefCell::default(),
            unwritten: BTreeMap::new(),
            dirty: BTreeSet::new(),
            new_commits: 0,
            new_operations: 0,
        }
    }

    /// Enters a commit at one more position; without a place in the log when it is only being checked.
    pub fn enter(
        &mut self,
        commit: &Commit,
        id: CommitId,
        at: Position,
        place: Option<Place>,
    ) -> Result<(), EngineError> {
        let known = commit_row(&self.view, &id)?;
        let is_new = known.is_none();
        let mut row = match (known, place) {
            (Some(row), _) => row,
            (None, Some(place)) => CommitRow { place, positions: Vec::new() },
            (None, None) => CommitRow { place: nowhere(), positions: Vec::new() },
        };
        if let Err(free) = row.positions.binary_search(&at) {
            row.positions.insert(free, at);
        }
        self.view.put(COMMIT, &id.0, row.to_bytes());
        self.view.put(BY_NODE, &key(&[&at.node.0, &id.0]), []);
        self.view.put(BY_FEED, &key(&[&at.feed.0, &id.0]), []);
        if is_new {
            self.enter_operations(commit, id)?;
        }
        if place.is_none() {
            self.unwritten.insert(id, Arc::new(commit.clone()));
        }
        self.touch(&id)
    }

    fn enter_operations(&mut self, commit: &Commit, id: CommitId) -> Result<(), EngineError> {
        self.new_commits += 1;
        self.new_operations += commit.operations.len() as u64;
        let [by_appointment, by_key] = by_signer(&commit.appointment, &commit.author, &id);
        self.view.put(BY_APPOINTMENT, &by_appointment, []);
        self.view.put(BY_KEY, &by_key, []);
        for minutes in &commit.minutes {
            for signer in minutes.signers() {
                let [by_appointment, by_key] = by_signer(&signer.appointment, &signer.key, &id);
                self.view.put(BY_APPOINTMENT, &by_appointment, []);
                self.view.put(BY_KEY, &by_key, []);
                self.view.put(SIGNATURE, &key(&[&minutes.signature_id(signer), &id.0]), []);
            }
        }
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let op = OpId::of(id, index);
            let record = operation.record_id(id, index);
            let row = OpRow { record, commit: id, judged: Judged::Pending };
            self.view.put(OPERATION, &op.0, row.to_bytes());
            self.view.put(RECORD_OP, &record_op(&record, &op), []);
            for cited in operation.refs.iter().chain(&operation.parents) {
                let cited = cited.resolve(id);
                // A parent of the same record needs no row: the record is judged whole.
                if self.op_row(&cited)?.is_none_or(|row| row.record != record) {
                    self.view.put(CITED_BY, &key(&[&cited.0, &record.0]), []);
                }
            }
            // Others may have waited for this operation.
            self.mark_citing(&op)?;
        }
        Ok(())
    }

    /// The commit's verdict may have changed: its records, and those of commits that share a minutes signature.
    pub fn touch(&mut self, id: &CommitId) -> Result<(), EngineError> {
        let mut commits = BTreeSet::from([*id]);
        for minutes in &self.commit(id)?.minutes {
            for signer in minutes.signers() {
                let signature = minutes.signature_id(signer);
                for key in self.view.scan(SIGNATURE, &signature)?.into_keys() {
                    commits.insert(CommitId(id_at(&key, signature.len(), "signatures")?));
                }
            }
        }
        for id in commits {
            self.sources.facts.forget(&id);
            self.fresh.get_mut().remove(&id);
            let commit = self.commit(&id)?;
            for (index, operation) in (0_u32..).zip(&commit.operations) {
                self.dirty.insert(operation.record_id(id, index));
            }
        }
        Ok(())
    }

    /// All commits found under a prefix of a keyspace are touched.
    pub fn touch_all(
        &mut self,
        keyspace: Keyspace,
        prefix: &[u8; 32],
    ) -> Result<(), EngineError> {
        for key in self.view.scan(keyspace, prefix)?.into_keys() {
            self.touch(&CommitId(id_at(&key, prefix.len(), "commits by origin")?))?;
        }
        Ok(())
    }

    /// The record is judged again.
    pub fn mark(&mut self, record: RecordId) {
        self.dirty.insert(record);
    }

    fn mark_citing(&mut self, op: &OpId) -> Result<(), EngineError> {
        for key in self.view.scan(CITED_BY, &op.0)?.into_keys() {
            self.dirty.insert(RecordId(id_at(&key, op.0.len(), "citations")?));
        }
        Ok(())
    }

    /// Judges until nothing changes. Returns the commits some of whose operations were judged anew.
    pub fn settle(&mut self) -> Result<BTreeSet<CommitId>, EngineError> {
        let mut judged = BTreeSet::new();
        for _ in 0..JUDGING_ROUNDS_MAX {
            let Some(record) = self.dirty.pop_first() else {
                self.note_not_valid(&judged)?;
                return Ok(judged);
            };
            self.judge(record, &mut judged)?;
        }
        Err(EngineError::Unsettled)
    }

    /// Judges one record by what the index says of the others.
    pub fn history(&self, record: &RecordId) -> Result<History, EngineError> {
        let others = Cited { judging: self, fault: RefCell::new(None) };
        let history = History::judge(self.operations(record)?, &others);
        match others.fault.into_inner() {
            Some(fault) => Err(fault),
            None => Ok(history),
        }
    }

    fn judge(&mut self, record: RecordId, judged: &mut BTreeSet<CommitId>) -> Result<(), EngineError> {
        let history = Arc::new(self.history(&record)?);
        for (facts, verdict) in history.verdicts() {
            if facts.id == self.sources.network.founding_op() {
                continue;
            }
            let now = judgement(verdict, history.is_severed(&facts.id));
            judged.insert(facts.commit);
            if self.op_row(&facts.id)?.is_some_and(|row| row.judged == now) {
                continue;
            }
            let row = OpRow { record, commit: facts.commit, judged: now };
            self.view.put(OPERATION, &facts.id.0, row.to_bytes());
            self.mark_citing(&facts.id)?;
        }
        // A record never cites itself: what it was marked for by its own operations is done.
        self.dirty.remove(&record);
        self.put_record(record, &history)?;
        self.histories.insert(record, history);
        Ok(())
    }

    fn put_record(&mut self, record: RecordId, history: &History) -> Result<(), EngineError> {
        let Some(kind) = history.kind().filter(|_| history.exists()) else {
            self.view.remove(RECORD, &record.0);
            return Ok(());
        };
        let creation: OpId = record.into();
        let scope = if creation == self.sources.network.founding_op() {
            Scope::all_nodes()
        } else {
            let row = self.op_row(&creation)?.ok_or(EngineError::Index { table: OpRow::TABLE })?;
            self.commit(&row.commit)?.scope.clone()
        };
        let row = RecordRow { kind: kind.to_string(), state: history.state_hash().0, scope };
        self.view.put(BY_KIND, &by_kind(&row.kind, &record), []);
        self.view.put(RECORD, &record.0, row.to_bytes());
        Ok(())
    }

    /// Lists the commits that are not wholly valid, and names those that a node should not have let in.
    fn note_not_valid(&mut self, commits: &BTreeSet<CommitId>) -> Result<(), EngineError> {
        for id in commits {
            let commit = self.commit(id)?;
            let mut worst = 0_u8;
            let mut offence = None;
            for (index, operation) in (0_u32..).zip(&commit.operations) {
                let op = OpId::of(*id, index);
                worst = worst.max(match self.op_row(&op)?.map(|row| row.judged) {
                    Some(Judged::Valid) => 0,
                    Some(Judged::Severed | Judged::Void) => 2,
                    Some(Judged::Pending) | None => 1,
                });
                if let Some(history) = self.histories.get(&operation.record_id(*id, index)) {
                    offence = offence.or_else(|| history.verdict(&op).and_then(offence_of));
                }
            }
            if worst == 0 {
                self.view.remove(NOT_VALID, &id.0);
            } else {
                self.view.put(NOT_VALID, &id.0, [worst]);
            }
            let Some(row) = commit_row(&self.view, id)? else { continue };
            for at in row.positions {
                let place = feed_seq(&at.feed, at.seq);
                match &offence {
                    None => self.view.remove(REFUSED, &place),
                    Some((what, reason)) => {
                        let refused =
                            Refused { node: at.node, seq: at.seq, what: *what, reason: reason.clone() };
                        self.view.put(REFUSED, &place, refused.to_bytes());
                    }
                }
            }
        }
        Ok(())
    }

    /// The operations of a record as facts.
    pub fn operations(&self, record: &RecordId) -> Result<Vec<Arc<OpFacts>>, EngineError> {
        let mut operations = Vec::new();
        for key in self.view.scan(RECORD_OP, &record.0)?.into_keys() {
            let op = OpId(id_at(&key, record.0.len(), "operations of records")?);
            if let Some(facts) = self.op_facts(&op)? {
                operations.push(facts);
            }
        }
        if *record == self.sources.network.province_unit()
            && let Some(genesis) = self.sources.authority.genesis()
        {
            operations.push(Arc::new(founding_unit(self.sources.network, genesis)));
        }
        Ok(operations)
    }

    /// One operation as a fact; none when unknown.
    fn op_facts(&self, op: &OpId) -> Result<Option<Arc<OpFacts>>, EngineError> {
        let Some(row) = self.op_row(op)? else { return Ok(None) };
        let facts = self.commit_facts(&row.commit)?;
        Ok(facts.iter().find(|facts| facts.id == *op).cloned())
    }

    fn op_row(&self, op: &OpId) -> Result<Option<OpRow>, EngineError> {
        self.view.get(OPERATION, &op.0)?.map(|bytes| OpRow::from_bytes(&bytes)).transpose()
    }

    fn commit(&self, id: &CommitId) -> Result<Arc<Commit>, EngineError> {
        if let Some(commit) = self.unwritten.get(id) {
            return Ok(Arc::clone(commit));
        }
        let row = commit_row(&self.view, id)?.ok_or(EngineError::Index { table: CommitRow::TABLE })?;
        Ok(Arc::new(read_commit(self.sources.store, self.sources.runs, &row)?.value().clone()))
    }

    fn commit_facts(&self, id: &CommitId) -> Result<CommitFacts, EngineError> {
        if let Some(facts) = self.fresh.borrow().get(id) {
            return Ok(Arc::clone(facts));
        }
        if let Some(facts) = self.sources.facts.get(id) {
            return Ok(facts);
        }
        let commit = self.commit(id)?;
        let row = commit_row(&self.view, id)?.ok_or(EngineError::Index { table: CommitRow::TABLE })?;
        let facts = facts_of(self.sources.authority, &self.view, *id, &commit, &row.positions)?;
        self.fresh.borrow_mut().insert(*id, Arc::clone(&facts));
        Ok(facts)
    }

    /// The verdicts on a commit's operations, once settled.
    pub fn verdicts_of(&self, commit: &Commit, id: CommitId) -> Vec<OpVerdict> {
        (0_u32..)
            .zip(&commit.operations)
            .filter_map(|(index, operation)| {
                self.histories.get(&operation.record_id(id, index))?.verdict(&OpId::of(id, index)).cloned()
            })
            .collect()
    }

    /// The index changes of this judging, and what was learnt on the way for the caches.
    pub fn finish(self) -> (Overlay<'a>, BTreeMap<RecordId, Arc<History>>, BTreeMap<CommitId, CommitFacts>) {
        (self.view, self.histories, self.fresh.into_inner())
    }
}

/// Other records' operations, as the index says they were judged.
struct Cited<'j, 'a> {
    judging: &'j Judging<'a>,
    /// The first local fault met; the judging is then worth nothing.
    fault: RefCell<Option<EngineError>>,
}

impl Cited<'_, '_> {
    fn look_up(&self, op: &OpId) -> Result<Option<Referred>, EngineError> {
        let Sources { network, authority, .. } = &self.judging.sources;
        if *op == network.founding_op() {
            return Ok(authority.genesis().map(|genesis| Referred {
                facts: Arc::new(founding_unit(*network, genesis)),
                verdict: OpVerdict::Valid,
                severed: false,
            }));
        }
        let Some(row) = self.judging.op_row(op)? else { return Ok(None) };
        let Some(facts) = self.judging.op_facts(op)? else { return Ok(None) };
        let verdict = match row.judged {
            Judged::Valid => OpVerdict::Valid,
            Judged::Pending => OpVerdict::Pending(OpMissing::Operation(*op)),
            // Why it is void does not matter to other records, only whether a cut alone made it so.
            Judged::Severed | Judged::Void => OpVerdict::Void(OpVoid::RefVoid(*op)),
        };
        Ok(Some(Referred { facts, verdict, severed: row.judged == Judged::Severed }))
    }
}

impl Others for Cited<'_, '_> {
    fn network(&self) -> NetworkId {
        self.judging.sources.network
    }

    fn referred(&self, op: &OpId) -> Option<Referred> {
        self.look_up(op).unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            None
        })
    }
}

/// What other records need to know of a verdict.
fn judgement(verdict: &OpVerdict, severed: bool) -> Judged {
    match verdict {
        OpVerdict::Valid => Judged::Valid,
        OpVerdict::Pending(_) => Judged::Pending,
        OpVerdict::Void(_) if severed => Judged::Severed,
        OpVerdict::Void(_) => Judged::Void,
    }
}

/// What no honest node lets in: it checks the form and the authority of what it appends.
fn offence_of(verdict: &OpVerdict) -> Option<(RefusedWhat, String)> {
    match verdict {
        OpVerdict::Void(OpVoid::Malformed(what)) => Some((RefusedWhat::Malformed, what.clone())),
        OpVerdict::Void(OpVoid::Authority(
            reason @ (VoidReason::WrongKey
            | VoidReason::NotAnAppointment(_)
            | VoidReason::RoleForbidsOperation(_)
            | VoidReason::AppointmentVoid(_)),
        )) => Some((RefusedWhat::Unauthorised, format!("{reason:?}"))),
        _ => None,
    }
}

/// Where a commit stands that is only being checked: it is never read from there.
fn nowhere() -> Place {
    Place { location: Location { segment: 0, offset: 0, len: 0 }, at: 0 }
}
