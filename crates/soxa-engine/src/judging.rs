//! Judging: which records a change concerns, and judging those until nothing changes.
//!
//! A record is judged whole: records are small. What an operation of another record is worth is read from the index, and
//! when judging changes it, the records that cite it are judged again. The operations of all records form a graph
//! without circles (they name each other by hash, or by a smaller index in one commit), so this ends: it goes in passes,
//! each of which judges a record at most once and leaves one more level of that graph as it stays.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use soxa_ledger::authority::Authority;
use soxa_ledger::{Commit, CommitId, NetworkId, OpId, RecordId, Scope};
use soxa_records::{History, OpFacts, OpVerdict, founding_unit};
use soxa_store::{Batch, Index, Store};

use crate::cache::{Shared, Weighed};
use crate::cited::{Cited, judgement, offence_of};
use crate::error::EngineError;
use crate::facts::{CommitFacts, commit_row, facts_of, weight_of};
use crate::layout::{BY_KIND, CITED_BY, NOT_VALID, OPERATION, RECORD, RECORD_OP, by_kind, id_at, not_valid};
use crate::limits::{FACTS_CACHED_BYTES, HISTORIES_CACHED_BYTES, JUDGING_PASSES_MAX};
use crate::overlay::Overlay;
use crate::rows::{CommitRow, Judged, NotValidRow, OpRow, RecordRow, Row};
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
    pub facts: RefCell<Weighed<CommitId, CommitFacts>>,
    /// Commits of which the facts kept outside are not those of this judging.
    pub touched: BTreeSet<CommitId>,
    /// Commits entered here, which need not be read from the log; those that are only checked are not there.
    pub entered: BTreeMap<CommitId, Arc<Commit>>,
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

    /// The record is judged again: in this pass if its turn has not come yet, else in the next.
    pub fn reopen(&mut self, record: RecordId) {
        if !self.open.contains(&record) {
            self.next.insert(record);
        }
    }

    pub fn reopen_citing(&mut self, op: &OpId) -> Result<(), EngineError> {
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
    pub fn commit_row(&self, id: &CommitId) -> Result<CommitRow, EngineError> {
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
