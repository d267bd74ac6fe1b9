//! Judging: which records a change concerns, and judging those until nothing changes.
//!
//! A record whose history is plain is judged on from where it stands, by its row alone ([`Summary`]); any other is
//! judged whole, from the log: records are small. What an operation of another record is worth is read from that
//! record's row, and when judging changes it, the records that cite it are judged again. The operations of all records
//! form a graph without circles (they name each other by hash, or by a smaller index in one commit), so this ends: it
//! goes in passes, each of which judges a record at most once and leaves one more level of that graph as it stays.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use soxa_ledger::authority::Authority;
use soxa_ledger::replica::FeedLine;
use soxa_ledger::{Commit, CommitId, FeedId, FileHash, OpId, RecordId, Scope};
use soxa_records::{History, OpFacts, OpVerdict, Summary, founding_unit};
use soxa_store::{Batch, Keyspace};

use crate::cache::{Shared, Weighed};
use crate::carried::Carried;
use crate::cited::{Cited, judgement, offence_of};
use crate::error::EngineError;
use crate::facts::{CommitFacts, weight_of, weight_of_history};
use crate::fresh::{Fresh, entries_of};
use crate::layout::{CITED_BY, NOT_VALID, not_valid, run_number};
use crate::limits::{FACTS_CACHED_BYTES, HISTORIES_CACHED_BYTES, JUDGING_PASSES_MAX};
use crate::op_ids::OpIds;
use crate::overlay::{Overlay, scan_all};
use crate::record_rows::RecordRows;
use crate::rows::{Judged, NotValidRow, OpPlace, Place, RecordOp, RecordRow, Row};
use crate::runs::{Log, ReadCommit};

/// What judging reads besides the index.
pub(crate) struct Sources<'a> {
    pub authority: Arc<Authority>,
    pub log: Log<'a>,
    pub feeds: &'a BTreeMap<FeedId, FeedLine>,
    pub op_ids: &'a OpIds,
    pub facts: &'a Shared<Place, CommitFacts>,
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
    pub rows: RecordRows<'a>,
    pub fresh: Fresh<'a>,
    pub growth: Growth,
    /// Judged whole here, as far as there is room.
    histories: Weighed<RecordId, Arc<History>>,
    /// All that were judged here.
    pub judged: BTreeSet<RecordId>,
    /// Made here, as far as there is room.
    pub facts: RefCell<Weighed<Place, CommitFacts>>,
    /// Entries with commits of which the facts kept outside are not those of this judging.
    pub touched: BTreeSet<Place>,
    /// The commit last read from the log: it is mostly asked for several times in a row.
    last_read: RefCell<Option<(Place, Arc<ReadCommit>)>>,
    /// To be judged in this pass, and whether whole.
    open: BTreeMap<RecordId, bool>,
    /// To be judged in the next.
    next: BTreeMap<RecordId, bool>,
}

/// What follows from a judging.
pub(crate) struct Outcome {
    pub batch: Batch,
    pub judged: BTreeSet<RecordId>,
    pub histories: Weighed<RecordId, Arc<History>>,
    pub touched: BTreeSet<Place>,
    pub facts: Weighed<Place, CommitFacts>,
    /// Files that what was entered names.
    pub files: Vec<FileHash>,
}

/// A plain history judged on.
struct Extended {
    summary: Summary,
    new: Vec<OpId>,
}

/// A moment in a judging to which one can go back.
pub(crate) struct Mark {
    authority: Arc<Authority>,
    growth: Growth,
    run: u32,
}

impl<'a> Judging<'a> {
    pub fn new(sources: Sources<'a>) -> Self {
        Self {
            view: Overlay::new(sources.log.index),
            rows: RecordRows::new(sources.log.index),
            fresh: Fresh::new(sources.op_ids.next_run()),
            sources,
            growth: Growth::default(),
            histories: Weighed::new(HISTORIES_CACHED_BYTES),
            judged: BTreeSet::new(),
            facts: RefCell::new(Weighed::new(FACTS_CACHED_BYTES)),
            touched: BTreeSet::new(),
            last_read: RefCell::new(None),
            open: BTreeMap::new(),
            next: BTreeMap::new(),
        }
    }

    /// Marks this moment, when all is settled.
    pub fn mark(&mut self) -> Mark {
        self.view.mark();
        self.rows.mark();
        Mark {
            authority: Arc::clone(&self.sources.authority),
            growth: self.growth,
            run: self.fresh.next_run(),
        }
    }

    /// Goes back to the last mark: as if nothing had been entered since.
    pub fn back_to(&mut self, mark: Mark) {
        self.view.back_to_mark();
        self.rows.back_to_mark();
        self.fresh.back_to(mark.run);
        self.sources.authority = mark.authority;
        self.growth = mark.growth;
        self.histories.clear();
        self.facts.get_mut().clear();
        self.open.clear();
        self.next.clear();
    }

    /// The record is judged again, whole: in this pass if its turn has not come yet, else in the next.
    pub fn reopen(&mut self, record: RecordId) {
        let pass = if self.open.contains_key(&record) {
            &mut self.open
        } else {
            &mut self.next
        };
        pass.insert(record, true);
    }

    /// The record has an operation more.
    pub fn grow(&mut self, record: RecordId) {
        self.next.entry(record).or_insert(false);
    }

    fn reopen_citing(&mut self, op: &OpId) -> Result<(), EngineError> {
        for place in self.named(CITED_BY, &op.0)? {
            for record in self.carried(place)?.citing(op) {
                self.reopen(record);
            }
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
            for record in self.in_log_order()? {
                if let Some(whole) = self.open.remove(&record) {
                    self.judge(record, whole)?;
                }
            }
        }
        Err(EngineError::Unsettled)
    }

    /// The open records, first those whose operations come first in the log: records that were worked on at the same time
    /// have their operations in the same runs, which then need to be decoded once.
    fn in_log_order(&self) -> Result<Vec<RecordId>, EngineError> {
        let mut order = Vec::with_capacity(self.open.len());
        for record in self.open.keys() {
            let first = self.rows.get(record)?.ops.first().map(|op| op.place);
            order.push((first, *record));
        }
        order.sort_unstable();
        Ok(order.into_iter().map(|(_, record)| record).collect())
    }

    fn judge(&mut self, record: RecordId, whole: bool) -> Result<(), EngineError> {
        let row = self.rows.get(&record)?;
        let founding = record == self.sources.log.network.province_unit();
        if row.ops.is_empty() && !founding {
            return Ok(());
        }
        let judged_on = if whole { None } else { self.judge_on(&row)? };
        match judged_on {
            Some(Extended { summary, new }) => {
                drop(row);
                self.sources.log.tally.record_judged();
                self.extend(record, &summary, &new)?;
            }
            None => self.judge_whole(record, &row)?,
        }
        // What the record's own operations reopened it for is done.
        self.next.remove(&record);
        self.judged.insert(record);
        Ok(())
    }

    /// Judges only what is new in a plain history: its summary then, and the new operations. None when more is to be
    /// looked at.
    fn judge_on(&self, row: &RecordRow) -> Result<Option<Extended>, EngineError> {
        let mut summary = match &row.summary {
            Some((heads, state)) => {
                let summary = Summary::unpack(heads.clone(), state);
                summary.map_err(|_| EngineError::Index {
                    table: RecordRow::TABLE,
                })?
            }
            None if row.ops.iter().all(|op| op.judged == Judged::New) => Summary::default(),
            None => return Ok(None),
        };
        let others = Cited::new(self);
        let mut new = Vec::new();
        for (at, op) in row.ops.iter().enumerate() {
            if op.judged != Judged::New {
                continue;
            }
            if row.ops.iter().filter(|other| other.tag == op.tag).count() > 1 {
                return Ok(None);
            }
            let facts = self.op_facts(row, at)?;
            let taken = summary.extend(&facts, &others);
            if !taken || others.has_fault() {
                return others.into_fault().map_or(Ok(None), Err);
            }
            new.push(facts.id);
        }
        Ok(Some(Extended { summary, new }))
    }

    /// Notes what judging on a plain history gave: its new operations are valid.
    fn extend(&mut self, record: RecordId, summary: &Summary, new: &[OpId]) -> Result<(), EngineError> {
        let kind = summary.state().kind.map(|kind| kind.to_string());
        let mut existed = false;
        let exists = kind.is_some();
        self.rows.change(record, |row| {
            existed = row.kind.is_some();
            for op in row.ops.iter_mut().filter(|op| op.judged == Judged::New) {
                op.judged = Judged::Valid;
            }
            row.kind = kind;
            row.state = summary.state().hash().0;
            row.summary = Some((summary.heads().to_vec(), summary.pack()));
        })?;
        self.growth.records += i64::from(exists) - i64::from(existed);
        new.iter().try_for_each(|op| self.reopen_citing(op))
    }

    /// Judges one record by what the index says of the others.
    pub fn history(&self, record: &RecordId) -> Result<Arc<History>, EngineError> {
        let row = self.rows.get(record)?;
        let operations = self.operations(record, &row)?;
        self.history_of(operations)
    }

    fn history_of(&self, operations: Vec<Arc<OpFacts>>) -> Result<Arc<History>, EngineError> {
        self.sources.log.tally.record_judged();
        let others = Cited::new(self);
        let history = History::judge(operations, &others);
        others.into_fault().map_or(Ok(Arc::new(history)), Err)
    }

    fn judge_whole(&mut self, record: RecordId, row: &RecordRow) -> Result<(), EngineError> {
        let operations = self.operations(&record, row)?;
        let mut standing: HashMap<OpId, Vec<usize>> = HashMap::new();
        for (at, facts) in operations.iter().enumerate().take(row.ops.len()) {
            standing.entry(facts.id).or_default().push(at);
        }
        let history = self.history_of(operations)?;
        let mut now = row.clone();
        for (facts, verdict) in history.verdicts() {
            if facts.id == self.sources.log.network.founding_op() {
                continue;
            }
            let judged = judgement(verdict, history.is_severed(&facts.id));
            let mut before = Judged::New;
            for at in standing.get(&facts.id).into_iter().flatten() {
                if let Some(op) = now.ops.get_mut(*at) {
                    before = std::mem::replace(&mut op.judged, judged);
                }
            }
            if !before.means(judged) {
                self.reopen_citing(&facts.id)?;
            }
            self.list(facts, verdict, before)?;
        }
        now.kind = history.kind().map(|kind| kind.to_string());
        if record == self.sources.log.network.province_unit() {
            now.scope = Scope::all_nodes();
        }
        let created_for = history.operation(&OpId::from(record)).map(|op| op.scope.clone());
        let readers = history.readers().or_else(|| created_for.clone());
        now.scope = readers.unwrap_or(now.scope);
        self.note_spread(record, &now, created_for.as_ref())?;
        now.state = history.state_hash().0;
        now.summary = Summary::of(&history).map(|summary| (summary.heads().to_vec(), summary.pack()));
        self.growth.records += i64::from(now.kind.is_some()) - i64::from(row.kind.is_some());
        if *row != now {
            self.rows.change(record, |row| *row = now)?;
        }
        let weight = weight_of_history(&history);
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

    /// The operations of a record as facts: those of the row, in its order, then what the genesis creates.
    fn operations(&self, record: &RecordId, row: &RecordRow) -> Result<Vec<Arc<OpFacts>>, EngineError> {
        let mut operations = Vec::with_capacity(row.ops.len());
        for at in 0..row.ops.len() {
            operations.push(self.op_facts(row, at)?);
        }
        let network = self.sources.log.network;
        if *record == network.province_unit()
            && let Some(genesis) = self.sources.authority.genesis()
        {
            operations.push(Arc::new(founding_unit(network, genesis)));
        }
        Ok(operations)
    }

    /// Which operations of a row are this one, each by another entry that carries it.
    pub fn places_of(&self, row: &RecordRow, op: &OpId) -> Result<Vec<usize>, EngineError> {
        let tag = RecordOp::tag(op);
        let mut found = Vec::new();
        for (at, known) in row.ops.iter().enumerate() {
            if known.tag == tag && self.op_at(known.place)? == *op {
                found.push(at);
            }
        }
        Ok(found)
    }

    /// The id of the operation at a place.
    pub fn op_at(&self, place: OpPlace) -> Result<OpId, EngineError> {
        if let Some(facts) = self.sources.facts.get(&place.entry)
            && let Some(facts) = facts.get(usize::from(place.index))
        {
            return Ok(facts.id);
        }
        Ok(OpId::of(self.carried(place.entry)?.id(), place.index.into()))
    }

    /// The commit that an entry carries.
    pub fn carried(&self, place: Place) -> Result<Carried<'a>, EngineError> {
        if let Some(entered) = self.fresh.get(place) {
            return Ok(Carried::Fresh(entered));
        }
        let mut last = self.last_read.borrow_mut();
        if let Some((at, read)) = &*last
            && *at == place
        {
            return Ok(Carried::Read(Arc::clone(read)));
        }
        let read = Arc::new(self.sources.log.commit(place)?);
        *last = Some((place, Arc::clone(&read)));
        Ok(Carried::Read(read))
    }

    /// The entries whose commits name something, in the order of the log.
    pub fn named(&self, keyspace: Keyspace, id: &[u8; 32]) -> Result<Vec<Place>, EngineError> {
        let mut places = Vec::new();
        for (key, row) in scan_all(self.sources.log.index, keyspace, id)? {
            places.extend(entries_of(&row, run_number(&key, "what runs name")?));
        }
        places.extend(self.fresh.named(keyspace, id));
        Ok(places)
    }

    /// An operation by its id alone: its record's row, and which operation of it.
    pub fn find(&self, op: &OpId) -> Result<Option<(Arc<RecordRow>, usize)>, EngineError> {
        // Most operations that others cite create their record.
        let row = self.rows.get(&RecordId::from(*op))?;
        if let Some(at) = self.places_of(&row, op)?.first() {
            return Ok(Some((row, *at)));
        }
        let fresh = self.fresh.op(op).into_iter();
        let known = self.sources.op_ids.candidates(self.sources.log.index, op)?;
        for place in fresh.chain(known) {
            let carried = self.carried(place.entry)?;
            let index = u32::from(place.index);
            if OpId::of(carried.id(), index) == *op
                && let Some(operation) = carried.commit().operations.get(usize::from(place.index))
            {
                let row = self.rows.get(&operation.record_id(carried.id(), index))?;
                let at = row.ops.iter().position(|known| known.place == place);
                return Ok(at.map(|at| (row, at)));
            }
        }
        Ok(None)
    }

    /// The entries that carry a commit.
    pub fn places_of_commit(&self, commit: &CommitId) -> Result<Vec<Place>, EngineError> {
        let first = OpId::of(*commit, 0);
        let Some((row, _)) = self.find(&first)? else {
            return Ok(Vec::new());
        };
        let mut places = Vec::new();
        for at in self.places_of(&row, &first)? {
            places.extend(row.ops.get(at).map(|op| op.place.entry));
        }
        Ok(places)
    }

    /// One operation of a row as a fact.
    pub fn op_facts(&self, row: &RecordRow, at: usize) -> Result<Arc<OpFacts>, EngineError> {
        let fault = EngineError::Index {
            table: RecordRow::TABLE,
        };
        let Some(op) = row.ops.get(at) else {
            return Err(fault);
        };
        let facts = self.commit_facts(op.place.entry, row, op)?;
        facts.get(usize::from(op.place.index)).cloned().ok_or(fault)
    }

    fn commit_facts(&self, place: Place, row: &RecordRow, op: &RecordOp) -> Result<CommitFacts, EngineError> {
        if let Some(facts) = self.facts.borrow_mut().get(&place) {
            return Ok(facts);
        }
        let kept = (!self.touched.contains(&place))
            .then(|| self.sources.facts.get(&place))
            .flatten();
        if let Some(facts) = kept {
            return Ok(facts);
        }
        let carried = self.carried(place)?;
        // Where else the commit stands: there the record has the same operation.
        let mut positions = vec![carried.position()];
        for other in row
            .ops
            .iter()
            .filter(|other| other.tag == op.tag && other.place != op.place)
        {
            let other = self.carried(other.place.entry)?;
            if other.id() == carried.id() {
                positions.push(other.position());
            }
        }
        positions.sort_unstable();
        let facts = self.facts_of(carried.id(), carried.commit(), &positions)?;
        // The only operation of a new commit is judged once.
        if facts.len() > 1 || matches!(carried, Carried::Read(_)) {
            let weight = weight_of(&facts);
            self.facts.borrow_mut().put(place, Arc::clone(&facts), weight);
        }
        Ok(facts)
    }

    /// The verdicts on a commit's operations, once settled.
    pub fn verdicts_of(&mut self, commit: &Commit, id: CommitId) -> Result<Vec<OpVerdict>, EngineError> {
        let mut verdicts = Vec::with_capacity(commit.operations.len());
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let (op, record) = (OpId::of(id, index), operation.record_id(id, index));
            let row = self.rows.get(&record)?;
            let standing = self.places_of(&row, &op)?;
            let judged = standing
                .first()
                .and_then(|at| row.ops.get(*at))
                .map(|op| op.judged);
            if judged == Some(Judged::Valid) {
                verdicts.push(OpVerdict::Valid);
                continue;
            }
            let history = match self.histories.get(&record) {
                Some(history) => history,
                // There was no room to keep it.
                None => self.history(&record)?,
            };
            let verdict = history.verdict(&op).cloned();
            verdicts.push(verdict.ok_or(EngineError::Index {
                table: RecordRow::TABLE,
            })?);
        }
        Ok(verdicts)
    }

    /// The index changes of this judging, and what was learnt on the way.
    pub fn finish(mut self) -> Outcome {
        let files = self.fresh.files().collect();
        self.fresh.write(&mut self.view);
        let mut batch = self.view.into_batch();
        self.rows.write(&mut batch);
        Outcome {
            batch,
            judged: self.judged,
            histories: self.histories,
            touched: self.touched,
            facts: self.facts.into_inner(),
            files,
        }
    }
}
