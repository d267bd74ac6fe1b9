//! Judging: which records a change concerns, and judging those until nothing changes.
//!
//! A record is judged whole: records are small. What an operation of another record is worth is read from the index, and
//! when judging changes it, the records that cite it are judged again. The operations of all records form a graph
//! without circles (they name each other by hash, or by a smaller index in one commit), so this ends: it goes in passes,
//! each of which judges a record at most once and leaves one more level of that graph as it stays.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use soxa_ledger::authority::{Authority, Touched};
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, NetworkId, OpId, RecordId, Scope, Statement, Verified};
use soxa_records::{History, OpFacts, OpVerdict, founding_unit};
use soxa_store::{Batch, Index, Keyspace, Store};

use crate::cache::{Shared, Weighed};
use crate::cited::{Cited, judgement, offence_of};
use crate::error::EngineError;
use crate::facts::{CommitFacts, commit_row, facts_of, weight_of};
use crate::layout::{
    BY_APPOINTMENT, BY_FEED, BY_KEY, BY_KIND, BY_NODE, CITED_BY, COMMIT, CommitRow, Judged, NOT_VALID,
    NotValidRow, OPERATION, OpRow, Place, RECORD, RECORD_OP, RecordRow, Row, SIGNATURE, by_kind, by_signer,
    id_at, key, not_valid, record_op,
};
use crate::limits::{FACTS_CACHED_BYTES, HISTORIES_CACHED_BYTES, JUDGING_PASSES_MAX};
use crate::overlay::Overlay;
use crate::runs::Runs;
use crate::work::Tally;

/// What judging reads besides the index.
pub(crate) struct Sources<'a> {
    pub network: NetworkId,
    pub authority: Arc<Authority>,
    pub store: &'a Store,
    pub index: &'a dyn Index,
    pub runs: &'a Runs,
    pub facts: &'a Shared<CommitId, CommitFacts>,
    pub tally: &'a Tally,
}

/// What a judging added to the ledger.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Growth {
    pub commits: u64,
    pub operations: u64,
    /// Records that exist now and did not, less those that no longer do.
    pub records: i64,
}

/// One judging: changes to the index, and the records judged on the way. Nothing outside sees them before they
/// are applied, so a check judges like an intake and is thrown away.
pub(crate) struct Judging<'a> {
    pub sources: Sources<'a>,
    pub view: Overlay<'a>,
    pub growth: Growth,
    /// Judged here, as far as there is room.
    histories: Weighed<RecordId, Arc<History>>,
    /// All that were judged here.
    judged: BTreeSet<RecordId>,
    /// Made here, as far as there is room.
    facts: RefCell<Weighed<CommitId, CommitFacts>>,
    /// Commits of which the facts kept outside are not those of this judging.
    touched: BTreeSet<CommitId>,
    /// Commits entered here, which need not be read from the log; those that are only checked are not there.
    entered: BTreeMap<CommitId, Arc<Commit>>,
    /// To be judged in this pass.
    open: BTreeSet<RecordId>,
    /// To be judged in the next.
    next: BTreeSet<RecordId>,
}

/// What follows from a judging.
pub(crate) struct Outcome {
    pub batch: Batch,
    pub judged: BTreeSet<RecordId>,
    pub histories: Weighed<RecordId, Arc<History>>,
    pub touched: BTreeSet<CommitId>,
    pub facts: Weighed<CommitId, CommitFacts>,
}

/// A moment in a judging to which one can go back.
pub(crate) struct Mark {
    authority: Arc<Authority>,
    growth: Growth,
}

impl<'a> Judging<'a> {
    pub fn new(sources: Sources<'a>) -> Self {
        let view = Overlay::new(sources.index);
        Self {
            sources,
            view,
            growth: Growth::default(),
            histories: Weighed::new(HISTORIES_CACHED_BYTES),
            judged: BTreeSet::new(),
            facts: RefCell::new(Weighed::new(FACTS_CACHED_BYTES)),
            touched: BTreeSet::new(),
            entered: BTreeMap::new(),
            open: BTreeSet::new(),
            next: BTreeSet::new(),
        }
    }

    /// Marks this moment, when all is settled.
    pub fn mark(&mut self) -> Mark {
        self.view.mark();
        Mark {
            authority: Arc::clone(&self.sources.authority),
            growth: self.growth,
        }
    }

    /// Goes back to the last mark: as if nothing had been entered since.
    pub fn back_to(&mut self, mark: Mark) {
        self.view.back_to_mark();
        self.sources.authority = mark.authority;
        self.growth = mark.growth;
        self.histories.clear();
        self.facts.get_mut().clear();
        self.open.clear();
        self.next.clear();
    }

    /// Enters a statement into this judging's own copy of the authority.
    pub fn enter_statement(&mut self, statement: &Verified<Statement>, at: Position) -> Touched {
        Arc::make_mut(&mut self.sources.authority).insert(statement, at)
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
        let mut row = known.unwrap_or_else(|| row_of(commit, place));
        match row.positions.binary_search(&at) {
            // Nothing of a commit is entered twice.
            Ok(_) => return Ok(()),
            Err(free) => row.positions.insert(free, at),
        }
        self.view.put(COMMIT, &id.0, row.to_bytes());
        self.view.put(BY_NODE, &key(&[&at.node.0, &id.0]), []);
        self.view.put(BY_FEED, &key(&[&at.feed.0, &id.0]), []);
        self.entered.insert(id, Arc::new(commit.clone()));
        if is_new {
            self.enter_operations(commit, id, &row.signatures)?;
        }
        self.touch(&id)
    }

    fn enter_operations(
        &mut self,
        commit: &Commit,
        id: CommitId,
        signatures: &[[u8; 32]],
    ) -> Result<(), EngineError> {
        self.growth.commits += 1;
        self.growth.operations += commit.operations.len() as u64;
        let author = (&commit.appointment, &commit.author);
        let signers = commit.minutes.iter().flat_map(|minutes| minutes.signers());
        for (appointment, signer) in std::iter::once(author).chain(signers.map(|s| (&s.appointment, &s.key)))
        {
            let [by_appointment, by_key] = by_signer(appointment, signer, &id);
            self.view.put(BY_APPOINTMENT, &by_appointment, []);
            self.view.put(BY_KEY, &by_key, []);
        }
        for signature in signatures {
            self.view.put(SIGNATURE, &key(&[signature, &id.0]), []);
        }
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let op = OpId::of(id, index);
            let record = operation.record_id(id, index);
            let row = OpRow {
                record,
                commit: id,
                index,
                judged: Judged::New,
            };
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
            self.reopen_citing(&op)?;
        }
        Ok(())
    }

    /// The commit's verdict may have changed: its records are judged again, and those of commits that share a
    /// signature under minutes with it.
    fn touch(&mut self, id: &CommitId) -> Result<(), EngineError> {
        let mut commits = BTreeSet::from([*id]);
        for signature in self.commit_row(id)?.signatures {
            for key in self.view.scan(SIGNATURE, &signature)?.into_keys() {
                commits.insert(CommitId(id_at(&key, signature.len(), "signatures")?));
            }
        }
        for id in commits {
            self.touched.insert(id);
            self.facts.get_mut().forget(&id);
            for index in 0..self.commit_row(&id)?.operations {
                let row = self
                    .op_row(&OpId::of(id, index))?
                    .ok_or(EngineError::Index { table: OpRow::TABLE })?;
                self.reopen(row.record);
            }
        }
        Ok(())
    }

    fn touch_all(&mut self, keyspace: Keyspace, prefix: &[u8]) -> Result<(), EngineError> {
        for key in self.view.scan(keyspace, prefix)?.into_keys() {
            self.touch(&CommitId(id_at(&key, prefix.len(), "commits by origin")?))?;
        }
        Ok(())
    }

    /// Touches the commits that statements bear on, and no others.
    pub fn touch_concerned(&mut self, touched: &Touched) -> Result<(), EngineError> {
        if touched.everything {
            // The genesis came: it creates the province's own unit.
            self.reopen(self.sources.network.province_unit());
            return self.touch_all(COMMIT, &[]);
        }
        for appointment in &touched.appointments {
            self.touch_all(BY_APPOINTMENT, &appointment.0)?;
        }
        for node in &touched.nodes {
            self.touch_all(BY_NODE, &node.0)?;
        }
        for feed in &touched.feeds {
            self.touch_all(BY_FEED, &feed.0)?;
        }
        Ok(())
    }

    /// The record is judged again: in this pass if its turn has not come yet, else in the next.
    fn reopen(&mut self, record: RecordId) {
        if !self.open.contains(&record) {
            self.next.insert(record);
        }
    }

    fn reopen_citing(&mut self, op: &OpId) -> Result<(), EngineError> {
        for key in self.view.scan(CITED_BY, &op.0)?.into_keys() {
            self.reopen(RecordId(id_at(&key, op.0.len(), "citations")?));
        }
        Ok(())
    }

    /// Judges until nothing changes.
    pub fn settle(&mut self) -> Result<(), EngineError> {
        for _ in 0..JUDGING_PASSES_MAX {
            if self.next.is_empty() {
                return Ok(());
            }
            self.open = std::mem::take(&mut self.next);
            while let Some(record) = self.open.pop_first() {
                self.judge(record)?;
            }
        }
        Err(EngineError::Unsettled)
    }

    /// Judges one record by what the index says of the others.
    pub fn history(&self, record: &RecordId) -> Result<Arc<History>, EngineError> {
        self.sources.tally.record_judged();
        let others = Cited::new(self);
        let history = History::judge(self.operations(record)?, &others);
        others.into_fault().map_or(Ok(Arc::new(history)), Err)
    }

    fn judge(&mut self, record: RecordId) -> Result<(), EngineError> {
        let history = self.history(&record)?;
        for (facts, verdict) in history.verdicts() {
            if facts.id == self.sources.network.founding_op() {
                continue;
            }
            let before = self
                .op_row(&facts.id)?
                .ok_or(EngineError::Index { table: OpRow::TABLE })?;
            let now = judgement(verdict, history.is_severed(&facts.id));
            if before.judged != now {
                self.view.put(
                    OPERATION,
                    &facts.id.0,
                    OpRow {
                        judged: now,
                        ..before
                    }
                    .to_bytes(),
                );
            }
            if !before.judged.means(now) {
                self.reopen_citing(&facts.id)?;
            }
            self.list(facts, verdict, before.judged)?;
        }
        // What the record's own operations reopened it for is done: it is judged whole.
        self.next.remove(&record);
        self.put_record(record, &history)?;
        self.judged.insert(record);
        let weight = weight_of(history.operations());
        self.histories.put(record, history, weight);
        Ok(())
    }

    /// Lists an operation that is not valid, with the offence if no honest node would have let it in.
    fn list(&mut self, facts: &OpFacts, verdict: &OpVerdict, before: Judged) -> Result<(), EngineError> {
        let place = not_valid(&facts.commit, facts.index);
        if verdict.is_valid() {
            if !matches!(before, Judged::New | Judged::Valid) {
                self.view.remove(NOT_VALID, &place);
            }
            return Ok(());
        }
        let row = NotValidRow {
            void: verdict.is_void(),
            offence: offence_of(verdict),
        }
        .to_bytes();
        if self.view.get(NOT_VALID, &place)?.as_ref() != Some(&row) {
            self.view.put(NOT_VALID, &place, row);
        }
        Ok(())
    }

    fn put_record(&mut self, record: RecordId, history: &History) -> Result<(), EngineError> {
        let before = self.view.get(RECORD, &record.0)?;
        let now = match history.kind() {
            Some(kind) => {
                let state = history.state_hash().0;
                Some(RecordRow {
                    kind: kind.to_string(),
                    state,
                    scope: self.scope_of(record)?,
                })
            }
            None => None,
        };
        match (before, now) {
            (None, None) => {}
            (Some(before), None) => {
                let kind = RecordRow::from_bytes(&before)?.kind;
                self.view.remove(RECORD, &record.0);
                self.view.remove(BY_KIND, &by_kind(&kind, &record));
                self.growth.records -= 1;
            }
            (before, Some(now)) => {
                if before.is_none() {
                    self.view.put(BY_KIND, &by_kind(&now.kind, &record), []);
                    self.growth.records += 1;
                }
                let now = now.to_bytes();
                if before.as_ref() != Some(&now) {
                    self.view.put(RECORD, &record.0, now);
                }
            }
        }
        Ok(())
    }

    /// A record is where its creation is.
    fn scope_of(&self, record: RecordId) -> Result<Scope, EngineError> {
        let creation: OpId = record.into();
        if creation == self.sources.network.founding_op() {
            return Ok(Scope::all_nodes());
        }
        let row = self
            .op_row(&creation)?
            .ok_or(EngineError::Index { table: OpRow::TABLE })?;
        Ok(self.commit_row(&row.commit)?.scope)
    }

    /// The operations of a record as facts.
    fn operations(&self, record: &RecordId) -> Result<Vec<Arc<OpFacts>>, EngineError> {
        let mut operations = Vec::new();
        for key in self.view.scan(RECORD_OP, &record.0)?.into_keys() {
            let op = OpId(id_at(&key, record.0.len(), "operations of records")?);
            let row = self
                .op_row(&op)?
                .ok_or(EngineError::Index { table: OpRow::TABLE })?;
            operations.push(self.op_facts(&op, &row)?);
        }
        if *record == self.sources.network.province_unit()
            && let Some(genesis) = self.sources.authority.genesis()
        {
            operations.push(Arc::new(founding_unit(self.sources.network, genesis)));
        }
        Ok(operations)
    }

    /// One operation as a fact.
    pub fn op_facts(&self, op: &OpId, row: &OpRow) -> Result<Arc<OpFacts>, EngineError> {
        let facts = self.commit_facts(&row.commit)?;
        let facts = facts.get(row.index as usize).filter(|facts| facts.id == *op);
        facts.cloned().ok_or(EngineError::Index { table: OpRow::TABLE })
    }

    pub fn op_row(&self, op: &OpId) -> Result<Option<OpRow>, EngineError> {
        self.view
            .get(OPERATION, &op.0)?
            .map(|bytes| OpRow::from_bytes(&bytes))
            .transpose()
    }

    /// The row of a commit that another row names.
    fn commit_row(&self, id: &CommitId) -> Result<CommitRow, EngineError> {
        commit_row(&self.view, id)?.ok_or(EngineError::Index {
            table: CommitRow::TABLE,
        })
    }

    fn commit_facts(&self, id: &CommitId) -> Result<CommitFacts, EngineError> {
        if let Some(facts) = self.facts.borrow_mut().get(id) {
            return Ok(facts);
        }
        let kept = (!self.touched.contains(id))
            .then(|| self.sources.facts.get(id))
            .flatten();
        if let Some(facts) = kept {
            return Ok(facts);
        }
        let Sources {
            store,
            tally,
            runs,
            authority,
            ..
        } = &self.sources;
        let row = self.commit_row(id)?;
        let facts = match self.entered.get(id) {
            Some(commit) => facts_of(authority, &self.view, *id, commit, &row.positions)?,
            None => {
                let commit = runs.commit(store, tally, row.place)?;
                facts_of(authority, &self.view, *id, &commit, &row.positions)?
            }
        };
        self.facts
            .borrow_mut()
            .put(*id, Arc::clone(&facts), weight_of(&facts));
        Ok(facts)
    }

    /// The verdicts on a commit's operations, once settled.
    pub fn verdicts_of(&mut self, commit: &Commit, id: CommitId) -> Result<Vec<OpVerdict>, EngineError> {
        let mut verdicts = Vec::with_capacity(commit.operations.len());
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let record = operation.record_id(id, index);
            let history = match self.histories.get(&record) {
                Some(history) => history,
                // There was no room to keep it.
                None => self.history(&record)?,
            };
            let verdict = history.verdict(&OpId::of(id, index)).cloned();
            verdicts.push(verdict.ok_or(EngineError::Index { table: OpRow::TABLE })?);
        }
        Ok(verdicts)
    }

    /// The index changes of this judging, and what was learnt on the way.
    pub fn finish(self) -> Outcome {
        Outcome {
            batch: self.view.into_batch(),
            judged: self.judged,
            histories: self.histories,
            touched: self.touched,
            facts: self.facts.into_inner(),
        }
    }
}

fn row_of(commit: &Commit, place: Option<Place>) -> CommitRow {
    let signatures: BTreeSet<[u8; 32]> = commit
        .minutes
        .iter()
        .flat_map(|minutes| {
            minutes
                .signers()
                .iter()
                .map(|signer| minutes.signature_id(signer))
        })
        .collect();
    CommitRow {
        place: place.unwrap_or(Place::NOWHERE),
        scope: commit.scope.clone(),
        // Commits have far fewer.
        operations: u32::try_from(commit.operations.len()).unwrap_or(u32::MAX),
        signatures: signatures.into_iter().collect(),
        positions: Vec::new(),
    }
}
